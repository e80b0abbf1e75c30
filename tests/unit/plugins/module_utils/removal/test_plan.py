# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ours, which folders are empty afterwards, and the lines of the plan."""

from __future__ import annotations

import posixpath

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.file_plan import names_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal.plan import (
    OwnGuest,
    RemovalPlan,
    emptied,
    files_by_guest,
)

GUESTS = st.sampled_from(["web1", "db1", "a-dm", "a"])
FILES = st.sampled_from(sorted({name for guest in ("web1", "db1", "a-dm", "a") for name in names_of(guest)} | {"copy"}))


def sort_out(owners: dict[str, str], xm: bool = False) -> tuple[dict[str, list[str]], dict[str, str]]:
    guests = {owner for owner in owners.values() if owner}
    own = {guest: guest if xm else f"{guest}.cfg" for guest in guests}
    return files_by_guest(owners, own, {guest: names_of(guest) for guest in guests})


@given(st.dictionaries(FILES, st.one_of(st.just(""), GUESTS)), st.booleans())
def test_each_file_of_a_guest_is_removed_or_reported(owners: dict[str, str], xm: bool) -> None:
    found, left = sort_out(owners, xm)
    going = [name for names in found.values() for name in names]
    assert sorted([*going, *left]) == sorted(name for name, owner in owners.items() if owner)
    for guest, names in found.items():
        assert all(owners[name] == guest and name in names_of(guest) for name in names)
        assert owners.get(guest if xm else f"{guest}.cfg", guest) == guest, "its own file is somebody else's"


def test_a_second_file_beside_a_foreign_file_is_left() -> None:
    owners = {"web1": "", "web1-dm": "web1", "db1.cfg": "db1", "db1-dm": "db1"}
    found, left = sort_out(owners, xm=True)
    assert found == {"db1": ["db1-dm", "db1.cfg"]}, "without a file of its own it is ours"
    assert left == {"web1-dm": "was written for guest web1, whose own file web1 is not ours"}


PARTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4)


@given(st.lists(PARTS, max_size=12), st.data())
def test_folders_are_empty_when_all_in_them_is_removed(paths: list[list[str]], data: st.DataObject) -> None:
    folders: dict[str, set[str]] = {"/": set()}
    for parts in paths:
        for count in range(len(parts)):
            parent = "/" + "/".join(parts[:count])
            folders.setdefault(parent, set()).add(parts[count])
    leaves = sorted({posixpath.join(folder, entry) for folder, entries in folders.items() for entry in entries} - {*folders})
    gone = set(data.draw(st.lists(st.sampled_from(leaves), unique=True))) if leaves else set()
    found = emptied(folders, gone)
    kept = [leaf for leaf in leaves if leaf not in gone]
    for folder in folders:
        holds = any(leaf.startswith(folder.rstrip("/") + "/") for leaf in kept)
        assert (folder in found) != holds
    for number, folder in enumerate(found):
        assert not any(later.startswith(folder.rstrip("/") + "/") for later in found[number + 1 :]), "the deepest first"


def test_a_guest_has_its_state_in_the_plan() -> None:
    files = ["/etc/xen/web1.cfg", "/etc/xen/auto/web1.cfg"]
    assert OwnGuest("web1", files).text == "guest web1 (off): /etc/xen/web1.cfg, /etc/xen/auto/web1.cfg"
    told = OwnGuest("web1", files[:1], "running", named=False).text
    assert told == "guest web1 (running; it is shut down first; the inventory does not name it): /etc/xen/web1.cfg"


def test_a_plan_lists_each_thing_once() -> None:
    whole = RemovalPlan(
        guests=[OwnGuest("web1", ["/etc/xen/web1.cfg"])],
        placed={"/x/bin/stubdom-dm": "/x/bin/stubdom-dm.orig", "/x/boot/ioemu-stubdom.gz": ""},
        trees=["/s/i/v"], files=["/s/i/current"], folders=["/s/i"], lock="/s/lock", links=["/exports/var/lib/xen"],
        service="xenfleet-fs-backend", console='X="--log=guest" of /etc/default/xen',
        left=["/s/note: is not an image of the store"],
    )
    assert whole.paths == [*whole.placed, "/s/i/v", "/s/i/current", "/s/lock", "/s/i"]
    assert whole.going == [
        "guest web1 (off): /etc/xen/web1.cfg",
        "service xenfleet-fs-backend: it is stopped and no longer started at boot",
        "link /exports/var/lib/xen",
        'line X="--log=guest" of /etc/default/xen; xenconsoled is restarted',
        "/x/bin/stubdom-dm; /x/bin/stubdom-dm.orig takes its place",
        "/x/boot/ioemu-stubdom.gz",
        "/s/i/v", "/s/i/current", "/s/lock", "/s/i",
    ]
    before, after = whole.listing()
    assert before.splitlines() == [*whole.paths, "/x/bin/stubdom-dm.orig"]
    assert after == "/x/bin/stubdom-dm\n"
    assert whole.as_dict()["guests"] == [{"name": "web1", "state": "absent"}]
    assert whole.as_dict()["left"] == whole.left
