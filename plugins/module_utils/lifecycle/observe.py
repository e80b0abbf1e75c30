# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe what the host shows of each guest: its domain, from what that was started, and who paused it.

Nothing here waits, and nothing changes the host or an argument.
"""

from __future__ import annotations

from typing import Any, Mapping

from ..config import meaning_record, start_file
from ..guest.model import Guest
from ..images import boot_paths
from ..toolstack.base import Domain, DomainFacts, Toolstack
from ..xencfg.text import digest
from . import records
from .context import Folders
from .observation import EarlierStart, Observation
from .restart_needed import is_restart_needed


class Observer:
    """Observe the guests of a host.

    ``older_files`` has, by the name of each guest, the files of older images that it was booted from, with the names of
    the images (``images.stale``). ``domains`` are those of the guests: what the toolstack recorded of them is read
    for all at once.
    """

    def __init__(
        self,
        toolstack: Toolstack,
        folders: Folders,
        older_files: Mapping[str, Mapping[str, str]],
        domains: list[Domain],
    ) -> None:
        self._toolstack = toolstack
        self._folders = folders
        self._older_files = older_files
        self._domains = domains
        self._facts: dict[int, DomainFacts] = {}

    def observe(
        self, guest: Guest, domain: Domain | None, start: EarlierStart | None, configured: Mapping[str, Any] | None
    ) -> Observation:
        """Return what the host shows of one guest.

        ``domain`` is the guest's, None for none; ``start`` is what ``EarlierStartWaiter.wait`` returned; ``configured``
        is what guest_config returned for the guest, None where it was not asked. Raise ToolstackError or OSError.
        """
        plain = Observation(domain, start)
        if domain is None or plain.is_half_made or plain.process:
            return plain
        paused_by_us = self._is_paused_by_us(guest, domain)
        if not _can_restart(guest, domain, paused_by_us):
            return Observation(domain, start, paused_by_us)
        text, changed_at = start_file.read(self._folders.config_dir, guest, self._toolstack, self._folders.records)
        now = str(configured["digest"]) if configured is not None else digest(text or "")
        made = start.record if start and start.made_domain else None
        record = made or records.load(self._folders.records, guest.name)
        given = configured.get("meaning") if configured is not None else None
        meaning = meaning_record.load(self._folders.records, guest.name, now, given)
        files = self._older_files.get(guest.name, {})
        file_names_older = text is not None and now == digest(text) and any(path in text for path in files)
        return Observation(
            domain,
            start,
            paused_by_us,
            restart_needed=is_restart_needed(record, self.facts_of(domain), meaning, text, changed_at),
            older={name: boot_paths.version_at(path) for path, name in files.items()},
            file_names_older=file_names_older,
            notes=(_older_note(files),) if file_names_older else (),
        )

    def facts_of(self, domain: Domain) -> DomainFacts:
        """Return what the toolstack recorded of a domain. Raise ToolstackError."""
        if not self._facts:
            self._facts = self._toolstack.facts_of_all(self._domains)
        # A domain that was made since the list is read alone.
        return self._facts[domain.domid] if domain.domid in self._facts else self._toolstack.facts_of(domain)

    def _is_paused_by_us(self, guest: Guest, domain: Domain) -> bool:
        mark = records.paused(self._folders.records, guest.name) if domain.condition == "paused" else ""
        return bool(mark) and mark == self.facts_of(domain).uuid


def _can_restart(guest: Guest, domain: Domain, paused_by_us: bool) -> bool:
    """Return whether it matters what the domain was started from."""
    if not guest.has_domain:
        return False
    return domain.condition == "running" or (
        domain.condition == "paused" and (paused_by_us or guest.state == "paused")
    )


def _older_note(files: Mapping[str, str]) -> str:
    names = ", ".join(dict.fromkeys(files.values()))
    return f"runs from an older {names}, which its configuration file still names: run guest_config, then run this again"
