# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model of a fleet's status, and its table."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import status, status_table
from invented import MENU, NEW, OLD, TIME, Host, fleet, short

LOST = {"unreachable": "No route to host"}


def model(**hosts: Any) -> dict[str, Any]:
    return status.model({name: host.facts() if isinstance(host, Host) else host for name, host in hosts.items()}, TIME)


def one(host: Host) -> dict[str, Any]:
    """The only guest."""
    (found,) = model(xen1=host)["guests"]
    row: dict[str, Any] = found
    return row


def test_a_guest_in_order() -> None:
    found = model(xen1=Host(NEW).hvm("app1"))
    image = {key: NEW[key] for key in ("name", "version", "sha256")}
    assert found == {
        "schema": 1,
        "time": TIME,
        "summary": {
            "hosts": 1, "hosts_not_seen": 0, "guests": 1, "running": 1, "in_stub_domains": 1, "in_dom0": 0, "stale": 0,
            "pending": 0, "unknown": 0, "foreign": 0, "problems": 0,
        },
        "hosts": [{
            "name": "xen1", "state": "ok", "reason": "",
            "xen": {"version": "4.17.6", "release": "4.17", "toolstack": "xl"},
            "images": [{**image, "current": True}], "foreign": [], "nameless": [],
            "changed_files": [],
        }],
        "guests": [{
            "host": "xen1", "name": "app1", "type": "hvm", "wanted": "running", "state": "running", "boot": "firmware",
            "scheme": "linux", "device_model": "stub domain", "stub_domain": "app1-dm",
            "definition": {"inventory": "same", "file": "same", "running": "same"},
            "image": {"started_from": [image], "installed": [image], "stale": False},
            "proof": "stub domain", "notes": [], "problems": [],
        }],
    }  # fmt: skip


def test_a_stale_image_has_both_versions() -> None:
    image = one(Host(OLD, NEW, MENU).hvm("app1", is_old=True))["image"]
    sums = {key: [item["sha256"] for item in image[key]] for key in ("started_from", "installed")}
    assert (sums, image["stale"]) == ({"started_from": [OLD["sha256"]], "installed": [NEW["sha256"]]}, True)


def test_images_of_more_than_one_name() -> None:
    image = one(Host(NEW, MENU).hvm("app1", image=f"{short(NEW)}, {short(MENU)}"))["image"]
    assert [item["name"] for item in image["started_from"]] == [NEW["name"], MENU["name"]]
    assert [item["name"] for item in image["installed"]] == [NEW["name"], MENU["name"]]


@pytest.mark.parametrize(
    "more, expected",
    [
        ({}, ("same", "same", "same")),
        ({"action": "updated"}, ("differs", "differs", "same")),
        ({"action": "created", "restart_needed": None}, ("differs", "missing", "unknown")),
        ({"restart_needed": True}, ("differs", "same", "differs")),
        ({"restart_needed": None}, ("unknown", "same", "unknown")),
        ({"state": "crashed"}, ("unknown", "same", "unknown")),
        ({"state": "off"}, ("same", "same", "none")),
        # guest_state says nothing of a guest that is not to run: what it has is only the default.
        ({"wanted": "defined"}, ("unknown", "same", "unknown")),
        ({"wanted": "stopped", "state": "off", "action": "created"}, ("differs", "missing", "none")),
        ({"wanted": "absent", "state": "off", "action": "removed"}, ("differs", "differs", "none")),
    ],
)
def test_the_three_definitions(more: dict[str, Any], expected: tuple[str, str, str]) -> None:
    definition = one(Host().guest("web1", **more))["definition"]
    assert tuple(definition[key] for key in ("inventory", "file", "running")) == expected


@pytest.mark.parametrize("step", ["configured", "states"])
def test_of_a_refused_guest_nobody_can_tell(step: str) -> None:
    facts = Host().guest("web1").facts()
    facts[step][0]["problems"] = [{"text": "no disk"}]
    (found,) = model(xen1=facts)["guests"]
    assert found["definition"]["running"] == "unknown"
    assert found["definition"]["file"] == ("unknown" if step == "configured" else "same")
    assert (found["problems"], status.marks(found)) == (["no disk"], ["problem", "unknown"])


def test_a_host_that_is_not_reached_keeps_its_guests_and_the_others() -> None:
    lost = {**LOST, "defined": [["web1", "pv", ""], ["old", "", "absent"]], "failure": "said later"}
    found = model(xen1=lost, xen2=Host().guest("web2"))
    assert [(host["name"], host["state"], host["reason"]) for host in found["hosts"]] == [
        ("xen1", "unreachable", "No route to host"), ("xen2", "ok", ""),
    ]
    assert [(row["name"], row["wanted"], row["state"]) for row in found["guests"]] == [
        ("web1", "running", "unknown"), ("web2", "running", "running"),
    ]
    assert {key: found["summary"][key] for key in ("hosts_not_seen", "unknown", "running", "problems")} == {
        "hosts_not_seen": 1, "unknown": 1, "running": 1, "problems": 1,
    }
    assert status.marks(found["guests"][0]) == ["unknown"]


