# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module minios_stubdom_install: check mode says what the run then does, and guest_config believes it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import facts as host_facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import retention
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal import scan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import xm
from api import FakeXen

CONTENTS = {"ioemu-stubdom.gz": b"image", "stubdom-dm": b"xm create -c /etc/xen/stubdoms/$domname-dm target=$domid\n"}
BOOT, BIN = "/usr/lib/xen/boot", "/usr/lib/xen/bin"
ROM_BIOS = b"\0Written by Kevin Lawton & the Bochs team."
INSTALLED = {
    "ioemu-stubdom.gz": {"path": f"{BOOT}/ioemu-stubdom.gz", "mode": "0644"},
    "stubdom-dm": {"path": f"{BIN}/stubdom-dm", "mode": "0755", "dm_config": ""},
}
WIN1 = {"name": "win1", "type": "hvm", "memory": 128}


@pytest.fixture(params=["xm"])
def host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeXen:
    """Xen 3.4 with xm, or 4.8 with xl, without a stub domain."""
    made = FakeXen(tmp_path / "host", [request.param])
    if request.param == "xm":
        made.setup_xm((3, 4), free_memory=4096)
    else:
        made.setup(xen_minor=8, free_memory=4096)
    for key, value in made.env().items():
        monkeypatch.setenv(key, value)
    root = tmp_path / "dom0"
    look = host_facts.read_facts
    monkeypatch.setattr(host_facts, "read_facts", lambda *given, **more: look(*given, root, **more))
    monkeypatch.setattr(xm, "ROOT", root)
    monkeypatch.setattr(retention, "_PLACES", ())
    monkeypatch.setattr(retention, "CONFIG_DIR", "/nonexistent/xen")
    return made


def image(modules: Any, check: bool = False, script: bytes = CONTENTS["stubdom-dm"]) -> dict[str, Any]:
    """Installs the image into the store, as the role does."""
    folder = modules.folder / "built"
    folder.mkdir(exist_ok=True)
    files = []
    for name, content in {**CONTENTS, "stubdom-dm": script}.items():
        (folder / name).write_bytes(content)
        files.append({"file": name, "sha256": hashlib.sha256(content).hexdigest()})
    manifest = {"installed": INSTALLED}
    given = {"name": "ioemu-stubdom", "src": str(folder), "files": files, "remote_src": True, "manifest": manifest}
    made: dict[str, Any] = modules.run("image", check=check, **given)["image"]
    assert made["installed"] == INSTALLED
    return made


def place(modules: Any, *images: Any, check: bool = False) -> dict[str, Any]:
    store = str(modules.folder / "store")
    answer: dict[str, Any] = modules.run("minios_stubdom_install", check=check, images=list(images), store=store)
    return answer


def placed(modules: Any) -> list[str]:
    root = modules.folder / "dom0" / "usr/lib/xen"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_check_mode_predicts_the_run_and_the_guests(modules: Any, host: FakeXen) -> None:
    modules.program(f"{BOOT}/hvmloader").write_bytes(ROM_BIOS)
    modules.program(f"{BIN}/qemu-dm")
    xens = placed(modules)
    coming = place(modules, image(modules, check=True), check=True)
    assert (coming["changed"], placed(modules), (modules.folder / "store").exists()) == (True, xens, False)
    predicted = modules.run("guest_config", check=True, guests=[WIN1], images=coming["images"])
    assert (predicted["guests"][0]["scheme"], predicted["guests"][0]["problems"]) == ("generated", [])
    ran = place(modules, image(modules))
    assert {key: coming[key] for key in ("changed", "diff", "images")} == {key: ran[key] for key in ("changed", "diff", "images")}
    assert placed(modules) == sorted([*xens, "bin/stubdom-dm", "boot/ioemu-stubdom.gz"])
    assert os.access(modules.folder / "dom0" / BIN[1:] / "stubdom-dm", os.X_OK)
    written = modules.run("guest_config", guests=[WIN1], images=ran["images"])
    assert written["guests"] == predicted["guests"]
    again = place(modules, image(modules))
    assert (again["changed"], again["diff"], again["images"]) == (False, {}, ran["images"])


