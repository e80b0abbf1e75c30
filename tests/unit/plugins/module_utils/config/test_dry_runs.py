# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dry run decides about a guest's files. tests/unit/plugins/modules/test_dry_runs.py has the fake Xen do it."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import head_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.dry_runs import DryRuns
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.file_plan import FilePlan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.guest_plan import GuestPlan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.dry_run import DryRun, FileRefused, NoAnswer
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm


class Rehearsal:
    """Read each text as a toolstack would that knows memory alone; an error of its own comes first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.texts: list[str] = []

    def __call__(self, _path: str, text: str) -> DryRun:
        self.texts.append(text)
        if self.errors:
            raise self.errors.pop(0)
        words = text.split("\n", 1)[-1].replace('"', " ").split() if text.startswith("#") else text.replace('"', " ").split()
        return DryRun(json.dumps({"b_info": {"target_memkb": int(words[2], 0)}}))


OURS = f"# {head_of('web1')}\n"


def planned(before: str | None, after: str | None = "memory = 256\n", name: str = "web1") -> GuestPlan:
    return GuestPlan(name, files=[FilePlan(Path(f"/etc/xen/{name}.cfg"), "xl", before, after, changed_at=12.5)])


def check(tmp_path: Path, rehearsal: Rehearsal, *plans: GuestPlan) -> None:
    DryRuns(Xl(), [], tmp_path, rehearsal, tmp_path).check(plans)


@pytest.mark.parametrize(
    "before, texts, changes, has_earlier",
    [
        (None, 1, ["memory"], False),
        ("# by hand\nmemory = 256\n", 1, [], False),  # of the same digest
        ("memory = 128\n", 1, ["memory"], False),
        ('memory = "0x100"\n', 2, [], True),
        ('memory = "0x80"\n', 2, ["memory"], False),
        ("memory = 0x101\n", 2, ["memory"], False),
        ("memory =\n", 1, None, False),
    ],
)
def test_a_second_text_is_read_only_where_it_can_mean_the_same(
    tmp_path: Path, before: str | None, texts: int, changes: list[str] | None, has_earlier: bool
) -> None:
    plan, rehearsal = planned(None if before is None else OURS + before), Rehearsal()
    check(tmp_path, rehearsal, plan)
    assert (len(rehearsal.texts), plan.problems) == (texts, [])
    if changes is not None:
        assert [change.key for change in plan.files[0].changes()] == changes
    earlier = plan.meaning.earlier if plan.meaning else ()
    assert [text.changed_at for text in earlier] == ([12.5] if has_earlier else [])


def test_a_file_that_stays_or_goes_is_not_read(tmp_path: Path) -> None:
    rehearsal = Rehearsal()
    check(tmp_path, rehearsal, planned("memory = 256\n"), planned("memory = 256\n", None))
    assert rehearsal.texts == []


def test_each_guest_has_its_own_problem(tmp_path: Path) -> None:
    plans = [planned(None, name=name) for name in ("refused", "full", "silent", "good")]
    full = OSError(errno.ENOSPC, "No space left on device")
    check(tmp_path, Rehearsal(FileRefused("xl create -n failed: no"), full, NoAnswer("it did not read it")), *plans)
    assert [[problem.reason for problem in plan.problems] for plan in plans] == [
        ["xl create -n failed: no"],
        ["xl cannot be given the text: No space left on device"],
        [],
        [],
    ]
    assert plans[2].notes == ["guest silent: there was no dry run of /etc/xen/silent.cfg: it did not read it"]


def test_an_old_file_that_the_toolstack_refuses_or_would_execute_has_no_meaning(tmp_path: Path) -> None:
    plan = planned('memory = "0x100"\n')
    rehearsal = Rehearsal()

    def second_fails(path: str, text: str) -> DryRun:
        found = rehearsal(path, text)
        if len(rehearsal.texts) == 2:
            raise FileRefused("no")
        return found

    DryRuns(Xl(), [], tmp_path, second_fails, tmp_path).check([plan])
    assert plan.problems == [] and [change.key for change in plan.files[0].changes()] == ["memory"]
    program = GuestPlan("web1", files=[FilePlan(Path("/etc/xen/web1"), "xm", "import os\nmemory = 256\n", "memory = 256\n")])
    xm = Rehearsal()
    DryRuns(Xm(), [], tmp_path, xm, tmp_path).check([program])
    assert len(xm.texts) == 1, "what is more than assignments is not executed to compare it"
