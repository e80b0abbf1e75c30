# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make metrics of the status of a fleet, in the text format that node_exporter reads from its textfile folder (pure).

There are a few numbers of each host, however many guests it has: a label with each guest's name would be too many series
for Prometheus. Every host has all of them, also with the value 0, so that an alert ends.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .status import by_host, marks

# The guests of a host that have a mark, by the end of the metric's name.
_MARKS = {
    "stale": "Guests that were booted from an image that is no longer the installed one.",
    "pending": "Guests whose file or domain is not what the inventory says.",
    "unknown": "Guests of which not everything is known.",
    "dom0": "Guests whose QEMU runs in dom0.",
}
_STATES = ("running", "paused", "crashed", "shutdown", "dying", "off", "unknown")

# Labels and a value.
Sample = tuple[dict[str, str], int]
# A host of the model with its guests.
Host = tuple[Mapping[str, Any], list[dict[str, Any]]]


def status_metrics(model: Mapping[str, Any]) -> str:
    """Return the metrics of a model."""
    guests = by_host(model)
    hosts = [(host, guests[host["name"]]) for host in model["hosts"]]
    # The time of a model is in UTC.
    time = calendar.timegm(tuple(int(number) for number in re.findall(r"\d+", model["time"])))
    each: dict[str, tuple[str, Callable[[Host], int]]] = {
        "seen": ("Whether the host could be examined.", lambda host: not host[0]["reason"]),
        "problems": ("Problems of the host, its guests and its domains.", _problems),
        "foreign_domains": ("Domains that the host's inventory does not define.", lambda host: len(host[0]["foreign"])),
        **{f"{mark}_guests": (words, _count_of(mark)) for mark, words in _MARKS.items()},
    }
    lines = _gauge("status_timestamp_seconds", "When the status was made, in seconds since 1970.", [({}, time)])
    for name, (words, value) in each.items():
        lines += _gauge(f"host_{name}", words, [({"host": host[0]["name"]}, int(value(host))) for host in hosts])
    lines += _gauge("host_guests", "Guests that the inventory defines, by their state.", _states(hosts))
    return "\n".join(lines) + "\n"


def _gauge(name: str, words: str, samples: Iterable[Sample]) -> list[str]:
    full = f"xenfleet_{name}"
    return [f"# HELP {full} {words}", f"# TYPE {full} gauge", *(f"{full}{_labels(own)} {value}" for own, value in samples)]


def _labels(labels: Mapping[str, str]) -> str:
    """Return labels as the format has them.

    >>> _labels({"host": 'a"b'})
    '{host="a\\\\"b"}'
    """
    words = [f'{name}="{_escaped(value)}"' for name, value in labels.items()]
    return "{" + ",".join(words) + "}" if words else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _count_of(mark: str) -> Callable[[Host], int]:
    """Return what counts the guests of a host that have a mark."""
    return lambda host: sum(1 for guest in host[1] if mark in marks(guest))


def _problems(host: Host) -> int:
    about, guests = host
    return bool(about["reason"]) + sum(len(found["problems"]) for found in [*guests, *about["foreign"]])


def _states(hosts: Iterable[Host]) -> list[Sample]:
    samples: list[Sample] = []
    for about, guests in hosts:
        states = [guest["state"] for guest in guests]
        for state in dict.fromkeys([*_STATES, *states]):
            samples.append(({"host": about["name"], "state": state}, states.count(state)))
    return samples
