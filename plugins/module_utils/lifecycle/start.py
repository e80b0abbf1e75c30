# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start guests, and report why a start failed."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Mapping

from ..config import start_file
from ..host.log_files import Mark, console_log_of, mark, model_logs, stub_domain_log_of, toolstack_logs
from ..toolstack.base import StubDomainLate, ToolstackError
from ..xencfg.text import digest
from . import records
from .context import Context, GuestRun
from .domains import after_wait
from .leftovers import Leftovers
from .observation import Record
from .stop import Stopper

if TYPE_CHECKING:
    from ..host.failure_logs import Quote

_SECOND_START = "its stub domain was not ready in time, as on a busy host; the guest is started once more"


@dataclass(frozen=True)
class _Start:
    """Describe one start.

    ``record`` is saved when it succeeds. ``uuid`` is that of the new domain, "" where the file has one. ``logs`` has where
    each log of the guest ended before.
    """

    run: GuestRun
    path: Path
    record: Record
    uuid: str
    logs: Mapping[Path, Mark]


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

    def start(self, runs: list[GuestRun], at_once: int) -> None:
        """Start guests, so many at once: when the first of them is made, the next one begins.

        Only the toolstack's own work is done side by side. What comes before and after it is done guest by guest, in
        the order of the list, while the toolstack makes the others.
        """
        if min(at_once, len(runs)) < 2:
            for run in runs:
                start = self._prepared(run)
                if start:
                    self._finished(start, self._create(start))
            return
        with ThreadPoolExecutor(max_workers=at_once) as pool:
            made: deque[tuple[_Start, Future[Exception | None]]] = deque()
            for run in runs:
                if len(made) == at_once:
                    first, future = made.popleft()
                    self._finished(first, future.result())
                start = self._prepared(run)
                if start:
                    made.append((start, pool.submit(self._create, start)))
            for start, future in made:
                self._finished(start, future.result())

    def _prepared(self, run: GuestRun) -> _Start | None:
        with self._context.guard(run):
            return self._prepare(run)
        return None

    def _finished(self, start: _Start, error: Exception | None) -> None:
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
        return _Start(run, self._path(run), record, uuid, {path: mark(path) for path in self._logs(run)})

    def _read(self, run: GuestRun) -> str | None:
        """Return the content of the file that a guest is started from, None for no file. Raise OSError."""
        return start_file.read(self._folders.config_dir, run.guest, self._toolstack, self._folders.records)[0]

    def _check_text(self, run: GuestRun, text: str | None) -> None:
        if text is None and not self._context.files_may_come:
            run.fail(f"{self._path(run)} is missing", "run guest_config first", key="file")

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
            cause = self._cause(start)
            remedy = self._leftovers.remove_failed(run, start.record.uuid)
            # A stub domain that printed why it failed would fail again.
            if is_last or not isinstance(error, StubDomainLate) or cause or remedy or run.outcome.problems:
                break
            run.outcome.note(_SECOND_START)
            error = self._create(start)
        if not remedy:
            records.forget_begun(self._folders.records, run.guest.name)
        reason = f"{error}{self._quoted(run, cause or self._last_words(start))}"
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
            why = self._why(start, None)
            run.fail(f"was started, and ended at once{why}", f"read its console log, or {self._context.try_again}")
            return
        if found.condition == "paused":
            run.fail(after_wait("was started, and is paused"), "find out who paused it, then run this again")
            return
        uuid = start.uuid or self._toolstack.facts_of(found).uuid
        records.save(folder, run.guest.name, Record(uuid, start.record.digest, start.record.console_offset))
        records.forget_pause(folder, run.guest.name)
        run.done = run.outcome.action
        run.outcome.restart_needed, run.outcome.stale = False, False
        if found.condition != "running":
            why = self._why(start, found.domid)
            run.fail(f"was started, and is {found.condition}{why}", self._after_crash(run, why))
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

    def _cause(self, start: _Start) -> Quote | None:
        """Return what a log of the guest states as the cause of a failure, None where none does."""
        # Only for a failed start.
        from ..host.failure_logs import cause_since

        return cause_since(start.logs, start.run.guest.name)

    def _last_words(self, start: _Start) -> Quote | None:
        """Return the last line of a QEMU in dom0, None for none: the boot of a stub domain shows no cause."""
        # Loaded already.
        from ..host.failure_logs import last_words

        stub_log = self._stub_log(start.run) if start.run.has_stub_domain else None
        return last_words({log: at for log, at in start.logs.items() if log.name.startswith("qemu-dm-") and log != stub_log})

    def _why(self, start: _Start, domid: int | None) -> str:
        """Return why the domain of a guest has ended, as the rest of a sentence: from its logs, or from that of Xen, which
        alone has what the firmware of an HVM guest printed; "" where neither has it."""
        from ..host.failure_logs import logged_by_xen, monitored_domain

        quote = self._cause(start)
        domid = monitored_domain(start.logs) if domid is None else domid
        if quote is None and domid is not None:
            quote = logged_by_xen(self._toolstack, domid)
        return self._quoted(start.run, quote or self._last_words(start))

    def _quoted(self, run: GuestRun, quote: Quote | None) -> str:
        """Return the words of a log as the rest of a sentence, "" for none."""
        # Loaded already.
        from ..host.failure_logs import shown

        if quote and run.has_stub_domain and quote.log == str(self._stub_log(run)):
            return f"; its stub domain printed: {quote.text}"
        return shown(quote)

    def _after_crash(self, run: GuestRun, why: str) -> str:
        if run.guest.type != "hvm":
            return "read its console log"
        if why:
            return self._context.try_again
        return f"boot Xen with guest_loglvl=all: {self._toolstack.name} dmesg then has what the guest's firmware prints"

    def _advice(self, run: GuestRun, cause: Quote | None) -> str:
        """Return the remedy after a failed start that left nothing. ``cause`` is what a log states."""
        if run.guest.type != "hvm":
            return self._context.try_again
        # libxl does not repeat the error messages of QEMU.
        # stubdom-dm gives its stub domains a fixed size.
        more = "raise device_model.memory, " if cause and "memory" in cause.text and self._toolstack.name == "xl" else ""
        return f"{more}read {cause.log if cause else self._stub_log(run)}, {self._context.try_again}"

    def _logs(self, run: GuestRun) -> list[Path]:
        """Return the guest's logs; one without a device model prints its causes on its console."""
        name, own = run.guest.name, self._toolstack.log_of(run.guest.name)
        console = console_log_of(self._folders.console_dir, name)
        if run.guest.type != "hvm":
            return [console, *toolstack_logs(self._folders.log_dir, own)]
        models = model_logs(self._folders.log_dir, name, self._toolstack.stub_name_of(name))
        return [*models, *toolstack_logs(self._folders.log_dir, own), console]

    def _stub_log(self, run: GuestRun) -> Path:
        return stub_domain_log_of(self._folders.log_dir, run.guest.name)

    def _path(self, run: GuestRun) -> Path:
        return start_file.path_of(self._folders.config_dir, run.guest, self._toolstack)
