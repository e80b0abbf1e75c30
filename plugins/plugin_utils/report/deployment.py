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


def deployment_table(reports: Mapping[str, Mapping[str, Any]], waiting: Sequence[str] = ()) -> str:
    """Return the report on all hosts; ``waiting`` are the hosts whose wave has not begun.

    ``reports`` maps a host's name to ``placed``, ``configured``, ``states`` and ``verified`` (lists with one mapping a
    guest), ``failure``, the message of a task that ended the host's run, and ``defined``, the names of the guests that
    are to be there: after a failure, the table has those too that no step reached.
    """
    rows: list[tuple[str, ...]] = [_HEAD]
    below: list[str] = []
    for host in sorted(reports):
        rows += [_row(host, *found) for found in _by_guest(reports[host])]
        below += [f"  {host}: {line}" for line in problems(reports[host])]
        below += [f"  {host}: {line} (note)" for line in notes(reports[host])]
    lines = table(without_empty(rows, "DEVICE MODEL")) if len(rows) > 1 else ["No guests."]
    later = [f"{counted(len(waiting), 'host')} not begun: {listed(waiting, _SHOWN)}."] if waiting else []
    return "\n".join([*lines, "", _summary(reports), *below, *later])


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


def _row(host: str, name: str, steps: Mapping[str, dict[str, Any]]) -> tuple[str, ...]:
    configured, state, verified = steps["configured"], steps["states"], steps["verified"]
    bad = any(part.get("problems") for part in steps.values())
    proof = "PROBLEM" if bad else verified.get("proof", "not verified") or "-"
    if not any(steps.values()):
        proof = "not reached"
    return (
        host,
        name,
        verified.get("state") or state.get("state") or "-",
        verified.get("boot") or "-",
        _device_model(verified) or "-",
        verified.get("image") or "-",
        _done(configured),
        _done(state),
        proof,
    )


def _device_model(verified: Mapping[str, Any]) -> str:
    """Return where the device model runs: the name of the stub domain, or dom0 when a part of it runs there."""
    where = str(verified.get("device_model") or "")
    return str(verified.get("stub_domain") or "") if where == "stub domain" else where


def _done(part: Mapping[str, Any]) -> str:
    """Return what a step did with a guest, "-" when the step did not reach it."""
    if not part:
        return "-"
    return "refused" if part.get("problems") else {"none": "unchanged"}.get(part["action"], part["action"])


def _summary(reports: Mapping[str, Mapping[str, Any]]) -> str:
    guests = [guest for report in reports.values() for guest in report.get("verified") or []]
    proven = sum(1 for guest in guests if guest.get("proof") and not guest.get("problems"))
    names = {(host, found[0]) for host, report in reports.items() for found in _by_guest(report)}
    found = sum(len(problems(report)) for report in reports.values())
    return f"{counted(len(reports), 'host')}, {counted(len(names), 'guest')}: {proven} as defined, {counted(found, 'problem')}."
