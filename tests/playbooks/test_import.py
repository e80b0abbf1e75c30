# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""import.yml makes an inventory of guests that a host has by hand, and the deployment after it changes none of them."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from api import FakeXen
from deployment import CORE, Site

yaml = pytest.importorskip("yaml")


class ByHand(Site):
    """A host whose inventory names no guest, with files in its configuration folder that an operator wrote."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, CORE, 0)
        self.config = folder / "xen"
        (self.config / "auto").mkdir(exist_ok=True)
        self.kernel = folder / "vmlinuz"
        content = json.loads(self.inventory.read_text())
        variables = content["xen_hosts"]["hosts"]["host1"]
        del variables["stubdom_guests"]
        # The inventory's own folder: host_vars is beside it.
        (folder / "inventory").mkdir()
        self.inventory = folder / "inventory" / "hosts.json"
        self.inventory.write_text(json.dumps(content))
        self.fake_xen.set_behaviour("*", polls=0)

    @property
    def host_vars(self) -> Path:
        return self.folder / "inventory" / "host_vars" / "host1.yml"

    def write(self, name: str, text: str, disk: str = "") -> Path:
        if disk:
            (self.folder / disk).write_bytes(b"")
        path = self.config / name
        path.write_text(text.replace("KERNEL", str(self.kernel)).replace("FOLDER", str(self.folder)))
        return path

    def start(self, name: str) -> int:
        done = self.fake_xen.run("xl", "create", "-q", str(self.config / name))
        assert done.returncode == 0, done.stderr
        return int(self.fake_xen.domains()[name.split(".")[0]]["domid"])

    def imported(self, *options: str, returncode: int = 0) -> str:
        done = self.run(*options, playbook="import")
        assert done.returncode == returncode, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout

    def guests(self) -> dict[str, Any]:
        return {guest["name"]: guest for guest in load(self.host_vars.read_text())["stubdom_guests"]}


class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
    """Knows the tag by which Ansible leaves a text alone."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(text: str) -> Any:
    return yaml.load(text, Loader=Loader)


WEB = """\
# by hand
name = 'web1'
kernel = "KERNEL"
extra = "quiet"
root = "/dev/xvda ro"
memory = "128"
vif = [ 'ip=192.0.2.10 ,mac=0:16:3E:B8:1F:7C' ]
disk = [ 'file:FOLDER/web1.img,xvda,w' ]
on_reboot = 'restart'
on_crash = 'preserve'
"""
DB = """\
memory = 0x40
name = "db1"
type = "pv"
kernel = "KERNEL"
disk = [ "FOLDER/db1.img,raw,xvda,rw", ]
"""


