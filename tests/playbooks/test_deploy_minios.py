# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook deploy brings mini-OS stub domains to a host of Xen 3.4, and leaves one of 4.17 in the same fleet alone.

A small source tree is built by the real make. Both hosts are folders of this machine with the fake Xen toolstacks: the
collection runs as a copy in which / of a host is its folder, and systemctl only notes what it is told. Nothing of the
service is started; tests/unit/roles/test_fs_backend.py runs its scripts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api import FakeXen
from deployment import CHECKOUT, CORE, CORES, environment

sys.path.insert(0, str(CHECKOUT / "tests" / "unit"))

from xen_tree import XenTree

BOOT, BIN, SERVICE = "usr/lib/xen/boot", "usr/lib/xen/bin", "xenfleet-fs-backend"
# As Xen wrote it from 3.4.0-rc3 on.
STUBDOM_DM = '#!/bin/sh\ncreation="xm create -c /etc/xen/stubdoms/$domname-dm target=$domid memory=32"\n'
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=(\d+)\s+.*rescued=(\d+)", re.MULTILINE)

# What makes a folder of each host's root: the modules' defaults, what the role copies to, and who owns that.
FOLDER = '__import__("os").environ.get("XENFLEET_TEST_ROOT", "/nonexistent")'
REDIRECTED = {
    "plugins/module_utils/*/*.py": ('Path("/")', f"Path({FOLDER})"),
    "plugins/module_utils/fs_backend/policy.py": ('"dest": dest', f'"dest": {FOLDER} + dest'),
    "plugins/modules/host_info.py": ('Path("/")', f"Path({FOLDER})"),
    "plugins/modules/exports.py": ('"default": exports.ROOT', f'"default": {FOLDER} + exports.ROOT'),
    "roles/fs_backend/tasks/service.yml": ("    owner: root\n    group: root\n", ""),
}
SYSTEMCTL = """#!/bin/sh
state=$XENFLEET_TEST_ROOT/systemctl
unit=$XENFLEET_TEST_ROOT/etc/systemd/system/NAME.service
case $1 in
    show) [ -e "$unit" ] && echo LoadState=loaded || echo LoadState=not-found
        [ -e "$state.start" ] && echo ActiveState=active || echo ActiveState=inactive ;;
    is-enabled) [ -e "$state.enable" ] && echo enabled || { echo disabled; exit 1; } ;;
    *) echo "$*" >> "$state.$1" ;;
esac
""".replace("NAME", SERVICE)


