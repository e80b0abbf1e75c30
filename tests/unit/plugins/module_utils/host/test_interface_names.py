# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import interface_names
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host with a bridge, a card, the back end of a domain, and QEMU's end of an emulated card."""
    net = tmp_path / "sys/class/net"
    for name, folder in (("xenbr0", "bridge"), ("eth0", "queues"), ("web1", "queues"), ("web2-emu", "queues")):
        (net / name / folder).mkdir(parents=True)
    for name, device in (("eth0", "0000:00:02.0"), ("web1", "vif-3-0")):
        (tmp_path / "devices" / device).mkdir(parents=True)
        (net / name / "device").symlink_to(tmp_path / "devices" / device)
    (net / "web2-emu" / "tun_flags").write_text("0x1002\n")
    return tmp_path


@pytest.mark.parametrize(
    "vif, refused",
    [
        ({"vifname": "xenbr0"}, True),
        ({"vifname": "eth0"}, True),
        ({"vifname": "web1"}, False),
        ({"vifname": "web2-emu"}, False),
        ({"vifname": "web3"}, False),
        ({"vifname": "eth0", "backend": "netdom"}, False),
        ({"vifname": "eth0", "backend": "Domain-0"}, True),
        ({}, False),
    ],
)
def test_names_of_the_hosts_interfaces(host: Path, vif: dict[str, Any], refused: bool) -> None:
    found = interface_names.check([guest("web", vifs=[vif])], {"Domain-0"}, host)
    assert [(one.guest, one.key, one.value) for one in found] == ([("web", "vifs[0].vifname", vif["vifname"])] if refused else [])


def test_a_guest_that_runs_or_is_off_is_left_alone(host: Path) -> None:
    vifs = [{"vifname": "eth0"}]
    assert interface_names.check([guest("web", vifs=vifs)], {"web"}, host) == []
    assert interface_names.check([guest("web", vifs=vifs, state="stopped")], set(), host) == []