def test_a_host_by_hand_becomes_an_inventory(tmp_path: Path) -> None:
    site = ByHand(tmp_path)
    site.write("web1.cfg", WEB, "web1.img")
    site.write("db1.cfg", DB, "db1.img")
    (site.config / "auto" / "db1.cfg").symlink_to(site.config / "db1.cfg")
    domid = site.start("web1.cfg")
    before = files(site.config)

    shown = site.imported("--check", "--diff")
    assert not site.host_vars.exists()
    assert "+  - name: web1" in shown
    assert "not written, as this is check mode" in shown
    text = site.imported()
    assert "1 host, 2 guests: 2 fully understood." in text
    assert stat.S_IMODE(site.host_vars.stat().st_mode) == 0o600
    guests = site.guests()
    assert guests["web1"] == {
        "name": "web1", "type": "pv", "memory": 128,
        "boot": {"method": "direct", "kernel": str(site.kernel), "cmdline": "root=/dev/xvda ro quiet", "expect": ""},
        "disks": [{"target": str(tmp_path / "web1.img"), "vdev": "xvda"}],
        "vifs": [{"ip": "192.0.2.10", "mac": "00:16:3e:b8:1f:7c"}],
        "settings": {"on_crash": "preserve"},
    }  # fmt: skip
    assert (guests["db1"]["state"], guests["db1"]["autostart"]) == ("defined", True)
    assert "changed=0" in site.imported().split("PLAY RECAP")[1]
    # Nothing was written or started on the host.
    assert files(site.config) == before
    assert [call for call in site.fake_xen.mutating_calls() if "-q" not in call] == []

    # The files mean the same as the definitions, and stay.
    site.fake_xen.forget_calls()
    ran = site.deploy("-e", "guests_adopt=true", "--check")
    assert ran.changed == 0
    assert site.fake_xen.mutating_calls() == []
    assert '"changes": []' in ran.text and not re.search(r'"changes": \[\s*\{', ran.text)
    # FILE and DOMAIN of the report.
    rows = dict(re.findall(r"(?m)^host1 +(\w+) +.* (\w+ +\w+) +dry run$", ran.text))
    assert {name: row.split() for name, row in rows.items()} == {"web1": ["unchanged", "unchanged"], "db1": ["unchanged", "unchanged"]}
    assert site.deploy("-e", "guests_adopt=true").changed == 0
    assert files(site.config) == before
    assert site.fake_xen.mutating_calls() == []
    assert site.fake_xen.domains()["web1"]["domid"] == domid
    assert "db1" not in site.fake_xen.domains()
    site.fake_xen.forget_calls()
    assert site.deploy().changed == 0, "the records of the adoption are enough"
    assert site.fake_xen.calls("create -n") == []
    status = site.run(playbook="status").stdout
    assert "it means the same and stays as it is" in status, status[-3000:]

    # The guests are managed now, and no definition is made of them again.
    again = site.imported()
    assert "1 host, 0 guests: 0 fully understood." in again
    assert "managed already: web1" in again
    assert "changed=0" in again.split("PLAY RECAP")[1]
    assert site.guests() == guests


def files(folder: Path) -> dict[str, tuple[int, str]]:
    return {str(path): (path.lstat().st_mtime_ns, path.read_text()) for path in folder.rglob("*") if path.is_file()}


def test_what_no_inventory_should_have(tmp_path: Path) -> None:
    """Hostile files, passwords, and what cannot be said: all of it is reported, nothing of it is used."""
    site = ByHand(tmp_path)
    site.write("fine.cfg", 'name = "fine"\nmemory = 64\nkernel = "KERNEL"\nextra = "{{ lookup(\'pipe\', \'id\') }}"\n')
    site.write("screen.cfg", 'name = "screen"\ntype = "hvm"\nmemory = 64\nvncpasswd = "sesame-open"\n')
    site.write("hello.cfg", 'name = "hello"\nmemory = 64\nkernel = "./hello"\nvfb = [ "vnc=1,vncpasswd=sesame-too" ]\n')
    site.write("broken.cfg", 'name = "broken\n')
    site.write("program", "import os\nos.system('touch FOLDER/executed')\nname = 'program'\n")
    (site.config / "binary.cfg").write_bytes(bytes(range(256)))
    (site.config / "huge.cfg").write_bytes(b"#" * (1 << 20) + b"#")
    os.mkfifo(site.config / "pipe.cfg")
    (site.config / "loop.cfg").symlink_to(site.config / "loop.cfg")
    (site.config / "null.cfg").symlink_to("/dev/null")
    site.write("evil.cfg", 'name = "a\\n  - name: evil"\nmemory = 64\nkernel = "KERNEL"\n')

    text = site.imported("--diff", "-vvv")
    assert "sesame" not in text
    assert "pipe.cfg: is a pipe" in text
    assert "hello.cfg:3: kernel: is not an absolute path on the host" in text
    assert not (tmp_path / "executed").exists()
    written = site.host_vars.read_text()
    assert "sesame-open" in written and "sesame-too" not in written
    assert "passwords in clear text" in written
    loaded = load(written)["stubdom_guests"]
    assert [guest["name"] for guest in loaded] == ["fine", "screen"]
    assert loaded[0]["boot"]["cmdline"] == "{{ lookup('pipe', 'id') }}"
    # Ansible does not evaluate it either. Without the files, which would stay, their texts are shown.
    for name in ("fine.cfg", "screen.cfg"):
        (site.config / name).unlink()
    ran = site.run("-e", "guests_adopt=true", "--check", "--diff")
    assert "extra = \"{{ lookup('pipe', 'id') }}\"" in ran.stdout, ran.stdout[-3000:]
    assert "sesame" not in ran.stdout


