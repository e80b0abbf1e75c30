# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of fake Xen hosts on this machine that share a folder with disks, and the playbooks that run on it.

Each host is a fake toolstack in a folder of its own; a shell in front of everything that Ansible runs there says which.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api import FakeXen
from deployment import CORES, environment, namesakes

# With -vvv each start of a module is shown so.
EXECUTION = re.compile(r"^Using module file .*/(\w+)\.py$", re.MULTILINE)
_RECAP = re.compile(r"^(xen\d)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
#: A host that nobody answers at.
DOWN = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
_PATHS = {
    "guests_config_dir": "xen", "guests_autostart_dir": "xen/auto", "guests_store": "store", "guests_records": "records",
    "guests_lock": "lock", "images_store": "store", "images_lock": "lock", "images_config_dir": "xen",
    "stubdom_image_cache": "cache", "preflight_store": "store", "fs_backend_store": "store", "fs_backend_lock": "lock",
    "fs_backend_program": "fs-backend", "ansible_remote_tmp": "tmp",
}


@dataclass(frozen=True)
class Ran:
    """One run: its exit status, what each host's tasks changed, the collection's modules that ran, what was printed."""

    status: int
    changed: dict[str, int]
    modules: list[str]
    text: str

    def line(self, host: str, guest: str) -> str:
        """Return the row of a guest in the last report that has it, with single blanks."""
        rows = re.findall(rf"^{host} +{guest} .*$", self.text, re.MULTILINE)
        return " ".join(rows[-1].split()) if rows else ""


class FleetSite:
    """Hosts ``xen1`` and so on, in ``hosts`` with their variables, and as fake Xens in ``xens``."""

    def __init__(self, folder: Path, core: str, count: int = 2) -> None:
        self.folder = folder
        self.core = core
        self.hosts: dict[str, dict[str, Any]] = {}
        self.xens: dict[str, FakeXen] = {}
        for name in ("home", "tmp", "san"):
            (folder / name).mkdir(parents=True)
        namesakes(folder)
        (folder / "vmlinuz").write_bytes(b"kernel")
        for number in range(1, count + 1):
            self.add(f"xen{number}")

    def add(self, name: str) -> None:
        """Add a host that runs Xen, without guests."""
        place = self.folder / name
        fake_xen = FakeXen(place / "host")
        fake_xen.setup(free_memory=100_000, total_memory=110_000)
        fake_xen.set_behaviour("*", polls=0)
        for path in ("xen/auto", "store", "records", "tmp"):
            (place / path).mkdir(parents=True, exist_ok=True)
        self.xens[name] = fake_xen
        self.hosts[name] = {
            **{key: str(place / path) for key, path in _PATHS.items()}, "stubdom_guests": [], "guests_stop_timeout": 2,
            "ansible_connection": "local", "ansible_python_interpreter": fake_xen.interpreter(place / "python"),
        }

    def disk(self, name: str) -> str:
        """Return the path of a disk that all hosts have."""
        path = self.folder / "san" / f"{name}.img"
        path.touch()
        return str(path)

    def guest(self, name: str, shared: bool = True, **more: Any) -> dict[str, Any]:
        """Return the definition of a guest that boots directly, from a disk that all hosts have."""
        boot = {"method": "direct", "kernel": str(self.folder / "vmlinuz")}
        disks = [{"target": self.disk(name), "vdev": "xvda", "shared": shared}]
        return {"name": name, "type": "pv", "memory": 128, "boot": boot, "disks": disks, "autostart": True, **more}

    def define(self, **guests: list[dict[str, Any]]) -> None:
        """Give the hosts these lists."""
        for host, own in guests.items():
            self.hosts[host]["stubdom_guests"] = own

    def move(self, name: str, old: str, new: str) -> None:
        """Change the definitions as docs/moving.md says."""
        own = self.hosts[old]["stubdom_guests"]
        self.hosts[new]["stubdom_guests"] += [guest for guest in own if guest["name"] == name]
        self.hosts[old]["stubdom_guests"] = [guest for guest in own if guest["name"] != name] + [
            {"name": name, "state": "absent"}]

    def running(self) -> dict[str, list[str]]:
        """Return the names of the domains of each host, without dom0."""
        return {host: sorted({*fake_xen.domains()} - {"Domain-0"}) for host, fake_xen in self.xens.items()}

    def files(self, host: str) -> list[str]:
        """Return the guests' files on a host, and the links, by what they lead to: ``auto/web1.cfg``."""
        place = self.folder / host / "xen"
        files = [path.name for path in place.iterdir() if path.is_file()]
        return sorted([*files, *(f"auto/{path.readlink().name}" for path in (place / "auto").iterdir())])

    def run(self, *options: str, playbook: str = "deploy", **variables: Any) -> Ran:
        """Run a playbook of the collection with these extra variables."""
        env = environment(self.core)
        home = str(self.folder / "home")
        env |= {"HOME": home, "ANSIBLE_HOME": home, "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp")}
        inventory = self.folder / "hosts.json"
        shared = {"ansible_become": False, "stubdom_console_log": False}
        inventory.write_text(json.dumps({"xen_hosts": {"hosts": self.hosts, "vars": shared}}))
        command = [str(CORES[self.core] / "bin" / "ansible-playbook"), "-vvv", "-i", str(inventory), *options,
                   "-e", json.dumps(variables), f"xenfleet.stubdom.{playbook}"]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=600,
                              check=False, stdin=subprocess.DEVNULL)
        recap = {found[1]: int(found[3]) for found in _RECAP.finditer(done.stdout)}
        return Ran(done.returncode, recap, EXECUTION.findall(done.stdout), done.stdout + done.stderr)
