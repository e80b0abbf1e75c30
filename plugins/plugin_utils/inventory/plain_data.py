# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make plain data of Ansible's values (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Return a value of Ansible's as JSON has it, as modules get it: Ansible has own kinds of texts, also of keys, encrypted
    ones among them, and of mappings and lists, which it evaluates as they are read."""
    return json.loads(json.dumps(_without_lazy(value)))


def _without_lazy(value: Any) -> Any:
    """Return the value with plain mappings and lists."""
    if isinstance(value, Mapping):
        return {key: _without_lazy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_lazy(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
