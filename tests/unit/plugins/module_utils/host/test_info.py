# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a host: its domains, and the facts that schemes are chosen by. The host is a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import info as hostinfo
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.facts import read_facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import xen_folders
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import BootFiles, HostState
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain, host_state

KERNEL, ROOTFS, MINIOS = "qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs", "ioemu-stubdom.gz"
# As Xen wrote it, in 3.3.0-rc3 to 3.4.0-rc2 and from then on.
WANTS_A_FILE = 'creation="xm create -c $domname-dm target=$domid memory=32 extra=\\"$extra\\""\n'
WRITES_ONE = 'creation="xm create -c /etc/xen/stubdoms/$domname-dm target=$domid memory=32"\n'


class OneHost(FakeToolstack):
    """A host that says of itself what a test wants."""

    state = host_state()

    def info(self) -> HostState:
        return self.state


def install(store: Path, name: str, content: bytes) -> str:
    """Puts an image into the store; the last one is the current one."""
    store.mkdir(exist_ok=True)
    source = store.parent / "source"
    source.write_bytes(content)
    image = image_store.image_of(store, name, [(f"{name}.bin", hashlib.sha256(content).hexdigest())])
    image_install.install(image, {f"{name}.bin": source}, {})
    return image.path


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def look(root: Path, release: Any = (4, 17), toolstack: str = "xl", **announced: str) -> Facts:
    state = host_state(release=release, toolstack=toolstack)
    return read_facts(state, root / "store", announced, root)


def test_what_this_run_puts_into_xen_s_own_folders(tmp_path: Path) -> None:
    """In check mode it is not there yet. The first of Xen's folders counts, whoever puts something there."""
    coming = {"/usr/lib/xen/bin/stubdom-dm": "", f"/usr/lib/xen/boot/{MINIOS}": None}
    state = host_state(release=(3, 4), toolstack="xm")
    found = read_facts(state, tmp_path / "store", {}, tmp_path, coming)
    assert (found.stubdom_dm, found.dm_config) == ("/usr/lib/xen/bin/stubdom-dm", "")
    assert found.own == found.images == {MINIOS: f"/usr/lib/xen/boot/{MINIOS}"}
    touch(tmp_path, "usr/lib/xen-3.4/bin/stubdom-dm", f"usr/lib/xen-3.4/boot/{MINIOS}")
    found = read_facts(state, tmp_path / "store", {}, tmp_path, coming)
    assert (found.stubdom_dm, found.dm_config) == ("/usr/lib/xen-3.4/bin/stubdom-dm", None)
    assert found.own == {MINIOS: f"/usr/lib/xen-3.4/boot/{MINIOS}"}


def test_where_hvmloader_is(tmp_path: Path) -> None:
    assert xen_folders.firmware((4, 8), tmp_path) == ""
    touch(tmp_path, "usr/local/lib/xen/boot/hvmloader", "usr/lib/xen-4.8/boot/mine")
    assert xen_folders.firmware((4, 8), tmp_path) == "/usr/local/lib/xen/boot"
    touch(tmp_path, "usr/lib/xen-4.8/boot/hvmloader")
    assert xen_folders.firmware((4, 8), tmp_path) == "/usr/lib/xen-4.8/boot"


def test_collect(tmp_path: Path) -> None:
    touch(tmp_path, f"usr/lib/xen-4.17/boot/{MINIOS}", "usr/lib/xen-4.17/boot/hvmloader", "usr/lib/xen-4.17/boot/mine")
    (tmp_path / "usr/lib/xen/boot").mkdir(parents=True)
    toolstack = OneHost(
        domain("Domain-0", 0), domain("web1", 3), domain("web1-dm", 4, memory=32), domain("own-dm", 5, "--p---")
    )
    toolstack.targets = {4: 3}
    found = hostinfo.collect(toolstack, tmp_path / "store", tmp_path)
    assert found["xen"]["release"] == "4.17"
    assert found["xen"]["version"] == "4.17.5"
    assert found["directories"] == ["/usr/lib/xen-4.17/boot", "/usr/lib/xen/boot"]
    assert found["xen_images"] == [f"/usr/lib/xen-4.17/boot/{name}" for name in ("hvmloader", MINIOS)]
    assert found["images"] == []
    assert (found["fs_backend"]["wanted"], found["fs_backend"]["required"]) == (False, False)
    assert found["schemes"] == ["minios"]
    rows = [(one["name"], one["state"], one["stub_domain"], one["serves"]) for one in found["domains"]]
    assert rows == [("web1", "running", "web1-dm", None), ("web1-dm", "running", "", 3), ("own-dm", "paused", "", None)]
    json.dumps(found)


