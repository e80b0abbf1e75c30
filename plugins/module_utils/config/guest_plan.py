# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold the plan of one guest's files and links, report it, and carry it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.files import link_atomic
from ..common.paths import RECORDS
from ..common.problem import Problem
from ..xencfg.text import digest
from ..xencfg.values import ConfigSyntaxError
from .file_plan import FilePlan

if TYPE_CHECKING:
    from .autostart import LinkPlan
    from .same_meaning import MeaningRecord


@dataclass
class GuestPlan:
    """Hold what is to become of one guest's files and links; the first file is the guest's own.

    ``domain_made_from`` is the uuid of the guest's domain, "" where it is unknown what that was made from, and whether it was
    made from a configuration of the new file's meaning. ``meaning`` is what is known of the meaning of the new file, None
    where the records need no change. ``judge`` is the toolstack with its release.
    """

    name: str
    files: list[FilePlan] = field(default_factory=list)
    links: list[LinkPlan] = field(default_factory=list)
    scheme: str = ""
    kernel: str = ""
    stub_mib: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    domain_made_from: tuple[str, bool] = ("", False)
    meaning: MeaningRecord | None = None
    judge: str = ""

    @property
    def action(self) -> str:
        """Return created, updated, removed or none. The guest's own file decides; where it stays, other changes are an
        update, or the rest of a removal under another toolstack or by an interrupted run."""
        own = self.files[0] if self.files else None
        if not own or own.action != "none":
            return own.action if own else "none"
        if not self.links and all(file.action == "none" for file in self.files):
            return "none"
        return "removed" if own.after is None else "updated"

    def as_dict(self) -> dict[str, Any]:
        """Return the guest's part of the module's result. A guest with problems has no changes: nothing was done."""
        own = self.files[0] if self.files else None
        shown = {
            "name": self.name,
            "path": str(own.path) if own else "",
            "stub_domain_path": next((str(file.path) for file in self.files[1:] if file.after is not None), ""),
            "scheme": self.scheme,
            "kernel": self.kernel,
            "digest": "",
            "action": "none",
            "changes": [],
            "backup": "",
            "meaning": {},
            "notes": self.notes,
            "problems": [problem.as_dict() for problem in self.problems],
        }
        if own and not self.problems:
            notes = [f"guest {self.name}: {note}" for file in self.files for note in file.notes()]
            shown.update(
                digest=self.digest_after(),
                action=self.action,
                changes=self._changes(),
                backup=own.backup,
                meaning=self.meaning.as_dict() if self.meaning else {},
                notes=[*self.notes, *notes],
            )
        return shown

    def digest_after(self) -> str:
        """Return the digest of the guest's configuration as it is to be, "" for none."""
        texts = [file.after for file in self.files if file.after is not None]
        return digest("".join(texts)) if texts else ""

    def digest_rendered(self) -> str:
        """Return the digest of the texts that the definition results in, also where a file of another origin stays."""
        texts = [file.rendered if file.is_kept else file.after for file in self.files]
        return digest("".join(text for text in texts if text is not None))

    def digest_before(self) -> str:
        """Return the digest of the guest's configuration as it is, "" where it has not the same files."""
        texts = [file.before for file in self.files if file.before is not None and file.after is not None]
        return digest("".join(texts)) if texts and len(texts) == len(self.files) else ""

    def diffs(self) -> list[dict[str, str]]:
        """Return the differences of files and links as Ansible shows them."""
        found = [file.diff() for file in self.files if file.action != "none"]
        for link, target, wanted in self.links:
            heads = {"before_header": str(link), "after_header": str(link)}
            text = f"a link to {target}\n"
            found.append({**heads, "before": "" if wanted else text, "after": text if wanted else ""})
        return found

    def _changes(self) -> list[dict[str, Any]]:
        found = []
        for file in self.files:
            try:
                found += [{"path": str(file.path), **change.as_dict()} for change in file.changes()]
            except ConfigSyntaxError:
                continue  # The textual difference shows what the parser cannot read.
        return found


def apply(plan: GuestPlan, records: Path = Path(RECORDS)) -> None:
    """Write and remove the guest's files and links as planned. An error of the disk becomes the guest's problem.

    ``records`` is the folder of this collection's records: what is known of the meaning of a file is there before the file.
    The stub domain's file is written before the guest's own and removed after it, and files that are no longer wanted are
    removed last: wherever a run is interrupted, a guest that has its file can start, and the next run does the rest.
    """
    where = plan.files[0].path if plan.files else Path()
    try:
        if plan.meaning:
            # Loaded only where a file is spelled differently, or is the first that this collection writes.
            from . import meaning_record

            where = meaning_record.path_of(records, plan.name)
            meaning_record.save(records, plan.name, plan.meaning)
        for file in reversed(plan.files):
            if file.after is not None:
                where = file.path
                file.write()
        for link, target, wanted in plan.links:
            where = link
            if wanted:
                link_atomic(link, str(target))
            else:
                link.unlink(missing_ok=True)
        for file in plan.files:
            if file.after is None:
                where = file.path
                file.write()
    except OSError as error:
        reason, remedy = f"cannot be written: {error.strerror}", "make room, and see that root may write there"
        plan.problems.append(Problem(reason, remedy, guest=plan.name, key="file", value=str(where)))
