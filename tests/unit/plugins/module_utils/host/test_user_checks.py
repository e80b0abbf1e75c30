# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the host has the users that a QEMU in dom0 is to run as."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import user_checks
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import hvm_guest

NO_USER = "is not a user of the host"
NO_RANGE = "the host has neither the user xen-qemuuser-range-base nor xen-qemuuser-shared, as which libxl restricts QEMU"


@pytest.mark.parametrize(
    ("settings", "users", "found"),
    [
        ({}, [], []),
        ({"device_model_user": "qemu"}, ["qemu"], []),
        ({"device_model_user": "qemu"}, [], [f"settings.device_model_user = 'qemu': {NO_USER}"]),
        (
            {"device_model_user": "root"},
            ["root"],
            ["settings.device_model_user = 'root': is root, as which libxl does not restrict QEMU"],
        ),
        ({"dm_restrict": True}, [], [f"settings.dm_restrict = True: {NO_RANGE}"]),
        ({"dm_restrict": True}, ["xen-qemuuser-range-base"], []),
        ({"dm_restrict": True}, ["xen-qemuuser-shared"], []),
        ({"dm_restrict": False}, [], []),
        # The user that is named counts.
        ({"dm_restrict": True, "device_model_user": "qemu"}, ["qemu"], []),
    ],
)
def test_users(
    settings: dict[str, Any], users: list[str], found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getpwnam(name: str) -> Any:
        if name not in users:
            raise KeyError(name)
        return SimpleNamespace(pw_uid=0 if name == "root" else 1000)

    monkeypatch.setattr(user_checks.pwd, "getpwnam", getpwnam)
    dom0 = Dom0(tmp_path).debian()
    assert dom0.found(hvm_guest(settings=settings), scheme="dom0") == found
    # In a stub domain QEMU is no process of dom0; before 4.12 libxl looked up none or other users.
    assert dom0.found(hvm_guest(settings=settings), scheme="linux") == []
    dom0.library((), "/usr/lib/libxenlight.so.4.11.0")
    assert dom0.found(hvm_guest(settings=settings), "4.11", scheme="dom0") == []
