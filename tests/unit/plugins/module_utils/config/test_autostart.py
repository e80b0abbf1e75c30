# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links by which a host starts its guests when it boots, and what else there starts one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.autostart import link_name
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.guest_plan import GuestPlan, apply
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.plan_guests import HostContext, plan_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import depths_of, read_guests
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, facts, guest, told

OURS = "1000-00-web1.cfg"
OTHER = "is another configuration of this guest, from which the host starts it when it boots"


@pytest.fixture
def place(tmp_path: Path) -> HostContext:
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(b"\x7fELF")
    (tmp_path / "xen" / "auto").mkdir(parents=True)
    return HostContext(tmp_path / "xen", tmp_path / "xen" / "auto", facts())


def web1(place: HostContext, name: str = "web1", **changes: Any) -> dict[str, Any]:
    boot = {"method": "direct", "kernel": str(place.config_dir.parent / "vmlinuz")}
    return definition(name, boot=boot, **{"autostart": True, **changes})


def plan(place: HostContext, *items: dict[str, Any], adopt: bool = False) -> list[GuestPlan]:
    return plan_guests(read_guests(items), place, adopt)[0]


def write(place: HostContext, *items: dict[str, Any]) -> list[GuestPlan]:
    plans = plan(place, *items)
    for one in plans:
        assert one.problems == []
        apply(one)
    return plans


def links(place: HostContext) -> list[str]:
    return sorted(os.listdir(place.autostart_dir))


GUESTS = st.lists(st.tuples(st.integers(-1000, 1000), st.sampled_from(["1", "9web", "A", "a", "z", "_x", "a-b", "a.b"])), unique_by=lambda row: row[1])


@given(GUESTS)
def test_names_sort_as_orders_do_in_each_locale(rows: list[tuple[int, str]]) -> None:
    """Some locales leave out punctuation at first, and sort letters without regard to their case."""
    guests = [guest(f"{name}x", order=order) for order, name in rows]
    named = {link_name(one, 0, f"{one.name}.cfg"): one.order for one in guests}
    for key in (str, lambda name: "".join(letter for letter in name.lower() if letter.isalnum())):
        orders = [named[name] for name in sorted(named, key=key)]
        assert orders == sorted(orders)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_what_is_needed_sorts_first(needs: list[int]) -> None:
    guests = [guest(f"{'zyxw'[number]}", needs=["zyxw"[other]] if other < number else []) for number, other in enumerate(needs)]
    depths = depths_of(guests)
    names = {one.name: link_name(one, depths[one.name], one.name) for one in guests}
    assert all(names[other] < names[one.name] for one in guests for other in one.needs)


def test_the_links_of_a_host(place: HostContext) -> None:
    items = [web1(place, "web", needs=["net"]), web1(place, "net"), web1(place, "db", order=-7), web1(place, "late", order=1000)]
    write(place, *items)
    assert links(place) == ["0993-00-db.cfg", "1000-00-net.cfg", "1000-01-web.cfg", "2000-00-late.cfg"]
    assert [one.action for one in write(place, *items)] == ["none"] * 4


@pytest.mark.parametrize("before, order", [("web1.cfg", 7), ("1000-00-web1.cfg", 7), ("0001-07-web1.cfg", 0)])
@pytest.mark.parametrize("target", ["../web1.cfg", ""])
def test_a_link_gets_its_new_name_without_a_moment_without_one(before: str, order: int, target: str, place: HostContext) -> None:
    write(place, web1(place, autostart=False))
    (place.autostart_dir / before).symlink_to(target or place.config_dir / "web1.cfg")
    planned = plan(place, web1(place, order=order))[0]
    assert [(link.link.name, link.wanted) for link in planned.links] == [(f"{1000 + order}-00-web1.cfg", True), (before, False)]
    assert planned.action == "updated"
    # A run that was interrupted between the two leaves both; the next one removes the old one.
    apply(GuestPlan(planned.name, planned.files, planned.links[:1]))
    assert len(links(place)) == 2
    write(place, web1(place, order=order))
    assert links(place) == [f"{1000 + order}-00-web1.cfg"]
    assert plan(place, web1(place, order=order))[0].action == "none"


@pytest.mark.parametrize("state", ["running", "absent"])
def test_all_links_of_ours_are_removed(state: str, place: HostContext) -> None:
    write(place, web1(place))
    (place.autostart_dir / "web1.cfg").symlink_to("../web1.cfg")
    write(place, {"name": "web1", "state": "absent"} if state == "absent" else web1(place, autostart=False))
    assert links(place) == []


