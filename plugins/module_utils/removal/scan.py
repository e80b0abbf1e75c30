# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for what is ours on a host: what ``removal`` plans. Changes nothing."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Sequence

from ..boot_proof.trial import DOMAIN_PREFIX
from ..common.files import below, is_link_to, read_text, unfinished
from ..common.paths import CONSOLE_DIR, HOME
from ..config.config_file import look, names_of, owner_of
from ..fs_backend import exports, exports_apply, policy
from ..images import minios_restore
from ..toolstack import stub_domains
from ..toolstack.base import Domain, Toolstack
from .plan import OwnGuest, Plan, emptied, guests_of
from .scan_store import Going, listed, take_images, take_proofs, take_records, users

ROOT = Path("/")
# Where the role console_log writes xenconsoled's arguments (Debian), and how it makes the folder of the logs.
DEFAULTS = "/etc/default/xen"
_LOGS_MODE = 0o2750


@dataclass(frozen=True)
class Places:
    """Where to look. ``links`` are those of /exports; ``named`` the guests that the inventory names; ``console`` the
    arguments that the role console_log gives to xenconsoled, "" where it is not used. ``only``, if it is not None, are
    the paths that may go."""

    config_dir: Path
    autostart_dir: Path
    store: Path
    records: Path
    proofs: Path
    lock: Path
    links: Sequence[exports.Link] = ()
    named: frozenset[str] = frozenset()
    console: str = ""
    only: frozenset[str] | None = None


def plan_of(toolstack: Toolstack, places: Places, root: Path | None = None) -> Plan:
    """What goes, and what stays. Raises ToolstackError; OSError where something cannot be read."""
    root = ROOT if root is None else root
    plan, going = Plan(), Going(places.only)
    domains = {domain.name: domain for domain in toolstack.domains()}
    own_files = _guests(plan, going, toolstack, places, domains)
    foreign = _foreign(toolstack, domains, [guest.name for guest in plan.guests])
    served = [domain.name for domain in foreign if toolstack.target_of(domain) is not None]
    users_left = f"stub domains of guests that are not ours run ({', '.join(served)})" if served else ""
    _placed(plan, going, toolstack, places, users_left, root)
    take_images(going, places.store, users(toolstack, foreign, places.store, places.config_dir, own_files))
    take_records(going, places.records)
    take_proofs(going, places.proofs)
    going.left += [
        f"domain {domain.domid} ({domain.name}): is that of a boot proof, which ends it, or the next one does"
        for domain in foreign
        if domain.name.startswith(DOMAIN_PREFIX)
    ]
    _fs_backend(plan, going, places, users_left, root)
    _console(plan, going, places, root)
    # Each module that takes the lock has overwritten what was there.
    plan.lock = str(places.lock) if places.lock.is_file() and not places.lock.is_symlink() else ""
    if Path(HOME) in {path.parent for path in (places.store, places.records, places.proofs, places.lock)}:
        going.folders.append(Path(HOME))
    plan.trees, plan.files = going.trees, going.files
    entries = {str(folder): os.listdir(folder) for folder in going.folders if folder.is_dir() and not folder.is_symlink()}
    plan.folders = emptied(entries, [*going.trees, *going.files, plan.lock])
    plan.left += going.left
    return plan


def _guests(plan: Plan, going: Going, toolstack: Toolstack, places: Places, domains: dict[str, Domain]) -> set[str]:
    """The paths of the files of all guests that are ours, and of the copies that were made of them."""
    owners = {name: _owner(places.config_dir / name) for name in listed(places.config_dir)}
    halves = [name for name, owner in owners.items() if owner and unfinished(name) in names_of(owner)]
    owners = {name: owner for name, owner in owners.items() if name not in halves}
    guests = {owner for owner in owners.values() if owner}
    own = {guest: guest if toolstack.name == "xm" else f"{guest}.cfg" for guest in guests}
    found, left = guests_of(owners, own, {guest: names_of(guest) for guest in guests})
    counted = {str(places.config_dir / name) for name in halves}
    for name in halves:
        going.take(places.config_dir / name)
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
    ours.update(stub.name for domain in running for stub in [stub_domains.serving(toolstack, domains, domain)] if stub)
    return [domain for name, domain in domains.items() if name not in ours and domain.domid != 0]


def _placed(plan: Plan, going: Going, toolstack: Toolstack, places: Places, users_left: str, root: Path) -> None:
    """Where something was before us, that is put back; the rest stays while other guests may have come to need it."""
    found = minios_restore.find_files(places.store, toolstack.info(), root)
    for path, before in found.ours.items():
        if users_left and not before:
            plan.left.append(f"{path}: {users_left}")
        elif going.agreed(Path(path)):
            plan.placed[path] = before
    for left_over in found.leftovers:
        going.take(Path(left_over))
    plan.left += found.notes


def _fs_backend(plan: Plan, going: Going, places: Places, users_left: str, root: Path) -> None:
    """The service with all that goes with it: none of it while the stub domain of another guest may get its files
    from there."""
    there = [path for path in policy.PATHS if os.path.lexists(below(root, path))]
    if there and users_left:
        plan.left += [f"{path}: {users_left}" for path in there]
    if not there or users_left:
        return
    plan.service = policy.SERVICE if set(there) & set(policy.UNITS) else ""
    tree = exports_apply.look(exports.ROOT, places.links)
    removed = exports.plan_absent(places.links, tree)
    plan.links = [f"{exports.ROOT}/{link.name}" for link in removed.remove]
    plan.left += [f"{exports.ROOT}/{name}: is not the link that this collection makes" for name in removed.kept]
    program = below(root, policy.PROGRAM)
    halves = [program.parent / name for name in listed(program.parent) if unfinished(name) == program.name]
    for path in [*(below(root, path) for path in there), *halves]:
        going.take(path)
    going.folders += sorted({below(root, path).parent for path in policy.PATHS if path not in policy.UNITS})


def _console(plan: Plan, going: Going, places: Places, root: Path) -> None:
    """Only the line as the role writes it, and the folder as it makes it, when nobody's logs are in it."""
    if not places.console:
        return
    wanted = f'XENCONSOLED_ARGS="{places.console}"'
    lines = (read_text(below(root, DEFAULTS)) or "").splitlines()
    others = [line for line in lines if line.startswith("XENCONSOLED_ARGS=") and line != wanted]
    plan.left += [f"{DEFAULTS}: {line} is not what the role console_log writes" for line in others]
    plan.console = f"{wanted} of {DEFAULTS}" if wanted in lines else ""
    folder = below(root, CONSOLE_DIR)
    if not others and folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) == _LOGS_MODE:
        going.folders.append(folder)
