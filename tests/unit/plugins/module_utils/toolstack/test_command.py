# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a program, and what a message has of its output."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run


def test_run() -> None:
    code = (
        "import os, sys; print(os.environ['LC_ALL'], sys.stdin.read() == ''); sys.stderr.write('bad\\xff'); sys.exit(3)"
    )
    result = run([sys.executable, "-c", code, "$HOME; echo"])
    assert (result.rc, result.out) == (3, "C True\n")
    assert result.err.startswith("bad")


def test_run_of_bytes_that_are_no_utf8() -> None:
    result = run([sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'a\\xffb')"])
    assert result.out == "a\ufffdb"


def test_a_program_that_does_not_exist() -> None:
    result = run(["/nonexistent/xl", "info"])
    assert (result.rc, result.err) == (127, "/nonexistent/xl: command not found")


def test_a_program_that_may_not_run(tmp_path: Any) -> None:
    (tmp_path / "xl").write_text("", encoding="utf-8")
    result = run([str(tmp_path / "xl")])
    assert (result.rc, result.err) == (126, f"{tmp_path}/xl: permission denied")


def test_a_program_that_takes_too_long() -> None:
    result = run([sys.executable, "-c", "import signal; signal.pause()"], timeout=0.2)
    assert (result.rc, result.err) == (124, f"{sys.executable} took more than 0 seconds")


@pytest.mark.parametrize(
    "out, err, summary",
    [
        ("", "", "nothing"),
        ("out\n", "", "out"),
        ("out\n", "err\n", "err"),
        ("", "1\n2\n3\n4\n5\n", "1; 2; 3; 4"),
        ("\n", " \n", "nothing"),
    ],
)
def test_summary(out: str, err: str, summary: str) -> None:
    assert Result(["xl"], 1, out, err).summary() == summary
