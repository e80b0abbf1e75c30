# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building a Linux stub domain's image: with a fake for all tools, and the packing once with the real ones."""

from __future__ import annotations

import errno
import hashlib
import json
import lzma
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders import build_folder
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    apt,
    build,
    kernel,
    pack,
    stage,
    tree,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.plan import Plan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT, manifest
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    CONFIG,
    LIBS,
    QEMU,
    RELEASE,
    ROMS,
    Machine,
    elf,
    options,
)

NAMES = ["qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs", "sbom.cdx.json"]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A build host that has every tool."""
    monkeypatch.setattr(build.shutil, "which", lambda name, path="": f"/usr/bin/{name}")
    return Machine()


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "build"


def made(machine: Machine, dest: Path, valid: int = 0, dry: bool = False, **changes: Any) -> build.Built:
    return build.build(options(**changes), dest, valid, dry, machine)


def refused(machine: Machine, dest: Path, **changes: Any) -> str:
    with pytest.raises(BuildError) as caught:
        made(machine, dest, **changes)
    assert "Remedy: " in str(caught.value)
    return str(caught.value)


def image(dest: Path) -> dict[str, bytes]:
    """The files of the image that is there."""
    return {path.name: path.read_bytes() for path in (dest / "qemu-stubdom-linux-bookworm").iterdir()}


def overlay(folder: Path, files: dict[str, str]) -> str:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            (folder / path).symlink_to(text[3:])
        else:
            (folder / path).write_text(text, encoding="utf-8")
    return str(folder)


def left(dest: Path) -> list[str]:
    """What lies beside the cache."""
    return sorted(path.name for path in (dest / ".qemu-stubdom-linux-bookworm").iterdir())


def test_build(machine: Machine, dest: Path) -> None:
    built = made(machine, dest)
    folder = dest / "qemu-stubdom-linux-bookworm"
    assert (built.changed, built.folder) == (True, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", *NAMES]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    assert built.manifest == manifest(folder)
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES}
    total = hashlib.sha256("".join(f"{sums[name]}  {name}\n" for name in NAMES).encode()).hexdigest()
    told = {key: built.manifest[key] for key in built.manifest if key not in ("asked", "inputs", "packages", "sizes")}
    assert told == {
        "name": "qemu-stubdom-linux",
        "suite": "bookworm",
        "xen": "4.17",
        "kernel": RELEASE,
        "qemu": "1:7.2+dfsg-7+b3",
        "sha256": total,
        "version": total[:16],
        "files": sums,
        "boot_files": {},
    }
    assert built.manifest["packages"] == {name: package["version"] for name, package in machine.packages.items()}
    assert built.manifest["sizes"]["kernel"] == len("kernel")
    assert built.manifest["sizes"]["rootfs"] == (folder / NAMES[1]).stat().st_size
    assert left(dest) == ["apt", "compared", (folder.resolve()).name, "lock"]


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


def test_the_list_of_parts(machine: Machine, dest: Path, tmp_path: Path) -> None:
    """A package is there when a file of it is; what is no package's is there with its sum."""
    own = overlay(tmp_path / "own", {f"usr/{LIBS}/libgcc_s.so.1": elf(loader="", more="own"), "boot/k": "kernel"})
    made(machine, dest, overlay=[own], boot_files={"/boot/k": f"{own}/boot/k"})
    said = json.loads(image(dest)["sbom.cdx.json"])
    absent = {"linux-image-amd64", "seabios", "libgcc-s1"}
    assert [part["name"] for part in said["components"]] == [
        *sorted(set(machine.packages) - absent),
        "boot_files:/boot/k",
        "init_script",
        "mount_script",
        f"overlay:/usr/{LIBS}/libgcc_s.so.1",
        "relay_script",
    ]
    sums = {part["name"]: part["hashes"][0]["content"] for part in said["components"] if part["type"] == "file"}
    inside = {part["name"]: part["hashes"][0]["content"] for part in said["metadata"]["component"]["components"]}
    assert inside == {name: hashlib.sha256(image(dest)[name]).hexdigest() for name in NAMES[:2]}
    assert sums["boot_files:/boot/k"] == hashlib.sha256(b"kernel").hexdigest()
    assert sums["mount_script"] == hashlib.sha256(b"mount\n").hexdigest()
    qemu = next(part for part in said["components"] if part["name"] == "qemu-system-xen")
    assert [found["value"] for found in qemu["properties"]] == ["qemu", "1:7.2+dfsg-7"]


