# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, variables and groups of the guests in the inventory."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.entries import RESERVED, HostGuests, entries


def row(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "domid": 3, "state": "running", "type": "pv", "device_model": "", "scheme": "", "image": "",
            "stale": False, "defined": True, "address": "", **changes}  # fmt: skip


def told(*rows: dict[str, Any], **changes: Any) -> HostGuests:
    return HostGuests(**{"guests": list(rows), "seen": 7.9, **changes})


def test_variables_and_groups() -> None:
    fleet = {
        "xen1": told(row("win1", type="hvm", device_model="stub domain", scheme="linux", stale=True, address="10.0.0.5")),
        "xen2": told(row("web1"), is_old=True),
    }
    [win, web], problems = entries(fleet)
    assert problems == []
    assert (win.name, win.address, web.address) == ("win1", "10.0.0.5", "")
    assert win.facts == {
        "name": "win1", "host": "xen1", "domid": 3, "state": "running", "type": "hvm", "device_model": "stub domain",
        "scheme": "linux", "image": "", "stale": True, "defined": True, "seen": 7, "stale_cache": False,
    }  # fmt: skip
    assert web.facts["stale_cache"]
    assert win.groups == [
        "xenfleet_guests", "xen_host_xen1", "xen_type_hvm", "xen_device_model_stub domain", "xen_scheme_linux",
        "xen_state_running", "xen_stale",
    ]  # fmt: skip
    assert web.groups == ["xenfleet_guests", "xen_host_xen2", "xen_type_pv", "xen_state_running"]


def test_what_nobody_defines_is_left_out_unless_it_is_asked_for() -> None:
    fleet = {"xen1": told(row("web1"), row("foreign", defined=False)), "xen2": told(row("web1", defined=False))}
    assert [entry.name for entry in entries(fleet)[0]] == ["web1"]
    assert [entry.name for entry in entries(fleet, unmanaged=True)[0]] == ["web1~xen1", "foreign", "web1~xen2"]


def test_a_name_on_two_hosts() -> None:
    found, problems = entries({"xen2": told(row("web1")), "xen1": told(row("web1"), row("db1"))})
    assert [entry.name for entry in found] == ["web1~xen1", "db1", "web1~xen2"]
    assert [entry.facts["name"] for entry in found] == ["web1", "db1", "web1"]
    assert problems[0].text() == (
        "host xen1: guest web1: name = 'web1': runs 2 times in the fleet. "
        "Remedy: rename the guest; until then it is web1~xen1 in the inventory."
    )
    assert len(problems) == 2


def test_names_that_are_somebody_elses() -> None:
    fleet = {"xen1": told(row("xen2"), row("localhost"), row("web1"), row("db1", defined=False)), "xen2": told()}
    found, problems = entries(fleet, unmanaged=True, present=["web1", "db1"])
    assert [entry.name for entry in found] == ["xen2~xen1", "localhost~xen1", "web1", "db1~xen1"]
    assert [problem.reason for problem in problems] == [
        "is the name of a Xen host",
        "means something else to Ansible",
        "is the name of another host of the inventory, and no definition names this guest",
    ]


NAMES = st.sampled_from(["a", "b", "xen1", "xen2", "all", "c"])
ROWS = st.lists(st.builds(lambda name, defined: row(name, defined=defined), NAMES, st.booleans()), max_size=5,
                unique_by=lambda found: found["name"])  # fmt: skip


@given(st.dictionaries(st.sampled_from(["xen1", "xen2", "xen3"]), ROWS), st.booleans(), st.sets(NAMES))
def test_no_guest_passes_for_anything_else(rows: dict[str, Any], unmanaged: bool, present: set[str]) -> None:
    fleet = {host: told(*listed) for host, listed in rows.items()}
    found, problems = entries(fleet, unmanaged, present)
    names = [entry.name for entry in found]
    wanted = [(host, one["name"]) for host, listed in sorted(rows.items()) for one in listed if unmanaged or one["defined"]]
    assert [(entry.facts["host"], entry.facts["name"]) for entry in found] == wanted
    assert len(set(names)) == len(names)
    assert not {*names} & {*fleet, *RESERVED}
    assert not {entry.name for entry in found if not entry.facts["defined"]} & present
    assert len(problems) == sum("~" in name for name in names)
