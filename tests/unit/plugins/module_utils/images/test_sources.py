# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files the options of the module image name."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.sources import Source, read_sources
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import ImageError


@pytest.mark.parametrize(
    "params, sources",
    [
        ({"version": "0" * 16}, []),
        ({"src": "/a/x.bin", "sha256": "s"}, [Source("x.bin", "s", "/a/x.bin")]),
        ({"src": "/a/x.bin", "sha256": "s", "file": "y.bin"}, [Source("y.bin", "s", "/a/x.bin")]),
        ({"files": [{"src": "/a/x", "sha256": "s"}]}, [Source("x", "s", "/a/x")]),
        ({"files": [{"src": "/a/x", "file": "y", "sha256": "s"}], "src": "/b"}, [Source("y", "s", "/a/x")]),
        (
            {"files": [{"file": "x", "sha256": "s"}, {"file": "y", "sha256": "t"}], "src": "~/b"},
            [Source("x", "s", "~/b/x"), Source("y", "t", "~/b/y")],
        ),
        ({"files": []}, []),
        ({"url": "https://h/a/x.bin", "sha256": "s"}, [Source("x.bin", "s", "https://h/a/x.bin", ("https://h/a/x.bin",))]),
        (
            {"url": "https://h/a/x.bin?sig=a/b", "sha256": "s"},
            [Source("x.bin", "s", "https://h/a/x.bin?sig=a/b", ("https://h/a/x.bin?sig=a/b",))],
        ),
        ({"src": "/a/x?.bin", "sha256": "s"}, [Source("x?.bin", "s", "/a/x?.bin")]),
        ({"url": "http://h/a/", "files": [{"file": "x", "sha256": "s"}]}, [Source("x", "s", "http://h/a/x", ("http://h/a/x",))]),
        (
            {"url": ["http://h/a", "https://i/b/"], "files": [{"file": "x", "sha256": "s"}]},
            [Source("x", "s", "http://h/a/x", ("http://h/a/x", "https://i/b/x"))],
        ),
    ],
)
def test_sources(params: dict[str, Any], sources: list[Source]) -> None:
    assert read_sources({"name": "a", **params}) == sources


@pytest.mark.parametrize(
    "params, words",
    [
        (
            {"files": [{"src": "/a", "sha256": "s"}, {"file": "x", "sha256": "s"}]},
            "image a: files[1].src is missing. Remedy: ",
        ),
        ({"files": [{"sha256": "s"}], "src": "/b"}, "image a: files[0].src is missing. Remedy: "),
        (
            {"src": "/b", "sha256": None},
            "image a: src, url or sha256 is missing. Remedy: give both, or files, or version.",
        ),
        ({"src": None, "sha256": "s"}, "image a: src, url or sha256 is missing. Remedy: "),
        (
            {"url": "ftp://h/x", "sha256": "s"},
            "image a: url = 'ftp://h/x': is not the URL of a web server or a file. Remedy: begin it with http://",
        ),
        (
            {"url": ["http://h/a", "https://h/b?token=abc"], "files": [{"file": "x", "sha256": "s"}]},
            "image a: url = 'https://h/b?token=********': has a query, behind which no file can be named. Remedy: ",
        ),
        (
            {"url": "http://h", "files": [{"src": "/a", "sha256": "s"}]},
            "image a: files[0].src = '/a': cannot be combined with url. Remedy: give file",
        ),
        ({"files": ["x"]}, "image a: files[0] = 'x': must be a mapping. Remedy: give src, file and sha256."),
    ],
)
def test_sources_that_are_refused(params: dict[str, Any], words: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_sources({"name": "a", **params})
    assert str(caught.value).startswith(words)
