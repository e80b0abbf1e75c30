# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook validate judges the whole fleet, without so much as a connection to a host.

Every host has an address that nobody answers at, and a connection plugin that leaves a file behind when it is asked
for anything.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployment import CHECKOUT, CORES, environment

EXAMPLES = sorted((CHECKOUT / "examples" / "guests").glob("*.yml"))
MAC = "00:16:3e:00:00:01"
UUID = {"uuid": "01234567-89ab-cdef-0123-456789abcdef"}
DIRECT = {"method": "direct", "kernel": "/boot/vmlinuz"}
WATCHER = '''
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: watcher
short_description: leaves a file behind
description: leaves a file behind
options: {{}}
"""


class Connection(ConnectionBase):
    transport = "watcher"
    has_pipelining = False

    def _touched(self, *args, **kwargs):
        open({mark!r}, "w").close()
        raise RuntimeError("a host was touched")

    _connect = exec_command = put_file = fetch_file = _touched

    def close(self):
        pass
'''


@dataclass(frozen=True)
class Ran:
    """One run of a playbook: its exit status, what it printed, and the result of its one task."""

    status: int
    text: str
    result: dict[str, Any]

    def lines(self) -> list[str]:
        """Host, guest and key of each line of the message."""
        return [line.split(" = ")[0] for line in self.result["msg"].splitlines()]


class Site:
    """An inventory of hosts that nobody may touch. ``shared`` are variables of all of them."""

    def __init__(self, folder: Path, core: str, hosts: dict[str, dict[str, Any]], **shared: Any) -> None:
        self.folder = folder
        self.core = core
        self.mark = folder / "touched"
        plugins = folder / "plugins"
        for path in (folder / "home", folder / "tmp", plugins):
            path.mkdir(parents=True)
        (plugins / "watcher.py").write_text(WATCHER.format(mark=str(self.mark)))
        unreachable = {"ansible_host": "192.0.2.1", "ansible_connection": "watcher"}
        self.inventory = folder / "hosts.yml"
        group = {"hosts": {name: {**unreachable, **said} for name, said in hosts.items()}, "vars": shared}
        self.inventory.write_text(yaml.safe_dump({"xen_hosts": group}))

    def run(self, *options: str, playbook: str = "xenfleet.stubdom.validate") -> Ran:
        """The run of the playbook; no host has been touched by it."""
        home = str(self.folder / "home")
        env = environment(self.core) | {
            "HOME": home, "ANSIBLE_HOME": home, "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "tmp"), "ANSIBLE_CONNECTION_PLUGINS": str(self.folder / "plugins"),
        }
        command = [str(CORES[self.core] / "bin" / "ansible-playbook"), "-v", "-i", str(self.inventory), *options, playbook]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False,
                              stdin=subprocess.DEVNULL)
        assert not self.mark.exists(), done.stdout
        text = done.stdout + done.stderr
        return Ran(done.returncode, text, _result(done.stdout))


def _result(text: str) -> dict[str, Any]:
    """What the task answered, which -v shows as JSON behind an arrow; "ok" of a host that failed is another task's."""
    arrow = re.search(r"fatal: \[[^]]+\]: FAILED! => ", text) or re.search(r"ok: \[[^]]+\] => ", text)
    assert arrow, text[-3000:]
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text[arrow.end():])[0]
    return found


def pv(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "pv", "memory": 256, "boot": DIRECT, **changes}


def hvm(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "hvm", "memory": 256, **changes}


def test_the_watcher_watches(tmp_path: Path, core: str) -> None:
    site = Site(tmp_path, core, {"xen1": {}})
    (tmp_path / "ping.yml").write_text("[{hosts: all, gather_facts: false, tasks: [{ansible.builtin.ping: }]}]")
    with pytest.raises(AssertionError, match="a host was touched"):
        site.run(playbook="ping.yml")


FAULTS = {
    "xen1": {
        "stubdom_host": {"release": "4.20", "memory": 512, "dom0_memory": 256},
        "stubdom_guests": [
            pv("a", memory=1), pv("b", vifs=[{"mac": MAC}], settings=UUID), pv("web", disks=[{"target": "/a", "vdev": "xvda", "shared": True}]),
            hvm("win", device_model={"scheme": "generated"}),
        ],
    },
    "xen2": {
        "stubdom_host": {"release": 4.2},
        "stubdom_guests": [
            pv("a"), pv("c", vifs=[{"mac": MAC.upper()}], settings=UUID), pv("d", disks=[{"target": "//a", "vdev": "xvda", "shared": True}]),
        ],
    },
}
TOLD = [
    "host xen1: guest a: memory",
    "host xen1: guest win: device_model.scheme",
    "host xen1: stubdom_host.memory",
    "host xen2: stubdom_host.release",
    "host xen1: guest a: name",
    "host xen2: guest a: name",
    "host xen1: guest b: vifs[0].mac",
    "host xen2: guest c: vifs[0].mac",
    "host xen1: guest b: settings.uuid",
    "host xen2: guest c: settings.uuid",
    "host xen1: guest web: disks[0].target",
    "host xen2: guest d: disks[0].target",
]


