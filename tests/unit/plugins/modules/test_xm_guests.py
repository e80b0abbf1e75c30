# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests of hosts with xend: guest_config, guest_state, guest_info and host_info, against the fake Xen of xm."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import facts as host_facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import xm
from api import FakeXen

BOOT, BIN = "/usr/lib/xen/boot", "/usr/lib/xen/bin"
SCRIPT = "xm create -c {} target=$domid memory=32\n"
ROM_BIOS = b"\0Written by Kevin Lawton & the Bochs team."
#: Release, how its stubdom-dm names a stub domain's file, and the scheme of a guest.
WAYS = {
    "3.3.0-rc1": ((3, 3), "stubdom-{}", "paired"),
    "3.3": ((3, 3), "{}-dm", "paired"),
    "3.4": ((3, 4), "", "generated"),
    "4.1": ((4, 1), "", "generated"),
}


def pretended(folder: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> FakeXen:
    """A host of that kind, with xend, Xen's images and its stubdom-dm. Its /etc/xen is the modules' own."""
    release, dm_config, _scheme = WAYS[way]
    root = folder / "dom0"
    host = FakeXen(folder / "host", ["xm"])
    host.setup_xm(release, dm_config, free_memory=4096)
    host.set_option(root=str(root), config_dir=str(folder / "xen"))
    for path in (f"{BOOT}/hvmloader", f"{BOOT}/ioemu-stubdom.gz", f"{BIN}/stubdom-dm"):
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_text(SCRIPT.format(dm_config.format("$domname") or "/etc/xen/stubdoms/$domname-dm"))
    (root / f"{BOOT}/hvmloader"[1:]).write_bytes(ROM_BIOS)
    (root / f"{BIN}/qemu-dm"[1:]).write_bytes(b"#!")
    (root / f"{BIN}/qemu-dm"[1:]).chmod(0o755)
    for key, value in host.env().items():
        monkeypatch.setenv(key, value)
    look = host_facts.read_facts
    monkeypatch.setattr(host_facts, "read_facts", lambda state, store, images, _root=None, **given: look(state, store, images, root, **given))
    monkeypatch.setattr(xm, "ROOT", root)
    return host


@pytest.fixture(params=["4.1"])
def host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeXen:
    """Xen 4.1; a test that asks for it has another one, or several."""
    return pretended(tmp_path, monkeypatch, request.param)


every_way = pytest.mark.parametrize("host", WAYS, indirect=True)
THE_33 = pytest.mark.parametrize("host", ["3.3"], indirect=True)


def win1(name: str = "win1", **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "hvm", "memory": 128, **changes}


def done(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(guest["name"], guest["action"], guest["state"]) for guest in answer["guests"]]


def deploy(modules: Any, *guests: Any, check: bool = False, **params: Any) -> dict[str, Any]:
    """Configures, then brings to the states; the second answer."""
    configured = modules.run("guest_config", check=check, guests=list(guests))["guests"]
    answer: dict[str, Any] = modules.run("guest_state", check=check, guests=list(guests), configured=configured, **params)
    return answer


def predicted(answer: dict[str, Any]) -> Any:
    guests = [{key: value for key, value in guest.items() if key != "domid"} for guest in answer["guests"]]
    return answer["changed"], answer["diff"], guests


def problems(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["reason"], one["remedy"]) for guest in answer["guests"] for one in guest["problems"]]


@every_way
def test_a_guest_with_a_stub_domain_is_started_proven_and_stopped(modules: Any, host: FakeXen, request: Any) -> None:
    _release, dm_config, scheme = WAYS[request.node.callspec.params["host"]]
    stub = (dm_config or "{}-dm").format("win1")
    written = modules.run("guest_config", guests=[win1()])["guests"][0]
    assert (written["scheme"], written["path"]) == (scheme, f"{modules.config}/win1")
    assert written["stub_domain_path"] == (f"{modules.config}/{stub}" if dm_config else "")
    host.set_behaviour("win1", stub_polls=3)
    checked = deploy(modules, win1(), check=True)
    ran = deploy(modules, win1())
    assert predicted(checked) == predicted(ran)
    assert done(ran) == [("win1", "started", "running")]
    assert sorted(host.domains()) == sorted(["Domain-0", stub, "win1"])
    host.forget_calls()
    again = deploy(modules, win1())
    assert (again["changed"], again["guests"][0]["restart_needed"], host.mutating_calls()) == (False, False, [])
    seen = modules.run("guest_info", guests=[win1()], states=again["guests"])["guests"][0]
    assert (seen["device_model"], seen["stub_domain"], seen["proof"], seen["problems"]) == (
        "stub domain", stub, "stub domain", [],
    )
    assert seen["uuid"] == host.domains()["win1"]["uuid"]
    assert host.mutating_calls() == []
    # The guest is asked; Xen 3.3 has no way of asking that is safe.
    gone = deploy(modules, win1(state="stopped"), stop_force=True)
    assert done(gone) == [("win1", "stopped", "off")]
    assert done(deploy(modules, win1(state="stopped"))) == [("win1", "none", "off")]
    assert list(host.domains()) == ["Domain-0"]
    shutdowns = [call[1:2] for call in host.mutating_calls() if call[1] != "create"]
    assert shutdowns[0] == ["trigger"]
    assert ["shutdown"] not in shutdowns, "it would cut the power of a guest without PV drivers"


