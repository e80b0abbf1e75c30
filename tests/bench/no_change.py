# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What deploy.yml costs where nothing is to be done, against ansible's own ping of the same hosts:
`tests/run --install`, then `.venv/bin/python tests/bench/no_change.py [--hosts N] [--guests N ...] [--connection ssh]`.

Each host is a fake of its own on this machine, so that what the hosts do is done by the controller's processors, too; all
of its guests run. They are reached by local connections, or with ``--connection ssh`` by an SSH server for this
measurement, over a connection for each host, which lasts from run to run as Ansible's connections do (private_sshd.py).
Their files are written by deploy.yml, their domains and the records of their starts are put there. In the measured runs
xl and xenstore-read answer with what the fake Xen says at that moment, in a few milliseconds as the real ones do. The role
console_log, which writes to the system, is left out, and no images are built. One run with nothing changed on any host
comes first, and gives the tasks' times and the memory.

Prints for each number of guests: seconds of ping and of deploy.yml in alternating runs, by the clock and of processors,
median (least to most), the ratios of the medians, the controller's peak memory, and the tasks that took longest. Seconds
by the clock say something where nobody else works; those of processors are of all processes that a run started, hosts'
and controller's; with ssh, without the few of the clients that keep the connections. ``--core FOLDER`` is the environment of
another ansible-core, such as .venv-2.18. ``--also FOLDER`` takes .build/collections of another checkout into the same run. The memory is the
largest resident set of one process of ansible-playbook, and the most that all of its processes had together at one of
the looks, once a second, pages that they share counted once. Nothing passes or fails by the figures.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".build" / "links"), str(ROOT / "tests"), str(ROOT / "tests" / "playbooks"),
                str(ROOT / "tests" / "fake_xen")]

from private_sshd import PrivateSshd, install

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from deployment import CORES, Site
from recorded import record
from runner.places import COLLECTIONS, environment

