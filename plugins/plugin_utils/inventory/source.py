# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the configuration file of the inventory plugin guests: its own keys and their problems (pure)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...module_utils.common.fields import Fields
from ...module_utils.common.problem import Problem

ADDRESSES = ("vif", "none")
_PREFIX = re.compile(r"(?!ansible_)[a-z_][a-z0-9_]*")
_PREFIX_HINT = "the beginning of a variable's name: small letters, digits and _, and not ansible_"


@dataclass(frozen=True)
class Source:
    """Hold the configuration. ``inventory`` has the sources of the Xen hosts, for Ansible; ``timeout`` is in seconds."""

    inventory: list[str]
    pattern: str = "xen_hosts"
    timeout: int = 60
    unmanaged: bool = False
    hostvars_prefix: str = "xen_"
    address: str = "vif"


def is_source(path: str) -> bool:
    """Return whether a file has the name of such a configuration file.

    >>> is_source("inventory/prod.guests.yml"), is_source("inventory/guests.yml")
    (True, False)
    """
    name = posixpath.basename(path)
    return name in ("xen_guests.yml", "xen_guests.yaml") or bool(re.fullmatch(r".+\.guests\.ya?ml", name))


def read_source(config: Any, folder: str, others: Iterable[str]) -> tuple[Source, list[Problem]]:
    """Return the configuration and its problems.

    Relative paths begin at ``folder``, that of the file; ``others`` are the keys that Ansible itself reads and checks.
    """
    problems: list[Problem] = []
    fields = Fields(config, "", problems)
    for key in others:
        fields.raw(key)
    inventory = fields.strings("inventory")
    if not inventory and not problems:
        fields.problem("inventory", "names no source of the Xen hosts", "give the paths of their inventory")
    source = Source(
        inventory=[_place(path, folder) for path in inventory],
        pattern=fields.text("pattern", "xen_hosts", pattern=re.compile(r"[^-].*"), hint="a pattern of host names"),
        timeout=fields.integer("timeout", 60, minimum=1, maximum=3600),
        unmanaged=fields.boolean("unmanaged"),
        hostvars_prefix=fields.text("hostvars_prefix", "xen_", pattern=_PREFIX, hint=_PREFIX_HINT),
        address=fields.text("address", "vif", choices=ADDRESSES),
    )
    fields.done()
    return source, problems


def _place(source: str, folder: str) -> str:
    """Return an absolute path for a relative one. A list of hosts, which has a comma, is not a path."""
    if "," in source or source.startswith(("/", "~")):
        return source
    return posixpath.normpath(posixpath.join(folder, source))
