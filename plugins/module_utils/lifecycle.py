# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts, stops and restarts the guests of a host: what ``guest_state`` does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping

from . import records, stubdomains, stublog
from .configfile import owner_of
from .console import log_of
from .ending import Ending
from .files import read_text
from .guest import Guest, read_guests
from .problem import Problem
from .schemes.rendered import file_name
from .toolstack.base import Domain, Toolstack, ToolstackError
from .xencfg.text import digest


@dataclass
class Outcome:
    """What was done to one guest, or would be done; ``restart_needed`` is None when nobody can tell.

    ``refused`` says that guest_config did not write the guest's file, so that it was left alone. ``notes`` are what is
    worth knowing and no fault.
    """

    name: str
    action: str = "none"
    state: str = "off"
    domid: int | None = None
    restart_needed: bool | None = False
    refused: bool = False
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "problems": [problem.as_dict() for problem in self.problems]}


@dataclass(frozen=True)
class Rules:
    """How a host's guests are handled. ``timeout`` is in seconds, for one guest's shutdown. ``log_dir`` has the logs of
    stub domains."""

    config_dir: Path
    records: Path
    console_dir: Path
    log_dir: Path = Path(stublog.LOGS)
    timeout: float = 120.0
    destroy: bool = False
    check: bool = False


