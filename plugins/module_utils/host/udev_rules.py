# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read udev's rules as udev does (udev(7)), as far as it is about events of one subsystem (pure).

Matches of other keys than the event's action, kernel name and subsystem are taken as given.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import Sequence

_MATCH = re.compile(r'\b(SUBSYSTEM|KERNEL|ACTION)S?\s*(==|!=)\s*"([^"]*)"')
_RUN = re.compile(r'\bRUN(?:\{\w+\})?\s*(?:\+=|:=|=(?!=))\s*"[^"]')
_GOTO = re.compile(r'\bGOTO\s*=\s*"([^"]*)"')
_LABEL = re.compile(r'\bLABEL\s*=\s*"([^"]*)"')


@dataclass(frozen=True)
class Event:
    """Describe what the kernel announces: ``add`` of ``vbd-1-51712`` in the subsystem ``xen-backend``."""

    subsystem: str
    kernel: str
    action: str


def rules_of(text: str) -> list[str]:
    """Return the rules of a file, each as one line, without comments."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def runs_for(rules: Sequence[str], event: Event) -> set[int]:
    """Return the places of the rules of a file that run something at the event.

    >>> rules = rules_of('SUBSYSTEM!="xen-backend", GOTO="end"\\nACTION!="remove", RUN+="/etc/xen/scripts/block"\\nLABEL="end"\\n')
    >>> runs_for(rules, Event("xen-backend", "vbd-1-51712", "add")), runs_for(rules, Event("block", "sda", "add"))
    ({1}, set())
    """
    found = set()
    label = ""
    for place, rule in enumerate(rules):
        if label and label not in _LABEL.findall(rule):
            continue
        label = ""
        if _matches(rule, event):
            if _RUN.search(rule):
                found.add(place)
            label = "".join(_GOTO.findall(rule)[:1])
    return found


def _matches(rule: str, event: Event) -> bool:
    values = {"SUBSYSTEM": event.subsystem, "KERNEL": event.kernel, "ACTION": event.action}
    return all(
        any(fnmatch.fnmatchcase(values[key], one) for one in patterns.split("|")) == (operator == "==")
        for key, operator, patterns in _MATCH.findall(rule)
    )
