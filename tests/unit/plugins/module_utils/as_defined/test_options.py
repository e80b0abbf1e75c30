# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the observation are those of the roles, which the playbook gives only where an operator has set them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.as_defined import options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.as_defined.difference import Difference

ROOT = Path(__file__).parents[5]
# What a play gives to the roles in any case.
OF_THE_PLAY = {"guests", "console", "console_log", "fs_backend", "images", "images_versions", "images_keep"}
GIVEN: dict[str, str] = yaml.safe_load((ROOT / "playbooks" / "vars" / "roles.yml").read_text("utf-8"))["stubdom_observed"]


def defaults() -> dict[str, Any]:
    """The defaults of the roles whose steps are observed."""
    files = [ROOT / "roles" / role / "defaults" / "main.yml" for role in ("guests", "images", "console_log")]
    return {name: value for file in files for name, value in yaml.safe_load(file.read_text("utf-8")).items()}


def test_the_playbook_gives_every_option_but_the_folders_of_logs() -> None:
    assert set(options.read({})) - set(GIVEN) == {"console_dir", "log_dir"}
    assert set(GIVEN) - set(options.read({})) == set()


@pytest.mark.parametrize("name", sorted(set(GIVEN) - OF_THE_PLAY))
def test_a_default_is_that_of_the_role(name: str) -> None:
    variable = GIVEN[name].strip("{ }").split(" | ")[0]
    assert options.read({})[name] == defaults()[variable]


def test_every_option_of_the_roles_is_given_that_could_make_a_step_act() -> None:
    """A new one has to be added here, to the observation, or to these, of which no step acts where all is as defined."""
    only_for_acts = {"guests_list", "guests_images", "guests_elsewhere", "images_list", "images_release", "images_cache", "images_url", "images_url_timeout",
                     "guests_more_starts"}
    used = " ".join(GIVEN.values())
    missing = {name for name in defaults() if name not in used} - only_for_acts
    assert missing == {"guests_console", "images_config_dir"}, "which a play gives, made of others"


@pytest.mark.parametrize("wrong", [{"guests": {}}, {"reboot": {"a": 1}}, {"images": "x"}, {"scheme": "none"}, {"unknown": 1}])
def test_a_wrong_option_is_left_to_the_step_that_has_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(Difference):
        options.read(wrong)
