# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.declared_host import read_declared_host
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.shared_names import (
    duplicate_names,
    same_uuid,
    stub_domains,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.tests.unit.fleets import met
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest


def blocked(*guests: tuple[str, Guest], **hosts: Any) -> list[tuple[str, str, str]]:
    """Host, guest, and the domains that its stub domain would wait for."""
    said = {host: read_declared_host(about, host)[0] for host, about in hosts.items()}
    return [(one.host, one.guest, one.reason.split("its own: ")[1]) for one in stub_domains(list(guests), said)]


XM34, XM41 = {"release": "3.4", "toolstack": "xm"}, {"release": "4.1", "toolstack": "xm"}

# Names


def test_a_stub_domain_that_would_never_start() -> None:
    names = [("x", hvm_guest("web")), ("x", hvm_guest("my-web")), ("x", guest("web-dm2"))]
    assert blocked(*names, x=XM34) == [("x", "web", "web-dm2, my-web-dm (of guest my-web)")]
    assert blocked(*names, x=XM41) == [("x", "web", "my-web-dm (of guest my-web)")]
    assert blocked(("x", hvm_guest("web")), ("x", hvm_guest("myweb")), x=XM41) == []
    assert blocked(("x", hvm_guest("web")), ("x", hvm_guest("myweb")), x=XM34) == [("x", "web", "myweb-dm (of guest myweb)")]


def test_stub_domains_that_block_no_other() -> None:
    web, other = ("x", hvm_guest("web")), ("x", hvm_guest("my-web"))
    assert blocked(web, other) == blocked(web, other, x={"release": "4.17"}) == blocked(web, other, x={"toolstack": "xm"}) == []
    assert blocked(web, ("y", hvm_guest("my-web")), x=XM41, y=XM41) == []
    assert blocked(web, ("x", hvm_guest("my-web", state="absent")), x=XM41) == []
    assert blocked(("x", hvm_guest("web", device_model={"scheme": "dom0"})), other, x=XM41) == []
    assert blocked(web, ("x", guest("my-web")), x=XM41) == []


def test_many_in_the_way_of_one() -> None:
    ((_host, _guest, told),) = blocked(*[("x", hvm_guest(name)) for name in ["a", *(f"{n}-a" for n in range(7))]], x=XM41)
    assert told.endswith("4-a-dm (of guest 4-a) and 2 more")


def test_names() -> None:
    names = [("x", "a"), ("y", "a"), ("y", "b"), ("y", "a")]
    assert [(found.host, found.guest, found.key, found.value, found.reason) for found in duplicate_names(names)] == [
        ("x", "a", "name", "a", "is used also by a on y"),
        ("y", "a", "name", "a", "is used also by a on x"),
    ]


def test_a_name_twice_on_one_host_is_a_problem_of_that_host() -> None:
    assert duplicate_names([("x", "a"), ("x", "a")]) == []


# Uuids

ONE = "01234567-89ab-cdef-0123-456789abcdef"


def with_uuid(name: str, text: Any, **changes: Any) -> Guest:
    return guest(name, settings={"uuid": text}, **changes)


@pytest.mark.parametrize(
    "other, meets",
    [(ONE, True), (ONE.upper(), True), (ONE.replace("-", ""), True), ("11234567-89ab-cdef-0123-456789abcdef", False)],
)
def test_uuids(other: str, meets: bool) -> None:
    key = "settings.uuid"
    rows = [("x", "a", key, "b on y"), ("y", "b", key, "a on x")] if meets else []
    assert met(("x", with_uuid("a", ONE)), ("y", with_uuid("b", other))) == rows


@pytest.mark.parametrize("state, count", [("running", 2), ("stopped", 2), ("defined", 2), ("absent", 0)])
def test_which_states_count_for_uuids(state: str, count: int) -> None:
    assert len(met(("x", with_uuid("a", ONE)), ("x", with_uuid("b", ONE, state=state)))) == count


def test_what_is_no_uuid_is_compared_as_it_is() -> None:
    assert len(met(("x", with_uuid("a", "no uuid")), ("x", with_uuid("b", "no uuid")))) == 2
    assert met(("x", with_uuid("a", 7)), ("x", with_uuid("b", 8))) == []


@given(st.uuids(), st.booleans(), st.booleans(), st.sampled_from(["{}", "{{{}}}", "urn:uuid:{}", " {} "]))
def test_spellings_of_one_uuid_are_one_and_others_are_not(one: UUID, upper: bool, plain: bool, form: str) -> None:
    text = one.hex if plain else str(one)
    assert same_uuid(form.format(text.upper() if upper else text)) == str(one)
    assert same_uuid(UUID(int=one.int ^ 1)) != str(one)
