# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read exactly what ``xl`` reads: what libxlu_cfg of Xen 4.17 accepts, its peculiarities included (pure).

Source of the rules: Xen 4.17, tools/libs/util/libxlu_cfg_l.l, libxlu_cfg_y.y, libxlu_cfg.c.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, NamedTuple

from .values import ConfigSyntaxError, Document, Read

# The real scanner takes the longest match; no two of these match at one place. Its newlines carry their comment.
_TOKEN = re.compile(
    r"""(?x)
      (?P<blank> [ \t]+ )
    | (?P<key> [a-z][._0-9a-z]* )
    | (?P<number> [0-9][0-9a-fx]* )
    | (?P<string> '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" )
    | (?P<newline> (?:\#.*)?\n )
    | (?P<mark> \+= | [=,;\[\]] )
    """
)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
# strtoul takes the three characters after the first digit of an octal escape, as a decimal number.
_DECIMAL = re.compile(r"[ \t\v\f\r]*[+-]?[0-9]+")
# The real parser gives up at some 5000. A smaller limit protects the stack of what works on a value.
_DEEPEST = 100


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def read(text: str) -> Document:
    r"""Return the keys and comments of a file. Raise ConfigSyntaxError for a file that ``xl`` refuses.

    >>> read('# Made.\nmemory = 256\nvif = [ "mac=a" ]\n')
    Document(values={'memory': '256', 'vif': ['mac=a']}, comments=[(1, 'Made.')])
    """
    document = Document({}, [])
    tokens = _scan(text, document.comments)
    for token in tokens:
        if token.kind == "key":
            _assignment(token, tokens, document)
        elif not _ends_statement(token):
            raise _unexpected(token)
    return document


def _scan(text: str, comments: list[tuple[int, str]]) -> Iterator[_Token]:
    """Yield the tokens, and a last one of the kind "end"."""
    if "\0" in text:
        raise ConfigSyntaxError(text.count("\n", 0, text.index("\0")) + 1, "contains a NUL byte, which ends the text for Xen")
    line, place = 1, 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if _is_forgiven(text, place):
                break
            raise ConfigSyntaxError(line, _no_token(text[place]))
        place = match.end()
        kind, found = str(match.lastgroup), match.group()
        if found.startswith("#"):
            comments.append((line, found[1:].strip()))
        if kind != "blank":
            yield _Token(kind, found, line)
        line += kind == "newline"
    yield _Token("end", "", line)


def _is_forgiven(text: str, place: int) -> bool:
    """Return whether this is a last byte that begins no token: the real scanner reaches the end before it reports it."""
    return place == len(text) - 1 and (text[place].isascii() or "\udc80" <= text[place] <= "\udcff")


def _no_token(char: str) -> str:
    if char in "'\"":
        return "a string does not end in its line"
    if char == "#":
        return "a comment in the last line has no newline"
    return f"no key or value begins with {char!a}"


def _unexpected(token: _Token) -> ConfigSyntaxError:
    # Strings may be secrets, and so may be what stands where a string should.
    shown = {"end": "the end of the file", "newline": "the end of the line", "mark": repr(token.text)}
    return ConfigSyntaxError(token.line, f"{shown.get(token.kind, 'a ' + token.kind)} is not expected here")


def _ends_statement(token: _Token) -> bool:
    return token.kind in ("newline", "end") or token.text == ";"


def _assignment(key: _Token, tokens: Iterator[_Token], document: Document) -> None:
    values = document.values
    sign = next(tokens)
    if sign.text not in ("=", "+="):
        raise _unexpected(sign)
    places: list[int] = []
    value = _value(next(tokens), tokens, 0, places)
    first = 0
    if sign.text == "+=" and key.text in values:
        before: Any = values[key.text]
        if isinstance(before, list) is not isinstance(value, list):
            raise ConfigSyntaxError(key.line, "a list and a single value cannot be added to each other")
        first = len(before) if isinstance(before, list) else 0
        value = before + value
    values[key.text] = value
    document.lines[key.text] = key.line
    document.lines.update({f"{key.text}[{first + number}]": line for number, line in enumerate(places)})
    end = next(tokens)
    if not _ends_statement(end):
        raise _unexpected(end)


def _value(token: _Token, tokens: Iterator[_Token], depth: int, places: list[int] | None = None) -> Read:
    """Return a value. Add the line of each item of an outer list to ``places``."""
    if token.kind == "number":
        return token.text
    if token.kind == "string":
        return _unquote(token)
    if token.text != "[":
        raise _unexpected(token)
    if depth == _DEEPEST:
        raise ConfigSyntaxError(token.line, "has too many lists inside one another")
    items: list[Any] = []
    is_open = True
    while True:
        item = next(tokens)
        if item.text == "]":
            return items
        if item.text == "," and not is_open:
            is_open = True
        elif item.kind != "newline":
            if not is_open:
                raise _unexpected(item)
            items.append(_value(item, tokens, depth + 1))
            if places is not None:
                places.append(item.line)
            is_open = False


def _unquote(token: _Token) -> str:
    """Return the string as Xen reads it: it loses an octal escape with its character, and always refuses a hexadecimal one."""
    inner = token.text[1:-1]
    pieces, place = [], 0
    while place < len(inner):
        char = inner[place]
        place += 1
        if char == "\\":
            escape = inner[place]
            place += 1
            if escape in "01234567":
                number = _DECIMAL.match(inner[place : place + 3])
                if number is None or number.end() < 2:
                    raise ConfigSyntaxError(token.line, "has an octal escape with too few digits")
                place += number.end()
                continue
            if escape not in _ESCAPES:
                raise ConfigSyntaxError(token.line, f"has an escape that Xen does not read: \\{escape}")
            char = _ESCAPES[escape]
        pieces.append(char)
    return "".join(pieces)