@pytest.mark.parametrize("name, target", [
    ("10-web1", "../web1.cfg"), ("web1", "../web1.cfg"), ("web1.conf", "{}/web1.cfg"), ("zz", "..//auto/../web1.cfg"), ("zz", "../alias"),
])  # fmt: skip
@pytest.mark.parametrize("autostart, advice", [(True, "remove it"), (False, "remove it, or set autostart: true")])
def test_a_link_under_another_name_is_told_and_stays(
    name: str, target: str, autostart: bool, advice: str, place: HostContext
) -> None:
    write(place, web1(place, autostart=False))
    (place.config_dir / "alias").symlink_to("web1.cfg")
    link = place.autostart_dir / name
    link.symlink_to(target.format(place.config_dir))
    # A second guest has an order, so that the names of links matter.
    guests = web1(place, autostart=autostart), web1(place, "db", autostart=False, order=1)
    planned = plan(place, *guests)[0]
    text = "leads to its file as well, and this collection did not make it: the host starts the guest by it when it boots"
    assert (planned.problems, planned.notes) == ([], [f"guest web1: {link} {text}; {advice}"])
    write(place, *guests)
    assert links(place) == sorted([name, *([OURS] if autostart else [])])


@pytest.mark.parametrize("name, target", [
    ("10-web1", "../web1.cfg"), ("web1.cfg", "../web1.cfg"), ("web1.conf", "{}/web1.cfg"), ("zz", "../alias"),
])  # fmt: skip
def test_any_link_is_enough_where_no_guest_has_an_order(name: str, target: str, place: HostContext) -> None:
    write(place, web1(place, autostart=False))
    (place.config_dir / "alias").symlink_to("web1.cfg")
    (place.autostart_dir / name).symlink_to(target.format(place.config_dir))
    guests = web1(place), web1(place, "db", autostart=False)
    planned = plan(place, *guests)[0]
    assert (planned.action, planned.links, planned.problems, planned.notes) == ("none", [], [], [])
    # A second one starts nothing more.
    (place.autostart_dir / "zzz").symlink_to("../web1.cfg")
    assert [note.split()[2] for note in plan(place, *guests)[0].notes] == [str(place.autostart_dir / "zzz")]
    for other in (web1(place, "db", order=1), web1(place, "db", needs=["web1"])):
        assert [(link.link.name, link.wanted) for link in plan(place, web1(place), other)[0].links if link.wanted] == [(OURS, True)]
    # Its own link stays once it has one, and follows its order.
    write(place, web1(place), web1(place, "db", order=1))
    assert OURS in links(place)
    assert plan(place, *guests)[0].action == "none"


def test_a_link_to_a_file_that_is_not_written_yet_is_told(place: HostContext) -> None:
    (place.autostart_dir / "10-web1").symlink_to("../web1.cfg")
    write(place, web1(place, order=1))
    assert len(plan(place, web1(place, order=1))[0].notes) == 1


@pytest.mark.parametrize("text", ["name = 'web1'\n", 'memory=64\n  name="web1"', "name='old'\nname = 'web1'\n"])
@pytest.mark.parametrize("name", ["web1", "10-web1.cfg", "any"])
@pytest.mark.parametrize("step", [{}, {"autostart": False}, {"state": "absent"}])
def test_another_file_for_the_guest_is_refused(text: str, name: str, step: dict[str, Any], place: HostContext) -> None:
    path = place.autostart_dir / name
    path.write_text(text, encoding="utf-8")
    planned = plan(place, web1(place, **step))[0]
    assert told(planned.problems) == [("web1", "autostart", str(path), OTHER, "move it away")]
    assert plan(place, web1(place, "web2"))[0].problems == []


@pytest.mark.parametrize("kind", ["copy", "hard link", "link to a copy"])
def test_a_copy_of_our_own_file_is_refused(kind: str, place: HostContext) -> None:
    write(place, web1(place))
    own, path = place.config_dir / "web1.cfg", place.autostart_dir / "10-web1"
    if kind == "hard link":
        os.link(own, path)
    else:
        copy = path if kind == "copy" else place.config_dir.parent / "copy"
        copy.write_text(own.read_text())
        if copy != path:
            path.symlink_to(copy)
    assert told(plan(place, web1(place))[0].problems) == [("web1", "autostart", str(path), OTHER, "move it away")]


@pytest.mark.parametrize("name", ["web1.cfg", OURS])
@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("/dev/null")])
def test_a_name_of_ours_that_is_taken(name: str, make: Any, place: HostContext) -> None:
    path = place.autostart_dir / name
    make(path)
    assert told(plan(place, web1(place))[0].problems) == [
        ("web1", "autostart", str(path), "exists and is not a link to the guest's file", "move it away")
    ]


def test_what_a_shell_does_not_see_starts_nothing(place: HostContext) -> None:
    (place.autostart_dir / ".web1").write_text("name = 'web1'")
    assert plan(place, web1(place))[0].problems == []


def test_the_links_of_other_guests_are_not_read(place: HostContext, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [web1(place, name) for name in ("a", "b", "c")]
    write(place, *items)
    opened: list[Path] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: opened.append(path) or real(path))
    plan(place, *items)
    assert not [path for path in opened if path.parent == place.autostart_dir]
