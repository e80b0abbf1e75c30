# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what this collection left on a host: the plan of its removal. Nothing is changed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Sequence

from ..boot_proof.names import DOMAIN_PREFIX
from ..common.files import below, owner_of, read_text, unfinished
from ..common.paths import CONSOLE_DIR, HOME
from ..config.autostart import AutostartFolder
from ..config.file_plan import names_of, plan_file
from ..config.meaning_record import adopted_files
from ..fs_backend import exports, exports_apply, policy
from ..fs_backend.links import Link
from ..host import console_daemon
from ..images import minios_restore
from ..images.store import PLACED
from ..toolstack import stub_domains
from ..toolstack.base import Domain, Toolstack
from .plan import OwnGuest, RemovalPlan, emptied, files_by_guest
from .scan_store import RemovalList, add_images, add_proofs, add_records, foreign_uses, names_in

ROOT = Path("/")


@dataclass(frozen=True)
class Places:
    """Hold the paths to search. ``links`` are those of /exports; ``named`` the guests that the inventory names;
    ``console`` the arguments that the role console_log gives to xenconsoled, "" where the role is not used. ``only``, if
    it is not None, are the paths that may be removed."""

    config_dir: Path
    autostart_dir: Path
    store: Path
    records: Path
    proofs: Path
    lock: Path
    links: Sequence[Link] = ()
    named: frozenset[str] = frozenset()
    console: str = ""
    only: frozenset[str] | None = None


def scan_host(toolstack: Toolstack, places: Places, root: Path | None = None) -> RemovalPlan:
    """Return what is to be removed and what stays. Raise ToolstackError; OSError where something cannot be read."""
    root = ROOT if root is None else root
    plan, removals = RemovalPlan(), RemovalList(places.only)
    domains = {domain.name: domain for domain in toolstack.domains()}
    own_files = _scan_guests(plan, removals, toolstack, places, domains)
    foreign = _foreign_domains(toolstack, domains, [guest.name for guest in plan.guests])
    served = [domain.name for domain in foreign if toolstack.target_of(domain) is not None]
    foreign_stubs = f"stub domains of guests that are not ours run ({', '.join(served)})" if served else ""
    _scan_xen_folders(plan, removals, toolstack, places, foreign_stubs, root)
    add_images(removals, places.store, foreign_uses(toolstack, foreign, places.store, places.config_dir, own_files))
    add_records(removals, places.records)
    add_proofs(removals, places.proofs)
    removals.left += [
        f"domain {domain.domid} ({domain.name}): belongs to a boot proof, which ends it, or the next boot proof does"
        for domain in foreign
        if domain.name.startswith(DOMAIN_PREFIX)
    ]
    _scan_fs_backend(plan, removals, places, foreign_stubs, root)
    _scan_console_log(plan, removals, places, root)
    # Each module that takes the lock overwrites this file, so it is ours.
    plan.lock = str(places.lock) if places.lock.is_file() and not places.lock.is_symlink() else ""
    if Path(HOME) in {path.parent for path in (places.store, places.records, places.proofs, places.lock)}:
        removals.folders.append(Path(HOME))
    plan.trees, plan.files = removals.trees, removals.files
    folders = [folder for folder in removals.folders if folder.is_dir() and not folder.is_symlink()]
    entries = {str(folder): os.listdir(folder) for folder in folders}
    placed = [path for path, before in plan.placed.items() if not before]
    plan.folders = emptied(entries, [*removals.trees, *removals.files, *placed, plan.lock])
    plan.left += removals.left
    return plan


def _scan_guests(
    plan: RemovalPlan, removals: RemovalList, toolstack: Toolstack, places: Places, domains: dict[str, Domain]
) -> set[str]:
    """Add all guests that are ours; return the paths of their files, and of the copies that were made of these."""
    owners = {name: _owner(places.config_dir / name) for name in names_in(places.config_dir)}
    temporary = [name for name, owner in owners.items() if owner and unfinished(name) in names_of(owner)]
    owners = {name: owner for name, owner in owners.items() if name not in temporary}
    guests = {owner for owner in owners.values() if owner}
    own = {guest: guest if toolstack.name == "xm" else f"{guest}.cfg" for guest in guests}
    found, left = files_by_guest(owners, own, {guest: names_of(guest) for guest in guests})
    counted = {str(places.config_dir / name) for name in temporary}
    for name in temporary:
        removals.add(places.config_dir / name)
    autostart = AutostartFolder(places.autostart_dir, places.config_dir)
    for guest, names in sorted(found.items()):
        paths = [places.config_dir / name for name in names]
        links = [link for path in paths for link in autostart.own_links(path)]
        state = domains[guest].condition if guest in domains else "off"
        shown = [str(path) for path in [*paths, *links]]
        plan.guests.append(OwnGuest(guest, shown, state, guest in places.named))
        for path in paths:
            plan.left += plan_file(path, names_of(guest)[path.name], None).notes()
            plan.left += [
                f"{places.config_dir / name}: is what an operator had in the place of {path.name}"
                for name in owners
                if name.startswith(f"{path.name}.orig")
            ]
        counted.update(shown)
    for name, guest in adopted_files(places.records).items():
        path = places.config_dir / name
        if owners.get(name) == "":
            plan.left.append(f"{path}: was not written by this collection; guest {guest} was deployed with it as it is")
            for link in (link for link in autostart.own_links(path) if link.name != name):
                removals.add(link)
                counted.add(str(link))
    plan.left += [f"{places.config_dir / name}: {why}" for name, why in left.items()]
    return counted | {str(places.config_dir / name) for name in left if ".by-hand-" in name}


