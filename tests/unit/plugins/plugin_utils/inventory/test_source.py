# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file of the inventory plugin guests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.source import Source, is_source, read_source

OTHERS = {"plugin", "cache", "compose"}


def read(**config: Any) -> tuple[Source, list[str]]:
    whole = {"plugin": "xenfleet.stubdom.guests", "inventory": ["hosts.yml"], **config}
    source, problems = read_source(whole, "/fleet", OTHERS)
    return source, [problem.text() for problem in problems]


@pytest.mark.parametrize("path,wanted", [
    ("/a/fleet.guests.yml", True), ("fleet.guests.yaml", True), ("xen_guests.yml", True), ("/a/xen_guests.yaml", True),
    ("guests.yml", False), (".guests.yml", False), ("my_xen_guests.yml", False), ("fleet.guests.json", False),
    ("fleet.guests.yml.bak", False), ("fleet.guests.yml/hosts", False),
])  # fmt: skip
def test_its_name(path: str, wanted: bool) -> None:
    assert is_source(path) == wanted


def test_what_is_left_out() -> None:
    assert read() == (Source(["/fleet/hosts.yml"], "xen_hosts", 60, False, "xen_", "vif"), [])


def test_all_keys() -> None:
    source, problems = read(
        inventory=["../hosts", "/etc/hosts.yml", "xen1,", "~/hosts"], pattern="dom0s:!lab", timeout="5", unmanaged="yes",
        hostvars_prefix="dom_", address="none", cache=True, compose={},
    )  # fmt: skip
    assert problems == []
    assert source == Source(["/hosts", "/etc/hosts.yml", "xen1,", "~/hosts"], "dom0s:!lab", 5, True, "dom_", "none")


@pytest.mark.parametrize("config,told", [
    ({"inventory": []}, "inventory = []: names no source of the Xen hosts. Remedy: give the paths of their inventory."),
    ({"inventory": None}, "inventory: names no source of the Xen hosts. Remedy: give the paths of their inventory."),
    ({"inventory": [5]}, "inventory = [5]: must be a list of strings, "),
    ({"pattern": "--become"}, "pattern = '--become': is not a pattern of host names. Remedy: give "),
    ({"pattern": ""}, "pattern = '': is empty. Remedy: give a pattern of host names, or leave it out."),
    ({"timeout": 0}, "timeout = 0: is outside 1 to 3600. Remedy: give a number in that range."),
    ({"timeout": "soon"}, "timeout = 'soon': must be a whole number, not a string. Remedy: give digits only"),
    ({"unmanaged": "perhaps"}, "unmanaged = 'perhaps': must be true or false, not a string. Remedy: write true or false."),
    ({"hostvars_prefix": "ansible_"}, "hostvars_prefix = 'ansible_': is not the beginning of a variable's name: "),
    ({"hostvars_prefix": "x-"}, "hostvars_prefix = 'x-': is not the beginning of a variable's name: "),
    ({"address": "dns"}, "address = 'dns': is not one of the values it can have. Remedy: use one of vif, none."),
    ({"patern": "a"}, "patern = 'a': is not a key of the definition. Remedy: did you mean pattern."),
])  # fmt: skip
def test_what_is_wrong(config: dict[str, Any], told: str) -> None:
    [problem] = read(**config)[1]
    assert problem.startswith(told)


def test_a_file_that_is_no_mapping() -> None:
    _source, problems = read_source(["xen1"], "/fleet", OTHERS)
    assert [problem.reason for problem in problems] == ["must be a mapping of keys and values"]


@given(st.dictionaries(st.sampled_from([*vars(Source(["a"])), "patern"]), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_nothing_is_raised(config: dict[str, Any]) -> None:
    """What is wrong is told, and a source without a fault is one that hosts can be asked by."""
    source, problems = read_source(config, "/fleet", OTHERS)
    assert problems or (source.inventory and source.pattern and source.timeout > 0 and source.hostvars_prefix.isidentifier())