CORE = "2.19"
RECAP = re.compile(r"^\S+\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
SLOWEST = 12
# While the files are written: the fake Xen would need longer for the dry runs of many files than all that is measured.
QUICK_XL = """#!/bin/sh
case "$*" in "create -q -n "*) exit 0 ;; esac
exec '{xl}' "$@"
"""


@dataclass(frozen=True)
class Times:
    """Seconds of one run; see the top of the file."""

    clock: float
    processors: float


@dataclass
class Memory:
    """The most that was seen so far, MiB; see the top of the file."""

    one: float = 0.0
    all: float = 0.0

    def see(self, process: int) -> None:
        one, together = _memory(process)
        self.one, self.all = max(self.one, one), max(self.all, together)


class Fleet:
    """Hosts with guests that run, and what is run over them."""

    def __init__(self, folder: Path, hosts: int, guests: int, forks: int, core: Path, sshd: PrivateSshd | None) -> None:
        """``core`` is the environment of the ansible-core; ``sshd`` is None for local connections."""
        self.folder, self.hosts, self.forks, self.core, self.sshd = folder, hosts, forks, core, sshd
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True)
        self.sites = {f"host{number}": Site(folder / f"host{number}", CORE, guests, 1, f"guest{number}-")
                      for number in range(hosts)}
        self.inventory = folder / "hosts.json"

    def prepare(self) -> None:
        """Write the guests' files by deploy.yml; then all that a start leaves, which the fake Xen would need an hour for."""
        self._write_inventory("defined", {name: self._quick(site) for name, site in self.sites.items()})
        self.deploy(str(COLLECTIONS))
        paths = {}
        for name, site in self.sites.items():
            files = {path.stem: path.read_text() for path in (site.folder / "xen").glob("*.cfg")}
            site.fake_xen.add_domains(list(files), kernel=str(site.folder / "vmlinuz"))
            domains = site.fake_xen.domains()
            for guest, text in files.items():
                started = Record(domains[guest]["uuid"], digest(text), 0)
                records.save(site.folder / "records", guest, started)
            paths[name] = record(site.fake_xen, site.folder / "recorded")
        self._write_inventory("running", paths)

    @staticmethod
    def _quick(site: Site) -> str:
        """Return a folder with an xl that makes no dry runs."""
        folder = site.folder / "quick"
        folder.mkdir()
        xl = folder / "xl"
        xl.write_text(QUICK_XL.format(xl=f"{site.fake_xen.env()['PATH'].split(':')[0]}/xl"))
        xl.chmod(0o755)
        return str(folder)

    def _write_inventory(self, state: str, paths: dict[str, str]) -> None:
        """``paths`` are folders of programs that answer in the fake Xen's place."""
        hosts: dict[str, dict[str, Any]] = {}
        for name, site in self.sites.items():
            said = json.loads(site.inventory.read_text())["xen_hosts"]["hosts"]["host1"]
            python = site.fake_xen.interpreter(site.folder / "python", f"PATH='{paths[name]}':\"$PATH\"")
            guests = [{**guest, "state": state} for guest in said["stubdom_guests"]]
            reached = self.sshd.variables(name) if self.sshd else {}
            hosts[name] = {**said, "stubdom_guests": guests, "ansible_python_interpreter": python, **reached}
        self.inventory.write_text(json.dumps({"xen_hosts": {"hosts": hosts}}))

    def _run(self, collections: str, look: Memory | None, *words: str, **more: str) -> tuple[Times, str]:
        """Run a program; return what it printed, too. ``look`` measures the memory, at the cost of some time."""
        env = environment(CORE) | more | {
            "ANSIBLE_COLLECTIONS_PATH": collections, "HOME": str(self.folder / "home"),
            "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp")}
        program, *rest = words
        env["PATH"] = f"{self.core / 'bin'}:{env['PATH']}"
        command = [str(self.core / "bin" / program), "-i", str(self.inventory), "-f", str(self.forks), *rest]
        output = self.folder / "out"
        sessions = self.sshd.used() if self.sshd else 0.0
        start = time.perf_counter()
        with output.open("w") as stream:
            process = subprocess.Popen(command, env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=stream,
                                       stderr=subprocess.STDOUT)
        ended, status, used = os.wait4(process.pid, os.WNOHANG if look else 0)
        while look and not ended:
            look.see(process.pid)
            time.sleep(1)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        text = output.read_text()
        if process.returncode != 0:
            sys.exit(f"{command} ended with {process.returncode}: {text[-3000:]}")
        clock = time.perf_counter() - start
        sessions = self.sshd.used() - sessions if self.sshd else 0.0
        return Times(clock, used.ru_utime + used.ru_stime + sessions), text

    def ping(self) -> Times:
        """Ansible's own, of all hosts."""
        times, text = self._run(str(COLLECTIONS), None, "ansible", "xen_hosts", "-m", "ansible.builtin.ping")
        if text.count("SUCCESS") != self.hosts:
            sys.exit(f"ping: {text[-3000:]}")
        return times

    def deploy(self, collections: str, look: Memory | None = None, **more: str) -> tuple[Times, str]:
        """All hosts in one wave."""
        return self._run(collections, look, "ansible-playbook", "-e", '{"stubdom_serial": "100%"}',
                         "xenfleet.stubdom.deploy", **more)

    def unchanged(self, collections: str, look: Memory | None = None, **more: str) -> Times:
        """Make a run that must not have changed anything on any host."""
        times, text = self.deploy(collections, look, **more)
        found = [tuple(int(word) for word in words) for words in RECAP.findall(text)]
        if len(found) != self.hosts or set(found) != {(0, 0, 0)}:
            sys.exit(f"not a run without a change: {text[-3000:]}")
        return times


