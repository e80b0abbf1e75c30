# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate a whole fleet on the controller, before any host is touched (pure)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Sequence

from ..common.problem import Problem, counted
from ..common.secrets import HIDDEN, hide, is_secret, secrets_in
from ..guest.model import Guest, read_guests
from ..schemes.render import render_guest
from ..xen.memory import needed_mib
from ..xen.releases import DEFAULT_SUITE, SCHEMES, SUITES, within
from ..xen.setting_check import check_extra
from . import collisions, driver_domains, needs, shared_names
from .declared_host import DeclaredHost, read_declared_host

# The number of lines of one kind that a message has; further ones are counted.
LINES = 20
_INDEX = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True)
class Fleet:
    """Hold the guests of every host, the problems, and notes."""

    guests: list[tuple[str, Guest]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    declared: dict[str, DeclaredHost] = field(default_factory=dict)

    def pvgrub2_archs(self) -> list[str]:
        """Return the architectures for which the standard PV-GRUB2 image is needed; an operator's own image is not built."""
        return sorted(
            {
                guest.boot.arch
                for _host, guest in self.guests
                if guest.state != "absent" and guest.boot.image == f"pvgrub2-{guest.boot.arch}"
            }
        )

    def linux_suites(self) -> list[str]:
        """Return Debian's suites from which images of Linux stub domains are needed: that of each host's declared release,
        the default one where nothing is declared. For a release that no suite has, nothing can be built."""
        found = set()
        for host, guest in self.guests:
            about = self.declared.get(host, DeclaredHost())
            if guest.type == "hvm" and guest.state != "absent" and _is_linux(guest, about):
                found.add(SUITES.get(about.release, "") if about.release else DEFAULT_SUITE)
        return sorted(found - {""})


def _is_linux(guest: Guest, about: DeclaredHost) -> bool:
    """Return whether the guest's device model runs, as far as is known, in a Linux stub domain from an image of ours."""
    model = guest.device_model
    wanted = model.scheme_or(about.scheme)
    toolstack, span = SCHEMES["linux"]
    possible = about.toolstack == toolstack and (about.release is None or within(about.release, span))
    return not (model.kernel and model.ramdisk) and (wanted == "linux" or (wanted == "auto" and possible))


def read_fleet(hosts: Mapping[str, Any], declared: Mapping[str, Any] | None = None) -> Fleet:
    """Return the fleet of every host's list, with all problems at once, each with the host's name and without passwords.

    ``declared`` is what the inventory declares of the hosts: see ``read_declared_host``. A host may be in one only.
    """
    fleet = Fleet()
    names = []
    readable: list[tuple[str, Guest]] = []
    needed: list[tuple[str, str, list[str]]] = []
    listed: dict[str, set[str]] = {}
    declared = declared or {}
    for host in sorted({*hosts, *declared}):
        items, data = hosts.get(host, []), declared.get(host)
        about, problems = read_declared_host(data, host)
        fleet.declared[host] = about
        fleet.problems.extend(_for_report(problem, host, data) for problem in problems)
        if not isinstance(items, list):
            wrong = Problem("must be a list", "write one item, beginning with '-', for each guest", key="stubdom_guests", value=items)
            fleet.problems.append(_for_report(wrong, host, items))
            continue
        own = []
        definitions = read_guests(items)
        uses = Counter(definition.name for definition in definitions)
        listed[host] = set(uses)
        for item, definition in zip(items, definitions):
            fleet.problems.extend(_for_report(problem, host, item) for problem in definition.problems)
            needed.append((host, definition.name, needs.names_in(item)))
            if definition.guest:
                own.append((definition.guest, item))
            # What it shares with others is reported in the same run as its other problems.
            if definition.readable and uses[definition.name] == 1:
                readable.append((host, definition.readable))
            # A definition with a problem still has its name; a guest that is to be removed needs no unique one.
            if isinstance(item, Mapping) and definition.name == item.get("name") and item.get("state") != "absent":
                names.append((host, definition.name))
        fleet.guests.extend((host, guest) for guest, _item in own)
        _check_host(fleet, host, own, about)
    fleet.problems.extend(shared_names.duplicate_names(names))
    fleet.problems.extend(collisions.find(readable))
    fleet.problems.extend(shared_names.stub_domains(fleet.guests, fleet.declared))
    fleet.problems.extend(needs.unknown(needed, listed))
    fleet.problems.extend(driver_domains.elsewhere(readable, listed))
    fleet.problems.extend(driver_domains.emulated_cards(fleet.guests, fleet.declared))
    fleet.notes.extend(needs.notes(fleet.guests))
    fleet.notes.extend(driver_domains.unknown(readable, listed))
    return fleet


def _check_host(fleet: Fleet, host: str, guests: Sequence[tuple[Guest, Any]], about: DeclaredHost) -> None:
    """Add what the declared host cannot do: a scheme, a key, a display, or so much memory."""
    running, own_mib, all_mib, uncounted = 0, 0, about.dom0_memory, False
    release = about.release or (0, 0)
    for guest, item in guests:
        facts = about.facts(guest) if guest.state != "absent" else None
        rendered = render_guest(guest, facts, about.scheme) if facts else None
        if rendered:
            fleet.problems.extend(_for_report(problem, host, item) for problem in rendered.problems)
            fleet.notes.extend(f"host {host}: {note}" for note in rendered.unchecked_notes)
        elif guest.extra:
            fleet.problems.extend(
                _for_report(problem, host, item) for problem in check_extra(guest.settings, guest.extra, guest.name)
            )
        if guest.has_domain:
            running += 1
            own_mib += needed_mib(guest, release=release)
            all_mib += needed_mib(guest, rendered.stub_mib if rendered else 0, release)
            uncounted = uncounted or (guest.type == "hvm" and not rendered)
    if about.memory and uncounted:
        reason = "the memory of stub domains is not counted, as stubdom_host declares no usable release"
        fleet.notes.append(f"host {host}: {reason}")
    if about.memory and all_mib > about.memory:
        parts = {
            counted(running, "running guest"): own_mib,
            "stub domains": all_mib - own_mib - about.dom0_memory,
            "dom0": about.dom0_memory,
        }
        sums = ", ".join(f"{what} {mib} MiB" for what, mib in parts.items() if mib)
        fleet.problems.append(
            Problem(
                f"is {all_mib - about.memory} MiB less than the {all_mib} MiB that are needed ({sums})",
                "move guests to another host, or lower their memory",
                host=host,
                key="stubdom_host.memory",
                value=about.memory,
            )
        )


def message(problems: Sequence[Problem]) -> str:
    """Return the message for all problems: a line each, at most ``LINES`` of a kind. A kind is one key of all guests.

    >>> message([Problem("is too little", "give more", host="xen1", guest="web1", key="memory", value=1)])
    'host xen1: guest web1: memory = 1: is too little. Remedy: give more.'
    """
    kinds = [_INDEX.sub("", problem.key) or "others" for problem in problems]
    counts = Counter(kinds)
    seen: dict[str, int] = {}
    lines = []
    for kind, problem in zip(kinds, problems):
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= LINES:
            lines.append(problem.text())
    left = {kind: number - LINES for kind, number in counts.items() if number > LINES}
    if not left:
        return "\n".join(lines)
    hosts = len({problem.host for problem in problems})
    shares = ", ".join(f"{number} of {kind}" for kind, number in counts.most_common())
    head = f"{counted(len(problems), 'problem')} on {counted(hosts, 'host')}: {shares}."
    tail = [f"... and {number} more of {kind}, in the result's list of problems." for kind, number in left.items()]
    return "\n".join([head, *lines, *tail])


def _for_report(problem: Problem, host: str, data: Any) -> Problem:
    """Return the problem with its host, and without the passwords of ``data``, which it may contain."""
    secrets = sorted(set(secrets_in(data)), key=len, reverse=True)
    value = hide(problem.value, secrets)
    if is_secret(problem.key) and value is not None:
        value = HIDDEN
    return replace(problem, host=host, key=hide(problem.key, []), value=value, reason=hide(problem.reason, secrets))
