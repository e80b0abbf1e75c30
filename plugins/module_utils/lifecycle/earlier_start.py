# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for starts that an earlier run began, and whose end it did not see."""

from __future__ import annotations

from typing import Callable

from ..host.processes import made_by
from ..toolstack.base import Domain, DomainFacts
from . import records
from .context import Context
from .domains import POLL_SECONDS
from .observation import EarlierStart, Record

# How often such a start is checked: for one minute, which is twice the time that libxl gives a stub domain.
_POLLS = 30


class EarlierStartWaiter:
    """Wait for the starts of earlier runs. ``facts_of`` returns what the toolstack recorded of a domain."""

    def __init__(self, context: Context, facts_of: Callable[[Domain], DomainFacts]) -> None:
        self._context = context
        self._facts_of = facts_of

    def wait(self, name: str, domain: Domain | None) -> EarlierStart | None:
        """Wait until the start of guest ``name`` is over, one minute at most, and return what is known of it then.

        ``domain`` is the guest's, None for none. Return None where no such start is recorded. Raise ToolstackError or
        OSError.
        """
        record = records.begun(self._context.folders.records, name)
        if record is None:
            return None
        made_domain = self._made(record, domain)
        if domain and not made_domain:
            # For example, the host lost its power, has booted since, and has started the guest by itself.
            return EarlierStart(record, domain)
        # Without a domain, that start may be about to make it.
        domain, process = self._poll(name, domain, record.uuid)
        made_domain = made_domain or self._made(record, domain)
        return EarlierStart(record, domain, made_domain, 0 if domain and not made_domain else process)

    def _made(self, record: Record, domain: Domain | None) -> bool:
        return domain is not None and self._facts_of(domain).uuid == record.uuid

    def _poll(self, name: str, domain: Domain | None, uuid: str) -> tuple[Domain | None, int]:
        """Return the guest's domain, and the id of the process that still starts it, 0 for none.

        xl leaves a process behind to monitor a domain: a domain that has run is started.
        """
        process = 0
        for attempt in range(_POLLS + 1):
            if attempt:
                self._context.waiter.sleep(POLL_SECONDS)
                domain = self._context.list_domains().get(name)
            if domain and domain.has_run:
                return domain, 0
            process = made_by(self._context.folders.processes, uuid)
            if not process:
                # It may have ended, with the domain made, since the domains were listed.
                return self._context.list_domains().get(name), 0
        return domain, process
