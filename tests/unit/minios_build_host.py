# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build small source trees of Xen on a build host."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    build,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.options import Options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.tests.unit.xen_tree import XenTree

ALL = ("ioemu", "pvgrub", "pvgrub32", "fs_back")

NEW = ("ioemu", "pvgrub", "pvgrub32")

# What host_tools of a real tree is compiled by.
COMPILERS = ("as86", "ld86", "bcc", "iasl")


class Host:
    """Hold a build host with a tree, which is built to ``dest``."""

    def __init__(self, folder: Path, release: str, patch: pytest.MonkeyPatch, **how: Any) -> None:
        self.tree = XenTree(folder / "src", release, **how)
        self.dest = folder / "build"
        self.image = self.dest / "minios-stubdom"
        self.log = self.dest / "minios-stubdom.log"
        # The calls of programs that would fetch; there must be none.
        self.asked = folder / "asked"
        for name in ("wget", "ftp", "curl"):
            self.program(name, f'echo "{name} $*" >> {self.asked}\nexit 1\n')
        patch.setenv("PATH", f"{self.tree.bin}:{os.environ['PATH']}")

    def program(self, name: str, text: str) -> Path:
        place = self.tree.bin / name
        place.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        place.chmod(0o755)
        return place

    def options(self, **changes: Any) -> Options:
        usual = Options(tree=str(self.tree.root), mirror=str(self.tree.mirror), checksums=self.tree.checksums, jobs=2)
        return replace(usual, **changes)

    def build(self, dry: bool = False, **changes: Any) -> build.BuildResult:
        return build.build(self.options(**changes), self.dest, dry)

    def refused(self, **changes: Any) -> str:
        with pytest.raises(BuildError) as caught:
            self.build(**changes)
        assert "Remedy: " in str(caught.value)
        # Whatever failed, no tree is left that somebody could build upon.
        assert self.left() in ([], ["lock"], ["components", "lock"], ["git", "lock"])
        return str(caught.value)

    def refused_before_make(self, **changes: Any) -> str:
        self.tree.calls()
        said = self.refused(**changes)
        assert self.tree.calls() == []
        return said

    def left(self) -> list[str]:
        """Return the names in the folder of work, without the image."""
        work = self.dest / ".minios-stubdom"
        return (
            sorted(path.name for path in work.iterdir() if not path.name.startswith("image-")) if work.exists() else []
        )

    def files(self) -> list[str]:
        return sorted(path.name for path in self.image.iterdir() if path.name != "manifest.json")
