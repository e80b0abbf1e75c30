# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import LINES

MAC = "00:16:3e:00:00:01"


def vnc(name: str, number: int, **changes: Any) -> dict[str, Any]:
    """A guest of Xen 3.3 that is worth a note."""
    screen = {"type": "vnc", "where": "stubdom", "listen": f"172.30.206.{number}"}
    return {"name": name, "type": "hvm", "memory": 64, "display": screen, **changes}


XM = {"release": "3.3", "toolstack": "xm"}


def warnings(answer: dict[str, Any]) -> list[str]:
    """As ansible-core 2.18 writes them, and as 2.19 does."""
    return [said if isinstance(said, str) else said["event"]["msg"] for said in answer["warnings"]]


def test_a_fleet_in_order(modules: Any, host: Any) -> None:
    hosts = {"xen1": [modules.guest("a", boot={"method": "pvgrub2"})], "xen2": [modules.guest("b")]}
    answer = modules.run("fleet_validate", hosts=hosts)
    assert answer["invocation"] == {"module_args": {}}
    assert {key: answer[key] for key in ("guests", "pvgrub2_archs", "linux_suites", "notes", "problems")} == {
        "guests": 2, "pvgrub2_archs": ["x86_64"], "linux_suites": [], "notes": [], "problems": [],
    }
    assert modules.run("fleet_validate", check=True, hosts=hosts) == answer
    assert host.calls() == []


def test_what_mini_os_is_built_of(modules: Any) -> None:
    hosts = {"xen1": [{"name": "win1", "type": "hvm", "memory": 64}], "xen2": [modules.guest("b")]}
    declared = {"xen1": {"release": "3.4", "toolstack": "xm"}}
    given = {"hosts": hosts, "declared": declared, "sources": {"3.4": {"tree": "/xen"}, "4.8": {"tree": "/other"}}}
    answer = modules.run("fleet_validate", **given)
    (build,) = answer["minios_builds"]
    assert (build["release"], build["targets"], build["tree"], build["jobs"]) == ("3.4", ["ioemu", "fs_back"], "/xen", 0)
    assert answer["stub_domain_hosts"] == ["xen1"]
    assert [note[:54] for note in answer["notes"]] == ["stubdom_xen_sources: nothing is built of 4.8, as no hos"[:54]]
    assert warnings(answer) == answer["notes"]
    refused = modules.run("fleet_validate", **{**given, "sources": {"3.4": {"tee": "/xen"}}})
    assert refused["failed"] is True
    assert "stubdom_xen_sources.3.4.tee = '/xen': is not a key of the definition" in refused["msg"]


def test_a_stub_domain_that_would_never_start(modules: Any) -> None:
    hosts = {"xen1": [{"name": name, "type": "hvm", "memory": 64} for name in ("web", "my-web")]}
    answer = modules.run("fleet_validate", hosts=hosts, declared={"xen1": {"release": "4.1", "toolstack": "xm"}})
    assert [(one["guest"], one["key"]) for one in answer["problems"]] == [("web", "name")]


def test_no_hosts(modules: Any) -> None:
    assert modules.run("fleet_validate", hosts={})["guests"] == 0


def test_sources_of_images_that_are_wrong(modules: Any) -> None:
    """Each member of a list, without what is secret in it; nothing is asked of a server."""
    urls = {"xen1": "https://images.example.org", "xen2": ["file:///srv/images", "ftp://me:geheim99@a", 7], "xen3": ""}
    answer = modules.run("fleet_validate", hosts={}, image_urls=urls)
    assert [(one["host"], one["key"], one["value"], one["reason"]) for one in answer["problems"]] == [
        ("xen2", "stubdom_image_url", "ftp://me:********@a", "is not the URL of a web server or a file"),
        ("xen2", "stubdom_image_url", 7, "must be a string"),
    ]
    assert "geheim99" not in modules.output


