# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fleet, deployed in other ways and by deploy.yml: `tests/run --install`, then
`.venv/bin/python tests/bench/peers.py [--hosts N] [--guests N] [--repetitions N]`.

The ways are the playbooks of peer_playbooks: a loop of template and command over the guests, a file of tasks included for
each guest, and the module virt of community.libvirt in a loop. Each begins with hosts that have no guest, and makes three
runs: the first one, one that has nothing to do, and one after the memory of one guest of the fleet was changed, which
restarts that guest. After each run the domains are compared with the definitions, and the recap with what was to be done.

Each host is a fake of its own on this machine, by a local connection, so that what the hosts do is done by the
controller's processors, too. Each program of the fake Xen takes 0.03 to 0.06 s of a processor, where the real `xl list`
takes some milliseconds and the real `xl create` longer. libvirt is Debian's, with the test driver of its own: a daemon for
each host, whose domains cost nothing to start. It, its Python and community.libvirt are downloaded once, from Debian and
PyPI, and unpacked below .build/peers; where that fails, the table has the reason.

Prints tables for docs/performance.md: seconds of processors and by the clock, median (least to most), and the ratios of
the medians to ping and to deploy.yml. Seconds by the clock say something where nobody else works; those of processors are
of all processes that a run started, but for libvirt's daemons. Nothing passes or fails by the figures.
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
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "playbooks"), str(ROOT / "tests" / "fake_xen")]

from libvirt_daemon import Libvirt, LibvirtMissing, install

from deployment import CORES, Site
from runner.places import COLLECTIONS, environment

CORE = "2.19"
PLAYBOOKS = Path(__file__).parent / "peer_playbooks"
OURS = "deploy.yml"
WAYS = {
    "loop": "template and command in loops",
    "include": "tasks included for each guest",
    "libvirt": "community.libvirt.virt in loops",
    OURS: "`deploy.yml` of this collection",
}
RUNS = ("first deploy", "nothing to do", "one guest changed")
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
MEMORY, CHANGED = 128, 136  # MiB


@dataclass(frozen=True)
class Times:
    """Seconds of one run; see the top of the file."""

    processors: float
    clock: float


class Fleet:
    """Hosts without guests, and what is run over them."""

    def __init__(self, folder: Path, options: argparse.Namespace, libvirt: Libvirt | None = None) -> None:
        self.folder, self.forks, self.libvirt = folder, options.forks, libvirt
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True)
        self.sites = {f"host{number}": Site(folder / f"host{number}", CORE, options.guests, 1, f"guest{number}-")
                      for number in range(options.hosts)}
        self.definitions: dict[str, list[dict[str, Any]]] = {}
        for name, site in self.sites.items():
            site.fake_xen.set_behaviour("*", polls=0)
            if libvirt:
                libvirt.start(name)
            # Without links of /etc/xen/auto, which the other ways do not make.
            self.definitions[name] = [{**guest, "autostart": False, "restart": "on_change"} for guest in
                                      _variables(site)["stubdom_guests"]]
        self.inventory = folder / "hosts.json"

    def ping(self) -> Times:
        """Ansible's own, of all hosts."""
        self._write_inventory()
        times, text = self._run("ansible", "xen_hosts", "-m", "ansible.builtin.ping")
        if text.count("SUCCESS") != len(self.sites):
            sys.exit(f"ping: {text[-3000:]}")
        return times

    def deploy(self, way: str, changed: set[str]) -> Times:
        """Run the playbook of a way; it has to change these hosts, and no others."""
        self._write_inventory()
        playbook = "xenfleet.stubdom.deploy" if way == OURS else str(PLAYBOOKS / f"{way}.yml")
        times, text = self._run("ansible-playbook", "-e", '{"stubdom_serial": "100%"}', playbook)
        found = {host: tuple(int(word) for word in words) for host, *words in RECAP.findall(text)}
        done = {host for host, words in found.items() if words[0]}
        if set(found) != set(self.sites) or done != changed or any(words[1:] != (0, 0) for words in found.values()):
            sys.exit(f"{way}: changed {sorted(done)}, not {sorted(changed)}: {text[-3000:]}")
        for host, guests in self.definitions.items():
            wanted = {guest["name"]: guest["memory"] for guest in guests}
            if self._domains(host) != wanted:
                sys.exit(f"{way}: {host} has {self._domains(host)}, not {wanted}")
        return times

    def change_one(self) -> str:
        """Change the definition of one guest; return its host."""
        host = next(iter(self.sites))
        self.definitions[host][0]["memory"] = CHANGED
        return host

    def _domains(self, host: str) -> dict[str, int]:
        """Return the memory of the guests that run on a host, in MiB."""
        if self.libvirt:
            return self.libvirt.domains(host)
        domains = self.sites[host].fake_xen.domains()
        return {name: domain["memory"] for name, domain in domains.items() if domain["domid"]}

    def _write_inventory(self) -> None:
        hosts = {}
        for name, site in self.sites.items():
            first = self.libvirt.exports() if self.libvirt else ""
            more = {"libvirt_uri": self.libvirt.uri(name)} if self.libvirt else {}
            hosts[name] = {**_variables(site), "stubdom_guests": self.definitions[name], **more,
                           "ansible_python_interpreter": site.fake_xen.interpreter(site.folder / "python", first)}
        self.inventory.write_text(json.dumps({"xen_hosts": {"hosts": hosts}}))

    def _run(self, program: str, *words: str) -> tuple[Times, str]:
        """Run a program; return what it printed, too."""
        places = [str(COLLECTIONS), *([str(self.libvirt.collections)] if self.libvirt else [])]
        env = environment(CORE) | {
            "ANSIBLE_COLLECTIONS_PATH": ":".join(places), "HOME": str(self.folder / "home"),
            "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp")}
        command = [str(CORES[CORE] / "bin" / program), "-i", str(self.inventory), "-f", str(self.forks), *words]
        output = self.folder / "out"
        begin = time.perf_counter()
        with output.open("w") as stream:
            process = subprocess.Popen(command, env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=stream,
                                       stderr=subprocess.STDOUT)
        _ended, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        text = output.read_text()
        if process.returncode != 0:
            sys.exit(f"{command} ended with {process.returncode}: {text[-3000:]}")
        return Times(used.ru_utime + used.ru_stime, time.perf_counter() - begin), text


