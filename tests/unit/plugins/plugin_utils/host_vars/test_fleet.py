# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the whole fleet shows: guests of two hosts, and collisions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.fleet import (
    ImportedGuest,
    compare,
    imported_guests,
    names_in,
)
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.import_report import import_report


def imported(host: str, name: str, **changes: Any) -> ImportedGuest:
    boot = {"method": "direct", "kernel": "/k"}
    return ImportedGuest(host, name, f"/etc/xen/{name}.cfg", {"name": name, "type": "pv", "memory": 64, "boot": boot, **changes})


def reasons(*guests: ImportedGuest, managed: Any = None, defined: Any = None) -> list[list[str]]:
    by_host: dict[str, list[ImportedGuest]] = {}
    for guest in guests:
        by_host.setdefault(guest.host, []).append(guest)
    compare(by_host, managed or {}, defined or {}, {})
    return [guest.reasons for guest in guests]


def test_guests_of_their_own_are_used() -> None:
    assert reasons(imported("xen1", "a"), imported("xen1", "b"), imported("xen2", "c")) == [[], [], []]


def test_a_guest_of_two_hosts_is_used_on_neither() -> None:
    assert reasons(imported("xen1", "a"), imported("xen2", "a", state="defined")) == [
        ["guest a is also on xen2 (there, and does not run): decide which host it belongs to"],
        ["guest a is also on xen1 (there, and runs): decide which host it belongs to"],
    ]


def test_a_guest_that_cannot_be_used_there_counts_as_well() -> None:
    one, other = imported("xen1", "a"), imported("xen2", "a")
    other.reasons.append("x")
    assert [len(found) for found in reasons(one, other)] == [1, 2]


def test_guests_of_the_inventory_and_of_this_collection() -> None:
    assert reasons(imported("xen1", "a"), defined={"xen2": [{"name": "a"}]}) == [
        ["guest a is also on xen2 (in the inventory there): decide which host it belongs to"]
    ]
    assert reasons(imported("xen1", "a"), managed={"xen2": ["a"]}) == [
        ["guest a is also on xen2 (managed there): decide which host it belongs to"]
    ]
    # The same guest in the inventory of its own host: a second import.
    assert reasons(imported("xen1", "a"), defined={"xen1": [imported("xen1", "a").definition]}) == [[]]


def test_collisions_are_found_by_the_rules_of_the_fleet() -> None:
    mac = [{"mac": "00:16:3e:00:00:01"}]
    one, other, third = imported("xen1", "a", vifs=mac), imported("xen2", "b", vifs=mac), imported("xen2", "c")
    found = reasons(one, other, third)
    assert [len(item) for item in found] == [1, 1, 0]
    assert "vifs" in found[0][0] and found[0][0].startswith("host xen1: guest a: ")


@pytest.mark.parametrize("items", [None, 7, "a", [7], [{}], [{"name": 7}]])
def test_names_in_anything(items: Any) -> None:
    assert names_in(items) == []


def test_the_report() -> None:
    results = {
        "xen1": {
            "guests": [
                {"name": "a", "path": "/etc/xen/a.cfg", "definition": {"name": "a"}, "reasons": ["/etc/xen/a.cfg:3: kernel: is relative"], "notes": []},
                {"name": "b", "path": "/etc/xen/b.cfg", "definition": {"name": "b"}, "reasons": [], "notes": ["a note"]},
            ],
            "managed": [{"name": "c", "path": "/etc/xen/c.cfg"}],
            "skipped": [{"path": "/etc/xen/d\n.cfg", "reason": "is a pipe"}],
            "problems": ["something"],
        }
    }  # fmt: skip
    text = import_report(results, imported_guests(results), {"xen1": "host_vars/xen1.yml: created"}, {"xen2": "was not reached"})
    assert text == """\
HOST  GUESTS  UNDERSTOOD  NOT USED  MANAGED  NOT READ  FILE
----  ------  ----------  --------  -------  --------  ----
xen1  2       1           1         1        1         host_vars/xen1.yml: created
xen2  -       -           -         -        -         -

xen1:
  something
  guest a: not used
    /etc/xen/a.cfg:3: kernel: is relative
  guest b: a note
  managed already: c (/etc/xen/c.cfg)
  not read: /etc/xen/d?.cfg: is a pipe

xen2: was not reached

1 host, 2 guests: 1 fully understood."""
