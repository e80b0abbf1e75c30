# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen import releases
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release, Span


@pytest.mark.parametrize(
    "text, release",
    [("4.17", (4, 17)), ("4.17.5", (4, 17)), ("4.20.0-rc1", (4, 20)), ("3.3.1-pre", (3, 3)), ("4.9-unstable", (4, 9))],
)
def test_parse_release(text: str, release: Release) -> None:
    assert releases.parse_release(text) == release
    assert releases.parse_release(releases.shown(release)) == release


@pytest.mark.parametrize("text", ["", "four", "4", "None.None", "v4.17"])
def test_what_is_not_a_release(text: str) -> None:
    with pytest.raises(releases.ReleaseError, match=f"^'{text}' is not a Xen version. Remedy: write it as 4.17, in quotes.$"):
        releases.parse_release(text)


def test_releases_are_compared_as_numbers() -> None:
    assert releases.parse_release("4.9") < releases.parse_release("4.10")


@pytest.mark.parametrize(
    "release, span, inside",
    [
        ((4, 1), ((4, 2), (4, 20)), False),
        ((4, 2), ((4, 2), (4, 20)), True),
        ((4, 20), ((4, 2), (4, 20)), True),
        ((4, 21), ((4, 2), (4, 20)), False),
        ((4, 13), ((4, 14), None), False),
        ((9, 0), ((4, 14), None), True),
    ],
)
def test_within(release: Release, span: Span, inside: bool) -> None:
    assert releases.within(release, span) is inside


@pytest.mark.parametrize("key", sorted(releases.FIRST_RELEASE))
def test_each_key_of_the_table_is_refused_before_its_first_release(key: str) -> None:
    first = releases.FIRST_RELEASE[key]
    older = (first[0], first[1] - 1)
    assert releases.knows(key, first)
    assert releases.too_new(key, first, "web1", "x") is None
    problem = releases.too_new(key, older, "web1", "x")
    assert problem is not None
    assert (problem.guest, problem.key, problem.value) == ("web1", key, "x")
    assert problem.reason == f"Xen {older[0]}.{older[1]} ignores this key"
    assert problem.remedy == f"remove it, or move the guest to a host with Xen {first[0]}.{first[1]} or newer"
    assert problem.release == f"Xen {first[0]}.{first[1]} on"


def test_a_key_is_shown_as_the_definition_calls_it() -> None:
    problem = releases.too_new("stubdomain_cmdline", (4, 15), "web1", "x", "device_model.cmdline")
    assert problem is not None
    assert problem.key == "device_model.cmdline"


def test_a_key_that_is_not_in_the_table_is_known_to_all() -> None:
    assert releases.knows("memory", (3, 3))


@pytest.mark.parametrize("release, folder", [((3, 3), "/usr/lib/xen"), ((4, 2), "/usr/lib/xen"), ((4, 3), "/usr/local/lib/xen")])
def test_xen_directory(release: Release, folder: str) -> None:
    assert releases.xen_directory(release) == folder


@pytest.mark.parametrize("scheme", sorted(releases.SCHEMES))
def test_a_scheme_is_for_releases_of_its_toolstack(scheme: str) -> None:
    toolstack, span = releases.SCHEMES[scheme]
    assert releases.within(span[0], releases.TOOLSTACKS[toolstack])
    assert span[1] is None or releases.within(span[1], releases.TOOLSTACKS[toolstack])


def test_each_image_of_the_table_can_be_found_on_a_host() -> None:
    assert set(releases.BUILT_BY_DEFAULT) <= set(releases.IMAGE_FILES)
    assert {name for names in releases.PVGRUB_IMAGES.values() for name in names} <= set(releases.IMAGE_FILES)
