# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands."""

import argparse
import os
import re
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from . import base, requirements
from .base import Source
from .cleanup import purge
from .config import DEFAULT_RELEASE, RELEASES, Paths, check_name, release
from .dist.packages import packages_for
from .dist.read import read
from .dist.release import suiting
from .errors import LabError
from .host import Host, all_hosts
from .inventory import inventory
from .process import locked
from .progress import say, step

# A virtio disk's serial number, which dom0 names it by, has at most 20 bytes.
DISK = re.compile(r"[A-Za-z0-9-]{1,20}\.[a-z0-9]+")


def source_of(release_name: str | None, xen_dist: Path | None) -> Source:
    """Return where the Xen of new hosts comes from: an installed tree with the Debian that it runs on, or Debian's own."""
    wanted = release(release_name) if release_name else None
    if xen_dist is None:
        return Source(wanted or release(DEFAULT_RELEASE))
    dist = read(xen_dist.expanduser().resolve())
    for note in dist.notes:
        say(f"{dist.path}: {note}")
    return Source(suiting(dist, wanted), dist)


def up(paths: Paths, names: list[str], source: Source) -> None:
    """Bring up those hosts that are not up yet."""
    hosts = [Host(paths, check_name(name)) for name in dict.fromkeys(names)]
    with ExitStack() as locks:
        for host in sorted(hosts, key=lambda host: host.name):  # one order for all, or two processes wait for ever
            locks.enter_context(locked(host.lock_file()))
        new = []
        for host in hosts:
            if host.up_as(source.release.name, source.place):
                require_same_tree(paths, host, source)
                say(f"{host.name}: already up")
            else:
                new.append(host)
        if new:
            start(paths, new, source)


def require_same_tree(paths: Paths, host: Host, source: Source) -> None:
    """Refuse a host that is up with what was in its installed tree before."""
    state = host.state()
    if source.dist and state and state.base != base.current_recipe(paths, source).folder:
        raise LabError(
            f"{host.name} is up with another content of {source.place}, which has changed since: take it down first (lab down {host.name})"
        )


def start(paths: Paths, hosts: list[Host], source: Source) -> None:
    """Resume all of them, then wait for each: they come up side by side. What did not come up is removed again."""
    found = prepare(paths, source, len(hosts))
    try:
        for host in hosts:
            with step(f"{host.name}: starting from the snapshot"):
                host.start(found, source.place)
        for host in hosts:
            with step(f"{host.name}: until {found.recipe.toolstack} answers by SSH"):
                host.finish()
    except BaseException:
        for host in hosts:
            if host.condition() != "up":
                host.remove()
        raise


def prepare(paths: Paths, source: Source, new_hosts: int) -> base.Base:
    """Return the base of that source, built if need be, after checking that this machine can."""
    requirements.require(paths, new_hosts, build=False)  # the recipe itself needs QEMU and ssh-keygen
    wanted = base.current_recipe(paths, source)
    if base.find(paths, wanted) is None:
        requirements.require(paths, new_hosts, build=True)
    return base.ensure(paths, wanted, source)


def build(paths: Paths, source: Source) -> None:
    """Make the base without a host."""
    found = prepare(paths, source, new_hosts=0)
    say(f"{source.release.name} with Xen {found.xen_version} ({found.accelerator}) is in {found.folder}")


def cut(paths: Paths, names: list[str]) -> None:
    """Cut the power of hosts; one that does not run is no error."""
    for host in [Host(paths, check_name(name)) for name in names]:
        say(f"{host.name}: {'cut' if host.cut() else 'was not up'}")


def boot(paths: Paths, name: str) -> None:
    """Boot a host that was cut from its own disk. When it does not come up, its disk stays for a look at it."""
    host = Host(paths, check_name(name))
    with locked(host.lock_file()):
        state = host.state()
        if state is None:
            raise LabError(f"{name} is {host.condition()}: only a host that was cut is booted")
        source = source_of(state.release, Path(state.xen_dist) if state.xen_dist else None)
        host.require_copy_of(base.current_recipe(paths, source).folder)  # before another base is built for nothing
        found = prepare(paths, source, new_hosts=1)
        with step(f"{name}: booting its own disk until {state.toolstack} answers by SSH"):
            host.boot(found)
            host.finish(booted=True)


def share(paths: Paths, disk: Path, names: list[str]) -> None:
    """Give hosts that are up one disk, the same for all of them."""
    if not disk.is_file() or not DISK.fullmatch(disk.name):
        raise LabError(f"{disk} is not a disk: give a file whose name is letters, digits and '-', at most 20, and a suffix")
    for host in [Host(paths, check_name(name)) for name in names]:
        host.ssh()  # LabError when it is not up
        say(f"{host.name}: {'has' if host.machine.plug(disk.absolute()) else 'had'} /dev/disk/by-id/virtio-{disk.stem}")


def down(paths: Paths, names: list[str], every: bool) -> None:
    """Take hosts down; one that is not up is no error."""
    hosts = all_hosts(paths) if every else [Host(paths, check_name(name)) for name in names]
    for host in hosts:
        say(f"{host.name}: {'taken down' if host.down() else 'was not up'}")


