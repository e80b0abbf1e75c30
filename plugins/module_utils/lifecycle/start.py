# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start guests, and report why a start failed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ..config import start_file
from ..host.log_files import Mark, console_log_of, mark, stub_domain_log_of
from ..toolstack.base import StubDomainLate, ToolstackError
from ..xencfg.text import digest
from . import records
from .context import Context, GuestRun
from .domains import after_wait
from .leftovers import Leftovers
from .observation import Record
from .stop import Stopper

_SECOND_START = "its stub domain was not ready in time, as on a busy host; the guest is started once more"


@dataclass(frozen=True)
class _Start:
    """Describe one start.

    ``record`` is saved when it succeeds. ``uuid`` is that of the new domain, "" where the file has one. ``mark`` is where
    the log of the stub domain ended before.
    """

    run: GuestRun
    path: Path
    record: Record
    uuid: str
    mark: Mark


class Starter:
    """Start guests; in check mode, predict the outcomes. ``new_uuid`` returns the uuid of a new domain."""

    def __init__(self, context: Context, stopper: Stopper, new_uuid: Callable[[], str]) -> None:
        self._context = context
        self._policy = context.policy
        self._folders = context.folders
        self._toolstack = context.toolstack
        self._stopper = stopper
        self._leftovers = Leftovers(context)
        self._new_uuid = new_uuid

    def start(self, runs: list[GuestRun]) -> None:
        """Start guests side by side.

        Only the toolstack's own work is done side by side. What comes before and after it is done guest by guest, so
        that each run reports the same.
        """
        starts = []
        for run in runs:
            with self._context.guard(run):
                found = self._prepare(run)
                if found:
                    starts.append(found)
        for start, error in zip(starts, self._create_all(starts)):
            with self._context.guard(start.run):
                self._finish(start, error)

    def check(self, run: GuestRun) -> None:
        """Report what keeps the guest from a start as its problem, before anything is done with it: a missing file, a needed
        guest that does not run. Raise OSError."""
        self._check_text(run, self._read(run))
        self._context.refuse_without_needs(run)

    def _prepare(self, run: GuestRun) -> _Start | None:
        """Record a start and return it; None for a guest that cannot be started, and in check mode.

        Raise ToolstackError or OSError.
        """
        text = self._read(run)
        self._check_text(run, text)
        self._context.refuse_without_needs(run)
        if run.outcome.problems or not self._make_way(run):
            return None
        if self._policy.check or text is None:
            run.outcome.state = run.guest.state
            run.outcome.restart_needed, run.outcome.stale = False, False
            return None
        name, own = run.guest.name, str(run.guest.settings.get("uuid") or "")
        uuid = "" if own else self._new_uuid()
        log = console_log_of(self._folders.console_dir, name)
        record = Record(uuid or own.lower(), digest(text), log.stat().st_size if log.exists() else 0)
        records.begin(self._folders.records, name, record)
        return _Start(run, self._path(run), record, uuid, mark(self._stub_log(run)))

    def _read(self, run: GuestRun) -> str | None:
        """Return the content of the file that a guest is started from, None for no file. Raise OSError."""
        return start_file.read(self._folders.config_dir, run.guest, self._toolstack, self._folders.records)[0]

    def _check_text(self, run: GuestRun, text: str | None) -> None:
        if text is None and not self._context.files_may_come:
            run.fail(f"{self._path(run)} is missing", "run guest_config first", key="file")

    def _create_all(self, starts: list[_Start]) -> list[Exception | None]:
        if len(starts) < 2:
            return [self._create(start) for start in starts]
        with ThreadPoolExecutor(max_workers=len(starts)) as pool:
            return list(pool.map(self._create, starts))

    def _create(self, start: _Start) -> Exception | None:
        try:
            self._toolstack.create(str(start.path), start.uuid)
        except (ToolstackError, OSError) as error:
            return error
        return None

    def _finish(self, start: _Start, error: Exception | None) -> None:
        """Report the outcome of a start, after a second start where that may help. Raise ToolstackError or OSError."""
        run = start.run
        for is_last in (False, True):
            if error is None:
                self._complete(start)
                return
            cause = self._cause(start) if run.guest.type == "hvm" else ""
            remedy = self._leftovers.remove_failed(run, start.record.uuid)
            # A stub domain that printed why it failed would fail again.
            if is_last or not isinstance(error, StubDomainLate) or cause or remedy or run.outcome.problems:
                break
            run.outcome.note(_SECOND_START)
            error = self._create(start)
        if not remedy:
            records.forget_begun(self._folders.records, run.guest.name)
        reason = f"{error}; its stub domain printed: {cause}" if cause else str(error)
        advice = remedy or self._advice(run, cause)
        left = self._context.left_behind()
        if left:
            # It may have what this guest needs.
            reason, advice = f"{reason}; {left[0]}", f"{left[1]}; then {advice}"
        run.fail(reason, advice)

    def _complete(self, start: _Start) -> None:
        """Record what the new domain was started from. One that ends at once is a problem of the guest."""
        run, folder = start.run, self._folders.records
        found = self._context.waiter.leaves(run.guest.name, "paused")
        if found is None or found.condition not in ("running", "paused"):
            # It may reboot, as an installer does.
            found = self._context.settled(run.guest.name)
        self._context.update(run, found)
        if found is None:
            records.forget_begun(folder, run.guest.name)
            run.fail("was started, and ended at once", f"read its console log, or {self._context.try_again}")
            return
        if found.condition == "paused":
            run.fail(after_wait("was started, and is paused"), "find out who paused it, then run this again")
            return
        uuid = self._toolstack.facts_of(found).uuid
        records.save(folder, run.guest.name, Record(uuid, start.record.digest, start.record.console_offset))
        records.forget_pause(folder, run.guest.name)
        run.done = run.outcome.action
        run.outcome.restart_needed, run.outcome.stale = False, False
        if found.condition != "running":
            run.fail(f"was started, and is {found.condition}", "read its console log")
        elif run.guest.state == "paused":
            self._stopper.pause(run)

    def _make_way(self, run: GuestRun) -> bool:
        """Remove what would make the start fail, and report whether all of it is gone."""
        if run.domain and not run.observation.is_half_made:
            if run.outcome.state != "off" and not self._policy.check:
                self._stopper.wait_gone(run)
        else:
            self._leftovers.remove_interrupted(run)
        return not run.outcome.problems

    def _cause(self, start: _Start) -> str:
        """Return why the stub domain of a failed start ended, from its log, "" where the log has no reason."""
        # Only for a failed start.
        from ..host.stub_domain_log import reason_since

        return reason_since(self._stub_log(start.run), start.mark)

    def _advice(self, run: GuestRun, cause: str) -> str:
        """Return the remedy after a failed start that left nothing. ``cause`` is what the stub domain printed."""
        if run.guest.type != "hvm":
            return self._context.try_again
        # libxl does not repeat the error messages of QEMU.
        # stubdom-dm gives its stub domains a fixed size.
        more = "raise device_model.memory, " if "memory" in cause and self._toolstack.name == "xl" else ""
        return f"{more}read {self._stub_log(run)}, {self._context.try_again}"

    def _stub_log(self, run: GuestRun) -> Path:
        return stub_domain_log_of(self._folders.log_dir, run.guest.name)

    def _path(self, run: GuestRun) -> Path:
        return start_file.path_of(self._folders.config_dir, run.guest, self._toolstack)
