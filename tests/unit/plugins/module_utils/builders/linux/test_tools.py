# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools of a build host."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    tools,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT
from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    Machine,
)


def test_all_tools_that_are_missing(machine: Machine, dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def which(name: str, path: str) -> str | None:
        asked.append(path)
        return None if name in ("cpio", "depmod", "modprobe", "mksquashfs") else name

    monkeypatch.setattr(tools.shutil, "which", which)
    assert refused(machine, dest) == (
        "the build host has no cpio, depmod, mksquashfs, modprobe. "
        "Remedy: install them (Debian: cpio kmod squashfs-tools)."
    )
    assert all("/usr/sbin" in path.split(":") for path in asked), "kmod is where an ordinary user's PATH does not lead"
    assert not dest.exists()


def test_tools_are_found_in_the_folders_of_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools.run_tool(["sh", "-c", "true"]).rc == (0 if shutil.which("sh", path="/usr/sbin:/sbin") else 127)
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho done\n", encoding="utf-8")
    tool.chmod(0o755)
    assert tools.run_tool(["tool"]).out == "done\n"


def test_the_role_looks_for_the_same_tools() -> None:
    role = ROOT / "roles" / "build_linux_stubdom"
    tasks = yaml.safe_load((role / "tasks" / "main.yml").read_text(encoding="utf-8"))
    argv = tasks[0]["ansible.builtin.command"]["argv"]
    assert argv[4:] == list(tools.TOOLS)
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert set(defaults["build_linux_stubdom_packages_tools"]) == {*tools.TOOLS.values(), "debian-archive-keyring"}
