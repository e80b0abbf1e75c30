# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the modules take for one guest and for many: `.venv/bin/python tests/bench/guest_config.py`.

Each module runs as Ansible runs it on a host, as a process of its own, against the fake Xen toolstack. Times are the
best of three; nothing passes or fails by them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / ".build" / "links"
sys.path[:0] = [str(TREE), str(ROOT / "tests" / "fake_xen")]

import ansible

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import read_fleet
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record
from api import FakeXen
from recorded import record

PYTHON = "/usr/bin/python3"
MODULES = TREE / "ansible_collections" / "xenfleet" / "stubdom" / "plugins" / "modules"
ONE, MANY, FLEET, FLEET_HOSTS = 1, 400, 10_000, 100
BEST_OF = 3


class Host:
    """A fake host in a folder of its own, with the guests' kernel and disks."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        # Programs that answer in the fake Xen's place; see recorded.py.
        self.fast = ""
        self.fake_xen = FakeXen(folder / "host")
        self.fake_xen.setup(free_memory=1_000_000, total_memory=1_100_000)
        (folder / "xen").mkdir(parents=True)
        kernel = folder / "vmlinuz"
        kernel.write_bytes(b"kernel")
        self.guests = []
        for number in range(count):
            disk = folder / f"disk{number}.img"
            disk.write_bytes(b"")
            self.guests.append(definition(f"guest{number}", str(kernel), str(disk)))

    def run(self, module: str, **more: Any) -> tuple[float, dict[str, Any]]:
        """Seconds and answer of one run of the module as a process; SystemExit when it fails."""
        names = {"guest_config": ("config_dir", "autostart_dir", "store", "lock"),
                 "guest_state": ("config_dir", "records", "store", "console_dir", "lock")}[module]
        places = {"config_dir": "xen", "autostart_dir": "xen/auto", "store": "store", "records": "records",
                  "console_dir": "console", "lock": "lock"}
        params = {name: str(self.folder / places[name]) for name in names}
        internal = {"_ansible_diff": True, "_ansible_remote_tmp": str(self.folder)}
        arguments = self.folder / "arguments.json"
        arguments.write_text(json.dumps(
            {"ANSIBLE_MODULE_ARGS": {"guests": self.guests, **params, **more, **internal}}))
        paths = [str(TREE), str(Path(ansible.__file__).parents[1])]
        env = {**self.fake_xen.env(), "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
        if self.fast:
            env["PATH"] = f"{self.fast}{os.pathsep}{env['PATH']}"
        start = time.perf_counter()
        done = subprocess.run([PYTHON, MODULES / f"{module}.py", arguments], env=env, capture_output=True, text=True,
                              check=False)
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            sys.exit(f"{module} failed: {(done.stderr or done.stdout)[-2000:]}")
        return seconds, json.loads(done.stdout)


def definition(name: str, kernel: str, disk: str) -> dict[str, Any]:
    """Return a guest that boots directly."""
    return {"name": name, "type": "pv", "memory": 128, "boot": {"method": "direct", "kernel": kernel},
            "disks": [{"target": disk, "vdev": "xvda"}]}


def expect(answer: dict[str, Any], actions: set[str]) -> None:
    """Refuse a figure for something else than was meant."""
    found = {guest["action"] for guest in answer["guests"]}
    if found != actions:
        sys.exit(f"the guests' actions are {found}, not {actions}")


def best(measure: Callable[[], float]) -> float:
    """Return the least of some tries."""
    return min(measure() for _try in range(BEST_OF))


def writing(count: int) -> float:
    """guest_config on a host without files."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, answer = Host(Path(folder), count).run("guest_config")
        expect(answer, {"created"})
        return seconds


def unchanged(count: int) -> tuple[float, float]:
    """Return the best times of guest_config and guest_state on a host whose guests are written and run."""
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder), count)
        _seconds, written = host.run("guest_config")
        kernel = host.guests[0]["boot"]["kernel"]
        host.fake_xen.add_domains([guest["name"] for guest in host.guests], kernel=kernel)
        domains = host.fake_xen.domains()
        for guest in written["guests"]:
            uuid = domains[guest["name"]]["uuid"]
            records.save(host.folder / "records", guest["name"], Record(uuid, guest["digest"], 0))

        def once(module: str, **more: Any) -> float:
            seconds, answer = host.run(module, **more)
            expect(answer, {"none"})
            return seconds

        config = best(lambda: once("guest_config"))
        # guest_state asks xenstore, too, and the fake Xen takes 0.1 s for each answer.
        host.fast = record(host.fake_xen, host.folder / "recorded")
        return config, best(lambda: once("guest_state", configured=written["guests"]))


def validating(count: int) -> float:
    """read_fleet, in this process."""
    names = (f"guest{number}" for number in range(count))
    hosts = {f"host{number}": [definition(next(names), "/boot/vmlinuz", f"/srv/{number}-{index}.img")
                               for index in range(count // FLEET_HOSTS)] for number in range(FLEET_HOSTS)}
    start = time.perf_counter()
    fleet = read_fleet(hosts)
    seconds = time.perf_counter() - start
    if fleet.problems or len(fleet.guests) != count:
        sys.exit(f"{len(fleet.guests)} guests and {len(fleet.problems)} problems, not {count} and none")
    return seconds


def main() -> None:
    """Measure, and print the table."""
    before = os.getloadavg()[0]
    rows = [("guest_config, writing", best(lambda: writing(ONE)), best(lambda: writing(MANY)))]
    one, many = unchanged(ONE), unchanged(MANY)
    rows += [("guest_config, unchanged", one[0], many[0]), ("guest_state, unchanged*", one[1], many[1])]
    print(f"{'seconds, best of ' + str(BEST_OF):28}{ONE:>5} guest{MANY:>6} guests   ratio   per further guest")
    for name, few, lots in rows:
        each = (lots - few) / (MANY - ONE) * 1000
        print(f"{name:28}{few:11.3f}{lots:13.3f}{lots / few:8.1f}{each:17.2f} ms")
    print("* with recorded answers of xl and xenstore-read, which the host itself gives faster or slower")
    fleet = best(lambda: validating(FLEET))
    print(f"read_fleet, {FLEET} guests on {FLEET_HOSTS} hosts: {fleet:.3f} s, {fleet / FLEET * 1e6:.0f} µs a guest")
    print(f"{os.cpu_count()} processors; load {before:.2f} at the start, {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
