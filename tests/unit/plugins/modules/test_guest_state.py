# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""guest_state against the fake Xen, and what guest_info then proves."""

from __future__ import annotations

from typing import Any

import pytest


def done(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(guest["name"], guest["action"], guest["state"]) for guest in answer["guests"]]


def predicted(answer: dict[str, Any]) -> dict[str, Any]:
    """What check mode can know: all but the ids of domains that do not exist yet."""
    guests = [{key: value for key, value in guest.items() if key != "domid"} for guest in answer["guests"]]
    return {"changed": answer["changed"], "diff": answer["diff"], "guests": guests}


def deploy(modules: Any, *guests: Any, check: bool = False, **params: Any) -> dict[str, Any]:
    """Configures, then brings to the states; the second answer."""
    configured = modules.run("guest_config", check=check, guests=list(guests))["guests"]
    answer: dict[str, Any] = modules.run("guest_state", check=check, guests=list(guests), configured=configured, **params)
    return answer


def test_check_mode_says_what_the_run_does_and_a_second_run_does_nothing(modules: Any, host: Any) -> None:
    deploy(modules, modules.guest("stays"), modules.guest("goes"), modules.guest("changes"), modules.guest("waits"))
    guests = [
        modules.guest("stays"),
        modules.guest("goes", state="stopped"),
        modules.guest("changes", memory=256, restart="on_change"),
        modules.guest("waits", memory=256),
        modules.guest("new"),
        modules.guest("only-defined", state="defined"),
        modules.guest("bad", disks=[{"target": "/nonexistent", "vdev": "xvda"}]),
    ]
    host.forget_calls()
    checked = deploy(modules, *guests, check=True)
    assert host.mutating_calls() == []
    ran = deploy(modules, *guests)
    assert predicted(checked) == predicted(ran)
    assert done(ran) == [
        ("stays", "none", "running"), ("goes", "stopped", "off"), ("changes", "restarted", "running"),
        ("waits", "none", "running"), ("new", "started", "running"), ("only-defined", "none", "off"), ("bad", "none", "off"),
    ]
    assert [guest["restart_needed"] for guest in ran["guests"]] == [False, False, False, True, False, False, False]
    assert ran["guests"][-1]["refused"] is True
    assert "failed" not in ran, "what guest_config refused is its own to tell"
    assert sorted(host.domains()) == ["Domain-0", "changes", "new", "stays", "waits"]
    assert host.domains()["changes"]["memory"] == 256
    host.forget_calls()
    again = deploy(modules, *guests)
    assert (again["changed"], again["diff"], host.mutating_calls()) == (False, [], [])


def test_diff(modules: Any) -> None:
    answer = deploy(modules, modules.guest())
    assert answer["diff"] == [
        {"before_header": "guest web1", "after_header": "guest web1", "before": "off\n", "after": "running\n"}
    ]


@pytest.mark.parametrize("effect", ["before", "after"])
def test_an_xl_that_fails_half_way(effect: str, modules: Any, host: Any) -> None:
    host.add_fault("create", name="b", rc=3, stderr="libxl: error: no\n", effect=effect, times=1)
    answer = deploy(modules, *[modules.guest(name) for name in "abc"])
    assert [row[1] for row in done(answer)] == ["started", "none", "started"]
    path = modules.config / "b.cfg"
    remedy = (
        "destroy the incomplete domain that is left: xl destroy b"
        if effect == "after"
        else "correct the cause and run this again (xl -vvv create with the guest's file prints more)"
    )
    assert answer["msg"] == (
        f"guest b: state = 'running': xl create -q {path} failed with exit code 3: libxl: error: no. Remedy: {remedy}."
    )
    assert (answer["failed"], answer["changed"]) == (True, True)
    again = deploy(modules, *[modules.guest(name) for name in "abc"])
    expected = [("a", "none", "running"), ("b", "none" if effect == "after" else "started", "running"), ("c", "none", "running")]
    assert done(again) == expected


