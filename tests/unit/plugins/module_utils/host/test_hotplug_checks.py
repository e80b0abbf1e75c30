# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether udev runs Xen's scripts on a host with xend: rules in each form that Xen's trees and distributions have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.hotplug_checks import AGENT, HELPER
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest

RULES = "/etc/udev/rules.d/xen-backend.rules"
VBD = 'SUBSYSTEM=="xen-backend", KERNEL=="vbd*", RUN+="/etc/xen/scripts/block $env{ACTION}"\n'
VIF = (
    'SUBSYSTEM=="xen-backend", KERNEL=="vif-*", ACTION=="online", RUN+="$env{script} online"\n'
    'SUBSYSTEM=="xen-backend", KERNEL=="vif-*", ACTION=="offline", RUN+="$env{script} offline"\n'
)
# What xend of 3.3 to 4.4 has beside them.
REMOVAL = 'SUBSYSTEM=="xen-backend", ACTION=="remove", RUN+="/etc/xen/scripts/xen-hotplug-cleanup"\n'
OTHER = 'SUBSYSTEM=="xen-backend", KERNEL=="vscsi*", RUN+="/etc/xen/scripts/vscsi $env{ACTION}"\n'
DISK: dict[str, Any] = {"target": "/srv/web1.img", "vdev": "xvda", "backend": "file"}


def kinds(dom0: Dom0, disks: Any = (DISK,), vifs: Any = ({},), release: str = "3.3") -> list[str]:
    """Return the keys that a guest of the host is refused for."""
    found = dom0.found(guest(disks=list(disks), vifs=list(vifs)), release, "xm")
    return [line.partition(":")[0] for line in found if "rule of udev" in line]


@pytest.fixture
def dom0(tmp_path: Path) -> Dom0:
    """A host with Xen's scripts and without any rule."""
    made = Dom0(tmp_path)
    made.script("vif-bridge")
    return made


@pytest.mark.parametrize("release", ["3.3", "3.4", "4.0", "4.4"])
def test_a_host_without_rules_starts_no_guest_with_devices(dom0: Dom0, release: str) -> None:
    assert kinds(dom0, release=release) == ["disks", "vifs"]
    assert kinds(dom0, vifs=[], release=release) == ["disks"]
    assert kinds(dom0, disks=[], release=release) == ["vifs"]
    assert kinds(dom0, [], [], release) == []


RULE_FILES: list[tuple[str, list[str]]] = [
    (VBD + VIF, []),
    (OTHER + REMOVAL + VBD + VIF, []),
    (VIF, ["disks"]),
    (VBD, ["vifs"]),
    (REMOVAL + OTHER, ["disks", "vifs"]),
    ("# " + VBD + "  # " + VIF.splitlines()[0], ["disks", "vifs"]),
    ('SUBSYSTEM=="xen-backend", KERNEL=="vif*|vbd*", RUN+="/etc/xen/scripts/hotplug"\n', []),
    ('SUBSYSTEM=="xen-backend", \\\n  KERNEL=="vbd*", \\\n  RUN+="/etc/xen/scripts/block $env{ACTION}"\n', ["vifs"]),
    ('SUBSYSTEM=="xen-backend", RUN+="/usr/lib/xen/hotplug"\n', []),
    ('SUBSYSTEM=="xen-backend", KERNEL=="vbd*", ENV{DONE}="1"\n', ["disks", "vifs"]),
    ("", ["disks", "vifs"]),
    # Written by hand.
    ('SUBSYSTEM=="xen-backend", ACTION!="remove", RUN+="/etc/xen/scripts/hotplug"\n', []),
    ('SUBSYSTEM=="xen-backend", ACTION!="remove|offline", RUN="/etc/xen/scripts/hotplug"\n', []),
    ('SUBSYSTEM=="xen-backend", ACTION!="add|online", RUN+="/etc/xen/scripts/hotplug"\n', ["disks", "vifs"]),
    ('SUBSYSTEM=="xen-backend", ACTION=="change", RUN+="/etc/xen/scripts/hotplug"\n', ["disks", "vifs"]),
    ('SUBSYSTEM=="xen-backend", ACTION=="offline", RUN+="/etc/xen/scripts/hotplug"\n', ["disks", "vifs"]),
    ('SUBSYSTEM=="xen-backend", ACTION=="online", RUN+="/etc/xen/scripts/hotplug"\n', ["disks"]),
    ('SUBSYSTEM=="xen-backend", ACTION=="add|remove", RUN+="/etc/xen/scripts/hotplug"\n', []),
    ('SUBSYSTEM=="xen-backend", KERNEL!="vif*", RUN+="/etc/xen/scripts/block"\n', ["vifs"]),
    ('SUBSYSTEM=="xen-backend", KERNEL!="vbd*|vif*", RUN+="/etc/xen/scripts/vscsi"\n', ["disks", "vifs"]),
    ('SUBSYSTEM=="xen-backend", KERNEL=="v*", KERNEL!="vif*", RUN{program}+="/etc/xen/scripts/block"\n', ["vifs"]),
    ('SUBSYSTEM!="xen-backend", RUN+="/usr/bin/other"\n', ["disks", "vifs"]),
    ('SUBSYSTEM=="xen*", KERNEL=="vbd-[0-9]*", RUN+="/etc/xen/scripts/block"\n# xen-backend\n', ["vifs"]),
    ('SUBSYSTEM!="xen-backend", GOTO="end"\nKERNEL=="vbd*", RUN+="/etc/xen/scripts/block"\nLABEL="end"\n', ["vifs"]),
    ('SUBSYSTEM=="xen-backend", GOTO="end"\nKERNEL=="vbd*", RUN+="/sbin/other"\nLABEL="end"\nRUN+="/sbin/x"\n', ["disks", "vifs"]),
    ('SUBSYSTEM=="xen-backend", ENV{X}="1"\nRUN+="/sbin/for-all-devices"\n', ["disks", "vifs"]),
    ('SUBSYSTEM=="xen-backend", KERNEL=="vbd*", RUN==""\n', ["disks", "vifs"]),
]