def _owner(path: Path) -> str:
    """Return the guest that a file was written for. A symbolic link is an operator's, whatever it leads to."""
    return owner_of(read_text(path) or "") if stat.S_ISREG(path.lstat().st_mode) else ""


def _foreign_domains(toolstack: Toolstack, domains: dict[str, Domain], guests: Iterable[str]) -> list[Domain]:
    """Return the domains that are neither dom0, nor a guest of ours, nor the stub domain of one."""
    ours = {"Domain-0", *guests}
    running = [domains[guest] for guest in guests if guest in domains]
    ours.update(stub.name for domain in running for stub in [stub_domains.serving(toolstack, domains, domain)] if stub)
    return [domain for name, domain in domains.items() if name not in ours and domain.domid != 0]


def _scan_xen_folders(
    plan: RemovalPlan, removals: RemovalList, toolstack: Toolstack, places: Places, foreign_stubs: str, root: Path
) -> None:
    """Add our files in Xen's own folders. One that replaced another is put back; one that replaced none stays while
    stub domains of other guests may have come to need it."""
    found = minios_restore.find_files(places.store, toolstack.info(), root)
    for path, before in found.ours.items():
        if foreign_stubs and not before:
            plan.left.append(f"{path}: {foreign_stubs}")
        elif removals.allow(Path(path)):
            plan.placed[path] = before
    for temporary in found.leftovers:
        removals.add(Path(temporary))
    removals.folders += found.folders
    record = places.store / PLACED
    # It shows what is ours as long as something of it stays.
    if record.is_file() and set(found.ours) <= set(plan.placed):
        removals.add(record)
    plan.left += found.notes


def _scan_fs_backend(
    plan: RemovalPlan, removals: RemovalList, places: Places, foreign_stubs: str, root: Path
) -> None:
    """Add the service with all that belongs to it; nothing of it while the stub domain of another guest may get its
    files from there."""
    there = [path for path in policy.PATHS if os.path.lexists(below(root, path))]
    if there and foreign_stubs:
        plan.left += [f"{path}: {foreign_stubs}" for path in there]
    if not there or foreign_stubs:
        return
    plan.service = policy.SERVICE if set(there) & set(policy.UNITS) else ""
    tree = exports_apply.read_tree(exports.ROOT, places.links)
    removed = exports.plan_absent(places.links, tree)
    plan.links = [f"{exports.ROOT}/{link.name}" for link in removed.remove]
    plan.left += [f"{exports.ROOT}/{name}: is not the link that this collection makes" for name in removed.kept]
    program = below(root, policy.PROGRAM)
    temporary = [program.parent / name for name in names_in(program.parent) if unfinished(name) == program.name]
    for path in [*(below(root, path) for path in there), *temporary]:
        removals.add(path)
    removals.folders += sorted({below(root, path).parent for path in policy.PATHS if path not in policy.UNITS})


def _scan_console_log(plan: RemovalPlan, removals: RemovalList, places: Places, root: Path) -> None:
    """Add the line of the defaults as the role console_log writes it, and the folder as the role makes it, where no
    other logs are in it."""
    if not places.console:
        return
    daemon = console_daemon.find(root)
    if daemon is None:
        return
    wanted = daemon.line_for(places.console)
    line = console_daemon.current_line(read_text(below(root, daemon.defaults)) or "", daemon.variable)
    if line and line != wanted:
        plan.left.append(f"{daemon.defaults}: {line} is not what the role console_log writes")
    plan.console = f"{wanted} of {daemon.defaults}" if line and line == wanted else ""
    folder = below(root, CONSOLE_DIR)
    if line in ("", wanted) and folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) == console_daemon.FOLDER_MODE:
        removals.folders.append(folder)
