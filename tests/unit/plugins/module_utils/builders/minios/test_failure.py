# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of a log that state why a build failed."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    failure,
)

MAKE = "make[1]: *** [Makefile:7: x] Error 1"


@pytest.mark.parametrize(
    "line",
    [
        "a.c:1:2: error: unknown type name 'x'",
        "a.c:1:10: fatal error: uuid.h: No such file or directory",
        "main.o: in function `f': undefined reference to `g'",
        "/usr/bin/ld: cannot find -lz",
        "configure: error: Unable to find iasl, please install iasl",
        "/bin/sh: 1: python: not found",
        "3 out of 4 hunks FAILED -- saving rejects to file x.rej",
        "tar: a: Cannot write: No space left on device",
        "refused: wget -c http://m/x: the build fetches nothing",
        "SyntaxError: Missing parentheses in call to 'print'",
        "install: cannot create regular file 'a': Permission denied",
        "WARNING: `makeinfo' is missing on your system.  You should only need it if",
    ],
)
def test_lines_that_state_the_cause(line: str) -> None:
    assert failure.cause_lines(["gcc -Werror -c error.c", line, "", MAKE, "make: *** [all] Error 2"]) == [line, MAKE]


def test_of_ten_thousand_lines_a_few() -> None:
    lines = [f"a.c:{number}:1: error: {'x' * 300}" for number in range(10000)]
    found = failure.cause_lines([*lines, lines[0], MAKE])
    assert (len(found), found[0].startswith("a.c:0:1: error: "), found[-1]) == (11, True, MAKE)
    assert {len(line) for line in found[:-1]} == {200}


def test_a_log_without_a_cause() -> None:
    assert failure.cause_lines([f"line {number}" for number in range(99)]) == [
        f"line {number}" for number in range(89, 99)
    ]
    assert failure.cause_lines([]) == []
