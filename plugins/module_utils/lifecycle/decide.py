# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done with one guest, from its definition and from what the host shows of it (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from ..common.problem import Problem
from ..guest.model import Guest


@dataclass(frozen=True)
class Situation:
    """What the host shows of one guest.

    ``condition`` is that of its domain, "" for none, and ``domid`` its id. Of the rest nothing is said where it does not
    matter: ``is_cut``, its start was cut short, and the domain has never run; ``maker`` is the process that is still at
    that start, 0 for none; ``paused_by_us`` and not by an operator; ``differs`` from the present definition, None when
    nobody can tell; ``is_stale``, and a restart would boot it from the newer image.
    """

    condition: str = ""
    domid: int = 0
    is_cut: bool = False
    maker: int = 0
    paused_by_us: bool = False
    differs: bool | None = False
    is_stale: bool = False


@dataclass(frozen=True)
class Policy:
    """What the user has asked for, beside the definition. ``program`` is the toolstack's, for remedies; ``reboot`` are
    names of guests."""

    program: str
    destroy: bool = False
    restart_stale: bool = False
    reboot: Iterable[str] = ()


@dataclass(frozen=True)
class Decision:
    """``action`` is none, started, stopped, paused, unpaused or restarted; ``cause`` is that of a restart: asked,
    definition, unknown (nobody can tell whether the definition differs) or image."""

    action: str = "none"
    cause: str = ""
    problem: Problem | None = None


def decide(guest: Guest, found: Situation, policy: Policy) -> Decision:
    if guest.name in policy.reboot and guest.state != "running":
        return _refuse(guest, "is named in reboot, which restarts guests that are to run", "take it out of reboot")
    if guest.state == "defined":
        return Decision()
    if found.maker:
        reason = f"its start, of an earlier run, is still under way in process {found.maker}"
        return _refuse(guest, reason, "let that process end, or end it, then run this again")
    if not guest.has_domain:
        return _end(guest, found, policy)
    if found.condition in ("", "dying") or found.is_cut:
        return Decision("started")
    if guest.state == "paused" and found.condition in ("paused", "running"):
        return Decision("none" if found.condition == "paused" else "paused")
    if found.condition != "running" and not (found.condition == "paused" and found.paused_by_us):
        way_back = f"{policy.program} unpause {guest.name} when you paused it"
        remedy = f"look at it, then run {policy.program} destroy {guest.name} (or {way_back})"
        return _refuse(guest, f"its domain {found.domid} is there and {found.condition}", remedy)
    cause = _cause(guest, found, policy)
    if cause:
        return Decision("restarted", cause)
    return Decision("none" if found.condition == "running" else "unpaused")


def unknown_names(reboot: Iterable[str], names: Iterable[str]) -> list[Problem]:
    """Names that are to be restarted and that no definition has."""
    known = set(names)
    reason, remedy = "is no guest of the list", "correct the name, or add the guest's definition"
    return [Problem(reason, remedy, key="reboot", value=name) for name in reboot if name not in known]


def _end(guest: Guest, found: Situation, policy: Policy) -> Decision:
    theirs = found.condition == "paused" and not (found.is_cut or found.paused_by_us)
    if theirs and not policy.destroy:
        remedy = f"run {policy.program} unpause {guest.name}, then this again, or set stop_force: true"
        return _refuse(guest, "is paused, and a paused guest cannot shut down", remedy)
    return Decision("stopped" if found.condition else "none")


def _cause(guest: Guest, found: Situation, policy: Policy) -> str:
    """Why it is to be restarted, "" when it is not."""
    if guest.name in policy.reboot:
        return "asked"
    if found.is_stale and policy.restart_stale:
        return "image"
    if found.differs is not False and guest.restart == "on_change":
        return "definition" if found.differs else "unknown"
    return ""


def _refuse(guest: Guest, reason: str, remedy: str) -> Decision:
    return Decision(problem=Problem(reason, remedy, guest=guest.name, key="state", value=guest.state))
