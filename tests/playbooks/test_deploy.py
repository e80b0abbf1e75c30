# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook deploy takes as many tasks and module runs for many guests as for one, and check mode touches nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployment import CHECKOUT, CORE, Site

FEW, MANY = 1, 100
STUBDOM = ["guest_config", "guest_info", "guest_state", "host_info"]


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
    always = ["host_info"]
    # What runs with several tags is what runs with each of them.
    for tags, module, does in (("build,validate,images,fs_backend", "", False), ("configure", "guest_config", True),
                               ("launch", "guest_state", True), ("verify", "guest_info", False)):
        ran = site.deploy("--tags", tags)
        assert (sorted(ran.modules), ran.changed) == (sorted([*always, *filter(None, [module])]), int(does)), tags
    assert sorted(site.fake_xen.domains()) == ["Domain-0", "guest0"]
    assert "as defined, 0 problems." in site.deploy("--skip-tags", "launch").text


def test_tasks_and_module_runs_do_not_grow_with_the_guests(tmp_path: Path, core: str) -> None:
    small, site = Site(tmp_path / "few", core, FEW), Site(tmp_path / "many", core, MANY)
    few, many = small.unchanged(), site.unchanged()
    assert (few.changed, many.changed) == (0, 0)
    assert site.fake_xen.mutating_calls() == []
    assert (many.ok, many.skipped) == (few.ok, few.skipped)
    # One module observes the host as a whole, and no step runs.
    assert many.modules == few.modules == ["host_info"]
    assert few.ok + few.skipped <= 8
    # Nor do the processes that the module starts: the toolstack is asked of all guests at once, and nothing twice.
    calls = [tuple(call) for call in site.fake_xen.calls()]
    assert len(calls) == len(set(calls)) == len(small.fake_xen.calls()) > 0


@pytest.mark.parametrize("options", [["--skip-tags", "molecule-notest,notest"], ["--tags", "all,other"]])
def test_tags_that_no_step_has_leave_nothing_out(tmp_path: Path, options: list[str]) -> None:
    """molecule always skips such tags, and AWX can."""
    site = Site(tmp_path, CORE, FEW)
    site.unchanged()
    again = site.deploy(*options)
    assert (again.changed, again.modules) == (0, ["host_info"])
    # Where something differs, one line has the reason.
    site.fake_xen.remove_domain("guest0")
    reasons = [line for line in site.deploy(*options).text.splitlines() if "as it is not as defined" in line]
    assert reasons == ["host1: all steps run, as it is not as defined: guest guest0: it is to be started"]


def test_the_steps_of_the_observation_are_those_that_have_a_tag() -> None:
    yaml = pytest.importorskip("yaml")
    texts = [path.read_text() for path in (CHECKOUT / "playbooks/deploy.yml", CHECKOUT / "playbooks/tasks/prepare.yml")]
    used = {tag for text in texts for tags in re.findall(r"\btags: ([^}\n]+)", text) for tag in re.findall(r"\w+", tags)}
    known = yaml.safe_load((CHECKOUT / "playbooks/vars/roles.yml").read_text())["stubdom_step_tags"]
    assert used == {*known, "always"}


def test_the_steps_report_what_the_observation_does(tmp_path: Path, core: str) -> None:
    """With a tag of a step left out, whichever it is, each other step runs by itself."""
    site = Site(tmp_path, core, MANY // 5)
    observed = site.unchanged()
    steps = site.deploy("--skip-tags", "fs_backend")
    assert sorted(name for name in steps.modules if name in STUBDOM) == STUBDOM
    assert (observed.changed, steps.changed) == (0, 0)
    assert table(observed.text) == table(steps.text)
    # Each run observes: what has changed since the last one is found.
    site.fake_xen.remove_domain("guest0")
    again = site.deploy()
    assert (again.changed, "guest_state" in again.modules) == (1, True)
    assert "host1  guest0   running  direct  -      unchanged  started    kernel" in again.text


def table(text: str) -> str:
    """The report, with its summary."""
    return text[text.index("HOST   GUEST") : text.index(" problems.\n")]
