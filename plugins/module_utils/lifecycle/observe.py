# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the host shows of each guest that this run is about: its domain, from what and by whom that was started, and who
paused it. It waits for starts of earlier runs, and changes nothing."""

from __future__ import annotations

from typing import Any, Mapping

from ..config import guest_file
from ..host.processes import made_by
from ..images import boot_paths
from ..toolstack.base import Domain, DomainFacts
from ..xencfg.text import digest
from . import records
from .context import Scene, Task
from .decide import Situation
from .records import Record
from .wait import POLL_SECONDS

# How often a start that is under way is looked at: for twice as long as libxl gives a stub domain.
_LOOKS = 30


def never_ran(domain: Domain) -> bool:
    """Since it was made: both toolstacks make a domain paused, and let it run when all of it is there."""
    return domain.condition == "paused" and domain.cpu_time == 0.0


class Look:
    """``stale`` is what ``staleness.find`` has found; ``domains`` are those that it may be called for, so that the toolstack
    is asked of all at once. ``said`` in each call is what guest_config said of the guest."""

    def __init__(self, scene: Scene, stale: Mapping[str, Mapping[str, str]], domains: list[Domain]) -> None:
        self._scene = scene
        self._stale = stale
        self._domains = domains
        self._facts: dict[int, DomainFacts] = {}

    def at(self, task: Task, said: Mapping[str, Any] | None) -> Situation:
        """Raises ToolstackError, OSError."""
        folder, name = self._scene.rules.records, task.guest.name
        begun, maker = records.begun(folder, name), 0
        if begun and task.domain is None:
            # What that run began may be about to make the domain.
            maker = self._wait_for_maker(task, begun.uuid)
        if task.domain is None:
            task.outlived = bool(begun and not maker)
            return Situation(maker=maker)
        mark = records.paused(folder, name)
        facts = self._facts_of(task.domain) if begun or mark else None
        if begun and facts and begun.uuid == facts.uuid:
            maker = maker or self._wait_for_maker(task, begun.uuid)
            task.begun = begun
        else:
            # The host's power was cut, say, and it has booted and started the guest by itself.
            task.outlived = begun is not None
            begun = None
        if task.domain is None:
            return Situation()
        found = Situation(task.domain.condition, task.domain.domid)
        if begun and never_ran(task.domain):
            return Situation(found.condition, found.domid, is_cut=not maker, maker=maker)
        ours = bool(facts and mark and found.condition == "paused" and mark == facts.uuid)
        if not task.guest.has_domain or (found.condition != "running" and not ours and task.guest.state == "running"):
            return Situation(found.condition, found.domid, paused_by_us=ours)
        if found.condition not in ("running", "paused"):
            return found
        facts = facts or self._facts_of(task.domain)
        differs, is_stale = self._compare(task, said, facts, begun)
        return Situation(found.condition, found.domid, paused_by_us=ours, differs=differs, is_stale=is_stale)

    def _facts_of(self, domain: Domain) -> DomainFacts:
        """One that was made since is asked for alone. Raises ToolstackError."""
        if not self._facts:
            self._facts = self._scene.toolstack.facts_of_all(self._domains)
        return self._facts[domain.domid] if domain.domid in self._facts else self._scene.toolstack.facts_of(domain)

    def _wait_for_maker(self, task: Task, uuid: str) -> int:
        """The process that an earlier run started the guest with, and that is still at work; 0 for none. A monitor that
        xl leaves behind is no maker of a domain that has run."""
        for look in range(_LOOKS + 1):
            if look:
                self._scene.waiting.sleep(POLL_SECONDS)
                self._scene.seen_again(task, self._scene.list().get(task.guest.name))
            if task.domain and not never_ran(task.domain):
                return 0
            maker = made_by(self._scene.rules.processes, uuid)
            if not maker:
                # It may have come to its end, with the domain made, since the domain was looked at.
                self._scene.seen_again(task, self._scene.list().get(task.guest.name))
                return 0
        return maker

    def _compare(
        self, task: Task, said: Mapping[str, Any] | None, facts: DomainFacts, begun: Record | None
    ) -> tuple[bool | None, bool]:
        """Whether the domain was started from another configuration than the one that is there now, and whether a restart
        would boot it from a newer image; both into the outcome, too."""
        rules, outcome = self._scene.rules, task.outcome
        text, changed_at = guest_file.read(rules.config_dir, task.guest, self._scene.toolstack)
        now = str(said["digest"]) if said is not None else digest(text or "")
        record = begun or records.load(rules.records, task.guest.name)
        outcome.restart_needed = _differs(record, facts, now, text, changed_at)
        old = self._stale.get(task.guest.name, {})
        outcome.stale = bool(old)
        outcome.older = {name: boot_paths.version_at(path) for path, name in old.items()}
        stays = text is not None and now == digest(text) and any(path in text for path in old)
        if stays:
            names = ", ".join(dict.fromkeys(old.values()))
            outcome.note(f"was booted from an older {names}, which its file still names: run guest_config, then this again")
        return outcome.restart_needed, outcome.stale and not stays


def _differs(record: Record | None, facts: DomainFacts, now: str, text: str | None, changed_at: float) -> bool | None:
    """``now`` is the digest of the present configuration, ``text`` what is in the file, which was written at
    ``changed_at``.

    The record of our own start tells. A domain with another uuid was started by xendomains when the host booted,
    from the file as it was then, or by xl when the guest rebooted, from what xl still knew: None where these
    two differ.
    """
    if record and (record.uuid == facts.uuid or record.digest == now):
        return record.digest != now
    if text is None:
        return None
    if now != digest(text) or changed_at > facts.start_time:
        return True
    return None if record else False
