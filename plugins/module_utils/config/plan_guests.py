# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the files of all guests of a host: what is written, what is removed, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from ..common.files import head_of, is_ours, owner_of, read_text
from ..common.problem import Problem
from ..guest.model import Definition, Guest, depths_of
from ..host.checks import check_arch, check_boot_files, check_disks, check_memory
from ..host.stub_domain_checks import StubDomainChecks
from ..schemes.files import GuestFiles, file_name
from ..schemes.render import render_guest
from ..toolstack.base import Domain, HostState
from ..xen.facts import Facts
from ..xen.memory import available_mib
from ..xen.releases import shown
from ..xencfg.config_text import config_text
from ..xencfg.text import with_seal
from .file_plan import FilePlan, names_of, plan_file, refusal
from .guest_plan import GuestPlan

if TYPE_CHECKING:
    from ..host.needs import HostNeeds
    from .autostart import AutostartFolder

_HEAD = "Change the inventory instead: what is changed here by hand is replaced."


@dataclass(frozen=True)
class HostContext:
    """Hold where files lie on the host, and what the host has. ``scheme`` holds for guests that leave theirs at auto.

    ``stub_checks`` is None on a machine that is not the host. ``needs`` are the checks of what the host has for a guest.
    ``records`` is the folder of this collection's records, None where nothing is known of files of another origin.
    """

    config_dir: Path
    autostart_dir: Path
    facts: Facts
    scheme: str = "auto"
    stub_checks: StubDomainChecks | None = None
    needs: HostNeeds | None = None
    records: Path | None = None


def plan_guests(
    definitions: Sequence[Definition], place: HostContext, adopt: bool = False
) -> tuple[list[GuestPlan], list[Guest]]:
    """Return a plan for each definition, in their order, and the guests whose files can be written.

    With ``adopt``, a file that this collection did not write may be replaced, and a copy is kept then.
    """
    # Loaded when it works: a module loads few files at its start.
    from .autostart import AutostartFolder

    plans, good = [], []
    guests = [definition.guest for definition in definitions if definition.guest]
    is_ordered = any(guest.order or guest.needed for guest in guests if guest.state != "absent")
    folder = AutostartFolder(place.autostart_dir, place.config_dir, is_ordered)
    depths = depths_of(guests)
    for definition in definitions:
        if definition.guest is None:
            plans.append(GuestPlan(definition.name, problems=definition.problems))
            continue
        plan = _plan_guest(definition.guest, depths[definition.name], place, folder, adopt)
        plans.append(plan)
        if not plan.problems:
            good.append(definition.guest)
    new = [plan for plan in plans if not plan.problems and plan.action == "created"] if place.stub_checks else []
    if new:
        from . import other_files

        other_files.note(new, place.config_dir)
    return plans, good


def check_host(
    plans: list[GuestPlan], guests: list[Guest], host: HostState, domains: list[Domain], needs: HostNeeds | None = None
) -> None:
    """Add the problems that this host has with the guests: kinds of kernels, memory that it does not have, and a driver
    domain that does not run; and notes for those that start. ``needs`` has the host's own defaults."""
    dom0 = sum(domain.memory for domain in domains if domain.domid == 0)
    autoballoon = needs.defaults.autoballoon if needs else ""
    free = available_mib(host.free_memory, dom0, host.commandline, autoballoon, host.release)
    running = {domain.name for domain in domains}
    found = [problem for guest in guests if guest.state != "absent" for problem in check_arch(guest, host)]
    refused = {problem.guest for problem in found}
    stub_mib = {plan.name: plan.stub_mib for plan in plans}
    able = [guest for guest in guests if guest.name not in refused]
    found += check_memory(able, running, free, stub_mib, host.release)
    found += needs.check_default_backend(able, running) if needs else []
    found += _check_shared(guests, {plan.name for plan in plans}, running)
    for plan in plans:
        plan.problems += [problem for problem in found if problem.guest == plan.name]
    if needs:
        schemes = {plan.name: plan.scheme for plan in plans if not plan.problems}
        notes = {plan.name: plan.notes for plan in plans}
        for guest in guests:
            if guest.has_domain and guest.name in schemes and guest.name not in running:
                notes[guest.name] += needs.notes_before_start(guest, schemes[guest.name])


