# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""stubdom/README of July 2008, from which the project started: each of its statements about configuration.

Xen's own lines are compared token by token, as Python reads them, so that only comments, order, blanks and the kind of
quotation marks may differ.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts, assumed
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm, hvm_guest, texts_of, told, written

# The README is older than the release: its stub domain's file is that of 3.3.0-rc1, and so is the name of PV-GRUB.
HOST = replace(assumed((3, 3), "xm", {}), dm_config="stubdom-{}")

DEVICE_MODEL = "device_model = '/usr/lib/xen/bin/stubdom-dm'"
DISK = "disk = [  'file:/tmp/install.iso,hdc:cdrom,r', 'phy:/dev/sda6,hda,w', 'file:/tmp/test,hdb,r' ]"
KERNEL = 'kernel = "/usr/lib/xen/boot/ioemu-stubdom.gz"'
VIF = "vif = [ '', 'ip=10.0.1.1,mac=aa:00:00:12:23:34']"
OWN_VIF = "vif = ['ip=10.0.1.1,mac=aa:00:00:12:23:34']"

DISKS = [
    {"target": "/tmp/install.iso", "vdev": "hdc", "cdrom": True},
    {"target": "/dev/sda6", "vdev": "hda", "backend": "phy"},
    {"target": "/tmp/test", "vdev": "hdb", "access": "ro", "backend": "file"},
]
VIFS = [{"ip": "10.0.1.1", "mac": "aa:00:00:12:23:34"}]
VNC = {"type": "vnc", "where": "stubdom", "listen": "172.30.206.1"}

Tokens = List[Tuple[int, Any]]


def statements(text: str) -> dict[str, Tokens]:
    """The tokens of each assignment by its key; a string is what it holds, and no key is there twice."""
    found: dict[str, Tokens] = {}
    line: Tokens = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            if line:
                assert line[0][1] not in found
                found[line[0][1]] = line
            line = []
        elif token.type not in (tokenize.COMMENT, tokenize.NL):
            is_string = token.type == tokenize.STRING
            line.append((token.type, ast.literal_eval(token.string) if is_string else token.string))
    return found


def hvmconfig(**changes: Any) -> dict[str, str]:
    """The texts of the README's HVM guest, by the names of its files."""
    made = hvm_guest("hvmconfig", **{"disks": DISKS, "vifs": VIFS, **changes})
    return texts_of(written(made, HOST), "xm")


def pv_config(**boot: Any) -> str:
    """The text of the README's PV guest, on a host of its release candidate."""
    host = Facts((3, 3), "xm", {"pv-grub.gz": "/usr/lib/xen/boot/pv-grub.gz"})
    made = guest("pvconfig", boot={"method": "pvgrub", **boot})
    return texts_of(written(made, host), "xm")["pvconfig"]


def says(text: str, *lines: str) -> bool:
    """Whether the text has each of the lines as one of its statements."""
    ours, theirs = statements(text), statements("".join(line + "\n" for line in lines))
    return all(ours.get(key) == tokens for key, tokens in theirs.items())


def test_the_two_files() -> None:
    assert list(hvmconfig()) == ["hvmconfig", "stubdom-hvmconfig"]


def test_the_second_file_from_3_3_0_rc3_on() -> None:
    made = hvm_guest("hvmconfig", disks=DISKS, vifs=VIFS)
    later = texts_of(written(made, assumed((3, 3), "xm", {})), "xm")
    assert list(later) == ["hvmconfig", "hvmconfig-dm"]
    assert list(later.values()) == list(hvmconfig().values())


def test_the_guest_has_the_script_as_its_device_model() -> None:
    assert says(hvmconfig()["hvmconfig"], DEVICE_MODEL)


def test_the_guests_disks_are_commented_out() -> None:
    own = hvmconfig()["hvmconfig"]
    assert "disk" not in statements(own)
    comment = [line for line in own.splitlines() if line.startswith("#disk")]
    assert len(comment) == 1
    assert says(comment[0][1:], DISK)


@pytest.mark.parametrize("serial", ["pty", "stdio", "file:/tmp/log", "/dev/ttyS0"])
def test_nothing_of_the_guest_leads_into_dom0(serial: str) -> None:
    made = hvm_guest("hvmconfig", settings={"serial": serial})
    rendered = written(made, HOST)
    assert all("serial" not in file.values for file in rendered.files)
    assert "guest hvmconfig: serial is left out of its file: its stub domain cannot reach a serial port of dom0" in rendered.notes


def test_the_stub_domains_file() -> None:
    """Nothing but what the README has there, and in its order."""
    stub = hvmconfig()["stubdom-hvmconfig"]
    assert says(stub, KERNEL, VIF, DISK)
    assert list(statements(stub)) == ["kernel", "vif", "disk"]


