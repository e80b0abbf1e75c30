# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide whether a domain needs a restart: whether it was started from another configuration than the present one (pure)."""

from __future__ import annotations

from ..toolstack.base import DomainFacts
from ..xencfg.text import digest
from .observation import Record


def is_restart_needed(
    record: Record | None, facts: DomainFacts, now: str, text: str | None, changed_at: float
) -> bool | None:
    """Return whether a domain was started from another configuration than the present one, None where it is unknown.

    ``now`` is the digest of the present configuration; ``text`` is the content of the file, written at ``changed_at``.
    The record of our own start decides. A domain with another uuid was started by xendomains when the host booted,
    from the file of that time, or by xl when the guest rebooted, from what xl still knew: unknown where these two
    differ.
    """
    if record and (record.uuid == facts.uuid or record.digest == now):
        return record.digest != now
    if text is None:
        return None
    if now != digest(text) or changed_at > facts.start_time:
        return True
    return None if record else False
