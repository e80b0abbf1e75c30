# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that a driver domain that is no guest of the list runs on this host (pure)."""

from __future__ import annotations

from typing import Collection, Sequence

from ..common.problem import Problem
from ..guest.model import Guest


def check(guests: Sequence[Guest], names: Collection[str], running: Collection[str]) -> list[Problem]:
    """Return a problem for each driver domain of a guest that is to start which neither runs nor is in the list of the host.

    ``names`` are those of the list, ``running`` those of the host's domains. What the list has of a driver domain is
    checked with it (guest/needs.py). libxl and xend look the domain up when the guest starts.
    """
    return [
        Problem(
            "is no domain that runs on the host, and no guest of its list",
            "start the driver domain first, define it in the list, or correct the name",
            guest=guest.name,
            key=key,
            value=name,
        )
        for guest in guests
        if guest.has_domain and guest.name not in running
        for key, name in guest.driver_domains
        if name not in names and name not in running
    ]