def test_device_models_and_images_of_the_domains(tmp_path: Path) -> None:
    """Three HVM guests, one of them served from dom0, a PV guest that an image boots, and one that none does."""
    old, new = install(tmp_path / "store", MINIOS, b"old"), install(tmp_path / "store", MINIOS, b"new")
    grub = install(tmp_path / "store", "pvgrub2-x86_64", b"grub")
    toolstack = OneHost(
        domain("Domain-0", 0), domain("a", 1), domain("a-dm", 2), domain("b", 3), domain("b-dm", 4),
        domain("c", 5), domain("web1", 6), domain("db1", 7),
    )  # fmt: skip
    toolstack.targets = {2: 1, 4: 3}
    toolstack.files = {
        2: BootFiles(old), 4: BootFiles(new, "/srv/rootfs"), 6: BootFiles(grub), 7: BootFiles("/boot/vmlinuz"),
    }  # fmt: skip
    (tmp_path / "proc" / "40").mkdir(parents=True)
    (tmp_path / "proc" / "40" / "cmdline").write_bytes(b"qemu-system-i386\0-xen-domid\x005\0-machine\0xenfv\0")
    # It serves the consoles of a stub domain, and is nobody's device model.
    (tmp_path / "proc" / "41").mkdir()
    (tmp_path / "proc" / "41" / "cmdline").write_bytes(b"qemu-system-i386\0-xen-domid\x002\0-machine\0xenpv\0")
    found = hostinfo.collect(toolstack, tmp_path / "store", tmp_path)["domains"]
    a_image = f"{MINIOS} {hashlib.sha256(b'old').hexdigest()[:8]}"
    grub_image = f"pvgrub2-x86_64 {hashlib.sha256(b'grub').hexdigest()[:8]}"
    assert [one["name"] for one in found if one["stale"]] == ["a", "a-dm"]
    assert [(one["name"], one["device_model"], one["stub_domain"], one["image"]) for one in found] == [
        ("a", "stub domain", "a-dm", a_image),
        ("a-dm", "", "", a_image),
        # One of its two files is nobody's.
        ("b", "stub domain", "b-dm", ""),
        ("b-dm", "", "", ""),
        ("c", "dom0", "", ""),
        ("web1", "", "", grub_image),
        ("db1", "", "", ""),
    ]
    assert toolstack.asked == ["a-dm", "b-dm", "web1", "db1"], "each once, and no guest that has a device model"


def test_dom0_alone_is_asked_for_nothing(tmp_path: Path) -> None:
    toolstack = OneHost(domain("Domain-0", 0))
    assert hostinfo.collect(toolstack, tmp_path / "store", tmp_path)["domains"] == []
    assert toolstack.asked == []


@pytest.mark.parametrize(
    "release, files, schemes",
    [
        ((4, 17), [], []),
        ((4, 17), [MINIOS], ["minios"]),
        ((4, 17), [KERNEL], []),
        ((4, 17), [KERNEL, ROOTFS], ["linux"]),
        ((4, 17), [KERNEL, ROOTFS, MINIOS], ["linux", "minios"]),
        ((4, 21), [KERNEL, ROOTFS, MINIOS], ["linux"]),
        ((4, 13), [KERNEL, ROOTFS, MINIOS], ["minios"]),
        ((4, 1), [KERNEL, ROOTFS, MINIOS], []),
    ],
)
def test_schemes_that_the_host_can_run(release: Any, files: Any, schemes: Any, tmp_path: Path) -> None:
    touch(tmp_path, *[f"usr/lib/xen/boot/{name}" for name in files])
    toolstack = OneHost(domain("Domain-0", 0))
    toolstack.state = host_state(release=release)
    assert hostinfo.collect(toolstack, tmp_path / "store", tmp_path)["schemes"] == schemes


