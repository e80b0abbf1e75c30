# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the ``options`` of a disk or interface: keys of xl that this collection does not know (pure).

xl itself decides about them: the form is checked here, and the host's dry run refuses what its release does not know.
"""

from __future__ import annotations

import re
from typing import Mapping

from ..common.fields import Fields, kind_of
from ..common.problem import key_name

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")
# A comma begins another key, and no release has an escape for it (libxlu_disk_l.l; parse_nic_config of xl_parse.c).
_VALUE = re.compile(r"[^\x00-\x1f\x7f,\ud800-\udfff]+")

# How the definition names the keys of xl that it knows, by the list that they belong to.
_SAID: Mapping[str, Mapping[str, str]] = {
    "disks": {
        **{name: name for name in "access backend backendtype cdrom discard format grant_usage script target vdev".split()},
        **{name: name for name in ("direct-io-safe", "specification", "trusted")},
        "devtype": "cdrom",
        "no-discard": "discard: false",
        "untrusted": "trusted: false",
    },
    "vifs": {
        **{name: name for name in "backend bridge devid gatewaydev ip mac model mtu rate script trusted type".split()},
        **{name: name for name in ("vifname", "vlan")},
        "netdev": "gatewaydev",
        "untrusted": "trusted: false",
    },
}
# What xl reads and does not use.
_UNUSED = {"disks": (), "vifs": ("accel",)}


def read_options(fields: Fields, where: str) -> tuple[tuple[str, str], ...]:
    """Return keys and values in the order of the definition, the value of a key alone as "". ``where`` is disks or vifs."""
    data = fields.raw("options")
    if not isinstance(data, Mapping):
        fields.problem("options", f"must be a mapping, not {kind_of(data)}", "write the keys of xl and their values below it")
        return ()
    good = []
    for key, value in data.items():
        if value is None:
            continue  # Not given.
        name = key_name(key)
        problem = _key_problem(key, where) or _value_problem(name, value)
        if problem:
            fields.problem(f"options.{name}", *problem, value=value)
        else:
            good.append((name, "" if value is True else str(value)))
    return tuple(good)


def _key_problem(key: object, where: str) -> tuple[str, str] | None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return "is not a key that xl can read", "begin it with a lower-case letter; use lower-case letters, digits, - and _"
    if key in _SAID[where]:
        return "is a key that the definition has", f"use {_SAID[where][key]}, beside options"
    if key in _UNUSED[where]:
        return "is read by xl and not used", "remove it"
    return None


def _value_problem(key: str, value: object) -> tuple[str, str] | None:
    if value is False:
        return "cannot be turned off: xl reads the key alone, or with a value", f"leave it out, or give no-{key}: true where xl has that"
    if not isinstance(value, (str, int)):
        return f"must be a string, a whole number or true, not {kind_of(value)}", "write true for a key without a value"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "is too large", "write a smaller number"
    text = str(value)
    if not _VALUE.fullmatch(text) or text != text.strip():
        return "is empty, has a comma or a control character, or begins or ends with a blank", "write it without"
    return None