def test_a_problem_says_all(modules: Any) -> None:
    answer = modules.run("fleet_validate", hosts={"xen1": [modules.guest("a", memory=1)]})
    assert answer["failed"] is True
    (found,) = answer["problems"]
    assert found == {
        "host": "xen1", "guest": "a", "key": "memory", "value": 1, "reason": "is outside 8 to 16777216",
        "remedy": "give a number in that range", "release": "", "text": answer["msg"],
    }
    assert answer["msg"] == (
        "host xen1: guest a: memory = 1: is outside 8 to 16777216. Remedy: give a number in that range."
    )


def test_what_is_declared(modules: Any) -> None:
    hosts = {"xen1": [modules.guest("a")], "xen2": []}
    declared = {"xen1": {"release": "4.17", "memory": 128}, "xen3": {"release": 4.2}}
    answer = modules.run("fleet_validate", hosts=hosts, declared=declared)
    assert [(found["host"], found["key"]) for found in answer["problems"]] == [
        ("xen1", "stubdom_host.memory"), ("xen3", "stubdom_host.release"),
    ]


def test_json_will_do(modules: Any) -> None:
    """The playbook gives it so."""
    answer = modules.run("fleet_validate", hosts='{"xen1": [{"name": "a", "state": "absent"}]}', declared="{}")
    assert (answer["guests"], answer["problems"]) == (1, [])


@pytest.mark.parametrize("value", ["nonsense", 7, ["a"]])
def test_what_is_no_mapping(value: Any, modules: Any) -> None:
    assert modules.run("fleet_validate", hosts=value)["failed"] is True


def test_notes_are_warnings(modules: Any) -> None:
    answer = modules.run("fleet_validate", hosts={"xen1": [vnc("a", 1)]}, declared={"xen1": XM})
    assert (len(answer["notes"]), answer["problems"]) == (1, [])
    assert warnings(answer)[-1:] == answer["notes"]


def test_many_notes_are_counted(modules: Any) -> None:
    guests = [vnc(f"g{number}", number) for number in range(1, LINES + 4)]
    answer = modules.run("fleet_validate", hosts={"xen1": guests}, declared={"xen1": XM})
    assert len(answer["notes"]) == LINES + 3
    # Within one process, 2.19 repeats the warnings of earlier tests.
    assert warnings(answer)[-LINES - 1 :] == [*answer["notes"][:LINES], "3 more notes are in the result's list of notes"]


def test_a_crowd_is_a_line(modules: Any) -> None:
    hosts = {
        f"xen{number}": [modules.guest(f"g{number}-{index}", vifs=[{"mac": MAC}]) for index in range(100)]
        for number in range(30)
    }
    answer = modules.run("fleet_validate", hosts=hosts)
    assert len(answer["problems"]) == 1
    assert answer["msg"].startswith(f"host xen0: guest g0-0: vifs[0].mac = '{MAC}': is used 3000 times, by 3000 guests on 30")


def test_no_password_leaves_the_module(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the answer, nor in the system's log, which Ansible writes all options to."""
    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _self, text, log_args=None: logged.append(f"{text} {log_args}"))
    guests = [
        vnc("a", 1, settings={"vncpasswd": "hunter2"}),
        vnc("b", 2, display={"type": "vnc", "passwd": "hunter2", "password": "hunter2"}),
        modules.guest("c", settings={"vfb": ["vncdisplay=1,vncunused=0,vncpasswd=hunter2"]}),
    ]
    answer = modules.run("fleet_validate", hosts={"xen1": guests, "xen2": "vncpasswd=hunter2"})
    assert len(answer["problems"]) == 3
    assert logged
    assert "hunter" not in modules.output + "".join(logged)


def test_a_word_that_is_a_password_elsewhere_is_not_blanked(modules: Any) -> None:
    guests = [vnc("web1", 1, memory=1), modules.guest("b", settings={"vfb": ["vncpasswd=web1"]})]
    answer = modules.run("fleet_validate", hosts={"xen1": guests})
    assert answer["problems"][0]["guest"] == "web1"
