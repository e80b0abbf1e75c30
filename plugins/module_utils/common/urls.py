# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read URLs, and hide what is secret in them (pure)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .problem import Problem
from .secrets import HIDDEN, hide_parts

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]+")
_SOURCE = re.compile(r"https?://[^/?#\s]|file://(?:localhost)?/[^/]")
# A name without a password, which can be a token.
_USER_ALONE = re.compile(r"(?<=://)[^/?#@:\s]+(?=@)")
_PRINTABLE = re.compile(r"[!-~]+")


def is_url(text: str) -> bool:
    """Return whether this is a URL of any scheme.

    >>> is_url("https://mirror.example.org/xen"), is_url("/srv/xen")
    (True, False)
    """
    return bool(_URL.fullmatch(text))


def without_password(text: str) -> str:
    """Return a text with the passwords, names and signatures in its URLs hidden, for messages.

    >>> without_password("https://me:secret@example.org/a"), without_password("https://example.org:80/a@b:c")
    ('https://me:********@example.org/a', 'https://example.org:80/a@b:c')
    >>> without_password("https://abc@example.org/a?token=abc")
    'https://********@example.org/a?token=********'
    """
    return hide_parts(_USER_ALONE.sub(HIDDEN, text))


def read_sources(value: Any, key: str, host: str = "") -> tuple[list[str], list[Problem]]:
    """Return the URLs of an option that is the URL of a source of files, or a list of them, and its problems.

    >>> read_sources(["http://a/x", "file:///srv/x"], "url")
    (['http://a/x', 'file:///srv/x'], [])
    >>> read_sources("/srv/x", "url")[1][0].text()
    "url = '/srv/x': is not the URL of a web server or a file. Remedy: begin it with http://, https:// or file:///."
    """
    if value is None or value == "":
        return [], []
    items = value if isinstance(value, (list, tuple)) else [value]
    problems = [_problem(item, key, host) for item in items]
    return [item for item in items if isinstance(item, str)], [problem for problem in problems if problem]


def _problem(item: Any, key: str, host: str) -> Problem | None:
    if not isinstance(item, str):
        return Problem("must be a string", "give a URL, or a list of URLs", key=key, value=item, host=host)
    value = without_password(item)
    if not _SOURCE.match(item):
        remedy = "begin it with http://, https:// or file:///"
        return Problem("is not the URL of a web server or a file", remedy, key=key, value=value, host=host)
    if not _is_valid(item):
        remedy = "correct it; in a user name or password write : / ? # @ as %3A %2F %3F %23 %40"
        return Problem("is not a valid URL", remedy, key=key, value=value, host=host)
    return None


def _is_valid(url: str) -> bool:
    """Return whether it has a host, unless it is that of a file, a port that is a number, and no space, line or fragment."""
    try:
        parts = urlsplit(url)
        return bool(parts.scheme == "file" or (parts.hostname and parts.port != 0)) and bool(_PRINTABLE.fullmatch(url)) and "#" not in url
    except ValueError:
        return False