@pytest.mark.parametrize("options", [[], ["--limit", "xen2"], ["--check"], ["--become"]], ids=" ".join)
def test_every_problem_of_the_fleet_is_told(tmp_path: Path, core: str, options: list[str]) -> None:
    ran = Site(tmp_path, core, FAULTS).run(*options)
    assert (ran.status, ran.lines()) == (2, TOLD)
    assert [found["text"] for found in ran.result["problems"]] == ran.result["msg"].splitlines()


def test_deploy_stops_there(tmp_path: Path, core: str) -> None:
    ran = Site(tmp_path, core, FAULTS).run(playbook="xenfleet.stubdom.deploy")
    assert (ran.status, ran.lines()) == (2, TOLD)
    assert "PLAY [Build" not in ran.text


def test_without_what_is_declared(tmp_path: Path, core: str) -> None:
    hosts = {name: {"stubdom_guests": said["stubdom_guests"]} for name, said in FAULTS.items()}
    ran = Site(tmp_path, core, hosts).run()
    assert ran.lines() == [line for line in TOLD if "stubdom_host" not in line and "device_model" not in line]


def test_a_fleet_in_order_and_a_host_without_guests(tmp_path: Path, core: str) -> None:
    hosts = {"xen1": {"stubdom_guests": [pv("a", boot={"method": "pvgrub2"})]}, "xen2": {}}
    ran = Site(tmp_path, core, hosts, stubdom_host={"release": "4.17"}).run()
    assert (ran.status, ran.result["guests"], ran.result["pvgrub2_archs"]) == (0, 1, ["x86_64"]), ran.text
    assert "[WARNING]" not in ran.text


def test_notes_are_warnings(tmp_path: Path, core: str) -> None:
    hosts = {"xen1": {"stubdom_guests": [hvm("a", settings={"serial": "pty"})],
                      "stubdom_host": {"release": "3.3", "toolstack": "xm"}}}
    ran = Site(tmp_path, core, hosts).run()
    assert ran.status == 0, ran.text
    assert "host xen1: guest a: serial is left out" in " ".join(ran.text.split())


@pytest.mark.parametrize("key", ["stubdom_guests", "stubdom_host"])
def test_a_variable_that_cannot_be_made_does_not_pass(tmp_path: Path, core: str, key: str) -> None:
    """It is not the same as none: the host's guests would go unchecked."""
    ran = Site(tmp_path, core, {"xen1": {key: "{{ nobody_said + [] }}"}, "xen2": {"stubdom_guests": []}}).run()
    assert ran.status == 2, ran.text
    assert "nobody_said" in ran.result["msg"]


def test_what_is_made_of_other_variables(tmp_path: Path, core: str) -> None:
    hosts = {"xen1": {"stubdom_guests": "{{ base + [{'name': 'b', 'state': 'absent'}] }}"}}
    ran = Site(tmp_path, core, hosts, base=[pv("a", memory="{{ size }}", boot={"method": "pvgrub2"})], size=256).run()
    assert (ran.status, ran.result["guests"]) == (0, 2), ran.text


def test_no_password_is_shown(tmp_path: Path, core: str) -> None:
    guests = [hvm("a", memory=1, display={"type": "vnc", "passwd": "hunter2", "password": "hunter2"})]
    ran = Site(tmp_path, core, {"xen1": {"stubdom_guests": guests}}).run("-vvv")
    assert ran.status == 2
    assert "hunter" not in ran.text


def test_the_examples(tmp_path: Path, core: str) -> None:
    assert len(EXAMPLES) >= 6
    hosts = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in EXAMPLES}
    ran = Site(tmp_path, core, hosts).run()
    assert ran.status == 0, ran.result.get("msg")
    assert ran.result["guests"] == sum(len(said["stubdom_guests"]) for said in hosts.values())


def test_many_faults_stay_readable(tmp_path: Path, core: str) -> None:
    hosts = {f"xen{number}": {"stubdom_guests": [pv(f"g{number}-{index}", vifs=[{"mac": MAC}]) for index in range(60)]}
             for number in range(5)}
    ran = Site(tmp_path, core, hosts).run()
    assert len(ran.result["problems"]) == 1
    assert "is used 300 times, by 300 guests on 5 hosts" in ran.result["msg"]
    assert len(ran.text) < 5000
