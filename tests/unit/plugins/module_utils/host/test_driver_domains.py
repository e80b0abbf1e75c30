# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import driver_domains
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest

WEB = guest("web", vifs=[{}, {"backend": "netdom"}])


def test_one_that_neither_runs_nor_is_in_the_list() -> None:
    (found,) = driver_domains.check([WEB], {"web"}, {"Domain-0"})
    assert (found.guest, found.key, found.value) == ("web", "vifs[1].backend", "netdom")
    assert found.reason == "is no domain that runs on the host, and no guest of its list"


@pytest.mark.parametrize(
    "names, running",
    [
        ({"web", "netdom"}, {"Domain-0"}),
        ({"web"}, {"Domain-0", "netdom"}),
        # It runs: whatever serves it has been there.
        ({"web"}, {"Domain-0", "web"}),
    ],
)
def test_one_that_is_there(names: set[str], running: set[str]) -> None:
    assert driver_domains.check([WEB], names, running) == []


def test_who_needs_none() -> None:
    others = [guest("a", vifs=[{"backend": "0"}]), guest("b", vifs=[{"backend": "3"}]), guest("c", vifs=[{"backend": "n"}], state="stopped")]
    assert driver_domains.check(others, {"a", "b", "c"}, set()) == []
