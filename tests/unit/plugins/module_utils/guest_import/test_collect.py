# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of a whole host: its files, its domains, and what a deployment would say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import head_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest_import.collect import Collector
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest_import.places import Places
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import dry_run
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import read_xl

INFO = "xen_version            : 4.17.5\nxen_caps               : xen-3.0-x86_64 hvm-3.0-x86_64\nfree_memory            : 9000\n"
HEAD = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"


class Host:
    """A host whose xl reads a text as the collection's own reader does, and libxl's JSON is its keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.xen = folder / "xen"
        (self.xen / "auto").mkdir(parents=True)
        self.rows: list[str] = []
        self.fails: dict[str, str] = {}
        self.processes = folder / "proc"
        self.processes.mkdir()
        self.kernel = folder / "k"
        self.kernel.write_bytes(b"")

    def write(self, file: str, text: str = "", **keys: Any) -> Path:
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in {"kernel": str(self.kernel), "memory": 64, **keys}.items()]
        path = self.xen / file
        path.write_text("".join(lines) + text)
        return path

    def domain(self, name: str, state: str = "-b----") -> None:
        self.rows.append(f"{name:<40} {len(self.rows) + 1:5d} {64:5d} {1:5d}     {state}  {1.0:8.1f}\n")

    def started(self, *words: str) -> None:
        folder = self.processes / str(len(list(self.processes.iterdir())) + 1)
        folder.mkdir()
        (folder / "cmdline").write_bytes("\0".join(["/usr/lib/xen/bin/xl", *words]).encode() + b"\0")

    def run(self, argv: list[str], **_options: Any) -> Result:
        words = " ".join(argv[:2])
        if words in self.fails:
            return Result(argv, 1, "", self.fails[words])
        if words == "xl info":
            return Result(argv, 0, INFO, "")
        if words == "xl list":
            return Result(argv, 0, HEAD + "".join(self.rows), "")
        if words == "xl create":
            values = dict(read_xl.read(Path(argv[-1]).read_text()).values)
            # What libxl knows by one name only.
            values.setdefault("extra", values.pop("cmdline", ""))
            values["disk"] = [part for item in values.get("disk", []) for part in item.split("=")[-1:]]
            for key in ("type", "vcpus", "vif"):
                values.pop(key, None)
            return Result(argv, 0, json.dumps({"c_info": {"name": values.pop("name")}, "b_info": values}), "")
        return Result(argv, 1, "", "")

    def collect(self) -> dict[str, Any]:
        places = Places(self.xen, self.xen / "auto", self.folder / "store", self.processes, self.folder / "lib", self.folder / "root")
        return Collector(Xl(self.run, pause=0), places).run()

    def guests(self) -> dict[str, dict[str, Any]]:
        return {item["name"]: item for item in self.collect()["guests"]}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path)
    monkeypatch.setattr(dry_run, "run", made.run)
    return made


def test_a_running_guest_and_one_that_is_off(host: Host) -> None:
    host.write("a.cfg", name="a")
    (host.xen / "auto" / "a.cfg").symlink_to(host.xen / "a.cfg")
    host.write("b.cfg", name="b")
    host.domain("a")
    result = host.collect()
    boot = {"method": "direct", "kernel": str(host.kernel), "expect": ""}
    assert [(item["understood"], item["reasons"], item["notes"]) for item in result["guests"]] == [(True, [], [])] * 2
    assert [item["definition"] for item in result["guests"]] == [
        {"name": "a", "type": "pv", "memory": 64, "boot": boot, "autostart": True},
        {"name": "b", "type": "pv", "memory": 64, "boot": boot, "state": "defined"},
    ]
    assert (result["managed"], result["skipped"], result["problems"]) == ([], [], [])
    assert result["xen"] == {"release": "4.17", "toolstack": "xl"}


@pytest.mark.parametrize("state, word", [("--p---", "paused"), ("---sc-", "crashed"), ("---s--", "shutdown")])
def test_a_domain_in_another_state_is_left_alone(host: Host, state: str, word: str) -> None:
    host.write("a.cfg", name="a")
    host.domain("a", state)
    guest = host.guests()["a"]
    assert (guest["definition"]["state"], guest["notes"]) == ("defined", [f"its domain is {word}"])


def test_what_no_definition_says_has_its_line(host: Host) -> None:
    host.write("a.cfg", name="a", kernel="k")
    guest = host.guests()["a"]
    assert guest["reasons"] == [f"{host.xen}/a.cfg:1: kernel: is not an absolute path on the host"]
    assert (guest["understood"], guest["definition"]["boot"]["kernel"]) == (False, "k")


def test_a_key_that_xl_ignores_is_a_note(host: Host) -> None:
    host.write("a.cfg", "\ndhcp = 'x'\n", name="a")
    guest = host.guests()["a"]
    assert guest["notes"] == [f"{host.xen}/a.cfg:5: dhcp: xl does not read this key; left out"]
    # The judge is the host: its xl knows the key.
    assert guest["reasons"] == [f"{host.xen}/a.cfg:5: dhcp: the definition would mean something else here (b_info.dhcp)"]


def test_a_host_whose_xl_does_not_answer_proves_nothing(host: Host) -> None:
    host.write("a.cfg", name="a")
    host.fails["xl create"] = "cannot init xl context"
    (reason,) = host.guests()["a"]["reasons"]
    assert reason.startswith(f"{host.xen}/a.cfg: its meaning is not proven: ")


def test_a_file_that_the_host_refuses(host: Host) -> None:
    host.write("a.cfg", name="a")
    host.fails["xl create"] = "Unknown on_crash action"
    (reason,) = host.guests()["a"]["reasons"]
    assert "the host itself refuses the file: " in reason and "Unknown on_crash action" in reason


def test_a_host_that_does_not_list_its_domains(host: Host) -> None:
    host.write("a.cfg", name="a")
    host.fails["xl list"] = "no answer"
    result = host.collect()
    assert result["guests"][0]["definition"]["state"] == "defined"
    assert result["problems"][0].startswith("it is unknown which guests run, so that no definition has the state running: ")


def test_what_a_deployment_would_refuse(host: Host) -> None:
    host.write("a.cfg", name="a", disk=["vdev=xvda,target=/nowhere"])
    (reason,) = host.guests()["a"]["reasons"]
    assert reason.startswith("guest a: disks[0].target = '/nowhere': cannot be used: No such file")


def test_files_that_this_collection_wrote(host: Host) -> None:
    path = host.write("a.cfg", name="a")
    path.write_text(f"# {head_of('a')}\n{path.read_text()}")
    host.write("other.cfg", name="a")
    result = host.collect()
    assert result["managed"] == [{"name": "a", "path": str(path)}]
    assert [item["reasons"] for item in result["guests"]] == [[f"{host.xen}/other.cfg: guest a is managed already, by {path}"]]


def test_two_files_of_one_name(host: Host) -> None:
    host.write("a.cfg", name="a")
    host.write("old.cfg", name="a", memory=128)
    found = host.collect()["guests"]
    assert [item["reasons"] for item in found] == [
        [f"{host.xen}/{own}: {host.xen}/{other} has the same name, and another content"]
        for own, other in (("a.cfg", "old.cfg"), ("old.cfg", "a.cfg"))
    ]


def test_two_files_that_say_the_same(host: Host) -> None:
    host.write("0.cfg", name="a")
    host.write("a.cfg", "# the same\n", name="a")
    (guest,) = host.collect()["guests"]
    assert (guest["path"], guest["notes"]) == (f"{host.xen}/a.cfg", [f"{host.xen}/0.cfg has the same content"])


def test_files_without_a_name_are_not_compared(host: Host) -> None:
    for name in ("x.cfg", "y.cfg"):
        (host.xen / name).write_text('memory = 64\nkernel = "/k"\n')
    found = host.collect()["guests"]
    assert [item["path"] for item in found] == [f"{host.xen}/x.cfg", f"{host.xen}/y.cfg"]
    for item in found:
        assert [reason for reason in item["reasons"] if "same name" in reason or "name: is missing" not in reason] == []
        assert item["notes"] == []


def test_a_file_of_another_name(host: Host) -> None:
    host.write("vm1.cfg", name="a")
    guest = host.guests()["a"]
    assert guest["understood"]
    assert guest["notes"] == [f"a deployment writes {host.xen}/a.cfg; move {host.xen}/vm1.cfg away then"]
    # Two files would start it when the host boots.
    link = host.xen / "auto" / "10-vm1"
    link.symlink_to(host.xen / "vm1.cfg")
    (reason,) = host.guests()["a"]["reasons"]
    assert reason.startswith(f"guest a: autostart = '{link}': is another configuration of this guest")


@pytest.mark.parametrize("name", ["a b", "a\nb", 'a"b', "42", "Domain-0", "../a", "", "{{ x }}"])
def test_hostile_names(host: Host, name: str) -> None:
    host.write("x.cfg", name=name)
    (guest,) = host.collect()["guests"]
    assert guest["understood"] is False
    assert guest["reasons"][0].startswith(f"{host.xen}/x.cfg:3: name: ") or not name


def test_files_that_are_no_guests(host: Host) -> None:
    (host.xen / "notes.cfg").write_text("a = 1\n")
    (host.xen / "broken.cfg").write_text("name = 'a\n")
    (host.xen / "program").write_text("import os\nname = 'a'\n")
    (host.xen / "latin.cfg").write_bytes(b"name = 'gr\xf6\xdfer'\n")
    host.write("fine.cfg", name="fine")
    result = host.collect()
    assert [item["name"] for item in result["guests"]] == ["fine"]
    reasons = {Path(item["path"]).name: item["reason"] for item in result["skipped"]}
    assert set(reasons) == {"notes.cfg", "broken.cfg", "program", "latin.cfg"}
    assert reasons["notes.cfg"] == "sets no key of a guest"
    assert reasons["broken.cfg"] == "line 1: a string does not end in its line"
    assert reasons["latin.cfg"] == "line 1: contains bytes that are not UTF-8"


def test_a_domain_whose_file_lies_elsewhere(host: Host) -> None:
    path = host.folder / "vm.cfg"
    host.write("x.cfg", name="a").rename(path)
    host.domain("a")
    host.started("create", "-q", str(path))
    guest = host.guests()["a"]
    assert (guest["understood"], "state" in guest["definition"]) == (True, False)
    assert guest["notes"][0] == f"its domain was started from {path}; a deployment writes a file in {host.xen}"


def test_a_domain_that_was_started_with_other_keys(host: Host) -> None:
    path = host.write("base.cfg", name="base")
    host.domain("a")
    host.started("create", str(path), 'name="a"')
    result = host.collect()
    reason = f"{path}: a domain was started from it with other keys on the command line"
    assert [(item["name"], item["reasons"]) for item in result["guests"]] == [("base", [reason])]
    assert result["problems"] == [
        "domain 'a' runs, and no file of it was found: its configuration is in the toolstack's records only"
    ]


def test_the_text_that_an_older_xl_recorded(host: Host) -> None:
    (host.folder / "lib").mkdir()
    host.write("x.cfg", name="a").rename(host.folder / "lib" / "userdata-d.1.11-22.xl")
    host.domain("a")
    guest = host.guests()["a"]
    assert guest["understood"]
    assert guest["notes"][0] == "its domain runs, and the text that it was started from is in libxl's records only"


def test_a_domain_that_is_named_as_a_stub_domain(host: Host) -> None:
    host.domain("a-dm")
    # xenstore does not know it as one: then it is a guest like any other.
    assert host.collect()["problems"] == [
        "domain 'a-dm' runs, and no file of it was found: its configuration is in the toolstack's records only"
    ]


def test_a_domain_that_runs_with_another_configuration(host: Host) -> None:
    host.write("a.cfg", name="a")
    host.domain("a")
    (host.folder / "lib").mkdir()
    record = host.folder / "lib" / "userdata-d.1.11-22.libxl-json"
    whole = {"c_info": {"name": "a", "uuid": "11-22"}, "b_info": {"kernel": str(host.kernel), "memory": "64", "extra": ""}}
    record.write_text(json.dumps(whole))
    assert host.guests()["a"]["notes"] == []
    record.write_text(json.dumps({**whole, "b_info": {**whole["b_info"], "memory": "32"}}))
    guest = host.guests()["a"]
    assert guest["understood"]
    assert guest["notes"] == ["its domain was started from another configuration (b_info.memory), and needs a restart"]


def test_only_the_definition_has_the_passwords(host: Host) -> None:
    target = "rbd:pool/a:id=admin:key=AQDsecretsecret"
    host.write("a.cfg", name="a", disk=[f"vdev=xvda,backendtype=qdisk,target={target}", "/x,raw,vda,rw"])
    (guest,) = host.collect()["guests"]
    assert guest["definition"]["disks"][0]["target"] == target
    assert guest["reasons"] and "AQDsecret" not in json.dumps([guest["reasons"], guest["notes"]])
    host.write("a.cfg", name="a", disk=["vdev=xvda,target=/nowhere:key=AQDsecretsecret"])
    (guest,) = host.collect()["guests"]
    assert guest["reasons"] and "AQDsecret" not in json.dumps([guest["reasons"], guest["notes"]])