def _memory(parent: int) -> tuple[float, float]:
    """MiB of a process and of those that it forked: what the largest one had at most, and all together have now."""
    one = together = 0.0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            pid, of = int(path.name), int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            # A fork of Ansible's has its command line until it has become another program.
            if parent not in (pid, of) or b"ansible-playbook" not in path.joinpath("cmdline").read_bytes():
                continue
            peak = PEAK.search(path.joinpath("status").read_text())
            pss = PSS.search(path.joinpath("smaps_rollup").read_text())
        except (OSError, ValueError):
            continue  # It has ended since.
        one = max(one, int(peak[1]) / 1024 if peak else 0.0)
        together += int(pss[1]) / 1024 if pss else 0.0
    return one, together


def tasks(file: Path) -> dict[str, float]:
    """Seconds by the tasks' names."""
    found: dict[str, float] = {}
    for line in file.read_text().splitlines():
        name, seconds = json.loads(line)
        found[name] = found.get(name, 0.0) + seconds
    return found


def shown(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})"


def row(pings: list[Times], deploys: list[Times], kind: str) -> str:
    """One kind of seconds."""
    ping, deploy = ([getattr(times, kind) for times in runs] for runs in (pings, deploys))
    return f"{kind:>12}{shown(ping):>24}{shown(deploy):>26}{statistics.median(deploy) / statistics.median(ping):>8.2f}"


def measure(options: argparse.Namespace, guests: int) -> None:
    """One number of guests for each host: prints its rows."""
    places = {"this": str(COLLECTIONS), **{folder: folder for folder in options.also}}
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        sshd = None
        if options.connection == "ssh":
            sshd = PrivateSshd(install(ROOT / ".build" / "sshd"), Path(name, "ssh"))
            stack.callback(sshd.close)
        fleet = Fleet(Path(name), options.hosts, guests, options.forks, options.core, sshd)
        fleet.prepare()
        memory, slowest = {}, {}
        for label, collections in places.items():
            memory[label], file = Memory(), Path(name, f"tasks{len(memory)}")
            fleet.unchanged(
                collections, memory[label], XENFLEET_TASK_SECONDS=str(file), ANSIBLE_CALLBACKS_ENABLED="task_seconds",
                ANSIBLE_CALLBACK_PLUGINS=str(Path(__file__).parent / "callback_plugins"))
            slowest[label] = tasks(file)
        pings: list[Times] = []
        deploys: dict[str, list[Times]] = {label: [] for label in places}
        for _repetition in range(options.repetitions):
            pings.append(fleet.ping())
            for label, collections in places.items():
                deploys[label].append(fleet.unchanged(collections))
    for label in places:
        for kind in ("clock", "processors"):
            print(f"{guests:>6}{row(pings, deploys[label], kind)}  {label}")
        print(f"       memory: {memory[label].one:.0f} MiB in one process, {memory[label].all:.0f} MiB in all")
        total = sum(slowest[label].values())
        for task, seconds in sorted(slowest[label].items(), key=lambda item: -item[1])[:SLOWEST]:
            print(f"{seconds:14.1f} s {seconds / total:5.0%}  {task}")
    sys.stdout.flush()


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="deploy.yml without a change against ping")
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--guests", type=int, nargs="+", default=[1, 10, 100, 1000], help="a host; rows for each number")
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--connection", choices=["local", "ssh"], default="local")
    parser.add_argument("--core", type=Path, default=CORES[CORE], help="the environment of the ansible-core to be measured")
    parser.add_argument("--also", nargs="+", default=[], metavar="FOLDER", help="collections of another checkout")
    options = parser.parse_args()
    options.core = options.core.resolve()
    version = subprocess.run([options.core / "bin" / "ansible", "--version"], capture_output=True, text=True, check=True)
    print(version.stdout.splitlines()[0])
    print(f"{options.hosts} hosts by {options.connection}, {options.forks} forks, {options.repetitions} repetitions, "
          f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.2f}")
    print(f"{'guests':>6}{'seconds of':>12}{'ping':>24}{'deploy.yml':>26}{'ratio':>8}")
    for guests in options.guests:
        measure(options, guests)
    print(f"load {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
