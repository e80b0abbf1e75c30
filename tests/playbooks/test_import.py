# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""import.yml makes an inventory of guests that a host has by hand, and the deployment after it changes none of them."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from deployment import CORE, Site

yaml = pytest.importorskip("yaml")


class ByHand(Site):
    """A host whose inventory names no guest, with files in its configuration folder that an operator wrote."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, CORE, 0)
        self.config = folder / "xen"
        (self.config / "auto").mkdir(exist_ok=True)
        self.kernel = folder / "vmlinuz"
        content = json.loads(self.inventory.read_text())
        variables = content["xen_hosts"]["hosts"]["host1"]
        del variables["stubdom_guests"]
        # The inventory's own folder: host_vars is beside it.
        (folder / "inventory").mkdir()
        self.inventory = folder / "inventory" / "hosts.json"
        self.inventory.write_text(json.dumps(content))
        self.fake_xen.set_behaviour("*", polls=0)

    @property
    def host_vars(self) -> Path:
        return self.folder / "inventory" / "host_vars" / "host1.yml"

    def write(self, name: str, text: str, disk: str = "") -> Path:
        if disk:
            (self.folder / disk).write_bytes(b"")
        path = self.config / name
        path.write_text(text.replace("KERNEL", str(self.kernel)).replace("FOLDER", str(self.folder)))
        return path

    def start(self, name: str) -> int:
        done = self.fake_xen.run("xl", "create", "-q", str(self.config / name))
        assert done.returncode == 0, done.stderr
        return int(self.fake_xen.domains()[name.split(".")[0]]["domid"])

    def imported(self, *options: str, returncode: int = 0) -> str:
        done = self.run(*options, playbook="import")
        assert done.returncode == returncode, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout

    def guests(self) -> dict[str, Any]:
        found = yaml.load(self.host_vars.read_text(), Loader=yaml.SafeLoader)
        return {guest["name"]: guest for guest in found["stubdom_guests"]}


WEB = """\
# by hand
name = 'web1'
kernel = "KERNEL"
extra = "quiet"
root = "/dev/xvda ro"
memory = "128"
vif = [ 'ip=192.0.2.10 ,mac=00:16:3e:b8:1f:7c' ]
disk = [ 'file:FOLDER/web1.img,xvda,w' ]
on_reboot = 'restart'
on_crash = 'preserve'
"""
DB = """\
memory = 0x40
name = "db1"
type = "pv"
kernel = "KERNEL"
disk = [ "FOLDER/db1.img,raw,xvda,rw", ]
"""


def test_a_host_by_hand_becomes_an_inventory(tmp_path: Path) -> None:
    site = ByHand(tmp_path)
    site.write("web1.cfg", WEB, "web1.img")
    site.write("db1.cfg", DB, "db1.img")
    (site.config / "auto" / "db1.cfg").symlink_to(site.config / "db1.cfg")
    domid = site.start("web1.cfg")

    shown = site.imported("--check", "--diff")
    assert not site.host_vars.exists()
    assert "+  - name: web1" in shown
    text = site.imported()
    assert "1 host, 2 guests: 2 fully understood." in text
    assert stat.S_IMODE(site.host_vars.stat().st_mode) == 0o600
    guests = site.guests()
    assert guests["web1"] == {
        "name": "web1", "type": "pv", "memory": 128,
        "boot": {"method": "direct", "kernel": str(site.kernel), "cmdline": "root=/dev/xvda ro quiet", "expect": ""},
        "disks": [{"target": str(tmp_path / "web1.img"), "vdev": "xvda"}],
        "vifs": [{"ip": "192.0.2.10", "mac": "00:16:3e:b8:1f:7c"}],
        "settings": {"on_crash": "preserve"},
    }  # fmt: skip
    assert (guests["db1"]["state"], guests["db1"]["autostart"]) == ("defined", True)
    assert "changed=0" in site.imported().split("PLAY RECAP")[1]

    # The files are replaced by files that mean the same; no guest is touched.
    ran = site.deploy("-e", "guests_adopt=true", "--check")
    assert "changed=" in ran.text
    ran = site.deploy("-e", "guests_adopt=true")
    assert site.fake_xen.domains()["web1"]["domid"] == domid
    assert "db1" not in site.fake_xen.domains()
    assert site.deploy("-e", "guests_adopt=true").changed == 0
    assert site.fake_xen.domains()["web1"]["domid"] == domid
