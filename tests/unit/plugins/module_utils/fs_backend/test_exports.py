# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of exports: what is planned for its links."""

from __future__ import annotations

from typing import Any, Mapping

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.exports import Entry, Plan, Tree
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.links import Link

KEYMAPS, XEN = (Link(name, f"/{name}") for name in exports.LINKS)

EMPTY = Tree({KEYMAPS.name: Entry(), XEN.name: Entry()}, {})


def tree(entries: Mapping[str, str], **found: Entry) -> Tree:
    """Return a tree with the names in each folder, separated by blanks, and the entry of ``xen``."""
    return Tree({XEN.name: found["xen"]}, {name: frozenset(text.split()) for name, text in entries.items()})


def test_everything_is_made() -> None:
    plan, problems = exports.plan_present("/exports", [KEYMAPS, XEN], EMPTY)
    assert problems == []
    assert plan == Plan(
        make=["", "usr", "usr/share", "usr/share/xen", "usr/share/xen/qemu", "var", "var/lib"],
        put=[KEYMAPS, XEN],
        states={KEYMAPS.name: "created", XEN.name: "created"},
    )
    assert plan.changed


def test_only_what_is_missing_is_made() -> None:
    seen = tree({"": "var", "var": ""}, xen=Entry())
    plan, _problems = exports.plan_present("/exports", [XEN], seen)
    assert (plan.make, plan.put) == (["var/lib"], [XEN])


def test_a_link_that_is_right_is_left() -> None:
    seen = tree({"": "var", "var": "lib", "var/lib": "xen"}, xen=Entry("link", "/var/lib/xen"))
    plan, problems = exports.plan_present("/exports", [XEN], seen)
    assert (plan, problems) == (Plan(states={XEN.name: "unchanged"}), [])
    assert not plan.changed


def test_a_link_that_is_wrong_is_replaced() -> None:
    seen = tree({"": "var", "var": "lib", "var/lib": "xen"}, xen=Entry("link", "/etc"))
    plan, _problems = exports.plan_present("/exports", [XEN], seen)
    assert plan == Plan(put=[XEN], states={XEN.name: "replaced"})
    assert exports.plan_diff(plan, [XEN], seen) == ("var/lib/xen -> /etc\n", "var/lib/xen -> /var/lib/xen\n")


@pytest.mark.parametrize(
    "at, reason, remedy",
    [
        (
            "var/lib/xen",
            "exists and is not a link",
            "see what it contains, move /exports/var/lib/xen away, and run again",
        ),
        (
            "var/lib",
            "/exports/var/lib is a link or a file, and nothing is made behind it",
            "move it away, so that a folder can take its place, and run again",
        ),
        (
            "",
            "/exports is a link or a file, and nothing is made behind it",
            "move it away, so that a folder can take its place, and run again",
        ),
    ],
)
def test_obstacles_at_the_path_of_a_link(at: str, reason: str, remedy: str) -> None:
    """Nothing is done then, not even for the other links."""
    seen = Tree({KEYMAPS.name: Entry(), XEN.name: Entry("other", at=at)}, {})
    plan, problems = exports.plan_present("/exports", [KEYMAPS, XEN], seen)
    assert plan == Plan()
    assert [(found.key, found.reason, found.remedy) for found in problems] == [("/exports/var/lib/xen", reason, remedy)]


def test_a_link_of_ours_is_removed_with_the_folders_that_held_it_alone() -> None:
    seen = tree({"": "var", "var": "lib", "var/lib": "xen"}, xen=Entry("link", "/var/lib/xen"))
    plan = exports.plan_absent([XEN], seen)
    assert plan == Plan(remove=[XEN], prune=["var/lib", "var", ""], states={XEN.name: "removed"})
    assert exports.plan_diff(plan, [XEN], seen) == ("/\nvar/\nvar/lib/\nvar/lib/xen -> /var/lib/xen\n", "")


def test_a_folder_that_holds_something_else_stays_and_those_above_it() -> None:
    seen = tree({"": "var", "var": "lib other", "var/lib": "xen"}, xen=Entry("link", "/var/lib/xen"))
    assert exports.plan_absent([XEN], seen).prune == ["var/lib"]


@pytest.mark.parametrize("found", [Entry("link", "/etc"), Entry("other", at="var/lib/xen")])
def test_what_is_not_ours_stays(found: Entry) -> None:
    seen = tree({"": "var", "var": "lib", "var/lib": "xen"}, xen=found)
    plan = exports.plan_absent([XEN], seen)
    assert plan == Plan(kept=[XEN.name], states={XEN.name: "kept"})
    assert not plan.changed
    shown = ["var/lib/xen -> /etc\n"] * 2 if found.kind == "link" else ["", ""]
    assert list(exports.plan_diff(plan, [XEN], seen)) == shown


@pytest.mark.parametrize("entries, prune", [({}, []), ({"": "", "var": ""}, ["var", ""])])
def test_a_removal_is_finished_and_then_changes_nothing(entries: dict[str, str], prune: list[str]) -> None:
    seen = tree({**entries, **({"": "var"} if entries else {})}, xen=Entry())
    plan = exports.plan_absent([XEN], seen)
    assert plan == Plan(prune=prune, states={XEN.name: "absent"})
    assert plan.changed is bool(prune)


def test_links_of_one_folder_go_with_it() -> None:
    other = Link("var/lib/other", "/srv")
    seen: Any = Tree(
        {XEN.name: Entry("link", XEN.target), other.name: Entry("link", other.target)},
        {"": frozenset({"var"}), "var": frozenset({"lib"}), "var/lib": frozenset({"xen", "other"})},
    )
    assert exports.plan_absent([XEN, other], seen).prune == ["var/lib", "var", ""]
    assert exports.plan_absent([XEN], seen).prune == []
