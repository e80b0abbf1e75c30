# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets of two guests, and what is told of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.collisions import find
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import hvm_guest


def met(*guests: tuple[str, Guest]) -> list[tuple[str, str, str, str]]:
    """Host, guest and key of each problem, and whom it meets."""
    return [
        (found.host, found.guest, found.key, found.reason.replace("is used also by ", "")) for found in find(list(guests))
    ]


def with_setting(name: str, key: str, value: Any, **changes: Any) -> Guest:
    """An HVM guest with one setting; most keys are for every type."""
    return hvm_guest(name, settings={key: value}, **changes)


def pair(key: str, one: Any, other: Any, host: str = "x", **changes: Any) -> list[tuple[str, str, str, str]]:
    """What is told of two guests, on host x and on another one, with these values of one setting."""
    return met(("x", with_setting("a", key, one)), (host, with_setting("b", key, other, **changes)))


def meet(key: str, one: Any, other: Any) -> bool:
    """Return whether both guests of a host that have these values of one setting are told of each other, once each."""
    rows = sorted(row[:3] for row in pair(key, one, other))
    assert rows in ([], [("x", "a", f"settings.{key}"), ("x", "b", f"settings.{key}")]), rows
    return bool(rows)
