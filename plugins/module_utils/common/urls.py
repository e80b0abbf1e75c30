# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell URLs from paths (pure)."""

from __future__ import annotations

import re

from .secrets import HIDDEN

_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*://[^/?#@:]*:)[^/?#]+(?=@)")
_HTTP_URL = re.compile(r"https?://[^/?#\s]")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]+")


def is_url(text: str) -> bool:
    """Return whether this is a URL of any scheme.

    >>> is_url("https://mirror.example.org/xen"), is_url("/srv/xen")
    (True, False)
    """
    return bool(_URL.fullmatch(text))


def is_http_url(text: str) -> bool:
    """Return whether this is a URL of an HTTP(S) server.

    >>> is_http_url("https://example.org/image"), is_http_url("ftp://example.org/image"), is_http_url("http:///image")
    (True, False, False)
    """
    return bool(_HTTP_URL.match(text))


def without_password(url: str) -> str:
    """Return a URL with its password hidden, for messages.

    >>> without_password("https://me:se@cret@example.org/a@b"), without_password("https://example.org:80/a@b:c")
    ('https://me:********@example.org/a@b', 'https://example.org:80/a@b:c')
    """
    return _PASSWORD.sub(rf"\1{HIDDEN}", url)
