# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which domains of a host are guests, and what is taken of what the host says of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import TYPES, read_guest
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.running import CONDITIONS, PLACES, guests_of
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, hvm

EVIL = "{{ lookup('pipe', 'id') }}"


def domain(name: Any, **changes: Any) -> dict[str, Any]:
    """As host_info tells of a PV guest."""
    return {"name": name, "domid": 3, "memory": 256, "vcpus": 1, "state": "running", "device_model": "", "stub_domain": "",
            "serves": None, "image": "", "stale": False, **changes}  # fmt: skip


def look(*domains: Any, **facts: Any) -> dict[str, Any]:
    return {"domains": list(domains), "schemes": ["linux", "minios"], **facts}


def one(definitions: Any, *domains: Any, scheme: Any = "auto", **facts: Any) -> dict[str, Any]:
    [row] = guests_of(definitions, look(*domains, **facts), scheme)
    return row


def test_all_that_is_told_of_a_guest() -> None:
    defined = definition("web1", vifs=[{"ip": "10.0.0.5/24 fe80::1"}])
    assert one([defined], domain("web1", image="pvgrub2-x86_64 0f3c9a51", stale=True)) == {
        "name": "web1", "domid": 3, "memory": 256, "vcpus": 1, "state": "running", "type": "pv", "device_model": "",
        "stub_domain": "", "scheme": "", "image": "pvgrub2-x86_64 0f3c9a51", "stale": True, "defined": True,
        "address": "10.0.0.5",
    }  # fmt: skip


def test_stub_domains_and_what_is_being_destroyed_are_no_guests() -> None:
    domains = [
        domain("win1", domid=1, device_model="stub domain", stub_domain="win1-dm"), domain("win1-dm", domid=2, serves=1),
        # What a failed start left serves nobody; neither does that of a guest which is gone.
        domain("win2-dm", state="paused", vcpus=0), domain("stubdom-win1"), domain("odd", serves=7),
        domain("web1", state="dying"),
    ]  # fmt: skip
    assert [row["name"] for row in guests_of([hvm("win1"), hvm("win2"), definition()], look(*domains))] == ["win1"]


def test_a_guest_that_is_called_like_a_stub_domain() -> None:
    """It is one, as no HVM guest is defined that would make it another's."""
    assert one([definition("web1-dm"), definition("web1")], domain("web1-dm"))["defined"]


@pytest.mark.parametrize("name", ["Domain-0", "123", "", "-oProxyCommand=x", "a b", "a/b", EVIL, "web1\n", None, 5, ["a"]])
def test_a_name_that_no_guest_can_have(name: Any) -> None:
    assert guests_of([], look(domain(name))) == []


@pytest.mark.parametrize("place,defined,wanted", [
    ("", definition(), "pv"),
    ("", definition(type="pvh"), "pvh"),
    # It runs as what it was when it was started.
    ("stub domain", definition(), "hvm"),
    ("dom0", hvm("web1"), "hvm"),
    ("", hvm("web1"), "hvm"),
    # A definition with a fault still says it; one that says nothing of the kind does not.
    ("", definition(memory=-1), "pv"),
    ("", definition(type="lxc"), ""),
])  # fmt: skip
def test_the_type(place: str, defined: dict[str, Any], wanted: str) -> None:
    assert one([defined], domain("web1", device_model=place))["type"] == wanted


@pytest.mark.parametrize("place,own,scheme,schemes,wanted", [
    ("stub domain", "minios", "linux", ["linux"], "minios"),
    ("stub domain", "auto", "minios", ["linux"], "minios"),
    ("stub domain", "auto", "auto", ["linux", "minios"], "linux"),
    # What is seen counts: it was asked for before the domain was started.
    ("stub domain", "dom0", "auto", ["linux"], "linux"),
    ("stub domain", "auto", None, [], ""),
    ("stub domain", "auto", EVIL, [EVIL, 5, ["linux"]], ""),
    ("dom0", "linux", "linux", ["linux"], "dom0"),
    ("", "linux", "linux", ["linux"], ""),
])  # fmt: skip
def test_the_scheme(place: str, own: str, scheme: Any, schemes: Any, wanted: str) -> None:
    row = one([hvm("web1", device_model={"scheme": own})], domain("web1", device_model=place), scheme=scheme, schemes=schemes)
    assert row["scheme"] == wanted


def test_what_nobody_defines() -> None:
    row = one("not a list", domain("web1"))
    assert (row["defined"], row["type"], row["address"]) == (False, "", "")
    assert one([definition("web1", state="absent", type="pv")], domain("web1"))["defined"]


@pytest.mark.parametrize("key,value,wanted", [
    ("domid", True, 0), ("domid", "3", 0), ("memory", None, 0), ("state", EVIL, ""), ("state", ["running"], ""),
    ("device_model", "stub-domain", ""), ("stub_domain", EVIL, ""), ("image", "x" * 201, ""), ("image", 5, ""),
    ("image", "a\x1b[31m", ""), ("stale", "yes", False), ("stale", 1, False),
])  # fmt: skip
def test_what_a_host_cannot_mean(key: str, value: Any, wanted: Any) -> None:
    assert one([], domain("web1", **{key: value}))[key] == wanted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["web1", "linux", EVIL, *PLACES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DOMAINS = st.dictionaries(st.sampled_from(sorted(domain("web1"))), JSON)


@given(st.lists(st.sampled_from([definition(), hvm()]) | JSON, max_size=3) | JSON, st.lists(DOMAINS | JSON), JSON, JSON)
def test_a_host_can_say_what_it_will(definitions: Any, domains: list[Any], schemes: Any, scheme: Any) -> None:
    """Whatever it is, only names of guests, known words, numbers and harmless text come of it, which a cache can keep."""
    rows = guests_of(definitions, {"domains": domains, "schemes": schemes}, scheme)
    assert json.loads(json.dumps(rows)) == rows
    for row in rows:
        assert not read_guest({"name": row["name"], "state": "absent"}).problems
        assert row["type"] in ("", *TYPES)
        assert row["state"] in ("", *CONDITIONS)
        assert not any(mark in json.dumps([*row.values()]) for mark in ("{", "}", "\\"))


@given(JSON)
def test_an_answer_that_is_none(answer: Any) -> None:
    assert isinstance(guests_of([], answer), list)
