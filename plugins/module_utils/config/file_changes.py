# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare two texts of a configuration file: what differs for Xen, and what an operator changed.

It is loaded only where texts differ.
"""

from __future__ import annotations

from ..common.files import MARK
from ..xencfg import read_xl
from ..xencfg.compare import Change, changes
from ..xencfg.text import SEAL
from ..xencfg.values import ConfigSyntaxError, Document


def changes_for_xen(syntax: str, before: str | None, after: str | None) -> list[Change]:
    """Return what differs for Xen, key by key; None stands for a file that does not exist.

    Raise ConfigSyntaxError for a text that cannot be read.
    """
    return changes(_read(syntax, before), _read(syntax, after))


def changes_by_hand(syntax: str, found: str, written: str) -> str:
    """Return in words how the text that was found differs from that of the definition: keys, and comments that are not of
    this collection."""
    try:
        before, after = _read(syntax, found), _read(syntax, written)
    except ConfigSyntaxError as problem:
        return f"it cannot be read: {problem}"
    differences = [f"{change.key} {_differs(change)}" for change in changes(before, after)]
    known = {text for _line, text in after.comments} if after else set()
    differences += [
        f"a comment in line {line}"
        for line, text in (before.comments if before else [])
        if text not in known and not text.startswith((MARK, SEAL))
    ]
    return ", ".join(differences) or "blanks or the order of its lines"


def _read(syntax: str, text: str | None) -> Document | None:
    if text is None:
        return None
    if syntax == "xl":
        return read_xl.read(text)
    # Only hosts with xm, or with files that xm left, need its reader.
    from ..xencfg import read_xm

    return read_xm.read(text)


def _differs(change: Change) -> str:
    return "added" if change.after is None else "missing" if change.before is None else "differs"
