# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the operator's task files that ``upgrade.yml`` and ``rollback.yml`` include around hosts and guests (pure)."""

from __future__ import annotations

import posixpath
from typing import Any, Callable, Mapping

from ..common.problem import Problem, key_name

VARIABLE = "stubdom_hooks"
MOMENTS = ("before_host", "before_guest", "after_guest", "after_host")


def check(hooks: Mapping[str, Any], is_file: Callable[[str], bool]) -> list[Problem]:
    """Return the problems of the variable's value at each host, by the host's name. ``is_file`` returns whether the
    controller has a file."""
    found: list[Problem] = []
    for host, files in hooks.items():
        if not isinstance(files, Mapping):
            remedy = f"write it as a mapping with the keys {', '.join(MOMENTS)}"
            found.append(Problem("must be a mapping", remedy, host=host, key=VARIABLE, value=files))
            continue
        for moment, path in files.items():
            reason, remedy = _check_hook(moment, path, is_file)
            if reason:
                key = f"{VARIABLE}.{key_name(moment)}"
                found.append(Problem(reason, remedy, host=host, key=key, value=path))
    return found


def _check_hook(moment: Any, path: Any, is_file: Callable[[str], bool]) -> tuple[str, str]:
    """Return what is wrong with one hook, and the remedy; "" for nothing."""
    if moment not in MOMENTS:
        return "is not a moment of a hook", f"use {', '.join(MOMENTS)}"
    # Ansible would look for a relative path beside the play of this collection.
    if not isinstance(path, str) or not posixpath.isabs(path):
        return "must be an absolute path", "give one, such as '{{ inventory_dir }}/hooks/drain.yml'"
    if not is_file(path):
        return "does not exist on the controller", "create the file, a list of tasks, or remove the hook"
    return "", ""
