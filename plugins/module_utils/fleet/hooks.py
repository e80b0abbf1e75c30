# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's own task files, that ``upgrade.yml`` and ``rollback.yml`` include before and after each host and guest."""

from __future__ import annotations

import os
from typing import Any, Mapping

from ..common.problem import Problem, key_name

VARIABLE = "stubdom_hooks"
MOMENTS = ("before_host", "before_guest", "after_guest", "after_host")


def check(hooks: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the value of the variable at each host, by the host's name. It is looked on this machine, the
    controller, whether the files are there."""
    found: list[Problem] = []
    for host, files in hooks.items():
        if not isinstance(files, Mapping):
            remedy = f"write it as a mapping with the keys {', '.join(MOMENTS)}"
            found.append(Problem("is no mapping", remedy, host=host, key=VARIABLE, value=files))
            continue
        for moment, path in files.items():
            fault, remedy = _fault_of(moment, path)
            if fault:
                key = f"{VARIABLE}.{key_name(moment)}"
                found.append(Problem(fault, remedy, host=host, key=key, value=path))
    return found


def _fault_of(moment: Any, path: Any) -> tuple[str, str]:
    """What is wrong with one of them, and what to do; "" for nothing."""
    if moment not in MOMENTS:
        return "there is no such moment", f"use {', '.join(MOMENTS)}"
    # A play of a collection would look for a relative one beside itself.
    if not isinstance(path, str) or not os.path.isabs(path):
        return "is no absolute path", "give one, such as '{{ inventory_dir }}/hooks/drain.yml'"
    if not os.path.isfile(path):
        return "there is no such file on the controller", "make it, a list of tasks, or take the hook out"
    return "", ""
