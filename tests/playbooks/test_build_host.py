# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A build host that lacks what a build needs, and cannot get it: the message names the variable, and no host is reached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from deployment import CHECKOUT, CORE, Site

MISSING = "xenfleet-no-such-package"
VARIABLES = {
    "pvgrub": {"build_pvgrub_packages": [MISSING]},
    "minios": {"build_minios_stubdom_packages": [MISSING]},
}


@pytest.mark.parametrize("image", ["pvgrub", "minios"])
def test_the_message_names_the_way_out(image: str, tmp_path: Path) -> None:
    site = Site(tmp_path, CORE, 1)
    inventory = json.loads(site.inventory.read_text(encoding="utf-8"))
    hosts = inventory["xen_hosts"]["hosts"]
    variables = hosts["host1"] | VARIABLES[image]
    if image == "pvgrub":
        variables["stubdom_guests"][0]["boot"] = {"method": "pvgrub2"}
    else:
        variables["stubdom_host"] = {"release": "4.4", "toolstack": "xl"}
        variables["stubdom_xen_sources"] = {"4.4": {"tree": str(tmp_path)}}
        variables["stubdom_guests"][0]["boot"] = {"method": "pvgrub", "dhcp": True}
    hosts["host1"] = variables
    hosts["host2"] = variables | {"stubdom_guests": []}
    site.inventory.write_text(json.dumps(inventory), encoding="utf-8")
    # Check mode installs nothing on this machine, whatever its packages are.
    done = site.run("--check")
    output = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert "this build host lacks packages that the build needs, and cannot install them." in output, done.stdout[-3000:]
    assert f"name a Debian machine in stubdom_build_host, or install {MISSING} there as root. The reason: " in output
    assert site.fake_xen.calls() == []


@pytest.mark.parametrize("role", sorted(CHECKOUT.glob("roles/build_*")), ids=lambda role: role.name)
def test_each_role_that_builds_has_this_message(role: Path) -> None:
    for file in role.glob("tasks/*.yml"):
        tasks = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert [task for task in tasks if "ansible.builtin.package" in task or "ansible.builtin.apt" in task] == []
        blocks = [task for task in tasks if any("ansible.builtin.package" in inner for inner in task.get("block", []))]
        assert blocks
        for block in blocks:
            assert "stubdom_build_host" in block["rescue"][0]["ansible.builtin.fail"]["msg"]
