# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the configuration files of a host's guests: what ``guest_config`` does."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

from . import images, xencfg
from .files import MARK, is_ours, link_atomic, read_text, write_atomic
from .guest import Guest, read_guests
from .hostchecks import check_arch, check_boot_files, check_bridges, check_disks, check_memory
from .memory import available_mib
from .problem import Problem
from .releases import OLDEST_XL, Release
from .schemes import pv
from .toolstack.base import Domain, HostState

# A guest's file can hold passwords, and nobody but root needs it.
FILE_MODE = 0o600


@dataclass(frozen=True)
class Place:
    """Where files lie on the host, and the images it has or is about to have."""

    config_dir: Path
    autostart_dir: Path
    store: Path
    images: Mapping[str, str] = field(default_factory=dict)

    def file_of(self, name: str) -> Path:
        return self.config_dir / f"{name}.cfg"

    def image_path(self, name: str) -> str:
        """The path of the named image: as announced by this run, else as installed; "" when there is none."""
        if name in self.images:
            return self.images[name]
        found = images.current(self.store, name)
        return found.path if found else ""


@dataclass
class Written:
    """What became of one guest's file. ``before`` and ``after`` are None where there is no file."""

    name: str
    path: Path | None
    kernel: str = ""
    before: str | None = None
    after: str | None = None
    links: bool = False
    autostart: bool = False
    restrict: bool = False
    backup: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def action(self) -> str:
        if self.before != self.after or self.restrict:
            return "removed" if self.after is None else "created" if self.before is None else "updated"
        return "updated" if self.links else "none"

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "path": str(self.path or ""),
            "kernel": self.kernel,
            "digest": "" if self.after is None or self.problems else xencfg.digest(self.after),
            "action": "none" if self.problems else self.action,
            "backup": self.backup,
            "problems": [problem.as_dict() for problem in self.problems],
        }

    def diff(self) -> dict[str, str]:
        return {
            "before_header": str(self.path),
            "after_header": str(self.path),
            "before": xencfg.redact(self.before or ""),
            "after": xencfg.redact(self.after or ""),
        }


def plan(items: list[Any], place: Place, release: Release, adopt: bool = False) -> tuple[list[Written], list[Guest]]:
    """What is to be written for each definition, in their order, and the guests that can be written."""
    written, good = [], []
    for definition in read_guests(items):
        guest = definition.guest
        if guest is None:
            written.append(Written(definition.name, None, problems=definition.problems))
            continue
        item = _plan_guest(guest, place, release, adopt)
        written.append(item)
        if not item.problems:
            good.append(guest)
    return written, good


def check_host(written: list[Written], guests: list[Guest], host: HostState, domains: list[Domain]) -> None:
    """Adds what this host refuses: kinds of kernels, and memory that it does not have."""
    dom0 = sum(domain.memory for domain in domains if domain.domid == 0)
    free = available_mib(host.free_memory, dom0, host.commandline)
    running = {domain.name for domain in domains}
    found = [problem for guest in guests if guest.state != "absent" for problem in check_arch(guest, host)]
    refused = {problem.guest for problem in found}
    found += check_memory([guest for guest in guests if guest.name not in refused], running, free)
    for item in written:
        item.problems += [problem for problem in found if problem.guest == item.name]


def apply(item: Written, place: Place) -> None:
    """Makes one guest's files as planned. What the disk refuses becomes the guest's problem."""
    if item.path is None:
        return
    link = place.autostart_dir / item.path.name
    try:
        if item.links and not item.autostart:
            link.unlink()
        if item.after is None:
            item.path.unlink(missing_ok=True)
            return
        if item.backup:
            write_atomic(Path(item.backup), item.before or "", FILE_MODE)
        if item.before != item.after or item.restrict:
            write_atomic(item.path, item.after, FILE_MODE)
        if item.links and item.autostart:
            link_atomic(link, str(item.path))
    except OSError as error:
        item.problems.append(
            Problem(
                f"cannot be written: {error.strerror}",
                "make room and see that root may write there",
                guest=item.name,
                key="file",
                value=error.filename or str(item.path),
            )
        )


def _plan_guest(guest: Guest, place: Place, release: Release, adopt: bool) -> Written:
    path = place.file_of(guest.name)
    item = Written(guest.name, path, before=read_text(path), autostart=guest.autostart)
    link = place.autostart_dir / path.name
    item.links = _is_link_to(link, path) != guest.autostart
    item.problems += _check_ownership(item, path, adopt and guest.state != "absent", link)
    if guest.state == "absent":
        return item
    item.kernel = place.image_path(guest.boot.image) if guest.boot.method == "pvgrub2" else guest.boot.kernel
    item.problems += _check_release(guest, release)
    item.problems += [*check_disks(guest), *check_bridges(guest), *check_boot_files(guest), *_check_image(guest, item)]
    item.problems += pv.check(guest, release)
    comment = f"{MARK} for guest {guest.name}.\nWhat is changed here by hand is lost: change the inventory instead."
    item.after = xencfg.render(pv.values(guest, item.kernel, release), comment)
    item.restrict = item.before is not None and path.stat().st_mode & 0o777 != FILE_MODE
    if item.before is not None and not is_ours(item.before):
        item.backup = f"{path}.orig"
    return item


def _check_ownership(item: Written, path: Path, adopt: bool, link: Path) -> list[Problem]:
    """A file or link that somebody else made is neither replaced nor removed."""
    found = []
    if item.before is not None and not is_ours(item.before) and not adopt:
        found.append(
            Problem(
                "exists and was not written by this collection",
                "move it away, or set adopt: true, which keeps a copy beside it with the ending .orig",
                guest=item.name,
                key="file",
                value=str(path),
            )
        )
    if os.path.lexists(link) and not _is_link_to(link, path):
        found.append(
            Problem(
                "exists and is no link to the guest's file",
                "move it away",
                guest=item.name,
                key="autostart",
                value=str(link),
            )
        )
    return found


def _check_release(guest: Guest, release: Release) -> list[Problem]:
    if release >= OLDEST_XL:
        return []
    return [
        Problem(
            f"Xen {release[0]}.{release[1]} does not read the disk lines that this version writes",
            "update the host to Xen {}.{} or newer".format(*OLDEST_XL),
            guest=guest.name,
            key="disks",
            release="Xen 4.2 on",
        )
    ]


def _check_image(guest: Guest, item: Written) -> list[Problem]:
    if item.kernel or guest.boot.method != "pvgrub2":
        return []
    return [
        Problem(
            "no such image is installed on the host",
            "install it with the role xenfleet.stubdom.images, or run the playbook deploy.yml, which does",
            guest=guest.name,
            key="boot.image",
            value=guest.boot.image,
        )
    ]


def _is_link_to(link: Path, path: Path) -> bool:
    return link.is_symlink() and os.readlink(link) == str(path)
