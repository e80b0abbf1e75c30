# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download files from an HTTP(S) server. The caller compares the sha256: no server is trusted."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from typing import Any, Iterator
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url

from .errors import XenfleetError
from .urls import without_password

# Seconds without an answer after which a download fails.
_TIMEOUT = 60
# How many connections of one download may break. Each of them must have brought something.
_BREAKS = 20
_PIECE = 1 << 20
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416


class DownloadError(XenfleetError):
    """Report that a server does not deliver a file, with the URL."""

    def __init__(self, url: str, reason: object) -> None:
        """Take the URL, whose password is hidden, and the reason."""
        super().__init__(f"{without_password(url)} cannot be fetched: {reason}")


def save(url: str, target: Path) -> None:
    """Write the server's file to ``target``. Raise DownloadError, or OSError when ``target`` cannot be written."""
    target.write_bytes(b"")
    complete(url, target)


def complete(url: str, target: Path) -> None:
    """Append to ``target`` what it lacks of the server's file, all of it when it does not exist.

    After a broken connection, the download goes on where that ended. A server that cannot begin there sends the whole
    file again. What has arrived stays in ``target`` also when this fails. Raise DownloadError, or OSError when
    ``target`` cannot be written.
    """
    for _connection in range(_BREAKS):
        before = _size(target)
        try:
            _append(url, target, before)
            return
        except DownloadError:
            if _size(target) <= before:
                raise
    raise DownloadError(url, f"the connection broke {_BREAKS} times")


def _size(target: Path) -> int:
    return target.stat().st_size if target.exists() else 0


def _append(url: str, target: Path, size: int) -> None:
    """Append the server's file from its byte number ``size`` on."""
    answer = _open(url, size)
    if answer is None:
        return
    with answer:
        start = size if _is_rest(url, answer, size) else 0
        with target.open("ab") as out:
            out.truncate(start)
            for piece in _pieces(url, answer):
                out.write(piece)


def _open(url: str, size: int) -> Any:
    """Return the server's answer, open; None when the file has no byte number ``size``. Raise DownloadError."""
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={size}-"} if size else {})}
    try:
        return open_url(url, headers=headers, timeout=_TIMEOUT, decompress=False)
    except (OSError, HTTPException, ValueError) as error:
        if size and isinstance(error, HTTPError) and error.code == _RANGE_NOT_SATISFIABLE:
            return None
        raise DownloadError(url, error) from error


def _is_rest(url: str, answer: Any, size: int) -> bool:
    """Return whether the answer begins at byte number ``size``, and not with the file. Raise DownloadError."""
    if answer.status != _PARTIAL_CONTENT:
        return False
    sent = str(answer.headers.get("Content-Range"))
    if not sent.startswith(f"bytes {size}-"):
        raise DownloadError(url, f"the server sent the part {sent!r} in place of the one from byte {size} on")
    return True


def _pieces(url: str, answer: Any) -> Iterator[bytes]:
    """Yield what the server sends. Raise DownloadError, also when the connection ends too early.

    It is apart from the writing, so that a full disk is not reported as a server's error.
    """
    received, announced = 0, str(answer.headers.get("Content-Length"))
    try:
        for piece in iter(lambda: answer.read(_PIECE), b""):
            received += len(piece)
            yield piece
    except (OSError, HTTPException) as error:
        raise DownloadError(url, error) from error
    if announced.isdigit() and received < int(announced):
        raise DownloadError(url, f"the connection ended after {received} of {announced} bytes")
