# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of libxl_rules beside Debian's own xl: what the one refuses, the other refuses, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import xl
from agreement import BY_NAME, assert_agreement
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.libxl_rules import RULES, Rule, check
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.tests.unit.libxl_cases import CASES, Case
from combinations import files

try:
    xl.prepare()
except xl.XlMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

RELEASE = (4, 17)
COMBINATIONS = 2000
DRIVER_DOMAINS = ["net"]
#: Rows of 4.17 whose judge is not Debian's program: xl stops before the hypervisor, and hypervisor.c answers with rules
#: that were written from Xen's source.
NOT_BY_XL = {
    "maxvcpus of HVM": "arch_sanitise_domain_config of the hypervisor",
    "maxvcpus of PV": "arch_sanitise_domain_config of the hypervisor",
    "nestedhvm without hap": "arch_sanitise_domain_config of the hypervisor",
    "vmtrace_buf_kb of PV": "arch_sanitise_domain_config of the hypervisor",
    "vmtrace_buf_kb size": "arch_sanitise_domain_config of the hypervisor",
}


def judged() -> list[Any]:
    return [
        pytest.param(BY_NAME[name], case, id=f"{name} {number}")
        for name, cases in CASES.items()
        for number, case in enumerate(cases)
        if case.release == RELEASE and name != "usbctrl version"
    ]


@pytest.mark.parametrize("rule, case", judged())
def test_xl_refuses_what_the_row_refuses_and_passes_the_near_one(rule: Rule, case: Case) -> None:
    assert xl.check(config_text("xl", case.values(case.refused)), DRIVER_DOMAINS), rule.name
    assert xl.check(config_text("xl", case.values(case.passes)), DRIVER_DOMAINS) == ""


def test_each_row_of_the_release_is_judged() -> None:
    rows = {rule.name for rule in RULES if rule.first <= RELEASE <= (rule.last or RELEASE)}
    assert rows - {"usbctrl version"} == {param.values[0].name for param in judged()}
    assert set(NOT_BY_XL) == {name for name in rows if BY_NAME[name].source.startswith("xen/")}


def refusal_of(values: dict[str, Any]) -> str:
    """What xl says. It stops where a boot loader would run, so that the rest is judged with a kernel in its place."""
    found = xl.check(config_text("xl", values), DRIVER_DOMAINS)
    if not found and values.get("bootloader"):
        others = {key: value for key, value in values.items() if key != "bootloader"}
        found = xl.check(config_text("xl", {**others, "kernel": "/boot/vmlinuz"}), DRIVER_DOMAINS)
    return found


@settings(max_examples=COMBINATIONS, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(files())
def test_the_table_and_xl_agree(values: dict[str, Any]) -> None:
    """A guest that the table passes is passed by xl, and one that it refuses is refused."""
    problems = check(values, RELEASE, "guest")
    assert_agreement(problems, refusal_of(values))
