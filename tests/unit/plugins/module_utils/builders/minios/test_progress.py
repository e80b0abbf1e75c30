# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress of a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    progress,
)

STEP = "=== 0:08 step 2 of 3: stubdom"


@pytest.mark.parametrize(
    "text, said",
    [
        ("", ("", "")),
        (f"{STEP}\n", ("0:08 step 2 of 3: stubdom", "")),
        (
            f"=== 0:00 step 1 of 3: configure\na\n{STEP}\nb\n  gcc -c x.c  \n\n",
            ("0:08 step 2 of 3: stubdom", "gcc -c x.c"),
        ),
        # What a real tree's steps write: lines without end, so many that the step is far above, and Autoconf's own marks.
        (f"{STEP}\ngcc {'x' * 200} sched.c\n", ("0:08 step 2 of 3: stubdom", f"gcc {'x' * 26}...{'x' * 59} sched.c")),
        (f"{STEP}\n" + "gcc -c x.c\n" * 40000, ("0:08 step 2 of 3: stubdom", "gcc -c x.c")),
        (f"{STEP}\n=== configuring in tools (/t)\na\n", ("0:08 step 2 of 3: stubdom", "a")),
        (f"{STEP}\n=== configuring in tools (/t)\n", ("0:08 step 2 of 3: stubdom", "=== configuring in tools (/t)")),
        ("gcc\n", ("", "gcc")),
    ],
)
def test_the_end_of_a_log(text: str, said: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "log").write_text(text, encoding="utf-8")
    assert progress.step_and_line(tmp_path / "log") == said


def test_waiting_for_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job_file, log = tmp_path / "job", tmp_path / "log"
    assert progress.wait_for_job(log, job_file, 0) == progress.Progress(True)
    for text, ended in (
        (json.dumps({"started": 1, "finished": 0}), False),
        ('{"started": 1', False),
        (json.dumps({"started": 1, "finished": 1}), True),
        (json.dumps({"changed": True, "images": []}), True),
        ("[]", True),
    ):
        job_file.write_text(text, encoding="utf-8")
        assert progress.wait_for_job(log, job_file, 0).ended == ended
    # It ends as soon as the job does.
    job_file.write_text(json.dumps({"started": 1}), encoding="utf-8")
    log.write_text(f"{STEP}\ngcc\n", encoding="utf-8")
    assert progress.wait_for_job(log, job_file, 0.01) == progress.Progress(False, "0:08 step 2 of 3: stubdom", "gcc")
    monkeypatch.setattr(progress.time, "sleep", lambda _seconds: job_file.unlink())
    assert progress.wait_for_job(log, job_file, 60).ended is True
