# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dry run: what the program reads, and what of its output a message may have."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.dry_run import (
    DryRun,
    FileRefused,
    NoAnswer,
    dry_run,
    meaning_on_host,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.meaning import MeaningError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm

TEXT = 'name = "web1"\nvncpasswd = "geheim-42"\n'


class Program:
    """Stand for xl or xm, and keep what it was given."""

    def __init__(self, rc: int = 0, out: str = "{}", err: str = "") -> None:
        self.answer = rc, out, err
        self.argv: list[str] = []
        self.text = ""
        self.mode = 0

    def __call__(self, argv: list[str]) -> Result:
        self.argv = argv
        self.text = Path(argv[-1]).read_text(encoding="utf-8")
        self.mode = os.stat(argv[-1]).st_mode
        rc, out, err = self.answer
        return Result(argv, rc, out, err.replace("FILE", argv[-1]))


def test_the_program_reads_the_text_from_a_plain_file_of_nobody_else_that_has_no_name() -> None:
    program = Program(out='{"a": 1}')
    assert dry_run(Xl(), "/etc/xen/web1.cfg", TEXT, program) == DryRun('{"a": 1}')
    assert program.argv[:-1] == ["xl", "create", "-q", "-n"]
    assert program.text == TEXT
    # libxl reads plain files only; a name with "=" would be an assignment.
    assert stat.S_ISREG(program.mode) and not stat.S_IMODE(program.mode) & 0o077
    assert "=" not in program.argv[-1]
    assert not os.path.exists(program.argv[-1])


@pytest.mark.parametrize(
    "err, words",
    [
        (
            "Parsing config from FILE\nFILE: config parsing error in disk specification: unknown value for format: near `b'\n",
            "/etc/xen/web1.cfg: config parsing error in disk specification: unknown value for format: near `b'",
        ),
        ("Domain name must be specified.\n", "Domain name must be specified."),
        ("a\n\nb\nc\nd\ne\n", "a; b; c; d"),
        ("", "nothing"),
    ],
)
def test_a_refusal_has_the_words_of_the_program_with_the_name_of_the_real_file(err: str, words: str) -> None:
    with pytest.raises(FileRefused) as caught:
        dry_run(Xl(), "/etc/xen/web1.cfg", TEXT, Program(1, "secret JSON", err))
    assert str(caught.value) == f"xl create -n failed with exit code 1: {words}"


def test_a_crash_is_a_refusal() -> None:
    with pytest.raises(FileRefused, match="was ended by signal 11"):
        dry_run(Xl(), "/etc/xen/web1.cfg", TEXT, Program(-11))


def test_no_message_has_a_password_of_the_text_or_what_was_printed_as_its_meaning() -> None:
    with pytest.raises(FileRefused) as caught:
        dry_run(Xl(), "/etc/xen/web1.cfg", TEXT, Program(1, "geheim-42", "bad value geheim-42\n"))
    assert "geheim" not in str(caught.value) and "bad value ********" in str(caught.value)
    warned = dry_run(Xl(), "/etc/xen/web1.cfg", TEXT, Program(0, "{}", "vncpasswd geheim-42 is short\n"))
    assert warned.warnings == ("vncpasswd ******** is short",)


def test_what_a_parser_quotes_of_a_text_that_nothing_can_read_is_left_out() -> None:
    quoting = Program(1, "", 'FILE:2: config parsing error near `"geheim: lexical error\n')
    with pytest.raises(FileRefused) as caught:
        dry_run(Xl(), "/etc/xen/web1.cfg", 'vncpasswd = "geheim\n', quoting)
    assert str(caught.value).endswith("/etc/xen/web1.cfg:2: config parsing error near a part of it")


@pytest.mark.parametrize(
    "rc, err",
    [
        (127, "xl: command not found"),
        (124, "xl took more than 60 seconds"),
        (1, "Failed to read config file: FILE: Permission denied"),
        (1, "cannot open libxc handle"),
        (1, 'Error: Cannot find kernel "/boot/coming"'),
    ],
)
def test_a_program_that_did_not_read_the_text_has_not_refused_it(rc: int, err: str) -> None:
    with pytest.raises(NoAnswer):
        dry_run(Xl(), "/etc/xen/web1.cfg", TEXT, Program(rc, "", err))


def test_the_warning_that_xm_always_prints_is_left_out() -> None:
    program = Program(1, "", "WARNING: xend/xm is deprecated.\nError: Invalid disk specifier: a\n")
    with pytest.raises(FileRefused, match="^xm create -n failed with exit code 1: Error: Invalid disk specifier: a$"):
        dry_run(Xm(), "/etc/xen/web1", "name = 'web1'\n", program)


def test_the_meaning_of_a_text_is_what_the_program_of_the_host_makes_of_it() -> None:
    output = json.dumps({"c_info": {"name": "web1", "uuid": "1-2-3"}, "b_info": {"max_vcpus": 2}})
    meaning = meaning_on_host(Xl(), "/etc/xen/web1.cfg", TEXT, Program(out=output))
    assert meaning == {"c_info.name": "web1", "b_info.max_vcpus": 2}
    with pytest.raises(MeaningError):
        meaning_on_host(Xl(), "/etc/xen/web1.cfg", TEXT, Program(out="(domain (domid -1))"))
