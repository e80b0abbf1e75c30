# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask what a deployment would refuse of definitions on this host. Nothing is written."""

from __future__ import annotations

from typing import Any

from ..config import plan_guests
from ..guest.model import read_guests
from ..host.needs import HostNeeds
from ..host.stub_domain_checks import StubDomainChecks
from ..images.origin import StoreIndex
from ..toolstack.base import Domain, HostState
from ..xen.facts import Facts
from .places import Places


def refusals(
    definitions: list[dict[str, Any]], host: HostState, facts: Facts, places: Places, domains: list[Domain]
) -> dict[str, list[str]]:
    """Return the problems of ``guest_config`` with adoption, each as one line, by the names of the guests."""
    checks = StubDomainChecks(StoreIndex(places.store))
    needs = HostNeeds(host.toolstack, host)
    context = plan_guests.HostContext(places.config_dir, places.autostart_dir, facts, stub_checks=checks, needs=needs)
    plans, guests = plan_guests.plan_guests(read_guests(definitions), context, adopt=True)
    plan_guests.check_host(plans, guests, host, domains, needs)
    return {plan.name: [problem.text() for problem in plan.problems] for plan in plans if plan.problems}
