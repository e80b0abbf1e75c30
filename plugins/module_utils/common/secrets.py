# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise passwords in definitions, and keep them out of messages and results (pure).

A password here is whatever lets one in: passwords, keys of Ceph, secrets of QEMU and CHAP, tokens.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, Match, Sequence

HIDDEN = "********"

# The names of keys whose value is a password; in a file they have letters, digits, dots and underscores.
_KEYS = r"(?:api|access|auth|priv(?:ate)?|secret)_?key"
_NAMED, _ENDING = "passw|passphrase|secret", f"pwd|psk|pw|token|{_KEYS}|credentials?"
SECRET_KEY = rf"[\w.]*(?:{_NAMED})[\w.]*|(?:[\w.]*[._])?(?:{_ENDING})"
# Up to the comma that ends it; QEMU writes a comma within as two.
_TO_COMMA = r"(?:[^,]|,,)+"
_WORDS = rf"secret|passphrase|psk|wpa|pass|pwd|(?:root)?pw|chap|token|bearer|{_KEYS}"
# A word of a command line whose next word is a password.
FLAG = r"--?(?:[\w-]*[_-])?(?:passw\w*|passphrase|secret|token)"
_FLAG = re.compile(FLAG, re.IGNORECASE)
# Passwords within a string: what stays, and what is hidden. A word has to begin where it begins: key-secret of QEMU names a
# secret and holds none.
_PATTERNS = (
    # vncpasswd=... in vfb, password=... of block-iscsi and -iscsi, rd.iscsi.password=... of a kernel
    (r"passw\w*(?:-crypted|-again)?\s*[=:]\s*", _TO_COMMA),
    # --password ... of a program, and bearer ... of an HTTP header
    (r"(?:--[\w-]*(?:passw\w*|passphrase|secret|token)|\bbearer)\s+", r"[^\s-][^\s]*"),
    # systemd.set_credential=NAME:... of a kernel
    (r"set_credential(?:_binary)?=[^:\s]{1,300}:", r"\S+"),
    # -object secret,id=...,data=...
    (r"secret,(?:[^\"']{0,300}?,)?data=", _TO_COMMA),
    # the same in QEMU's JSON
    (r"\"(?:data|key|secret|passw\w*)\\*\"\s*:\s*\\*\"", r"(?:[^\"\\]|\\(?!\"))+"),
    # rbd:POOL/IMAGE:id=...:key=..., where a backslash keeps a colon from ending it
    (r"[:,;]key=", r"(?:\\+[:;,@]|[^:;,\s])+"),
    # https://HOST/PATH?X-Amz-Signature=...
    (r"[?&](?:[\w.-]*(?:signature|token|credential|secret|key)|sig)=", r"[^&\s,]+"),
    # SCHEME://USER:PASSWORD@HOST, and USER%PASSWORD of iscsi; HOST:PORT/ has none
    (r"://[^/@\s:%]{0,300}[:%]", r"(?![0-9]+/)[^\s\"]{1,300}(?=@)"),
    # netroot=iscsi:USER:PASSWORD@HOST of dracut
    (r"(?<![a-z])iscsi:[^/@\s:]{1,300}:", r"[^\s\"]{1,300}(?=@)"),
    # secret=... of a mount of Ceph, rootpw=... of an installer
    (rf"(?<![a-z0-9-])(?:{_WORDS})=", r"(?:'[^']*'|[^,\s'](?:[^,\s]|,,)*)"),
)
_ANY = re.compile("|".join(f"(?P<kept{place}>{kept})(?P<secret{place}>{hidden})" for place, (kept, hidden) in enumerate(_PATTERNS)), re.IGNORECASE)
# Only a string with one of these can have a match. The search for them is fast, and most strings have none.
_HINT = re.compile(r"pass|secret|key|psk|pwd?=|pw=|chap|token|bearer|wpa=|sig|cred|://|iscsi:|\"data", re.IGNORECASE)
_SECRET_KEY = re.compile(rf"{_NAMED}|(?:^|[^a-z0-9])(?:{_ENDING})$", re.IGNORECASE)
# No definition needs more levels, and a value that is nested without end must not end the program.
_DEEPEST = 8
# A shorter password is often a part of a name or a digest.
_SHORTEST = 6


def is_secret(key: Any) -> bool:
    """Return whether the value of such a key is a password: ``passwd``, ``vncpasswd``, ``password``.

    >>> is_secret("vncpasswd"), is_secret("passthrough")
    (True, False)
    """
    return isinstance(key, str) and bool(_SECRET_KEY.search(key))


