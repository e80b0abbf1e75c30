# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which stub domain belongs to a guest, and which one was left by a start that failed. Looks, and changes nothing."""

from __future__ import annotations

from typing import Mapping

from .base import Domain, Toolstack


def serving(toolstack: Toolstack, domains: Mapping[str, Domain], domain: Domain) -> Domain | None:
    """The stub domain that serves a guest's domain, None when it has none. ``domains`` are by name.

    Only a domain of its name is asked, so that a guest without one costs nothing.
    """
    stub = domains.get(toolstack.stub_name_of(domain.name))
    return stub if stub and toolstack.target_of(stub) == domain.domid else None


def left_over(toolstack: Toolstack, domains: Mapping[str, Domain], guest: str) -> tuple[Domain | None, str]:
    """The stub domain that a failed start of a guest left, None when there is none; then why the guest cannot have one,
    "" when it can. The guest itself has no domain.

    A domain of that name which serves none could be anybody's; one without a processor was never begun.
    """
    stub = domains.get(toolstack.stub_name_of(guest))
    if stub is None:
        return None, ""
    target = toolstack.target_of(stub)
    taken = f"domain {stub.domid} has the name of its stub domain"
    alive = [domain for domain in domains.values() if domain.domid == target]
    if alive:
        return None, f"{taken}, but serves domain {target} ({alive[0].name})"
    if target is None and stub.vcpus:
        return None, f"{taken}, but is not a stub domain"
    return stub, ""
