# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what becomes of a guest's files that this collection did not write.

A file that means the same as the definition stays as it is. The record of meanings (``meaning_record``) has which text was
adopted and what it stands for, so that later runs ask the toolstack nothing. It is loaded only where there is such a file.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..common.problem import Problem
from ..xencfg.text import digest
from ..xencfg.values import ConfigSyntaxError
from . import meaning_record
from .file_plan import ADOPT, FilePlan
from .guest_plan import GuestPlan
from .same_meaning import EarlierText, Kept, KeptFile, MeaningRecord


def was_adopted(records: Path, guest: str, name: str, text: str) -> bool:
    """Return whether a file of another origin was adopted for the guest, and means what it did then: only its comments may
    have changed."""
    kept = _kept(records, guest)
    return kept is not None and kept.digest_of(name) == digest(text)


def recognise(plan: GuestPlan, records: Path, adopt: bool) -> set[Path]:
    """Keep the files of another origin that were adopted for what the definition results in.

    Return those that need no other leave to be replaced or removed: they were adopted. Without ``adopt``, one that was changed
    since is open until the toolstack has compared it (``settle``).
    """
    kept = _kept(records, plan.name)
    if kept is None:
        return set()
    foreign = [file for file in plan.files if file.is_foreign]
    adopted = [file for file in foreign if kept.digest_of(file.path.name)]
    unchanged = [file for file in adopted if kept.digest_of(file.path.name) == digest(file.before or "")]
    staying = [file for file in foreign if file.after is not None]
    if unchanged == foreign and (kept.stands_for, kept.judge) == (plan.digest_rendered(), plan.judge):
        for file in staying:
            file.keep()
    for file in adopted:
        file.is_open = not adopt and file not in unchanged and file.after is not None
    return {file.path for file in adopted if file in unchanged or file.is_open}


def settle(plan: GuestPlan) -> bool:
    """Keep files of another origin where all changed files of the guest mean the same; return whether there are any.

    Otherwise add the problem of each file that was adopted, and changed by hand to mean something else.
    """
    changing = [file for file in plan.files if file.after is not None and file.after != file.before]
    foreign = [file for file in changing if file.is_foreign]
    if not foreign:
        return False
    if all(file.means_the_same for file in changing):
        for file in foreign:
            file.keep()
        return True
    plan.problems += [_problem(plan, file) for file in foreign if file.is_open]
    return False


def record_of(plan: GuestPlan, records: Path) -> MeaningRecord:
    """Return the record of a guest of which ``settle`` has kept files."""
    now, rendered = plan.digest_after(), plan.digest_rendered()
    old = meaning_record.read(meaning_record.path_of(records, plan.name)) or MeaningRecord("")
    earlier: tuple[EarlierText, ...] = ()
    uuid, is_same = plan.domain_made_from
    if now in old.digests or rendered in old.digests:
        # The earlier texts mean the same as well.
        earlier = old.earlier
        if not uuid:
            uuid, is_same = old.uuid, old.is_same
    if now not in {text.digest for text in earlier}:
        # Later changes of its comments do not make it younger.
        earlier = EarlierText(now, max(file.changed_at for file in plan.files)), *earlier
    files = [KeptFile(file.path.name, digest(file.before or "")) for file in plan.files if file.is_kept]
    return MeaningRecord(now, earlier, uuid, is_same, Kept(rendered, plan.judge, tuple(files)))


def carry_over(found: MeaningRecord, plan: GuestPlan, records: Path) -> MeaningRecord:
    """Return the record of a guest's new files with what the former one has about files of another origin: where the run is
    interrupted before it has replaced them, the next one needs no other leave."""
    kept = _kept(records, plan.name)
    if kept is None or not any(file.is_foreign for file in plan.files):
        return found
    is_replaced = not any(file.is_kept for file in plan.files)
    return replace(found, kept=replace(kept, stands_for="", judge="") if is_replaced else kept)


def _kept(records: Path, guest: str) -> Kept | None:
    found = meaning_record.read(meaning_record.path_of(records, guest))
    return found.kept if found else None


def _problem(plan: GuestPlan, file: FilePlan) -> Problem:
    try:
        keys = ", ".join(dict.fromkeys(change.key for change in file.changes()))
    except ConfigSyntaxError:
        keys = "it cannot be read"
    reason = f"was not written by this collection, and no longer means the same as the definition ({keys})"
    return Problem(reason, f"change it back, {ADOPT}", guest=plan.name, key="file", value=str(file.path))
