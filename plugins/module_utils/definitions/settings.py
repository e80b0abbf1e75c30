# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define a guest's settings from the keys that the definition has no place of its own for (pure)."""

from __future__ import annotations

import re
from typing import Any

from ..xen.keys_xl import Key
from ..xen.setting_check import check_settings
from ..xencfg.values import Read
from .source import Source

# What xl does without the key, from 4.2 to 4.22 (parse_config_data of tools/xl/xl_parse.c).
_DEFAULTS = {"on_poweroff": "destroy", "on_reboot": "restart", "on_watchdog": "destroy", "on_crash": "destroy"}
# The first release with an affinity for each processor.
_AFFINITIES = (4, 5)
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}")


def settings_of(source: Source, name: str, kind: str) -> dict[str, Any]:
    """Return the settings by key, in the order of their names. A key that the toolstack ignores is left out."""
    settings = {}
    _ignore_affinities(source)
    for key, value in sorted(source.rest.items()):
        source.take(key, f"settings.{key}")
        if source.toolstack == "xl" and value == _DEFAULTS.get(key):
            continue
        typed = _typed(source, key, value)
        problems = check_settings({key: typed}, source.toolstack, source.release, name, kind)
        if not problems:
            settings[key] = typed
        elif source.toolstack == "xl":
            source.ignore(key, problems[0].reason)
        else:
            source.refuse(key, problems[0].reason)
    return settings


def _ignore_affinities(source: Source) -> None:
    """Leave out what xl reads for as many processors as the file names before: for none (parse_vcpu_affinity of xl_parse.c)."""
    config = source.config
    if source.toolstack != "xl" or source.release < _AFFINITIES or config.number("vcpus") or config.number("maxvcpus"):
        return
    for key in ("cpus", "cpus_soft"):
        if isinstance(source.rest.get(key), str):
            source.ignore(key, "xl ignores it in a file without vcpus")


def _typed(source: Source, key: str, value: Read) -> Any:
    """Return the value as an operator writes it: a number, or true and false, where the key is one."""
    known = source.keys.get(key)
    kinds = known.kinds_at(source.release) if isinstance(known, Key) else ()
    if isinstance(value, list):
        decimals = source.toolstack == "xl" and all(
            isinstance(item, str) and _DECIMAL.fullmatch(item) for item in value
        )
        return [int(item) for item in value] if decimals else value
    number = source.config.number(key)
    if number is None:
        return value
    if "boolean" in kinds and number in (0, 1):
        return bool(number)
    return number if "number" in kinds or "boolean" in kinds else value
