# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator reads first: the entries of the page's lists."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import attention, status
from invented import NEW, OLD, TIME, Host, fleet, image


def model(**hosts: Any) -> dict[str, Any]:
    return status.model({name: host.facts() if isinstance(host, Host) else host for name, host in hosts.items()}, TIME)


def test_what_many_have_in_common_is_one_entry() -> None:
    lost = {name: {"unreachable": f"connect to host {name} port 22: No route to host"} for name in ("xen1", "xen10")}
    log = "is off. Remedy: read /var/log/xen/xl-{}.log."
    host = Host()
    for name in ("web1", "web10"):
        host.guest(name, state="off", problem=log.format(name))
    first, second = attention.problems(model(**lost, xen2=host))
    assert first == attention.Entry("unreachable: connect to host HOST port 22: No route to host", "", {"xen1": [], "xen10": []})
    assert second == attention.Entry("is off", "read /var/log/xen/xl-GUEST.log.", {"xen2": ["web1", "web10"]})
    assert (first.words, second.words) == ("2 hosts", "2 guests on 1 host")


def test_what_one_has_keeps_its_names() -> None:
    found = attention.problems(model(xen1={"unreachable": "host xen1 is off"}, xen2=Host().guest("db", problem="db is off")))
    assert [entry.reason for entry in found] == ["unreachable: host xen1 is off", "db is off"]


def test_changes_have_the_files_the_notes_and_what_hosts_have() -> None:
    facts = Host(OLD, NEW).hvm("app1", is_old=True).guest("web1", action="updated").guest("web2", action="created").facts()
    more = {"nameless": [{"domid": 7, "memory": 512}], "changed_files": [{"path": "/boot/xen", "state": "replaced"}]}
    found = attention.changes(model(xen1={**facts, "host": {**facts["host"], **more}}))
    assert [(entry.reason[:30], entry.places["xen1"]) for entry in found] == [
        ("the guest's file differs from ", ["web1"]), ("the guest has no file yet", ["web2"]),
        ("its stub domain was booted fro", ["app1"]), ("domain 7 (512 MiB) has no name", []),
        ("/boot/xen (replaced): not what", []),
    ]


@given(st.lists(st.tuples(st.sampled_from(["xen1", "a"]), st.sampled_from(["web1", "a", "xen1"]), st.text(max_size=9))))
def test_no_problem_is_lost(found: list[tuple[str, str, str]]) -> None:
    hosts: dict[str, Host] = {}
    for place, (host, name, text) in enumerate(found):
        hosts.setdefault(host, Host()).guest(f"{name}{place}", problem=f"x{text}")
    entries = attention.problems(model(**hosts))
    said = {(host, name) for entry in entries for host, names in entry.places.items() for name in names}
    assert said == {(host, f"{name}{place}") for place, (host, name, _text) in enumerate(found)}
    assert sum(entry.count for entry in entries) == len(found)


@pytest.mark.parametrize("hosts, words", [
    ({}, "The fleet has no hosts."),
    ({"xen1": Host().guest("web1")}, "All is as defined: 1 guest on 1 host."),
    ({"xen1": Host().guest("web1", action="updated")}, "No problems; not all is as defined: 1 guest on 1 host."),
    (fleet(), "4 problems on 2 of 3 hosts."),
])
def test_the_headline(hosts: dict[str, Any], words: str) -> None:
    assert attention.headline(model(**hosts)) == words


def test_ranks() -> None:
    found = model(xen1=Host().guest("a").guest("b", problem="x"), xen2=Host().guest("c", action="updated"), xen3=Host().guest("d"),
                  xen4={"failure": "x"}, xen5=Host(image("a", 1, True)).foreign("a"))
    guests = status.by_host(found)
    assert [attention.rank(host, guests[host["name"]]) for host in found["hosts"]] == [0, 1, 2, 0, 0]
    assert [attention.guest_rank(guest) for guest in found["guests"]] == [0, 0, 1, 2]
