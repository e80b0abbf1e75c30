# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form of results with guests, and the passwords that a result must not have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import guest_module
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secret_option import Confidential
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secrets import long_secrets, without_secrets

FAILING = SimpleNamespace(params={"fail_for_guests": True})


def problem(text: str) -> dict[str, str]:
    return {"text": text}


def module_with(definitions: Any) -> Any:
    """What ansible-core makes of the option."""
    option = Confidential("list")
    return SimpleNamespace(argument_spec={"guests": {"type": option}}, params={"guests": option(definitions)})


def test_results_of_guests_without_problems() -> None:
    guests = [{"name": "a", "problems": []}]
    assert guest_module.guest_results(FAILING, guests, True, []) == {"changed": True, "guests": guests, "diff": []}


def test_results_of_guests_with_problems_are_failed_ones() -> None:
    guests = [{"name": "a", "problems": [problem("x"), problem("y")]}, {"name": "b", "problems": [problem("z")]}]
    assert guest_module.guest_results(FAILING, guests, False, []) == {
        "changed": False, "guests": guests, "diff": [], "failed": True, "msg": "x\ny\nz",
    }
    tolerant = SimpleNamespace(params={"fail_for_guests": False})
    assert guest_module.guest_results(tolerant, guests, False, []) == {"changed": False, "guests": guests, "diff": []}


@pytest.mark.parametrize(
    "definition, secrets",
    [
        ({"display": {"passwd": "long-one"}, "settings": {"vfb": ["vncpasswd=another"]}}, ["another", "long-one"]),
        # A short one would be hidden in names and digests as well.
        ({"display": {"passwd": "abc"}, "settings": {"vncpasswd": 1}}, []),
        ({"passwd": "a'bcdef"}, ["a'bcdef", "a\\'bcdef"]),
        ({"passwd": "a\\bcdef\n"}, ["a\\\\bcdef\\n", "a\\bcdef\n"]),
        (None, []),
    ],
)
def test_what_a_result_must_not_have(definition: Any, secrets: list[str]) -> None:
    module = module_with([definition])
    assert guest_module.guest_definitions(module) == [definition]
    assert module.params == {"guests": [without_secrets(definition)]}
    assert sorted(long_secrets([definition])) == sorted(secrets)
    shown = guest_module.without_passwords(module, {"guests": [{"problems": secrets}], "msg": f"xl says {secrets}"})
    assert shown["guests"] == [{"problems": ["********"] * len(secrets)}]
    assert not any(secret in shown["msg"] for secret in secrets)


def test_a_problem_shows_no_password_however_it_is_written() -> None:
    secret = "it's \"one\"\\\n"
    text = Problem("xl says so", "see", value=f"found {secret}", key="x").text()
    assert "one" in text
    assert "one" not in guest_module.without_passwords(module_with([{"passwd": secret}]), text)


def test_a_password_that_is_a_key_of_the_result() -> None:
    module = module_with([{"passwd": "changed"}])
    assert guest_module.without_passwords(module, {"changed": True, "msg": "changed"}) == {"changed": True, "msg": "********"}
