# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the sizes of the waves, and the failure budget, that the playbooks give to Ansible (pure).

Ansible takes 0 for all hosts at once, and ends with a traceback for what is not a number.
"""

from __future__ import annotations

import re
from typing import Any

from ..common.problem import Problem

_NUMBER = re.compile(r"[1-9][0-9]*")
_PERCENT = re.compile(r"([1-9][0-9]?|100)%")
_WRITTEN_AS_TEXT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")


def check(serial: Any, budget: Any) -> list[Problem]:
    """Return the problems of the sizes of the waves, and of each wave's failure budget in percent of its hosts.

    >>> [problem.text() for problem in check([1, "10%"], 0)]
    []
    >>> check(["all"], 0)[0].text()
    "stubdom_serial = 'all': is not the size of a wave. Remedy: give a number of hosts from 1, or a share such as '10%'."
    """
    sizes = serial if isinstance(serial, list) else [serial]
    remedy = "give a number of hosts from 1, or a share such as '10%'"
    found = [
        Problem("is not the size of a wave", remedy, key="stubdom_serial", value=_as_number(size))
        for size in sizes
        if not _is_size(size)
    ]
    if not sizes:
        found.append(Problem("must not be empty", f"{remedy}, or remove it", key="stubdom_serial", value=serial))
    if not _is_budget(budget):
        remedy = "give a number from 0 to 100"
        value = _as_number(budget)
        found.append(Problem("is not a percentage of hosts", remedy, key="stubdom_max_fail_percentage", value=value))
    return found


def _is_size(size: Any) -> bool:
    text = str(size)
    return not isinstance(size, bool) and bool(_NUMBER.fullmatch(text) or _PERCENT.fullmatch(text))


def _is_budget(budget: Any) -> bool:
    try:
        return not isinstance(budget, bool) and 0 <= float(budget) <= 100
    except (TypeError, ValueError):
        return False


def _as_number(value: Any) -> Any:
    """Return the number that a text is, any other value as it is.

    The playbooks pass these values through a template, which ansible-core up to 2.18 makes a text of: a message shows
    what the operator has written.

    >>> _as_number("-1"), _as_number("1.5"), _as_number("10%")
    (-1, 1.5, '10%')
    """
    if not isinstance(value, str) or not _WRITTEN_AS_TEXT.fullmatch(value):
        return value
    return float(value) if "." in value else int(value)
