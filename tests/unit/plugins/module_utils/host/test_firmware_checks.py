# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the firmware and the programs of a guest are where the host's libxl looks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import BOOT, DEBIAN, ROM_BIOS, Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, guest, hvm_guest, written

GONE = "does not exist on the host"
OVMF, SEABIOS, QEMU = "/usr/share/ovmf/OVMF.fd", "/usr/share/seabios/bios-256k.bin", "/usr/libexec/xen-qemu-system-i386"
NO_OVMF = f"boot.bios = 'ovmf': the host has no ovmf: {OVMF} {GONE}"
UEFI = {"method": "firmware", "bios": "ovmf"}


@pytest.fixture
def dom0(tmp_path: Path) -> Dom0:
    """Debian 12 without the package ovmf."""
    return Dom0(tmp_path).debian()


def test_what_debian_installs_is_enough(dom0: Dom0) -> None:
    for scheme in ("linux", "dom0"):
        assert dom0.found(hvm_guest(), scheme=scheme) == []


@pytest.mark.parametrize("scheme", ["linux", "dom0"])
def test_ovmf(scheme: str, dom0: Dom0) -> None:
    """libxl loads it in dom0, for a guest with a stub domain too."""
    made = hvm_guest(boot=UEFI)
    assert dom0.found(made, scheme=scheme) == [NO_OVMF]
    dom0.file(OVMF, "")
    assert dom0.found(made, scheme=scheme) == [NO_OVMF.replace(GONE, "is empty")]
    dom0.file(OVMF, "firmware")
    assert dom0.found(made, scheme=scheme) == []
    dom0.remove(OVMF)
    # The key that names another file is read before (libxl_dom.c).
    dom0.file("/srv/mine.fd", "firmware")
    assert dom0.found(hvm_guest(boot=UEFI, settings={"bios_path_override": "/srv/mine.fd"}), scheme=scheme) == []
    assert dom0.found(hvm_guest(settings={"bios_path_override": "/srv/none.fd"}), scheme=scheme) == [
        f"settings.bios_path_override = '/srv/none.fd': {GONE}"
    ]


def test_the_remedy_names_debian_s_package(dom0: Dom0) -> None:
    made = hvm_guest(boot=UEFI)
    (problem,), _notes = dom0.needs().run(made, written(made, facts(), "linux"))
    assert problem.remedy == "install it (Debian: ovmf), or name a file of it in settings.bios_path_override"


def test_seabios_is_the_default(dom0: Dom0) -> None:
    dom0.remove(SEABIOS)
    assert dom0.found(hvm_guest(), scheme="dom0") == [f"boot = 'seabios': the host has no seabios: {SEABIOS} {GONE}"]
    assert dom0.found(hvm_guest(boot={"method": "firmware", "bios": "seabios"}), scheme="linux") == [
        f"boot.bios = 'seabios': the host has no seabios: {SEABIOS} {GONE}"
    ]
    assert dom0.found(guest()) == []


def test_hvmloader_and_qemu(dom0: Dom0) -> None:
    dom0.remove(f"{BOOT}/hvmloader")
    dom0.file(QEMU, "", 0o644)
    loader = f"type = 'hvm': the host has no hvmloader: {BOOT}/hvmloader {GONE}"
    qemu = f"device_model.scheme = 'dom0': the host has no QEMU: {QEMU} is not executable"
    assert dom0.found(hvm_guest(), scheme="dom0") == [qemu, loader]
    dom0.file(QEMU, "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == [loader]
    dom0.file("/opt/qemu", "#!", 0o755)
    dom0.file("/opt/loader", "x")
    own = {"device_model_override": "/opt/qemu", "firmware_override": "/opt/loader"}
    assert dom0.found(hvm_guest(settings=own), scheme="dom0") == []


NAMED: list[tuple[dict[str, Any], list[str]]] = [
    ({"firmware_override": "/srv/none"}, [f"settings.firmware_override = '/srv/none': {GONE}"]),
    ({"firmware_override": "none"}, [f"settings.firmware_override = 'none': {GONE}"]),
    ({"firmware_override": "hvmloader"}, []),
    ({"acpi_firmware": "/srv/none"}, [f"settings.acpi_firmware = '/srv/none': {GONE}"]),
    ({"smbios_firmware": "/srv"}, ["settings.smbios_firmware = '/srv': is not a file"]),
    ({"device_model_override": "/srv/none"}, [f"settings.device_model_override = '/srv/none': {GONE}"]),
    ({"device_model_override": "/srv/text"}, ["settings.device_model_override = '/srv/text': is not executable"]),
    # In the folder of whoever starts xl.
    ({"acpi_firmware": "acpi.bin"}, []),
]


@pytest.mark.parametrize(("settings", "found"), NAMED, ids=[str(settings) for settings, _found in NAMED])
def test_files_that_keys_name(settings: dict[str, Any], found: list[str], dom0: Dom0) -> None:
    dom0.file("/srv/text", "text")
    assert dom0.found(hvm_guest(settings=settings), scheme="dom0") == found


def test_rom_bios(dom0: Dom0) -> None:
    """A mini-OS stub domain's guest boots from a part of hvmloader, which Debian's has not."""
    dom0.qemu_dm()
    made = hvm_guest(device_model={"scheme": "minios"})
    no_bios = "the host's hvmloader contains no rombios, with which this guest boots"
    assert dom0.found(made) == [f"device_model.scheme = 'minios': {no_bios}"]
    named = hvm_guest(boot={"method": "firmware", "bios": "rombios"}, device_model={"scheme": "minios"})
    assert dom0.found(named) == [f"boot.bios = 'rombios': {no_bios}"]
    dom0.file(f"{BOOT}/hvmloader", b"\x7fELF" + ROM_BIOS)
    assert dom0.found(made) == dom0.found(named) == []


def test_the_older_qemu_in_dom0(dom0: Dom0) -> None:
    made = hvm_guest(device_model={"scheme": "dom0", "version": "qemu-xen-traditional"})
    program = "/usr/lib/xen-4.17/bin/qemu-dm"
    assert dom0.found(made) == [
        f"device_model.version = 'qemu-xen-traditional': the host has no QEMU: {program} {GONE}",
        "device_model.scheme = 'dom0': the host's hvmloader contains no rombios, with which this guest boots",
    ]
    dom0.file(program, "#!", 0o755)
    dom0.file(f"{BOOT}/hvmloader", ROM_BIOS)
    assert dom0.found(made) == []


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("pygrub", []),
        ("/srv/loader", []),
        # In PATH, behind libxl's own folder.
        ("other", []),
        ("/usr/bin/pygrub", [f"boot.bootloader = '/usr/bin/pygrub': {GONE}"]),
        ("/srv/text", ["boot.bootloader = '/srv/text': is not executable"]),
        (
            "none",
            ["* the boot loader none is neither in /usr/lib/xen-4.17/bin, where libxl looks first, nor in a usual PATH"],
        ),
    ],
)
def test_boot_loaders(program: str, found: list[str], dom0: Dom0) -> None:
    """Those of PV guests, which libxl runs in dom0."""
    for path in ("/usr/lib/xen-4.17/bin/pygrub", "/srv/loader", "/usr/local/bin/other"):
        dom0.file(path, "#!", 0o755)
    dom0.file("/srv/text", "")
    disks = [{"target": "/dev/vg0/web1", "vdev": "xvda"}]
    assert dom0.found(guest(boot={"method": "bootloader", "bootloader": program}, disks=disks)) == found


