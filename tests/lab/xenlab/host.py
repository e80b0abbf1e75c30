# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of the lab: coming up from the snapshot, going down, and what is known of it."""

import json
import secrets
import shlex
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .base import BOOT_LIMIT, Base
from .config import Paths
from .errors import LabError, with_logs
from .process import locked, run
from .qemu import Machine, free_port
from .ssh import Ssh
from .toolstack import TOOLSTACKS

RESUME_LIMIT = 180.0  # seconds
PORT_TRIES = 3


@dataclass(frozen=True)
class State:
    """What is written down of a host in its folder; whether QEMU lives is asked, never written."""

    release: str
    xen_version: str
    base: str
    port: int
    ready: bool
    toolstack: str = "xl"
    xen_dist: str = ""  # the installed tree that its Xen is from; empty for Debian's


class Host:
    """A host by its (checked) name."""

    def __init__(self, paths: Paths, name: str) -> None:
        self.paths = paths
        self.name = name
        self.folder = paths.hosts / name
        self.state_file = self.folder / "state.json"
        self.machine = Machine(self.folder, name)

    def state(self) -> State | None:
        """Return the written state, or None for a host that is not up (or whose file is half written)."""
        try:
            return State(**json.loads(self.state_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, state: State) -> None:
        temporary = self.state_file.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(state), indent=2) + "\n")
        temporary.replace(self.state_file)

    def condition(self) -> str:
        """up, starting (or left half started), dead (QEMU ended without `lab down`), down."""
        state, pid = self.state(), self.machine.pid()
        if pid:
            return "up" if state and state.ready else "starting"
        return "dead" if state else "down"

    def up_as(self, release: str, xen_dist: str = "") -> bool:
        """Return whether the host is up; LabError when it is up with another release, or with another Xen."""
        state = self.state()
        if self.condition() != "up" or state is None:
            return False
        if state.xen_dist != xen_dist:
            raise LabError(
                f"{self.name} is up with the Xen of {state.xen_dist or 'Debian'}, not of {xen_dist or 'Debian'}: "
                f"take it down first (lab down {self.name})"
            )
        if state.release != release:
            raise LabError(
                f"{self.name} is up with {state.release}, not {release}: take it down first (lab down {self.name})"
            )
        return True

    def ssh(self) -> Ssh:
        """How to reach it; LabError when it is not up."""
        state = self.state()
        if state is None or self.condition() != "up":
            raise LabError(f"{self.name} is {self.condition()}, not up: lab up {self.name}")
        return Ssh(self.paths.key, state.port)

    def start(self, base: Base, xen_dist: str = "") -> None:
        """Start QEMU from the base's snapshot. What an earlier run left half started or dead is removed first."""
        self.remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        copy = ["cp", "--reflink=auto", "--sparse=always", str(base.overlay), str(self.machine.overlay)]
        run(copy, self.machine.log)
        disk = str(base.folder / "disk.img")
        run(["qemu-img", "rebase", "-u", "-F", "raw", "-b", disk, str(self.machine.overlay)], self.machine.log)
        self.launch(base, xen_dist, resume=True)

    def cut(self) -> bool:
        """Cut the power: QEMU is killed, and the disk stays as it is at that moment. Return whether it ran."""
        with locked(self.lock_file()):
            return self.machine.kill()

    def boot(self, base: Base) -> None:
        """Boot the host's own disk, after `cut`. LabError when it runs, when it has no disk, or one of another base."""
        state = self.state()
        if state is None or self.condition() != "dead":
            raise LabError(f"{self.name} is {self.condition()}, not dead: only a host that was cut is booted")
        self.require_copy_of(base.folder.name)
        self.launch(base, state.xen_dist, resume=False)

    def require_copy_of(self, base: str) -> None:
        """Raise LabError when the host's disk is a copy of another base than that one."""
        state = self.state()
        if state and state.base != base:
            up = f"lab up {self.name}" + (f" --xen-dist {state.xen_dist}" if state.xen_dist else "")
            raise LabError(f"{self.name} is a copy of {state.base}, which is not the base of this lab: {up}")

    def launch(self, base: Base, xen_dist: str, *, resume: bool) -> None:
        """Start QEMU with the overlay, on a port that is free."""
        for left in reversed(range(PORT_TRIES)):
            recipe = base.recipe
            state = State(recipe.release, base.xen_version, base.folder.name, free_port(), False, recipe.toolstack, xen_dist)
            self.write(state)
            try:
                self.machine.start(recipe, base.folder, base.accelerator, state.port, resume=resume)
                return
            except LabError as error:
                # Another process may have taken the port since it was found free.
                if not left or "host forwarding" not in str(error):
                    raise

    def finish(self, *, booted: bool = False) -> None:
        """Wait until the resumed or booted host answers, and give it its own name and the present time."""
        state = self.state()
        assert state is not None
        name = shlex.quote(self.name)
        toolstack = TOOLSTACKS[state.toolstack]
        ready, limit = (toolstack.ready, BOOT_LIMIT) if booted else (toolstack.answers, RESUME_LIMIT)

        def script() -> str:
            return (
                # dom0 serves the guests' disks: a guest that boots must not take its processor time.
                f"set -e\n({ready}) >/dev/null\n{toolstack.prefer_dom0}\ndate -s @{time.time():.1f} >/dev/null\n"
                f"hostname {name}\necho {name} >/etc/hostname\n"
                f"printf '127.0.0.1 localhost\\n127.0.1.1 %s\\n' {name} >/etc/hosts\n"
                f"echo {secrets.token_hex(32)} >/dev/urandom\n"  # hosts of one snapshot must differ
            )

        try:
            Ssh(self.paths.key, state.port).wait(script, limit, lambda: self.machine.pid() is not None)
        except LabError as error:
            raise with_logs(f"{self.name} did not come up: {error}", self.machine.serial, self.machine.log) from error
        self.write(State(**{**asdict(state), "ready": True}))

    def remove(self) -> bool:
        """Stop its QEMU and forget the host; its logs stay. Whether there was anything to remove."""
        known = self.condition() != "down"
        self.machine.stop()
        for path in (self.state_file, self.machine.overlay, self.machine.monitor, self.machine.pid_file):
            path.unlink(missing_ok=True)
        return known

    def down(self) -> bool:
        """`remove` under the host's lock."""
        with locked(self.lock_file()):
            return self.remove()

    def lock_file(self) -> Path:
        return self.paths.lock(f"host-{self.name}")


def all_hosts(paths: Paths) -> list[Host]:
    """Every host that is not down, by name."""
    if not paths.hosts.is_dir():
        return []
    found = [Host(paths, folder.name) for folder in sorted(paths.hosts.iterdir()) if folder.is_dir()]
    return [host for host in found if host.condition() != "down"]