def _check_shared(guests: list[Guest], names: set[str], running: set[str]) -> list[Problem]:
    """Return the problems that guests of this host have with each other, with its other domains and its interfaces.

    The files with the checks are loaded where some guest can have such a problem.
    """
    found = []
    if sum(bool(disk.path) for guest in guests for disk in guest.disks) > 1:
        from ..host import shared_disks

        found += shared_disks.check(guests)
    if any(guest.driver_domains for guest in guests):
        from ..host import driver_domains

        found += driver_domains.check(guests, names, running)
    if any(vif.vifname for guest in guests for vif in guest.vifs):
        from ..host import interface_names

        found += interface_names.check(guests, running)
    return found


def _plan_guest(guest: Guest, depth: int, place: HostContext, folder: AutostartFolder, adopt: bool) -> GuestPlan:
    plan = GuestPlan(guest.name, judge=f"{place.facts.toolstack} {shown(place.facts.release)}")
    result = GuestFiles() if guest.state == "absent" else render_guest(guest, place.facts, place.scheme)
    plan.scheme, plan.kernel, plan.stub_mib = result.scheme, result.kernel, result.stub_mib
    plan.problems += result.problems
    if guest.state != "absent":
        plan.problems += check_disks(guest)
        if place.needs:
            problems, notes = place.needs.run(guest, result)
            plan.problems += problems
            plan.notes += notes
        plan.problems += check_boot_files(guest)
    if place.stub_checks:
        problems, notes = place.stub_checks.run(guest, result.checks)
        plan.problems += problems
        plan.notes += [*result.notes, *notes]
    else:
        plan.notes += result.unchecked_notes
    texts = {} if plan.problems else _texts(guest, result, place.facts.toolstack)
    own = place.config_dir / file_name(guest, place.facts.toolstack)
    try:
        plan.files = _plan_files(guest, texts, place, own)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        remedy = "see that it is a plain file in a folder, or move away what is there"
        value = str(error.filename or own)
        plan.problems.append(Problem(reason, remedy, guest=guest.name, key="file", value=value))
        return plan
    plan.links = folder.plan(guest, depth, plan.files)
    adopt = adopt and guest.state != "absent"
    adopted: set[Path] = set()
    if place.records and not plan.problems and any(file.is_foreign for file in plan.files):
        from . import foreign_files

        adopted = foreign_files.recognise(plan, place.records, adopt)
    refused = [refusal(file, plan.name, adopt or file.path in adopted) for file in plan.files]
    plan.problems += [problem for problem in refused if problem]
    plan.problems += folder.problems(guest, depth, own)
    plan.notes += folder.notes(guest, own)
    return plan


def _texts(guest: Guest, result: GuestFiles, toolstack: str) -> dict[str, str]:
    """Return the whole text of each file, by the file's name."""
    return {
        file.name: with_seal(
            config_text(toolstack, file.values, [head_of(guest.name, second=number > 0), _HEAD], file.commented)
        )
        for number, file in enumerate(result.files)
    }


def _plan_files(guest: Guest, texts: dict[str, str], place: HostContext, own: Path) -> list[FilePlan]:
    """Return the plans of the guest's own file and its second one, then of those from another scheme or toolstack."""
    syntax = place.facts.toolstack
    found = [plan_file(own, syntax, texts.get(own.name))]
    found += [plan_file(place.config_dir / name, syntax, text) for name, text in texts.items() if name != own.name]
    name = guest.name
    for other, its_syntax in names_of(name).items():
        path = place.config_dir / other
        if other == own.name or other in texts or path.is_symlink() or not path.is_file():
            continue
        text = read_text(path) or ""
        if owner_of(text) == name or (place.records and _was_adopted(place.records, name, other, text)):
            found.append(plan_file(path, its_syntax, None))
    return found


def _was_adopted(records: Path, guest: str, name: str, text: str) -> bool:
    if is_ours(text):
        return False
    from . import foreign_files

    return foreign_files.was_adopted(records, guest, name, text)
