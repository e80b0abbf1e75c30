# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files from an HTTP(S) server. Whoever asks for one compares its sha256: nothing here is trusted."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from typing import Iterator

from ansible.module_utils.urls import open_url

from .errors import XenfleetError

# Of a server that says nothing more, in seconds.
_PATIENCE = 60


class DownloadError(XenfleetError):
    """A server does not give a file; the message names the URL."""


def is_url(source: str) -> bool:
    """Whether this names a file of a server, and not of a disk.

    >>> is_url("https://example.org/image"), is_url("/srv/image")
    (True, False)
    """
    return source.startswith(("http://", "https://"))


def save(url: str, target: Path) -> None:
    """Writes what the server has to a file. Raises DownloadError; OSError when the disk refuses."""
    with target.open("wb") as out:
        for piece in _pieces(url):
            out.write(piece)


def _pieces(url: str) -> Iterator[bytes]:
    """Apart from the writing, so that a full disk is not told as a fault of the server's."""
    try:
        with open_url(url, timeout=_PATIENCE) as stream:
            yield from iter(lambda: stream.read(1 << 20), b"")
    except (OSError, HTTPException) as error:
        raise DownloadError(f"{url} cannot be fetched: {error}") from error