def test_a_domain_without_a_name_is_nobody(modules: Any, host: Any) -> None:
    host.add_fault("list", kind="null_row")
    assert done(deploy(modules, modules.guest())) == [("web1", "started", "running")]


def test_an_xl_list_that_fails_twice_is_asked_again(modules: Any, host: Any) -> None:
    host.add_fault("list", rc=1, stderr="libxl: error: libxl_domain\n", times=2)
    assert done(modules.run("guest_state", guests=[modules.guest(state="stopped")])) == [("web1", "none", "off")]


def test_an_xl_list_that_always_fails(modules: Any, host: Any) -> None:
    host.add_fault("list", rc=1, stderr="libxl: error: libxl_domain\n")
    answer = modules.run("guest_state", guests=[modules.guest()])
    assert (answer["failed"], answer["msg"]) == (True, "xl list failed with exit code 1: libxl: error: libxl_domain")
    assert host.mutating_calls() == []


def test_a_guest_that_ignores_a_shutdown(modules: Any, host: Any) -> None:
    deploy(modules, modules.guest("a"), modules.guest("b"))
    host.set_behaviour("a", ignore=True)
    stopped = [modules.guest(name, state="stopped") for name in "ab"]
    answer = deploy(modules, *stopped, stop_timeout=4)
    assert done(answer) == [("a", "none", "running"), ("b", "stopped", "off")]
    assert answer["msg"] == (
        "guest a: state = 'stopped': did not shut down within 4 seconds, and is running. Remedy: shut it down from inside, give it more "
        "time with guests_stop_timeout (option stop_timeout of guest_state), or set guests_stop_force: true (option "
        "stop_force of guest_state)."
    )
    assert [call[1] for call in host.mutating_calls()] == ["create", "create", "shutdown", "shutdown"]
    assert done(deploy(modules, *stopped, stop_timeout=4, stop_force=True)) == [("a", "stopped", "off"), ("b", "none", "off")]
    assert list(host.domains()) == ["Domain-0"]


def test_a_guest_that_does_not_even_acknowledge(modules: Any, host: Any) -> None:
    deploy(modules, modules.guest("a"))
    host.set_behaviour("a", no_ack=0)
    answer = deploy(modules, modules.guest("a", state="absent"), stop_timeout=0)
    assert done(answer) == [("a", "none", "running")]
    assert "guest didn't acknowledge control request" in answer["msg"]


@pytest.mark.parametrize("restart, action", [("never", "none"), ("on_change", "restarted")])
def test_restart(restart: str, action: str, modules: Any, host: Any) -> None:
    deploy(modules, modules.guest())
    before = host.domains()["web1"]["domid"]
    changed = modules.guest(vcpus=2, restart=restart)
    assert done(deploy(modules, changed)) == [("web1", action, "running")]
    assert (host.domains()["web1"]["domid"] == before) is (action == "none")


def test_a_guest_that_has_rebooted_by_itself_is_still_ours(modules: Any, host: Any) -> None:
    """Its domain has another uuid then; xl made it from the definition that it knew."""
    deploy(modules, modules.guest(restart="on_change"))
    host.change_domain("web1", uuid="11111111-2222-3333-4444-555555555555")
    host.forget_calls()
    answer = deploy(modules, modules.guest(restart="on_change"))
    assert (done(answer), host.mutating_calls()) == ([("web1", "none", "running")], [])
    assert answer["guests"][0]["restart_needed"] is False


def test_without_a_record_the_time_of_the_file_tells(modules: Any, host: Any) -> None:
    deploy(modules, modules.guest())
    (modules.folder / "records" / "web1.json").unlink()
    assert deploy(modules, modules.guest())["guests"][0]["restart_needed"] is False
    assert deploy(modules, modules.guest(vcpus=2))["guests"][0]["restart_needed"] is True


def test_guests_that_the_list_does_not_name_are_left_alone(modules: Any, host: Any) -> None:
    host.add_domain("other")
    deploy(modules, modules.guest())
    deploy(modules, {"name": "web1", "state": "absent"})
    assert sorted(host.domains()) == ["Domain-0", "other"]
    assert modules.files() == {}


