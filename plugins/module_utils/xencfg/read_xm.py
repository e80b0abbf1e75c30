# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what ``xm`` reads, as far as possible without executing it: assignments of literals (pure).

``xm`` executes the file as Python 2; here nothing is executed, and anything but a literal is an error.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from typing import Any

from . import write_xm
from .values import NEWEST, ConfigSyntaxError, Document, Read

_BUT = "xm executes it, but it cannot be compared"
_UNREADABLE = f"cannot be read as assignments: {_BUT}"
# Python 2's strings are bytes: these escapes mean another thing to it, or nothing.
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_STRING = re.compile(r"(r?)['\"]", re.IGNORECASE)
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
# No number of Python 2's type int is longer, and xm ignores its type long.
_BITS = 63


def read(text: str) -> Document:
    r"""Return the keys and comments of a file. Raise ConfigSyntaxError for anything but assignments of literals.

    A key that is None at the end is left out, as xm leaves it out.

    >>> read("memory = 256 # MiB\nvif = [ 'mac=a' ]\n")
    Document(values={'memory': '256', 'vif': ['mac=a']}, comments=[(1, 'MiB')])
    """
    tree, tokens = _parse(text)
    comments = []
    for token in tokens:
        if token.type == tokenize.COMMENT:
            comments.append((token.start[0], token.string[1:].strip()))
        elif token.type in (tokenize.STRING, tokenize.NUMBER):
            _check(token)
    document = Document({}, comments)
    for statement in tree.body:
        key, value = _assignment(statement)
        if value is None:
            document.values.pop(key, None)
        else:
            document.values[key] = value
            document.lines.update(_lines(key, statement))
    return document


def _parse(text: str) -> tuple[ast.Module, list[tokenize.TokenInfo]]:
    odd = _NO_TEXT.search(text)
    if odd:
        raise ConfigSyntaxError(text.count("\n", 0, odd.start()) + 1, "contains a NUL, or a byte that is not UTF-8")
    try:
        with warnings.catch_warnings():
            # Python warns about some escapes that xm accepts.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        # None: the ends of lines are those that Python knows.
        return tree, list(tokenize.generate_tokens(io.StringIO(text, newline=None).readline))
    except SyntaxError as error:
        raise ConfigSyntaxError(error.lineno or 1, _UNREADABLE) from None
    except (ValueError, RecursionError, MemoryError, tokenize.TokenError):
        # Of texts beyond Python's limits; which of them is raised differs between Pythons.
        raise ConfigSyntaxError(1, _UNREADABLE) from None


def _check(token: tokenize.TokenInfo) -> None:
    """Raise ConfigSyntaxError for a literal that Python 2 reads in another way."""
    line, text = token.start[0], token.string
    if token.type == tokenize.NUMBER:
        if "_" in text:
            raise ConfigSyntaxError(line, "a number with '_' is not a number for xm")
        return
    string = _STRING.match(text)
    if string is None:
        raise ConfigSyntaxError(line, f"has a string with a prefix: {_BUT}")
    if string.group(1):
        return
    for escape in _ESCAPE.finditer(text):
        digits, octal, char = escape.groups()
        if char in ("u", "U", "N") or int(digits or "0", 16) > 0x7F or int(octal or "0", 8) > 0x7F:
            raise ConfigSyntaxError(line, f"the escape {escape.group()} stands for bytes in xm: it cannot be compared")


def _assignment(statement: ast.stmt) -> tuple[str, Read | None]:
    if not isinstance(statement, ast.Assign):
        raise ConfigSyntaxError(statement.lineno, f"is not an assignment: {_BUT}")
    target = statement.targets[0]
    if len(statement.targets) != 1 or not isinstance(target, ast.Name):
        raise ConfigSyntaxError(statement.lineno, f"assigns to more than one plain name: {_BUT}")
    reason = write_xm.check_key(target.id, NEWEST)
    if reason:
        raise ConfigSyntaxError(statement.lineno, reason)
    if isinstance(statement.value, ast.Constant) and statement.value.value is None:
        return target.id, None
    return target.id, _value(statement.value)


def _lines(key: str, statement: ast.stmt) -> dict[str, int]:
    """Return the lines of an assignment, and of the items of its list."""
    value = getattr(statement, "value", None)
    items = value.elts if isinstance(value, (ast.List, ast.Tuple)) else []
    return {key: statement.lineno, **{f"{key}[{number}]": item.lineno for number, item in enumerate(items)}}


def _value(node: ast.expr) -> Read:
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item) for item in node.elts]
    sign = ""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = "-", node.operand
    value: Any = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, str) and not sign:
        return value
    if isinstance(value, int) and not (sign and isinstance(value, bool)):
        if value.bit_length() > _BITS:
            raise ConfigSyntaxError(node.lineno, "a number beyond 64 bits is not a value of xm")
        return str(-int(value) if sign else int(value))
    raise ConfigSyntaxError(node.lineno, f"is not a string, a whole number or a list of them: {_BUT}")
