# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a definition leaves out with default(omit) is not given, at any depth, under each ansible-core; and the credentials of
a target are in the guest's file, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deployment import Site

OMIT = "{{ nothing | default(omit) }}"
KEY = "AQDfS3cr3tK3y4Zz=="


def site_with(folder: Path, core: str, **changes: Any) -> Site:
    """Return a host with one guest, whose definition has these keys besides."""
    site = Site(folder, core, 1)
    data = json.loads(site.inventory.read_text())
    variables = data["xen_hosts"]["hosts"]["host1"]
    guest = variables["stubdom_guests"][0]
    guest["disks"] += changes.pop("disks", [])
    guest.update(changes)
    variables["stubdom_guests"] = [OMIT, guest]
    site.inventory.write_text(json.dumps(data))
    site.fake_xen.set_behaviour("*", polls=0)
    return site


def test_what_is_omitted_is_not_given(tmp_path: Path, core: str) -> None:
    omitted: dict[str, Any] = {
        "maxmem": OMIT,
        "display": OMIT,
        "disks": [OMIT, {"target": str(tmp_path / "vmlinuz"), "vdev": "xvdb", "script": OMIT, "options": {"colo": OMIT}}],
        "vifs": [OMIT, {"bridge": OMIT, "mac": "00:16:3e:00:00:01"}, {"bridge": OMIT}],
        "settings": {"on_crash": OMIT, "cpus": ["0", OMIT]},
        "extra_settings": {"newer": OMIT},
        "restart": OMIT,
    }
    site = site_with(tmp_path, core, **omitted)
    assert site.deploy().changed == 2
    text = (tmp_path / "xen" / "guest0.cfg").read_text()
    assert "omit_place" not in text
    assert 'vif = [ "mac=00:16:3e:00:00:01", "" ]\ncpus = [ "0" ]\n' in text
    assert f'format=raw,vdev=xvdb,access=rw,target={tmp_path}/vmlinuz"' in text
    again = site.deploy("--check", "--diff")
    assert again.changed == 0
    status = site.run(playbook="status")
    assert status.returncode == 0, status.stdout[-3000:]
    assert "__omit_place" not in status.stdout


@pytest.mark.parametrize("rest", [":id=admin:key={}:mon_host=h", ":key={}"])
def test_credentials_of_a_target_are_shown_nowhere(tmp_path: Path, core: str, rest: str) -> None:
    target = f"rbd:pool/img{rest.format(KEY)}"
    disks = [
        {"target": target, "vdev": "xvdc", "backendtype": "qdisk"},
        {"target": f"iqn=iqn.a:b,portal=h,auth_method=CHAP,user=u,password={KEY}", "vdev": "xvdd", "script": "block-iscsi"},
        {"target": f"nbd://user:{KEY}@h/a", "vdev": "xvde", "backendtype": "qdisk"},
    ]
    arguments = ["-object", f"secret,id=sec0,data={KEY}"]
    site = site_with(tmp_path, core, disks=disks, settings={"device_model_args": arguments})
    ran = site.deploy("--diff")
    path = tmp_path / "xen" / "guest0.cfg"
    assert path.read_text().count(KEY) == 4 and path.stat().st_mode & 0o777 == 0o600
    assert "rbd:pool/img" in ran.text and KEY not in ran.text
    # What fails shows it no more than what succeeds; a changed target is a difference.
    data = json.loads(site.inventory.read_text())
    guest = data["xen_hosts"]["hosts"]["host1"]["stubdom_guests"][1]
    guest["disks"][1]["target"] += "2"
    guest["disks"].append({"target": f"http://user:{KEY}@h/a", "vdev": "xvdf"})
    site.inventory.write_text(json.dumps(data))
    refused = site.run("--diff")
    assert refused.returncode != 0 and "add backendtype: qdisk" in refused.stdout
    assert KEY not in refused.stdout + refused.stderr
    del guest["disks"][-1]
    site.inventory.write_text(json.dumps(data))
    assert KEY not in site.deploy("--diff").text
    assert KEY not in site.run(playbook="status").stdout
    assert [path for path in (tmp_path / "records").rglob("*") if path.is_file() and KEY in path.read_text()] == []