def test_a_crashed_guest_is_reported_not_restarted(modules: Any, host: Any) -> None:
    host.add_domain("web1", state="s", reason="crash")
    answer = deploy(modules, modules.guest())
    assert "its domain 1 is crashed. Remedy: examine the guest, then run xl destroy web1" in answer["msg"]
    assert host.mutating_calls() == []


def test_passwords_are_hidden(modules: Any) -> None:
    guests = [modules.guest(settings={"vncpasswd": "hunter2"}), modules.guest("b", settings={"vncpasswd": "hunter3"}, memory=0)]
    modules.run("guest_config", guests=guests)
    for module in ("guest_state", "guest_info"):
        modules.run(module, guests=guests)
        assert "hunter" not in modules.output


# -- guest_info -------------------------------------------------------------------------------------------------------


def test_what_was_deployed_is_proven(modules: Any, host: Any) -> None:
    guests = [modules.guest("a"), modules.guest("b", state="stopped"), {"name": "c", "state": "absent"}]
    states = deploy(modules, *guests)["guests"]
    host.forget_calls()
    answer = modules.run("guest_info", guests=guests, states=states)
    assert [guest["proof"] for guest in answer["guests"]] == ["kernel, console", "no domain", "gone"]
    assert (answer.get("changed", False), host.mutating_calls()) == (False, [])
    assert answer["guests"][0]["console"]["matched"].startswith("[    0.000000] Linux version")
    assert modules.run("guest_info", check=True, guests=guests, states=states)["guests"] == answer["guests"]


def test_problems_do_not_fail_the_module(modules: Any) -> None:
    answer = modules.run("guest_info", guests=[modules.guest()], console=False)
    assert answer.get("failed", False) is False
    assert [problem["reason"] for problem in answer["guests"][0]["problems"]] == ["is not running"]


def test_a_second_boot_is_not_proven_by_the_first(modules: Any, host: Any) -> None:
    deploy(modules, modules.guest())
    host.set_behaviour("web1", console="GRUB: no disk\n")
    deploy(modules, modules.guest(vcpus=2, restart="on_change"))
    guest = modules.run("guest_info", guests=[modules.guest(vcpus=2)])["guests"][0]
    assert guest["console"]["tail"] == ["GRUB: no disk"]
    assert [problem["reason"] for problem in guest["problems"]] == [
        "its console does not show 'Linux version'; the last line is 'GRUB: no disk'"
    ]


def test_guest_info_where_xl_fails(modules: Any, host: Any) -> None:
    host.add_fault("list", rc=1, stderr="no\n")
    answer = modules.run("guest_info", guests=[modules.guest()])
    assert (answer["failed"], answer["msg"]) == (True, "xl list failed with exit code 1: no")


def test_guest_info_starts_no_process_for_guests_that_do_not_run(modules: Any, host: Any) -> None:
    modules.run("guest_info", guests=[modules.guest(f"g{number}", state="stopped") for number in range(50)])
    assert host.calls() == [["xl", "list"]]


# -- stub domains -----------------------------------------------------------------------------------------------------


def stub_guest(modules: Any, name: str = "win1", **changes: Any) -> dict[str, Any]:
    """An HVM guest whose stub domain boots from files of its own."""
    files = {part: modules.folder / part for part in ("stub-kernel", "stub-rootfs")}
    for path in files.values():
        path.write_bytes(b"x")
    model = {"scheme": "linux", "kernel": str(files["stub-kernel"]), "ramdisk": str(files["stub-rootfs"]), "memory": 64}
    return {"name": name, "type": "hvm", "memory": 64, "device_model": model, **changes}


def notes(answer: dict[str, Any]) -> list[str]:
    return [note for guest in answer["guests"] for note in guest["notes"]]