def test_an_hvm_guest_of_3_3_is_not_stopped_without_force(modules: Any, tmp_path: Path, monkeypatch: Any) -> None:
    host = pretended(tmp_path, monkeypatch, "3.3")
    deploy(modules, win1())
    answer = deploy(modules, win1(state="stopped"))
    assert done(answer) == [("win1", "none", "running")]
    assert problems(answer)[0][0].startswith("Xen 3.3 has no power button for an HVM guest")
    assert sorted(host.domains()) == ["Domain-0", "win1", "win1-dm"]


def test_a_deaf_guest_is_destroyed_with_its_stub_domain_where_that_is_asked_for(modules: Any, host: FakeXen) -> None:
    host.set_behaviour("win1", ignore=True, leaks=True)
    deploy(modules, win1())
    answer = deploy(modules, win1(state="stopped"), stop_timeout=4)
    assert problems(answer)[0][0] == "did not shut down within 4 seconds, and is running"
    assert sorted(host.domains()) == ["Domain-0", "win1", "win1-dm"]
    assert done(deploy(modules, win1(state="stopped"), stop_timeout=4, stop_force=True)) == [("win1", "stopped", "off")]
    assert list(host.domains()) == ["Domain-0"]


@every_way
def test_a_stub_domain_that_stays_after_its_guest_is_destroyed(modules: Any, host: FakeXen) -> None:
    """As after a restart of xend, which forgets its stubdom-dm."""
    host.set_behaviour("win1", leaks=True)
    deploy(modules, win1())
    assert done(deploy(modules, win1(state="stopped"), stop_timeout=4, stop_force=True)) == [("win1", "stopped", "off")]
    assert list(host.domains()) == ["Domain-0"]


@every_way
def test_a_leaked_stub_domain_is_destroyed_before_it_blocks_the_start(modules: Any, host: FakeXen, request: Any) -> None:
    """stubdom-dm would wait for it, and for ever."""
    stub = (WAYS[request.node.callspec.params["host"]][1] or "{}-dm").format("win1")
    deploy(modules, win1())
    domid = host.domains()[stub]["domid"]
    host.remove_domain("win1")
    checked = deploy(modules, win1(), check=True)
    ran = deploy(modules, win1())
    assert predicted(checked) == predicted(ran)
    assert done(ran) == [("win1", "started", "running")]
    assert ran["guests"][0]["notes"] == [f"guest win1: domain {domid} ({stub}), left by a failed start, is destroyed"]
    assert sorted(host.domains()) == sorted(["Domain-0", stub, "win1"])


def test_a_domain_that_is_somebodys_is_left_alone(modules: Any, host: FakeXen) -> None:
    """It has the name, and serves nobody."""
    host.add_domain("win1-dm")
    answer = deploy(modules, win1())
    assert problems(answer) == [
        ("domain 1 has the name of its stub domain, but is not a stub domain", "examine it, then run xm destroy win1-dm")
    ]
    assert (host.mutating_calls(), sorted(host.domains())) == ([], ["Domain-0", "win1-dm"])


def test_a_start_that_fails_says_why_and_leaves_nothing(
    modules: Any, host: FakeXen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xm, "_START", 4)
    modules.run("guest_config", guests=[win1()])
    (tmp_path / "dom0" / BOOT[1:] / "ioemu-stubdom.gz").unlink()
    answer = modules.run("guest_state", guests=[win1()])
    reason, remedy = problems(answer)[0]
    assert reason == (
        f"xm create -q {modules.config}/win1 started the guest, but its stub domain win1-dm does not run after 4 seconds; "
        f'its stub domain printed: Cannot find kernel "{BOOT}/ioemu-stubdom.gz"'
    )
    log = f"{host.path}/log/qemu-dm-win1.log"
    assert remedy == f"read {log}, correct the cause and run this again (/var/log/xen/xend.log has more)"
    assert list(host.domains()) == ["Domain-0"]


