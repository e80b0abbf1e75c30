# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identify the text of a configuration file, hide its passwords, and detect changes by its seal (pure)."""

from __future__ import annotations

import hashlib
import re
from typing import Match

from ..common.secrets import FLAG, HIDDEN, SECRET_KEY, hide_parts

# The head comment by which a file is known to be as it was written: `# Seal: 0123456789abcdef`.
SEAL = "Seal: "

_SEAL_LINE = re.compile(rf"(?m)^# {SEAL}([0-9a-f]{{16}})\n")
# The head that has to stay first: a comment, and Python's cookie in line 1 or 2.
_HEAD = re.compile(r"(?:#.*\n)?#.*coding[:=].*\n|#.*\n")

# What stands for a password.
_KEY = rf"(?:{SECRET_KEY})[ \t]*\+?=[ \t]*"
# A word of a command line and the password that follows it; a string; a comment; and a key outside both with its value: a
# list or parenthesis may go over lines, so may what ends with a backslash.
_PIECE = re.compile(
    r"""(?ix)
    (?P<flag> (?P<quote> ["'] ) """ + FLAG + r""" (?P=quote) \s*,\s* ) (?: "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<comment> \#.* )
    | (?P<key> (?<![\w.])""" + _KEY + r""") (?: [\[(] [^\])]* )? (?: \\\n | . )*
    """
)  # fmt: skip
_COMMENTED = re.compile(rf"(?i)\A(#[#\s]*{_KEY}).*")
_MENTIONED = re.compile(r"(?i)(passw\w*\s*[:=]\s*).+")


def digest(text: str) -> str:
    """Return the sha256 of a file without comments and blank lines: two files with one digest define one guest."""
    lines = [line.strip() for line in text.split("\n")]
    content = [line for line in lines if line and not line.startswith("#")]
    return hashlib.sha256(_encode("\n".join(content))).hexdigest()


def redact(text: str) -> str:
    """Return the text with its passwords hidden, for a diff: in keys, in parts of strings, and in comments.

    >>> print(redact('vfb = [ "vnc=1,vncpasswd=abc" ]'))
    vfb = [ "vnc=1,vncpasswd=********" ]
    >>> print(redact('#vncpasswd = "abc"'))
    #vncpasswd = "********"
    """
    return _PIECE.sub(_hide, text)


def _hide(piece: Match[str]) -> str:
    if piece["flag"]:
        return f'{piece["flag"]}"{HIDDEN}"'
    if piece["string"]:
        return hide_parts(piece["string"][:-1]) + piece["string"][-1]
    if piece["key"]:
        return f'{piece["key"]}"{HIDDEN}"'
    comment, count = _COMMENTED.subn(rf'\1"{HIDDEN}"', piece["comment"])
    return comment if count else hide_parts(_MENTIONED.sub(rf"\1{HIDDEN}", comment))


def seal(body: str) -> str:
    """Return the seal of a file: 16 hexadecimal digits of the sha256 of its text without the seal's own line.

    >>> seal("a = 1\\n") == seal(with_seal("a = 1\\n")) != seal("a = 2\\n")
    True
    """
    return hashlib.sha256(_encode(_SEAL_LINE.sub("", body))).hexdigest()[:16]


def with_seal(text: str) -> str:
    """Return the file with its seal after the first comment and xm's cookie, in place of an older seal.

    >>> is_untouched(with_seal("# Made for web1.\\na = 1\\n"))
    True
    """
    body = _SEAL_LINE.sub("", text)
    head = _HEAD.match(body)
    place = head.end() if head else 0
    return f"{body[:place]}# {SEAL}{seal(body)}\n{body[place:]}"


def is_untouched(text: str) -> bool:
    """Return whether the file has a seal and is unchanged since, comments included.

    >>> is_untouched(with_seal("a = 1\\n") + "# b = 2\\n")
    False
    """
    return _SEAL_LINE.findall(text) == [seal(text)]


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
