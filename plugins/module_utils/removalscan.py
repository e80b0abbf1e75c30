# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for what is ours on a host: what ``removal`` plans. Changes nothing."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Sequence

from . import exports, exporttree, fsbackend, generations, images, records, stubdomains
from .configfile import look, names_of, owner_of
from .configure import is_link_to
from .console import CONSOLES
from .files import below, read_text
from .removal import OwnGuest, Plan, emptied, guests_of
from .toolstack.base import BootFiles, Domain, Toolstack

ROOT = Path("/")
HOME = "/var/lib/xenfleet"
# Where the role console_log writes xenconsoled's arguments (Debian), and how it makes the folder of the logs.
DEFAULTS = "/etc/default/xen"
_LOGS_MODE = 0o2750


@dataclass(frozen=True)
class Places:
    """Where to look. ``links`` are those of /exports; ``named`` the guests that the inventory names; ``console`` the
    arguments that the role console_log gives to xenconsoled, "" where it is not used."""

    config_dir: Path
    autostart_dir: Path
    store: Path
    records: Path
    links: Sequence[exports.Link] = ()
    named: frozenset[str] = frozenset()
    console: str = ""


@dataclass
class _Going:
    """Paths that go, and the folders that may be empty then."""

    trees: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)


def plan_of(toolstack: Toolstack, places: Places, root: Path | None = None) -> Plan:
    """What goes, and what stays. Raises ToolstackError; OSError where something cannot be read."""
    root = ROOT if root is None else root
    plan = Plan()
    domains = {domain.name: domain for domain in toolstack.domains()}
    own_files = _guests(plan, toolstack, places, domains)
    foreign = _foreign(toolstack, domains, [guest.name for guest in plan.guests])
    going = _Going()
    _images(plan, going, places, _users(toolstack, foreign, places, own_files))
    _records(plan, going, places.records)
    _fs_backend(plan, going, toolstack, foreign, places, root)
    _console(plan, going, places, root)
    going.folders += [Path(HOME)] if places.store.parent == Path(HOME) or places.records.parent == Path(HOME) else []
    plan.trees, plan.files = going.trees, going.files
    entries = {str(folder): os.listdir(folder) for folder in going.folders if folder.is_dir() and not folder.is_symlink()}
    plan.folders = emptied(entries, [*going.trees, *going.files])
    return plan


def _guests(plan: Plan, toolstack: Toolstack, places: Places, domains: dict[str, Domain]) -> set[str]:
    """The paths of the files of all guests that are ours, and of the copies that were made of them."""
    owners = {name: _owner(places.config_dir / name) for name in _listed(places.config_dir)}
    guests = {owner for owner in owners.values() if owner}
    own = {guest: guest if toolstack.name == "xm" else f"{guest}.cfg" for guest in guests}
    found, left = guests_of(owners, own, {guest: names_of(guest) for guest in guests})
    counted: set[str] = set()
    for guest, names in sorted(found.items()):
        paths = [places.config_dir / name for name in names]
        links = [places.autostart_dir / path.name for path in paths]
        links = [link for link, path in zip(links, paths) if is_link_to(link, path)]
        state = domains[guest].condition if guest in domains else "off"
        shown = [str(path) for path in [*paths, *links]]
        plan.guests.append(OwnGuest(guest, shown, state, guest in places.named))
        for path in paths:
            plan.left += look(path, names_of(guest)[path.name], None).notes()
            plan.left += [
                f"{places.config_dir / name}: what an operator had in the place of {path.name}"
                for name in owners
                if name.startswith(f"{path.name}.orig")
            ]
        counted.update(shown)
    plan.left += [f"{places.config_dir / name}: {why}" for name, why in left.items()]
    return counted | {str(places.config_dir / name) for name in left if ".by-hand-" in name}


def _owner(path: Path) -> str:
    """A link is somebody's work, whatever it leads to."""
    return owner_of(read_text(path) or "") if stat.S_ISREG(path.lstat().st_mode) else ""


def _foreign(toolstack: Toolstack, domains: dict[str, Domain], guests: Iterable[str]) -> list[Domain]:
    """The domains that are neither dom0, nor a guest of ours, nor the stub domain of one."""
    ours = {"Domain-0", *guests}
    running = [domains[guest] for guest in guests if guest in domains]
    ours.update(stub.name for domain in running for stub in [stubdomains.serving(toolstack, domains, domain)] if stub)
    return [domain for name, domain in domains.items() if name not in ours and domain.domid != 0]


