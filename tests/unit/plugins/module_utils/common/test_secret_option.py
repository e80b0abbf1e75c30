# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confidential, as the type of an option in an argument spec of the installed ansible-core."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secret_option import Confidential

GUEST = {"name": "web1", "display": {"type": "vnc", "passwd": "hunter2"}}


def validated(option: dict[str, Any], value: Any, **others: Any) -> Any:
    return ArgumentSpecValidator({"guests": option}).validate({"guests": value, **others})


def test_ansible_gets_a_copy_without_passwords() -> None:
    kind = Confidential("list")
    result = validated({"type": kind, "elements": "raw", "required": True}, [GUEST, "vncpasswd=hunter2", None])
    shown = result.validated_parameters["guests"]
    assert (kind.value, result.error_messages) == ([GUEST, "vncpasswd=hunter2", None], [])
    assert shown == [{"name": "web1", "display": {"type": "vnc", "passwd": "********"}}, "vncpasswd=********", None]
    # The log entry has str() of it, the result json.dumps().
    assert str(shown) == "[..., 'vncpasswd=********', None]"
    assert json.loads(json.dumps(shown)) == shown


def test_a_dictionary() -> None:
    kind = Confidential("dict")
    shown = validated({"type": kind}, {"xen1": [GUEST]}).validated_parameters["guests"]
    assert kind.value == {"xen1": [GUEST]}
    assert (str(shown), "hunter2" in json.dumps(shown), "web1" in json.dumps(shown)) == ("...", False, True)


def test_ansible_gets_it_when_another_option_is_wrong_too() -> None:
    result = validated({"type": Confidential("list"), "elements": "raw"}, [GUEST], other=1)
    assert "other. Supported parameters include: guests" in result.error_messages[0]
    assert "hunter2" not in json.dumps(result.validated_parameters)


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_a_value_of_another_type(kind: str) -> None:
    result = validated({"type": Confidential(kind)}, None if kind == "list" else ["hunter2"])
    assert result.error_messages == [] if kind == "list" else f"unable to convert to {kind}" in result.error_messages[0]
    assert not any("hunter2" in text for text in result.error_messages)


def test_an_option_that_is_not_given() -> None:
    # ansible-core converts no default value.
    kind = Confidential("dict")
    result = ArgumentSpecValidator({"declared": {"type": kind, "default": {}}}).validate({})
    assert (result.error_messages, result.validated_parameters, kind.value) == ([], {"declared": {}}, {})
    assert Confidential("list").value == []


def test_a_list_from_a_mapping() -> None:
    result = validated({"type": Confidential("list"), "elements": "raw"}, {"passwd": "hunter2"})
    assert "unable to convert to list" in result.error_messages[0] and "hunter2" not in result.error_messages[0]


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_ansible_test_compares_the_type_with_the_documentation(kind: str) -> None:
    # ansible_test/_util/controller/sanity/validate-modules/validate_modules/main.py
    assert Confidential(kind) == kind and (Confidential(kind) != kind) is False and callable(Confidential(kind))
