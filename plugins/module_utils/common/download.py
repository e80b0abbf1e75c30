# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download files from an HTTP(S) server. The caller compares the sha256: no server is trusted."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from typing import Iterator

from ansible.module_utils.urls import open_url

from .errors import XenfleetError

# Seconds without an answer after which a download fails.
_TIMEOUT = 60


class DownloadError(XenfleetError):
    """Report that a server does not deliver a file, with the URL."""


def save(url: str, target: Path) -> None:
    """Write the server's file to ``target``. Raise DownloadError, or OSError when ``target`` cannot be written."""
    with target.open("wb") as out:
        for piece in _pieces(url):
            out.write(piece)


def _pieces(url: str) -> Iterator[bytes]:
    """Yield the server's file in pieces. Apart from the writing, so that a full disk is not reported as a server's error."""
    try:
        with open_url(url, timeout=_TIMEOUT) as stream:
            yield from iter(lambda: stream.read(1 << 20), b"")
    except (OSError, HTTPException) as error:
        raise DownloadError(f"{url} cannot be fetched: {error}") from error
