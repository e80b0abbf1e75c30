# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the configuration files of a host's guests: what ``guest_config`` does."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.files import is_link_to, link_atomic, read_text
from ..common.problem import Problem
from ..guest.model import Guest, read_guests
from ..host.checks import check_arch, check_boot_files, check_bridges, check_disks, check_memory
from ..host.stub_domain_checks import StubDomainChecks
from ..schemes.linux import UNKNOWN
from ..schemes.render import render
from ..schemes.rendered import Rendered, file_name
from ..toolstack.base import Domain, HostState
from ..xen.facts import Facts
from ..xen.memory import available_mib
from ..xencfg.compare import hide
from ..xencfg.text import digest, with_seal
from ..xencfg.values import SyntaxFault
from ..xencfg.write import render as render_text
from .config_file import ConfigFile, head_of, look, names_of, owner_of, refuse

_HAND = "Change the inventory instead: what is changed here by hand is replaced."


@dataclass(frozen=True)
class Place:
    """Where files lie on the host, and what it has. ``scheme`` holds for guests that leave theirs at auto.

    ``stub_checks`` is None on a machine that is not the host."""

    config_dir: Path
    autostart_dir: Path
    facts: Facts
    scheme: str = "auto"
    stub_checks: StubDomainChecks | None = None


@dataclass
class Written:
    """What became of one guest's files; the first is the guest's own. ``links`` are those for autostart that change, each
    with its file, and whether it is made or removed."""

    name: str
    files: list[ConfigFile] = field(default_factory=list)
    links: list[tuple[Path, Path, bool]] = field(default_factory=list)
    scheme: str = ""
    kernel: str = ""
    stub_mib: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def action(self) -> str:
        """The guest's own file decides; where that stays, what else changes makes it an update, or the rest of a removal
        under another toolstack or by a run that was killed."""
        own = self.files[0] if self.files else None
        if not own or own.action != "none":
            return own.action if own else "none"
        if not self.links and all(file.action == "none" for file in self.files):
            return "none"
        return "removed" if own.after is None else "updated"

    def as_dict(self) -> dict[str, Any]:
        """For the module's answer. Of a guest with problems nothing is told that was not done."""
        own = self.files[0] if self.files else None
        shown = {
            "name": self.name,
            "path": str(own.path) if own else "",
            "stub_domain_path": next((str(file.path) for file in self.files[1:] if file.after is not None), ""),
            "scheme": self.scheme,
            "kernel": self.kernel,
            "digest": "",
            "action": "none",
            "changes": [],
            "backup": "",
            "notes": self.notes,
            "problems": [problem.as_dict() for problem in self.problems],
        }
        if own and not self.problems:
            texts = [file.after for file in self.files if file.after is not None]
            notes = [f"guest {self.name}: {note}" for file in self.files for note in file.notes()]
            shown.update(
                digest=digest("".join(texts)) if texts else "",
                action=self.action,
                changes=self._changes(),
                backup=own.backup,
                notes=[*self.notes, *notes],
            )
        return shown

    def diffs(self) -> list[dict[str, str]]:
        found = [file.diff() for file in self.files if file.action != "none"]
        for link, path, wanted in self.links:
            heads = {"before_header": str(link), "after_header": str(link)}
            text = f"a link to {path}\n"
            found.append({**heads, "before": "" if wanted else text, "after": text if wanted else ""})
        return found

    def _changes(self) -> list[dict[str, Any]]:
        found = []
        for file in self.files:
            try:
                found += [{"path": str(file.path), **change.as_dict()} for change in hide(file.changes())]
            except SyntaxFault:
                continue  # The textual difference shows what the parser cannot tell.
        return found


def plan(items: list[Any], place: Place, adopt: bool = False) -> tuple[list[Written], list[Guest]]:
    """What is to be written for each definition, in their order, and the guests that can be written."""
    written, good = [], []
    for definition in read_guests(items):
        if definition.guest is None:
            written.append(Written(definition.name, problems=definition.problems))
            continue
        item = _plan_guest(definition.guest, place, adopt)
        written.append(item)
        if not item.problems:
            good.append(definition.guest)
    return written, good


def check_host(written: list[Written], guests: list[Guest], host: HostState, domains: list[Domain]) -> None:
    """Adds what this host refuses: kinds of kernels, and memory that it does not have."""
    dom0 = sum(domain.memory for domain in domains if domain.domid == 0)
    free = available_mib(host.free_memory, dom0, host.commandline)
    running = {domain.name for domain in domains}
    found = [problem for guest in guests if guest.state != "absent" for problem in check_arch(guest, host)]
    refused = {problem.guest for problem in found}
    stub_mib = {item.name: item.stub_mib for item in written}
    able = [guest for guest in guests if guest.name not in refused]
    found += check_memory(able, running, free, stub_mib, host.release)
    for item in written:
        item.problems += [problem for problem in found if problem.guest == item.name]


