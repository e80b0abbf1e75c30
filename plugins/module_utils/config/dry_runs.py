# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have the host's own toolstack read each text that is to become a file, before anything of the guest is changed.

What it makes of the text also shows whether a file that is only spelled differently means the same as the one before, and as
the configuration that a running domain was made from.

It is loaded only where a file changes: a guest whose files stay costs no process.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Iterable, Mapping

from ..common.problem import Problem
from ..toolstack.base import Domain, Toolstack, ToolstackError
from ..toolstack.domain_record import read_record
from ..toolstack.dry_run import DryRun, FileRefused, Hangs, NoAnswer, dry_run, read_config
from ..toolstack.meaning import Meaning, MeaningError, differences, differences_from_record, meaning_of
from ..xencfg.compare import Change
from ..xencfg.values import ConfigSyntaxError
from . import meaning_record
from .file_plan import FilePlan
from .guest_plan import GuestPlan
from .key_places import keys_that_differ
from .same_meaning import EarlierText, MeaningRecord

# Returns what the toolstack makes of the text that is to be a file; tests replace it.
Rehearse = Callable[[str, str], DryRun]

_NUMBER = re.compile(r"[1-9][0-9]*")
# What xl prints about a key of an interface that it does not know; it starts the guest without that key and those behind it.
_DROPPED = "unrecognized argument `"
_REMEDY = "correct the definition; until then the guest keeps its file and its domain"