class Lifecycle:
    """Brings guests to their states, one host's guests in one run; a guest's fault does not keep the others."""

    def __init__(self, toolstack: Toolstack, rules: Rules, sleep: Callable[[float], None] = time.sleep) -> None:
        self._toolstack = toolstack
        self._rules = rules
        self._ending = Ending(toolstack, rules.timeout, sleep)
        self._try_again = f"correct the cause and run this again ({toolstack.says_more})"
        # In check mode guest_config has told of files that it has not written.
        self._files_may_come = False
        # As they were at the start; a stub domain is looked up here, so that a guest without one costs nothing.
        self._domains: dict[str, Domain] = {}

    def run(self, items: list[Any], configured: Mapping[str, Mapping[str, Any]] | None) -> list[Outcome]:
        """``configured`` is what guest_config said of each guest, by name; a guest that it refused is left alone.

        Raises ToolstackError when the host's domains cannot be listed at the start.
        """
        self._domains = {domain.name: domain for domain in self._toolstack.domains()}
        self._files_may_come = self._rules.check and configured is not None
        outcomes = []
        todo: list[tuple[Guest, Outcome, Domain | None]] = []
        for definition in read_guests(items):
            outcome = Outcome(definition.name, problems=list(definition.problems))
            outcomes.append(outcome)
            domain = self._domains.get(definition.name)
            if domain:
                outcome.state, outcome.domid = domain.condition, domain.domid
            said = None if configured is None else configured.get(definition.name, {"problems": True})
            # What guest_config refused is its own to tell; told twice it would count twice.
            outcome.refused = bool(said and said.get("problems"))
            if definition.guest and not outcome.refused:
                todo.append((definition.guest, outcome, domain))
                try:
                    outcome.action = self._decide(definition.guest, outcome, domain, said)
                except (ToolstackError, OSError) as error:
                    self._fail(definition.guest, outcome, str(error), self._try_again)
        self._stop_all([(guest, outcome, domain) for guest, outcome, domain in todo if outcome.action == "stopped"])
        for guest, outcome, domain in todo:
            if guest.state == "absent" and outcome.state == "off" and not self._rules.check:
                self._guarded(self._forget, guest, outcome, domain)
            if outcome.action in ("started", "restarted") and not outcome.problems:
                self._guarded(self._start, guest, outcome, domain)
        return outcomes

    def _guarded(self, step: Callable[[Guest, Outcome, Any], None], guest: Guest, outcome: Outcome, domain: Any) -> None:
        """What the toolstack or the disk refuses half-way is the guest's problem, not that of the guests after it."""
        try:
            step(guest, outcome, domain)
        except (ToolstackError, OSError) as error:
            self._fail(guest, outcome, str(error), self._try_again)

    def _forget(self, guest: Guest, _outcome: Outcome, _domain: Domain | None) -> None:
        records.forget(self._rules.records, guest.name)

    def _decide(
        self, guest: Guest, outcome: Outcome, domain: Domain | None, said: Mapping[str, Any] | None
    ) -> str:
        if guest.state == "defined":
            return "none"
        if guest.state in ("stopped", "absent"):
            if domain and domain.condition == "paused" and not self._rules.destroy:
                remedy = f"run {self._toolstack.name} unpause {guest.name}, then this again, or set stop_force: true"
                self._fail(guest, outcome, "is paused, and a paused guest cannot shut down", remedy)
                return "none"
            return "stopped" if domain else "none"
        if domain is None or domain.condition == "dying":
            return "started"
        if domain.condition != "running":
            outcome.problems.append(self._not_running(guest, domain))
            return "none"
        outcome.restart_needed = self._differs(guest, domain, said)
        unchanged = outcome.restart_needed is False
        return "none" if unchanged or guest.restart == "never" else "restarted"

    def _not_running(self, guest: Guest, domain: Domain) -> Problem:
        program = self._toolstack.name
        return Problem(
            f"its domain {domain.domid} is there and {domain.condition}",
            f"look at it, then run {program} destroy {guest.name} (or {program} unpause {guest.name} when you paused it)",
            guest=guest.name,
            key="state",
            value=guest.state,
        )

    def _differs(self, guest: Guest, domain: Domain, said: Mapping[str, Any] | None) -> bool | None:
        """Whether the domain was started from another configuration than the one that is there now.

        The record of our own start tells. A domain with another uuid was started by xendomains when the host booted,
        from the file as it was then, or by xl when the guest rebooted, from what xl still knew: None where these
        two differ.
        """
        text, changed_at = self._read(guest)
        now = str(said["digest"]) if said is not None else digest(text or "")
        facts = self._toolstack.facts_of(domain)
        record = records.load(self._rules.records, guest.name)
        if record and (record.uuid == facts.uuid or record.digest == now):
            return record.digest != now
        if text is None:
            return None
        if now != digest(text) or changed_at > facts.start_time:
            return True
        return None if record else False

    def _file(self, guest: Guest) -> Path:
        return self._rules.config_dir / file_name(guest, self._toolstack.name)

    def _read(self, guest: Guest) -> tuple[str | None, float]:
        """The text of the guest's file, None without one, and of the second one that its stub domain may have, as
        guest_config takes them together; and when the later one was written, in seconds since 1970."""
        paths = [self._file(guest)]
        second = self._toolstack.stub_file_of(guest.name) if guest.type == "hvm" else ""
        if second and owner_of(read_text(self._rules.config_dir / second) or "") == guest.name:
            paths.append(self._rules.config_dir / second)
        texts = [read_text(path) for path in paths]
        if texts[0] is None:
            return None, 0.0
        return "".join(text or "" for text in texts), max(path.stat().st_mtime for path in paths)

    def _stop_all(self, stops: list[tuple[Guest, Outcome, Domain | None]]) -> None:
        """All are asked at once, then waited for together: a host's guests shut down side by side."""
        for guest, outcome, domain in stops:
            if domain and not self._rules.check:
                self._ask(guest, outcome, domain)
        for guest, outcome, domain in stops:
            if domain and not outcome.problems:
                self._guarded(self._wait_gone, guest, outcome, domain)

    def _ask(self, guest: Guest, outcome: Outcome, domain: Domain) -> None:
        try:
            if domain.condition == "running":
                self._shutdown(domain)
            elif domain.condition in ("crashed", "paused"):
                self._ending.destroy(domain)
        except ToolstackError as error:
            self._fail(guest, outcome, str(error), "look at the guest's console, then run this again")

    def _shutdown(self, domain: Domain) -> None:
        """A guest that cannot be asked is one that did not listen: with ``destroy`` it goes the hard way."""
        try:
            self._toolstack.shutdown(domain)
        except ToolstackError:
            if not self._rules.destroy:
                raise
            self._ending.destroy(domain)

    def _wait_gone(self, guest: Guest, outcome: Outcome, domain: Domain) -> None:
        last = "" if self._rules.check else self._end(domain)
        if last:
            reason = f"did not shut down within {self._rules.timeout:.0f} seconds, and is {last}"
            remedy = "shut it down from inside, give it more time with stop_timeout, or set stop_force: true"
            self._fail(guest, outcome, reason, remedy)
            outcome.state = last
            return
        outcome.state, outcome.domid = "off", None

    def _end(self, domain: Domain) -> str:
        """Waits until a domain is gone, and its stub domain with it; its last condition, "" for gone."""
        stub = stubdomains.serving(self._toolstack, self._domains, domain)
        left = self._ending.wait(domain, stub)
        last = left.get(domain.domid, "")
        # A guest that has ended, kept by on_poweroff = "preserve", has nothing left to lose.
        if last == "shutdown" or (last and self._rules.destroy):
            self._ending.destroy(domain)
            last = ""
        if stub and left and not last:
            self._ending.destroy_rest(stub)
        return last

    def _start(self, guest: Guest, outcome: Outcome, domain: Domain | None) -> None:
        path = self._file(guest)
        text, _changed_at = self._read(guest)
        if text is None and not self._files_may_come:
            self._fail(guest, outcome, f"{path} is missing", "run guest_config first", key="file")
            return
        may_have_stub = guest.type == "hvm" and guest.device_model.scheme != "dom0"
        if may_have_stub and not domain and not self._make_room(guest, outcome, self._domains):
            return
        if self._rules.check or text is None:
            outcome.state, outcome.restart_needed = "running", False
            return
        if domain:
            if domain.condition == "running":
                self._ask(guest, outcome, domain)
            if outcome.problems:
                return
            self._wait_gone(guest, outcome, domain)
            if outcome.problems:
                return
        log = log_of(self._rules.console_dir, guest.name)
        offset = log.stat().st_size if log.exists() else 0
        stub_log = stublog.log_of(self._rules.log_dir, guest.name)
        mark = stublog.mark(stub_log)
        try:
            self._toolstack.create(str(path))
        except ToolstackError as error:
            said = stublog.reason_since(stub_log, mark) if guest.type == "hvm" else ""
            reason = f"{error}; its stub domain said: {said}" if said else str(error)
            self._fail(guest, outcome, reason, self._after_failure(guest, outcome, said))
            return
        self._note(guest, outcome, digest(text), offset)

    def _note(self, guest: Guest, outcome: Outcome, config_digest: str, offset: int) -> None:
        """Remembers which domain was started from what; a domain that is gone at once is the guest's problem."""
        found = [domain for domain in self._toolstack.domains() if domain.name == guest.name]
        if not found:
            outcome.state, outcome.domid = "off", None
            self._fail(guest, outcome, "started and ended at once", f"read its console log, or {self._try_again}")
            return
        outcome.state, outcome.domid, outcome.restart_needed = found[0].condition, found[0].domid, False
        uuid = self._toolstack.facts_of(found[0]).uuid
        records.save(self._rules.records, guest.name, records.Record(uuid, config_digest, offset))

    def _make_room(self, guest: Guest, outcome: Outcome, domains: Mapping[str, Domain]) -> bool:
        """Destroys the stub domain that a failed start left: libxl cannot make another one of its name. Whether there
        is room for one now; check mode says what would be."""
        left, taken = stubdomains.left_over(self._toolstack, domains, guest.name)
        if taken:
            self._fail(guest, outcome, taken, f"look at it, then run {self._destroy_stub(guest)}")
            return False
        if left and not self._rules.check:
            if left.condition != "dying":
                self._ending.destroy(left)
            if self._ending.wait(left):
                reason = f"domain {left.domid} ({left.name}), left by a failed start, was destroyed and is still there"
                self._fail(guest, outcome, reason, f"see what holds it ({self._toolstack.name} dmesg), then run this again")
                return False
        if left and left.condition != "dying":
            text = f"domain {left.domid} ({left.name}), left by a failed start, is destroyed"
            outcome.notes.append(f"guest {guest.name}: {text}")
        return True

    def _after_failure(self, guest: Guest, outcome: Outcome, said: str) -> str:
        """What to do now depends on whether the failed start left something behind. ``said`` are the stub domain's last
        words."""
        try:
            domains = {domain.name: domain for domain in self._toolstack.domains()}
        except ToolstackError as error:
            return f"see why the toolstack does not answer ({error})"
        if guest.name in domains:
            return f"a half-made domain is left: {self._toolstack.name} destroy {guest.name}"
        if guest.type != "hvm":
            return self._try_again
        try:
            self._make_room(guest, outcome, domains)
        except ToolstackError as error:
            return f"its stub domain is left: {self._destroy_stub(guest)} ({error})"
        # What QEMU itself complains of, libxl does not repeat.
        log = stublog.log_of(Path(stublog.LOGS), guest.name)
        # That of stubdom-dm's stub domains cannot be chosen.
        more = "raise device_model.memory, " if "memory" in said and self._toolstack.name == "xl" else ""
        return f"{more}read {log}, {self._try_again}"

    def _destroy_stub(self, guest: Guest) -> str:
        return f"{self._toolstack.name} destroy {self._toolstack.stub_name_of(guest.name)}"

    def _fail(self, guest: Guest, outcome: Outcome, reason: str, remedy: str, key: str = "state") -> None:
        outcome.action = "none"
        outcome.problems.append(Problem(reason, remedy, guest=guest.name, key=key, value=guest.state))
