# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered files before Debian's own xl: it reads in them what the definition says, however a file of the same meaning is
spelt, and it starts each guest that the controller passes."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import xl
from agreement import assert_agreement
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import GuestFiles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.tests.unit.guest_maker import HOSTS, Maker, hostile

try:
    xl.prepare()
except xl.XlMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

RELEASE = (4, 17)
OF_RELEASE = [host for host in HOSTS["xl"] if host[1].release == RELEASE]
many = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))

#: Settings whose values libxl looks for on the host; the checks of a host are for them.
ON_THE_HOST = {
    "pool": "a pool of processors",
    "acpi_firmware": "a file",
    "smbios_firmware": "a file",
    "bios_path_override": "a file",
    "device_model_override": "a program",
}
#: Settings of which the table refuses more than libxl, with the reason.
MORE_STRICT = {
    "vmtrace_buf_kb": "a large number of bytes wraps around in libxl, and the guest starts without a trace",
    "videoram": "a negative number wraps around in libxl, and is more than enough",
}


@st.composite
def rendered(draw: st.DrawFn) -> tuple[Guest, GuestFiles]:
    """Draw a guest that a host with Xen 4.17 can have, with its file."""
    scheme, facts = draw(st.sampled_from(OF_RELEASE))
    strings = draw(st.lists(st.one_of(st.sampled_from(["a b", "1", "x"]), hostile), min_size=1, max_size=3))
    item = Maker((scheme, facts), Random(draw(st.integers(0, 2**62))), strings).definition()
    for key in {*ON_THE_HOST, *MORE_STRICT} & set(item["settings"]):
        del item["settings"][key]
    guest = read_guest(item).guest
    assume(guest)
    assert guest
    return guest, render_guest(guest, facts)


@settings(many, max_examples=800)
@given(rendered())
def test_what_the_controller_passes_starts_and_what_it_refuses_does_not(made: tuple[Guest, GuestFiles]) -> None:
    _guest, result = made
    if result.files:
        assert_agreement(result.problems, xl.check(config_text("xl", result.files[0].values), ["net"]))


@settings(many, max_examples=300)
@given(rendered())
def test_xl_reads_what_the_definition_says(made: tuple[Guest, GuestFiles]) -> None:
    guest, result = made
    assume(not result.problems)
    values = result.files[0].values
    seen = xl.parse(config_text("xl", values))
    about, build = seen["c_info"], seen["b_info"]
    assert (about["name"], about["type"]) == (guest.name, guest.type)
    assert (build["target_memkb"], build["max_memkb"]) == (guest.memory * 1024, (guest.maxmem or guest.memory) * 1024)
    assert len(build["avail_vcpus"]) == guest.vcpus
    if guest.boot.method == "direct":
        boot = (guest.boot.kernel, guest.boot.ramdisk, guest.boot.cmdline)
        assert (build.get("kernel", ""), build.get("ramdisk", ""), build.get("cmdline", "")) == boot
    assert [disk.get("pdev_path", "") for disk in seen.get("disks", [])] == [disk.target for disk in guest.disks]
    assert [disk.get("readwrite", 0) for disk in seen.get("disks", [])] == [int(disk.writable) for disk in guest.disks]
    assert [nic.get("mac", "00:00:00:00:00:00") for nic in seen.get("nics", [])] == [
        vif.mac or "00:00:00:00:00:00" for vif in guest.vifs
    ]
    assert [nic.get("bridge", "") for nic in seen.get("nics", [])] == [vif.bridge for vif in guest.vifs]


@settings(many, max_examples=200)
@given(rendered(), st.randoms(use_true_random=False))
def test_another_spelling_means_the_same(made: tuple[Guest, GuestFiles], random: Random) -> None:
    """Other keys first, numbers as texts, comments, keys that xl does not know, an earlier value that a later one replaces."""
    _guest, result = made
    assume(not result.problems)
    values = dict(result.files[0].values)
    wild: dict[str, Any] = {}
    for key in random.sample(list(values), len(values)):
        value = values[key]
        wild[key] = str(int(value)) if isinstance(value, int) and random.random() < 0.5 else value
    text = config_text("xl", wild, ["by hand"]).replace("\n", " # a comment\n").replace("\nname =", "\nname = 'other'\nname =")
    assert xl.parse(f"not_a_key = [ 1, 'two' ]\n{text}") == xl.parse(config_text("xl", values))
