# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module guest_state adds to a bare loop of `xl create`: `.venv/bin/python tests/bench/launch.py`, with
`--boot` also what a host does that boots with these guests in /etc/xen/auto.

The host is one of the lab that is brought up for it, or `--inventory FILE [--host NAME]`. PV guests (20, or ``--guests``)
that boot a kernel of the host directly are started from the same files by a shell's loop, by guest_state one after the
other, and by guest_state four and eight at once, in turn, and destroyed after each. Everything that is written lies in a
folder of its own below /var/tmp on the host, which is removed in the end; the guests are called bench0, bench1 and so on,
and must not be there before. With ``--boot``, their files and links are then written where the host itself has them, its
power is cut, and it boots. With ``--fake``, the host is a fake one of this machine: its figures say nothing, but all steps
are taken.

Prints for each way the seconds of the task as the controller sees it, with login and the module's transfer, median
(least to most), and its ratio to the loop's task and to the loop alone by the host's clock. Nothing passes or fails by
the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import re
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
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "fake_xen")]

from lab_host import LabHost

from runner.places import CORES, environment

CORE = "2.19"
MEMORY = 80  # MiB: enough for the kernel and the initial ramdisk of the lab's guests; a host of the lab has 1,900 for guests
PARALLEL = (1, 4, 8)
PLACE = "/var/tmp/xenfleet-bench"
PATHS = {"config_dir": f"{PLACE}/xen", "lock": f"{PLACE}/lock", "store": f"{PLACE}/store"}
# How long the service took that starts the guests of /etc/xen/auto, in microseconds since the boot, and how it ended.
BOOTED = """
for _try in $(seq 360); do
    systemctl show xendomains -p ActiveState | grep -q activating || break
    sleep 5
done
systemctl show xendomains -p Result -p InactiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic
echo "guests=$(xl list | grep -c '^bench[0-9]')"
"""


def names(options: argparse.Namespace) -> list[str]:
    return [f"bench{number}" for number in range(options.guests)]


def for_each(options: argparse.Namespace, command: str) -> str:
    """Return a shell's loop over the guests."""
    return f"for name in {' '.join(names(options))}; do {command}; done"


def loop(options: argparse.Namespace, folder: str = PATHS["config_dir"]) -> str:
    return for_each(options, f"xl create -q {folder}/$name.cfg || exit 1")


def destroy(options: argparse.Namespace) -> str:
    """Domains that end are there for a moment longer."""
    left = "xl list | grep -q 'bench\\|null'"
    return f"{for_each(options, 'xl destroy $name || exit 1')}; for _try in $(seq 60); do {left} || break; sleep 1; done; ! {left}"


def guests(options: argparse.Namespace, **more: Any) -> list[dict[str, Any]]:
    boot = {"method": "direct", "kernel": options.kernel, "ramdisk": options.ramdisk, "cmdline": "console=hvc0"}
    return [{"name": name, "type": "pv", "memory": options.memory, "boot": boot, **more} for name in names(options)]


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


def run_play(options: argparse.Namespace, content: dict[str, Any], folder: Path, **more: str) -> str:
    """Run a play; it has to succeed."""
    (folder / "play.yml").write_text(json.dumps([content]))
    command = [str(CORES[CORE] / "bin" / "ansible-playbook"), "-i", str(Path(options.inventory).resolve()),
               str(folder / "play.yml")]
    done = subprocess.run(command, env=environment(CORE) | more, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout[-4000:] + done.stderr[-2000:])
    return done.stdout


def run(options: argparse.Namespace, folder: Path) -> tuple[dict[str, list[float]], list[float]]:
    """Seconds of the tasks, and of the loops alone."""
    run_play(options, play(options, folder / "loops"), folder, XENFLEET_TASK_SECONDS=str(folder / "tasks"),
             ANSIBLE_CALLBACKS_ENABLED="task_seconds", ANSIBLE_CALLBACK_PLUGINS=str(Path(__file__).parent / "callback_plugins"))
    found: dict[str, list[float]] = {}
    for line in (folder / "tasks").read_text().splitlines():
        task, taken = json.loads(line)
        found.setdefault(task, []).append(taken)
    return found, [seconds(delta) for delta in json.loads((folder / "loops").read_text())]


