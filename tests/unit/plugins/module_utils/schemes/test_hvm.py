# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all HVM guests have in common; whole files are in the tests of the schemes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes import hvm
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import GuestFiles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, told


@pytest.mark.parametrize("scheme", ["paired", "generated", "dom0"])
def test_xm_needs_its_loader(scheme: str) -> None:
    """xm's HVM guests boot from a file (3.3.0-rc7:tools/examples/xmexample.hvm)."""
    release = "3.3" if scheme == "paired" else "4.1"
    host = facts(release, "xm", images={"ioemu-stubdom.gz": "/i"})
    reason = "the host has no hvmloader, from which xm boots an HVM guest"
    remedy = "install Xen's tools with their firmware"
    assert told(render_guest(hvm_guest(), host, scheme).problems) == [("win1", "boot", None, reason, remedy)]


@pytest.mark.parametrize("scheme", ["paired", "generated", "dom0"])
def test_xm_boots_no_kernel_and_has_no_choice_of_firmware(scheme: str) -> None:
    host = facts("3.3" if scheme == "paired" else "4.1", "xm")
    direct = hvm_guest(boot={"method": "direct", "kernel": "/k"})
    reason = "xm starts an HVM guest from hvmloader, not from a kernel"
    assert told(render_guest(direct, host, scheme).problems) == [("win1", "boot.method", "direct", reason, "use method: firmware")]
    bios = hvm_guest(boot={"method": "firmware", "bios": "seabios"})
    reason = "this device model does not have that firmware"
    assert told(render_guest(bios, host, scheme).problems) == [("win1", "boot.bios", "seabios", reason, "leave it out")]


@pytest.mark.parametrize(
    "screen, keys",
    [
        ({"type": "none"}, [("vnc", 0), ("sdl", 0)]),
        ({"type": "sdl"}, [("vnc", 0), ("sdl", 1)]),
        ({"type": "sdl", "opengl": True, "keymap": "de"}, [("vnc", 0), ("sdl", 1), ("opengl", True), ("keymap", "de")]),
        ({"type": "vnc"}, [("vnc", 1)]),
        # The number 0 is one, too.
        ({"type": "vnc", "display": 0}, [("vnc", 1), ("vncdisplay", 0), ("vncunused", 0)]),
        (
            {"type": "vnc", "listen": "10.0.0.1", "passwd": "p", "keymap": "de"},
            [("vnc", 1), ("vnclisten", "10.0.0.1"), ("vncpasswd", "p"), ("keymap", "de")],
        ),
    ],
)
def test_display(screen: dict[str, Any], keys: list[tuple[str, Any]]) -> None:
    assert list(hvm.display(hvm_guest(display=screen)).items()) == keys


@pytest.mark.parametrize("serial", [None, "none", "null"])
def test_a_serial_port_that_leads_nowhere_is_kept(serial: str | None) -> None:
    settings = {"acpi": True, **({"serial": serial} if serial else {})}
    rendered = GuestFiles()
    assert hvm.without_dom0_serial(hvm_guest(settings=settings), rendered) == settings
    assert rendered.notes == []


def test_a_serial_port_of_dom0_is_left_out_and_the_guest_is_as_it_was() -> None:
    made, rendered = hvm_guest(settings={"acpi": True, "serial": "pty"}), GuestFiles()
    assert hvm.without_dom0_serial(made, rendered) == {"acpi": True}
    assert made.settings == {"acpi": True, "serial": "pty"}
    assert len(rendered.notes) == 1


@pytest.mark.parametrize(
    "scheme, vdevs, other",
    [
        ("dom0", ["hda", "xvda"], "hda"),
        ("dom0", ["xvda1", "hda2"], "xvda1"),
        ("linux", ["hda", "sda"], "hda"),
        ("dom0", ["hda", "sda"], ""),
        ("dom0", ["xvda1", "xvda2"], ""),
        ("linux", ["hda", "sdb", "xvdc"], ""),
        ("dom0", ["d2p1", "hdc"], "d2p1"),
        ("dom0", ["xvdb1", "d1p2"], ""),
        ("linux", ["sda", "d0p0"], "sda"),
        # libxl shows no plain number to a device model.
        ("dom0", ["51712", "hda"], ""),
    ],
)
def test_two_disks_in_one_place(scheme: str, vdevs: list[str], other: str) -> None:
    disks = [{"target": f"/dev/vg0/{vdev}", "vdev": vdev} for vdev in vdevs]
    made = hvm_guest(disks=disks, device_model={"scheme": scheme})
    reason, remedy = f"is the same drive as {other} to the device model", "use another letter for one of them"
    expected = [("win1", "disks[1].vdev", vdevs[1], reason, remedy)] if other else []
    assert told(render_guest(made, facts()).problems) == expected
