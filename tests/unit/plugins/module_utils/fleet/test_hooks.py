# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's own task files are looked for before any host is reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import hooks


def said(value: Any) -> list[str]:
    return [problem.text() for problem in hooks.check({"xen1": value}, os.path.isfile)]


def test_files_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "drain.yml"
    file.write_text("[]", encoding="utf-8")
    assert said(dict.fromkeys(hooks.MOMENTS, str(file))) == []
    assert said({}) == []
    assert hooks.check({}, os.path.isfile) == []


@pytest.mark.parametrize("value", [None, "drain.yml", ["/a"], 7])
def test_no_mapping(value: Any) -> None:
    assert [text.partition("Remedy: ")[2] for text in said(value)] == [
        "write it as a mapping with the keys before_host, before_guest, after_guest, after_host."
    ]


@pytest.mark.parametrize(
    "moment, path, words",
    [
        ("before", "/etc/hostname", "stubdom_hooks.before = '/etc/hostname': is not a moment of a hook. Remedy: use before_host, "),
        (7, "/etc/hostname", "stubdom_hooks.7 = '/etc/hostname': is not a moment of a hook."),
        ("after_host", "hooks/a.yml", "stubdom_hooks.after_host = 'hooks/a.yml': must be an absolute path. Remedy: give one, such as "),
        ("after_host", None, "stubdom_hooks.after_host: must be an absolute path."),
        ("after_host", "/nonexistent\n.yml", r"= '/nonexistent\n.yml': does not exist on the controller. Remedy: create the file"),
        ("after_host", "/", "stubdom_hooks.after_host = '/': does not exist"),
    ],
)
def test_what_is_wrong(moment: Any, path: Any, words: str) -> None:
    [text] = said({moment: path})
    assert text.startswith("host xen1: stubdom_hooks.")
    assert words in text


def test_each_problem_of_each_host_is_reported() -> None:
    found = hooks.check({"xen1": {"x": "/a", "y": "/a"}, "xen2": "z"}, os.path.isfile)
    assert [(problem.host, problem.key) for problem in found] == [
        ("xen1", "stubdom_hooks.x"), ("xen1", "stubdom_hooks.y"), ("xen2", "stubdom_hooks"),
    ]  # fmt: skip
