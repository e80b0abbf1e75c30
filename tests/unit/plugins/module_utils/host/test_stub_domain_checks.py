# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the host has what a Linux stub domain is started with. Store and dom0 are folders."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import plan_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.guest_plan import GuestPlan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.stub_domain_checks import StubDomainChecks
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.origin import StoreIndex
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import HostCheck
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm, hvm_guest, told, written

KERNEL, ROOTFS = "qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs"
UNKNOWN = "guest win1: its kernel and ramdisk must lie at the same paths inside the stub domain's image"


class Host:
    """A host whose programs lie below a folder, with an image of a stub domain."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vmlinuz, self.initrd = folder / "vmlinuz", folder / "initrd"
        self.vmlinuz.write_text("kernel of the guest", encoding="utf-8")
        self.initrd.write_text("ramdisk of the guest", encoding="utf-8")
        self.image = self.install({})

    def install(self, manifest: dict[str, Any]) -> image_store.Image:
        sources = {}
        for name in (KERNEL, ROOTFS):
            sources[name] = self.folder / f"{name}.source"
            sources[name].write_text(name, encoding="utf-8")
        sums = [(name, hashlib.sha256(name.encode()).hexdigest()) for name in sources]
        image = image_store.image_of(self.folder / "store", "qemu-stubdom-linux", sums)
        image_install.install(image, sources, manifest)
        return image

    def path(self, name: str) -> str:
        return f"{self.image.folder}/{name}"

    def held(self, *paths: Path) -> dict[str, Any]:
        return {"boot_files": {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}}

    def direct(self, **changes: Any) -> Guest:
        boot = {"method": "direct", "kernel": str(self.vmlinuz), "ramdisk": str(self.initrd), **changes}
        return hvm_guest(boot=boot)

    def checks(self, **given: Any) -> StubDomainChecks:
        return StubDomainChecks(StoreIndex(self.folder / "store"), **given)

    def wanted(self, guest: Guest) -> list[HostCheck]:
        """What the scheme wants to be checked."""
        where = facts(images={name: self.path(name) for name in (KERNEL, ROOTFS)})
        return written(guest, where, "linux").checks

    def check(self, guest: Guest, **given: Any) -> list[Problem]:
        return self.checks(**given).run(guest, self.wanted(guest))[0]

    def notes(self, guest: Guest) -> list[str]:
        return self.checks().run(guest, self.wanted(guest))[1]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


# -- kernel and root file system --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, key", [(KERNEL, "device_model.kernel"), (ROOTFS, "device_model.ramdisk")])
@pytest.mark.parametrize(
    "fault, reason",
    [
        ("gone", "cannot be read: No such file or directory"),
        ("empty", "is empty"),
        ("folder", "is not a regular file"),
        ("pipe", "is not a regular file"),
        ("changed", "is not the image that was installed"),
    ],
)
def test_files_of_the_store(name: str, key: str, fault: str, reason: str, host: Host) -> None:
    path = Path(host.path(name))
    path.unlink()
    if fault == "empty":
        path.touch()
    elif fault == "folder":
        path.mkdir()
    elif fault == "pipe":
        os.mkfifo(path)
    elif fault == "changed":
        path.write_text("x", encoding="utf-8")
    assert told(host.check(hvm_guest())) == [("win1", key, str(path), reason, "install the image again")]


def test_an_own_file_is_not_told_twice(host: Host) -> None:
    """host/checks.py reports one that the host does not have."""
    model = {"scheme": "linux", "kernel": f"{host.folder}/none", "ramdisk": str(host.folder)}
    assert host.check(hvm_guest(device_model=model)) == []
    (host.folder / "none").touch()
    assert told(host.check(hvm_guest(device_model=model))) == [
        ("win1", "device_model.kernel", f"{host.folder}/none", "is empty", "copy the file to the host again")
    ]


def test_an_own_file_that_nobody_installed_is_not_compared(host: Host) -> None:
    model = {"scheme": "linux", "kernel": str(host.vmlinuz), "ramdisk": str(host.initrd)}
    assert host.check(hvm_guest(device_model=model)) == []


def test_a_file_that_is_to_come(host: Host) -> None:
    Path(host.path(KERNEL)).unlink()
    assert host.check(hvm_guest(), coming=[host.path(KERNEL)]) == []
    assert len(host.check(hvm_guest(), coming=[host.path(ROOTFS)])) == 1
    # One that is there already is looked at.
    Path(host.path(ROOTFS)).write_text("x", encoding="utf-8")
    given = {"coming": [host.path(KERNEL), host.path(ROOTFS)]}
    assert [problem.reason for problem in host.check(hvm_guest(), **given)] == ["is not the image that was installed"]


def test_a_file_is_read_once_for_all_guests(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    sha256_of = image_store.sha256_of
    monkeypatch.setattr(image_store, "sha256_of", lambda path: [asked.append(path.name), sha256_of(path)][1])
    checks = host.checks()
    for name in "abc":
        made = hvm_guest(name)
        assert checks.run(made, host.wanted(made)) == ([], [])
    assert asked == [KERNEL, ROOTFS]


def test_everything_is_told_at_once(host: Host) -> None:
    for path in (Path(host.path(KERNEL)), Path(host.path(ROOTFS))):
        path.unlink()
    assert [problem.key for problem in host.check(hvm_guest())] == ["device_model.kernel", "device_model.ramdisk"]


# -- a direct boot ----------------------------------------------------------------------------------------------------


def test_an_image_that_does_not_tell_what_it_holds(host: Host) -> None:
    for manifest in ({}, {"boot_files": None}, {"boot_files": ["/boot/vmlinuz"]}, {"boot_files": "x"}):
        host.image = host.install(manifest)
        assert host.check(host.direct()) == []
        assert host.notes(host.direct()) == [UNKNOWN]


def test_an_image_that_holds_the_guest_s_files(host: Host) -> None:
    host.image = host.install(host.held(host.vmlinuz, host.initrd))
    for made in (host.direct(), host.direct(ramdisk=None)):
        assert host.check(made) == []
        assert host.notes(made) == []
    # Who boots from a disk needs none of them.
    assert host.notes(hvm_guest()) == []


def test_an_image_that_lacks_the_guest_s_files(host: Host) -> None:
    reason = "the stub domain's image does not hold it: QEMU reads it there"
    remedy = "add it to build_linux_stubdom_boot_files and build again"
    kernel = ("win1", "boot.kernel", str(host.vmlinuz), reason, remedy)
    ramdisk = ("win1", "boot.ramdisk", str(host.initrd), reason, remedy)
    for held, lacks in (([], [kernel, ramdisk]), ([host.vmlinuz], [ramdisk]), ([host.initrd], [kernel])):
        host.image = host.install(host.held(*held))
        assert told(host.check(host.direct())) == lacks
        assert host.notes(host.direct()) == [UNKNOWN]
        assert host.check(hvm_guest()) == []


def test_an_image_that_holds_another_version_of_them(host: Host) -> None:
    host.image = host.install(host.held(host.vmlinuz, host.initrd))
    host.initrd.write_text("newer", encoding="utf-8")
    reason = "the stub domain's image holds another version of it: QEMU reads it there"
    assert told(host.check(host.direct())) == [
        ("win1", "boot.ramdisk", str(host.initrd), reason, "build the image again, from this file")
    ]


def test_a_file_of_a_guest_that_does_not_exist_is_reported_by_the_other_checks(host: Host) -> None:
    host.image = host.install(host.held())
    host.vmlinuz.unlink()
    assert [problem.key for problem in host.check(host.direct())] == ["boot.ramdisk"]


def test_an_own_root_file_system_tells_nothing(host: Host) -> None:
    host.image = host.install(host.held())
    model = {"scheme": "linux", "kernel": str(host.vmlinuz), "ramdisk": str(host.initrd)}
    boot = {"method": "direct", "kernel": str(host.vmlinuz)}
    assert host.check(hvm_guest(boot=boot, device_model=model)) == []


# -- as guest_config uses them ----------------------------------------------------------------------------------------


def planned(host: Host, **changes: Any) -> GuestPlan:
    config = host.folder / "xen"
    config.mkdir(exist_ok=True)
    where = facts(images={name: host.path(name) for name in (KERNEL, ROOTFS)})
    place = plan_guests.HostContext(config, config / "auto", where, "linux", host.checks())
    return plan_guests.plan_guests(read_guests([hvm(**changes)]), place)[0][0]


def test_the_scheme_s_note_is_kept_until_the_manifest_tells(host: Host) -> None:
    boot = {"method": "direct", "kernel": str(host.vmlinuz)}
    assert planned(host, boot=boot).notes == [UNKNOWN]
    host.image = host.install(host.held(host.vmlinuz))
    proven = planned(host, boot=boot)
    assert (proven.notes, proven.problems) == ([], [])
    host.image = host.install(host.held(host.initrd))
    assert len(planned(host, boot=boot).problems) == 1


def test_other_schemes_and_guests_that_go_are_not_checked(host: Host) -> None:
    Path(host.path(KERNEL)).write_text("x", encoding="utf-8")
    assert len(planned(host).problems) == 1
    assert planned(host, device_model={"scheme": "dom0"}).problems == []
    assert planned(host, state="absent").problems == []


def test_all_problems_of_a_guest_are_told(host: Host) -> None:
    Path(host.path(KERNEL)).write_text("x", encoding="utf-8")
    found = planned(host, disks=[{"target": "/nonexistent", "vdev": "hda"}])
    assert [problem.key for problem in found.problems] == ["disks[0].target", "device_model.kernel"]
    assert planned(host, display={"type": "vnc"}).problems[0].key == "display.type"
