# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations by hand, under other names than that of a guest's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import head_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import other_files
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.file_plan import plan_file
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.guest_plan import GuestPlan


def notes(folder: Path, name: str = "web1") -> list[str]:
    plan = GuestPlan(name)
    plan.files = [plan_file(folder / f"{name}.cfg", "xl", "x = 1\n")]
    other_files.note([plan], folder)
    return plan.notes


@pytest.mark.parametrize("file", ["web1", "web1.hvm", "old-web.cfg"])
def test_another_file_of_the_guest_is_noted(file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text("name = 'x'\n name= \"web1\"\n", encoding="utf-8")
    assert notes(tmp_path) == [
        f"guest web1: {tmp_path}/{file} is another configuration of it, by hand: move it away, or import it with import.yml"
    ]
    assert notes(tmp_path, "web") == []


@pytest.mark.parametrize(
    "file, text",
    [
        ("web1.cfg", "name = 'web1'\n"),  # Its own file has refusals of its own.
        ("web1.cfg.orig", "name = 'web1'\n"),
        ("web1.cfg.by-hand-20261130", "name = 'web1'\n"),
        ("other", "# name = 'web1'\n"),
        ("second", f"{head_of('web1')}name = 'web1'\n"),
        ("binary", "\0" * 9),
    ],
)
def test_what_is_no_other_configuration(file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    (tmp_path / "auto").mkdir()
    assert notes(tmp_path) == []


def test_no_folder(tmp_path: Path) -> None:
    assert notes(tmp_path / "nothing") == []
