# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of which a run has one value."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.run_variables import check_extra, check_shared

HOSTS = [f"xen{number}" for number in range(1, 7)]


def shared(*values: Any, name: str = "stubdom_build_host") -> list[str]:
    """The problems of hosts with these values; none stands for a host without the variable."""
    inventory = {host: {} if value is None else {name: value} for host, value in zip(HOSTS, values)}
    return [problem.text() for problem in check_shared(inventory, [name, "stubdom_serial"], "dom0s")]


@pytest.mark.parametrize("value", ["build1", "", 0, False, [1, "100%"], {"4.17": {"tree": "/xen"}}, None])
def test_hosts_that_agree(value: Any) -> None:
    assert shared(value) == shared(value, value, value) == shared() == []


@pytest.mark.parametrize("value, other", [
    ("build1", "build2"), ("build1", None), ([1, "100%"], ["100%", 1]), (5, "5"), ("", None), ({"a": 1}, {}), ([], None),
])
def test_hosts_that_differ(value: Any, other: Any) -> None:
    said = "not set" if other is None else repr(other)
    first = "is one for the whole run, and the hosts differ: "
    (text,) = shared(value, other, value, value, value)
    assert text == (
        f"stubdom_build_host: {first}{value!r} (xen1, xen3, xen4 and 1 more); {said} (xen2). Remedy: set it once, in group_vars of "
        "dom0s, or with -e.")
    assert len(shared(other, value)) == len(shared(value, value, other)) == 1


def test_as_many_values_as_hosts() -> None:
    (text,) = shared(*HOSTS)
    assert "'xen1' (xen1); 'xen2' (xen2); 'xen3' (xen3); 3 more values. Remedy: " in text


def test_a_password_in_a_value() -> None:
    name = "stubdom_xen_sources"
    inventory = {"xen1": {name: {"3.4": {"repository": "https://me:geheim99@a/b"}}}, "xen2": {}}
    (text,) = [problem.text() for problem in check_shared(inventory, [name], "xen_hosts")]
    assert "geheim99" not in text


def test_what_must_be_an_extra_variable() -> None:
    inventory = {host: {"stubdom_hosts": "dom0s"} if host != "xen2" else {} for host in HOSTS}
    (problem,) = check_extra(inventory, ["stubdom_hosts", "stubdom_remove_hosts"], [])
    assert problem.text() == (
        "stubdom_hosts = 'dom0s': must be an extra variable, and the inventory has it for xen1, xen3, xen4 and 2 more. Remedy: "
        "remove it there, and give it with -e stubdom_hosts=VALUE.")
    assert check_extra(inventory, ["stubdom_hosts"], ["stubdom_hosts", "a"]) == []
