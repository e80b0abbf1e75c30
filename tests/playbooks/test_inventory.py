# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin guests, as ansible-inventory runs it, on a fleet of fake hosts.

All hosts are this machine; each has an interpreter of its own, which leads its modules to its own fake.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from api import FakeXen
from deployment import CORE, CORES, environment

DEAD = '''
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: dead
short_description: a host that is down
description: a host that is down
options: {}
"""


class Connection(ConnectionBase):
    transport = "dead"
    has_pipelining = False

    def _fails(self, *args, **kwargs):
        raise AnsibleConnectionFailure("No route to host")

    _connect = exec_command = put_file = fetch_file = _fails

    def close(self):
        pass
'''
DIRECT = {"method": "direct", "kernel": "/boot/vmlinuz"}


def pv(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "pv", "memory": 128, "boot": DIRECT, **changes}


def hvm(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "hvm", "memory": 128, **changes}


class Fleet:
    """Xen hosts by name, and the one inventory that is asked for their guests."""

    def __init__(self, folder: Path, core: str) -> None:
        self.folder = folder
        self.core = core
        self.hosts: dict[str, dict[str, Any]] = {}
        for name in ("home", "tmp", "plugins"):
            (folder / name).mkdir()
        (folder / "plugins" / "dead.py").write_text(DEAD)
        self.configure()

    def configure(self, **keys: Any) -> None:
        """The plugin's configuration file, whose folder is a source of the hosts as well: it must not ask itself."""
        config = {"plugin": "xenfleet.stubdom.guests", "inventory": ["."], "timeout": 30, **keys}
        (self.folder / "inventory").mkdir(exist_ok=True)
        (self.folder / "inventory" / "fleet.guests.yml").write_text(json.dumps(config))

    def keep(self, **keys: Any) -> None:
        """The same with a cache that outlasts a command."""
        self.configure(cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection=str(self.folder / "cache"),
                       **keys)

    def add(self, name: str, *guests: dict[str, Any], before: str = "", **variables: Any) -> FakeXen:
        """A host; ``before`` is a command of the shell that runs before each of its modules."""
        fake_xen = FakeXen(self.folder / name)
        fake_xen.setup(free_memory=4096)
        self.hosts[name] = {
            "ansible_connection": "local", "ansible_become": False,
            "ansible_python_interpreter": fake_xen.interpreter(self.folder / f"python-{name}", before),
            "ansible_remote_tmp": str(self.folder / "tmp"), "preflight_store": str(self.folder / f"store-{name}"),
            "stubdom_guests": list(guests), **variables,
        }
        self.write()
        return fake_xen

    def write(self) -> None:
        (self.folder / "inventory" / "hosts.json").write_text(json.dumps({"xen_hosts": {"hosts": self.hosts}}))

    def down(self, name: str) -> None:
        self.hosts[name]["ansible_connection"] = "dead"
        self.write()

    def image(self, host: str, content: bytes) -> str:
        """Installs a version of PV-GRUB2 into the host's store; its path."""
        store, source, name = self.folder / f"store-{host}", self.folder / "source", "pvgrub2-x86_64"
        store.mkdir(exist_ok=True)
        source.write_bytes(content)
        image = image_store.image_of(store, name, [(f"{name}.bin", hashlib.sha256(content).hexdigest())])
        image_install.install(image, {f"{name}.bin": source}, {})
        return image.path

    def run(self, *options: str, source: str = "inventory/fleet.guests.yml") -> tuple[dict[str, Any], str]:
        """What ansible-inventory lists, and what it warns of."""
        home = str(self.folder / "home")
        env = environment(self.core) | {
            "HOME": home, "ANSIBLE_HOME": home, "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "tmp"), "ANSIBLE_CONNECTION_PLUGINS": str(self.folder / "plugins"),
        }
        command = [str(CORES[self.core] / "bin" / "ansible-inventory"), "-i", source, "--list", *options]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout, object_hook=plain), " ".join(done.stderr.split())


