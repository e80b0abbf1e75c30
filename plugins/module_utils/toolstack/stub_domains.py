# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the stub domain that serves a guest, and one that a failed start left. Read only."""

from __future__ import annotations

from typing import Mapping

from .base import Domain, Toolstack


def serving(toolstack: Toolstack, domains: Mapping[str, Domain], domain: Domain) -> Domain | None:
    """Return the stub domain that serves a guest's domain, None for none. ``domains`` are by name.

    Only a domain with its name is read, so that a guest without one starts no process.
    """
    stub = domains.get(toolstack.stub_name_of(domain.name))
    return stub if stub and toolstack.target_of(stub) == domain.domid else None


def left_over(toolstack: Toolstack, domains: Mapping[str, Domain], guest: str) -> tuple[Domain | None, str]:
    """Return the stub domain that a failed start of a guest left, None for none; and why its name is taken, "" if it is not.

    The guest itself has no domain. A domain of that name which serves no other may be another guest's; one without a
    processor has never run.
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
