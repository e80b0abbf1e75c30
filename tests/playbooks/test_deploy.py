# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook deploy takes as many tasks and module runs for many guests as for one, and check mode touches nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployment import CHECKOUT, CORE, Site

FEW, MANY = 1, 100
STUBDOM = ["fleet_validate", "guest_config", "guest_info", "guest_state", "host_info"]


def test_every_path_of_the_roles_is_set(tmp_path: Path) -> None:
    """A role's new path must not lead these tests to the system."""
    yaml = pytest.importorskip("yaml")
    variables = Site(tmp_path, CORE, FEW).variables()
    specs = sorted((CHECKOUT / "roles").glob("*/meta/argument_specs.yml"))
    assert len(specs) >= 5
    paths = {name for spec in specs
             for name, option in yaml.safe_load(spec.read_text())["argument_specs"]["main"]["options"].items()
             if option["type"] == "path"}
    # The playbooks give the one cache of the controller to each role that has one.
    playbooks = "".join(path.read_text() for path in (CHECKOUT / "playbooks").rglob("*.yml"))
    cached = {name for name in paths if f'{name}: "{{{{ stubdom_image_cache |' in playbooks}
    assert paths and cached and "stubdom_image_cache" in variables
    assert paths - variables.keys() - cached == set()


def test_check_mode_touches_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path, CORE, FEW)
    site.deploy("--check", "--diff")
    assert site.fake_xen.mutating_calls() == []
    assert list((tmp_path / "xen").iterdir()) == []
    assert not (tmp_path / "records").exists()


def test_each_phase_has_a_tag(tmp_path: Path) -> None:
    """What is not named is not run, but for the look at the fleet and at each host."""
    site = Site(tmp_path, CORE, FEW)
    always = ["fleet_validate", "host_info"]
    for tag, module, does in (("build", "", False), ("validate", "", False), ("images", "", False),
                              ("configure", "guest_config", True), ("launch", "guest_state", True),
                              ("verify", "guest_info", False), ("fs_backend", "", False)):
        ran = site.deploy("--tags", tag)
        assert (sorted(ran.modules), ran.changed) == (sorted([*always, *filter(None, [module])]), int(does)), tag
    assert sorted(site.fake_xen.domains()) == ["Domain-0", "guest0"]
    assert "as defined, 0 problems." in site.deploy("--skip-tags", "launch").text


def test_tasks_and_module_runs_do_not_grow_with_the_guests(tmp_path: Path, core: str) -> None:
    small, site = Site(tmp_path / "few", core, FEW), Site(tmp_path / "many", core, MANY)
    few, many = small.unchanged(), site.unchanged()
    assert (few.changed, many.changed) == (0, 0)
    assert site.fake_xen.mutating_calls() == []
    assert (many.ok, many.skipped) == (few.ok, few.skipped)
    assert many.modules == few.modules
    # Nor do the processes that the modules start: the toolstack is asked of all guests at once.
    assert len(site.fake_xen.calls()) == len(small.fake_xen.calls()) > 0
    assert sorted(name for name in few.modules if name in STUBDOM) == STUBDOM
