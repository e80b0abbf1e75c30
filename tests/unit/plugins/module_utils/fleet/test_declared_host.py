# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.declared_host import (
    DeclaredHost,
    read_declared_host,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest

RELEASE = "give a Xen release such as 4.17, in quotes"


def problems_of(data: Any) -> list[tuple[str, Any, str, str]]:
    _declared, problems = read_declared_host(data, "x")
    assert all((found.host, found.guest) == ("x", "") and found.remedy for found in problems)
    return [(found.key, found.value, found.reason, found.remedy) for found in problems]


def read(**data: Any) -> DeclaredHost:
    declared, problems = read_declared_host(data, "x")
    assert problems == []
    return declared


@pytest.mark.parametrize("data", [None, {}])
def test_nothing(data: Any) -> None:
    assert read_declared_host(data, "x") == (DeclaredHost(), [])
    assert DeclaredHost().facts(guest()) is None


def test_everything() -> None:
    assert read(release="4.4", toolstack="xm", scheme="generated", memory="4096", dom0_memory=1024) == DeclaredHost(
        (4, 4), "xm", "generated", 4096, 1024
    )


@pytest.mark.parametrize("text", ["4.17", "4.17.5", "4.17.5+23-ga4e5191dc0-1", "4.17-rc1", "4.17.1~rc2"])
def test_releases_and_versions(text: str) -> None:
    assert read(release=text).release == (4, 17)


@pytest.mark.parametrize("value", [4.2, 4.17, 4, 0, -1, float("nan"), float("inf")])
def test_a_release_that_yaml_read_as_a_number(value: Any) -> None:
    ((key, shown, reason, remedy),) = problems_of({"release": value})
    assert (key, reason, remedy) == (
        "stubdom_host.release", "is a number, in which 4.2 and 4.20 are the same", RELEASE,
    )
    assert shown is value


@pytest.mark.parametrize(
    "value", ["", "4", "x", "4.x", "4.17 or 4.20", "Xen 4.17", " 4.17", "4.17\n", "4.1\u0667", "4." + "9" * 5000, True, [], {}]
)
def test_what_is_not_a_release(value: Any) -> None:
    assert problems_of({"release": value}) == [("stubdom_host.release", value, "is not a Xen release", RELEASE)]


@pytest.mark.parametrize(
    "data, key, value, reason",
    [
        ([], "stubdom_host", [], "must be a mapping of keys and values"),
        ("4.17", "stubdom_host", "4.17", "must be a mapping of keys and values"),
        ({"toolstack": "xend"}, "stubdom_host.toolstack", "xend", "is not one of the values it can have"),
        ({"scheme": "stubdom"}, "stubdom_host.scheme", "stubdom", "is not one of the values it can have"),
        ({"memory": "4G"}, "stubdom_host.memory", "4G", "must be a whole number, not a string"),
        ({"memory": 64}, "stubdom_host.memory", 64, "is outside 128 to 2147483647"),
        ({"dom0_memory": -1}, "stubdom_host.dom0_memory", -1, "is outside 0 to 2147483647"),
        ({"mem": 4096}, "stubdom_host.mem", 4096, "is not a key of the definition"),
        ({"memory": 512, "dom0_memory": 513}, "stubdom_host.dom0_memory", 513,
         "is more than the host has, which is 512 MiB"),
        ({"release": "4.1"}, "stubdom_host.toolstack", "xl",
         "this collection writes files for xl of Xen 4.2 on, and the host has 4.1"),
        ({"release": "4.17", "toolstack": "xm"}, "stubdom_host.toolstack", "xm",
         "this collection writes files for xm of Xen 3.3 to 4.4, and the host has 4.17"),
        ({"release": "4.21", "scheme": "minios"}, "stubdom_host.scheme", "minios",
         "Xen 4.21 with xl does not have it: it exists from 4.2 to 4.20, with xl"),
        ({"release": "4.4", "scheme": "generated"}, "stubdom_host.scheme", "generated",
         "Xen 4.4 with xl does not have it: it exists from 3.4 to 4.4, with xm"),
        ({"release": "4.13", "scheme": "linux"}, "stubdom_host.scheme", "linux",
         "Xen 4.13 with xl does not have it: it exists from 4.14 on, with xl"),
    ],
)
def test_what_is_refused(data: Any, key: str, value: Any, reason: str) -> None:
    assert [row[:3] for row in problems_of(data)] == [(key, value, reason)]


def test_every_problem_is_reported() -> None:
    data = {"release": 4.2, "toolstack": 7, "scheme": [], "memory": 1.5, "dom0_memory": "x", "typo": None}
    assert [row[0] for row in problems_of(data)] == [
        f"stubdom_host.{key}" for key in ("release", "toolstack", "scheme", "memory", "dom0_memory", "typo")
    ]


def test_what_the_host_cannot_be_is_left_out() -> None:
    assert read_declared_host({"release": "4.1", "memory": 512}, "x")[0] == DeclaredHost(memory=512)
    assert read_declared_host({"release": "4.21", "scheme": "minios"}, "x")[0] == DeclaredHost((4, 21))
    assert read_declared_host({"memory": 512, "dom0_memory": 1024}, "x")[0].memory == 0


def test_dom0_may_have_all() -> None:
    assert read(memory=512, dom0_memory=512).memory == 512
    assert read(dom0_memory=512).memory == 0


def test_the_facts_hold_every_image_and_the_guests_own() -> None:
    facts = read(release="4.17").facts(guest(boot={"method": "pvgrub2", "image": "own"}))
    assert facts is not None
    assert (facts.release, facts.toolstack, facts.images["own"]) == ((4, 17), "xl", "/own")
    assert facts.images["qemu-stubdom-linux-kernel"] == "/qemu-stubdom-linux-kernel"


@pytest.mark.parametrize(
    "release, host, own, naming",
    [
        ("3.3", "auto", "auto", "{}-dm"),
        ("3.4", "auto", "auto", ""),
        ("3.4", "paired", "auto", "{}-dm"),
        ("3.4", "paired", "generated", ""),
        ("3.4", "auto", "paired", "{}-dm"),
        ("3.3", "auto", "dom0", "{}-dm"),
    ],
)
def test_how_the_second_file_is_named(release: str, host: str, own: str, naming: str) -> None:
    declared = read(release=release, toolstack="xm", scheme=host)
    facts = declared.facts(hvm_guest(device_model={"scheme": own}))
    assert facts is not None
    assert facts.dm_config == naming


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["4.17", "xl", "xm"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["release", "toolstack", "scheme", "memory", "dom0_memory"]) | st.text(max_size=4)


@given(HOSTILE | st.dictionaries(KEYS, HOSTILE, max_size=6))
def test_nothing_raises(data: Any) -> None:
    declared, problems = read_declared_host(data, "x")
    assert all(found.host == "x" and found.key and found.reason and found.remedy and found.text() for found in problems)
    assert [found.key for found in problems].count("stubdom_host") <= 1
    if declared.release:
        assert declared.facts(guest()) is not None