def test_a_stub_domain_is_started_proven_and_stopped(modules: Any, host: Any) -> None:
    guest = stub_guest(modules)
    states = deploy(modules, guest)["guests"]
    assert sorted(host.domains()) == ["Domain-0", "win1", "win1-dm"]
    seen = modules.run("guest_info", guests=[guest], states=states)["guests"][0]
    assert (seen["device_model"], seen["stub_domain"], seen["proof"], seen["problems"]) == (
        "stub domain", "win1-dm", "stub domain", [],
    )  # fmt: skip
    host.forget_calls()
    assert done(deploy(modules, {**guest, "state": "stopped"})) == [("win1", "stopped", "off")]
    assert [call[1] for call in host.mutating_calls()] == ["shutdown"]
    assert list(host.domains()) == ["Domain-0"]


def test_the_installed_image_of_a_stub_domain_is_proven(modules: Any, host: Any) -> None:
    import hashlib

    files = []
    for name in ("qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs"):
        (modules.folder / name).write_text(name, encoding="utf-8")
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        files.append({"src": str(modules.folder / name), "file": name, "sha256": sha256})
    image = modules.run("image", name="qemu-stubdom-linux", files=files, remote_src=True)["image"]
    guest = stub_guest(modules, device_model={"scheme": "linux", "memory": 64})
    states = deploy(modules, guest)["guests"]
    seen = modules.run("guest_info", guests=[guest], states=states)["guests"][0]
    shown = f"qemu-stubdom-linux {image['version'][:8]}"
    assert (seen["image"], seen["stale"], seen["proof"]) == (shown, False, "stub domain")
    domains = modules.run("host_info")["domains"]
    assert {one["name"]: one["image"] for one in domains} == {"win1": shown, "win1-dm": shown}
    host.change_domain("win1-dm", state="s", reason="crash")
    seen = modules.run("guest_info", guests=[guest], states=states)["guests"][0]
    assert [problem["reason"] for problem in seen["problems"]] == ["its stub domain win1-dm is crashed"]
    host.remove_domain("win1-dm")
    seen = modules.run("guest_info", guests=[guest], states=states)["guests"][0]
    reason = "its stub domain, which was domain 2, is gone, and its device model with it"
    assert [problem["reason"] for problem in seen["problems"]] == [reason]
    assert "/var/log/xen/qemu-dm-win1.log" in seen["problems"][0]["remedy"]


@pytest.mark.parametrize("target", [True, False])
def test_a_stub_domain_that_does_not_come_up_leaves_nothing(target: bool, modules: Any, host: Any) -> None:
    panic = "Kernel panic - not syncing: System is deadlocked on memory"
    host.add_fault("create", name="win1", kind="stub_dies", target=target, log=f"[    3.1] {panic}\n", times=1)
    answer = deploy(modules, stub_guest(modules), modules.guest())
    assert done(answer) == [("win1", "none", "off"), ("web1", "started", "running")]
    assert "startup timed out" in answer["msg"]
    remedy = f"raise device_model.memory, read {modules.folder}/host/log/qemu-dm-win1.log, "
    assert f"; its stub domain printed: {panic}. Remedy: {remedy}" in answer["msg"]
    assert notes(answer) == ["guest win1: domain 2 (win1-dm), left by a failed start, is destroyed"]
    assert sorted(host.domains()) == ["Domain-0", "web1"]
    assert ["xl", "destroy", "2"] in host.mutating_calls()
    assert done(deploy(modules, stub_guest(modules))) == [("win1", "started", "running")]


@pytest.mark.parametrize("target", [None, 4711])
def test_a_leftover_of_somebody_else_s_start(target: Any, modules: Any, host: Any) -> None:
    left = host.add_leftover("win1", target)
    checked = deploy(modules, stub_guest(modules), check=True)
    assert host.mutating_calls() == []
    ran = deploy(modules, stub_guest(modules))
    assert predicted(checked) == predicted(ran)
    assert notes(ran) == [f"guest win1: domain {left} (win1-dm), left by a failed start, is destroyed"]
    assert done(ran) == [("win1", "started", "running")]
    assert [call[1:3] for call in host.mutating_calls()] == [["destroy", str(left)], ["create", "-q"]]


