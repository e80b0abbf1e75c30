# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of the tree of exports: which are refused, and that no path leads out of the tree."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.links import Link, read_links

KEYMAPS, XEN = (Link(name, f"/{name}") for name in exports.LINKS)


def refusal(root: str = "/exports", **link: str) -> tuple[str, str, str]:
    links, problems = read_links(root, [{"name": "var/lib/xen", **link}])
    assert links == []
    assert len(problems) == 1
    return problems[0].key, problems[0].reason, problems[0].remedy


def test_the_links_of_the_readme() -> None:
    links, problems = read_links(exports.ROOT, [{"name": name} for name in exports.LINKS])
    assert (links, problems) == ([KEYMAPS, XEN], [])
    assert [f"{exports.ROOT}/{link.name} -> {link.target}" for link in links] == [
        "/exports/usr/share/xen/qemu/keymaps -> /usr/share/xen/qemu/keymaps",
        "/exports/var/lib/xen -> /var/lib/xen",
    ]


def test_a_target_of_another_name() -> None:
    links, problems = read_links("/exports", [{"name": "keymaps", "target": "/usr/share/qemu/keymaps"}])
    assert (links, problems) == ([Link("keymaps", "/usr/share/qemu/keymaps")], [])


@pytest.mark.parametrize(
    "name, reason, remedy",
    [
        ("", "must not be empty", "give a path below the tree, such as var/lib/xen"),
        ("/etc/passwd", "is absolute, and would be outside of the tree", "write it as etc/passwd"),
        ("/", "is absolute, and would be outside of the tree", "write it as var/lib/xen"),
        ("..", "has a part . or .., which can lead out of its folder", "write the path without it"),
        ("var/../../etc", "has a part . or .., which can lead out of its folder", "write the path without it"),
        ("./var", "has a part . or .., which can lead out of its folder", "write the path without it"),
        ("var//lib", "has an empty part", "write it without // and without / at its end"),
        ("var/lib/", "has an empty part", "write it without // and without / at its end"),
        ("a\nb", "contains a newline or another character that cannot be printed", "remove it"),
        ("a\0b", "contains a newline or another character that cannot be printed", "remove it"),
        ("a\udcffb", "contains a newline or another character that cannot be printed", "remove it"),
        ("a/" + "ö" * 101, "has a part of more than 200 bytes", "shorten it"),
    ],
)
def test_names_that_are_refused(name: str, reason: str, remedy: str) -> None:
    assert refusal(name=name) == ("links[0].name", reason, remedy)


@pytest.mark.parametrize(
    "target, reason, remedy",
    [
        ("var/lib/xen", "is not absolute", "write it as /var/lib/xen"),
        ("../secret", "is not absolute", "write it as /../secret"),
        ("/var/../etc", "has a part . or .., which can lead out of its folder", "write the path without it"),
        ("//etc", "has an empty part", "write it without // and without / at its end"),
        ("/var\n", "contains a newline or another character that cannot be printed", "remove it"),
        (
            "/exports/var",
            "contains the tree /exports, or lies in it, so that the tree would have no end",
            "name another folder",
        ),
        (
            "/exports",
            "contains the tree /exports, or lies in it, so that the tree would have no end",
            "name another folder",
        ),
        ("/", "contains the tree /exports, or lies in it, so that the tree would have no end", "name another folder"),
    ],
)
def test_targets_that_are_refused(target: str, reason: str, remedy: str) -> None:
    assert refusal(target=target) == ("links[0].target", reason, remedy)


def test_a_target_whose_name_only_begins_like_the_tree() -> None:
    assert read_links("/exports", [{"name": "a", "target": "/exports2"}])[1] == []


@pytest.mark.parametrize(
    "root, reason",
    [
        ("/", "is the host's own tree"),
        ("exports", "is not absolute"),
        ("/srv/../exports", "has a part . or .., which can lead out of its folder"),
        ("/exports/", "has an empty part"),
        ("/ex\nports", "contains a newline or another character that cannot be printed"),
    ],
)
def test_trees_that_are_refused(root: str, reason: str) -> None:
    links, problems = read_links(root, [])
    assert links == []
    assert [(found.key, found.value, found.reason) for found in problems] == [("path", root, reason)]


@pytest.mark.parametrize(
    "names, reason",
    [
        (("var/lib/xen", "var/lib/xen"), "is there twice"),
        (("var/lib/xen", "var/lib/xen/save"), "and var/lib/xen are one below the other"),
        (("var/lib/xen", "var"), "and var/lib/xen are one below the other"),
    ],
)
def test_two_links_that_cannot_be_beside_each_other(names: tuple[str, str], reason: str) -> None:
    links, problems = read_links("/exports", [{"name": name, "target": "/srv/x"} for name in names])
    assert links == []
    assert [(found.key, found.reason) for found in problems] == [("links[1].name", reason)]


def test_names_of_which_one_begins_with_the_other_are_beside_each_other() -> None:
    links, problems = read_links("/exports", [{"name": "var/lib/xen"}, {"name": "var/lib/xenstore"}])
    assert ([link.name for link in links], problems) == (["var/lib/xen", "var/lib/xenstore"], [])


def test_all_problems_are_reported_at_once() -> None:
    _links, problems = read_links("x", [{"name": "/a"}, {"name": "b", "target": "c"}, {"name": "d"}])
    assert [found.key for found in problems] == ["path", "links[0].name", "links[1].target"]


PARTS = st.sampled_from(["..", ".", "", "var", "lib", "xen", "a\nb", "ö", "\x7f", "-", "x" * 201])

PATHS = st.one_of(st.lists(PARTS, max_size=5).map("/".join), st.text(max_size=20))


@given(root=st.sampled_from(["/exports", "/srv/tree"]), names=st.lists(PATHS, max_size=4), target=st.none() | PATHS)
def test_no_link_is_outside_of_the_tree_or_behind_another(root: str, names: list[str], target: str | None) -> None:
    """What is accepted stays where it was put, however Python or the kernel reads the path."""
    links, problems = read_links(root, [{"name": name, "target": target} for name in names])
    assert bool(problems) <= (links == [])
    for link in links:
        place = posixpath.join(root, link.name)
        assert place == posixpath.normpath(place)
        assert place.startswith(f"{root}/")
        assert posixpath.isabs(link.target) and link.target == posixpath.normpath(link.target)
        assert not f"{link.target}/".startswith(f"{root}/")
        assert f"{link.name} -> {link.target}".isprintable()
        assert [other for other in links if f"{other.name}/".startswith(f"{link.name}/")] == [link]
