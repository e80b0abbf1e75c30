# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/data/capabilities.yml agrees with the release tables, with what is rendered and refused, and with the scenarios."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import METHODS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.choose import refusal
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import GuestFiles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts, assumed
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import (
    SCHEMES,
    TOOLSTACKS,
    parse_release,
    within,
)
from ansible_collections.xenfleet.stubdom.tests.tools.capabilities import (
    ROOT,
    Capability,
    DataError,
    Entry,
    pages,
    parse_span,
    read_capabilities,
    read_toolstacks,
    table,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import IMAGES

#: Every release that there is, and one to come: it stands for all that "on" means.
RELEASES = [(3, 3), (3, 4), *((4, minor) for minor in range(24))]
SCENARIOS = sorted((ROOT / "extensions" / "molecule").glob("*/molecule.yml"))

CAPABILITIES = read_capabilities()
#: Each capability with each release, and the entry of that release.
POINTS = [
    pytest.param(found, release, entry, id=f"{found.guest}-{found.way}-{found.toolstack}-{release[0]}.{release[1]}")
    for found in CAPABILITIES
    for entry in found.entries
    for release in RELEASES
    if within(release, entry.span)
]

BOOTS: dict[str, dict[str, Any]] = {
    "pvgrub2": {"method": "pvgrub2"},
    "pvgrub": {"method": "pvgrub", "menu": "(hd0,0)/boot/grub/menu.lst"},
    "direct": {"method": "direct", "kernel": "/boot/vmlinuz"},
    "bootloader": {"method": "bootloader", "bootloader": "pygrub"},
}


def rendered_on(capability: Capability, release: tuple[int, int]) -> tuple[Facts, GuestFiles]:
    """Render a plain guest of the capability for a host of the release that has every image."""
    definition: dict[str, Any] = {"name": "a", "type": capability.guest, "memory": 256}
    if capability.guest == "hvm":
        definition["device_model"] = {"scheme": capability.way}
    else:
        definition["boot"] = BOOTS[capability.way]
        definition["disks"] = [{"target": "/a.img", "vdev": "xvda"}]  # what a boot loader reads
    read = read_guest(definition)
    assert read.guest, [problem.text() for problem in read.problems]
    facts = assumed(release, capability.toolstack, IMAGES, capability.way)
    return facts, render_guest(read.guest, facts)


def test_every_guest_scheme_and_toolstack_has_a_capability() -> None:
    ways = {"hvm": [*SCHEMES, "dom0"], "pv": METHODS["pv"], "pvh": METHODS["pvh"]}
    required = [(guest, way, toolstack) for guest in ways for way in ways[guest] for toolstack in TOOLSTACKS]
    # With xm, a guest has neither scheme of xl, and the reverse; those are rows, too.
    present = [(found.guest, found.way, found.toolstack) for found in CAPABILITIES]
    assert sorted(present) == sorted(required)


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda found: f"{found.guest}-{found.way}-{found.toolstack}")
def test_the_releases_of_a_capability_are_those_of_its_toolstack(capability: Capability) -> None:
    covered = [release for entry in capability.entries for release in RELEASES if within(release, entry.span)]
    assert covered == [release for release in RELEASES if within(release, TOOLSTACKS[capability.toolstack])]
    open_end = TOOLSTACKS[capability.toolstack][1] is None
    assert (capability.entries[-1].span[1] is None) == open_end


def test_the_releases_of_the_toolstacks_are_those_of_the_code() -> None:
    for toolstack, entries in read_toolstacks().items():
        supported = [entry.span for entry in entries if entry.state == "rendered"]
        assert supported == [TOOLSTACKS[toolstack]]
        guest = read_guest({"name": "a", "type": "pv", "memory": 256, "boot": BOOTS["direct"]}).guest
        assert guest
        for entry in entries:
            for release in RELEASES:
                if within(release, entry.span):
                    refused = bool(render_guest(guest, Facts(release, toolstack)).problems)
                    assert refused == (entry.state == "refused"), (toolstack, release)


@pytest.mark.parametrize(("capability", "release", "entry"), POINTS)
def test_a_guest_is_rendered_or_refused_as_the_data_has_it(
    capability: Capability, release: tuple[int, int], entry: Entry
) -> None:
    facts, rendered = rendered_on(capability, release)
    if entry.state != "refused":
        assert [problem.text() for problem in rendered.problems] == []
        assert rendered.files
        return
    assert rendered.problems
    if capability.guest == "hvm":
        # By the scheme itself, not by another key of the definition.
        assert refusal(capability.way, facts)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_releases_that_are_not_refused_are_the_span_of_the_scheme(scheme: str) -> None:
    toolstack, span = SCHEMES[scheme]
    found = next(found for found in CAPABILITIES if (found.way, found.toolstack) == (scheme, toolstack))
    offered = {release for entry in found.entries for release in RELEASES
               if entry.state != "refused" and within(release, entry.span)}
    assert offered == {release for release in RELEASES if within(release, span)}