def test_a_stub_domain_that_serves_a_living_guest_is_never_destroyed(modules: Any, host: Any) -> None:
    host.add_domain("other", kind="hvm")
    left = host.add_leftover("win1", host.domains()["other"]["domid"])
    answer = deploy(modules, stub_guest(modules))
    assert f"domain {left} has the name of its stub domain, but serves domain 1 (other)" in answer["msg"]
    assert host.mutating_calls() == []


def test_a_pv_guest_costs_what_it_did(modules: Any, host: Any) -> None:
    host.add_leftover("web1")
    modules.run("guest_config", guests=[modules.guest()])
    host.forget_calls()
    modules.run("guest_state", guests=[modules.guest()])
    assert [call[:2] for call in host.calls() if call[0] == "xl"] == [["xl", "list"], ["xl", "create"], ["xl", "list"]]
    host.forget_calls()
    modules.run("guest_state", guests=[modules.guest(state="stopped")])
    # A domain of the stub domain's name is asked whom it serves; nobody else is asked for anything.
    # The last list is for a guest that reboots by itself: its next domain has the same name.
    assert [call[1] for call in host.calls() if call[0] == "xl"] == ["list", "shutdown", "list", "list"]
    assert host.calls("xenstore-read") == [["xenstore-read", "/local/domain/1/target"]]


# -- order, pauses and restarts ---------------------------------------------------------------------------------------


def acts(host: Any) -> list[str]:
    """What was done, with the names of files and the ids of domains."""
    subjects = [next(word for word in call[2:] if word[0] not in "-u") for call in host.mutating_calls()]
    return [f"{call[1]} {subject.split('/')[-1]}" for call, subject in zip(host.mutating_calls(), subjects)]


def test_order_and_reboot(modules: Any, host: Any) -> None:
    guests = [modules.guest("web", order=1), modules.guest("db", order=-1)]
    deploy(modules, *guests)
    assert acts(host) == ["create db.cfg", "create web.cfg"]
    host.forget_calls()
    checked = deploy(modules, *guests, check=True, reboot=["web", "db"])
    ran = deploy(modules, *guests, reboot=["web", "db"])
    assert predicted(checked) == predicted(ran)
    assert [(guest["action"], guest["cause"]) for guest in ran["guests"]] == [("restarted", "asked")] * 2
    assert [diff["before"] for diff in ran["diff"]] == ["running, to be restarted\n"] * 2
    assert acts(host) == ["shutdown 1", "create db.cfg", "shutdown 2", "create web.cfg"]
    host.forget_calls()
    deploy(modules, *[{**guest, "state": "stopped"} for guest in guests])
    assert acts(host) == ["shutdown 4", "shutdown 3"]


def test_what_is_wrong_with_the_options_is_told_before_anything_is_done(modules: Any, host: Any) -> None:
    guests = [modules.guest()]
    modules.run("guest_config", guests=guests)
    for check in (True, False):
        answer = modules.run("guest_state", check=check, guests=guests, reboot=["web1", "wbe1"], start_parallel=0, restart_batch=0)
        assert answer["failed"] is True
        assert answer["msg"].splitlines() == [
            "reboot = 'wbe1': is not a guest of the list. Remedy: correct the name, or add the guest's definition.",
            "start_parallel = 0: is outside 1 to 8. Remedy: give a number in that range.",
            "restart_batch = 0: is less than 1. Remedy: give the number of guests.",
        ]
    answer = modules.run("guest_state", guests=guests, images=[{"name": "pvgrub2-x86_64"}])
    assert (answer["failed"], "images[0] has no name or no path" in answer["msg"]) == (True, True)
    assert host.mutating_calls() == []


def test_paused_and_running_again(modules: Any, host: Any) -> None:
    for state, action, after, before in (
        ("paused", "started", "paused", "off"), ("running", "unpaused", "running", "paused"),
        ("paused", "paused", "paused", "running"),
    ):  # fmt: skip
        guest = modules.guest(state=state)
        checked = deploy(modules, guest, check=True)
        ran = deploy(modules, guest)
        assert predicted(checked) == predicted(ran)
        assert (done(ran), ran["diff"][0]["before"]) == ([("web1", action, after)], f"{before}\n")
        again = deploy(modules, guest)
        assert (again["changed"], done(again)) == (False, [("web1", "none", after)])
        (seen,) = modules.run("guest_info", guests=[guest], states=again["guests"], console=False)["guests"]
        assert (seen["proof"], seen["problems"]) == ("paused" if state == "paused" else "kernel", [])
    assert done(deploy(modules, modules.guest(state="stopped"))) == [("web1", "stopped", "off")]


