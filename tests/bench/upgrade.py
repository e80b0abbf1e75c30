# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the restarts of upgrade.yml and rollback.yml add to a bare loop of `xl shutdown -w` and `xl create`:
`.venv/bin/python tests/bench/upgrade.py [--batches 1 4]` on a fake host of this machine, the same with `--lab` on a host of
the lab that is brought up for it, or with `--inventory FILE --host NAME --image NAME --files GUEST=FILE ...` on a real one.

All guests of the host that run from the image are restarted by rollback.yml, which makes one of two versions current in
turn, with one batch size after the other; then a shell's loop restarts the same guests, one after the other. The guests of
a batch start in parallel, up to eight. The fake host and that of the lab get these guests first (``--guests``); each of
the fake ones takes ``--shutdown`` and ``--create`` seconds, as the real ones do, and its console is not searched. Another
real host must have two versions of the image in its store, as after an upgrade, and guests that run from the current one;
they are restarted in earnest.

Prints for each batch size the seconds from the first restart to the last proof as the controller sees them, median (least
to most), and the ratio to the loop by the host's clock. Nothing passes or fails by the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".build" / "links"), str(ROOT / "tests"), str(ROOT / "tests" / "playbooks"), str(ROOT / "tests" / "fake_xen")]

from lab_host import LabHost

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.order import MOST_STARTS
from runner.places import CORES, environment

CORE = "2.19"
# The tasks of upgrade_host.yml between which guests are restarted.
FIRST, AFTER = "Restart one batch after the other", "Combine the results of the restarts"


def restarts(file: Path) -> float:
    """Return the seconds between these tasks, as the callback task_seconds wrote them."""
    lines: list[tuple[str, float]] = [json.loads(line) for line in file.read_text().splitlines()]
    names = [name for name, _seconds in lines]
    return sum(seconds for _name, seconds in lines[names.index(FIRST) : names.index(AFTER)])


