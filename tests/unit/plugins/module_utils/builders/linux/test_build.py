# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building a Linux stub domain's image, with a fake for all tools."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest
from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    NAMES,
    image,
    left,
    made,
    overlay,
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    LIBS,
    RELEASE,
    Machine,
    elf,
)


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


def test_an_image_that_was_compared_recently_is_not_compared_again(machine: Machine, dest: Path) -> None:
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
def test_changes_after_which_it_is_built_again(change: str, machine: Machine, dest: Path, tmp_path: Path) -> None:
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


def test_check_mode_returns_the_sum_and_leaves_only_the_cache(machine: Machine, dest: Path) -> None:
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


def test_hostile_names_are_refused_before_anything_is_run(machine: Machine, dest: Path) -> None:
    assert "-oDPkg" in refused(machine, dest, packages=["-oDPkg::Pre-Invoke::=id"])
    assert refused(machine, dest, suite="../../etc").startswith("suite: '../../etc' is not a name.")
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
