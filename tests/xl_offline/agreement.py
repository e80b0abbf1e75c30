# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the table of libxl_rules and Debian's xl are of one opinion of a guest, and the exceptions."""

from __future__ import annotations

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.libxl_rules import RULES

BY_NAME = {rule.name: rule for rule in RULES}
#: Rows that the judge does not reach where a device model is started first: it stops there.
NOT_REACHED = {
    "usbdev address": "USB devices are connected after the start of a device model",
    "usbctrl version": "USB controllers are connected after the start of a device model",
}


def assert_agreement(problems: list[Problem], refusal: str) -> None:
    """Compare the problems of a guest with what xl says. A problem that xl does not reach needs no refusal."""
    unreached = {BY_NAME[name].origin for name in NOT_REACHED}
    reached = [problem.text() for problem in problems if problem.release not in unreached]
    if refusal:
        assert problems, f"the table passes it; xl: {refusal}"
    else:
        assert reached == [], "xl passes it"
