# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files the options of the module ``image`` name: on the host, and on the controller before it sends them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping

from ..common.download import is_url
from .store import ImageError


@dataclass(frozen=True)
class Source:
    """A file of an image: its name in the store, its sha256, and the path or URL that it is taken from."""

    file: str
    sha256: str
    path: str


def read_sources(params: Mapping[str, Any]) -> list[Source]:
    """The files, none where a version of the store is named. Raises ImageError."""
    url = params.get("url") or ""
    folder = params.get("src") or url
    if params.get("version"):
        return []
    if url and not is_url(url):
        raise ImageError(f"image {params['name']}: url = {url!r}: give one that begins with http:// or https://.")
    if params.get("files") is None:
        # An option that is there and empty counts as given for Ansible.
        if not folder or not params.get("sha256"):
            raise ImageError(f"image {params['name']}: src, url or sha256 is missing: give both, or files, or version.")
        return [Source(params.get("file") or os.path.basename(folder), params["sha256"], folder)]
    found = []
    for number, one in enumerate(params["files"]):
        where = f"image {params['name']}: files[{number}]"
        if not isinstance(one, Mapping):
            raise ImageError(f"{where} = {one!r}: write it as src, file and sha256.")
        name = one.get("file") or os.path.basename(one.get("src") or "")
        if url and one.get("src"):
            raise ImageError(f"{where}.src = {one['src']!r}: with url, give file instead: it is fetched from URL/FILE.")
        path = one.get("src") or (os.path.join(folder, name) if folder and name else "")
        if not path:
            raise ImageError(f"{where}.src is missing: give it, or file, and in src or url where the files lie.")
        found.append(Source(name, one["sha256"], path))
    return found