def _variables(site: Site) -> dict[str, Any]:
    """Return those of the host that a site makes."""
    found: dict[str, Any] = json.loads(site.inventory.read_text())["xen_hosts"]["hosts"]["host1"]
    return found


def three_runs(way: str, options: argparse.Namespace, libvirt: Libvirt | None) -> tuple[Times, list[Times]]:
    """Return the times of ping and of each run of a way, on hosts of their own."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as daemons:
        if libvirt:
            daemons.callback(libvirt.stop)
        fleet = Fleet(Path(name) / "fleet", options, libvirt)
        ping = fleet.ping()
        first, second = fleet.deploy(way, set(fleet.sites)), fleet.deploy(way, set())
        return ping, [first, second, fleet.deploy(way, {fleet.change_one()})]


def shown(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})"


def table(pings: list[Times], taken: dict[str, list[list[Times]]], missing: dict[str, str], kind: str) -> str:
    """Return the table of one kind of seconds, in Markdown."""
    def seconds(found: list[Times]) -> list[float]:
        return [getattr(times, kind) for times in found]

    ping = statistics.median(seconds(pings))
    lines = [f"| {kind}: seconds; pings; ÷ `deploy.yml` | {' | '.join(RUNS)} |", "|---" * (len(RUNS) + 1) + "|"]
    for way, title in WAYS.items():
        if way in missing:
            lines.append(f"| {title} | not measured: {missing[way]} |{' |' * (len(RUNS) - 1)}")
        if way not in taken:
            continue
        cells = []
        for run in range(len(RUNS)):
            columns = {name: seconds([runs[run] for runs in found]) for name, found in taken.items()}
            middle = statistics.median(columns[way])
            ours = f"; {middle / statistics.median(columns[OURS]):.1f}" if OURS in columns else ""
            cells.append(f"{shown(columns[way])}; {middle / ping:.1f}{ours}")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"ping: {shown(seconds(pings))}", ""])


def measure(options: argparse.Namespace) -> None:
    """Each way once in a repetition; print the tables."""
    missing, parts = {}, None
    if "libvirt" in options.ways:
        try:
            parts = install(ROOT / ".build" / "peers")
        except LibvirtMissing as error:
            missing["libvirt"] = str(error)
    pings: list[Times] = []
    taken: dict[str, list[list[Times]]] = {way: [] for way in options.ways if way not in missing}
    for number in range(options.repetitions):
        for way, found in taken.items():
            ping, runs = three_runs(way, options, Libvirt(parts) if way == "libvirt" and parts else None)
            pings.append(ping)
            found.append(runs)
            print(f"{number + 1}/{options.repetitions} {way}: {[round(times.processors, 1) for times in runs]}", file=sys.stderr)
    for kind in ("processors", "clock"):
        print(table(pings, taken, missing, kind))


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description="one fleet in several ways")
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--guests", type=int, default=50, help="of each host")
    parser.add_argument("--forks", type=int, default=10)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    options = parser.parse_args()
    begin = os.getloadavg()[0]
    measure(options)
    print(f"{time.strftime('%Y-%m-%d')}: {options.hosts} hosts with {options.guests} guests each, {options.forks} forks, "
          f"median of {options.repetitions} (least to most), {os.cpu_count()} processors, load {begin:.2f} at the start, "
          f"{os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
