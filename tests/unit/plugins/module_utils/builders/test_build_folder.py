# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The build folder, by builds of a Linux stub domain's image that end early or meet."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders import build_folder
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    build,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    image,
    left,
    made,
    overlay,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    Machine,
)


def full(*_args: Any, **_options: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_image(machine: Machine, dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(machine, dest)
    before = image(dest)
    # The last is when the image is complete and about to be put in its place.
    for place, name in (
        (build, "write_layout"),
        (build, "write_atomic"),
        (build_folder.os, "rename"),
        (build_folder, "link_atomic"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(OSError, match="No space left on device"):
                made(machine, dest, init_script="new")
        assert image(dest) == before
        assert made(machine, dest).changed is False
        assert len(left(dest)) == 4
    assert made(machine, dest, init_script="new").changed is True
    assert image(dest) != before


class Killed(BaseException):
    """What ends a process without its tidying up."""


@pytest.mark.parametrize("where", ["mksquashfs", "rename", "link"])
def test_an_interrupted_run_is_finished_by_the_next(
    where: str, machine: Machine, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_args: Any, **_options: Any) -> Any:
        raise Killed

    made(machine, dest)
    before = image(dest)
    with monkeypatch.context() as patch:
        # Nothing is tidied up by a process that is no more.
        patch.setattr(build_folder.shutil, "rmtree", lambda *_args, **_options: None)
        if where == "mksquashfs":
            patch.setattr(machine, "_mksquashfs", lambda program, argv: kill() if len(program) > 2 else machine.packer)
        elif where == "rename":
            patch.setattr(build_folder.os, "rename", kill)
        else:
            patch.setattr(build_folder, "link_atomic", kill)
        with pytest.raises(Killed):
            made(machine, dest, init_script="new")
    (dest / ".qemu-stubdom-linux-bookworm.link.tmp").symlink_to("half")
    assert len(left(dest)) > 4, "something is left"
    assert image(dest) == before
    assert made(machine, dest).changed is False, "the old image is whole"
    assert len(left(dest)) == 4
    assert made(machine, dest, init_script="new").changed is True
    assert sorted(path.name for path in dest.iterdir()) == [
        ".qemu-stubdom-linux-bookworm",
        "qemu-stubdom-linux-bookworm",
    ]


def test_a_folder_in_the_image_s_place_is_replaced(machine: Machine, dest: Path) -> None:
    overlay(dest / "qemu-stubdom-linux-bookworm", {"manifest.json": "{}"})
    assert made(machine, dest).changed is True
    assert (dest / "qemu-stubdom-linux-bookworm").is_symlink()
    assert len(left(dest)) == 4


def test_the_second_of_two_runs_waits(machine: Machine, dest: Path) -> None:
    """The second waits for the first, and finds its image."""
    inside, go_on = threading.Event(), threading.Event()
    answers: list[bool] = []
    packing = machine._mksquashfs

    def slow(program: list[str], argv: list[str]) -> str:
        inside.set()
        assert go_on.wait(10)
        return packing(program, argv)

    machine._mksquashfs = slow  # type: ignore[method-assign]
    first = threading.Thread(target=lambda: answers.append(made(machine, dest).changed))
    first.start()
    assert inside.wait(10)
    other = Machine()
    second = threading.Thread(target=lambda: answers.append(made(other, dest).changed))
    second.start()
    time.sleep(0.2)
    assert (other.calls, answers) == ([], [])
    go_on.set()
    first.join(10)
    second.join(10)
    assert answers == [True, False]