def callback(file: Path) -> dict[str, str]:
    """Return the variables that have Ansible write the seconds of its tasks to that file."""
    return {"XENFLEET_TASK_SECONDS": str(file), "ANSIBLE_CALLBACKS_ENABLED": "task_seconds",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins")}


def sizes(batch: int) -> dict[str, int]:
    """Return the variables for a batch of that many guests."""
    return {"guests_restart_batch": batch, "guests_start_parallel": min(batch, MOST_STARTS)}


def loop(files: dict[str, str]) -> str:
    """Return the shell's loop over guests and their files; it prints its seconds at the end."""
    steps = " && ".join(f"xl shutdown -w {shlex.quote(name)} && xl create -q {shlex.quote(file)}" for name, file in files.items())
    return f"begin=$(date +%s.%N); {{ {steps}; }} >/dev/null 2>&1 || exit 1; echo \"seconds $begin $(date +%s.%N)\""


def seconds_of(text: str) -> float:
    """Return the seconds that the loop printed."""
    found = re.search(r"seconds ([0-9.]+) ([0-9.]+)", text)
    if not found:
        sys.exit(f"the loop failed: {text[-2000:]}")
    return float(found[2]) - float(found[1])


class FakeHost:
    """One fake host with guests that boot through PV-GRUB2."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        from test_upgrade import IMAGE, Fleet

        self.folder, self.image = folder, IMAGE
        self.fleet = Fleet(folder / "fleet", CORE, tuple(f"guest{number}n" for number in range(options.guests)))
        del self.fleet.hosts["xen2"]
        self.fleet.names = [entry for entry in self.fleet.names if entry[0].startswith("guest")]
        self.host = self.fleet.hosts["xen1"]
        self.fleet.deployed()
        self._play("upgrade")
        self.versions = sorted(path.name for path in (self.fleet.folder / "xen1" / "store" / IMAGE).glob("[0-9a-f]*"))
        self.host.set_behaviour("*", polls=0, seconds=options.shutdown, builds=options.create)

    def _play(self, playbook: str, **variables: Any) -> None:
        status, _recap, text = self.fleet.play(playbook, **variables)
        if status != 0:
            sys.exit(text[-4000:])

    def current(self) -> str:
        return os.readlink(self.fleet.folder / "xen1" / "store" / self.image / "current")

    def roll_back(self, version: str, batch: int) -> float:
        seconds = self.folder / "seconds"
        seconds.unlink(missing_ok=True)
        os.environ.update(callback(seconds))
        self._play("rollback", stubdom_rollback_image=self.image, stubdom_rollback_version=version, **sizes(batch))
        return restarts(seconds)

    def loop(self) -> float:
        files = {path.stem: str(path) for path in sorted((self.fleet.folder / "xen1" / "xen").glob("*.cfg"))}
        env = self.fleet.environment() | self.host.env()
        return seconds_of(subprocess.run(["sh", "-c", loop(files)], env=env, capture_output=True, text=True, check=False).stdout)


class RealHost:
    """A host of an inventory."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder, self.image, self.host = folder, options.image, options.host
        self.inventory = str(Path(options.inventory).resolve())
        self.store = options.store
        self.files = dict(word.split("=", 1) for word in options.files)

    @property
    def versions(self) -> list[str]:
        """Return those that are made current in turn: the present one, and another."""
        found = self._sh(f"cd {self.store}/{self.image} && ls -d [0-9a-f]*").split()
        if len(found) < 2:
            sys.exit(f"{self.host} has one version of {self.image}: run upgrade.yml with another one first")
        current = self.current()
        return [next(version for version in found if version != current), current]

    def play(self, playbook: str, variables: dict[str, Any], env: dict[str, str] | None = None) -> None:
        """Run a playbook on the host; it has to succeed."""
        self._ansible("ansible-playbook", "--limit", self.host, "-e", json.dumps(variables), f"xenfleet.stubdom.{playbook}",
                      **(env or {}))

    def _ansible(self, program: str, *words: str, **more: str) -> str:
        command = [str(CORES[CORE] / "bin" / program), "-i", self.inventory, *words]
        done = subprocess.run(command, env=environment(CORE) | more, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stdout[-4000:] + done.stderr[-2000:])
        return done.stdout

    def _sh(self, script: str) -> str:
        return self._ansible("ansible", self.host, "-b", "-m", "ansible.builtin.shell", "-a", script).partition(">>\n")[2]

    def current(self) -> str:
        return self._sh(f"readlink {self.store}/{self.image}/current").strip()

    def roll_back(self, version: str, batch: int) -> float:
        seconds = self.folder / "seconds"
        seconds.unlink(missing_ok=True)
        chosen = {"stubdom_rollback_image": self.image, "stubdom_rollback_version": version}
        self.play("rollback", chosen | sizes(batch), callback(seconds))
        return restarts(seconds)

    def loop(self) -> float:
        return seconds_of(self._sh(loop(self.files)))


def lab_host(stack: ExitStack, folder: Path, options: argparse.Namespace) -> RealHost:
    """Bring up a host of the lab, with guests that boot through PV-GRUB2 from their own copies of a disk, and upgrade it."""
    host = stack.enter_context(LabHost("bench2"))
    names = [f"bench{number}" for number in range(options.guests)]
    disks = {name: f"/srv/guests/{name}.img" for name in names}
    host.shell("".join(f"cp --sparse=always /srv/guests/web1.img {disk}\n" for disk in disks.values()))
    guests = [{"name": name, "type": "pv", "memory": 128, "boot": {"method": "pvgrub2"},
               "disks": [{"target": disk, "vdev": "xvda"}]} for name, disk in disks.items()]
    places = {"build_pvgrub_dest": str(folder / "build"), "stubdom_image_cache": str(folder / "cache")}
    inventory = folder / "inventory"
    inventory.mkdir()
    host.write_inventory(inventory)
    (inventory / "guests.json").write_text(json.dumps({"xen_hosts": {"vars": {"stubdom_guests": guests, **places}}}))
    options.inventory, options.host, options.image = str(inventory), host.name, "pvgrub2-x86_64"
    options.files = [f"{name}=/etc/xen/{name}.cfg" for name in names]
    real = RealHost(folder, options)
    # It installs GRUB's modules where they are missing.
    real.play("deploy", sizes(4))
    # Bytes behind the end of an ELF file are not read; another image comes of them.
    modules = folder / "grub"
    shutil.copytree("/usr/lib/grub/x86_64-xen", modules / "x86_64-xen")
    with (modules / "x86_64-xen" / "true.mod").open("ab") as module:
        module.write(b"newer")
    real.play("upgrade", {"build_pvgrub_modules_dir": str(modules)} | sizes(4))
    return real


def measure(host: FakeHost | RealHost, options: argparse.Namespace) -> None:
    """Each way once in a repetition; print the table."""
    loops: list[float] = []
    taken: dict[int, list[float]] = {batch: [] for batch in options.batches}
    for _repetition in range(options.repetitions):
        for batch, seconds in taken.items():
            current = host.current()
            seconds.append(host.roll_back(next(version for version in host.versions if version != current), batch))
        loops.append(host.loop())
    bare = statistics.median(loops)
    print(f"{'loop':14}{bare:8.1f} ({min(loops):.1f} to {max(loops):.1f})")
    for batch, seconds in taken.items():
        middle = statistics.median(seconds)
        print(f"batches of {batch:<3}{middle:8.1f} ({min(seconds):.1f} to {max(seconds):.1f}) {middle / bare:8.2f}")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="restarts of upgrade.yml against a loop of xl shutdown and xl create")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--guests", type=int, default=10, help="of the fake host, or of the lab's")
    parser.add_argument("--lab", action="store_true", help="a host of the lab, which is brought up for it")
    parser.add_argument("--shutdown", type=float, default=6.0, help="seconds of a guest of the fake host")
    parser.add_argument("--create", type=float, default=2.0, help="seconds of a guest of the fake host")
    parser.add_argument("--inventory", help="of a real host")
    parser.add_argument("--host")
    parser.add_argument("--image", help="the image that the guests of the real host run from, in two versions")
    parser.add_argument("--store", default="/var/lib/xenfleet/images")
    parser.add_argument("--files", nargs="+", default=[], metavar="GUEST=FILE", help="the guests that run from it, for the loop")
    options = parser.parse_args()
    if options.inventory and not (options.host and options.image and options.files):
        parser.error("a real host needs --host, --image and --files")
    if options.lab and options.inventory:
        parser.error("--lab brings up a host of its own")
    begin = time.strftime("%Y-%m-%d")
    print(f"{begin}, {options.repetitions} repetitions, {os.cpu_count()} processors, load {os.getloadavg()[0]:.2f}; seconds, "
          "median (least to most), ratio to the loop")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        host = lab_host(stack, folder, options) if options.lab else (RealHost if options.inventory else FakeHost)(folder, options)
        measure(host, options)
    print(f"load {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