def hide_parts(text: str) -> str:
    """Return a string with the passwords in it hidden.

    >>> hide_parts("vnc=1,vncpasswd=abc,sdl=0"), hide_parts("rbd:pool/a:id=x:key=AQD==:mon_host=h")
    ('vnc=1,vncpasswd=********,sdl=0', 'rbd:pool/a:id=x:key=********:mon_host=h')
    >>> hide_parts("iscsi://me%abc@10.0.0.9/iqn/0"), hide_parts("secret,id=a,data=abc,format=raw")
    ('iscsi://me%********@10.0.0.9/iqn/0', 'secret,id=a,data=********,format=raw')
    """
    return _ANY.sub(_hidden, text) if _HINT.search(text) else text


def _hidden(found: Match[str]) -> str:
    place = str(found.lastgroup)[len("secret") :]
    return f"{found[f'kept{place}']}{HIDDEN}"


def _parts(text: str) -> Iterator[str]:
    """Yield the passwords in a string, each also as QEMU reads it."""
    for found in _ANY.finditer(text) if _HINT.search(text) else ():
        secret = found[str(found.lastgroup)].strip()
        yield from dict.fromkeys((secret, secret.replace(",,", ","), secret.split(",,")[0], secret.strip("'")))


def without_secrets(value: Any, key: Any = "", depth: int = 0) -> Any:
    """Return a copy of the value of ``key`` without any password, whatever the value is.

    >>> without_secrets({"type": "sdl", "passwd": "abc"})
    {'type': 'sdl', 'passwd': '********'}
    >>> without_secrets(["vnc=1,vncpasswd=abc"])
    ['vnc=1,vncpasswd=********']
    """
    if value is None:
        return None
    if is_secret(key):
        return HIDDEN
    if isinstance(value, str):
        return hide_parts(value)
    if not isinstance(value, (list, Mapping)):
        return value
    if depth >= _DEEPEST:
        return "..."
    if isinstance(value, list):
        return [
            HIDDEN if _is_flag(before) and isinstance(item, str) else without_secrets(item, depth=depth + 1)
            for before, item in zip([None, *value], value)
        ]
    return {name: without_secrets(item, name, depth + 1) for name, item in value.items()}


def _is_flag(word: Any) -> bool:
    """Return whether a password follows a word of a command line in the next item."""
    return isinstance(word, str) and bool(_FLAG.fullmatch(word))


def secrets_in(data: Any, below: bool = False, depth: int = 0) -> Iterator[str]:
    """Yield every password in a definition: the value of a key of its own, even where the definition must not have that
    key, or a part of a string.

    >>> sorted(secrets_in({"settings": {"vfb": ["vnc=1,vncpasswd=def"]}, "display": {"passwd": "ghi"}}))
    ['def', 'ghi']
    """
    if isinstance(data, (Mapping, list)):
        items = data.items() if isinstance(data, Mapping) else zip(["", *data], data)
        names = is_secret if isinstance(data, Mapping) else _is_flag
        for key, value in items if depth < _DEEPEST else []:
            yield from secrets_in(value, below or names(key), depth + 1)
    elif below:
        # A number of that size is not a password, and Python 3.11 and newer do not convert it to digits.
        if data not in (None, "") and not isinstance(data, bool) and not (isinstance(data, int) and abs(data) > 10**99):
            yield str(data)
    elif isinstance(data, str):
        yield from _parts(data)


def long_secrets(data: Any) -> list[str]:
    """Return the passwords of a definition of at least six characters, the longest first, each also as a problem shows it (``repr``).

    >>> long_secrets([{"passwd": "it's-one"}, {"passwd": "short"}])
    ["it\\\\'s-one", "it's-one"]
    """
    found = set()
    for secret in secrets_in(data):
        if len(secret) >= _SHORTEST:
            escaped = repr(secret)[1:-1]
            found |= {secret, escaped, escaped.replace("'", "\\'")}
    return sorted(found, key=lambda secret: (-len(secret), secret))


def hide(value: Any, secrets: Sequence[str]) -> Any:
    """Return the value without these passwords, keys included, and without what looks like a password.

    The longest password must come first.

    >>> hide(["abc is not a number", 12, "passwd=def"], ["abc"])
    ['******** is not a number', 12, 'passwd=********']
    """
    if isinstance(value, Mapping):
        return {hide(key, secrets): hide(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, secrets) for item in value]
    return blank(hide_parts(value) if isinstance(value, str) else value, secrets)


def blank(value: Any, secrets: Sequence[str]) -> Any:
    """Return the value without these passwords, the longest of which comes first; keys of mappings stay.

    >>> blank({"state": ["abc is not a number", 12]}, ["abc", "state"])
    {'state': ['******** is not a number', 12]}
    """
    if isinstance(value, Mapping):
        return {key: blank(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [blank(item, secrets) for item in value]
    if isinstance(value, str):
        for secret in filter(None, secrets):
            value = value.replace(secret, HIDDEN)
        return value
    return HIDDEN if str(value) in secrets else value
