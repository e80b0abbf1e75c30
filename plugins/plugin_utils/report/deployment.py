# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the report of a deployment: a table for a terminal (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...module_utils.common.errors import with_remedy
from ...module_utils.common.problem import counted, listed

_HEAD = ("HOST", "GUEST", "STATE", "BOOT", "DEVICE MODEL", "IMAGE", "FILE", "DOMAIN", "PROOF")
# How many names of hosts are printed; the others are counted.
_SHOWN = 10
_STEPS = ("placed", "configured", "states", "verified")
# What a step would do, where it only says so.
_WOULD = {
    "created": "would create",
    "updated": "would update",
    "removed": "would remove",
    "started": "would start",
    "stopped": "would stop",
    "restarted": "would restart",
    "paused": "would pause",
    "unpaused": "would unpause",
}


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table: columns aligned to the left, two blanks apart, a line below the head.

    >>> print("\\n".join(table([("A", "BB"), ("long", "c")])))
    A     BB
    ----  --
    long  c
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def with_lost(reports: Mapping[str, Mapping[str, Any]], lost: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the reports, and one for each host whose connection was lost during the run."""
    failure = with_remedy("the connection was lost during the run", "check the host, then run this again")
    return {**reports, **{host: {"failure": failure} for host in lost}}


def deployment_table(
    reports: Mapping[str, Mapping[str, Any]], waiting: Sequence[str] = (), is_dry_run: bool = False
) -> str:
    """Return the report on all hosts: the table, a summary, all problems, and all notes.

    ``waiting`` are the hosts whose wave has not begun. In a dry run nothing was done, and nothing can be proven.

    ``reports`` maps a host's name to ``placed``, ``configured``, ``states`` and ``verified`` (lists with one mapping a
    guest), ``failure``, the message of a task that ended the host's run, and ``defined``, the names of the guests that
    are to be there: after a failure, the table has those too that no step reached.
    """
    rows: list[tuple[str, ...]] = [_HEAD]
    for host in sorted(reports):
        rows += [_row(host, *found, is_dry_run) for found in _by_guest(reports[host])]
    below = [f"  {host}: {line}" for host in sorted(reports) for line in problems(reports[host])]
    below += [f"  {host}: {line} (note)" for host in sorted(reports) for line in notes(reports[host])]
    lines = table(without_empty(rows, "DEVICE MODEL")) if len(rows) > 1 else ["No guests."]
    later = [f"{counted(len(waiting), 'host')} not begun: {listed(waiting, _SHOWN)}."] if waiting else []
    summary = _dry_run_summary(reports) if is_dry_run else _summary(reports)
    return "\n".join([*lines, "", summary, *below, *later])


def without_empty(rows: list[tuple[str, ...]], name: str) -> list[tuple[str, ...]]:
    """Return the rows without a column that is empty in all of them, such as the device models of PV guests."""
    column = rows[0].index(name)
    if any(row[column] != "-" for row in rows[1:]):
        return rows
    return [(*row[:column], *row[column + 1 :]) for row in rows]


def problems(report: Mapping[str, Any]) -> list[str]:
    """Return each problem of a host once, in the order of the steps."""
    found = [report["failure"]] if report.get("failure") else []
    for part in _STEPS:
        for guest in report.get(part) or []:
            found += [problem["text"] for problem in guest.get("problems", [])]
    return list(dict.fromkeys(found))


def notes(report: Mapping[str, Any]) -> list[str]:
    """Return the notes of a host's guests, such as that of a restart that waits for the operator."""
    found = [guest for part in _STEPS for guest in report.get(part) or []]
    return [note for guest in found for note in guest.get("notes", [])]


def _by_guest(report: Mapping[str, Any]) -> list[tuple[str, dict[str, dict[str, Any]]]]:
    """Return the results of each guest by the step, empty for a step that did not reach it."""
    steps = {step: _index(report.get(step)) for step in _STEPS}
    # A guest that another step reached has its place in that.
    names = dict.fromkeys(name for step in (*_STEPS[1:], _STEPS[0]) for name in steps[step])
    if report.get("failure"):
        names.update(dict.fromkeys(report.get("defined") or []))
    return [(name, {step: steps[step].get(name, {}) for step in _STEPS}) for name in names]


def _index(guests: Iterable[dict[str, Any]] | None) -> dict[str, dict[str, Any]]:
    return {guest["name"]: guest for guest in guests or []}


def _row(host: str, name: str, steps: Mapping[str, dict[str, Any]], is_dry_run: bool) -> tuple[str, ...]:
    configured, state, verified = steps["configured"], steps["states"], steps["verified"]
    bad = any(part.get("problems") for part in steps.values())
    proof = "PROBLEM" if bad else verified.get("proof", "dry run" if is_dry_run else "not verified") or "-"
    if not any(steps.values()):
        proof = "not reached"
    return (
        host,
        name,
        verified.get("state") or state.get("state") or "-",
        verified.get("boot") or "-",
        _device_model(verified) or "-",
        verified.get("image") or "-",
        _done(configured, is_dry_run),
        _done(state, is_dry_run),
        proof,
    )


def _device_model(verified: Mapping[str, Any]) -> str:
    """Return where the device model runs: the name of the stub domain, or dom0 when a part of it runs there."""
    where = str(verified.get("device_model") or "")
    return str(verified.get("stub_domain") or "") if where == "stub domain" else where


def _done(part: Mapping[str, Any], is_dry_run: bool) -> str:
    """Return what a step did with a guest, or would do, "-" when the step did not reach it."""
    if not part:
        return "-"
    words = {"none": "unchanged", **(_WOULD if is_dry_run else {})}
    return "refused" if part.get("problems") else words.get(part["action"], part["action"])


def _summary(reports: Mapping[str, Mapping[str, Any]]) -> str:
    found = [steps for report in reports.values() for _name, steps in _by_guest(report)]
    proven = [steps for steps in found if steps["verified"].get("proof") and not steps["verified"].get("problems")]
    others = sum(1 for steps in proven if _runs_another(steps))
    waits = f", {others} with another definition or image" if others else ""
    return f"{_size(reports)}: {len(proven) - others} as defined{waits}, {_count_of_problems(reports)}."


def _runs_another(steps: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a guest runs from another definition or image than the present one."""
    state, verified = steps["states"], steps["verified"]
    # Where nothing was to be done, host_info has observed all.
    return any(bool(part.get(key)) for part in (state, verified) for key in ("restart_needed", "stale"))


def _dry_run_summary(reports: Mapping[str, Mapping[str, Any]]) -> str:
    found = [steps for report in reports.values() for _name, steps in _by_guest(report)]
    would = sum(1 for steps in found if any(_done(steps[step], True).startswith("would ") for step in ("configured", "states")))
    return f"Dry run, nothing was changed. {_size(reports)}: {would} would change, {_count_of_problems(reports)}."


def _size(reports: Mapping[str, Mapping[str, Any]]) -> str:
    names = {(host, name) for host, report in reports.items() for name, _steps in _by_guest(report)}
    return f"{counted(len(reports), 'host')}, {counted(len(names), 'guest')}"


def _count_of_problems(reports: Mapping[str, Mapping[str, Any]]) -> str:
    return counted(sum(len(problems(report)) for report in reports.values()), "problem")