def _users(
    toolstack: Toolstack, foreign: list[Domain], places: Places, own_files: set[str]
) -> dict[str, str]:
    """Versions of the store that something boots from which is not ours, each with what that is."""
    versions = {path.name for path in places.store.glob("*/*") if images.VERSION_PATTERN.fullmatch(path.name)}
    if not versions:
        return {}
    users: dict[str, str] = {}
    for version, paths in generations.named_in(versions, generations.lasting_places_of(str(places.config_dir))).items():
        alive = {str(domain.domid) for domain in foreign}
        others = [path for path in paths if str(path) not in own_files and _counts(path, alive)]
        users.update({version: f"{others[0]} names it"} if others else {})
    booted = toolstack.booted_from(foreign) if foreign else {}
    for domain in foreign:
        files = booted.get(domain.domid, BootFiles())
        parts = {*files.kernel.split("/"), *files.ramdisk.split("/")}
        text = f"domain {domain.domid} ({domain.name}) was booted from it"
        users.update(dict.fromkeys(versions & parts, text))
    return users


def _counts(path: Path, alive: set[str]) -> bool:
    """libxl's record of a domain counts while that domain is there, and is not ours."""
    is_record = path.name.startswith("userdata-") and len(path.name.split(".")) > 2
    return not is_record or path.name.split(".")[1] in alive


def _images(plan: Plan, going: _Going, places: Places, users: dict[str, str]) -> None:
    for folder in (places.store / name for name in _listed(places.store)):
        if folder.is_symlink() or not folder.is_dir():
            plan.left.append(f"{folder}: is no image of the store")
            continue
        going.folders.append(folder)
        stays = {name for name in _listed(folder) if name in users}
        for path in (folder / name for name in _listed(folder)):
            hidden = bool(images.HIDDEN_PATTERN.fullmatch(path.name))
            if path.name in stays:
                plan.left.append(f"{path}: {users[path.name]}")
            elif path.is_symlink() and (hidden or path.name == images.CURRENT):
                going.files += [str(path)] if os.readlink(path) not in stays else []
            elif path.is_dir() and not path.is_symlink() and (hidden or images.VERSION_PATTERN.fullmatch(path.name)):
                going.trees.append(str(path))
            else:
                plan.left.append(f"{path}: is no version of an image")
    going.folders.append(places.store)


def _records(plan: Plan, going: _Going, folder: Path) -> None:
    for path in (folder / name for name in _listed(folder)):
        if records.is_record(folder, path.name):
            going.files.append(str(path))
        else:
            plan.left.append(f"{path}: is no record of a start")
    going.folders.append(folder)


def _fs_backend(
    plan: Plan, going: _Going, toolstack: Toolstack, foreign: list[Domain], places: Places, root: Path
) -> None:
    """The service with all that goes with it: none of it while the stub domain of another guest may get its files
    from there."""
    there = [path for path in fsbackend.PATHS if os.path.lexists(below(root, path))]
    if not there:
        return
    users = [domain.name for domain in foreign if toolstack.target_of(domain) is not None]
    if users:
        plan.left += [f"{path}: stub domains of guests that are not ours run ({', '.join(users)})" for path in there]
        return
    plan.service = fsbackend.SERVICE if set(there) & set(fsbackend.UNITS) else ""
    tree = exporttree.look(exports.ROOT, places.links)
    removed = exports.plan_absent(places.links, tree)
    plan.links = [f"{exports.ROOT}/{link.name}" for link in removed.remove]
    plan.left += [f"{exports.ROOT}/{name}: is not the link that this collection makes" for name in removed.kept]
    going.files += [str(below(root, path)) for path in there]
    going.folders += sorted({below(root, path).parent for path in fsbackend.PATHS if path not in fsbackend.UNITS})


def _console(plan: Plan, going: _Going, places: Places, root: Path) -> None:
    """Only the line as the role writes it, and the folder as it makes it, when nobody's logs are in it."""
    if not places.console:
        return
    wanted = f'XENCONSOLED_ARGS="{places.console}"'
    lines = (read_text(below(root, DEFAULTS)) or "").splitlines()
    others = [line for line in lines if line.startswith("XENCONSOLED_ARGS=") and line != wanted]
    plan.left += [f"{DEFAULTS}: {line} is not what the role console_log writes" for line in others]
    plan.console = f"{wanted} of {DEFAULTS}" if wanted in lines else ""
    folder = below(root, CONSOLES)
    if not others and folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) == _LOGS_MODE:
        going.folders.append(folder)


def _listed(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() else []
