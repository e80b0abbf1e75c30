# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's own files that go into an image."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    made,
    overlay,
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    Machine,
)


def test_where_an_overlay_lies_is_no_input(machine: Machine, dest: Path, tmp_path: Path) -> None:
    one, two = (overlay(tmp_path / name, {"usr/share/a": "a"}) for name in ("one", "two"))
    assert made(machine, dest, overlay=[one]).changed is True
    assert made(machine, dest, overlay=[two]).changed is False


def test_files_of_the_operator_that_are_missing(machine: Machine, dest: Path) -> None:
    remedy = "of the build host. Remedy: name one that exists."
    assert refused(machine, dest, overlay=["/nonexistent"], boot_files={"/k": "/nonexistent/k"}).splitlines() == [
        f"overlay: /nonexistent is not a folder {remedy}",
        f"boot_files: /nonexistent/k is not a file {remedy}",
    ]
