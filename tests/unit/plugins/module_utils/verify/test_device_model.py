# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is proven of an HVM guest's stub domain: that it runs, and what it was booted from. The store is a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.device_models import ObservedDeviceModel
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.origin import StoreIndex
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import BootFiles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify import device_model
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify.device_model import DeviceModelVerifier
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify.evidence import Evidence
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain, hvm_guest, told

NAME, KERNEL, ROOTFS = "qemu-stubdom-linux", "qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs"
READ = "read /var/log/xen/qemu-dm-win1.log, then restart the guest"
SEE = "find out who started it, then restart it"
AGAIN = "install the image again, then find out who changed it"


def install(store: Path, name: str, **contents: str) -> image_store.Image:
    """An image whose files are named by the keys, with - for _; the last one installed is the current one."""
    store.mkdir(exist_ok=True)
    sources = {}
    for key, text in contents.items():
        source = store.parent / key.replace("_", "-")
        source.write_text(text, encoding="utf-8")
        sources[source.name] = source
    sums = [(file, hashlib.sha256(path.read_bytes()).hexdigest()) for file, path in sources.items()]
    image = image_store.image_of(store, name, sums)
    image_install.install(image, sources, {})
    return image


def linux(store: Path, version: str) -> image_store.Image:
    contents = {"qemu_stubdom_linux_kernel": f"kernel {version}", "qemu_stubdom_linux_rootfs": f"rootfs {version}"}
    return install(store, NAME, **contents)


def files_of(image: image_store.Image) -> BootFiles:
    return BootFiles(f"{image.folder}/{KERNEL}", f"{image.folder}/{ROOTFS}")


def verified(
    store: Path, files: BootFiles, restart_needed: bool = False, state: str = "-b----", lost: Any = None, **model: Any
) -> Evidence:
    """Return the evidence of win1, domain 7, whose stub domain is 8 unless it is lost."""
    toolstack = FakeToolstack()
    toolstack.given = {7: lost} if lost else {}
    stub = None if lost else domain("win1-dm", 8, state)
    evidence = Evidence("win1", state="running")
    guest = hvm_guest(device_model={"scheme": "linux", **model})
    verifier = DeviceModelVerifier(toolstack, StoreIndex(store), "auto")
    verifier.verify(guest, evidence, domain("win1", 7), ObservedDeviceModel(False, stub, files), restart_needed)
    return evidence


def problems_of(evidence: Evidence) -> list[tuple[str, str]]:
    assert {one[:3] for one in told(evidence.problems)} <= {("win1", "state", "running")}
    return [one[3:] for one in told(evidence.problems)]


def test_the_installed_image_is_named(tmp_path: Path) -> None:
    image = linux(tmp_path / "store", "1")
    evidence = verified(tmp_path / "store", files_of(image))
    assert (evidence.image, evidence.stale, evidence.notes, problems_of(evidence)) == (
        f"{NAME} {image.version[:8]}", False, [], [],
    )  # fmt: skip


def test_an_older_image_is_a_note(tmp_path: Path) -> None:
    old = linux(tmp_path / "store", "1")
    linux(tmp_path / "store", "2")
    evidence = verified(tmp_path / "store", files_of(old))
    assert (evidence.image, evidence.stale, problems_of(evidence)) == (f"{NAME} {old.version[:8]}", True, [])
    assert evidence.notes == [f"guest win1: its stub domain was booted from an older {NAME} than the installed one"]


def test_two_versions_of_one_image(tmp_path: Path) -> None:
    old, new = linux(tmp_path / "store", "1"), linux(tmp_path / "store", "2")
    mixed = BootFiles(files_of(old).kernel, files_of(new).ramdisk)
    evidence = verified(tmp_path / "store", mixed)
    reason = f"its stub domain was booted from two versions of one image: {mixed.kernel} and {mixed.ramdisk}"
    assert problems_of(evidence) == [(reason, SEE)]
    assert (evidence.image, evidence.stale) == (f"{NAME} {old.version[:8]}, {NAME} {new.version[:8]}", True)
    # Where the definition says so, it is as defined; and a restart will tell.
    assert problems_of(verified(tmp_path / "store", mixed, kernel=mixed.kernel)) == []
    assert problems_of(verified(tmp_path / "store", mixed, restart_needed=True)) == []


def test_two_images_of_one_file_each(tmp_path: Path) -> None:
    store = tmp_path / "store"
    kernel, rootfs = install(store, KERNEL, kernel="k"), install(store, ROOTFS, rootfs="r")
    evidence = verified(store, BootFiles(kernel.path, rootfs.path))
    assert (evidence.image, problems_of(evidence)) == (f"{KERNEL} {kernel.version[:8]}, {ROOTFS} {rootfs.version[:8]}", [])