def apply(item: Written, place: Place) -> None:
    """Makes one guest's files as planned. What the disk refuses becomes the guest's problem.

    The stub domain's file is written before the guest's and removed after it, and what is no longer wanted goes last:
    wherever a run ends, a guest that has its file can start, and the next run does the rest.
    """
    where = place.config_dir
    try:
        for file in reversed(item.files):
            if file.after is not None:
                where = file.path
                file.write()
        for link, path, wanted in item.links:
            where = link
            if wanted:
                link_atomic(link, str(path))
            else:
                link.unlink(missing_ok=True)
        for file in item.files:
            if file.after is None:
                where = file.path
                file.write()
    except OSError as error:
        item.problems.append(_disk_fault(item.name, "cannot be written", error, where))


def _plan_guest(guest: Guest, place: Place, adopt: bool) -> Written:
    item = Written(guest.name)
    rendered = Rendered() if guest.state == "absent" else render(guest, place.facts, place.scheme)
    item.scheme, item.kernel, item.stub_mib = rendered.scheme, rendered.kernel, rendered.stub_mib
    item.problems += rendered.problems
    item.notes += rendered.notes
    if guest.state != "absent":
        item.problems += [*check_disks(guest), *check_bridges(guest), *check_boot_files(guest)]
    if rendered.scheme == "minios" and rendered.files and place.stub_checks:
        item.problems += place.stub_checks.check_minios(guest)
    if rendered.scheme == "linux" and rendered.files and place.stub_checks:
        values = rendered.files[0].values
        item.problems += place.stub_checks.check(guest, values)
        if place.stub_checks.holds_boot_files(guest, values):
            item.notes = [note for note in item.notes if not note.endswith(UNKNOWN)]
    texts = {} if item.problems else _texts(guest, rendered, place.facts.toolstack)
    own = place.config_dir / file_name(guest, place.facts.toolstack)
    try:
        item.files = _look_at_all(guest, texts, place, own)
    except OSError as error:
        item.problems.append(_disk_fault(guest.name, "cannot be read", error, own))
        return item
    item.links = _links(item.files, place, guest.autostart)
    refused = [refuse(file, item.name, adopt and guest.state != "absent") for file in item.files]
    item.problems += [problem for problem in refused if problem]
    item.problems += _check_link(guest, place.autostart_dir / own.name, own)
    return item


def _texts(guest: Guest, rendered: Rendered, toolstack: str) -> dict[str, str]:
    """The whole text of each file, by the file's name."""
    return {
        file.name: with_seal(
            render_text(toolstack, file.values, [head_of(guest.name, second=number > 0), _HAND], file.commented)
        )
        for number, file in enumerate(rendered.files)
    }


def _look_at_all(guest: Guest, texts: dict[str, str], place: Place, own: Path) -> list[ConfigFile]:
    """The guest's own file and its second one, then those that it had under another scheme or toolstack."""
    syntax = place.facts.toolstack
    found = [look(own, syntax, texts.get(own.name))]
    found += [look(place.config_dir / name, syntax, text) for name, text in texts.items() if name != own.name]
    name = guest.name
    for other, its_syntax in names_of(name).items():
        path = place.config_dir / other
        if other == own.name or other in texts or path.is_symlink() or not path.is_file():
            continue
        if owner_of(read_text(path) or "") == name:
            found.append(look(path, its_syntax, None))
    return found


def _links(files: list[ConfigFile], place: Place, autostart: bool) -> list[tuple[Path, Path, bool]]:
    """Links that are to change: that of the guest's own file, and those to files that go."""
    found = []
    for file in files:
        link = place.autostart_dir / file.path.name
        wanted = autostart and file is files[0]
        if is_link_to(link, file.path) != wanted and (file is files[0] or file.after is None):
            found.append((link, file.path, wanted))
    return found


def _check_link(guest: Guest, link: Path, own: Path) -> list[Problem]:
    """A link that somebody else made is neither replaced nor removed."""
    if os.path.lexists(link) and not is_link_to(link, own):
        reason, value = "exists and is no link to the guest's file", link
    elif guest.autostart and os.path.lexists(link.parent) and not link.parent.is_dir():
        reason, value = "is no folder", link.parent
    else:
        return []
    return [Problem(reason, "move it away", guest=guest.name, key="autostart", value=str(value))]


def _disk_fault(guest: str, what: str, error: OSError, path: Path) -> Problem:
    remedy = "make room, and see that root may write there"
    if what == "cannot be read":
        remedy = "see that it is a plain file in a folder, or move away what is there"
        path = Path(error.filename or path)
    return Problem(f"{what}: {error.strerror}", remedy, guest=guest, key="file", value=str(path))
