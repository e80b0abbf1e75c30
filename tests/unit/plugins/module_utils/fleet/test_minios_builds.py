# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet needs of mini-OS by its declared releases, and the source trees that are named for them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.minios_builds import (
    builds,
    host_tools_hosts,
    read_sources,
    stub_domain_hosts,
    targets,
    unused,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import read_fleet
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.minios import MINIOS_TARGETS
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, hvm

PVGRUB = {"method": "pvgrub", "dhcp": True}
XM33, XM34, XM40 = ({"release": release, "toolstack": "xm"} for release in ("3.3", "3.4", "4.0"))


def pv(**boot: Any) -> dict[str, Any]:
    return definition(boot={**PVGRUB, **boot})


def model(**said: Any) -> dict[str, Any]:
    return hvm(device_model=said)


def needed(guest: dict[str, Any], about: Any) -> list[str]:
    """The targets of a host with one guest, in the order of the table."""
    fleet = read_fleet({"xen1": [guest]}, {"xen1": about})
    found = targets(fleet.guests, fleet.declared)
    assert len(found) <= 1
    return [name for name in MINIOS_TARGETS for names in found.values() if name in names]


@pytest.mark.parametrize(
    "guest, about, wanted",
    [
        (hvm(), XM33, ["ioemu", "fs_back"]),
        (hvm(), XM34, ["ioemu", "fs_back"]),
        (model(scheme="paired", kernel="/own"), XM34, ["ioemu", "fs_back"]),
        (hvm(), XM40, ["ioemu", "fs_back"]),
        (hvm(), {"release": "4.1", "toolstack": "xm"}, ["ioemu"]),
        (hvm(), {"release": "4.13"}, ["ioemu"]),
        (hvm(), {"release": "4.17"}, []),
        (hvm(), {"release": "4.17", "scheme": "minios"}, ["ioemu"]),
        (model(scheme="minios"), {"release": "4.20"}, ["ioemu"]),
        (model(scheme="minios", kernel="/own"), {"release": "4.17"}, []),
        (model(scheme="dom0"), XM34, []),
        (hvm(state="absent"), XM34, []),
        (hvm(), {"release": "4.21"}, []),
        (hvm(), None, []),
        (model(scheme="minios"), {"toolstack": "xl"}, []),
        (pv(), XM34, ["pvgrub"]),
        (pv(arch="i386"), {"release": "4.8"}, ["pvgrub32"]),
        (pv(image="pv-grub.gz"), XM33, ["pvgrub"]),
        (pv(image="mine"), XM33, []),
        (definition(), XM34, []),
        (definition(boot={"method": "pvgrub2"}), XM34, []),
    ],
)
def test_targets(guest: dict[str, Any], about: Any, wanted: list[str]) -> None:
    assert needed(guest, about) == wanted


def test_hosts_of_one_release_share_a_build() -> None:
    hosts = {"a": [hvm("one")], "b": [definition("two", boot=PVGRUB)], "c": [hvm("three")], "d": []}
    said = {"a": XM34, "b": XM34, "c": {"release": "4.8"}, "d": {"release": "4.9"}}
    fleet = read_fleet(hosts, said)
    found = targets(fleet.guests, fleet.declared)
    assert found == {(3, 4): {"ioemu", "pvgrub", "fs_back"}, (4, 8): {"ioemu"}}
    sources, problems = read_sources({"4.8": {"tree": "/48"}, "3.4": {"tree": "/34"}, "4.20": {"tree": "/420"}})
    assert problems == []
    assert [(made["release"], made["targets"], made["tree"]) for made in builds(sources, found)] == [
        ("3.4", ["ioemu", "pvgrub", "fs_back"], "/34"),
        ("4.8", ["ioemu"], "/48"),
    ]
    assert unused(sources, found) == [
        "stubdom_xen_sources: nothing is built of 4.20, as no host that declares this release in stubdom_host needs it"
    ]
    assert builds({}, found) == unused({}, found) == []
    assert stub_domain_hosts(fleet.guests, fleet.declared) == ["a", "c"]