def test_both_files_have_the_same_network_and_disks() -> None:
    files = hvmconfig()
    assert says(files["hvmconfig"], OWN_VIF)
    own, stub = statements(files["hvmconfig"])["vif"], statements(files["stubdom-hvmconfig"])["vif"]
    assert stub[3:5] == [(tokenize.STRING, ""), (tokenize.OP, ",")]
    assert own[:3] + own[3:] == stub[:3] + stub[5:]


def test_sdl() -> None:
    files = hvmconfig(display={"type": "sdl"})
    assert says(files["hvmconfig"], "vnc = 0", "sdl = 0")
    assert says(files["stubdom-hvmconfig"], "vfb = [ 'type=sdl' ]", VIF)


def test_vnc_in_the_stub_domain() -> None:
    files = hvmconfig(display=VNC)
    assert says(files["hvmconfig"], "vnc = 1", 'vnclisten = "172.30.206.1"')
    assert says(
        files["stubdom-hvmconfig"], "vif = [ 'ip=172.30.206.1', 'ip=10.0.1.1,mac=aa:00:00:12:23:34']", KERNEL, DISK
    )
    assert "vfb" not in statements(files["stubdom-hvmconfig"])


@pytest.mark.parametrize(
    "listen, reason",
    [
        ("stubdom.example", "is not an IP address, and mini-OS cannot resolve a name"),
        ("localhost", "is not an IP address, and mini-OS cannot resolve a name"),
        ("127.0.0.1", "is a loopback address, which cannot be reached from outside the stub domain"),
    ],
)
def test_where_vnc_in_the_stub_domain_cannot_listen(listen: str, reason: str) -> None:
    read = read_guest(hvm("hvmconfig", display={**VNC, "listen": listen}))
    assert read.guest is None
    assert [(found.key, found.reason, found.release) for found in read.problems] == [
        ("display.listen", reason, "stubdom/README")
    ]


def test_vnc_in_dom0() -> None:
    files = hvmconfig(display={"type": "vnc"})
    assert says(files["hvmconfig"], "vnc = 0", "sdl = 0")
    assert says(files["stubdom-hvmconfig"], "vfb = [ 'type=vnc' ]", VIF)


def test_vnc_in_dom0_with_any_other_parameter() -> None:
    screen = {"type": "vnc", "listen": "0.0.0.0", "display": 3, "passwd": "se cret=1", "keymap": "de"}
    files = hvmconfig(display=screen)
    assert says(files["hvmconfig"], "vnc = 0", "sdl = 0")
    whole = "vfb = ['type=vnc,vnclisten=0.0.0.0,vncdisplay=3,vncunused=0,vncpasswd=se cret=1,keymap=de']"
    assert says(files["stubdom-hvmconfig"], whole)


def test_pv_grub_is_the_kernel() -> None:
    assert says(pv_config(menu="(hd0,0)/boot/grub/menu.lst"), 'kernel = "/usr/lib/xen/boot/pv-grub.gz"')


@pytest.mark.parametrize(
    "boot, line",
    [
        ({"menu": "(hd0,0)/boot/grub/menu.lst"}, 'extra = "(hd0,0)/boot/grub/menu.lst"'),
        ({"tftp": "/somepath/menu.lst"}, 'extra = "(nd)/somepath/menu.lst"'),
        ({"dhcp": True}, 'extra = ""'),
    ],
)
def test_where_pv_grub_finds_its_menu(boot: dict[str, Any], line: str) -> None:
    text = pv_config(**boot)
    assert says(text, line)
    assert {"root", "bootloader", "ramdisk"}.isdisjoint(statements(text))


@pytest.mark.parametrize("arch, kernel", [("x86_64", "i386"), ("i386", "x86_64")])
def test_pv_grub_boots_kernels_of_its_own_width_only(arch: str, kernel: str) -> None:
    menu = {"method": "pvgrub", "menu": "(hd0)/m", "arch": arch, "kernel_arch": kernel}
    read = read_guest({"name": "pvconfig", "type": "pv", "memory": 64, "boot": menu})
    reason = f"an image for {arch} cannot boot a kernel for {kernel}"
    remedy = f"use arch: {kernel}, or correct kernel_arch"
    assert told(read.problems) == [("pvconfig", "boot.kernel_arch", kernel, reason, remedy)]


def test_a_boot_splash_of_pv_grub_is_a_note() -> None:
    menu = {"method": "pvgrub", "menu": "(hd0,0)/m"}
    rendered = written(guest("pvconfig", boot=menu, settings={"vfb": ["type=vnc"]}), assumed((3, 3), "xm", {}))
    assert rendered.notes == [
        "guest pvconfig: PV-GRUB shows a boot splash, but the frame buffer does not start again for the kernel"
    ]
