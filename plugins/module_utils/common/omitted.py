# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leave out of a variable what the inventory left out with ``default(omit)`` (pure).

ansible-core 2.19 does so itself, in mappings and lists of any depth; up to 2.18 it does so for the options of a module
alone, and leaves a placeholder anywhere else.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

_NAME = "__omit_place_holder__"
_PLACEHOLDER = re.compile(rf"{_NAME}[0-9a-f]{{40}}")
# No definition needs more levels, and a value that is nested without end must not end the program.
_DEEPEST = 32


def is_omitted(value: Any) -> bool:
    """Return whether the value is the placeholder, and nothing else."""
    return isinstance(value, str) and bool(_PLACEHOLDER.fullmatch(value))


def without_omitted(value: Any, depth: int = 0) -> Any:
    """Return the value without the keys and items that were omitted; of a text with more in it, the rest is left.

    >>> gone = "__omit_place_holder__" + "0" * 40
    >>> without_omitted({"bridge": gone, "disks": [gone, {"vdev": "xvda", "script": gone}], "note": f"a{gone}"})
    {'disks': [{'vdev': 'xvda'}], 'note': 'a'}
    """
    if isinstance(value, str):
        return _PLACEHOLDER.sub("", value) if _NAME in value else value
    if depth >= _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {key: without_omitted(item, depth + 1) for key, item in value.items() if not is_omitted(item)}
    if isinstance(value, list):
        return [without_omitted(item, depth + 1) for item in value if not is_omitted(item)]
    return value
