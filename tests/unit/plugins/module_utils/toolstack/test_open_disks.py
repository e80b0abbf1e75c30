# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of the disks of domains in the output of xenstore-ls and xm list --long."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import open_disks, sxp

TREE = r"""
/local/domain/0/name = "Domain-0"
/local/domain/0/backend = ""
/local/domain/0/backend/vbd/3/51712/frontend-id = "3"
/local/domain/0/backend/vbd/3/51712/params = "/dev/vg0/web1"
/local/domain/0/backend/vbd/3/51712/type = "phy"
/local/domain/0/backend/vbd/3/51712/mode = "w"
/local/domain/0/backend/vbd/3/51728/params = "/srv/install.iso"
/local/domain/0/backend/vbd/3/51728/mode = "r"
/local/domain/0/backend/qdisk/4/768/params = "qcow2:/srv/a b=\"\xc3\xa9\\x.img"
/local/domain/0/backend/qdisk/4/768/mode = "w"
/local/domain/0/backend/qdisk/4/832/params = ""
/local/domain/0/backend/qdisk/4/832/mode = "w"
/local/domain/0/backend/vif/4/0/mode = "w"
/local/domain/2/backend/vbd/5/51712/mode = "w!"
/local/domain/2/backend/vbd/5/51712/type = "phy"
/local/domain/2/backend/vbd/5/51712/params = "drbd0"
/local/domain/3/vm = "/vm/6F0F4B9C-4B7E-4A53-9D0B-2F4B7F7F2A11"
/local/domain/3/data/backend/vbd/3/1/mode = "w"
/local/domain/3/data/backend/vbd/3/1/params = "/dev/invented"
/local/domain/5/device/vbd/51712/mode = "w"
"""


def test_xenstore() -> None:
    uuids, disks = open_disks.of_xenstore(TREE)
    assert uuids == {3: "6f0f4b9c-4b7e-4a53-9d0b-2f4b7f7f2a11"}
    assert disks == {3: {"/dev/vg0/web1"}, 4: {'/srv/a b="é\\x.img'}, 5: {"drbd0", "/dev/drbd0"}}


@pytest.mark.parametrize("device, targets", [
    ("(vbd (dev xvda:disk) (uname file:/srv/guests/pv1.img) (mode w) (backend 0) (VDI ''))", {"/srv/guests/pv1.img"}),
    ("(vbd (dev xvda:disk) (uname phy:/dev/vg0/x) (mode w!))", {"/dev/vg0/x"}),
    ("(vbd (dev xvda:disk) (uname phy:vg0/x) (mode w))", {"vg0/x", "/dev/vg0/x"}),
    ("(tap2 (dev xvda:disk) (uname tap2:aio:/srv/x) (mode w))", {"/srv/x"}),
    ("(vbd (dev xvda:disk) (uname phy:/dev/vg0/x) (mode r))", set()),
    ("(vbd (dev hdc:cdrom) (mode r))", set()),
    ("(vif (mac 00:16:3e:00:00:01) (mode w))", set()),
])
def test_xend(device: str, targets: set[str]) -> None:
    assert open_disks.of_xend(sxp.read(f"(domain (domid 3) (device {device}))")[0]) == targets