@pytest.mark.parametrize("host", ["xl"], indirect=True)
def test_an_old_libxl_finds_it_beside_hvmloader(modules: Any, host: FakeXen) -> None:
    modules.program("/usr/lib/xen-4.8/boot/hvmloader")
    modules.program("/usr/lib/xen-4.8/bin/qemu-dm")
    coming = place(modules, image(modules, check=True), check=True)
    predicted = modules.run("guest_config", check=True, guests=[WIN1], images=coming["images"])["guests"][0]
    assert (predicted["scheme"], predicted["problems"]) == ("minios", [])
    ran = place(modules, image(modules))
    assert (ran["changed"], ran["images"]) == (True, coming["images"])
    folder = modules.folder / "dom0" / "usr/lib/xen-4.8/boot"
    assert sorted(path.name for path in folder.iterdir()) == ["hvmloader", "ioemu-stubdom.gz"]
    assert not (modules.folder / "dom0" / BIN[1:]).exists()


def test_without_it_the_host_says_what_to_name(modules: Any, host: FakeXen) -> None:
    modules.program(f"{BOOT}/hvmloader")
    (problem,) = modules.run("guest_config", guests=[WIN1])["guests"][0]["problems"]
    assert "stubdom_xen_sources names a source tree of it" in problem["remedy"]


def test_a_mode_that_somebody_changed(modules: Any, host: FakeXen) -> None:
    place(modules, image(modules))
    script = modules.folder / "dom0" / BIN[1:] / "stubdom-dm"
    script.chmod(0o644)
    assert place(modules, image(modules), check=True)["changed"] is True
    assert place(modules, image(modules))["changed"] is True
    assert script.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in script.parent.iterdir()] == ["stubdom-dm"]


def test_a_newer_version_and_a_pin(modules: Any, host: FakeXen) -> None:
    """What the store has of another version is nobody's; a pinned version tells of itself by its manifest."""
    old = image(modules)
    place(modules, old)
    new = place(modules, image(modules, script=b"newer\n"))
    assert new["diff"]["before"] != new["diff"]["after"]
    pinned = modules.run("image", name="ioemu-stubdom", version=old["version"])["image"]
    assert pinned == old
    assert place(modules, pinned)["changed"] is True
    script = modules.folder / "dom0" / BIN[1:] / "stubdom-dm"
    assert (script.read_bytes(), [path.name for path in script.parent.iterdir()]) == (CONTENTS["stubdom-dm"], ["stubdom-dm"])


def test_a_script_that_comes_first(modules: Any, host: FakeXen) -> None:
    modules.program("/usr/lib/xen-3.4/bin/stubdom-dm")
    answer = place(modules, image(modules))
    assert "/usr/lib/xen-3.4/bin/stubdom-dm of the host comes before /usr/lib/xen/bin/stubdom-dm" in str(answer["warnings"])


def test_faults(modules: Any, host: FakeXen) -> None:
    made = image(modules)
    wrong = {**INSTALLED, "stubdom-dm": {"path": "/etc/stubdom-dm", "mode": "0755"}}
    assert "is not looked for on this host" in place(modules, {**made, "installed": wrong})["msg"]
    assert "has no name or no path" in place(modules, {"name": "ioemu-stubdom"})["msg"]
    # A file in the place of a folder.
    modules.program("/usr/lib/xen")
    assert "Remedy: check that root may write there" in place(modules, made)["msg"]
    host.not_xen()
    assert "Remedy" in place(modules, made)["msg"]


def test_other_images_are_nothing_to_it(modules: Any, host: FakeXen) -> None:
    other = {"name": "pv-grub-x86_64.gz", "path": "/store/x", "installed": {"x": {"path": "/etc/x", "mode": "0644"}}}
    answer = place(modules, other)
    assert (answer["changed"], answer["images"], answer["diff"]) == (False, [other], {})


