# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download files from a web server, or from a folder by a URL with ``file:``. The caller compares the sha256: no server is
trusted, neither with the content of a file nor with its size."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import time
from http.client import HTTPException, InvalidURL
from pathlib import Path
from typing import Any, Iterator
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url

from .errors import XenfleetError
from .urls import without_password

#: Seconds without an answer after which a connection is given up.
TIMEOUT = 60
# How many connections of one download may break. Each of them must have brought something.
_BREAKS = 20
# A server that sends fewer bytes per second than this, for the time of the timeout, is as good as one that hangs.
_SLOWEST = 1024
# No file that is downloaded here comes near this size. A server without an end must not fill the disk.
_MOST_BYTES = 1 << 30
_TOO_LARGE = f"it has more than {_MOST_BYTES >> 20} MiB"
_PIECE = 1 << 20
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416


class DownloadError(XenfleetError):
    """Report that a server does not deliver a file, with the URL."""

    def __init__(self, url: str, reason: object) -> None:
        """Take the URL and the reason, whose passwords are hidden: a reason can quote the URL of a proxy."""
        super().__init__(f"{without_password(url)} cannot be fetched: {without_password(str(reason))}")


class _UselessServerError(DownloadError):
    """Report a server that would only do the same again."""


def save(url: str, target: Path) -> None:
    """Write the server's file to ``target``. Raise DownloadError, or OSError when ``target`` cannot be written."""
    target.write_bytes(b"")
    complete(url, target)


def complete(url: str, target: Path, timeout: int = TIMEOUT) -> None:
    """Append to ``target`` what it lacks of the server's file, all of it when it does not exist.

    Only this user can read a file that is created. After a broken connection, or ``timeout`` seconds without an answer,
    the download goes on where it ended. A server that cannot begin there sends the whole file again. What has arrived
    stays in ``target`` also when this fails. Raise DownloadError, or OSError when ``target`` cannot be written.
    """
    for _connection in range(_BREAKS):
        before = _size(target)
        try:
            _append(url, target, before, timeout)
            return
        except _UselessServerError:
            raise
        except DownloadError:
            if _size(target) <= before:
                raise
    raise DownloadError(url, f"the connection broke {_BREAKS} times")


def _size(target: Path) -> int:
    return target.stat().st_size if target.exists() else 0


def _append(url: str, target: Path, size: int, timeout: int) -> None:
    """Append the server's file from its byte number ``size`` on."""
    answer = _open(url, size, timeout)
    if answer is None:
        return
    with answer:
        start = size if _is_rest(url, answer, size) else 0
        announced = str(answer.headers.get("Content-Length"))
        length = int(announced) if announced.isdigit() else None
        _require_room(url, target, start, length or 0)
        with open(str(target), "ab", opener=_open_private) as out:
            out.truncate(start)
            out.writelines(_pieces(url, answer, start, length, timeout))


def _open(url: str, size: int, timeout: int) -> Any:
    """Return the server's answer, open; None when the file has no byte number ``size``. Raise DownloadError."""
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={size}-"} if size else {})}
    try:
        # A password is for the server of the URL, and not for the one that it names in its place.
        return open_url(url, headers=headers, timeout=timeout, decompress=False, unredirected_headers=["Authorization"])
    except (OSError, HTTPException, ValueError) as error:
        if size and isinstance(error, HTTPError) and error.code == _RANGE_NOT_SATISFIABLE:
            return None
        raise DownloadError(url, _reason(error, timeout)) from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_rest(url: str, answer: Any, size: int) -> bool:
    """Return whether the answer begins at byte number ``size``, and not with the file. Raise DownloadError."""
    # The answer for a file has no status.
    if answer.getcode() != _PARTIAL_CONTENT:
        return False
    sent = str(answer.headers.get("Content-Range"))
    if not sent.startswith(f"bytes {size}-"):
        raise DownloadError(url, f"the server sent the part {sent!r} in place of the one from byte {size} on")
    return True


def _require_room(url: str, target: Path, start: int, length: int) -> None:
    """Refuse a file that does not fit, before any of it is written. Raise DownloadError or OSError."""
    if start + length > _MOST_BYTES:
        raise _UselessServerError(url, _TOO_LARGE)
    free = shutil.disk_usage(str(target.parent)).free
    if length > free:
        reason = f"{os.strerror(errno.ENOSPC)}: {length} bytes are to be fetched and {free} are free"
        raise OSError(errno.ENOSPC, reason, str(target.parent))


def _pieces(url: str, answer: Any, start: int, length: int | None, timeout: int) -> Iterator[bytes]:
    """Yield what the server sends. Raise DownloadError, also when the connection ends too early.

    It is apart from the writing, so that a full disk is not reported as a server's error.
    """
    end = _MOST_BYTES - start if length is None else length
    received, since, before = 0, time.monotonic(), 0
    while received < end:
        try:
            # Not read(), which waits for the whole piece, however slowly it comes.
            piece = answer.read1(min(_PIECE, end - received))
        except (OSError, HTTPException, ValueError) as error:
            raise DownloadError(url, _reason(error, timeout)) from error
        if not piece:
            break
        yield piece
        received += len(piece)
        now = time.monotonic()
        if now - since >= timeout:
            if received - before < _SLOWEST * timeout:
                raise _UselessServerError(url, f"only {received - before} bytes came in {timeout} seconds")
            since, before = now, received
    if length is not None and received < length:
        raise DownloadError(url, f"the connection ended after {received} of {length} bytes")
    if length is None and received == end:
        raise _UselessServerError(url, _TOO_LARGE)


def _reason(error: Exception, timeout: int) -> object:
    """Return what a message has of an error."""
    if isinstance(error, (ValueError, InvalidURL)):
        # The error quotes it, with what may be a password.
        return "its URL, or that of the proxy in the environment, is not valid"
    cause = getattr(error, "reason", error)
    return f"no answer came in {timeout} seconds" if isinstance(cause, socket.timeout) else error
