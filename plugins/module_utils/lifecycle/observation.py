# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe what a host shows of one guest, and what is recorded of its starts (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from ..toolstack.base import Domain


@dataclass(frozen=True)
class Record:
    """Describe a start: the ``uuid`` of the domain, the ``digest`` of the configuration that it was started from, and as
    ``console_offset`` the length, in bytes, that its console log had just before."""

    uuid: str
    digest: str
    console_offset: int


@dataclass(frozen=True)
class EarlierStart:
    """Describe a start that an earlier run began, and whose end it did not see.

    ``domain`` is the domain that the guest has now, and ``made_domain``: this start made it. ``process`` is
    the id of the process that is still at work for it, 0 for none.
    """

    record: Record
    domain: Domain | None = None
    made_domain: bool = False
    process: int = 0

    @property
    def is_over(self) -> bool:
        """Return whether no process is at work for it any more."""
        return not self.process


@dataclass(frozen=True)
class Observation:
    """Describe what a host shows of one guest.

    ``domain`` is the guest's, None for none; ``start`` is an earlier start whose end no run saw. ``paused_by_us``: this
    collection paused the domain, and not an operator. ``unsettled`` is why the state is not final, "" where it is.
    ``restart_needed``: the domain was started from another
    configuration than the present one; None where that is unknown. ``older`` has the versions of the older images that
    it runs from, by the names of the images, and ``file_names_older``: a restart would boot them again, as the
    configuration file names them. The last four are observed only where a restart is possible. ``notes`` are for the
    outcome.
    """

    domain: Domain | None = None
    start: EarlierStart | None = None
    paused_by_us: bool = False
    restart_needed: bool | None = False
    older: Mapping[str, str] = field(default_factory=dict)
    file_names_older: bool = False
    notes: tuple[str, ...] = ()
    unsettled: str = ""

    @property
    def condition(self) -> str:
        """Return the condition of the domain, "" for no domain."""
        return self.domain.condition if self.domain else ""

    @property
    def process(self) -> int:
        """Return the id of the process that still starts the guest for an earlier run, 0 for none."""
        return self.start.process if self.start else 0

    @property
    def is_half_made(self) -> bool:
        """Return whether the domain is what an interrupted start left: made by it, and never run."""
        start = self.start
        return bool(self.domain and not self.domain.has_run and start and start.made_domain and start.is_over)

    @property
    def is_stale(self) -> bool:
        """Return whether the domain runs from an older image than the installed one."""
        return bool(self.older)

    @property
    def restart_boots_newer(self) -> bool:
        """Return whether a restart would boot it from a newer image."""
        return self.is_stale and not self.file_names_older
