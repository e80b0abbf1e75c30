# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide whether a domain needs a restart: whether it was started from another configuration than the present one (pure)."""

from __future__ import annotations

from ..config.same_meaning import MeaningRecord
from ..toolstack.base import DomainFacts
from ..xencfg.text import digest
from .observation import Record


def is_restart_needed(
    record: Record | None, facts: DomainFacts, meaning: MeaningRecord, text: str | None, changed_at: float
) -> bool | None:
    """Return whether a domain was started from a configuration of another meaning than the present one, None where it is
    unknown.

    ``meaning`` has the digest of the present configuration, and what is known to mean the same; ``text`` is the content of
    the file, written at ``changed_at``. The record of our own start decides; then the comparison of the domain with the
    file, made when the file was replaced. A domain with another uuid was started by xendomains when the host booted, from
    the file of that time, or by xl when the guest rebooted, from what xl still knew: unknown where these two differ.
    """
    if record and (record.uuid == facts.uuid or record.digest in meaning.digests):
        return record.digest not in meaning.digests
    if meaning.uuid and meaning.uuid == facts.uuid:
        return not meaning.is_same
    if text is None:
        return None
    last_changes = [earlier.changed_at for earlier in meaning.earlier]
    if meaning.digest == digest(text):
        last_changes.append(changed_at)
    if not any(changed <= facts.start_time for changed in last_changes):
        return True
    return None if record else False