@pytest.fixture
def cleared(modules: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """No path of the machine that the tests run on."""
    monkeypatch.setattr(exports, "ROOT", str(modules.folder / "exports"))
    monkeypatch.setattr(scan, "HOME", str(modules.folder / "home"))
    return modules


def test_a_removal_puts_back_what_was_there(cleared: Any, host: FakeXen) -> None:
    root = cleared.folder / "dom0"
    script, boot = root / BIN[1:] / "stubdom-dm", root / BOOT[1:] / "ioemu-stubdom.gz"
    cleared.program(f"{BIN}/stubdom-dm").write_bytes(b"Xen's own")
    script.chmod(0o711)
    place(cleared, image(cleared))
    half = boot.with_name(".ioemu-stubdom.gz.file.tmp")
    half.write_bytes(b"ima")
    plan = cleared.run("removal", check=True)
    assert plan["placed"] == {str(script): f"{script}.orig", str(boot): ""}
    assert (str(half) in plan["files"], plan["left"]) == (True, [])
    assert f"{script}; {script}.orig takes its place" in plan["going"]
    # Killed between the files in Xen's folders and the store: the next run does the rest.
    os.replace(f"{script}.orig", script)
    assert list(cleared.run("removal", check=True)["placed"]) == [str(boot)]
    ran = cleared.run("removal")
    assert (ran["changed"], script.read_bytes(), script.stat().st_mode & 0o777) == (True, b"Xen's own", 0o711)
    assert sorted(path.name for path in root.rglob("*") if path.is_file() and "usr/lib/xen/" in str(path)) == ["stubdom-dm"]
    assert not (cleared.folder / "store").exists()
    assert cleared.run("removal")["changed"] is False


def test_a_removal_leaves_what_somebody_has_put_in_its_place(cleared: Any, host: FakeXen) -> None:
    root = cleared.folder / "dom0"
    script, boot = root / BIN[1:] / "stubdom-dm", root / BOOT[1:] / "ioemu-stubdom.gz"
    cleared.program(f"{BIN}/stubdom-dm").write_bytes(b"Xen's own")
    place(cleared, image(cleared))
    script.write_bytes(b"newer")
    boot.write_bytes(b"newer")
    answer = cleared.run("removal")
    assert answer["placed"] == {}
    not_ours = "is not a file that this collection installed, or was changed since"
    before = f"{script}.orig: the host's file from before this collection installed its own"
    assert answer["left"] == [f"{script}: {not_ours}", before, f"{boot}: {not_ours}"]
    assert (script.read_bytes(), boot.read_bytes()) == (b"newer", b"newer")
    again = cleared.run("removal")
    assert (again["changed"], again["left"]) == (False, answer["left"][:2]), "without the store nobody knows of the other"


def test_a_removal_leaves_what_the_stub_domain_of_another_guest_may_need(cleared: Any, host: FakeXen) -> None:
    root = cleared.folder / "dom0"
    script, boot = root / BIN[1:] / "stubdom-dm", root / BOOT[1:] / "ioemu-stubdom.gz"
    cleared.program(f"{BIN}/stubdom-dm").write_bytes(b"Xen's own")
    place(cleared, image(cleared))
    host.add_domain("theirs", kind="hvm", stub=True)
    answer = cleared.run("removal")
    assert answer["placed"] == {str(script): f"{script}.orig"}
    assert f"{boot}: stub domains of guests that are not ours run (theirs-dm)" in answer["left"]
    assert (script.read_bytes(), boot.read_bytes()) == (b"Xen's own", b"image")


@pytest.mark.parametrize("host", ["xl"], indirect=True)
def test_a_removal_finds_what_an_older_release_of_the_host_had(cleared: Any, host: FakeXen) -> None:
    cleared.program("/usr/lib/xen-4.8/boot/hvmloader")
    place(cleared, image(cleared))
    host.setup(xen_minor=17, free_memory=4096)
    plan = cleared.run("removal", check=True)
    assert plan["placed"] == {str(cleared.folder / "dom0/usr/lib/xen-4.8/boot/ioemu-stubdom.gz"): ""}


def test_a_folder_with_two_names_is_looked_at_once(cleared: Any, host: FakeXen) -> None:
    cleared.program(f"{BOOT}/hvmloader")
    (cleared.folder / "dom0/usr/lib/xen-3.4").symlink_to("xen")
    place(cleared, image(cleared))
    plan = cleared.run("removal", check=True)
    assert len(plan["placed"]) == 2
    cleared.run("removal")
    assert placed(cleared) == ["boot/hvmloader"]
