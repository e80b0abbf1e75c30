# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts that dom0 needs for mini-OS stub domains, on a host with Debian's Xen: from the store to the places where its
libxl looks, through an upgrade of the package and a rollback, and away again."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import Any, Callable

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import facts as host_facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import libxl_paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import minios_install, placed, retention
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal import scan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.firmware import MARKS
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import BOOT, DEBIAN, XL, Dom0
from api import FakeXen

LOADER, QEMU = f"{BOOT}/hvmloader", "/usr/lib/xen-4.17/bin/qemu-dm"
KEYMAPS = "/usr/local/share/xen/qemu/keymaps"
DEBIANS = MARKS["seabios"] + MARKS["ovmf"]
OURS = DEBIANS + MARKS["rombios"]
WIN1 = {"name": "win1", "type": "hvm", "memory": 128, "device_model": {"scheme": "minios"}}


@pytest.fixture
def dom0(modules: Any, monkeypatch: pytest.MonkeyPatch) -> Dom0:
    """Debian's Xen 4.17: a hvmloader without ROM BIOS, no qemu-dm, no keymaps; and an image of a stub domain."""
    fake = FakeXen(modules.folder / "host", ["xl"])
    fake.setup(free_memory=4096)
    for key, value in fake.env().items():
        monkeypatch.setenv(key, value)
    made = Dom0(modules.folder / "dom0")
    made.library(DEBIAN)
    made.file(LOADER, DEBIANS)
    made.file(f"{BOOT}/ioemu-stubdom.gz", "image")
    made.remove(QEMU)
    read = host_facts.read_facts
    monkeypatch.setattr(host_facts, "read_facts", lambda *given, **more: read(*given[:3], made.root, **more))
    monkeypatch.setattr(libxl_paths, "which", lambda _name: XL)
    monkeypatch.setattr(retention, "_PLACES", ())
    monkeypatch.setattr(retention, "CONFIG_DIR", "/nonexistent/xen")
    monkeypatch.setattr(exports, "ROOT", str(modules.folder / "exports"))
    monkeypatch.setattr(scan, "HOME", str(modules.folder / "home"))
    return made


def image(modules: Any, check: bool = False, **programs: bytes) -> dict[str, Any]:
    """Install the image into the store, as the role does."""
    answer: dict[str, Any] = modules.run("image", check=check, **given(modules, **programs))["image"]
    return answer


def given(modules: Any, qemu: bytes = b"\x7fELF qemu", loader: bytes = OURS) -> dict[str, Any]:
    """The options that install an image of these programs."""
    maps = {"common": b"common", "de": b"map de"}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as made:
        for name, content in maps.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
    installed = {
        "qemu-dm": {"path": "/usr/local/lib/xen/bin/qemu-dm", "mode": "0755"},
        "hvmloader": {
            "path": "/usr/local/lib/xen/boot/hvmloader",
            "mode": "0644",
            "firmware": [name for name, mark in MARKS.items() if mark in loader],
        },
        "keymaps.tar": {
            "path": f"{KEYMAPS}.tar",
            "mode": "0644",
            "members": {name: hashlib.sha256(content).hexdigest() for name, content in maps.items()},
        },
    }
    folder = modules.folder / "built"
    folder.mkdir(exist_ok=True)
    files = []
    for name, content in {"qemu-dm": qemu, "hvmloader": loader, "keymaps.tar": archive.getvalue()}.items():
        (folder / name).write_bytes(content)
        files.append({"file": name, "sha256": hashlib.sha256(content).hexdigest()})
    return {"name": "host-tools", "src": str(folder), "files": files, "remote_src": True, "manifest": {"installed": installed}}


