# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For every key somebody has asked: can two guests of a host share this?"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.fields import Fields
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.collisions import RULES
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.shareable import SHAREABLE
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import DeviceModel
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.display import Display
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.settings import read_settings
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xl import XL_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xm import XM_KEYS

# Names are unique in the fleet by a rule of their own (shared_names.py).
RULED = {key for rule in RULES for key in rule.keys.split()} | {"name"}
PARTS: dict[str, Any] = {"boot": Boot, "disks": Disk, "vifs": Vif, "display": Display, "device_model": DeviceModel}


def is_setting(key: str) -> bool:
    """Whether some guest's settings may hold the key of Xen; other keys of the definition set the rest."""
    return bool(read_settings(Fields({"settings": {key: 1}}, "", []), "pv"))


def known_keys() -> set[str]:
    own = {field.name for field in fields(Guest)} - {*PARTS, "settings"}
    inner = {f"{part}.{field.name}" for part, kind in PARTS.items() for field in fields(kind)}
    return own | inner | {f"settings.{key}" for key in {*XL_KEYS, *XM_KEYS} if is_setting(key)}


def test_each_key_has_a_rule_or_a_reason() -> None:
    assert known_keys() - RULED - set(SHAREABLE) == set()


def test_no_key_has_both_and_none_is_unknown() -> None:
    assert RULED & set(SHAREABLE) == set()
    assert (RULED | set(SHAREABLE)) - known_keys() == set()