class Host:
    """One of the fleet: a root, a fake, and Ansible's variables of it."""

    def __init__(self, folder: Path, toolstack: str) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.fake_xen = FakeXen(folder / "fake_xen", [toolstack])
        for name in ("root/proc", "root/run/systemd/system", "root/etc/systemd/system", "xen", "tmp", "bin"):
            (folder / name).mkdir(parents=True)
        program(folder / "bin" / "systemctl", SYSTEMCTL)

    def variables(self, **changes: Any) -> dict[str, Any]:
        paths = {"images_store": "store", "images_config_dir": "xen", "preflight_store": "store", "guests_store": "store",
                 "guests_config_dir": "xen", "guests_autostart_dir": "xen/auto", "guests_records": "records",
                 "fs_backend_store": "store", "ansible_remote_tmp": "tmp", "ansible_python_interpreter": "bin/python"}
        own = f"export XENFLEET_TEST_ROOT='{self.root}' PATH='{self.folder}/bin':\"$PATH\""
        self.fake_xen.interpreter(self.folder / "bin" / "python", own)
        return {**{name: str(self.folder / path) for name, path in paths.items()}, **changes}

    def files(self) -> list[str]:
        """What is in the root, but for what it was made with."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir())

    def disk(self) -> dict[str, Any]:
        (self.folder / "disk.img").write_bytes(b"")
        return {"target": str(self.folder / "disk.img"), "vdev": "hda"}


class Fleet:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = XenTree(folder / "src", "3.4", apart=False)
        self.tree.write("stubdom/stubdom-dm", STUBDOM_DM, program=True)
        self.collections = redirected(folder / "collections")
        (folder / "home").mkdir()
        self.old, self.new = Host(folder / "old", "xm"), Host(folder / "new", "xl")
        self.old.fake_xen.setup_xm((3, 4), free_memory=4096)
        self.old.fake_xen.set_option(root=str(self.old.root), config_dir=str(self.old.folder / "xen"))
        self.new.fake_xen.setup(free_memory=4096)
        (self.old.root / BOOT).mkdir(parents=True)
        (self.old.root / BOOT / "hvmloader").write_bytes(b"with the BIOS that was Written by Kevin Lawton & the Bochs team")
        (self.old.root / BIN).mkdir()
        program(self.old.root / BIN / "qemu-dm", "#!/bin/sh\n")
        (folder / "vmlinuz").write_bytes(b"kernel")
        self.source = {"tree": str(self.tree.root), "mirror": str(self.tree.mirror), "checksums": self.tree.checksums}
        self.guests = {
            "old": [
                {"name": "win1", "type": "hvm", "memory": 128, "disks": [self.old.disk()]},
                {"name": "web1", "type": "pv", "memory": 128, "boot": {"method": "pvgrub", "dhcp": True}},
            ],
            "new": [{"name": "db1", "type": "pv", "memory": 128, "disks": [{**self.new.disk(), "vdev": "xvda"}],
                     "boot": {"method": "direct", "kernel": str(folder / "vmlinuz")}}],
        }

    def write_inventory(self, **changes: Any) -> Path:
        hosts = {
            "old": self.old.variables(stubdom_host={"release": "3.4", "toolstack": "xm"}, stubdom_guests=self.guests["old"]),
            "new": self.new.variables(stubdom_host={"release": "4.17"}, stubdom_guests=self.guests["new"]),
        }
        built = {f"{role}_dest": str(self.folder / "build")
                 for role in ("build_pvgrub", "build_linux_stubdom", "build_minios_stubdom")}
        shared = {**built, "stubdom_image_cache": str(self.folder / "cache"), "ansible_connection": "local",
                  "ansible_become": False, "stubdom_console_log": False, "build_minios_stubdom_progress": 1,
                  "stubdom_xen_sources": {"3.4": self.source}, **changes}
        # The build host. Ansible asks the system for the home of its user, whatever the environment says.
        local = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3",
                 "ansible_async_dir": str(self.folder / "async"), "ansible_remote_tmp": str(self.folder / "home")}
        inventory = self.folder / "hosts.json"
        inventory.write_text(json.dumps({"xen_hosts": {"hosts": hosts, "vars": shared},
                                         "all": {"hosts": {"localhost": local}}}))
        return inventory

    def deploy(self, *options: str, playbook: str = "deploy", **changes: Any) -> tuple[dict[str, tuple[int, int, int]], str]:
        """Run the playbook. Of each host how many tasks have changed something, failed and been rescued; and what was seen."""
        for host in (self.old, self.new):
            host.fake_xen.set_behaviour("*", polls=0)
            host.fake_xen.forget_calls()
        env = environment(CORE)
        env["PATH"] = f"{self.tree.bin}:{env['PATH']}"
        env |= {"HOME": str(self.folder / "home"), "ANSIBLE_HOME": str(self.folder / "home"),
                "ANSIBLE_LOCAL_TEMP": str(self.folder / "home" / "tmp"), "ANSIBLE_COLLECTIONS_PATH": str(self.collections)}
        inventory = self.write_inventory(**changes)
        command = [str(CORES[CORE] / "bin" / "ansible-playbook"), "-i", str(inventory), *options, f"xenfleet.stubdom.{playbook}"]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=900, check=False,
                              stdin=subprocess.DEVNULL)
        text = done.stdout + done.stderr
        found = {name: tuple(map(int, numbers)) for name, *numbers in RECAP.findall(done.stdout)}
        assert found, text[-4000:]
        return found, text  # type: ignore[return-value]


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def redirected(folder: Path) -> Path:
    """A copy of the collection in which a host's root is a folder."""
    copy = folder / "ansible_collections" / "xenfleet" / "stubdom"
    for name in ("meta", "playbooks", "plugins", "roles"):
        shutil.copytree(CHECKOUT / name, copy / name)
    shutil.copy(CHECKOUT / "galaxy.yml", copy)
    for pattern, (old, new) in REDIRECTED.items():
        changed = [path for path in sorted(copy.glob(pattern)) if old in path.read_text()]
        assert changed, pattern
        for path in changed:
            path.write_text(path.read_text().replace(old, new))
    left = [path for path in sorted(copy.glob("plugins/**/*.py")) if 'Path("/")' in path.read_text()]
    assert left == []
    return folder


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_a_host_of_3_4_beside_one_of_4_17(fleet: Fleet) -> None:
    old, new = fleet.old, fleet.new
    there = old.files()
    found, said = fleet.deploy("--check", "--diff")
    assert {name: numbers[1:] for name, numbers in found.items()} == {"old": (0, 0), "new": (0, 0)}, said[-6000:]
    assert (old.files(), new.files()) == (there, [])
    assert (old.fake_xen.mutating_calls(), new.fake_xen.mutating_calls()) == ([], [])
    assert not (old.folder / "store").exists()
    assert list((old.folder / "xen").iterdir()) == []

    found, said = fleet.deploy()
    assert {name: numbers[1:] for name, numbers in found.items()} == {"old": (0, 0), "new": (0, 0)}, said[-6000:]
    script = old.root / BIN / "stubdom-dm"
    assert (script.read_text(), os.access(script, os.X_OK)) == (STUBDOM_DM, True)
    image = old.root / BOOT / "ioemu-stubdom.gz"
    stored = old.folder / "store" / "ioemu-stubdom" / "current" / "ioemu-stubdom.gz"
    assert (image.read_bytes(), image.stat().st_mode & 0o777) == (stored.read_bytes(), 0o644)
    assert os.access(old.root / "usr/local/lib/xenfleet/fs-backend", os.X_OK)
    assert os.readlink(old.root / "exports/var/lib/xen") == "/var/lib/xen"
    assert os.readlink(old.root / "exports/usr/share/xen/qemu/keymaps") == "/usr/share/xen/qemu/keymaps"
    assert (old.root / "systemctl.start").read_text() == f"start {SERVICE}\n"
    assert (old.root / "systemctl.enable").read_text() == f"enable {SERVICE}\n"
    assert sorted(old.fake_xen.domains()) == ["Domain-0", "web1", "win1", "win1-dm"]
    assert old.fake_xen.domains()["web1"]["kernel"].startswith(str(old.folder / "store" / "pv-grub-x86_64.gz"))
    assert re.search(r"old +win1 +running +firmware +win1-dm ", said), said[-6000:]
    assert re.search(r"old +web1 +running +pvgrub ", said), said[-6000:]
    assert (sorted(new.fake_xen.domains()), new.files()) == (["Domain-0", "db1"], [])
    assert not (new.folder / "store").exists()

    fleet.tree.calls()
    found, said = fleet.deploy()
    assert found == {"old": (0, 0, 0), "new": (0, 0, 0)}, said[-6000:]
    assert (old.fake_xen.mutating_calls(), new.fake_xen.mutating_calls(), fleet.tree.calls()) == ([], [], [])
    # Also by a run that writes no file: one before it may have been killed between the two.
    assert (old.root / "systemctl.daemon-reload").read_text() == "daemon-reload\n" * 2


def test_images_of_the_host_itself(fleet: Fleet) -> None:
    """No source is named: what Xen's own build has installed is used; without it, the host says what to name."""
    old = fleet.old
    found, said = fleet.deploy(stubdom_xen_sources={})
    assert found["old"][1:] == (1, 1)
    assert "the store has no image fs-backend, and the host has no /usr/sbin/fs-backend. Remedy: declare the host's" in said
    for path in (f"{BOOT}/ioemu-stubdom.gz", f"{BOOT}/pv-grub-x86_64.gz", f"{BIN}/stubdom-dm", "usr/sbin/fs-backend"):
        (old.root / path).parent.mkdir(parents=True, exist_ok=True)
        program(old.root / path, STUBDOM_DM)
    found, said = fleet.deploy(stubdom_xen_sources={})
    assert found["old"][1:] == (0, 0), said[-6000:]
    assert sorted(old.fake_xen.domains()) == ["Domain-0", "web1", "win1", "win1-dm"]
    assert not (old.folder / "store" / "ioemu-stubdom").exists()
    assert (old.root / "usr/local/lib/xenfleet/fs-backend").read_text() == STUBDOM_DM
