# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the argument specs of options that several modules share (pure).

The doc fragment _options describes each of them in a section of the same name.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable

from . import paths

Spec = Dict[str, Dict[str, Any]]

AUTOSTART_DIR: Spec = {"autostart_dir": {"type": "path", "default": paths.AUTOSTART_DIR}}
CONFIG_DIR: Spec = {"config_dir": {"type": "path", "default": paths.CONFIG_DIR}}
CONSOLE_DIR: Spec = {"console_dir": {"type": "path", "default": paths.CONSOLE_DIR}}
IMAGES: Spec = {"images": {"type": "list", "elements": "dict", "default": []}}
#: The lock of a host (``host_lock``); the timeout is in seconds.
LOCK: Spec = {"lock": {"type": "path", "default": paths.LOCK}, "lock_timeout": {"type": "int", "default": 60}}
RECORDS: Spec = {"records": {"type": "path", "default": paths.RECORDS}}
STORE: Spec = {"store": {"type": "path", "default": paths.STORE}}
TOOLSTACK: Spec = {"toolstack": {"type": "str", "choices": ["auto", "xl", "xm"], "default": "auto"}}

#: The suboptions of a link of /exports.
LINK: Spec = {"name": {"type": "str", "required": True}, "target": {"type": "str"}}


def scheme(names: Iterable[str]) -> Spec:
    """Return the option ``scheme`` with these schemes as its choices."""
    return {"scheme": {"type": "str", "choices": ["auto", *names], "default": "auto"}}