def test_the_same_inputs_give_the_same_bytes(machine: Machine, dest: Path, tmp_path: Path) -> None:
    made(machine, dest)
    other = Machine()
    old = os.umask(0o077)
    try:
        made(other, tmp_path / "another place")
    finally:
        os.umask(old)
    assert image(tmp_path / "another place") == image(dest)


def test_it_is_built_once(machine: Machine, dest: Path) -> None:
    first = made(machine, dest)
    machine.calls.clear()
    again = made(machine, dest)
    assert (again.changed, again.manifest, again.folder) == (False, first.manifest, first.folder)
    assert machine.programs() == [
        "mksquashfs -version",
        "apt-config dump",
        "apt-get update",
        "apt-cache pkgnames",
        "apt-get -s",
    ]


def test_what_was_compared_a_while_ago_is_not_compared_again(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    stamp = dest / ".qemu-stubdom-linux-bookworm" / "compared"
    for age, asks in ((10, False), (3590, False), (3610, True), (10, False), (-60, True)):
        os.utime(stamp, (time.time() - age, time.time() - age))
        machine.calls.clear()
        assert made(machine, dest, valid=3600).changed is False
        assert machine.asked_archives() is asks, age
    stamp.unlink()
    machine.calls.clear()
    assert (made(machine, dest, valid=3600).changed, machine.asked_archives()) == (False, True)


def test_a_check_does_not_count_as_compared(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    stamp = dest / ".qemu-stubdom-linux-bookworm" / "compared"
    os.utime(stamp, (1, 1))
    assert made(machine, dest, dry=True).changed is False
    assert stamp.stat().st_mtime == 1


@pytest.mark.parametrize(
    "change",
    "package, new package, mount, init, modules, packer, boot file, overlay, overlay mode, overlay link, "
    "image, gone, no manifest, manifest, list".split(", "),
)
def test_what_makes_it_be_built_again(change: str, machine: Machine, dest: Path, tmp_path: Path) -> None:
    (tmp_path / "k").write_text("k", encoding="utf-8")
    own = overlay(tmp_path / "own", {"usr/share/a": "a", "usr/share/b": "-> a"})
    given: dict[str, Any] = {"boot_files": {"/srv/k": str(tmp_path / "k")}, "overlay": [own]}
    made(machine, dest, **given)
    folder = dest / "qemu-stubdom-linux-bookworm"
    if change == "package":
        machine.packages["seabios"]["version"] = "1.17"
    elif change == "new package":
        machine.packages["libz"] = {"version": "1", "files": {}}
    elif change in ("mount", "init"):
        given[f"{change}_script"] = "new\n"
    elif change == "modules":
        given["modules"] = ["dummy"]
    elif change == "packer":
        machine.packer = "mksquashfs version 4.6.1\n"
    elif change == "boot file":
        (tmp_path / "k").write_text("new", encoding="utf-8")
    elif change == "overlay":
        Path(own, "usr/share/a").write_text("new", encoding="utf-8")
    elif change == "overlay mode":
        Path(own, "usr/share/a").chmod(0o755)
    elif change == "overlay link":
        Path(own, "usr/share/b").unlink()
        Path(own, "usr/share/b").symlink_to("c")
    elif change == "image":
        (folder / NAMES[1]).write_bytes(b"damaged")
    elif change == "gone":
        (folder / NAMES[0]).unlink()
    elif change == "no manifest":
        (folder / "manifest.json").unlink()
    elif change == "list":
        (folder / "manifest.json").write_text("[]", encoding="utf-8")
    else:
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    # Packages are the only inputs that the archives have to be asked for.
    again = made(machine, dest, valid=0 if "package" in change else 3600, **given)
    assert again.changed is True
    assert manifest(folder) == again.manifest
    assert made(machine, dest, valid=3600, **given).changed is False


def test_where_an_overlay_lies_is_no_input(machine: Machine, dest: Path, tmp_path: Path) -> None:
    one, two = (overlay(tmp_path / name, {"usr/share/a": "a"}) for name in ("one", "two"))
    assert made(machine, dest, overlay=[one]).changed is True
    assert made(machine, dest, overlay=[two]).changed is False


def test_check_mode_tells_the_sum_and_leaves_the_cache_only(machine: Machine, dest: Path) -> None:
    checked = made(machine, dest, dry=True)
    assert (checked.changed, (dest / "qemu-stubdom-linux-bookworm").exists(), left(dest)) == (
        True,
        False,
        ["apt", "lock"],
    )
    ran = made(machine, dest)
    assert (ran.manifest, ran.folder) == (checked.manifest, checked.folder)


def test_check_mode_leaves_an_older_image(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    before = image(dest)
    checked = made(machine, dest, dry=True, init_script="new")
    assert checked.changed is True
    assert image(dest) == before
    assert checked.manifest["sha256"] != json.loads(before["manifest.json"])["sha256"]


def test_packages_that_are_no_longer_wanted_leave_the_cache(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    archives = dest / ".qemu-stubdom-linux-bookworm" / "apt" / "cache" / "archives"
    assert "seabios_1.16_amd64.deb" in os.listdir(archives)
    machine.packages["seabios"]["version"] = "1:1.17"
    made(machine, dest)
    assert [name for name in os.listdir(archives) if name.startswith("seabios")] == ["seabios_1%3a1.17_amd64.deb"]


# Faults.


def test_all_tools_that_are_missing(machine: Machine, dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def which(name: str, path: str) -> str | None:
        asked.append(path)
        return None if name in ("cpio", "depmod", "modprobe", "mksquashfs") else name

    monkeypatch.setattr(build.shutil, "which", which)
    assert refused(machine, dest) == (
        "the build host has no cpio, depmod, mksquashfs, modprobe. "
        "Remedy: install them (Debian: cpio kmod squashfs-tools)."
    )
    assert all("/usr/sbin" in path.split(":") for path in asked), "kmod is where an ordinary user's PATH does not lead"
    assert not dest.exists()


def test_files_of_the_operator_that_are_missing(machine: Machine, dest: Path) -> None:
    remedy = "of the build host. Remedy: name one that is there."
    assert refused(machine, dest, overlay=["/nonexistent"], boot_files={"/k": "/nonexistent/k"}).splitlines() == [
        f"overlay: /nonexistent is no folder {remedy}",
        f"boot_files: /nonexistent/k is no file {remedy}",
    ]


def test_hostile_names_are_refused_before_anything_is_run(machine: Machine, dest: Path) -> None:
    assert "-oDPkg" in refused(machine, dest, packages=["-oDPkg::Pre-Invoke::=id"])
    assert refused(machine, dest, suite="../../etc").startswith("suite: '../../etc' is no name.")
    assert (machine.calls, dest.exists()) == ([], False)


@pytest.mark.parametrize(
    "fails, words",
    [
        ("apt-get update", "the archives' lists cannot be read: E: no way"),
        ("apt-cache", "apt-cache failed: E: no way"),
        ("apt-get -s", "the packages cannot be chosen: E: no way"),
        ("apt-get --download-only", "the packages cannot be fetched: E: no way"),
        ("dpkg-deb --vextract", "busybox-static cannot be unpacked: E: no way"),
        ("depmod", f"depmod failed for kernel {RELEASE}: E: no way"),
        ("mksquashfs -noappend", "mksquashfs failed: E: no way"),
        ("mksquashfs -version", "mksquashfs does not run: E: no way"),
        ("cpio", "cpio failed: E: no way"),
    ],
)
def test_a_tool_that_fails_leaves_the_old_image(fails: str, words: str, machine: Machine, dest: Path) -> None:
    made(machine, dest)
    before = image(dest)
    machine.fails[fails] = "E: no way\n"
    machine.packages["seabios"]["version"] = "2"
    assert refused(machine, dest).startswith(words)
    assert image(dest) == before
    assert len(left(dest)) == 4, "the unfinished image is gone"
    machine.fails.clear()
    assert made(machine, dest).changed is True


def test_of_apt_s_words_the_errors_come_first(machine: Machine, dest: Path) -> None:
    machine.fails["apt-get update"] = "W: one\nW: two\nW: three\nW: four\nE: the reason\n"
    assert refused(machine, dest).startswith(
        "the archives' lists cannot be read: E: the reason; W: one; W: two; W: three. Remedy:"
    )


def test_a_package_that_apt_has_not_fetched(machine: Machine, dest: Path) -> None:
    machine.skips = {"seabios", "libc6"}
    assert refused(machine, dest).startswith(
        "apt has not fetched libc6_2.36-9_amd64.deb, seabios_1.16_amd64.deb. Remedy:"
    )


def test_all_libraries_that_are_missing(machine: Machine, dest: Path) -> None:
    del machine.packages["libpixman-1-0"]
    machine.packages["xenstore-utils"]["files"]["usr/bin/xenstore"] = elf(
        "libxenstore.so.4,../x86_64-linux-gnu/libc.so.6", loader="/lib/ld.so"
    )
    remedy = "Remedy: name its package in packages, or put it into the overlay's /usr/lib."
    absent = "which no package and no overlay has."
    assert refused(machine, dest).splitlines() == [
        f"/usr/bin/xenstore needs the library ../x86_64-linux-gnu/libc.so.6, {absent} {remedy}",
        f"/usr/bin/xenstore needs the library libxenstore.so.4, {absent} {remedy}",
        "/usr/bin/xenstore needs the loader /lib/ld.so, which no package has. Remedy: add its package.",
        f"/{QEMU} needs the library libpixman-1.so.0, {absent} {remedy}",
    ]


def test_a_library_that_is_a_link_to_nothing_is_missing(machine: Machine, dest: Path) -> None:
    machine.packages["libpixman-1-0"]["files"] = {f"usr/{LIBS}/libpixman-1.so.0": "-> /etc/passwd"}
    assert "needs the library libpixman-1.so.0" in refused(machine, dest), "the link leads to no file of this machine"


def test_all_that_a_kernel_lacks(machine: Machine, dest: Path) -> None:
    files = machine.packages[f"linux-image-{RELEASE}"]["files"]
    files[f"boot/config-{RELEASE}"] = CONFIG.replace("CONFIG_XEN_PV=y", "CONFIG_XEN_PV=n")
    for name in ("xen-gntalloc", "loop"):
        del files[f"lib/modules/{RELEASE}/kernel/{name}.ko"]
    remedy = "Remedy: give another kernel, by kernel_package or overlay."
    assert refused(machine, dest).splitlines() == [
        f"kernel {RELEASE} was built without CONFIG_XEN_PV=y. {remedy}",
        f"kernel {RELEASE} has no module loop, neither built in nor to load. {remedy}",
        f"kernel {RELEASE} has no module xen-gntalloc, neither built in nor to load. {remedy}",
    ]


def test_no_kernel_and_several(machine: Machine, dest: Path) -> None:
    machine.packages["linux-image-2"] = {"version": "2", "files": {"boot/vmlinuz-2": "two"}}
    assert refused(machine, dest) == f"there are several kernels: 2, {RELEASE}. Remedy: choose one by kernel_release."
    assert refused(machine, dest, kernel_release="3") == (
        f"no package and no overlay has the kernel boot/vmlinuz-3; there is: 2, {RELEASE}. "
        "Remedy: set kernel_package or kernel_release."
    )
    assert made(machine, dest, kernel_release=RELEASE).manifest["kernel"] == RELEASE
    del machine.packages["linux-image-2"], machine.packages[f"linux-image-{RELEASE}"]
    assert "boot/vmlinuz-RELEASE; there is: none." in refused(machine, dest)


@pytest.mark.parametrize(
    "needs, lacks",
    [
        ("libc.so.6", "libxenctrl.so.N and libxendevicemodel.so.N"),
        ("libxenctrl.so.4.17,libc.so.6", "libxendevicemodel.so.N"),
    ],
)
def test_a_qemu_without_xen(needs: str, lacks: str, machine: Machine, dest: Path) -> None:
    machine.packages["qemu-system-xen"]["files"][QEMU] = elf(needs, more=ROMS)
    remedy = "Remedy: name one that was, in qemu, or leave qemu out."
    assert refused(machine, dest) == f"/{QEMU} was built without Xen: it does not need {lacks}. {remedy}"


def test_a_qemu_that_is_a_script(machine: Machine, dest: Path) -> None:
    machine.packages["qemu-system-xen"]["files"][QEMU] = "#!/bin/sh\n"
    assert refused(machine, dest).startswith(f"/{QEMU} is no program and no library: readelf: Error: Not an ELF file")


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


def test_no_linuxboot(machine: Machine, dest: Path) -> None:
    del machine.packages["qemu-system-data"]
    assert refused(machine, dest).startswith("linuxboot.bin, without which no guest boots a kernel of the host")


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


def full(*_args: Any, **_options: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_image(machine: Machine, dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(machine, dest)
    before = image(dest)
    # The last is when the image is complete and about to be put in its place.
    for place, name in ((build, "stage"), (build, "write_atomic"), (build_folder.os, "rename"), (build_folder, "link_atomic")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(OSError, match="No space left on device"):
                made(machine, dest, init_script="new")
        assert image(dest) == before
        assert made(machine, dest).changed is False
        assert len(left(dest)) == 4
    assert made(machine, dest, init_script="new").changed is True
    assert image(dest) != before


class Killed(BaseException):
    """What ends a process without its tidying up."""


@pytest.mark.parametrize("where", ["mksquashfs", "rename", "link"])
def test_a_killed_run_is_finished_by_the_next(
    where: str, machine: Machine, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_args: Any, **_options: Any) -> Any:
        raise Killed

    made(machine, dest)
    before = image(dest)
    with monkeypatch.context() as patch:
        # Nothing is tidied up by a process that is no more.
        patch.setattr(build_folder.shutil, "rmtree", lambda *_args, **_options: None)
        if where == "mksquashfs":
            patch.setattr(machine, "_mksquashfs", lambda program, argv: kill() if len(program) > 2 else machine.packer)
        elif where == "rename":
            patch.setattr(build_folder.os, "rename", kill)
        else:
            patch.setattr(build_folder, "link_atomic", kill)
        with pytest.raises(Killed):
            made(machine, dest, init_script="new")
    (dest / ".qemu-stubdom-linux-bookworm.77.tmp").symlink_to("half")
    assert len(left(dest)) > 4, "something is left"
    assert image(dest) == before
    assert made(machine, dest).changed is False, "the old image is whole"
    assert len(left(dest)) == 4
    assert made(machine, dest, init_script="new").changed is True
    assert sorted(path.name for path in dest.iterdir()) == [
        ".qemu-stubdom-linux-bookworm",
        "qemu-stubdom-linux-bookworm",
    ]


def test_a_folder_in_the_image_s_place_is_replaced(machine: Machine, dest: Path) -> None:
    overlay(dest / "qemu-stubdom-linux-bookworm", {"manifest.json": "{}"})
    assert made(machine, dest).changed is True
    assert (dest / "qemu-stubdom-linux-bookworm").is_symlink()
    assert len(left(dest)) == 4


def test_two_runs_do_not_meet(machine: Machine, dest: Path) -> None:
    """The second waits for the first, and finds its image."""
    inside, go_on = threading.Event(), threading.Event()
    answers: list[bool] = []
    packing = machine._mksquashfs

    def slow(program: list[str], argv: list[str]) -> str:
        inside.set()
        assert go_on.wait(10)
        return packing(program, argv)

    machine._mksquashfs = slow  # type: ignore[method-assign]
    first = threading.Thread(target=lambda: answers.append(made(machine, dest).changed))
    first.start()
    assert inside.wait(10)
    other = Machine()
    second = threading.Thread(target=lambda: answers.append(made(other, dest).changed))
    second.start()
    time.sleep(0.2)
    assert (other.calls, answers) == ([], [])
    go_on.set()
    first.join(10)
    second.join(10)
    assert answers == [True, False]


# An operator's own parts.


def test_a_kernel_of_ones_own(machine: Machine, dest: Path, tmp_path: Path) -> None:
    modules = {
        f"lib/modules/9-own/kernel/{name}.ko.zst": "packed" for name in "loop squashfs xen-privcmd xen-gntdev".split()
    }
    names = "xen-evtchn xen-gntalloc xen-blkfront xen-netfront tun bridge".split()
    modules.update({f"lib/modules/9-own/kernel/{name}.builtin": "" for name in names})
    own = overlay(tmp_path / "own", {"boot/vmlinuz-9-own": "own kernel", **modules})
    built = made(machine, dest, overlay=[own], kernel_release="9-own")
    assert image(dest)[NAMES[0]] == b"own kernel"
    assert built.manifest["kernel"] == "9-own"
    assert machine.root["usr/lib/modules/order"] == "644 xen-privcmd.ko unrestricted=1\nxen-gntdev.ko\n"
    assert machine.root["usr/lib/modules/xen-gntdev.ko"] == "644 unpacked by zstd"


def test_without_a_kernel_package(machine: Machine, dest: Path) -> None:
    made(machine, dest, kernel_package="", packages=["libz"])
    install = next(argv for argv in machine.calls if "-s" in argv)
    assert install[install.index("install") + 1 :] == [*apt.ALWAYS, "xen-utils-4.17", "libz"]


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


# The tree.


@pytest.fixture
def unpacked(tmp_path: Path) -> tree.Tree:
    (tmp_path / "tree" / "usr").mkdir(parents=True)
    return tree.Tree(tmp_path / "tree")


def test_no_path_of_a_tree_leads_out_of_it(unpacked: tree.Tree) -> None:
    for link, target in (
        ("etc", "/usr/etc"),
        ("up", "../../../../etc"),
        ("usr/b", "a"),
        ("usr/a", "/usr/../usr/x/./y"),
    ):
        (unpacked.root / link).symlink_to(target)
    found = {
        path: unpacked.name(unpacked.inside(path))
        for path in ("/etc/passwd", "up/passwd", "../../x", "usr/b/z", "/", "")
    }
    assert found == {
        "/etc/passwd": "usr/etc/passwd",
        "up/passwd": "usr/etc/passwd",
        "../../x": "x",
        "usr/b/z": "usr/x/y/z",
        "/": ".",
        "": ".",
    }


def test_links_in_a_circle(unpacked: tree.Tree) -> None:
    (unpacked.root / "a").symlink_to("b")
    (unpacked.root / "b").symlink_to("/a")
    with pytest.raises(OSError, match="Too many levels of symbolic links: 'a/x'"):
        unpacked.inside("a/x")


def test_merging(unpacked: tree.Tree) -> None:
    root = unpacked.root
    overlay(
        root,
        {
            "lib/x/a": "a",
            "usr/lib/x/b": "b",
            "bin/both": "-> /usr/bin/both",
            "usr/bin/both": "both",
            "sbin/other": "other",
            "usr/sbin/other": "-> /bin/other",
            "lib/link": "-> x",
        },
    )
    unpacked.merge()
    unpacked.merge()
    assert {name: os.readlink(root / name) for name in tree.MERGED} == {name: f"usr/{name}" for name in tree.MERGED}
    assert sorted(os.listdir(root / "usr/lib/x")) == ["a", "b"]
    assert (root / "usr/bin/both").read_text() == "both"
    assert (root / "usr/sbin/other").read_text() == "other"
    assert os.readlink(root / "usr/lib/link") == "x"


def test_an_overlay_writes_nowhere_else(unpacked: tree.Tree, tmp_path: Path) -> None:
    """A link of the packages that leads out of the tree, as /var/run to /run, is followed inside the tree."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (unpacked.root / "var").symlink_to(outside)
    (unpacked.root / "usr" / "a").symlink_to(outside / "a")
    unpacked.lay_over(Path(overlay(tmp_path / "own", {"var/x": "x", "usr/a": "a"})))
    assert os.listdir(outside) == []
    assert unpacked.inside("/var/x").read_text() == "x"
    assert (unpacked.root / "usr" / "a").read_text() == "a"
    assert {unpacked.owner(unpacked.inside(path)) for path in ("var/x", "usr/a")} == {"overlay"}


def test_an_overlay_that_replaces_a_folder(unpacked: tree.Tree, tmp_path: Path) -> None:
    (unpacked.root / "usr" / "a").mkdir()
    with pytest.raises(BuildError, match="would replace a folder of the packages"):
        unpacked.lay_over(Path(overlay(tmp_path / "own", {"usr/a": "a"})))


def test_an_overlay_with_a_pipe(unpacked: tree.Tree, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    own = overlay(tmp_path / "own", {"a": "a"})
    os.mkfifo(Path(own, "pipe"))
    with pytest.raises(BuildError, match="is neither a file nor a link"):
        unpacked.lay_over(Path(own))


# apt.


def test_apt_s_own_sources_and_settings(machine: Machine, tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    overlay(
        etc,
        {
            "os-release": "VERSION_CODENAME=bookworm\n",
            "apt/sources.list": "deb http://m/debian bookworm main\n",
            "apt/sources.list.d/a.sources": "Types: deb\nURIs: http://m\nSuites: bookworm-security\n",
            "apt/sources.list.d/b.list": "deb http://n stable main\n",
            "apt/sources.list.d/c.list.save": "deb http://old bookworm main\n",
        },
    )
    folder = tmp_path / "apt"
    overlay(folder, {"etc/sources.list.d/old.list": "deb http://old old main\n"})
    apt.Apt(folder, machine).prepare(options(suite="trixie", sources=[]), etc)
    parts = folder / "etc" / "sources.list.d"
    assert {path.name: path.read_text() for path in parts.iterdir()} == {
        "sources.list.list": "deb http://m/debian trixie main\n",
        "a.sources": "Types: deb\nSuites: trixie-security\nURIs: http://m\n\n",
    }
    conf = (folder / "apt.conf").read_text()
    assert ('Acquire::http::Proxy "http://proxy:3128";' in conf, "Pre-Invoke" in conf) == (True, False)
    assert (folder / "apt.conf").stat().st_mode & 0o777 == 0o600, "a proxy may have a password"


def test_apt_is_told_of_its_folder_each_time(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    conf = f"APT_CONFIG={dest.resolve()}/.qemu-stubdom-linux-bookworm/apt/apt.conf"
    calls = [argv for argv in machine.calls if "apt-get" in argv or "apt-cache" in argv]
    assert len(calls) == 4
    assert all(argv[:2] == ["env", conf] for argv in calls)


# Packing.


def test_a_module_that_is_compressed(tmp_path: Path) -> None:
    module, into = tmp_path / "a.ko.xz", tmp_path / "a.ko"
    module.write_bytes(lzma.compress(b"module"))
    kernel.unpacked(module, into, run)
    assert into.read_bytes() == b"module"
    module.write_bytes(b"damaged")
    with pytest.raises(BuildError, match="a.ko.xz cannot be unpacked: .* Remedy: give a kernel that is whole."):
        kernel.unpacked(module, into, run)


def test_a_module_that_zstd_cannot_unpack(machine: Machine, tmp_path: Path) -> None:
    machine.fails["zstd"] = "zstd: No space left on device"
    with pytest.raises(BuildError, match="a.ko.zst cannot be unpacked: zstd: No space left on device. Remedy:"):
        kernel.unpacked(tmp_path / "a.ko.zst", tmp_path / "a.ko", machine)


def test_a_packer_that_says_nothing_of_itself() -> None:
    with pytest.raises(BuildError, match="mksquashfs does not run: nothing. Remedy: install squashfs-tools."):
        pack.packer(lambda argv: Result(argv, 0, "", ""))


def test_tools_are_found_in_the_folders_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build.run_here(["sh", "-c", "true"]).rc == (0 if shutil.which("sh", path="/usr/sbin:/sbin") else 127)
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho done\n", encoding="utf-8")
    tool.chmod(0o755)
    assert build.run_here(["tool"]).out == "done\n"


@pytest.mark.parametrize("epoch", ["", "12345"])
def test_the_real_packers(epoch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same plan gives the same bytes at another time and with another umask."""
    if build.run_here(["mksquashfs", "-version"]).rc == 127 or run(["cpio", "--version"]).rc != 0:
        pytest.skip("squashfs-tools and cpio are not installed here")
    if epoch:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    packs = []
    for name, mask in (("one", 0o022), ("two", 0o077)):
        made = Plan(("dev",), {})
        made.file("usr/bin/a b", stage.text_of("text"), 0o755)
        made.link("init", "usr/bin/a b")
        folder = tmp_path / name
        (folder / "stage").mkdir(parents=True)
        old = os.umask(mask)
        try:
            stage.stage(made, folder / "stage")
            pack.squashfs(folder / "stage", folder / "root.squashfs", build.run_here)
            pack.initramfs(folder / "stage", folder / "rootfs", build.run_here)
        finally:
            os.umask(old)
        packs.append(((folder / "root.squashfs").read_bytes(), (folder / "rootfs").read_bytes()))
        time.sleep(1.1)
    assert packs[0] == packs[1]
    assert packs[0][0][:4] == b"hsqs"
    members = [part.partition(b"\0")[0] for part in packs[0][1].split(b"070701")[1:]]
    assert [member[104:].decode() for member in members] == [
        "dev",
        "init",
        "usr",
        "usr/bin",
        "usr/bin/a b",
        "TRAILER!!!",
    ]
    # User and group are the third and fourth number, the time the sixth.
    assert {(member[16:24], member[24:32], member[40:48]) for member in members} == {(b"0" * 8,) * 3}


def test_the_role_looks_for_the_same_tools() -> None:
    role = ROOT / "roles" / "build_linux_stubdom"
    tasks = yaml.safe_load((role / "tasks" / "main.yml").read_text(encoding="utf-8"))
    argv = tasks[0]["ansible.builtin.command"]["argv"]
    assert argv[4:] == list(build.TOOLS)
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert set(defaults["build_linux_stubdom_packages_tools"]) == {*build.TOOLS.values(), "debian-archive-keyring"}
