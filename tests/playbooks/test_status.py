# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook status tells of every host, whatever became of it, and changes nothing.

Each host is a fake toolstack in a folder of its own; a shell in front of everything that Ansible runs there says
which. One host is at an address that nobody answers at, one runs no Xen.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api import FakeXen
from deployment import CORE, CORES, environment

GRUB = "pvgrub2-x86_64"
RECAP = re.compile(r"^(xen\d)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
# With -vvv each start of a module is shown so.
EXECUTION = re.compile(r"^Using module file .*/(\w+)\.py$", re.MULTILINE)
EVIL = "</script><b>{{7*7}}"


@dataclass(frozen=True)
class Ran:
    """One run: its exit status, what each host's tasks changed, the collection's modules that ran, what was said."""

    status: int
    changed: dict[str, int]
    modules: list[str]
    text: str


class Site:
    """Hosts of which ``xen1`` and so on are fakes, each with what its guests need."""

    def __init__(self, folder: Path, core: str) -> None:
        self.folder = folder
        self.core = core
        self.hosts: dict[str, dict[str, Any]] = {}
        for name in ("tmp", "home"):
            (folder / name).mkdir(parents=True)
        (folder / "vmlinuz").write_bytes(b"kernel")

    def add(self, name: str, *guests: dict[str, Any], **more: Any) -> FakeXen:
        """A host that runs Xen."""
        place = self.folder / name
        fake_xen = FakeXen(place / "host")
        fake_xen.setup(free_memory=100_000, total_memory=110_000)
        fake_xen.set_behaviour("*", polls=0)
        paths = {"guests_config_dir": "xen", "guests_autostart_dir": "xen/auto", "guests_store": "store",
                 "guests_records": "records"}
        for path in paths.values():
            (place / path).mkdir(parents=True, exist_ok=True)
        self.hosts[name] = {
            **{key: str(place / path) for key, path in paths.items()},
            "stubdom_guests": list(guests), "stubdom_console_log": False, "ansible_connection": "local",
            "ansible_python_interpreter": fake_xen.interpreter(place / "python"), **more,
        }
        return fake_xen

    def guest(self, name: str, **more: Any) -> dict[str, Any]:
        disk = self.folder / f"{name}.img"
        disk.write_bytes(b"")
        boot = {"method": "direct", "kernel": str(self.folder / "vmlinuz")}
        disks = [{"target": str(disk), "vdev": "xvda"}]
        return {"name": name, "type": "pv", "memory": 128, "boot": boot, "disks": disks, **more}

    def image(self, host: str, content: bytes) -> Path:
        """Install a version of PV-GRUB2; it becomes the current one."""
        sha256 = hashlib.sha256(content).hexdigest()
        folder = self.folder / host / "store" / GRUB
        file = folder / sha256[:16] / f"{GRUB}.bin"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        said = {"name": GRUB, "files": [{"file": file.name, "sha256": sha256}]}
        (file.parent / "manifest.json").write_text(json.dumps(said))
        (folder / "current").unlink(missing_ok=True)
        (folder / "current").symlink_to(sha256[:16])
        return file

    def play(self, playbook: str, *options: str) -> Ran:
        env = environment(self.core)
        home = str(self.folder / "home")
        env |= {"HOME": home, "ANSIBLE_HOME": home, "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp")}
        inventory = self.folder / "hosts.json"
        shared = {"ansible_become": False, "ansible_remote_tmp": str(self.folder / "tmp")}
        inventory.write_text(json.dumps({"xen_hosts": {"hosts": self.hosts, "vars": shared}}))
        command = [str(CORES[self.core] / "bin" / "ansible-playbook"), "-vvv", "-i", str(inventory), *options, playbook]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=600,
                              check=False, stdin=subprocess.DEVNULL)
        recap = {found[1]: int(found[3]) for found in RECAP.finditer(done.stdout)}
        return Ran(done.returncode, recap, EXECUTION.findall(done.stdout), done.stdout + done.stderr)

    def status(self, *options: str) -> Ran:
        return self.play("xenfleet.stubdom.status", "-e", f"stubdom_status_json={self.folder}/out/fleet.json",
                         "-e", f"stubdom_status_html={self.folder}/out/fleet.html", *options)

    def launch(self) -> None:
        """Write the files and start the guests, as deploy does."""
        play = [{"hosts": "xen_hosts", "gather_facts": False, "tasks": [{
            "ansible.builtin.include_role": {"name": "xenfleet.stubdom.guests"},
            "vars": {"guests_list": "{{ stubdom_guests }}", "guests_console": False}}]}]
        (self.folder / "launch.yml").write_text(json.dumps(play))
        ran = self.play("launch.yml")
        assert ran.status == 0, ran.text[-4000:]

    def model(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "out" / "fleet.json").read_text())
        return found