@pytest.mark.parametrize("changed", [[KERNEL], [ROOTFS], [KERNEL, ROOTFS]])
@pytest.mark.parametrize("restart_needed", [False, True])
def test_each_file_has_to_be_what_was_installed(restart_needed: bool, changed: list[str], tmp_path: Path) -> None:
    image = linux(tmp_path / "store", "1")
    for name in changed:
        Path(image.folder, name).write_text("evil", encoding="utf-8")
    evidence = verified(tmp_path / "store", files_of(image), restart_needed)
    paths = [f"{image.folder}/{name}" for name in changed]
    assert problems_of(evidence) == [(f"{path} is not the image that was installed", AGAIN) for path in paths]
    assert evidence.image == f"{NAME} {image.version[:8]}"


@pytest.mark.parametrize(
    "folder, right",
    [
        ("/usr/lib/xen-4.17/boot", True),
        ("/usr/lib/xen/boot", True),
        ("/usr/local/lib/xen/boot", True),
        ("/usr/libexec/xen/boot", True),
        ("/usr/lib/xen-4.17/boot/old", False),
        ("/usr/lib/xen-evil/boot", False),
        ("/tmp/usr/lib/xen/boot", False),
        ("/var/lib/xenfleet/images/qemu-stubdom-linux/0123456789abcdef", False),
    ],
)
def test_files_that_the_store_has_not(folder: str, right: bool, tmp_path: Path) -> None:
    files = BootFiles(f"{folder}/{KERNEL}", f"{folder}/{ROOTFS}")
    evidence = verified(tmp_path / "store", files)
    paths = (files.kernel, files.ramdisk)
    wrong = [f"its stub domain was booted from {path}, not from an installed image" for path in paths]
    assert problems_of(evidence) == ([] if right else [(reason, SEE) for reason in wrong])
    assert (evidence.image, evidence.stale, evidence.notes) == ("", False, [])
    assert problems_of(verified(tmp_path / "store", files, restart_needed=True)) == []


def test_files_that_the_definition_names(tmp_path: Path) -> None:
    image = linux(tmp_path / "store", "1")
    files = BootFiles("/srv/vmlinuz", files_of(image).ramdisk)
    evidence = verified(tmp_path / "store", files, kernel="/srv/vmlinuz")
    # Half of it is no installed image, so that none is shown.
    assert (problems_of(evidence), evidence.image) == ([], "")
    other = verified(tmp_path / "store", files, kernel="/srv/other")
    assert problems_of(other) == [("its stub domain was booted from /srv/vmlinuz, not from /srv/other", SEE)]
    assert problems_of(verified(tmp_path / "store", files, restart_needed=True, kernel="/srv/other")) == []


def test_files_that_the_toolstack_does_not_name(tmp_path: Path) -> None:
    evidence = verified(tmp_path / "store", BootFiles())
    assert (problems_of(evidence), evidence.image) == ([], "")
    assert evidence.notes == ["guest win1: the toolstack does not name the files that its stub domain was booted from"]


@pytest.mark.parametrize("restart_needed", [False, True])
@pytest.mark.parametrize(
    "letters, word", [("---sc-", "crashed"), ("---s--", "shutdown"), ("--p---", "paused"), ("-----d", "dying")]
)
def test_a_stub_domain_that_does_not_run(letters: str, word: str, restart_needed: bool, tmp_path: Path) -> None:
    image = linux(tmp_path / "store", "1")
    evidence = verified(tmp_path / "store", files_of(image), restart_needed, letters)
    assert problems_of(evidence) == [(f"its stub domain win1-dm is {word}", READ)]
    assert evidence.image == f"{NAME} {image.version[:8]}"


@pytest.mark.parametrize("restart_needed", [False, True])
@pytest.mark.parametrize("scheme", ["linux", "minios", "auto", "dom0"])
def test_a_stub_domain_that_has_vanished(scheme: str, restart_needed: bool, tmp_path: Path) -> None:
    evidence = verified(tmp_path / "store", BootFiles(), restart_needed, lost=8, scheme=scheme)
    assert problems_of(evidence) == [("its stub domain, which was domain 8, is gone, and its device model with it", READ)]
    assert (evidence.image, evidence.notes) == ("", [])


def test_a_stub_domain_that_has_vanished_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_model, "LOG_DIR", str(tmp_path))
    (tmp_path / "qemu-dm-win1-dm.log").write_text("Could not read keymap file: '/k/en-us'\n", encoding="utf-8")
    evidence = verified(tmp_path / "store", BootFiles(), False, lost=8)
    assert [reason.rpartition("; ")[2] for reason, _remedy in problems_of(evidence)] == [
        f"{tmp_path}/qemu-dm-win1-dm.log has: Could not read keymap file: '/k/en-us'"
    ]
