# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what is done with one guest, from its definition and from what was observed of it (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping

from ..common.arguments import setting
from ..common.problem import Problem
from ..guest.model import Guest
from .observation import Observation


@dataclass(frozen=True)
class Policy:
    """Describe what the user asked for, beside the definitions.

    ``timeout`` is the time, in seconds, that a guest has for its shutdown; ``destroy`` destroys what does not shut down.
    ``check`` is check mode. ``versions`` are those of the images that this run installs, by name. ``reboot`` has the
    names of guests to restart, ``restart_stale`` restarts guests that run from older images. ``start_parallel`` and
    ``restart_batch`` are explained in ``order.plan``. ``elsewhere`` has the reason and the remedy for each guest that must
    not be started, as it runs on another host.
    """

    timeout: float = 120.0
    destroy: bool = False
    check: bool = False
    restart_stale: bool = False
    reboot: tuple[str, ...] = ()
    start_parallel: int = 1
    restart_batch: int = 1
    versions: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        options: Mapping[str, Any],
        images: Iterable[Mapping[str, Any]],
        check: bool,
        elsewhere: Mapping[str, tuple[str, str]],
    ) -> Policy:
        """Return the policy that the options of ``arguments.POLICY`` describe; ``images`` are results of the module image."""
        return cls(
            timeout=options["stop_timeout"],
            destroy=options["stop_force"],
            check=check,
            restart_stale=options["restart_stale"],
            reboot=tuple(options["reboot"]),
            start_parallel=options["start_parallel"],
            restart_batch=options["restart_batch"],
            versions={image["name"]: str(image.get("version", "")) for image in images},
            elsewhere=elsewhere,
        )


@dataclass(frozen=True)
class Decision:
    """Describe what is done with a guest.

    ``action`` is none, started, stopped, paused, unpaused or restarted. ``cause`` is that of a restart: asked,
    definition, unknown (it is unknown whether the definition differs) or image.
    """

    action: str = "none"
    cause: str = ""
    problem: Problem | None = None


def decide(guest: Guest, found: Observation, policy: Policy, program: str) -> Decision:
    """Decide what is done with a guest. ``program`` is that of the toolstack, for remedies."""
    if guest.name in policy.reboot and guest.state != "running":
        reason = "is listed in reboot, which restarts guests with state: running only"
        return _refuse(guest, reason, "remove it from reboot")
    if guest.state == "defined":
        return Decision()
    if found.process:
        reason = f"an earlier run is still starting it, in process {found.process}"
        return _refuse(guest, reason, "wait until that process ends, or end it, then run this again")
    if found.unsettled:
        return _refuse(guest, found.unsettled, "wait until that is over, then run this again")
    return (_bring_up if guest.has_domain else _stop)(guest, found, policy, program)


def unknown_names(reboot: Iterable[str], names: Iterable[str]) -> list[Problem]:
    """Return a problem for each name of ``reboot`` that no definition has."""
    known = set(names)
    reason, remedy = "is not a guest of the list", "correct the name, or add the guest's definition"
    return [Problem(reason, remedy, key="reboot", value=name) for name in reboot if name not in known]


def _bring_up(guest: Guest, found: Observation, policy: Policy, program: str) -> Decision:
    """Decide for a guest that is to have a domain, running or paused."""
    if found.condition in ("", "dying") or found.is_half_made:
        return _refuse(guest, *policy.elsewhere[guest.name]) if guest.name in policy.elsewhere else Decision("started")
    if guest.state == "paused" and found.condition in ("paused", "running"):
        return Decision("none" if found.condition == "paused" else "paused")
    if found.condition == "running" or (found.condition == "paused" and found.paused_by_us):
        cause = _cause(guest, found, policy)
        if cause:
            return Decision("restarted", cause)
        return Decision("none" if found.condition == "running" else "unpaused")
    unpause = f"{program} unpause {guest.name} if you paused it"
    remedy = f"examine the guest, then run {program} destroy {guest.name} (or {unpause})"
    return _refuse(guest, f"its domain {found.domain.domid if found.domain else 0} is {found.condition}", remedy)


def _stop(guest: Guest, found: Observation, policy: Policy, program: str) -> Decision:
    """Decide for a guest that is to have no domain."""
    paused_by_operator = found.condition == "paused" and not (found.is_half_made or found.paused_by_us)
    if paused_by_operator and not policy.destroy:
        remedy = f"run {program} unpause {guest.name}, then run this again, or set {setting('guest_state', 'stop_force', 'true')}"
        return _refuse(guest, "is paused, and a paused guest cannot shut down", remedy)
    return Decision("stopped" if found.condition else "none")


def _cause(guest: Guest, found: Observation, policy: Policy) -> str:
    """Return why the guest is restarted, "" when it is not."""
    if guest.name in policy.reboot:
        return "asked"
    if found.restart_boots_newer and policy.restart_stale:
        return "image"
    if found.restart_needed is not False and guest.restart == "on_change":
        return "definition" if found.restart_needed else "unknown"
    return ""


def _refuse(guest: Guest, reason: str, remedy: str) -> Decision:
    return Decision(problem=Problem(reason, remedy, guest=guest.name, key="state", value=guest.state))
