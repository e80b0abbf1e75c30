# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which file a host's definitions go to, and that none of an operator's is replaced."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.file_plan import plan_file


def test_a_new_file(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, "xen1", "text\n", is_defined=False)
    assert (plan.path, plan.action, plan.is_proposal) == (tmp_path / "host_vars" / "xen1.yml", "created", False)
    plan.write()
    assert plan.path.read_text() == "text\n"
    assert stat.S_IMODE(plan.path.stat().st_mode) == 0o600
    assert plan_file(tmp_path, "xen1", "text\n", is_defined=True).action == "unchanged"


def test_a_file_that_others_can_read_is_closed(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, "xen1", "text\n", is_defined=False)
    plan.write()
    plan.path.chmod(0o644)
    again = plan_file(tmp_path, "xen1", "text\n", is_defined=True)
    assert again.action == "updated"
    again.write()
    assert stat.S_IMODE(plan.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["xen1", "xen1.yml", "xen1.yaml", "xen1.json"])
def test_an_operators_file_stays(tmp_path: Path, name: str) -> None:
    own = tmp_path / "host_vars" / name
    own.parent.mkdir()
    own.write_text("a: 1\n")
    plan = plan_file(tmp_path, "xen1", "text\n", is_defined=False)
    assert (plan.path.name, plan.action, plan.is_proposal) == ("xen1.import.yml", "created", True)
    plan.write()
    assert own.read_text() == "a: 1\n"
    assert plan_file(tmp_path, "xen1", "text\n", is_defined=False).action == "unchanged"
    assert plan_file(tmp_path, "xen1", "other\n", is_defined=False).action == "updated"


def test_a_host_of_the_inventory_gets_a_proposal(tmp_path: Path) -> None:
    assert plan_file(tmp_path, "xen1", "text\n", is_defined=True).is_proposal


def test_a_folder_of_variables(tmp_path: Path) -> None:
    folder = tmp_path / "host_vars" / "xen1"
    folder.mkdir(parents=True)
    (folder / "other.yml").write_text("a: 1\n")
    plan = plan_file(tmp_path, "xen1", "text\n", is_defined=False)
    assert (plan.path, plan.is_proposal) == (folder / "stubdom_guests.yml", False)
    plan.write()
    # A proposal is not in that folder, where Ansible would read it.
    assert plan_file(tmp_path, "xen1", "other\n", is_defined=True).path == tmp_path / "host_vars" / "xen1.import.yml"