def test_a_host_that_failed_half_way() -> None:
    facts = {**Host().guest("web1").foreign("other").facts(), "states": [], "verified": [], "failure": "no toolstack"}
    found = model(xen1=facts)
    assert (found["hosts"][0]["state"], found["hosts"][0]["reason"]) == ("failed", "no toolstack")
    assert found["guests"][0]["definition"] == {"inventory": "unknown", "file": "same", "running": "unknown"}
    assert [domain["name"] for domain in found["hosts"][0]["foreign"]] == ["other"]


@pytest.mark.parametrize(
    "answer", [{"host": {"domains": [{}]}}, {"verified": [None]}, {"host": {"images": 7}}, {"host": 7}]
)
def test_an_answer_without_sense_is_that_hosts_alone(answer: dict[str, Any]) -> None:
    found = model(xen1=answer, xen2=Host().guest("web2"))
    assert [host["state"] for host in found["hosts"]] == ["failed", "ok"]
    assert found["hosts"][0]["reason"].startswith("its results cannot be read (")
    assert [guest["name"] for guest in found["guests"]] == ["web2"]


@pytest.mark.parametrize("junk", [7, None, ["x"], {"x": 1}])
def test_what_is_no_text_is_shown_as_such(junk: Any) -> None:
    """Of a host whose modules answer something else: it may fail, the table may not."""
    facts = Host(NEW).hvm("app1", state=junk, boot=junk, proof=junk, notes=[junk]).foreign("x", image=junk).facts()
    facts["defined"][0][1] = junk
    facts["host"]["xen"] = {"version": junk}
    found = model(xen1=facts, xen2={"failure": junk, "unreachable": junk})
    assert str(junk) in status_table.status_table(found)
    assert found["hosts"][0]["xen"]["version"] == str(junk)
    assert {type(found["guests"][0][key]) for key in ("type", "state", "boot", "proof")} == {str}


def test_domains_that_are_not_ours() -> None:
    first = Host(NEW).hvm("app1").foreign("scratch").foreign("moved").foreign("their", stub_domain="their-dm")
    # Left by a guest that is gone: it serves nobody, so that it is somebody's to look at.
    first.domains.append({**first.domains[1], "name": "gone-dm", "domid": 99, "serves": 77})
    third = {**LOST, "defined": [["scratch", "pv", "absent"]]}
    found = model(xen1=first, xen2=Host().guest("moved", state="off"), xen3=third)
    assert [(domain["name"], domain["defined_on"]) for domain in found["hosts"][0]["foreign"]] == [
        ("scratch", []), ("moved", ["xen2"]), ("their", []), ("gone-dm", []),
    ]
    assert found["summary"]["foreign"] == 4


@pytest.mark.parametrize(
    "more, shown",
    [
        ({"state": "off"}, False),
        ({"state": "off", "action": "removed"}, True),
        ({"state": "running"}, True),
        ({"state": "off", "problem": "its file is another's"}, True),
    ],
)
def test_a_guest_that_is_to_be_absent_is_one_as_long_as_something_of_it_is_there(more: Any, shown: bool) -> None:
    assert bool(model(xen1=Host().guest("old", wanted="absent", **more))["guests"]) is shown


def test_a_definition_without_a_name_is_told_as_the_modules_call_it() -> None:
    facts = Host().facts()
    facts["configured"] = [{"name": "#1", "action": "none", "problems": [{"text": "has no name"}]}]
    (found,) = model(xen1=facts)["guests"]
    assert (found["name"], found["type"], found["wanted"], found["problems"]) == ("#1", "", "", ["has no name"])


@given(st.text(st.characters(codec=None), max_size=20))
def test_whatever_a_host_says_the_model_can_be_written(text: str) -> None:
    host = Host(NEW).guest(text, problem=text, notes=[text]).foreign(f"{text}2")
    found = model(**{f"xen{text}": {**host.facts(), "failure": text}})
    assert json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8")) == found
    assert all(line.isprintable() for line in status_table.status_table(found).split("\n"))


def test_the_sums_of_the_invented_fleet() -> None:
    assert model(**fleet())["summary"] == {
        "hosts": 3, "hosts_not_seen": 1, "guests": 20, "running": 13, "in_stub_domains": 6, "in_dom0": 2, "stale": 2,
        "pending": 3, "unknown": 5, "foreign": 3, "problems": 4,
    }  # fmt: skip