@pytest.mark.parametrize(
    "guest, wanted",
    [
        (model(scheme="minios"), ["ioemu", "host_tools"]),
        (model(scheme="minios", kernel="/own"), ["host_tools"]),
        (model(scheme="dom0", version="qemu-xen-traditional"), ["host_tools"]),
        (model(scheme="dom0"), []),
        ({**model(scheme="minios"), "state": "absent"}, []),
        (hvm(), []),
        (definition(), []),
    ],
)
def test_host_tools_are_built_for_the_hosts_that_need_them(guest: dict[str, Any], wanted: list[str]) -> None:
    hosts = {"a": [guest], "b": [hvm("b", device_model={"scheme": "linux"})], "c": [hvm("c", device_model={"scheme": "minios"})]}
    fleet = read_fleet(hosts, {"a": {"release": "4.17"}, "b": {"release": "4.17"}, "c": {"release": "4.20"}})
    sources, problems = read_sources({"4.17": {"tree": "/417", "host_tools": True}, "4.20": {"tree": "/420"}})
    assert problems == []
    with_tools = host_tools_hosts(fleet.guests, fleet.declared, sources)
    found = targets(fleet.guests, fleet.declared, with_tools)
    assert [name for name in MINIOS_TARGETS if name in found.get((4, 17), ())] == wanted
    # They replace files of the host's Xen: nobody asked for that on c.
    assert found[(4, 20)] == {"ioemu"}
    assert with_tools == ["a"] * ("host_tools" in wanted)
    assert all("host_tools" not in made for made in builds(sources, found))


def test_hosts_with_stub_domains_need_declare_nothing() -> None:
    fleet = read_fleet({"a": [hvm("one")], "b": [hvm("two")], "c": [hvm("x", state="absent")]}, {"b": {"scheme": "dom0"}})
    assert stub_domain_hosts(fleet.guests, fleet.declared) == ["a"]
    assert stub_domain_hosts(fleet.guests, {}) == ["a", "b"]


def test_a_source_has_all_keys() -> None:
    given = {"archive": "/xen.tar.gz", "sha256": "f" * 64, "variables": {"PYTHON": "python2"}, "jobs": 4}
    sources, problems = read_sources({"3.4": given})
    assert problems == []
    assert sources == {
        (3, 4): {
            "tree": "", "repository": "", "revision": "", "mirror": "",
            "checksums": {}, "configure": [], "timeout": 7200, "host_tools": False, **given,
        }
    }
    assert read_sources(None) == read_sources({}) == ({}, [])


@pytest.mark.parametrize(
    "given, key, reason",
    [
        ([], "stubdom_xen_sources", "must be a mapping"),
        ({"xen": {}}, "stubdom_xen_sources.xen", "is not a Xen release"),
        ({4.2: {}}, "stubdom_xen_sources.4.2", "is not a Xen release"),
        ({"4.17.5": {}}, "stubdom_xen_sources.4.17.5", "is not a Xen release"),
        ({"4.23": {}}, "stubdom_xen_sources.4.23", "has no mini-OS images"),
        ({"3.2": {}}, "stubdom_xen_sources.3.2", "has no mini-OS images"),
        ({"3.4": "/tree"}, "stubdom_xen_sources.3.4", "must be a mapping"),
        ({"3.4": {"tre": "/tree"}}, "stubdom_xen_sources.3.4.tre", "is not a key"),
        ({"3.4": {}}, "stubdom_xen_sources.3.4.tree", "one source is required, and none is given"),
        ({"3.4": {"tree": "/t", "archive": "/a"}}, "stubdom_xen_sources.3.4.tree", "and tree and archive is given"),
        ({"3.4": {"archive": "/a"}}, "stubdom_xen_sources.3.4.sha256", "is missing, and archive alone"),
        ({"4.2": {"tree": "/t", "host_tools": True}}, "stubdom_xen_sources.4.2.host_tools", "always makes these parts there"),
        ({"4.21": {"tree": "/t", "host_tools": True}}, "stubdom_xen_sources.4.21.host_tools", "went with 4.21"),
        ({"4.17": {"tree": "/t", "host_tools": "x"}}, "stubdom_xen_sources.4.17.host_tools", "must be"),
        ({"3.4": {"repository": "/a"}}, "stubdom_xen_sources.3.4.revision", "is missing, and repository alone"),
    ],
)
def test_what_is_wrong_with_a_source(given: Any, key: str, reason: str) -> None:
    sources, problems = read_sources(given)
    assert sources == {}
    assert key in [problem.key for problem in problems]
    assert any(reason in problem.reason for problem in problems)


def test_a_release_without_a_source_is_not_a_source() -> None:
    """As YAML has it, when everything behind the colon is a comment."""
    _sources, problems = read_sources({"3.4": None})
    assert [problem.key for problem in problems] == ["stubdom_xen_sources.3.4.tree"]