def test_guest_info_of_a_guest_that_is_not_paused(modules: Any) -> None:
    guests = [modules.guest(state="paused")]
    (seen,) = modules.run("guest_info", guests=guests)["guests"]
    assert [problem["reason"] for problem in seen["problems"]] == ["is off, not paused"]
    (seen,) = modules.run("guest_info", guests=guests, states=[{"name": "web1", "problems": [{}]}])["guests"]
    assert (seen["problems"], seen["proof"]) == ([], "")


def test_a_newer_image_restarts_a_guest_where_that_is_asked_for(modules: Any, host: Any) -> None:
    import hashlib

    def install(content: str, check: bool = False) -> dict[str, Any]:
        files = []
        for name in ("qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs"):
            (modules.folder / name).write_text(f"{name} {content}", encoding="utf-8")
            sha256 = hashlib.sha256(f"{name} {content}".encode()).hexdigest()
            files.append({"src": str(modules.folder / name), "file": name, "sha256": sha256})
        answer = modules.run("image", check=check, name="qemu-stubdom-linux", files=files, remote_src=True)
        image: dict[str, Any] = answer["image"]
        return image

    def both(check: bool, image: dict[str, Any], **params: Any) -> dict[str, Any]:
        configured = modules.run("guest_config", check=check, guests=[guest], images=[image])["guests"]
        answer: dict[str, Any] = modules.run(
            "guest_state", check=check, guests=[guest], configured=configured, images=[image], **params
        )
        return answer

    guest = stub_guest(modules, device_model={"scheme": "linux", "memory": 64})
    both(False, install("one"))
    told_of = both(True, install("two", check=True), restart_stale=True)
    assert [(one["action"], one["cause"]) for one in told_of["guests"]] == [("restarted", "image")]
    image = install("two")
    left = both(False, image)["guests"][0]
    assert (left["action"], left["stale"], left["restart_needed"]) == ("none", True, True)
    host.forget_calls()
    ran = both(False, image, restart_stale=True)
    assert (predicted(ran), ran["diff"][0]["before"]) == (predicted(told_of), "running, older image\n")
    assert [call[1] for call in host.mutating_calls()] == ["shutdown", "create"]
    assert host.domains()["win1-dm"]["kernel"] == image["files"][0]["path"]
    again = both(False, image, restart_stale=True)
    assert (again["changed"], again["guests"][0]["stale"]) == (False, False)


def test_a_stub_domain_that_comes_too_late_once(modules: Any, host: Any) -> None:
    host.add_fault("create", name="win1", kind="stub_dies", times=1)
    answer = deploy(modules, stub_guest(modules))
    assert done(answer) == [("win1", "started", "running")]
    assert [note.split(": ")[1] for note in notes(answer)] == [
        "domain 2 (win1-dm), left by a failed start, is destroyed",
        "its stub domain was not ready in time, as on a busy host; the guest is started once more",
    ]
    assert sorted(host.domains()) == ["Domain-0", "win1", "win1-dm"]


def test_many_guests_start_side_by_side(modules: Any, host: Any) -> None:
    guests = [modules.guest(f"g{number}") for number in range(6)]
    host.add_fault("create", name="g3", rc=3, stderr="libxl: error: no\n", times=1)
    answer = deploy(modules, *guests, start_parallel=4)
    assert [name for name, action, _state in done(answer) if action != "started"] == ["g3"]
    assert [name for name, _action, _state in done(answer)] == [guest["name"] for guest in guests]
    assert deploy(modules, *guests, start_parallel=4)["guests"][3]["action"] == "started"