def test_as_many_are_unknown_as_rows_show_it() -> None:
    """Also a guest that runs without a record of what it was started from."""
    hosts = {**fleet(), "xen4": Host().guest("old1", restart_needed=None).guest("done", wanted="defined", state="off").facts()}
    found = model(**hosts)
    rows = [line for line in status_table.status_table(found).split("\n\n", maxsplit=1)[0].splitlines() if "unknown" in line]
    assert len(rows) == found["summary"]["unknown"] == 6


# -- the table --------------------------------------------------------------------------------------------------------


def test_what_is_left_of_destroyed_domains_has_a_line() -> None:
    facts = Host(NEW).guest("web1").facts()
    found = model(xen1={**facts, "host": {**facts["host"], "nameless": [{"domid": 7, "memory": 512}]}})
    assert found["hosts"][0]["nameless"] == [{"domid": 7, "memory": 512}]
    (line,) = [line for line in status_table.status_table(found).splitlines() if "no name" in line]
    assert line.startswith("  xen1: domain 7 (512 MiB) has no name: it was destroyed, and still holds memory")


def test_files_that_an_upgrade_of_a_package_replaced_have_a_line() -> None:
    facts = Host(NEW).guest("web1").facts()
    changed = [{"path": "/usr/lib/xen-4.17/boot/hvmloader", "state": "replaced"}]
    found = model(xen1={**facts, "host": {**facts["host"], "changed_files": changed}})
    assert found["hosts"][0]["changed_files"] == changed
    (line,) = [line for line in status_table.status_table(found).splitlines() if "hvmloader" in line]
    assert line == (
        "  xen1: /usr/lib/xen-4.17/boot/hvmloader (replaced): not what this collection installed; an upgrade of a package "
        "replaces such files. Remedy: run deploy.yml, which installs them again. (note)"
    )


def test_the_table() -> None:
    first = Host(OLD, NEW, MENU).hvm("app1", is_old=True)
    first.guest("web1", action="updated", restart_needed=True, image=short(MENU))
    first.guest("db1", state="crashed", problem="is crashed").foreign("scratch").foreign("moved")
    found = model(xen1=first, xen2={**LOST, "defined": [["moved", "hvm", ""]]})
    old, menu = short(OLD), short(MENU)
    lines = status_table.status_table(found).splitlines()
    assert [re.split(" {2,}", line) for line in lines[:7] if "----" not in line] == [
        ["HOST", "GUEST", "TYPE", "STATE", "DEVICE MODEL", "IMAGE", "DEFINITION", "PROOF"],
        ["xen1", "app1", "hvm", "running", "app1-dm", f"{old} (stale)", "same", "stub domain"],
        ["xen1", "web1", "pv", "running", "-", menu, "file differs, restart needed", "kernel, console"],
        ["xen1", "db1", "pv", "crashed", "-", "-", "unknown", "PROBLEM"],
        ["xen2", "-", "-", "unreachable", "-", "-", "-", "PROBLEM"],
        ["xen2", "moved", "hvm", "unknown", "-", "-", "unknown", "-"],
    ]
    assert lines[7:] == [
        "",
        "2 hosts, 1 of them not seen; 4 guests, 2 running.",
        "Device models: 1 in stub domains, 0 in dom0.",
        "1 stale, 1 with a pending definition, 2 unknown, 3 problems; 2 domains not defined.",
        "  xen1: guest db1: is crashed",
        ("  xen1: guest moved: runs on host xen1, and is defined on xen2. Remedy: add {name: moved, state: absent} to the "
         "stubdom_guests of host xen1, then run deploy.yml for both hosts (--limit xen1,xen2), which moves it."),
        "  xen2: unreachable: No route to host",
        "  xen1: guest app1: its stub domain was booted from an older qemu-stubdom-linux than the installed one (note)",
        "  xen1: guest web1: runs an older definition; restart it to use the new one (note)",
        "  xen1: not defined: scratch, moved (defined on xen2)",
    ]


def test_qemu_in_dom0_is_told_where_a_stub_domain_is_there_too() -> None:
    assert "dom0" in status_table.status_table(model(xen1=Host(NEW).hvm("app1", device_model="dom0"))).splitlines()[2]


def test_the_table_of_nothing() -> None:
    lines = status_table.status_table(model()).splitlines()
    assert lines[:3] == ["No guests.", "", "0 hosts, 0 of them not seen; 0 guests, 0 running."]
    assert "DEVICE MODEL" not in status_table.status_table(model(xen1=Host().guest("web1"))).splitlines()[0]
