# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waves of a rollout as ``deploy.yml`` gives them to Ansible (pure). Ansible itself makes them; here is told what it
would misunderstand: it takes 0 for all hosts at once, and ends with a trace of its own for what is no number."""

from __future__ import annotations

import re
from typing import Any

from ..common.problem import Problem

_NUMBER = re.compile(r"[1-9][0-9]*")
_PERCENT = re.compile(r"([1-9][0-9]?|100)%")


def check(serial: Any, budget: Any) -> list[Problem]:
    """What is wrong with the sizes of the waves, and with the failure budget of each, in percent of its hosts.

    >>> [problem.text() for problem in check([1, "10%"], 0)]
    []
    >>> check(["all"], 0)[0].text()
    "stubdom_serial = 'all': is no size of a wave. Remedy: give a number of hosts from 1, or a share such as '10%'."
    """
    sizes = serial if isinstance(serial, list) else [serial]
    remedy = "give a number of hosts from 1, or a share such as '10%'"
    found = [
        Problem("is no size of a wave", remedy, key="stubdom_serial", value=size) for size in sizes if not _is_size(size)
    ]
    if not sizes:
        found.append(Problem("has no wave", f"{remedy}, or leave it out", key="stubdom_serial", value=serial))
    if not _is_budget(budget):
        remedy = "give a number from 0 to 100"
        found.append(Problem("is no share of hosts", remedy, key="stubdom_max_fail_percentage", value=budget))
    return found


def _is_size(size: Any) -> bool:
    text = str(size)
    return not isinstance(size, bool) and bool(_NUMBER.fullmatch(text) or _PERCENT.fullmatch(text))


def _is_budget(budget: Any) -> bool:
    try:
        return not isinstance(budget, bool) and 0 <= float(budget) <= 100
    except (TypeError, ValueError):
        return False
