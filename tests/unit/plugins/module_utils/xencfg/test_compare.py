# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between two configurations."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.compare import Change, changes
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import Document


def document(**values: Any) -> Document:
    return Document(values, [])


def test_changes() -> None:
    before = document(same="1", gone="x", other=["a"], order=["a", "b"])
    after = document(order=["b", "a"], new="", other="a", same="1")
    assert changes(before, after) == [
        Change("gone", "x", None),
        Change("new", None, ""),
        Change("order", ["a", "b"], ["b", "a"]),
        Change("other", ["a"], "a"),
    ]


def test_comments_are_not_a_change() -> None:
    assert changes(Document({"a": "1"}, [(1, "x")]), Document({"a": "1"}, [])) == []


def test_files_that_do_not_exist() -> None:
    assert changes(None, None) == []
    assert changes(None, document(a="1")) == [Change("a", None, "1")]
    assert changes(document(a="1"), None) == [Change("a", "1", None)]


@pytest.mark.parametrize(
    "key, value, shown",
    [
        ("name", "web1", "web1"),
        ("name", None, None),
        ("vncpasswd", "s3cr3t", "********"),
        ("VNCPASSWD", ["s3cr3t"], "********"),
        ("spicepasswd", None, None),
        ("vfb", ["vnc=1,vncpasswd=s3cr3t,sdl=0", "x"], ["vnc=1,vncpasswd=********,sdl=0", "x"]),
        ("x", [["passwd=s3cr3t"]], [["passwd=********"]]),
        ("x", "spicepasswd = s3cr3t", "spicepasswd = ********"),
    ],
)
def test_a_result_shows_no_password(key: str, value: Any, shown: Any) -> None:
    assert Change(key, value, None).as_dict() == {"key": key, "before": shown, "after": None}
    assert Change(key, None, value).as_dict() == {"key": key, "before": None, "after": shown}


def test_as_dict() -> None:
    assert Change("a", ["1"], None).as_dict() == {"key": "a", "before": ["1"], "after": None}