class DryRuns:
    """Rehearse the changed files of a host's guests.

    ``domains`` are those of the host; ``records`` is the folder of this collection's records, ``xen_lib`` that of libxl's.
    """

    def __init__(
        self,
        toolstack: Toolstack,
        domains: Iterable[Domain],
        records: Path,
        rehearse: Rehearse | None = None,
        xen_lib: Path | None = None,
    ) -> None:
        self._program = toolstack.name
        self._domains: Mapping[str, Domain] = {domain.name: domain for domain in domains}
        self._records = records
        self._rehearse = rehearse or (lambda path, text: dry_run(toolstack, path, text))
        self._xen_lib = xen_lib
        # Why there is no other dry run, "" as long as the toolstack answers.
        self._hangs = ""

    def check(self, plans: Iterable[GuestPlan]) -> None:
        """Add a problem to each guest of which the toolstack refuses a file, notes of what it warns about, and what is known
        of the meaning of the files before."""
        for plan in plans:
            is_kept = False
            for file in plan.files:
                if file.after is not None and file.after != file.before and not plan.problems:
                    self._check_file(plan, file, file.after)
            if not plan.problems and any(file.is_foreign for file in plan.files):
                from . import foreign_files

                is_kept = foreign_files.settle(plan)
            if not plan.problems:
                plan.meaning = foreign_files.record_of(plan, self._records) if is_kept else self._meaning_record(plan)

    def _check_file(self, plan: GuestPlan, file: FilePlan, text: str) -> None:
        file.means_the_same = _changes(file) == []
        try:
            found = self._run(file, text)
        except FileRefused as error:
            plan.problems.append(_problem(plan, file, str(error), _REMEDY))
        except Hangs as error:
            self._hangs = str(error)
            remedy = f"find out what {self._program} waits for: it would not start the guest either"
            plan.problems.append(_problem(plan, file, str(error), remedy))
        except NoAnswer as error:
            plan.notes.append(f"guest {plan.name}: there was no dry run of {file.path}: {error}")
        except OSError as error:
            reason = f"{self._program} cannot be given the text: {error.strerror}"
            plan.problems.append(_problem(plan, file, reason, "make room for temporary files on the host"))
        else:
            dropped = [line for line in found.warnings if line.startswith(_DROPPED)]
            if dropped:
                reason = f"{self._program} would go on without a part of the file: {'; '.join(dropped)}"
                plan.problems.append(_problem(plan, file, reason, _REMEDY))
                return
            if found.warnings:
                words = "; ".join(found.warnings)
                plan.notes.append(f"guest {plan.name}: {self._program} warns about {file.path}: {words}")
            self._compare(plan, file, text, found)

    def _compare(self, plan: GuestPlan, file: FilePlan, text: str, found: DryRun) -> None:
        """Leave out of the file's changes what is only spelled differently, and compare with a running domain."""
        domain = self._domains.get(plan.name) if file is plan.files[0] else None
        record = read_record(domain.domid, self._xen_lib) if domain and self._program == "xl" else None
        changes = _changes(file)
        is_respelled = changes is not None and any(not _differs_surely(change) for change in changes)
        if not (record or is_respelled):
            return
        wanted = self._meaning(text, found)
        before = self._meaning_before(file) if is_respelled else None
        if wanted is not None and before is not None:
            places = differences(before, wanted)
            keys = [change.key for change in changes or ()]
            file.same_keys = set(keys).difference(keys_that_differ(keys, places))
            file.means_the_same = not places
            if file.means_the_same and not file.is_foreign:
                plan.notes.append(f"guest {plan.name}: {file.path} is spelled differently, and means the same to {self._program}")
        if wanted is not None and record is not None:
            is_same = not differences_from_record(record.meaning, wanted) and not _is_dropped(record.meaning, before, wanted)
            plan.domain_made_from = record.uuid, is_same

    def _meaning_before(self, file: FilePlan) -> Meaning | None:
        """Return the meaning of the text that the file has, None where the toolstack cannot read it."""
        try:
            return self._meaning(file.before or "", self._run(file, file.before or ""))
        except (ToolstackError, OSError):
            return None

    def _meaning(self, text: str, found: DryRun) -> Meaning | None:
        try:
            return meaning_of(self._program, found.output, read_config(self._program, text).values)
        except (MeaningError, ConfigSyntaxError):
            return None

    def _run(self, file: FilePlan, text: str) -> DryRun:
        if self._hangs:
            raise Hangs(self._hangs)
        return self._rehearse(str(file.path), text)

    def _meaning_record(self, plan: GuestPlan) -> MeaningRecord | None:
        """Return what is known of the meaning of the guest's new files, None for nothing."""
        now, before = plan.digest_after(), plan.digest_before()
        earlier: tuple[EarlierText, ...] = ()
        if before and before != now and all(file.means_the_same for file in plan.files if file.after != file.before):
            text = EarlierText(before, max(file.changed_at for file in plan.files))
            earlier = text, *meaning_record.load(self._records, plan.name, before).earlier
        uuid, is_same = plan.domain_made_from
        if not earlier and not uuid:
            return None
        found = MeaningRecord(now, earlier, uuid, is_same)
        if any(file.is_foreign for file in plan.files):
            from . import foreign_files

            return foreign_files.carry_over(found, plan, self._records)
        return found


def _changes(file: FilePlan) -> list[Change] | None:
    """Return what is spelled differently, key by key; None where there is no file before, or none that can be read."""
    try:
        return None if file.before is None else file.changes()
    except ConfigSyntaxError:
        return None


def _differs_surely(change: Change) -> bool:
    """Return whether two spellings of a key cannot mean the same: other numbers, other paths.

    Most changes of a fleet are of this kind: more memory, a newer image. They need no dry run of the file before.
    """
    before, after = change.before, change.after
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    # Xen reads a number that begins with 0 in another base, and takes every number but 0 for true.
    are_numbers = bool(_NUMBER.fullmatch(before) and _NUMBER.fullmatch(after)) and "1" not in (before, after)
    return are_numbers or (before.startswith("/") and after.startswith("/"))


def _is_dropped(record: Meaning, before: Meaning | None, wanted: Meaning) -> bool:
    """Return whether the domain was made from a value that the file before had, and that is to be left to libxl now."""
    given = {} if before is None else before
    return any(place not in wanted and record.get(place) == value for place, value in given.items())


def _problem(plan: GuestPlan, file: FilePlan, reason: str, remedy: str) -> Problem:
    return Problem(reason, remedy, guest=plan.name, key="file", value=str(file.path))
