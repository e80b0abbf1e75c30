# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module guest_state adds to a bare loop of `xl create`, on a real Xen host:
`tests/run --install`, then `.venv/bin/python tests/bench/launch.py INVENTORY [--host NAME]`.

PV guests (ten, or ``--guests``) that boot a kernel of the host directly, such as a host of the lab has, are started from
the same files by a shell's loop, by guest_state one after the other, and by guest_state four at once, in turn, and
destroyed after each. Everything that is written lies in a folder of its own below /var/tmp on the host, which is removed
in the end; the guests are called bench0, bench1 and so on, and must not be there before.

Prints for each way the seconds of the task as the controller sees it, with login and the module's transfer, median
(least to most), and its ratio to the loop's task and to the loop alone by the host's clock. Nothing passes or fails by
the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from runner.places import CORES, environment

CORE = "2.19"
MEMORY = 96  # MiB: enough for the kernel and the initial ramdisk of the lab's guests
PARALLEL = (1, 4)
PLACE = "/var/tmp/xenfleet-bench"
PATHS = {"config_dir": f"{PLACE}/xen", "lock": f"{PLACE}/lock", "store": f"{PLACE}/store"}


def names(options: argparse.Namespace) -> list[str]:
    return [f"bench{number}" for number in range(options.guests)]


def for_each(options: argparse.Namespace, command: str) -> str:
    """Return a shell's loop over the guests."""
    return f"for name in {' '.join(names(options))}; do {command}; done"


def loop(options: argparse.Namespace) -> str:
    return for_each(options, f"xl create -q {PLACE}/xen/$name.cfg || exit 1")


def destroy(options: argparse.Namespace) -> str:
    """Domains that end are there for a moment longer."""
    gone = "for _try in $(seq 60); do xl list | grep -q 'bench\\|null' || exit 0; sleep 1; done; exit 1"
    return f"{for_each(options, 'xl destroy $name || exit 1')}; {gone}"


def guests(options: argparse.Namespace) -> list[dict[str, Any]]:
    boot = {"method": "direct", "kernel": options.kernel, "ramdisk": options.ramdisk, "cmdline": "console=hvc0"}
    return [{"name": name, "type": "pv", "memory": MEMORY, "boot": boot} for name in names(options)]


def state(defined: list[dict[str, Any]], parallel: int) -> dict[str, Any]:
    """Return the module's task."""
    return {"name": f"guest_state, {parallel} at once", "xenfleet.stubdom.guest_state": {
        "guests": defined, "start_parallel": parallel, "records": f"{PLACE}/records", **PATHS}}


def shell(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.shell": text, **more}


def play(options: argparse.Namespace, times: Path) -> dict[str, Any]:
    """Each way once in a repetition, each time from a host without these guests."""
    defined = guests(options)
    tasks = [
        shell("Refuse a host that has such guests", f"! xl list | grep '^bench[0-9]' && mkdir -p {PLACE}/xen"),
        {"name": "Write the files", "xenfleet.stubdom.guest_config": {
            "guests": defined, "autostart_dir": f"{PLACE}/auto", **PATHS}},
    ]
    for number in range(options.repetitions):
        tasks += [shell("loop", loop(options), register=f"loop{number}"), shell("Destroy", destroy(options))]
        for parallel in PARALLEL:
            tasks += [state(defined, parallel), shell("Destroy", destroy(options))]
    deltas = ", ".join(f"loop{number}.delta" for number in range(options.repetitions))
    keep = {"content": f"{{{{ [{deltas}] | to_json }}}}", "dest": str(times), "mode": "0600"}
    clean = shell("Clean up", f"{for_each(options, 'xl destroy $name 2>/dev/null')}; rm -rf {PLACE}")
    return {"hosts": options.host, "gather_facts": False, "become": True, "tasks": [
        {"block": [*tasks, {"name": "Keep the loops' times", "ansible.builtin.copy": keep, "become": False,
                            "delegate_to": "localhost"}], "always": [clean]}]}


def seconds(delta: str) -> float:
    """Of a time as the module shell tells it: ``0:00:12.345678``."""
    hours, minutes, rest = delta.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def run(options: argparse.Namespace) -> tuple[dict[str, list[float]], list[float]]:
    """Seconds of the tasks, and of the loops alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "play.yml").write_text(json.dumps([play(options, folder / "loops")]))
        env = environment(CORE) | {
            "XENFLEET_TASK_SECONDS": str(folder / "tasks"), "ANSIBLE_CALLBACKS_ENABLED": "task_seconds",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins")}
        command = [str(CORES[CORE] / "bin" / "ansible-playbook"), "-i", str(Path(options.inventory).resolve()),
                   str(folder / "play.yml")]
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stdout[-4000:] + done.stderr[-2000:])
        found: dict[str, list[float]] = {}
        for line in (folder / "tasks").read_text().splitlines():
            task, taken = json.loads(line)
            found.setdefault(task, []).append(taken)
        return found, [seconds(delta) for delta in json.loads((folder / "loops").read_text())]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="guest_state against a loop of xl create")
    parser.add_argument("inventory")
    parser.add_argument("--host", default="xen_hosts[0]", help="the host; the first of the group if none is named")
    parser.add_argument("--guests", type=int, default=10)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--kernel", default="/srv/guests/kernel/vmlinuz")
    parser.add_argument("--ramdisk", default="/srv/guests/kernel/initrd.img")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    tasks, loops = run(options)
    bare, task = statistics.median(loops), statistics.median(tasks["loop"])
    print(f"{options.guests} guests of {MEMORY} MiB, {options.repetitions} repetitions; seconds, median (least to most)")
    print(f"{'loop by the host clock':24}{bare:8.1f} ({min(loops):.1f} to {max(loops):.1f})")
    print(f"{'':46}{'to the loop task':>18}{'to the loop':>14}")
    for name in ["loop", *(f"guest_state, {parallel} at once" for parallel in PARALLEL)]:
        took = tasks[name]
        middle = statistics.median(took)
        spread = f"({min(took):.1f} to {max(took):.1f})"
        print(f"{name:24}{middle:8.1f} {spread:<13}{middle / task:>18.2f}{middle / bare:>14.2f}")
    print(f"controller: {os.cpu_count()} processors, load {load:.2f} at the start, {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
