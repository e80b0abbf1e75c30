# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation of a whole fleet on the controller, before any host is touched (pure)."""

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
from . import collisions
from .declared_host import Declared, read_declared

# So many lines of one kind are enough to know what is wrong; the others are counted.
LINES = 20
_INDEX = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True)
class Fleet:
    """The guests of every host, the problems, and what is worth knowing and no fault."""

    guests: list[tuple[str, Guest]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    declared: dict[str, Declared] = field(default_factory=dict)

    def pvgrub2_archs(self) -> list[str]:
        """For which architectures the standard PV-GRUB2 image is needed; an image of the user's own is not built."""
        return sorted(
            {
                guest.boot.arch
                for _host, guest in self.guests
                if guest.state != "absent" and guest.boot.image == f"pvgrub2-{guest.boot.arch}"
            }
        )

    def linux_suites(self) -> list[str]:
        """Debian's suites that an image of a Linux stub domain is needed of: that of each host's declared release, and
        the usual one where nothing is declared. For a release that no suite has, nothing can be built."""
        found = set()
        for host, guest in self.guests:
            about = self.declared.get(host, Declared())
            if guest.type == "hvm" and guest.state != "absent" and _is_linux(guest, about):
                found.add(SUITES.get(about.release, "") if about.release else DEFAULT_SUITE)
        return sorted(found - {""})


def _is_linux(guest: Guest, about: Declared) -> bool:
    """Whether the guest's device model runs, as far as is known, in a Linux stub domain of an image of ours."""
    model = guest.device_model
    wanted = model.scheme_or(about.scheme)
    toolstack, span = SCHEMES["linux"]
    possible = about.toolstack == toolstack and (about.release is None or within(about.release, span))
    return not (model.kernel and model.ramdisk) and (wanted == "linux" or (wanted == "auto" and possible))


def read_fleet(hosts: Mapping[str, Any], declared: Mapping[str, Any] | None = None) -> Fleet:
    """Reads every host's list; all that is wrong is told at once, with the host's name and without passwords.

    ``declared`` is what the inventory says of the hosts themselves: see ``read_declared``. A host may be in one only.
    """
    fleet = Fleet()
    names = []
    declared = declared or {}
    for host in sorted({*hosts, *declared}):
        items, said = hosts.get(host, []), declared.get(host)
        about, problems = read_declared(said, host)
        fleet.declared[host] = about
        fleet.problems.extend(_told(problem, host, said) for problem in problems)
        if not isinstance(items, list):
            wrong = Problem("must be a list", "write one '-' a guest", key="stubdom_guests", value=items)
            fleet.problems.append(_told(wrong, host, items))
            continue
        own = []
        for item, definition in zip(items, read_guests(items)):
            fleet.problems.extend(_told(problem, host, item) for problem in definition.problems)
            if definition.guest:
                own.append((definition.guest, item))
            # What is wrong with a definition does not make its name another's; one that is to go away needs none.
            if isinstance(item, Mapping) and definition.name == item.get("name") and item.get("state") != "absent":
                names.append((host, definition.name))
        fleet.guests.extend((host, guest) for guest, _item in own)
        _check_host(fleet, host, own, about)
    fleet.problems.extend(collisions.duplicate_names(names))
    fleet.problems.extend(collisions.find(fleet.guests))
    fleet.problems.extend(collisions.stub_domains(fleet.guests, fleet.declared))
    return fleet


def _check_host(fleet: Fleet, host: str, guests: Sequence[tuple[Guest, Any]], about: Declared) -> None:
    """What the declared host cannot do: a scheme, a key, a display, or so much memory."""
    running, own_mib, all_mib, uncounted = 0, 0, about.dom0_memory, False
    release = about.release or (0, 0)
    for guest, item in guests:
        facts = about.facts(guest) if guest.state != "absent" else None
        rendered = render_guest(guest, facts, about.scheme) if facts else None
        if rendered:
            fleet.problems.extend(_told(problem, host, item) for problem in rendered.problems)
            fleet.notes.extend(f"host {host}: {note}" for note in rendered.unchecked_notes)
        if guest.has_domain:
            running += 1
            own_mib += needed_mib(guest, release=release)
            all_mib += needed_mib(guest, rendered.stub_mib if rendered else 0, release)
            uncounted = uncounted or (guest.type == "hvm" and not rendered)
    if about.memory and uncounted:
        reason = "the memory of stub domains is not counted, as stubdom_host declares no release that the host can have"
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
    """All problems for a person: a line each, while there are few of a kind. A kind is one key of all guests.

    >>> message([Problem("is wrong", "mend it", host="xen1", guest="web1", key="memory", value=1)])
    'host xen1: guest web1: memory = 1: is wrong. Remedy: mend it.'
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
    kinds_told = ", ".join(f"{number} of {kind}" for kind, number in counts.most_common())
    head = f"{counted(len(problems), 'problem')} on {counted(hosts, 'host')}: {kinds_told}."
    tail = [f"... and {number} more of {kind}, in the result's list of problems." for kind, number in left.items()]
    return "\n".join([head, *lines, *tail])


def _told(problem: Problem, host: str, data: Any) -> Problem:
    """The problem with its host, and without the passwords of ``data``, which it may show in part or in whole."""
    secrets = sorted(set(secrets_in(data)), key=len, reverse=True)
    value = hide(problem.value, secrets)
    if is_secret(problem.key) and value is not None:
        value = HIDDEN
    return replace(problem, host=host, key=hide(problem.key, []), value=value, reason=hide(problem.reason, secrets))
