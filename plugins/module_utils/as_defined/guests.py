# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe whether the guests of a host are as defined: their files, their domains and the proof of both. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from ..common.problem import Problem
from ..config.host_plans import plan_on_host
from ..guest.model import Definition, read_guests
from ..images.origin import StoreIndex
from ..lifecycle import records
from ..lifecycle.order import check_sizes
from ..lifecycle.outcome import Outcome
from ..lifecycle.run import Folders, HostRun, Policy
from ..toolstack.base import Toolstack
from ..verify.evidence import Evidence
from ..verify.verify import Verifier, VerifyOptions
from .difference import Difference


def rows(
    toolstack: Toolstack,
    options: Mapping[str, Any],
    images: list[Mapping[str, Any]],
    index: StoreIndex,
    with_console: bool,
) -> list[dict[str, Any]]:
    """Return what the report has of each guest, in the order of the definitions. Raise Difference, XenfleetError or OSError.

    ``images`` are those that the host has; ``index`` is that of the store.
    """
    definitions = read_guests(options["guests"])
    plans, _domains = plan_on_host(toolstack, definitions, {**options, "images": images}, check=False, index=index)
    for plan in plans:
        _require_no_problem(plan.name, plan.problems)
        if plan.action != "none":
            raise Difference(f"guest {plan.name}: its file is to be {plan.action}")
        if plan.meaning:
            raise Difference(f"guest {plan.name}: the record of what its file means is to be written")
    configured = {plan.name: plan.as_dict() for plan in plans}
    outcomes = _outcomes(toolstack, options, definitions, configured, images)
    verify = VerifyOptions(
        store=Path(options["store"]),
        records=Path(options["records"]),
        console_dir=Path(options["console_dir"]) if with_console else None,
        scheme=options["scheme"],
    )
    states = {outcome.name: outcome.as_dict() for outcome in outcomes}
    evidence = Verifier(toolstack, verify, sleep=_not_now, index=index).run(definitions, states)
    for item in evidence:
        _require_no_problem(item.name, item.problems)
    return [_row(*found) for found in zip(configured.values(), states.values(), evidence)]


def _outcomes(
    toolstack: Toolstack,
    options: Mapping[str, Any],
    definitions: Sequence[Definition],
    configured: Mapping[str, Mapping[str, Any]],
    images: Iterable[Mapping[str, Any]],
) -> list[Outcome]:
    """Return what guest_state decides. Raise Difference where it has something to do."""
    if options["reboot"] or check_sizes(options["start_parallel"], options["restart_batch"]):
        raise Difference("guests are to be restarted, or their number is wrong")
    folders = Folders.of(options)
    _require_no_leftovers(folders.records, definitions)
    policy = Policy.of(options, images, check=True, elsewhere={})
    host = HostRun(toolstack, folders, policy, configured, sleep=_not_now)
    outcomes = host.decide(definitions)
    if host.left_behind():
        raise Difference("a domain that was destroyed is still there")
    for outcome in outcomes:
        _require_no_problem(outcome.name, outcome.problems)
        if outcome.action != "none":
            raise Difference(f"guest {outcome.name}: it is to be {outcome.action}")
    return outcomes


def _require_no_problem(name: str, problems: Iterable[Problem]) -> None:
    """Raise Difference for the first problem of a guest, which its step reports with the remedy."""
    for problem in problems:
        raise Difference(f"guest {name}: {problem.key}: {problem.reason}")


def _require_no_leftovers(folder: Path, definitions: Sequence[Definition]) -> None:
    """Raise Difference where a run was interrupted, or has left records of a guest that is absent."""
    for definition in definitions:
        name = definition.name
        if records.begun(folder, name):
            raise Difference(f"guest {name}: a start was interrupted")
        is_absent = definition.guest and definition.guest.state == "absent"
        if is_absent and any(path.exists() for path in records.paths_of(folder, name)):
            raise Difference(f"guest {name}: it has records")


def _not_now(seconds: float) -> None:
    """Do not wait: the steps do, each as long as it may."""
    if seconds:
        raise Difference("the state of a guest is about to change")


def _row(plan: Mapping[str, Any], state: Mapping[str, Any], evidence: Evidence) -> dict[str, Any]:
    """Return what the report has of one guest; ``notes`` are those of the three steps."""
    return {
        "name": evidence.name,
        "state": evidence.state,
        "boot": evidence.boot,
        "device_model": evidence.device_model,
        "stub_domain": evidence.stub_domain,
        "image": evidence.image,
        "stale": evidence.stale,
        "restart_needed": bool(state["restart_needed"]),
        "proof": evidence.proof,
        "notes": [plan["notes"], state["notes"], evidence.notes],
    }
