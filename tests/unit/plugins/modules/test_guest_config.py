# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def done(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(guest["name"], guest["action"]) for guest in answer["guests"]]


def without_invocation(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "invocation"}


def test_check_mode_says_what_the_run_does_and_a_second_run_does_nothing(modules: Any, host: Any) -> None:
    foreign = modules.config / "foreign.cfg"
    foreign.write_text('name = "foreign"\nvncpasswd = "s3cr3t"\n', encoding="utf-8")
    modules.run("guest_config", guests=[modules.guest("old", autostart=True), modules.guest("changed")])
    guests = [
        modules.guest("new", autostart=True),
        modules.guest("changed", memory=256),
        {"name": "old", "state": "absent"},
        modules.guest("foreign"),
        modules.guest("bad", memory="x"),
        "nonsense",
    ]
    before = modules.files()
    checked = modules.run("guest_config", check=True, guests=guests)
    assert modules.files() == before
    ran = modules.run("guest_config", guests=guests)
    assert without_invocation(checked) == without_invocation(ran)
    assert ran["changed"] is True
    assert done(ran) == [
        ("new", "created"),
        ("changed", "updated"),
        ("old", "removed"),
        ("foreign", "none"),
        ("bad", "none"),
        ("number 6 of the list", "none"),
    ]
    assert sorted(modules.files()) == ["auto/new.cfg", "changed.cfg", "foreign.cfg", "new.cfg"]
    assert modules.files()["auto/new.cfg"] == f"-> {modules.config}/new.cfg"
    assert modules.files()["foreign.cfg"] == before["foreign.cfg"]
    again = modules.run("guest_config", guests=guests)
    assert (again["changed"], again["diff"]) == (False, [])
    assert {action for _name, action in done(again)} == {"none"}
    assert host.mutating_calls() == []


def test_the_diff_is_that_of_the_files(modules: Any) -> None:
    modules.run("guest_config", guests=[modules.guest()])
    before = modules.files()["web1.cfg"]
    answer = modules.run("guest_config", guests=[modules.guest(memory=256)])
    path = str(modules.config / "web1.cfg")
    assert answer["diff"] == [
        {"before_header": path, "after_header": path, "before": before, "after": before.replace("= 128", "= 256")}
    ]


def test_all_problems_are_in_the_message_and_the_good_guests_are_written(modules: Any) -> None:
    answer = modules.run(
        "guest_config",
        guests=[
            modules.guest("a", disks=[{"target": "/nonexistent", "vdev": "xvda"}], vifs=[{"bridge": "no-such-br"}]),
            modules.guest("b"),
            modules.guest("c", boot={"method": "direct", "kernel": "/nonexistent"}),
            modules.guest("d", boot={"method": "pvgrub2"}),
            modules.guest("1"),
        ],
    )
    assert answer["failed"] is True
    assert answer["msg"].splitlines() == [
        (
            "guest a: disks[0].target = '/nonexistent': cannot be used: No such file or directory. "
            "Remedy: create it on the host, or correct the path."
        ),
        (
            "guest a: vifs[0].bridge = 'no-such-br': no such bridge on the host. "
            "Remedy: make the bridge, or name one that the host has."
        ),
        (
            "guest c: boot.kernel = '/nonexistent': no such file on the host. "
            "Remedy: copy it to the host, or correct the path."
        ),
        (
            "guest d: boot.image = 'pvgrub2-x86_64': no such image is installed on the host. "
            "Remedy: install it with the role xenfleet.stubdom.images, or run the playbook deploy.yml, which does."
        ),
        ("guest 1: name = '1': is all digits, which xl takes as a domain id (Xen 4.3 on). Remedy: add a letter."),
    ]
    assert list(modules.files()) == ["b.cfg"]
    assert answer["changed"] is True


def test_memory_that_does_not_suffice(modules: Any, host: Any) -> None:
    host.set_info(free_memory=300)
    host.add_domain("c", memory=1)
    answer = modules.run("guest_config", guests=[modules.guest(name) for name in "abc"])
    assert done(answer) == [("a", "created"), ("b", "created"), ("c", "created")]
    host.set_info(free_memory=200)
    answer = modules.run("guest_config", guests=[modules.guest(name, vcpus=2) for name in "abc"])
    assert done(answer) == [("a", "updated"), ("b", "none"), ("c", "updated")]
    assert answer["msg"] == (
        "guest b: memory = 128: starting it takes 132 MiB, and the host has 68 MiB left for it. "
        "Remedy: lower memory, stop another guest, or lower dom0's memory."
    )


def test_passwords_are_hidden_everywhere(modules: Any) -> None:
    def guests(secret: str, more: str) -> list[Any]:
        settings = {"vncpasswd": secret, "vfb": [f"vnc=1,vncpasswd={more}"]}
        return [modules.guest(settings=settings), modules.guest("bad", settings=settings, memory="x")]

    for given in (("hunter-eins", "hunter-zwei"), ('hunter"drei', "hunter vier")):
        answer = modules.run("guest_config", guests=guests(*given))
        assert answer["diff"], "the passwords are part of the change"
        assert [word for word in ("hunter", "eins", "zwei", "drei", "vier") if word in modules.said] == []
        assert given[1] in modules.files()["web1.cfg"]