def place(modules: Any, *images: Any, check: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = modules.run(
        "minios_stubdom_install", check=check, images=list(images), store=str(modules.folder / "store")
    )
    return answer


def problems(modules: Any, **options: Any) -> list[str]:
    guest = modules.run("guest_config", guests=[WIN1], **options)["guests"][0]
    return [str(problem["reason"]) for problem in guest["problems"]]


def files(dom0: Dom0) -> dict[str, bytes]:
    folders = ("usr/lib/xen-4.17", "usr/local")
    found = [path for folder in folders for path in sorted((dom0.root / folder).rglob("*")) if path.is_file()]
    return {f"/{path.relative_to(dom0.root)}": path.read_bytes() for path in found}


def test_a_host_is_made_able(modules: Any, dom0: Dom0) -> None:
    before = files(dom0)
    assert sorted(reason.split(":")[0] for reason in problems(modules)) == [
        "dom0 has no QEMU where libxl looks for it, and nothing else serves the consoles of a stub domain",
        "the host's hvmloader contains no rombios, with which this guest boots",
    ]
    coming = place(modules, image(modules, check=True), check=True)
    assert (coming["changed"], files(dom0)) == (True, before)
    assert problems(modules, images=coming["images"], check=True) == []
    ran = place(modules, image(modules))
    assert {key: coming[key] for key in ("changed", "diff", "images")} == {key: ran[key] for key in ("changed", "diff", "images")}
    assert files(dom0) == {
        **before,
        LOADER: OURS,
        f"{LOADER}.orig": DEBIANS,
        QEMU: b"\x7fELF qemu",
        f"{KEYMAPS}/common": b"common",
        f"{KEYMAPS}/de": b"map de",
    }
    assert (dom0.root / QEMU[1:]).stat().st_mode & 0o777 == 0o755
    assert problems(modules, images=ran["images"]) == []
    again = place(modules, image(modules))
    assert (again["changed"], again["diff"], again["images"]) == (False, {}, ran["images"])


def test_an_upgrade_of_the_package_is_seen_and_mended(modules: Any, dom0: Dom0, monkeypatch: pytest.MonkeyPatch) -> None:
    collected = placed.changes
    monkeypatch.setattr(placed, "changes", lambda store, _root: collected(store, dom0.root))
    place(modules, image(modules))
    assert modules.run("host_info")["changed_files"] == []
    dom0.file(LOADER, DEBIANS + b"newer")
    assert modules.run("host_info")["changed_files"] == [{"path": LOADER, "state": "replaced"}]
    assert problems(modules) == ["the host's hvmloader contains no rombios, with which this guest boots"]
    assert place(modules, image(modules), check=True)["changed"] is True
    assert place(modules, image(modules))["changed"] is True
    assert (files(dom0)[LOADER], files(dom0)[f"{LOADER}.orig"]) == (OURS, DEBIANS + b"newer")
    assert modules.run("host_info")["changed_files"] == []


def test_a_rollback(modules: Any, dom0: Dom0) -> None:
    place(modules, image(modules))
    place(modules, image(modules, qemu=b"\x7fELF newer"))
    assert files(dom0)[QEMU] == b"\x7fELF newer"
    older = modules.run("image", name="host-tools", version="previous")["image"]
    assert place(modules, older)["changed"] is True
    assert (files(dom0)[QEMU], f"{QEMU}.orig" in files(dom0)) == (b"\x7fELF qemu", False)


def test_a_removal_restores_the_host(modules: Any, dom0: Dom0) -> None:
    before = files(dom0)
    place(modules, image(modules))
    folder = dom0.root / KEYMAPS[1:]
    plan = modules.run("removal", check=True)
    loader = str(dom0.root / LOADER[1:])
    assert plan["placed"] == {
        loader: f"{loader}.orig",
        str(dom0.root / QEMU[1:]): "",
        **{str(folder / name): "" for name in ("common", "de")},
    }
    assert plan["left"] == []
    assert modules.run("removal")["changed"] is True
    assert files(dom0) == before
    assert not folder.parent.exists()
    assert not (modules.folder / "store").exists()
    assert modules.run("removal")["changed"] is False


def ends_after(done: int, write: Callable[..., bool]) -> Callable[..., bool]:
    """Return ``write``, but for the call after as many as ``done``, which ends the run."""
    calls = iter(range(done))

    def write_or_end(*args: Any) -> bool:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return write(*args)

    return write_or_end


@pytest.mark.parametrize("done", [0, 1])
@pytest.mark.parametrize("interrupted", [1, 2])
def test_a_removal_after_an_interrupted_upgrade(
    interrupted: int, done: int, modules: Any, dom0: Dom0, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once and twice, before any file and after some; the versions before are in no store any more."""
    before = files(dom0)
    place(modules, image(modules))
    for number in range(interrupted):
        newer = modules.run("image", **given(modules, qemu=b"\x7fELF %d" % number, loader=OURS + b"%d" % number), keep=0)["image"]
        with monkeypatch.context() as patch:
            patch.setattr(minios_install, "write_atomic", ends_after(done, minios_install.write_atomic))
            with pytest.raises(KeyboardInterrupt):
                place(modules, newer)
    assert files(dom0) != before
    plan = modules.run("removal", check=True)
    assert (plan["left"], len(plan["placed"])) == ([], 4)
    assert modules.run("removal")["changed"] is True
    assert files(dom0) == before
    assert not (modules.folder / "store").exists()


def test_a_removal_after_an_upgrade_of_the_package(modules: Any, dom0: Dom0) -> None:
    """The host's newer file stays, and nothing of the host's is removed."""
    place(modules, image(modules))
    dom0.file(LOADER, DEBIANS + b"newer")
    ran = modules.run("removal")
    assert files(dom0)[LOADER] == DEBIANS + b"newer"
    assert QEMU not in files(dom0)
    assert [text for text in ran["left"] if "hvmloader.orig: the host's file from before" in text]


def test_what_is_not_installed_changes_nothing(modules: Any, dom0: Dom0) -> None:
    before = files(dom0)
    said = place(modules, image(modules, loader=MARKS["rombios"]))["msg"]
    assert f"{LOADER} of the host contains seabios and ovmf, which the one that was built lacks" in said
    dom0.file(f"{LOADER}.orig", "an operator's")
    said = place(modules, image(modules))["msg"]
    assert "would be kept as hvmloader.orig, which exists and is another file. Remedy: move hvmloader.orig" in said
    dom0.remove(f"{LOADER}.orig")
    assert files(dom0) == before


def test_a_host_whose_libxl_is_not_found(modules: Any, dom0: Dom0) -> None:
    """The folder that has its hvmloader is Xen's."""
    dom0.remove("/usr/lib/x86_64-linux-gnu/libxenlight.so.4.17.0")
    place(modules, image(modules))
    assert {QEMU, f"{LOADER}.orig"} <= set(files(dom0))
    dom0.remove(LOADER)
    assert "it is not known where this host's libxl looks for qemu-dm" in place(modules, image(modules))["msg"]
