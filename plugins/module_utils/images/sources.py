# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read which files the options of the module ``image`` name, on the host, on the controller or on servers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping

from ..common.problem import shown
from ..common.urls import is_http_url, without_password
from .store import ImageError


@dataclass(frozen=True)
class Source:
    """Describe a file of an image: its name in the store, its sha256, and the path or the URLs that it is taken from."""

    file: str
    sha256: str
    path: str
    urls: tuple[str, ...] = ()


def read_sources(params: Mapping[str, Any]) -> list[Source]:
    """Return the files, none when the options name a version of the store. Raise ImageError."""
    if params.get("version"):
        return []
    image = f"image {params['name']}"
    urls = read_urls(params)
    folder = params.get("src") or (urls[0] if urls else "")
    if params.get("files") is None:
        # An option that is there and empty counts as given for Ansible.
        if not folder or not params.get("sha256"):
            raise ImageError(f"{image}: src, url or sha256 is missing", "give both, or files, or version")
        return [Source(params.get("file") or os.path.basename(folder), params["sha256"], folder, urls)]
    found = []
    for number, file in enumerate(params["files"]):
        key = f"{image}: files[{number}]"
        if not isinstance(file, Mapping):
            raise ImageError(f"{key} = {file!r}: must be a mapping", "give src, file and sha256")
        name = file.get("file") or os.path.basename(file.get("src") or "")
        if urls and file.get("src"):
            reason = f"{key}.src = {file['src']!r}: cannot be combined with url"
            raise ImageError(reason, "give file instead: it is fetched from URL/FILE")
        path = file.get("src") or (os.path.join(folder, name) if folder and name else "")
        if not path:
            raise ImageError(f"{key}.src is missing", "give it, or file, and the files' folder in src or url")
        found.append(Source(name, file["sha256"], path, tuple(f"{url.rstrip('/')}/{name}" for url in urls)))
    return found


def read_urls(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the URLs of the option ``url``, which is one or a list of them. Raise ImageError."""
    url = params.get("url") or ""
    urls = url if isinstance(url, (list, tuple)) else [url] if url else []
    for item in urls:
        if not isinstance(item, str) or not is_http_url(item):
            value = without_password(item) if isinstance(item, str) else item
            reason = f"image {params['name']}: url = {shown(value)}: is not an HTTP URL"
            raise ImageError(reason, "begin it with http:// or https://")
    return tuple(urls)