def claims_of(scenario: Path) -> set[tuple[str, str, str, str]]:
    """Return guest, scheme or boot method, toolstack and release of each claim of a scenario."""
    data = yaml.safe_load((scenario / "claims.yml").read_text(encoding="utf-8"))
    return {
        (claim["guest"], claim.get("scheme") or claim["boot"], claim["toolstack"], release)
        for claim in data["proves"]
        for release in claim["releases"]
    }


def guests_of(scenario: Path) -> Iterator[tuple[str, str]]:
    """Yield type, and scheme or boot method, of each guest that a file of the scenario defines."""
    files = sorted(scenario.rglob("*.yml"))
    demo = "examples/demo/host_vars/xen1.yml"
    if any(demo in file.read_text(encoding="utf-8") for file in files):
        files.append(ROOT / demo)
    if any("../mini_os/" in file.read_text(encoding="utf-8") for file in files):
        files += sorted((scenario.parent / "mini_os").rglob("*.yml"))
    variables: dict[str, Any] = {}
    for file in files:
        for data in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            variables.update(data if isinstance(data, dict) else {})
            for found in _mappings(data):
                if "type" in found and "memory" in found:
                    key, way = ("device_model", "scheme") if found["type"] == "hvm" else ("boot", "method")
                    part = _resolved(found.get(key), variables)
                    yield found["type"], part.get(way, "")


def _mappings(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _mappings(value)


def _resolved(value: Any, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping itself, or that of the variable that a template names."""
    named = re.fullmatch(r"\{\{ (\w+) \}\}", value) if isinstance(value, str) else None
    found = variables.get(named[1]) if named else value
    return found if isinstance(found, dict) else {}


def test_each_scenario_claims_what_the_data_names_it_for() -> None:
    stated = {
        path.parent.name: {
            (found.guest, found.way, found.toolstack, f"{release[0]}.{release[1]}")
            for found in CAPABILITIES
            for entry in found.entries
            if path.parent.name in entry.scenarios
            for release in RELEASES
            if within(release, entry.span)
        }
        for path in SCENARIOS
    }
    assert {path.parent.name: claims_of(path.parent) for path in SCENARIOS} == stated


def test_the_data_names_scenarios_that_exist() -> None:
    named = {name for found in CAPABILITIES for entry in found.entries for name in entry.scenarios}
    assert named <= {path.parent.name for path in SCENARIOS}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.parent.name)
def test_a_scenario_has_the_guests_that_it_claims(path: Path) -> None:
    defined = set(guests_of(path.parent))
    assert {(guest, way) for guest, way, _toolstack, _release in claims_of(path.parent)} <= defined


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.parent.name)
def test_a_scenario_claims_releases_of_the_lab_only(path: Path) -> None:
    parts = (ROOT / "tests" / "runner" / "parts.py").read_text(encoding="utf-8")
    if f'"{path.parent.name}": "' in parts.partition("XEN_DISTS = ")[2].partition("\n")[0]:
        return  # its host has the release of the Xen that the user has built
    config = (ROOT / "tests" / "lab" / "xenlab" / "config.py").read_text(encoding="utf-8")
    lab = set(re.findall(r'Release\("\w+", "([0-9.]+)"', config))
    assert lab and {release for _guest, _way, _toolstack, release in claims_of(path.parent)} <= lab


def test_the_pages_have_the_tables_of_the_data() -> None:
    stale = [str(path.relative_to(ROOT)) for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run tests/tools/capabilities.py"


def test_each_capability_has_a_table() -> None:
    names = {name for path in pages() for name in re.findall(r"<!-- capabilities: (\S+) -->", path.read_text("utf-8"))}
    assert names == {"overview", *SCHEMES, "dom0", "pv", "pvh"}


@pytest.mark.parametrize("text", ["4", "4.2-4.4", "4.2 to", "from 4.2", "4.2 to 4.4 on"])
def test_a_span_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_span(text)


def test_a_table_without_a_name_is_refused() -> None:
    with pytest.raises(DataError):
        table("xapi", CAPABILITIES)


@pytest.mark.parametrize("release", ["3.3", "4.4", "4.17"])
def test_spans_of_one_release_are_read(release: str) -> None:
    assert parse_span(release) == (parse_release(release), parse_release(release))
