# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read which files the options of the module ``image`` name, on the host, on the controller or on servers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping

from ..common import urls
from ..common.problem import shown
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
    servers = read_urls(params)
    folder = params.get("src") or (servers[0] if servers else "")
    if params.get("files") is None:
        # An option that is there and empty counts as given for Ansible.
        if not folder or not params.get("sha256"):
            raise ImageError(f"{image}: src, url or sha256 is missing", "give both, or files, or version")
        name = params.get("file") or os.path.basename(folder.partition("?")[0] if servers else folder)
        return [Source(name, params["sha256"], folder, servers)]
    found = []
    for number, file in enumerate(params["files"]):
        key = f"{image}: files[{number}]"
        if not isinstance(file, Mapping):
            raise ImageError(f"{key} = {file!r}: must be a mapping", "give src, file and sha256")
        name = file.get("file") or os.path.basename(file.get("src") or "")
        if servers and file.get("src"):
            reason = f"{key}.src = {file['src']!r}: cannot be combined with url"
            raise ImageError(reason, "give file instead: it is fetched from URL/FILE")
        path = file.get("src") or (os.path.join(folder, name) if folder and name else "")
        if not path:
            raise ImageError(f"{key}.src is missing", "give it, or file, and the files' folder in src or url")
        found.append(Source(name, file["sha256"], path, tuple(f"{url.rstrip('/')}/{name}" for url in servers)))
    return found


def read_urls(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the URLs of the option ``url``, which is one or a list of them. Raise ImageError, also for ``url_timeout``."""
    found, problems = urls.read_sources(params.get("url"), "url")
    for problem in problems:
        raise ImageError(f"image {params['name']}: url = {shown(problem.value)}: {problem.reason}", problem.remedy)
    if params.get("url_timeout", 1) < 1:
        raise ImageError(f"image {params['name']}: url_timeout = {params['url_timeout']}: is less than 1", "give the number of seconds")
    for url in found:
        if params.get("files") is not None and "?" in url:
            reason = f"image {params['name']}: url = {shown(urls.without_password(url))}: has a query, behind which no file can be named"
            raise ImageError(reason, "give the URL of a folder, or file and sha256 in place of files")
    return tuple(found)
