# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a stub domain is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import stub_domains
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain


@pytest.mark.parametrize(
    "target, vcpus, others, is_left, taken",
    [
        (99, 1, [], True, ""),
        (99, 0, [], True, ""),
        (None, 0, [], True, ""),
        # Somebody's own guest, which only has such a name.
        (None, 1, [], False, "domain 10 has the name of its stub domain, but is not a stub domain"),
        (5, 1, [domain("other", 5)], False, "domain 10 has the name of its stub domain, but serves domain 5 (other)"),
        (5, 0, [domain("other", 5)], False, "domain 10 has the name of its stub domain, but serves domain 5 (other)"),
        (5, 1, [domain("other", 6)], True, ""),
    ],
)
def test_what_a_failed_start_left(target: Any, vcpus: int, others: list[Domain], is_left: bool, taken: str) -> None:
    stub = replace(domain("win1-dm", 10), vcpus=vcpus)
    toolstack = FakeToolstack(stub, *others)
    toolstack.targets = {10: target} if target else {}
    domains = {found.name: found for found in toolstack.domains()}
    assert stub_domains.left_over(toolstack, domains, "win1") == (stub if is_left else None, taken)


def test_nothing_was_left() -> None:
    toolstack = FakeToolstack(domain("win1-dm2", 3), domain("other-dm", 4))
    domains = {found.name: found for found in toolstack.domains()}
    assert stub_domains.left_over(toolstack, domains, "win1") == (None, "")
    assert toolstack.asked_targets == []


def test_who_serves_a_guest() -> None:
    toolstack = FakeToolstack(domain("win1", 7), domain("win1-dm", 8))
    domains = {found.name: found for found in toolstack.domains()}
    assert stub_domains.serving(toolstack, domains, domains["win1"]) is None
    toolstack.targets = {8: 7}
    assert stub_domains.serving(toolstack, domains, domains["win1"]) == domains["win1-dm"]
    assert stub_domains.serving(toolstack, domains, domains["win1-dm"]) is None