def test_an_image_of_the_store_counts_for_a_scheme(tmp_path: Path) -> None:
    for name in (KERNEL, ROOTFS):
        install(tmp_path / "store", name, b"x")
    assert hostinfo.collect(OneHost(domain("Domain-0", 0)), tmp_path / "store", tmp_path)["schemes"] == ["linux"]


def test_files_of_one_image_count_for_a_scheme_before_images_of_their_names(tmp_path: Path) -> None:
    store = tmp_path / "store"
    alone = install(store, KERNEL, b"x")
    assert look(tmp_path).images == {KERNEL: alone}
    sums = []
    for name in (KERNEL, ROOTFS):
        (tmp_path / name).write_bytes(name.encode())
        sums.append((name, hashlib.sha256(name.encode()).hexdigest()))
    image = image_store.image_of(store, "qemu-stubdom-linux", sums)
    image_install.install(image, {name: tmp_path / name for name, _sum in sums}, {})
    assert look(tmp_path).images == {name: f"{image.folder}/{name}" for name in (KERNEL, ROOTFS)}
    assert hostinfo.collect(OneHost(domain("Domain-0", 0)), store, tmp_path)["schemes"] == ["linux"]


@pytest.mark.parametrize("release, folder", [((4, 17), "/usr/lib/xen-4.17"), ((4, 20), "/usr/lib/xen-4.20")])
def test_debian_s_folder_carries_the_release(release: Any, folder: str, tmp_path: Path) -> None:
    touch(tmp_path, *[f"usr/lib/xen-{name}/boot/{MINIOS}" for name in ("4.17", "4.20")])
    assert look(tmp_path, release).images == {MINIOS: f"{folder}/boot/{MINIOS}"}


def test_nothing_is_there(tmp_path: Path) -> None:
    assert look(tmp_path) == Facts((4, 17), "xl", {}, stubdom_dm="", dm_config="")


def test_of_several_images_the_nearest_counts(tmp_path: Path) -> None:
    """The announced one, then the store's current one, then that of the first folder."""
    touch(tmp_path, *[f"usr/{folder}/boot/{MINIOS}" for folder in ("libexec/xen", "local/lib/xen", "lib/xen")])
    assert look(tmp_path).images == {MINIOS: f"/usr/lib/xen/boot/{MINIOS}"}
    install(tmp_path / "store", MINIOS, b"old")
    current = install(tmp_path / "store", MINIOS, b"new")
    assert look(tmp_path).images == {MINIOS: current}
    more = {MINIOS: "/announced", "pvgrub2-pvh": "/other"}
    assert look(tmp_path, **more).images == more


def test_what_is_no_image_is_none(tmp_path: Path) -> None:
    (tmp_path / f"usr/lib/xen/boot/{MINIOS}").mkdir(parents=True)
    touch(tmp_path, "usr/lib/xen/boot/vmlinuz", f"store/{MINIOS}/current/manifest.json")
    assert look(tmp_path).images == {}


@pytest.mark.parametrize(
    "script, dm_config",
    [
        (WANTS_A_FILE, "{}-dm"),
        (WANTS_A_FILE.replace("$domname-dm", "stubdom-$domname"), "stubdom-{}"),
        (WANTS_A_FILE.replace("$domname-dm", '"${domname}-dm"'), "{}-dm"),
        (WANTS_A_FILE.replace("$domname-dm", "$other"), None),
        (WRITES_ONE, ""),
        ("", None),
        ("\udcff\n", None),
    ],
)
def test_stubdom_dm_is_found_and_read(script: str, dm_config: Any, tmp_path: Path) -> None:
    touch(tmp_path, "usr/lib/xen/bin/stubdom-dm", "usr/libexec/xen/bin/stubdom-dm")
    (tmp_path / "usr/lib/xen/bin/stubdom-dm").write_bytes(script.encode("utf-8", "surrogateescape"))
    found = look(tmp_path, (3, 3), "xm")
    assert (found.stubdom_dm, found.dm_config) == ("/usr/lib/xen/bin/stubdom-dm", dm_config)


def test_a_folder_without_stubdom_dm_hides_none(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/xen/bin/stubdom-dm").mkdir(parents=True)
    touch(tmp_path, "usr/libexec/xen/bin/stubdom-dm")
    assert look(tmp_path, (3, 3), "xm").stubdom_dm == "/usr/libexec/xen/bin/stubdom-dm"
