# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""linux_stubdom_image, on a build host whose tools are a fake."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import build, tools
from ansible_collections.xenfleet.stubdom.plugins.modules import linux_stubdom_image
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import Machine

SCRIPTS = {"mount_script": "mount\n", "init_script": "init\n", "relay_script": "relay\n", "sources": ["deb http://m/debian bookworm main"]}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(tools.shutil, "which", lambda name, path="": f"/usr/bin/{name}")
    monkeypatch.setattr(linux_stubdom_image, "build", functools.partial(build.build, runner=made))
    return made


def test_it_builds(modules: Any, machine: Machine) -> None:
    dest = modules.folder / "build"
    checked = modules.run("linux_stubdom_image", check=True, dest=str(dest), **SCRIPTS)
    assert [path.name for path in dest.iterdir()] == [".qemu-stubdom-linux-bookworm"]
    ran = modules.run("linux_stubdom_image", dest=str(dest), **SCRIPTS)
    assert (checked["changed"], checked["image"]) == (ran["changed"], ran["image"]) == (True, ran["image"])
    image = ran["image"]
    assert (image["name"], image["xen"], image["version"]) == ("qemu-stubdom-linux", "4.17", image["sha256"][:16])
    assert [file["file"] for file in image["files"]] == [
        "qemu-stubdom-linux-kernel",
        "qemu-stubdom-linux-rootfs",
        "sbom.cdx.json",
    ]
    for file in image["files"]:
        assert Path(file["path"]).parent == dest / "qemu-stubdom-linux-bookworm"
        assert hashlib.sha256(Path(file["path"]).read_bytes()).hexdigest() == file["sha256"]
        assert image["manifest"]["files"][file["file"]] == file["sha256"]
    machine.calls.clear()
    again = modules.run("linux_stubdom_image", dest=str(dest), **SCRIPTS)
    assert (again["changed"], again["image"], machine.asked_archives()) == (False, image, False)
    assert modules.run("linux_stubdom_image", dest=str(dest), cache_valid_time=0, **SCRIPTS)["changed"] is False
    assert machine.asked_archives()


def test_options_reach_the_image(modules: Any, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(modules.folder))
    (modules.folder / "k").write_text("guest's kernel", encoding="utf-8")
    given = {"modules": ["dummy"], "boot_files": {"/srv/k": "~/k"}, "suite": "trixie"}
    image = modules.run("linux_stubdom_image", dest=str(modules.folder / "build"), **SCRIPTS, **given)["image"]
    assert image["manifest"]["boot_files"] == {"/srv/k": hashlib.sha256(b"guest's kernel").hexdigest()}
    assert image["files"][0]["path"].endswith("/qemu-stubdom-linux-trixie/qemu-stubdom-linux-kernel")
    assert machine.root["usr/lib/modules/dummy.ko"] == "644 module dummy"


def test_what_cannot_be_built(modules: Any, machine: Machine) -> None:
    dest = str(modules.folder / "build")
    answer = modules.run("linux_stubdom_image", dest=dest, **SCRIPTS, packages=["-o"])
    assert (answer["failed"], answer["msg"]) == (
        True,
        "packages: '-o' is not a name. Remedy: give a plain name, as Debian writes it.",
    )
    (modules.folder / "build").write_text("a file", encoding="utf-8")
    answer = modules.run("linux_stubdom_image", dest=dest, **SCRIPTS)
    assert (answer["failed"], "Not a directory" in answer["msg"]) == (True, True)