def status(paths: Paths) -> None:
    """Return a table of the hosts."""
    rows = [("NAME", "RELEASE", "XEN", "XEN FROM", "PID", "SSH PORT", "STATE", "SERIAL LOG")]
    for host in all_hosts(paths):
        state, pid = host.state(), str(host.machine.pid() or "-")
        known = (state.release, state.xen_version, state.xen_dist or "Debian") if state else ("?", "?", "?")
        port = str(state.port) if state else "?"
        rows.append((host.name, *known, pid, port, host.condition(), str(host.machine.serial)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def show_dist(source: Source) -> None:
    """Print what an installed tree is, and what a host of it gets."""
    dist = source.dist
    assert dist is not None
    print(f"Xen {dist.version} with {dist.toolstack}, on {source.release.name}")
    print(f"hypervisor: {dist.hypervisor.file}")
    print(f"started by: {', '.join(dist.services.units or dist.services.scripts)}")
    print("packages of Debian:")
    for name, reason in packages_for(dist, source.release).items():
        print(f"  {name}: {reason}")


def ssh(paths: Paths, name: str, words: list[str]) -> None:
    """Become ssh. As with ssh itself, the words are joined and read by the host's shell."""
    command = Host(paths, check_name(name)).ssh().command()
    words = words[1:] if words[:1] == ["--"] else words
    os.execvp(command[0], [*command, *(["--", *words] if words else [])])


def print_inventory(paths: Paths, names: list[str]) -> None:
    """Return the inventory of hosts that are up. Raise LabError when one is not."""
    ports = {name: Host(paths, check_name(name)).ssh().port for name in names}
    print(inventory(ports, paths.key), end="")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="lab", description="Real Xen hosts in QEMU, with no Xen hardware.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    def with_release(command: argparse.ArgumentParser) -> None:
        text = "; ".join(f"{known.name}: Xen {known.xen}" for known in RELEASES.values())
        command.add_argument("--release", help=f"{text} (default: {DEFAULT_RELEASE}; of an installed tree, the one that it runs on)")

    def with_source(command: argparse.ArgumentParser) -> None:
        with_release(command)
        command.add_argument("--xen-dist", metavar="DIR", type=Path, help="a Xen installed into a folder (DESTDIR), in the place of Debian's")

    upper = add("up", "bring hosts up; those that are up are left alone")
    upper.add_argument("names", nargs="+", metavar="NAME")
    with_source(upper)
    downer = add("down", "take hosts down and remove their disks; their logs stay")
    which = downer.add_mutually_exclusive_group(required=True)
    which.add_argument("names", nargs="*", metavar="NAME", default=[])
    which.add_argument("--all", action="store_true", help="every host of this lab folder")
    add("cut", "cut the power of hosts: QEMU is killed, their disks stay").add_argument("names", nargs="+", metavar="NAME")
    add("boot", "boot a host that was cut from its own disk").add_argument("name", metavar="NAME")
    sharer = add("share", "give hosts that are up one disk, the same for all of them; a cut takes it away")
    sharer.add_argument("disk", metavar="FILE", type=Path)
    sharer.add_argument("names", nargs="+", metavar="NAME")
    add("status", "list the hosts")
    into = add("ssh", "run a command on a host, or log in")
    into.add_argument("name", metavar="NAME")
    into.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    add("inventory", "print an Ansible inventory (YAML) of hosts that are up").add_argument(
        "names", nargs="+", metavar="NAME"
    )
    with_source(add("build", "make the base disk and its booted snapshot, without leaving a host up"))
    shower = add("dist", "print what an installed tree is, and what a host of it gets; build nothing")
    shower.add_argument("xen_dist", metavar="DIR", type=Path)
    with_release(shower)
    add("purge", "remove the cache; only when no host is up")
    add("deps", "print the Debian packages that the lab needs")
    return top


def run(arguments: argparse.Namespace) -> None:
    """Do what was asked."""
    paths = Paths.from_environment()
    match arguments.command:
        case "up":
            up(paths, arguments.names, source_of(arguments.release, arguments.xen_dist))
        case "down":
            down(paths, arguments.names, arguments.all)
        case "cut":
            cut(paths, arguments.names)
        case "boot":
            boot(paths, arguments.name)
        case "share":
            share(paths, arguments.disk, arguments.names)
        case "status":
            status(paths)
        case "ssh":
            ssh(paths, arguments.name, arguments.words)
        case "inventory":
            print_inventory(paths, arguments.names)
        case "build":
            build(paths, source_of(arguments.release, arguments.xen_dist))
        case "dist":
            show_dist(source_of(arguments.release, arguments.xen_dist))
        case "purge":
            purge(paths)
        case "deps":
            print(" ".join(requirements.packages()))


def interrupted(number: int, _frame: object) -> None:
    """End by an exception, so that everything cleans up."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def main(words: list[str]) -> int:
    """Exit status: 0 done, 1 the error that was printed, 2 wrong usage, 130 interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        run(parser().parse_args(words))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return 130
    return 0