@THE_33
def test_a_second_file_that_changed_means_a_restart(modules: Any, host: FakeXen) -> None:
    """Both files together are what the domains were started from."""
    deploy(modules, win1())
    disk = modules.folder / "disk.img"
    disk.write_bytes(b"disk")
    more = win1(disks=[{"target": str(disk), "vdev": "hda", "format": "raw"}])
    assert deploy(modules, more)["guests"][0]["restart_needed"] is True
    assert modules.run("guest_state", guests=[more])["guests"][0]["restart_needed"] is True
    host.set_behaviour("*", polls=0)
    restarted = deploy(modules, {**more, "restart": "on_change"}, stop_force=True)
    assert done(restarted) == [("win1", "restarted", "running")]
    assert sorted(host.domains()) == ["Domain-0", "win1", "win1-dm"]
    assert deploy(modules, {**more, "restart": "on_change"})["changed"] is False


@THE_33
def test_somebodys_file_with_the_name_of_a_second_one_is_none_of_the_guests(modules: Any, host: FakeXen) -> None:
    guest = win1(device_model={"scheme": "dom0"})
    deploy(modules, guest)
    assert sorted(host.domains()) == ["Domain-0", "win1"]
    (modules.config / "win1-dm").write_text("kernel = '/boot/vmlinuz'\n", encoding="utf-8")
    assert modules.run("guest_state", guests=[guest])["guests"][0]["restart_needed"] is False


def test_a_pv_guest_is_started_proven_and_stopped(modules: Any, host: FakeXen) -> None:
    guest = modules.guest("web1")
    states = deploy(modules, guest)["guests"]
    seen = modules.run("guest_info", guests=[guest], states=states)["guests"][0]
    assert (seen["kernel"], seen["proof"], seen["problems"]) == (str(modules.kernel), "kernel, console", [])
    host.forget_calls()
    assert done(deploy(modules, modules.guest("web1", state="stopped"))) == [("web1", "stopped", "off")]
    assert host.mutating_calls() == [["xm", "shutdown", "1"]]


def test_guest_info_of_a_guest_that_lost_its_stub_domain(modules: Any, host: FakeXen) -> None:
    deploy(modules, win1())
    host.remove_domain("win1-dm")
    seen = modules.run("guest_info", guests=[win1()])["guests"][0]
    assert [problem["reason"] for problem in seen["problems"]] == ["its device model was not found in a stub domain"]
    host.remove_domain("win1")
    gone = modules.run("guest_info", guests=[win1()])["guests"][0]
    assert [problem["remedy"] for problem in gone["problems"]] == ["read its console log and /var/log/xen/xend.log"]


def test_a_guest_that_xend_manages_already(modules: Any, host: FakeXen) -> None:
    host.add_managed("web1")
    answer = deploy(modules, modules.guest("web1"))
    assert "VM name 'web1' already exists" in problems(answer)[0][0]


def test_a_paused_guest(modules: Any, host: FakeXen) -> None:
    """Its own toolstack is in the remedy."""
    host.add_domain("web1", state="p")
    answer = deploy(modules, modules.guest("web1"))
    assert problems(answer)[0][1] == "examine the guest, then run xm destroy web1 (or xm unpause web1 if you paused it)"
    stopped = deploy(modules, modules.guest("web1", state="stopped"))
    assert problems(stopped)[0][1] == "run xm unpause web1, then run this again, or set guests_stop_force: true (option stop_force of guest_state)"


def test_a_guest_that_we_pause(modules: Any, host: FakeXen) -> None:
    assert done(deploy(modules, win1(state="paused"))) == [("win1", "started", "paused")]
    assert sorted(host.domains()) == ["Domain-0", "win1", "win1-dm"]
    assert deploy(modules, win1(state="paused"))["changed"] is False
    assert done(deploy(modules, win1())) == [("win1", "unpaused", "running")]


@pytest.mark.parametrize("with_program", [True, False])
def test_a_start_that_was_cut_short(with_program: bool, modules: Any, host: FakeXen) -> None:
    """With xm, or alone, so that xm goes on."""
    modules.run("guest_config", guests=[win1()])
    host.set_behaviour("win1", builds=60 if with_program else 1)
    run = modules.begin("guest_state", guests=[win1()])
    modules.until(lambda: host.domains().get("win1", {}).get("state") == "p")
    (os.killpg if with_program else os.kill)(run.pid, signal.SIGKILL)
    run.wait()
    cut = host.domains()["win1"]["domid"]
    host.set_behaviour("win1", builds=0)
    if not with_program:
        modules.sleep = lambda _seconds: modules.until(lambda: host.domains()["win1"]["state"] == "b")
    answer = modules.run("guest_state", guests=[win1()])
    assert done(answer) == [("win1", "started" if with_program else "none", "running")]
    notes = [f"guest win1: domain {cut}, whose start was interrupted, is destroyed"] if with_program else []
    assert answer["guests"][0]["notes"] == notes
    assert modules.run("guest_state", guests=[win1()])["changed"] is False
    assert "win1" in host.domains()


