# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts guests, clears away what a start left that failed or was cut short, and tells why one failed: a part of
``lifecycle``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping

from ..common.paths import LOG_DIR
from ..config import guest_file
from ..host import stub_domain_log
from ..host.console_log import log_of
from ..toolstack import stub_domains
from ..toolstack.base import Domain, StubDomainLate, ToolstackError
from ..xencfg.text import digest
from . import records
from .context import Scene, Task
from .observe import never_ran
from .records import Record
from .stop import Stopping
from .wait import within

_LATE = "its stub domain was not ready in time, as on a busy host; it is started once more"


@dataclass(frozen=True)
class _Start:
    """``record`` is what it will be remembered by; ``uuid`` is that of its domain, "" where the file has one; ``mark`` is
    where the log of its stub domain ended before."""

    task: Task
    path: Path
    record: Record
    uuid: str
    mark: stub_domain_log.Mark


class Starting:
    """In check mode it says what would be. ``new_uuid`` makes up that of a new domain."""

    def __init__(self, scene: Scene, stopping: Stopping, new_uuid: Callable[[], str]) -> None:
        self._scene = scene
        self._rules = scene.rules
        self._toolstack = scene.toolstack
        self._stopping = stopping
        self._new_uuid = new_uuid

    def start(self, tasks: list[Task]) -> None:
        """Only the toolstack's own work is done side by side: what comes before and after it is done one after the other,
        so that the same is told each time."""
        starts = []
        for task in tasks:
            with self._scene.guard(task):
                found = self._prepare(task)
                if found:
                    starts.append(found)
        for start, error in zip(starts, self._create_all(starts)):
            with self._scene.guard(start.task):
                self._finish(start, error)

    def text_of(self, task: Task) -> str | None:
        """Of the file that it is started from; None where there is none yet, or none at all, which is its problem then.
        Raises OSError."""
        text, _changed_at = guest_file.read(self._rules.config_dir, task.guest, self._toolstack)
        if text is None and not self._scene.files_may_come:
            task.fail(f"{self._path(task)} is missing", "run guest_config first", key="file")
        return text

    def _prepare(self, task: Task) -> _Start | None:
        """None for what cannot be started, or is not, in check mode. Raises ToolstackError, OSError."""
        text = self.text_of(task)
        if task.outcome.problems or not self._make_way(task):
            return None
        if self._rules.check or text is None:
            task.outcome.state = task.guest.state
            task.outcome.restart_needed, task.outcome.stale = False, False
            return None
        name, own = task.guest.name, str(task.guest.settings.get("uuid") or "")
        uuid = "" if own else self._new_uuid()
        log = log_of(self._rules.console_dir, name)
        record = Record(uuid or own.lower(), digest(text), log.stat().st_size if log.exists() else 0)
        records.begin(self._rules.records, name, record)
        return _Start(task, self._path(task), record, uuid, stub_domain_log.mark(self._stub_log(task)))

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

    def _finish(self, start: _Start, error: Exception | None, is_last: bool = False) -> None:
        """Raises ToolstackError, OSError."""
        if error is None:
            self._note(start)
            return
        task = start.task
        said = stub_domain_log.reason_since(self._stub_log(task), start.mark) if task.guest.type == "hvm" else ""
        left = self._clean(start)
        # One that said why it gave up would say it again.
        if isinstance(error, StubDomainLate) and not (is_last or said or left or task.outcome.problems):
            task.outcome.note(_LATE)
            self._finish(start, self._create(start), is_last=True)
            return
        if not left:
            records.forget_begun(self._rules.records, task.guest.name)
        reason = f"{error}; its stub domain said: {said}" if said else str(error)
        task.fail(reason, left or self._advice(task, said))

    def _note(self, start: _Start) -> None:
        """Remembers which domain was started from what; a domain that is gone at once is the guest's problem."""
        task, folder = start.task, self._rules.records
        found = self._scene.waiting.leaves(task.guest.name, "paused")
        self._scene.seen_again(task, found)
        if found is None:
            records.forget_begun(folder, task.guest.name)
            task.fail("started and ended at once", f"read its console log, or {self._scene.try_again}")
            return
        if found.condition == "paused":
            task.fail(within("was started, and is paused"), "see who paused it, then run this again")
            return
        uuid = self._toolstack.facts_of(found).uuid
        records.save(folder, task.guest.name, Record(uuid, start.record.digest, start.record.console_offset))
        records.forget_pause(folder, task.guest.name)
        task.done = task.outcome.action
        task.outcome.restart_needed, task.outcome.stale = False, False
        if found.condition != "running":
            task.fail(f"was started, and is {found.condition}", "read its console log")
        elif task.guest.state == "paused":
            self._stopping.pause(task)

    def _make_way(self, task: Task) -> bool:
        """Whether nothing is left that a start would fail for."""
        domains: Mapping[str, Domain] = self._scene.domains
        if task.domain and task.situation.is_cut:
            domains = self._remove_cut(task, task.domain)
        elif task.domain:
            if task.outcome.state != "off" and not self._rules.check:
                self._stopping.wait_gone(task)
            return not task.outcome.problems
        may_have_stub = task.guest.type == "hvm" and task.guest.device_model.scheme != "dom0"
        return not task.outcome.problems and (not may_have_stub or self._make_room(task, domains))

    def _remove_cut(self, task: Task, domain: Domain) -> Mapping[str, Domain]:
        """The domain that an earlier run was making when it was ended; the domains that there are then."""
        if self._rules.check:
            stub = stub_domains.serving(self._toolstack, self._scene.domains, domain)
            return {name: other for name, other in self._scene.domains.items() if other not in (domain, stub)}
        last = self._scene.ending.remove(domain)
        if last:
            reason = f"domain {domain.domid}, whose start was cut short, was destroyed and is {last}"
            task.fail(reason, self._holds())
        else:
            task.is_off()
        return self._scene.list()

    def _make_room(self, task: Task, domains: Mapping[str, Domain]) -> bool:
        """Destroys the stub domain that a failed start left: libxl cannot make another one of its name. Whether there
        is room for one now; check mode says what would be."""
        left, taken = stub_domains.left_over(self._toolstack, domains, task.guest.name)
        if taken:
            task.fail(taken, f"look at it, then run {self._destroy_stub(task)}")
            return False
        if left and not self._rules.check:
            if left.condition != "dying":
                self._scene.ending.destroy(left)
            if self._scene.ending.wait(left):
                reason = f"domain {left.domid} ({left.name}), left by a failed start, was destroyed and is still there"
                task.fail(reason, self._holds())
                return False
        if left and left.condition != "dying":
            task.outcome.note(f"domain {left.domid} ({left.name}), left by a failed start, is destroyed")
        return True

    def _clean(self, start: _Start) -> str:
        """Removes what a failed start left; what is to be done about what stays, "" for nothing."""
        task = start.task
        try:
            domains = self._scene.list()
        except ToolstackError as error:
            return f"see why the toolstack does not answer ({error})"
        half = domains.get(task.guest.name)
        try:
            if half:
                is_ours = never_ran(half) and self._toolstack.facts_of(half).uuid == start.record.uuid
                if not is_ours or self._scene.ending.remove(half):
                    return f"a half-made domain is left: {self._toolstack.name} destroy {task.guest.name}"
                task.outcome.note(f"domain {half.domid}, left by a failed start, is destroyed")
                domains = self._scene.list()
            if task.guest.type == "hvm":
                self._make_room(task, domains)
        except ToolstackError as error:
            return f"its stub domain is left: {self._destroy_stub(task)} ({error})"
        return ""

    def _advice(self, task: Task, said: str) -> str:
        """After a failed start that left nothing. ``said`` are the stub domain's last words."""
        if task.guest.type != "hvm":
            return self._scene.try_again
        # What QEMU itself complains of, libxl does not repeat.
        log = stub_domain_log.log_of(Path(LOG_DIR), task.guest.name)
        # That of stubdom-dm's stub domains cannot be chosen.
        more = "raise device_model.memory, " if "memory" in said and self._toolstack.name == "xl" else ""
        return f"{more}read {log}, {self._scene.try_again}"

    def _holds(self) -> str:
        return f"see what holds it ({self._toolstack.name} dmesg), then run this again"

    def _destroy_stub(self, task: Task) -> str:
        return f"{self._toolstack.name} destroy {self._toolstack.stub_name_of(task.guest.name)}"

    def _stub_log(self, task: Task) -> Path:
        return stub_domain_log.log_of(self._rules.log_dir, task.guest.name)

    def _path(self, task: Task) -> Path:
        return guest_file.path_of(self._rules.config_dir, task.guest, self._toolstack)
