# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The removal plan of several hosts as text."""

from __future__ import annotations

from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal.plan import RemovalPlan
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.removal_plan import removal_plan_text


def plan(**parts: Any) -> dict[str, Any]:
    return RemovalPlan(**parts).as_dict()


def test_the_text_names_every_host() -> None:
    text = removal_plan_text({"xen2": plan(left=["a\nb: why"]), "xen1": plan(files=["/r/web1.json"])}, lost=["xen3"])
    assert text.splitlines() == [
        "xen1:",
        "  removes /r/web1.json",
        "xen2:",
        "  nothing to remove",
        "  leaves  'a\\nb: why'",
        "xen3: could not be examined; nothing is removed there",
        "",
        "Guests' disks, the logs of their consoles, and copies of files changed by hand stay.",
    ]


def test_where_nothing_goes_nothing_more_is_said() -> None:
    assert removal_plan_text({"xen1": plan()}) == "xen1:\n  nothing to remove"