def test_adopt(modules: Any) -> None:
    path = modules.config / "web1.cfg"
    path.write_text("name = 'web1'\n", encoding="utf-8")
    refused = modules.run("guest_config", guests=[modules.guest()])
    assert refused["msg"] == (
        f"guest web1: file = '{path}': exists and was not written by this collection. "
        "Remedy: move it away, or set adopt: true, which keeps a copy beside it with the ending .orig."
    )
    checked = modules.run("guest_config", check=True, guests=[modules.guest()], adopt=True)
    ran = modules.run("guest_config", guests=[modules.guest()], adopt=True)
    assert without_invocation(checked) == without_invocation(ran)
    assert (done(ran), ran["guests"][0]["backup"]) == ([("web1", "updated")], f"{path}.orig")
    assert modules.files()["web1.cfg.orig"] == "name = 'web1'\n"
    assert modules.run("guest_config", guests=[modules.guest()], adopt=True)["changed"] is False


def test_what_a_killed_run_left_behind_is_no_hindrance(modules: Any) -> None:
    (modules.config / ".web1.cfg.x1y2.tmp").write_text("half of a fi", encoding="utf-8")
    (modules.config / "auto").mkdir()
    answer = modules.run("guest_config", guests=[modules.guest(autostart=True)])
    assert (answer.get("failed", False), done(answer)) == (False, [("web1", "created")])
    # Killed between file and link.
    (modules.config / "auto" / "web1.cfg").unlink()
    answer = modules.run("guest_config", guests=[modules.guest(autostart=True)])
    assert done(answer) == [("web1", "updated")]
    assert modules.run("guest_config", guests=[modules.guest(autostart=True)])["changed"] is False


def test_images_of_this_run_are_known_in_check_mode(modules: Any) -> None:
    image = {"name": "pvgrub2-x86_64", "path": "/store/pvgrub2.bin", "version": "x", "sha256": "y"}
    guests = [modules.guest(boot={"method": "pvgrub2"})]
    answer = modules.run("guest_config", check=True, guests=guests, images=[image])
    assert (done(answer), answer["guests"][0]["kernel"]) == ([("web1", "created")], "/store/pvgrub2.bin")


def test_release_writes_without_a_host(modules: Any, host: Any) -> None:
    host.not_xen()
    answer = modules.run("guest_config", guests=[modules.guest(memory=2**20)], release="4.9")
    assert done(answer) == [("web1", "created")]
    assert "type =" not in modules.files()["web1.cfg"]
    assert host.calls() == []


@pytest.mark.parametrize("release, words", [("four", "'four' is not a Xen version; write it as 4.17")])
def test_a_release_that_is_none(release: str, words: str, modules: Any) -> None:
    answer = modules.run("guest_config", guests=[], release=release)
    assert (answer["failed"], answer["msg"]) == (True, words)


@pytest.mark.parametrize(
    "style, says",
    [
        (
            "upstream",
            (
                "xencall: error: Could not obtain handle on privileged command interface: No such file or directory; libxl: "
                "error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: No such file or directory; cannot init xl context"
            ),
        ),
        ("debian", "ERROR:  Can't find hypervisor information in sysfs!"),
    ],
)
@pytest.mark.parametrize("module", ["guest_config", "host_info"])
def test_a_machine_that_does_not_run_xen(module: str, style: str, says: str, modules: Any, host: Any) -> None:
    import os

    if os.geteuid() != 0:
        pytest.skip("an ordinary user is told something else")
    host.not_xen(style)
    params = {} if module == "host_info" else {"guests": [modules.guest()]}
    answer = modules.run(module, **params)
    assert answer["failed"] is True
    assert answer["msg"] == (
        f"this host has xl but does not run Xen: xl info says {says}. Remedy: boot the host into Xen and see that xenstored "
        "runs (Debian: systemctl status xen), or take the host out of the group."
    )
    assert modules.files() == {}


def test_a_machine_without_xl(modules: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = modules.run("guest_config", guests=[modules.guest()])
    assert answer["msg"].startswith("this is no Xen host: it has no xl. Remedy: install Xen and its tools")


def test_an_ordinary_user(modules: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host.not_xen()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    answer = modules.run("guest_config", guests=[modules.guest()])
    assert answer["msg"].startswith("xl does not work for an ordinary user (xencall: error:")
    assert answer["msg"].endswith("Remedy: set become: true.")


def test_a_folder_that_cannot_be_written(modules: Any) -> None:
    (modules.folder / "file").write_text("", encoding="utf-8")
    answer = modules.run("guest_config", guests=[modules.guest()], config_dir=str(modules.folder / "file"))
    assert answer["failed"] is True
    assert "Not a directory" in answer["msg"]
