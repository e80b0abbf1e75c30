# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the scripts of interfaces and disks are there, and where the host's libxl looks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import DEBIAN, SCRIPTS, Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, guest, hvm_guest, written

GONE = "does not exist on the host"


@pytest.fixture
def dom0(tmp_path: Path) -> Dom0:
    """A host with scripts, one of them without the mode to be run."""
    made = Dom0(tmp_path).debian()
    made.interface("xenbr0", "bridge")
    made.script("vif-own")
    made.script("block-iscsi")
    made.script("vif-text", mode=0o644)
    made.file("/opt/vif-mine", "#!", 0o750)
    made.script("vif-empty", "")
    return made


VIFS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"script": "vif-own"}, []),
    ({"script": "/opt/vif-mine"}, []),
    ({"script": f"{SCRIPTS}/vif-own"}, []),
    ({"script": "vif-none"}, [f"vifs[0].script = 'vif-none': {SCRIPTS}/vif-none {GONE}"]),
    ({"script": "/opt/vif-none"}, [f"vifs[0].script = '/opt/vif-none': /opt/vif-none {GONE}"]),
    ({"script": "vif-empty"}, [f"vifs[0].script = 'vif-empty': {SCRIPTS}/vif-empty is empty"]),
    ({"script": "vif-text"}, [f"vifs[0].script = 'vif-text': {SCRIPTS}/vif-text is not executable"]),
    ({"script": "vif-none", "backend": "netdom"}, []),
]


@pytest.mark.parametrize(("vif", "found"), VIFS, ids=[str(vif) for vif, _found in VIFS])
def test_scripts_of_interfaces(vif: dict[str, Any], found: list[str], dom0: Dom0) -> None:
    assert dom0.found(guest(vifs=[vif])) == found
    # A guest with a stub domain has the same script for the interface of that.
    assert dom0.found(hvm_guest(vifs=[vif]), scheme="linux") == found


DISKS: list[tuple[dict[str, Any], list[str]]] = [
    ({"target": "iqn.2001-05.com:web1", "script": "block-iscsi"}, []),
    ({"target": "web1", "script": "block-drbd"}, [f"disks[0].script = 'block-drbd': {SCRIPTS}/block-drbd {GONE}"]),
    ({"target": "web1", "script": "/opt/block"}, [f"disks[0].script = '/opt/block': /opt/block {GONE}"]),
    ({"target": "web1", "script": "vif-text"}, [f"disks[0].script = 'vif-text': {SCRIPTS}/vif-text is not executable"]),
]


@pytest.mark.parametrize(("disk", "found"), DISKS, ids=[str(disk) for disk, _found in DISKS])
def test_scripts_of_disks(disk: dict[str, Any], found: list[str], dom0: Dom0) -> None:
    assert dom0.found(guest(disks=[{"vdev": "xvda", **disk}])) == found


def test_the_default_script_of_the_host(dom0: Dom0) -> None:
    """One problem, however many interfaces have it."""
    dom0.remove(f"{SCRIPTS}/vif-bridge")
    default = "vifs = '{}': the host's default script cannot be run: {}"
    assert dom0.found(guest(vifs=[{}, {}])) == [default.format("vif-bridge", f"{SCRIPTS}/vif-bridge {GONE}")]
    for key in ("vif.default.script", "vifscript"):
        dom0.file("/etc/xen/xl.conf", f'{key}="vif-own"\n')
        assert dom0.found(guest(vifs=[{}])) == []
        dom0.file("/etc/xen/xl.conf", f'{key}="vif-none"\n')
        assert dom0.found(guest(vifs=[{}])) == [default.format("vif-none", f"{SCRIPTS}/vif-none {GONE}")]
        assert dom0.found(guest(vifs=[{"script": "vif-own"}])) == []


def test_another_folder_of_scripts(dom0: Dom0) -> None:
    """A libxl that was built with a sysconfdir of its own; the usual folder counts as well."""
    dom0.library(("/opt/xen/etc/scripts", *DEBIAN[1:]))
    dom0.file("/opt/xen/etc/scripts/vif-there", "#!", 0o755)
    assert dom0.found(guest(vifs=[{"script": "vif-there"}, {"script": "vif-own"}])) == []
    assert dom0.found(guest(vifs=[{"script": "vif-none"}])) == [
        f"vifs[0].script = 'vif-none': /opt/xen/etc/scripts/vif-none {GONE}"
    ]


def test_a_libxl_that_is_not_found_refuses_no_script(dom0: Dom0) -> None:
    """Its folder is not known: only a path is sure to be missing."""
    needs = dom0.needs(program="/nix/store/abc-xen/bin/xl")
    disk = {"target": "x", "vdev": "xvda", "script": "block-none"}
    made = guest(vifs=[{"script": "vif-none"}, {"script": "/opt/vif-none"}], disks=[disk])
    problems, notes = needs.run(made, written(made, facts()))
    assert [problem.key for problem in problems] == ["vifs[1].script"]
    assert notes == [
        f"guest web1: vifs[0].script = 'vif-none' is not in {SCRIPTS}",
        f"guest web1: disks[0].script = 'block-none' is not in {SCRIPTS}",
    ]


def test_scripts_of_xend(tmp_path: Path) -> None:
    dom0 = Dom0(tmp_path)
    assert dom0.found(guest(vifs=[{"script": "vif-none"}]), "4.1", "xm") == []
    dom0.script("vif-bridge")
    dom0.hotplug_rules()
    assert dom0.found(guest(vifs=[{"script": "vif-none"}]), "4.1", "xm") == [
        f"vifs[0].script = 'vif-none': {SCRIPTS}/vif-none {GONE}"
    ]
    dom0.file("/etc/xen/xend-config.sxp", "(vif-script vif-own)\n")
    assert dom0.found(guest(vifs=[{}]), "4.1", "xm") == [
        f"vifs = 'vif-own': the host's default script cannot be run: {SCRIPTS}/vif-own {GONE}"
    ]