def table(options: argparse.Namespace, tasks: dict[str, list[float]], loops: list[float]) -> str:
    """Return the figures of each way."""
    bare, task = statistics.median(loops), statistics.median(tasks["loop"])
    lines = [f"{options.guests} guests of {options.memory} MiB, {options.repetitions} repetitions; seconds, median (least to most)",
             f"{'loop by the host clock':24}{bare:8.1f} ({min(loops):.1f} to {max(loops):.1f})",
             f"{'':46}{'to the loop task':>18}{'to the loop':>14}"]
    for name in ["loop", *(f"guest_state, {parallel} at once" for parallel in PARALLEL)]:
        took = tasks[name]
        middle = statistics.median(took)
        spread = f"({min(took):.1f} to {max(took):.1f})"
        lines.append(f"{name:24}{middle:8.1f} {spread:<13}{middle / task:>18.2f}{middle / bare:>14.2f}")
    return "\n".join(lines)


def boot(options: argparse.Namespace, host: LabHost, folder: Path) -> str:
    """Boot the host with the guests in /etc/xen/auto, then start them by a loop; return the figures."""
    defined = guests(options, autostart=True)
    config = {"name": "Write the files", "xenfleet.stubdom.guest_config": {"guests": defined}}
    run_play(options, {"hosts": options.host, "gather_facts": False, "tasks": [config]}, folder)
    host.shell("sync")
    host.run("cut", host.name)
    begin = time.monotonic()
    host.run("boot", host.name)
    answered = time.monotonic() - begin
    found = host.shell(BOOTED)
    options.inventory = str(host.write_inventory(folder))
    if f"guests={options.guests}\n" not in found:
        return f"boot: xl answered after {answered:.0f} s; xendomains has not started all guests: {' '.join(found.split())}"
    check = {"name": "Look", "xenfleet.stubdom.guest_state": {"guests": defined}, "register": "found", "check_mode": True,
             "failed_when": "found is failed or found is changed"}
    run_play(options, {"hosts": options.host, "gather_facts": False, "tasks": [config, check]}, folder)
    took = host.shell(f"({destroy(options)}) >&2 || exit 1; begin=$(date +%s.%N); {loop(options, '/etc/xen')}; "
                      'echo "$begin $(date +%s.%N)"').split()
    return booted(found, float(took[1]) - float(took[0]), answered)


def booted(found: str, bare: float, answered: float) -> str:
    """Return the line of a boot, from what BOOTED printed, the loop's seconds, and those until the host answered."""
    said = dict(re.findall(r"^(\w+)=(.*)$", found, re.MULTILINE))
    took = (int(said["ActiveEnterTimestampMonotonic"]) - int(said["InactiveExitTimestampMonotonic"])) / 1e6
    return (f"boot: xl answered after {answered:.0f} s; xendomains ({said['Result']}) took {took:.1f} s for {said['guests']} "
            f"guests, {took / bare:.2f} of a loop ({bare:.1f} s); guest_state then has nothing to do")


def fake_inventory(folder: Path) -> Path:
    """Write the inventory of a fake host of this machine, for which a file of it is the kernel."""
    from api import FakeXen

    host = FakeXen(folder / "fake")
    host.setup(free_memory=100_000, total_memory=110_000)
    python = host.interpreter(folder / "python")
    path = folder / "fake.json"
    path.write_text(json.dumps({"xen_hosts": {"hosts": {"fake1": {
        "ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": python}}}}))
    return path


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="guest_state against a loop of xl create")
    parser.add_argument("--inventory", help="of a host that is there; without it, a host of the lab is brought up")
    parser.add_argument("--host", default="xen_hosts[0]", help="the host; the first of the group if none is named")
    parser.add_argument("--fake", action="store_true", help="a fake host of this machine: only to see that all steps work")
    parser.add_argument("--boot", action="store_true", help="also the boot of the lab's host")
    parser.add_argument("--guests", type=int, default=20)
    parser.add_argument("--memory", type=int, default=MEMORY, help="of each guest, MiB")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--kernel", default="/srv/guests/kernel/vmlinuz")
    parser.add_argument("--ramdisk", default="/srv/guests/kernel/initrd.img")
    options = parser.parse_args()
    if options.boot and (options.inventory or options.fake):
        parser.error("--boot cuts the power: it is for a host of the lab that this program brings up")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, host = Path(name), None
        if options.fake:
            options.kernel = options.ramdisk = __file__
            options.inventory = str(fake_inventory(folder))
        elif not options.inventory:
            host = stack.enter_context(LabHost("bench1"))
            options.inventory = str(host.write_inventory(folder))
        print(table(options, *run(options, folder)), flush=True)
        if host and options.boot:
            print(boot(options, host, folder))
    print(f"controller: {os.cpu_count()} processors, load {load:.2f} at the start, {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