def test_what_an_operator_wrote_stays(tmp_path: Path) -> None:
    site = ByHand(tmp_path)
    site.write("db1.cfg", DB, "db1.img")
    site.host_vars.parent.mkdir()
    site.host_vars.write_text("stubdom_guests: []\n")
    site.imported()
    assert site.host_vars.read_text() == "stubdom_guests: []\n"
    proposal = site.host_vars.with_name("host1.import.yml")
    assert [guest["name"] for guest in load(proposal.read_text())["stubdom_guests"]] == ["db1"]
    assert "changed=0" in site.imported().split("PLAY RECAP")[1]


def test_the_guests_of_a_whole_fleet(tmp_path: Path) -> None:
    """A guest on two hosts is used on neither, and a host that cannot be read fails after the report."""
    site = ByHand(tmp_path)
    site.write("web1.cfg", WEB, "web1.img")
    site.write("db1.cfg", DB, "db1.img")
    content = json.loads(site.inventory.read_text())
    hosts = content["xen_hosts"]["hosts"]
    other = FakeXen(tmp_path / "other")
    other.setup()
    away = FakeXen(tmp_path / "away")
    away.setup()
    away.not_xen()
    for name, fake in (("host2", other), ("host3", away)):
        folder = tmp_path / f"xen-{name}"
        folder.mkdir()
        hosts[name] = {**hosts["host1"], "guests_config_dir": str(folder), "guests_autostart_dir": str(folder / "auto"),
                       "ansible_python_interpreter": fake.interpreter(tmp_path / f"python-{name}")}
    site.inventory.write_text(json.dumps(content))
    (tmp_path / "xen-host2" / "web1.cfg").write_text((site.config / "web1.cfg").read_text())
    target = tmp_path / "fleet"
    text = site.imported("-e", f"stubdom_import_dir={target}", returncode=2)
    assert "guest web1 is also on host2 (there, and does not run): decide which host it belongs to" in text
    assert "2 hosts, 3 guests: 1 fully understood." in text
    assert "host3: this host has xl but does not run Xen" in text
    assert [guest["name"] for guest in load((target / "host_vars" / "host1.yml").read_text())["stubdom_guests"]] == ["db1"]
    assert load((target / "host_vars" / "host2.yml").read_text())["stubdom_guests"] == []
    assert not (target / "host_vars" / "host3.yml").exists()


def test_a_host_with_xend(tmp_path: Path) -> None:
    """xm executes its files; the import reads those that are plain, and has xm compare what it reads."""
    site = ByHand(tmp_path)
    site.write("web1", WEB.replace("0:16:3E", "00:16:3E"), "web1.img")
    site.write("web1.cfg", "import os\nname = 'program'\n")
    host = FakeXen(tmp_path / "xend", toolstacks=("xm",))
    host.setup_xm((4, 1))
    content = json.loads(site.inventory.read_text())
    content["xen_hosts"]["hosts"]["host1"]["ansible_python_interpreter"] = host.interpreter(tmp_path / "python-xm")
    site.inventory.write_text(json.dumps(content))
    text = site.imported()
    assert "1 host, 1 guest: 1 fully understood." in text, text[-3000:]
    assert "web1.cfg: line 1: is not an assignment: xm executes it, but it cannot be compared" in text
    assert site.guests()["web1"]["state"] == "defined"
    assert [call[1] for call in host.calls()].count("create") == 2
    assert host.mutating_calls() == []
