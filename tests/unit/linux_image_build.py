# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build a Linux stub domain's image on a fake build host, and read the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    build,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    Machine,
    options,
)

NAMES = ["qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs", "sbom.cdx.json"]


def made(machine: Machine, dest: Path, valid: int = 0, dry: bool = False, **changes: Any) -> build.BuildResult:
    """Build with an operator's ``changes``; the image is compared with the archives after ``valid`` seconds."""
    return build.build(options(**changes), dest, valid, dry, machine)


def refused(machine: Machine, dest: Path, **changes: Any) -> str:
    """Return the message with which a build fails."""
    with pytest.raises(BuildError) as caught:
        made(machine, dest, **changes)
    assert "Remedy: " in str(caught.value)
    return str(caught.value)


def image(dest: Path) -> dict[str, bytes]:
    """Return the files of the existing image, by name."""
    return {path.name: path.read_bytes() for path in (dest / "qemu-stubdom-linux-bookworm").iterdir()}


def overlay(folder: Path, files: dict[str, str]) -> str:
    """Write files below a folder; a text that begins with ``-> `` is a link. Return the folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            (folder / path).symlink_to(text[3:])
        else:
            (folder / path).write_text(text, encoding="utf-8")
    return str(folder)


def left(dest: Path) -> list[str]:
    """Return the names in the folder of work."""
    return sorted(path.name for path in (dest / ".qemu-stubdom-linux-bookworm").iterdir())
