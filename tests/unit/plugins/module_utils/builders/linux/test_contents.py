# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of an image."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    made,
    overlay,
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    LIBS,
    QEMU,
    ROMS,
    Machine,
    elf,
)


def test_the_root_file_system(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    texts = {path: text for name in machine.packages.values() for path, text in name["files"].items()}
    folders = {path for path, what in machine.root.items() if what == "755"}
    links = {path: what[3:] for path, what in machine.root.items() if what.startswith("-> ")}
    files = {path: what for path, what in machine.root.items() if path not in folders and path not in links}
    assert {"dev", "proc", "sys", "run", "tmp"} <= folders
    assert links == {
        "bin": "usr/bin",
        "lib": "usr/lib",
        "lib64": "usr/lib64",
        "sbin": "usr/sbin",
        "usr/bin/qemu": "../libexec/xen-qemu-system-i386",
        "usr/bin/sh": "busybox",
        "usr/bin/vchan-socket-proxy": "../lib/xen-4.17/bin/vchan-socket-proxy",
        "usr/bin/xenstore-list": "xenstore",
        "usr/bin/xenstore-read": "xenstore",
    }
    proxy = "usr/lib/xen-4.17/bin/vchan-socket-proxy"
    modules = "xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xen-blkfront xen-netfront tun llc stp bridge"
    assert files == {
        "init": "755 init\n",
        "usr/bin/busybox": "755 " + texts["bin/busybox"],
        "usr/bin/xenstore": "755 " + texts["usr/bin/xenstore"],
        QEMU: "755 " + texts[QEMU],
        proxy: "755 " + texts[proxy],
        "usr/lib/xen-4.17/lib/libprivate.so.1": "644 " + texts["usr/lib/xen-4.17/lib/libprivate.so.1"],
        "usr/bin/qmp-relay": "755 relay\n",
        "usr/bin/chrt": "755 " + texts["usr/bin/chrt"],
        "usr/bin/socat": "755 " + texts["usr/bin/socat"],
        f"usr/{LIBS}/libc.so.6": "644 " + texts[f"{LIBS}/libc.so.6"],
        f"usr/{LIBS}/ld-linux-x86-64.so.2": "644 " + texts[f"{LIBS}/ld-linux-x86-64.so.2"],
        "usr/lib64/ld-linux-x86-64.so.2": "644 " + texts[f"{LIBS}/ld-linux-x86-64.so.2"],
        f"usr/{LIBS}/libgcc_s.so.1": "644 " + texts[f"{LIBS}/libgcc_s.so.1"],
        f"usr/{LIBS}/libpixman-1.so.0": "644 " + texts[f"usr/{LIBS}/libpixman-1.so.0.42.0"],
        f"usr/{LIBS}/libxenctrl.so.4.17": "644 " + texts[f"usr/{LIBS}/libxenctrl.so.4.17"],
        f"usr/{LIBS}/libxendevicemodel.so.1": "644 " + texts[f"usr/{LIBS}/libxendevicemodel.so.1"],
        "usr/share/qemu/linuxboot.bin": "644 linuxboot.bin",
        "usr/share/qemu/linuxboot_dma.bin": "644 linuxboot_dma.bin",
        "usr/share/qemu/multiboot.bin": "644 multiboot.bin",
        "usr/lib/ipxe/qemu/efi-e1000.rom": "644 rom",
        **{f"usr/lib/modules/{name}.ko": f"644 module {name}" for name in modules.split()},
        "usr/lib/modules/order": "644 xen-privcmd.ko unrestricted=1\nxen-evtchn.ko\nxen-gntdev.ko\nxen-gntalloc.ko\n"
        "xen-blkfront.ko\nxen-netfront.ko\ntun.ko\nllc.ko\nstp.ko\nbridge.ko\n",
    }


def test_the_initramfs(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    outer = {path: what for path, what in machine.outer.items() if path != "root.squashfs"}
    assert outer == {
        "bin": "755 at 0",
        "bin/busybox": "755 " + machine.packages["busybox-static"]["files"]["bin/busybox"] + " at 0",
        "bin/sh": "-> busybox at 0",
        "dev": "755 at 0",
        "init": "755 mount\n at 0",
        "modules": "755 at 0",
        "modules/loop.ko": "644 module loop at 0",
        "modules/order": "644 loop.ko\nsquashfs.ko\n at 0",
        "modules/squashfs.ko": "644 module squashfs at 0",
        "proc": "755 at 0",
        "root": "755 at 0",
        "sys": "755 at 0",
    }
    assert json.dumps(machine.root) in machine.outer["root.squashfs"]


@pytest.mark.parametrize(
    "needs, lacks",
    [
        ("libc.so.6", "libxenctrl.so.N and libxendevicemodel.so.N"),
        ("libxenctrl.so.4.17,libc.so.6", "libxendevicemodel.so.N"),
    ],
)
def test_a_qemu_without_xen(needs: str, lacks: str, machine: Machine, dest: Path) -> None:
    machine.packages["qemu-system-xen"]["files"][QEMU] = elf(needs, more=ROMS)
    remedy = "Remedy: name one that was built with Xen, in qemu, or leave qemu out."
    assert refused(machine, dest) == f"/{QEMU} was built without Xen: it does not need {lacks}. {remedy}"


def test_no_qemu(machine: Machine, dest: Path) -> None:
    assert refused(machine, dest, qemu="/opt/qemu").startswith("qemu: no package and no overlay has /opt/qemu. Remedy:")
    machine.packages["qemu-system-xen"]["files"] = {}
    assert refused(machine, dest).startswith(f"no package and no overlay has a QEMU (looked for {QEMU}, ")


def test_programs_that_no_package_has(machine: Machine, dest: Path) -> None:
    machine.packages["xenstore-utils"]["files"] = {}
    machine.packages["busybox-static"]["files"] = {}
    assert refused(machine, dest).splitlines() == [
        f"no package and no overlay has /usr/bin/{name}. Remedy: name its package in packages."
        for name in ("busybox", "xenstore")
    ]


@pytest.mark.parametrize("path", ["/init", "/bin/busybox", "/lib/modules/order", "/usr/bin", "/usr/bin/qemu", "/lib64"])
def test_a_boot_file_replaces_nothing(path: str, machine: Machine, dest: Path, tmp_path: Path) -> None:
    (tmp_path / "k").write_text("k", encoding="utf-8")
    assert "already. Remedy:" in refused(machine, dest, boot_files={path: str(tmp_path / "k")})


def test_boot_files(machine: Machine, dest: Path, tmp_path: Path) -> None:
    (tmp_path / "k").write_text("guest's kernel", encoding="utf-8")
    built = made(machine, dest, boot_files={"/srv/a b/vmlinuz": str(tmp_path / "k"), "/lib/k": str(tmp_path / "k")})
    assert machine.root["srv/a b/vmlinuz"] == machine.root["usr/lib/k"] == "644 guest's kernel"
    sha256 = hashlib.sha256(b"guest's kernel").hexdigest()
    assert built.manifest["boot_files"] == {"/srv/a b/vmlinuz": sha256, "/lib/k": sha256}


def test_more_modules(machine: Machine, dest: Path) -> None:
    made(machine, dest, modules=["dummy", "loop"])
    assert machine.root["usr/lib/modules/order"].endswith("bridge.ko\ndummy.ko\n"), "loop is loaded before"


def test_a_qemu_of_ones_own(machine: Machine, dest: Path, tmp_path: Path) -> None:
    own = overlay(
        tmp_path / "own",
        {
            "opt/xen/bin/qemu": elf("libxenctrl.so.4.17,libxendevicemodel.so.1,libown.so", "$ORIGIN/../lib", more=ROMS),
            "opt/xen/lib": "-> /usr/lib/own",
            "usr/lib/own/libown.so": elf(loader=""),
            "lib": "-> usr/lib",
        },
    )
    built = made(machine, dest, overlay=[own], qemu="/opt/xen/bin/qemu")
    assert machine.root["usr/bin/qemu"] == "-> ../../opt/xen/bin/qemu"
    assert machine.root["opt/xen/bin/qemu"].startswith("755 ELF"), "it is a program even if the overlay does not say so"
    assert machine.root["usr/lib/own/libown.so"].startswith("644 ELF")
    digest = hashlib.sha256(Path(own, "opt/xen/bin/qemu").read_bytes()).hexdigest()
    assert built.manifest["qemu"] == f"sha256:{digest}"
    assert QEMU not in machine.root


def test_a_qemu_that_has_the_scripts_name_for_it(machine: Machine, dest: Path) -> None:
    files = machine.packages["qemu-system-xen"]["files"]
    files["usr/bin/qemu"] = files.pop(QEMU)
    made(machine, dest, qemu="/bin/qemu")
    assert machine.root["usr/bin/qemu"].startswith("755 ELF")


def test_a_qemu_that_is_a_link(machine: Machine, dest: Path) -> None:
    """It is taken from where it really is, and never from the build host, which has a /bin/sh."""
    files = machine.packages["qemu-system-xen"]["files"]
    files["usr/bin/qemu-system-i386"] = "-> /opt/qemu"
    files["opt/qemu"] = files.pop(QEMU)
    files[QEMU] = "-> /bin/sh"
    made(machine, dest)
    assert machine.root["usr/bin/qemu"] == "-> ../../opt/qemu"
    assert machine.root["opt/qemu"].startswith("755 ELF")
    assert "usr/bin/qemu-system-i386" not in machine.root


def test_modules_of_a_qemu(machine: Machine, dest: Path) -> None:
    folder = "usr/lib/x86_64-linux-gnu/qemu"
    libraries = {
        f"{folder}/{name}.so": elf("libusb.so", loader="")
        for name in ("accel-xen", "hw-usb-host", "ui-gtk", "block-rbd")
    }
    machine.packages["qemu-modules"] = {"version": "1", "files": {**libraries, f"usr/{LIBS}/libusb.so": elf(loader="")}}
    made(machine, dest)
    names = [path for path in machine.root if path.startswith(f"{folder}/") or path.endswith("libusb.so")]
    assert names == [f"usr/{LIBS}/libusb.so", f"{folder}/accel-xen.so", f"{folder}/hw-usb-host.so"]