def test_host_info(modules: Any, host: FakeXen) -> None:
    deploy(modules, win1(), modules.guest("web1"))
    answer = modules.run("host_info")
    assert (answer["xen"]["release"], answer["xen"]["toolstack"], answer["xen"]["version"]) == ("4.1", "xm", "4.1.0")
    rows = {one["name"]: (one["device_model"], one["stub_domain"], one["serves"]) for one in answer["domains"]}
    serves = host.domains()["win1"]["domid"]
    assert rows == {"win1": ("stub domain", "win1-dm", None), "win1-dm": ("", "", serves), "web1": ("", "", None)}


def test_a_host_whose_xend_does_not_answer(modules: Any, host: FakeXen) -> None:
    host.not_xen()
    for module in ("host_info", "guest_config"):
        answer = modules.run(module, **({} if module == "host_info" else {"guests": [win1()]}))
        assert answer["failed"] is True
        assert "xend" in answer["msg"] or "become: true" in answer["msg"]


@every_way
def test_removal_goes_all_the_way(modules: Any, host: Any) -> None:
    """The plan's definitions stop a guest with a stub domain and remove its files; nothing is found after that."""
    deploy(modules, win1(), {"name": "web1", "type": "pv", "memory": 64, "boot": modules.guest()["boot"]})
    plan = modules.run("removal", check=True)
    assert plan["guests"] == [{"name": "web1", "state": "absent"}, {"name": "win1", "state": "absent"}]
    stopped = modules.run("guest_state", guests=plan["guests"], stop_force=True)
    assert done(stopped) == [("web1", "stopped", "off"), ("win1", "stopped", "off")]
    removed = modules.run("guest_config", guests=plan["guests"])
    assert [guest["action"] for guest in removed["guests"]] == ["removed", "removed"]
    modules.run("removal")
    again = modules.run("removal")
    assert (again["changed"], again["going"], list(host.domains())) == (False, [], ["Domain-0"])


@pytest.mark.parametrize("way", ["3.3", "4.1"])
def test_xm_rehearses_both_files_of_a_guest(modules: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    host = pretended(tmp_path, monkeypatch, way)
    guest = {"name": "win1", "type": "hvm", "memory": 128, "disks": [{"target": str(modules.kernel), "vdev": "hda"}]}
    answer = modules.run("guest_config", guests=[guest])
    assert answer["guests"][0]["problems"] == []
    assert len(host.calls("create -n")) == (2 if way == "3.3" else 1)
    host.forget_calls()
    assert modules.run("guest_config", guests=[guest])["changed"] is False
    assert host.calls("create -n") == []
    host.add_fault("create -n", rc=1, stderr="Error: Invalid disk specifier: a\n", times=1)
    refused = modules.run("guest_config", guests=[{**guest, "memory": 256}])
    assert [problem["reason"] for problem in refused["guests"][0]["problems"]] == [
        "xm create -n failed with exit code 1: Error: Invalid disk specifier: a"
    ]
    assert refused["changed"] is False


@THE_33
@pytest.mark.parametrize("other", [False, True])
def test_both_files_of_an_operator_stay_where_both_mean_the_same(other: bool, modules: Any, host: FakeXen) -> None:
    modules.run("guest_config", guests=[win1()])
    paths = [modules.config / name for name in ("win1", "win1-dm")]
    for path in paths:
        text = path.read_text().split("\n", 1)[-1]
        path.write_text("# by hand\n" + text.replace(" = ", "  =  "))
    if other:
        paths[1].write_text(paths[1].read_text() + "vcpus = 2\n")
    before = [path.read_bytes() for path in paths]
    assert len(modules.run("guest_config", guests=[win1()])["guests"][0]["problems"]) == 2
    adopted = modules.run("guest_config", guests=[win1()], adopt=True)["guests"][0]
    assert adopted["action"] == ("updated" if other else "none")
    assert [path.read_bytes() for path in paths] == before or other
    assert all(Path(f"{path}.orig").is_file() is other for path in paths)
    host.forget_calls()
    started = deploy(modules, win1())
    assert done(started) == [("win1", "started", "running")]
    assert host.calls("create --dryrun") == host.calls("create -n") == []
    for configured in (True, False):
        again = deploy(modules, win1(restart="on_change")) if configured else modules.run("guest_state", guests=[win1()])
        assert (again["changed"], again["guests"][0]["restart_needed"]) == (False, False)
    if not other:
        paths[1].write_text(paths[1].read_text() + "vcpus = 2\n")
        refused = modules.run("guest_config", guests=[win1()])["guests"][0]
        assert [problem["value"] for problem in refused["problems"]] == [str(paths[1])]