@pytest.mark.parametrize(("rules", "found"), RULE_FILES, ids=range(len(RULE_FILES)))
def test_rules_of_one_file(dom0: Dom0, rules: str, found: list[str]) -> None:
    dom0.file(RULES, rules)
    assert kinds(dom0) == found


@pytest.mark.parametrize("folder", ["/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"])
def test_rules_of_a_distribution_count_until_the_operator_hides_them(dom0: Dom0, folder: str) -> None:
    dom0.file(f"{folder}/60-xen-backend.rules", VBD + VIF)
    assert kinds(dom0) == []
    dom0.file("/etc/udev/rules.d/60-xen-backend.rules", "")
    assert kinds(dom0) == ["disks", "vifs"]


def test_a_link_as_xen_itself_makes_it(dom0: Dom0) -> None:
    dom0.file("/etc/udev/xen-backend.rules", VBD + VIF)
    (dom0.root / "etc/udev/rules.d").mkdir()
    (dom0.root / RULES.lstrip("/")).symlink_to("../xen-backend.rules")
    assert kinds(dom0) == []
    dom0.remove("/etc/udev/xen-backend.rules")
    assert kinds(dom0) == ["disks", "vifs"]


@pytest.mark.parametrize(("helper", "agent", "found"), [
    ("/sbin/hotplug\n", True, []),
    ("\n", True, ["disks", "vifs"]),
    ("/sbin/hotplug\n", False, ["disks", "vifs"]),
])
def test_the_agent_counts_only_where_the_kernel_runs_a_helper(dom0: Dom0, helper: str, agent: bool, found: list[str]) -> None:
    dom0.file(HELPER, helper)
    if agent:
        dom0.file(AGENT, "#!/bin/bash\n", 0o755)
    assert kinds(dom0) == found


def test_devices_that_dom0_does_not_serve_need_no_rule(dom0: Dom0) -> None:
    assert kinds(dom0, [{**DISK, "backend": "diskdom"}], [{"backend": "netdom"}]) == []


def test_a_guest_with_a_stub_domain_needs_the_rules_too(dom0: Dom0) -> None:
    found = dom0.found(hvm_guest(disks=[DISK], vifs=[{"mac": "00:16:3e:00:00:01"}]), "3.3", "xm")
    assert [line.partition(":")[0] for line in found if "rule of udev" in line] == ["disks", "vifs"]


def test_xl_runs_its_scripts_itself(dom0: Dom0) -> None:
    assert not [line for line in dom0.found(guest(vifs=[{}]), "4.4", "xl") if "udev" in line]


def test_a_machine_that_is_no_xen_host_is_not_judged(tmp_path: Path) -> None:
    assert kinds(Dom0(tmp_path)) == []


def test_rules_that_cannot_be_read_are_a_note(dom0: Dom0) -> None:
    (dom0.root / RULES.lstrip("/")).mkdir(parents=True)
    found = dom0.found(guest(disks=[DISK], vifs=[{}]), "3.3", "xm")
    assert [line for line in found if line.startswith("* ") and "rules for Xen's scripts are not checked" in line]
    assert not [line for line in found if "no rule" in line]