def plain(found: dict[str, Any]) -> Any:
    """A string that Ansible lists as one that is no template."""
    return found["__ansible_unsafe"] if [*found] == ["__ansible_unsafe"] else found


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return one without hosts."""
    return Fleet(tmp_path, CORE)


def members(listed: dict[str, Any]) -> dict[str, list[str]]:
    """The hosts of each group that has any."""
    return {name: group["hosts"] for name, group in listed.items() if "hosts" in group}


def test_a_fleet(fleet: Fleet) -> None:
    """Two types, a stub domain, a stale guest, and a host that is down."""
    one = fleet.add("xen1", pv("web1", vifs=[{"ip": "10.0.0.5/24"}]), pv("web2"), hvm("win1", device_model={"scheme": "linux"}))
    old = fleet.image("xen1", b"old")
    one.add_domain("web1", kernel=old)
    one.add_domain("web2", kernel=fleet.image("xen1", b"new"))
    domid = one.add_domain("win1", kind="hvm", stub=True)
    one.add_domain("foreign")
    fleet.add("xen2", pv("db1", display={"passwd": "secret-words"})).add_domain("db1")
    fleet.add("xen3", pv("gone1"))
    fleet.down("xen3")
    listed, said = fleet.run()
    assert members(listed) == {
        "xenfleet_guests": ["web1", "web2", "win1", "db1"], "xen_host_xen1": ["web1", "web2", "win1"],
        "xen_host_xen2": ["db1"], "xen_type_pv": ["web1", "web2", "db1"], "xen_type_hvm": ["win1"],
        "xen_device_model_stub_domain": ["win1"], "xen_scheme_linux": ["win1"], "xen_stale": ["web1"],
        "xen_state_running": ["web1", "web2", "win1", "db1"],
    }
    facts = listed["_meta"]["hostvars"]
    assert facts["web1"]["ansible_host"] == "10.0.0.5"
    assert "ansible_host" not in facts["win1"]
    wanted = {"xen_host": "xen1", "xen_domid": domid, "xen_type": "hvm", "xen_stub_domain": "win1-dm", "xen_stale": False,
              "xen_defined": True, "xen_stale_cache": False, "xen_device_model": "stub domain"}
    assert {key: facts["win1"][key] for key in wanted} == wanted
    version = hashlib.sha256(b"old").hexdigest()[:8]
    assert facts["web1"]["xen_image"] == f"pvgrub2-x86_64 {version}"
    assert "host xen3: its guests are left out, as it did not report what runs now: " in said
    assert "No route to host. Remedy: check that this works: ansible xen3" in said
    assert said.count("[WARNING]") == 1
    assert one.mutating_calls() == []


def test_the_cache_answers_without_the_hosts_and_for_hosts_that_are_down(fleet: Fleet) -> None:
    fleet.keep(cache_timeout=3600)
    one = fleet.add("xen1", pv("web1", display={"passwd": "secret-words"}))
    two = fleet.add("xen2", pv("db1"), pv("db2"))
    one.add_domain("web1")
    two.add_domain("db1")
    first, said = fleet.run()
    assert members(first)["xenfleet_guests"] == ["web1", "db1"]
    [kept] = (fleet.folder / "cache").iterdir()
    assert "secret" not in kept.read_text()
    one.forget_calls()
    two.add_domain("db2")
    fleet.down("xen1")
    assert fleet.run() == (first, said)
    assert one.calls() == []
    # Asked anew when the time is over: what is known of the host that is down stays.
    aged, count = re.subn(r'(\basked\\?": )[\d.]+', r"\g<1>1.0", kept.read_text())
    assert count == 1
    kept.write_text(aged)
    listed, said = fleet.run()
    assert members(listed)["xenfleet_guests"] == ["web1", "db1", "db2"]
    facts = listed["_meta"]["hostvars"]
    assert [facts[name]["xen_stale_cache"] for name in ("web1", "db1")] == [True, False]
    assert facts["web1"]["xen_seen"] == first["_meta"]["hostvars"]["web1"]["xen_seen"]
    assert "host xen1: its guests are those of 2" in said
    # Of another pattern nothing is known.
    fleet.keep(pattern="xen2")
    assert members(fleet.run()[0])["xenfleet_guests"] == ["db1", "db2"]


def test_a_host_that_is_too_slow_keeps_nobody(fleet: Fleet) -> None:
    fleet.configure(timeout=8)
    fleet.add("xen1", pv("web1"), before="sleep 90").add_domain("web1")
    fleet.add("xen2", pv("db1")).add_domain("db1")
    listed, said = fleet.run()
    assert members(listed)["xenfleet_guests"] == ["db1"]
    assert "host xen1: its guests are left out" in said
    # ansible-core 2.18 and 2.19 tell it in words of their own.
    assert "time frame (8)" in said or "8 second" in said


def test_what_a_host_says_is_no_template(fleet: Fleet) -> None:
    """Neither a name nor a value: each would be run on the controller."""
    mark = fleet.folder / "mark"
    evil = "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    fleet.configure(unmanaged=True, compose={"seen": "xen_image ~ xen_stub_domain"},
                    keyed_groups=[{"key": "xen_image", "prefix": "image"}, {"key": "xen_name", "prefix": "called"}])
    one = fleet.add("xen1", before=f"exec {fleet.folder}/liar")
    one.add_domain("web1")
    domain = {"domid": 1, "memory": 1, "vcpus": 1, "state": "running", "device_model": evil, "stub_domain": evil,
              "serves": None, "image": evil, "stale": True}
    answer = {"domains": [{**domain, "name": "web1"}, {**domain, "name": evil}], "schemes": [evil], "changed": False,
              "ansible_facts": {"running_hosts": [evil], "running_definitions": [pv("web1")]}}
    liar = fleet.folder / "liar"
    liar.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
    liar.chmod(0o755)
    listed, _said = fleet.run()
    assert not mark.exists()
    assert members(listed)["xenfleet_guests"] == ["web1"]
    facts = listed["_meta"]["hostvars"]["web1"]
    assert (facts["xen_defined"], facts["xen_device_model"], facts["xen_image"], facts["seen"]) == (False, "", "", "")


def test_what_a_cache_says_is_no_template(fleet: Fleet) -> None:
    """Not even where somebody else can write into it."""
    mark = fleet.folder / "mark"
    evil = "{{ lookup('ansible.builtin.pipe', 'touch " + str(mark) + "') }}"
    fleet.keep(keyed_groups=[{"key": "xen_image", "prefix": "image"}])
    fleet.add("xen1", pv("web1")).add_domain("web1")
    fleet.run()
    [kept] = (fleet.folder / "cache").iterdir()
    data = json.loads(kept.read_text())
    # ansible-core 2.19 puts it into a string within the file.
    told = data.get("__payload__", data)
    told = json.loads(told) if isinstance(told, str) else told
    told["hosts"]["xen1"]["guests"][0]["image"] = evil
    if "__payload__" in data:
        data["__payload__"] = json.dumps(told)
    kept.write_text(json.dumps(data))
    fleet.run()
    (fleet.folder / "show.yml").write_text(json.dumps([{
        "hosts": "web1", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": "{{ xen_image }}"}}],
    }]))
    env = environment(fleet.core) | {"HOME": str(fleet.folder / "home"), "ANSIBLE_HOME": str(fleet.folder / "home")}
    command = [str(CORES[fleet.core] / "bin" / "ansible-playbook"), "-i", "inventory/fleet.guests.yml", "show.yml"]
    done = subprocess.run(command, env=env, cwd=fleet.folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lookup(" in done.stdout
    assert not mark.exists()


def test_names_that_are_taken(fleet: Fleet) -> None:
    fleet.configure(unmanaged=True)
    fleet.add("xen1", pv("web1")).add_domains(["web1", "xen2", "localhost"])
    fleet.add("xen2").add_domains(["web1", "db1"])
    (fleet.folder / "inventory" / "early.yml").write_text("all: {hosts: {db1: {}}}")
    listed, said = fleet.run(source="inventory")
    assert sorted(members(listed)["xenfleet_guests"]) == ["db1~xen2", "localhost~xen1", "web1~xen1", "web1~xen2", "xen2~xen1"]
    assert "host xen1: guest web1: name = 'web1': runs 2 times in the fleet. Remedy:" in said
    assert listed["_meta"]["hostvars"]["web1~xen2"]["xen_name"] == "web1"


def test_grouped_as_the_file_says(fleet: Fleet) -> None:
    fleet.configure(hostvars_prefix="dom_", address="none", compose={"ansible_user": "'of-' ~ dom_host"},
                    groups={"small": "dom_memory < 200"}, keyed_groups=[{"key": "dom_state", "prefix": "is"}])
    one = fleet.add("xen-1", pv("web1", vifs=[{"ip": "10.0.0.5"}]), pv("web2"))
    one.add_domain("web1")
    one.add_domain("web2", state="p", memory=256)
    listed, said = fleet.run()
    found = members(listed)
    assert (found["small"], found["is_paused"], found["xen_host_xen_1"]) == (["web1"], ["web2"], ["web1", "web2"])
    facts = listed["_meta"]["hostvars"]["web1"]
    assert (facts["ansible_user"], facts["dom_memory"], "ansible_host" in facts) == ("of-xen-1", 128, False)
    assert "[WARNING]" not in said


@pytest.mark.parametrize("keys,told", [
    ({"patern": "x"}, "patern = 'x': is not a key of the definition. Remedy: did you mean pattern"),
    ({"pattern": "nobody"}, "pattern = 'nobody': no Xen host could be queried:"),
])  # fmt: skip
def test_a_configuration_that_is_wrong(fleet: Fleet, keys: dict[str, Any], told: str) -> None:
    fake_xen = fleet.add("xen1", pv("web1"))
    fleet.configure(**keys)
    listed, said = fleet.run()
    assert members(listed) == {}
    assert f"fleet.guests.yml: {told}" in said
    assert "Remedy:" in said
    assert fake_xen.calls() == []


def test_its_documentation(fleet: Fleet) -> None:
    command = [str(CORES[fleet.core] / "bin" / "ansible-doc"), "-t", "inventory", "xenfleet.stubdom.guests"]
    done = subprocess.run(command, env=environment(fleet.core), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "hostvars_prefix" in done.stdout