def test_every_host_is_told_of(tmp_path: Path, core: str) -> None:
    site = Site(tmp_path, core)
    loader = {"method": "pvgrub2"}
    first = site.add("xen1", site.guest("old1", boot=loader), site.guest("web1"), site.guest("db1"),
                     site.guest("batch1", state="stopped"))
    site.image("xen1", b"first")
    second = site.add("xen2", site.guest("dns1", restart="on_change"), site.guest("gone", state="absent"))
    site.launch()
    # Since then: an image was installed, definitions changed, somebody started and stopped domains.
    newest = site.image("xen1", b"second")
    site.hosts["xen1"]["stubdom_guests"][1]["memory"] = 256
    first.add_domain(EVIL)
    first.remove_domain("db1")
    site.hosts["xen2"]["stubdom_guests"][0]["vcpus"] = 2
    site.hosts["xen2"]["stubdom_guests"].append({"name": "nonsense", "type": "pv"})
    site.hosts["xen3"] = {"ansible_host": "127.0.0.1", "ansible_port": 1, "stubdom_guests": [site.guest("far1")]}
    site.add("xen4", site.guest("lost1")).not_xen()
    site.hosts["xen5"] = {**site.hosts["xen2"], "stubdom_guests": "{{ nobody_said + [] }}"}
    for fake_xen in (first, second):
        fake_xen.forget_calls()
    before = {path: path.stat().st_mtime_ns for name in ("xen1", "xen2") for path in (tmp_path / name).rglob("*")
              if "host" not in path.relative_to(tmp_path / name).parts}

    ran = site.status()
    assert ran.status == 0, ran.text[-4000:]
    # The files on the controller are made by the first host's task.
    assert ran.changed == {"xen1": 1, **dict.fromkeys(("xen2", "xen3", "xen4", "xen5"), 0)}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (first.mutating_calls(), second.mutating_calls()) == ([], [])

    found = site.model()
    assert {host["name"]: host["state"] for host in found["hosts"]} == {
        "xen1": "ok", "xen2": "ok", "xen3": "unreachable", "xen4": "failed", "xen5": "failed"}
    reasons = {host["name"]: host["reason"] for host in found["hosts"]}
    assert "Connection refused" in reasons["xen3"]
    assert "Xen" in reasons["xen4"]
    assert "nobody_said" in reasons["xen5"]
    assert [domain["name"] for domain in found["hosts"][0]["foreign"]] == [EVIL]
    rows = {row["name"]: row for row in found["guests"]}
    assert list(rows) == ["old1", "web1", "db1", "batch1", "dns1", "nonsense", "far1", "lost1"]
    assert {name: (row["state"], *row["definition"].values()) for name, row in rows.items()} == {
        "old1": ("running", "differs", "differs", "differs"),  # its file names the older image's path
        "web1": ("running", "differs", "differs", "differs"),
        "db1": ("off", "same", "same", "none"),
        "batch1": ("off", "same", "same", "none"),
        "dns1": ("running", "differs", "differs", "differs"),  # would be restarted, and was not
        "nonsense": ("off", "unknown", "unknown", "none"),
        "far1": ("unknown", "unknown", "unknown", "unknown"),
        "lost1": ("unknown", "unknown", "unknown", "unknown"),
    }
    image = rows["old1"]["image"]
    assert (image["stale"], image["started_from"][0]["sha256"], image["installed"][0]["sha256"]) == (
        True, hashlib.sha256(b"first").hexdigest(), hashlib.sha256(newest.read_bytes()).hexdigest())
    assert [bool(row["problems"]) for row in rows.values()] == [False, False, True, False, False, True, False, False]
    assert found["summary"] == {
        "hosts": 5, "hosts_not_seen": 3, "guests": 8, "running": 3, "in_stub_domains": 0, "in_dom0": 0, "stale": 1,
        "pending": 3, "unknown": 3, "foreign": 1, "problems": 3 + sum(len(row["problems"]) for row in rows.values())}

    row = r"^xen1 +old1 +pv +running +pvgrub2-x86_64 \w{8} \(stale\) +file differs, restart needed"
    assert re.search(row, ran.text, re.MULTILINE)
    assert re.search(r"^xen3 +- +- +unreachable", ran.text, re.MULTILINE)
    page = (tmp_path / "out" / "fleet.html").read_text()
    assert EVIL not in page
    assert "&lt;/script&gt;&lt;b&gt;{{7*7}}" in page

    again = site.status()
    assert (again.status, set(again.changed.values())) == (0, {0}), again.text[-4000:]
    assert again.text.count(": unchanged") == 2


