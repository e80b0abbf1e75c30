# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for each guest: a host about which nothing is known refuses nothing, and no definition breaks a check."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.needs import HostNeeds
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.guest_maker import HOSTS, Maker
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import host_state

STRINGS = ["a b", "a,b=c", "é", "/", "..", "../../etc", "0000:03:00.0", "x" * 300]


def findings(dom0: Dom0, toolstack: str, program: str) -> list[tuple[str, object]]:
    """The problems of generated guests on releases of the toolstack."""
    found: list[tuple[str, object]] = []
    for number, (scheme, facts) in enumerate(HOSTS[toolstack] * 2):
        item = Maker((scheme, facts), Random(number), STRINGS).definition()
        guest = read_guest(item).guest
        if guest is None:
            continue
        state = host_state(release=facts.release, toolstack=toolstack)
        problems, notes = HostNeeds(toolstack, state, dom0.root, program).run(guest, render_guest(guest, facts, scheme))
        assert all(problem.remedy and problem.guest == guest.name for problem in problems)
        assert all(note.startswith(f"guest {guest.name}: ") for note in notes)
        found += [(problem.key, problem.value) for problem in problems]
    return found


@pytest.mark.parametrize("toolstack", ["xl", "xm"])
def test_a_host_that_shows_nothing_refuses_only_whole_paths(toolstack: str, tmp_path: Path) -> None:
    """Such a host has neither Xen's scripts nor a libxl that is found, nor sysfs."""
    dom0 = Dom0(tmp_path)
    (tmp_path / "sys/class/net").rmdir()
    for key, value in findings(dom0, toolstack, "/nowhere/bin/xl"):
        assert isinstance(value, str) and value.startswith("/"), (key, value)


@pytest.mark.parametrize("toolstack", ["xl", "xm"])
def test_no_definition_breaks_a_check(toolstack: str, tmp_path: Path) -> None:
    dom0 = Dom0(tmp_path).debian()
    dom0.pci("0000:03:00.0", "e1000e")
    dom0.file("/etc/xen/xl.conf", 'vif.default.backend=""\nautoballoon="auto"\n')
    assert findings(dom0, toolstack, "/usr/sbin/xl")