def test_before_4_8_the_firmware_is_a_part_of_hvmloader(tmp_path: Path) -> None:
    dom0 = Dom0(tmp_path)
    boot = "/usr/lib/xen-4.6/boot"
    dom0.library((boot, QEMU), "/usr/lib/libxenlight-4.6.so")
    dom0.file(QEMU, "#!", 0o755)
    dom0.file(f"{boot}/hvmloader", b"\0seabios\0")
    assert dom0.found(hvm_guest(), "4.6", scheme="dom0") == []
    assert dom0.found(hvm_guest(boot=UEFI), "4.6", scheme="dom0") == [
        "boot.bios = 'ovmf': the host's hvmloader contains no ovmf, with which this guest boots"
    ]
    dom0.file(f"{boot}/hvmloader", b"\0seabios\0ovmf\0")
    assert dom0.found(hvm_guest(boot=UEFI), "4.6", scheme="dom0") == []


def test_two_libraries_beside_the_program(dom0: Dom0) -> None:
    """A file that one of them finds is enough."""
    dom0.library((*DEBIAN[:4], "/usr/share/edk2/xen/OVMF.fd"), "/usr/lib64/libxenlight.so.4.17.0")
    dom0.file("/usr/share/edk2/xen/OVMF.fd", "firmware")
    assert dom0.found(hvm_guest(boot=UEFI), scheme="dom0") == []


@pytest.mark.parametrize("program", ["/opt/xen/sbin/xl", "/usr/local/sbin/xl", "/nowhere"])
def test_a_libxl_that_is_not_found_refuses_nothing(program: str, dom0: Dom0) -> None:
    """The library of another prefix can be of another build: there is a note where no distribution has the firmware."""
    for path in (SEABIOS, f"{BOOT}/hvmloader"):
        dom0.remove(path)
    for made, notes in (
        (hvm_guest(), []),
        (hvm_guest(device_model={"scheme": "minios"}), []),
        (
            hvm_guest(boot=UEFI),
            [
                ("guest win1: no ovmf is where distributions have it, and it is not known where libxl looks: "
                 "install it (Debian: ovmf), or name a file of it in settings.bios_path_override")
            ],
        ),
    ):
        assert dom0.needs(program=program).run(made, written(made, facts(), "linux")) == ([], notes)


def test_xen_in_a_prefix_of_its_own(dom0: Dom0) -> None:
    boot = "/usr/local/lib/xen/boot"
    dom0.library((boot, f"{boot}/ovmf.bin", f"{boot}/seabios.bin"), "/usr/local/lib/libxenlight.so.4.17")
    for name in ("hvmloader", "seabios.bin"):
        dom0.file(f"{boot}/{name}", "firmware")
    # Debian's OVMF is not where this libxl looks.
    dom0.file(OVMF, "firmware")
    made = hvm_guest(boot=UEFI)
    problems, _notes = dom0.needs(program="/usr/local/sbin/xl").run(made, written(made, facts(), "dom0"))
    assert [problem.reason for problem in problems] == [f"the host has no ovmf: {boot}/ovmf.bin {GONE}"]


def test_the_shim_of_a_pvh_guest(dom0: Dom0) -> None:
    made = guest(type="pvh", settings={"pvshim": True})
    assert dom0.found(made) == [f"settings.pvshim = True: {BOOT}/xen-shim {GONE}"]
    dom0.file(f"{BOOT}/xen-shim", "shim")
    assert dom0.found(made) == []
    named = guest(type="pvh", settings={"pvshim": True, "pvshim_path": "/srv/shim"})
    assert dom0.found(named) == [f"settings.pvshim_path = '/srv/shim': /srv/shim {GONE}"]


def test_xm_has_firmware_of_its_own(dom0: Dom0) -> None:
    dom0.remove(SEABIOS)
    dom0.qemu_dm("/usr/lib/xen/bin/qemu-dm")
    assert dom0.found(hvm_guest(), "4.1", "xm", "dom0") == []