def test_check_mode_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path, CORE)
    site.add("xen1", site.guest("web1"))
    site.launch()
    ran = site.status("--check")
    assert ran.status == 0, ran.text[-4000:]
    assert re.search(r"^xen1 +web1 +pv +running +- +same +kernel", ran.text, re.MULTILINE), ran.text[-3000:]
    assert ran.text.count("fleet.json: not written, as this is check mode") == 1
    assert not (tmp_path / "out").exists()


def test_a_fleet_that_nobody_reaches(tmp_path: Path) -> None:
    """Also the host that the status itself is told on."""
    site = Site(tmp_path, CORE)
    site.hosts["xen1"] = {"ansible_host": "127.0.0.1", "ansible_port": 1}
    ran = site.status()
    assert ran.status == 0, ran.text[-4000:]
    assert site.model()["hosts"][0]["state"] == "unreachable"


def test_a_run_fails_because_of_what_it_is_told(tmp_path: Path) -> None:
    """After the table was printed and the files were written; also when a host is not reached."""
    site = Site(tmp_path, CORE)
    site.add("xen1", site.guest("web1"))
    site.hosts["xen2"] = {"ansible_host": "127.0.0.1", "ansible_port": 1}
    metrics = f"stubdom_status_textfile={tmp_path}/out/fleet.prom"
    ran = site.status("-e", metrics, "-e", "stubdom_status_fail_on=stale,not_seen")
    assert ran.status == 2, ran.text[-4000:]
    assert "the fleet has 1 host that was not seen. Remedy: " in ran.text
    assert re.search(r"^xen2 +- +- +unreachable", ran.text, re.MULTILINE)
    assert 'xenfleet_host_seen{host="xen2"} 0' in (tmp_path / "out" / "fleet.prom").read_text()
    assert site.model()["summary"]["hosts_not_seen"] == 1
    assert site.status("-e", metrics, "-e", "stubdom_status_fail_on=stale").status == 0


def test_a_module_that_crashes_is_reported_with_its_cause(tmp_path: Path) -> None:
    site = Site(tmp_path, CORE)
    site.add("xen1", site.guest("web1"))
    site.hosts["xen1"]["ansible_python_interpreter"] = broken_python(tmp_path, site.hosts["xen1"]["ansible_python_interpreter"])
    ran = site.status()
    (host,) = site.model()["hosts"]
    assert host["state"] == "failed"
    assert "RuntimeError: the cause" in host["reason"]
    assert "failed_when" not in host["reason"]
    assert ran.text.count("\n  xen1: failed: ") == 1


def broken_python(folder: Path, python: str) -> str:
    """Return an interpreter under which the module guest_config crashes."""
    broken = folder / "broken-python"
    broken.write_text(
        f"#!/bin/sh\ncase $* in *guest_config*)\n  exec {python} -c 'raise RuntimeError(\"the cause\")';;\nesac\n"
        f"exec {python} \"$@\"\n")
    broken.chmod(0o755)
    return str(broken)


def test_no_password_is_shown(tmp_path: Path) -> None:
    site = Site(tmp_path, CORE)
    screen = {"type": "vnc", "passwd": "hunter2hunter2"}
    site.add("xen1", {"name": "win1", "type": "hvm", "memory": 256, "display": screen,
                      "device_model": {"scheme": "dom0"}})
    ran = site.status("--diff")
    assert (ran.status, "hunter2" in ran.text) == (0, False)
    assert "hunter2" not in (tmp_path / "out" / "fleet.json").read_text()
    assert site.model()["guests"][0]["definition"]["file"] in ("missing", "unknown")


def test_module_runs_do_not_grow_with_the_guests(tmp_path: Path, core: str) -> None:
    ours = {"host_info", "guest_config", "guest_state", "guest_info"}
    runs = []
    for count in (1, 100):
        site = Site(tmp_path / str(count), core)
        # Many that run would only let the fake Xen take its time.
        guests = [site.guest(f"guest{number}", state="stopped" if number % 50 else "running") for number in range(count)]
        site.add("xen1", *guests)
        site.launch()
        ran = site.status()
        assert ran.status == 0, ran.text[-4000:]
        assert site.model()["summary"]["running"] == (count + 49) // 50
        assert site.model()["summary"]["problems"] == 0
        runs.append(sorted(name for name in ran.modules if name in ours))
    assert runs[0] == runs[1] == ["guest_config", "guest_info", "guest_state", "host_info"]
