# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for guests in the midst of a reboot, an end or a migration: what a list shows of them then is not final."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Mapping

from .base import MIGRATING_NAMES, Domain, Toolstack

# Seconds: a real host takes about 5 for a reboot, a slow one 12, and libxl gives a stub domain 30 more.
LIMIT = 60.0
_POLL = 1.0
# The same for a module that only reads.
SHORT_LIMIT = 15.0


@dataclass(frozen=True)
class Settled:
    """Hold the domains of a host, by name, and why the state of a guest is not final, by the names of these guests."""

    domains: Mapping[str, Domain]
    unsettled: Mapping[str, str] = field(default_factory=dict)


def settle(
    toolstack: Toolstack,
    domains: Mapping[str, Domain],
    names: Iterable[str],
    sleep: Callable[[float], None],
    processes: Path = Path("/proc"),
    limit: float = LIMIT,
) -> Settled:
    """Wait until the states of guests are final, ``limit`` seconds at most for all together. Raise ToolstackError.

    ``domains`` are those that were listed; they are listed again only while the state of a guest is not final.
    ``processes`` is dom0's /proc.
    """
    asked = [name for name in names if may_change(domains, name)]
    waited = 0.0
    while asked:
        found = _unsettled(toolstack, domains, asked, processes)
        if any(name in domains and name not in found for name in asked):
            # Its process may have ended since the list, when it had done its last work. After a pause, of whatever length,
            # programs are asked anew.
            sleep(0.0)
            domains = toolstack.by_name()
        asked = [name for name in asked if name in found and may_change(domains, name)]
        if not asked or waited >= limit:
            return Settled(domains, {name: found[name] for name in asked})
        sleep(_POLL)
        waited += _POLL
        domains = toolstack.by_name()
        asked = [name for name in asked if may_change(domains, name)]
    return Settled(domains)


def may_change(domains: Mapping[str, Domain], name: str) -> bool:
    """Return whether a list alone does not show the final state of a guest: it has no domain, or one that has ended, is
    about to, or has never run; or it is migrated."""
    domain = domains.get(name)
    if domain is None or _migrating(domains, name):
        return True
    return domain.condition not in ("running", "paused") or not domain.has_run


def remaining(toolstack: Toolstack, before: Iterable[Domain]) -> list[Domain]:
    """Return the domains of ``before`` that still exist without a name: something holds them. Raise ToolstackError.

    Each domain is listed so for a moment while it is destroyed; so list them again some time later.
    """
    ids = {domain.domid for domain in before}
    if not ids:
        return []
    toolstack.domains()
    return [domain for domain in toolstack.nameless if domain.domid in ids]


def _unsettled(
    toolstack: Toolstack, domains: Mapping[str, Domain], names: Iterable[str], processes: Path
) -> dict[str, str]:
    """Return, by the names of guests, why their states are not final."""
    found = {}
    asked = []
    for name in names:
        domain, other = domains.get(name), _migrating(domains, name)
        if other:
            found[name] = f"is being migrated, as domain {other.domid} ({other.name}) shows"
        elif domain and domain.condition == "suspended":
            found[name] = f"its domain {domain.domid} is suspended, as while it is saved or migrated"
        else:
            asked.append(name)
    at_work = toolstack.at_work(asked, domains, str(processes)) if asked else {}
    for name, process in at_work.items():
        state = f"its domain {domains[name].domid} is {domains[name].condition}" if name in domains else "it has no domain"
        found[name] = f"{state}, and {process} is about to change that"
    return found


def _migrating(domains: Mapping[str, Domain], name: str) -> Domain | None:
    """Return the domain that shows that a guest is being migrated, None for none."""
    return next((domains[other] for form in MIGRATING_NAMES if (other := form.format(name)) in domains), None)
