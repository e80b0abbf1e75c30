# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the files of the guests of this host, from what it really is and has. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Sequence

from ..guest.model import Definition
from ..host import facts as host_facts
from ..host.needs import HostNeeds
from ..host.stub_domain_checks import StubDomainChecks
from ..images import boot_paths
from ..images.origin import StoreIndex
from ..toolstack.base import Domain, Toolstack
from .guest_plan import GuestPlan
from .plan_guests import HostContext, check_host, plan_guests


def plan_on_host(
    toolstack: Toolstack, definitions: Sequence[Definition], options: Mapping[str, Any], check: bool, index: StoreIndex
) -> tuple[list[GuestPlan], list[Domain]]:
    """Return a plan for each definition, in their order, and the domains of the host. Raise XenfleetError or OSError.

    ``options`` are those of the module guest_config. With ``check`` the images of its option ``images`` may still be
    missing. ``index`` is that of the store.
    """
    announced = boot_paths.announced(options["images"])
    store = Path(options["store"])
    host = toolstack.info()
    placed = boot_paths.paths_in_xen_folders(options["images"])
    coming = [*announced.values(), *placed] if check else []
    checks = StubDomainChecks(index, coming)
    facts = host_facts.read_facts(host, store, announced, coming=placed)
    needs = HostNeeds(host.toolstack, host, coming=coming)
    place = HostContext(
        Path(options["config_dir"]),
        Path(options["autostart_dir"]),
        facts,
        options["scheme"],
        checks,
        needs,
        Path(options["records"]),
    )
    plans, guests = plan_guests(definitions, place, options["adopt"])
    domains = toolstack.domains()
    check_host(plans, guests, host, domains, needs)
    return plans, domains
