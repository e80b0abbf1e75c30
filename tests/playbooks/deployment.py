# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook on this machine, deploy.yml mostly, against the fake Xen toolstack, for the tests beside this file.

Every path that it writes to is in a temporary folder; the role console_log, which writes to the system, is left out,
and nothing becomes another user.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from api import FakeXen

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests"))

from runner.places import CORE, CORES, environment

__all__ = ["CHECKOUT", "CORE", "CORES", "environment"]

# Every so many guests one runs, the others are stopped: what the fake Xen takes to start them is of no interest here.
RUNNING = 10
RECAP = re.compile(r"^host1\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=0\s+failed=0\s+skipped=(\d+)\s+rescued=0", re.MULTILINE)
# With -vvv each start of a module is shown so.
EXECUTION = re.compile(r"^Using module file .*/(\w+)\.py$", re.MULTILINE)


T = TypeVar("T")


def made_once(folder: Path, make: Callable[[Path], T]) -> Callable[[], T]:
    """Have a host or a fleet made in a folder; return what brings it back as it is now, byte for byte, for one test each.

    A deployment takes some 8 seconds of a processor, a copy of what it made a hundredth of that.
    """
    place, kept = folder / "site", folder / "kept"
    made = make(place)
    shutil.copytree(place, kept, symlinks=True)

    def again() -> T:
        shutil.rmtree(place)
        shutil.copytree(kept, place, symlinks=True)
        return copy.deepcopy(made)

    return again


def namesakes(folder: Path) -> None:
    """Task files of the operator's, where a playbook is run, that have the names of ours: none of them is to run.

    What an included file imports, Ansible looks for there first.
    """
    ours = [*CHECKOUT.glob("playbooks/tasks/*.yml"), *CHECKOUT.glob("roles/*/tasks/*.yml")]
    for place in (folder, folder / "tasks"):
        place.mkdir(parents=True, exist_ok=True)
        for path in ours:
            (place / path.name).write_text("- ansible.builtin.fail: {msg: this is not the collection's}\n")


@dataclass(frozen=True)
class Ran:
    """One run: tasks by their results, and the collection's modules that ran, in order."""

    ok: int
    changed: int
    skipped: int
    modules: list[str]
    text: str


class Site:
    """A host with guests that boot directly, and the folder in which all of it lies; every so many of them one runs."""

    def __init__(self, folder: Path, core: str, count: int, running: int = RUNNING, prefix: str = "guest") -> None:
        self.folder = folder
        self.core = core
        self.fake_xen = FakeXen(folder / "host")
        self.fake_xen.setup(free_memory=100_000, total_memory=110_000)
        for name in ("xen", "tmp", "home"):
            (folder / name).mkdir(parents=True)
        namesakes(folder)
        (folder / "vmlinuz").write_bytes(b"kernel")
        guests = [self._guest(f"{prefix}{number}", "stopped" if number % running else "running") for number in range(count)]
        self.inventory = folder / "hosts.json"
        variables = {"stubdom_guests": guests, **self.variables()}
        self.inventory.write_text(json.dumps({"xen_hosts": {"hosts": {"host1": variables}}}))

    def variables(self) -> dict[str, Any]:
        """Every variable of the roles that names a folder, and what keeps the run off the system."""
        paths = {
            "build_pvgrub_dest": "build", "build_pvgrub_modules_dir": "grub",
            "build_linux_stubdom_dest": "build", "build_minios_stubdom_dest": "build",
            "stubdom_image_cache": "cache", "images_store": "store", "images_config_dir": "xen", "preflight_store": "store",
            "guests_config_dir": "xen", "guests_autostart_dir": "xen/auto", "guests_store": "store",
            "guests_records": "records", "fs_backend_store": "store", "fs_backend_program": "fs-backend",
            "guests_lock": "lock", "images_lock": "lock", "fs_backend_lock": "lock", "remove_proofs": "proofs",
            "remove_config_dir": "xen", "remove_autostart_dir": "xen/auto", "remove_store": "store",
            "remove_records": "records", "remove_lock": "lock",
            "ansible_remote_tmp": "tmp",
        }
        return {
            **{name: str(self.folder / path) for name, path in paths.items()},
            "ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "/usr/bin/python3",
            "stubdom_console_log": False,
        }

    def _guest(self, name: str, state: str) -> dict[str, Any]:
        disk = self.folder / f"{name}.img"
        disk.write_bytes(b"")
        return {"name": name, "type": "pv", "memory": 128, "autostart": True, "state": state,
                "boot": {"method": "direct", "kernel": str(self.folder / "vmlinuz")},
                "disks": [{"target": str(disk), "vdev": "xvda"}]}

    def environment(self) -> dict[str, str]:
        """Return that of a run; ``xl`` is the fake Xen's."""
        env = environment(self.core)
        fake_xen = self.fake_xen.env()
        # What a test puts into bin goes before all programs of the system.
        env["PATH"] = ":".join([str(self.folder / "bin"), fake_xen["PATH"].split(":")[0], env["PATH"]])
        env |= {"XENFLEET_FAKE_XEN": fake_xen["XENFLEET_FAKE_XEN"], "HOME": str(self.folder / "home"),
                "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp")}
        return env

    def command(self, *options: str, playbook: str) -> list[str]:
        """Return the command that runs a playbook of the collection."""
        return [str(CORES[self.core] / "bin" / "ansible-playbook"), "-vvv", "-i", str(self.inventory), *options,
                f"xenfleet.stubdom.{playbook}"]

    def run(self, *options: str, playbook: str = "deploy") -> subprocess.CompletedProcess[str]:
        """Run a playbook of the collection."""
        return subprocess.run(self.command(*options, playbook=playbook), env=self.environment(), cwd=self.folder,
                              capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL)

    def deploy(self, *options: str) -> Ran:
        """Run the playbook; it has to succeed."""
        done = self.run(*options)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        recap = RECAP.search(done.stdout)
        assert recap, done.stdout[-2000:]
        ok, changed, skipped = (int(word) for word in recap.groups())
        return Ran(ok, changed, skipped, EXECUTION.findall(done.stdout), done.stdout)

    def unchanged(self) -> Ran:
        """Run twice, and return the run after the one that made everything."""
        names = [f"guest{number}" for number in range(0, self.count(), RUNNING)]
        self.fake_xen.set_behaviour("*", polls=0)
        first = self.deploy()
        assert first.changed == 2  # the files are written, the guests started
        assert sorted(self.fake_xen.domains()) == sorted(["Domain-0", *names])
        self.fake_xen.forget_calls()
        return self.deploy()

    def count(self) -> int:
        hosts = json.loads(self.inventory.read_text())["xen_hosts"]["hosts"]
        return len(hosts["host1"]["stubdom_guests"])
