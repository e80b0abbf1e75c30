# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the errors that this collection raises on purpose, and the form of their sentences (pure).

A module catches ``XenfleetError`` and OSError. Any other exception is a bug and stays a traceback.
"""

from __future__ import annotations

from typing import Iterable


class XenfleetError(Exception):
    """Report what keeps a module from its work: the base class of all errors of this collection.

    >>> str(XenfleetError("the disk is full", "make room"))
    'the disk is full. Remedy: make room.'
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        """Without ``remedy``, ``reason`` is the whole message: sentences that have their remedies in them."""
        super().__init__(with_remedy(reason, remedy) if remedy else reason)


class BuildError(XenfleetError):
    """Report that an image cannot be built, with every reason that was found."""

    @classmethod
    def of(cls, sentences: Iterable[str]) -> BuildError:
        """Return one error for several sentences of ``with_remedy``, each on a line of its own."""
        return cls("\n".join(sentences))


def with_remedy(reason: str, remedy: str) -> str:
    """Return the sentences of a message: what is wrong, and what the operator does about it.

    >>> with_remedy("memory = 1: is too little", "give 64 or more")
    'memory = 1: is too little. Remedy: give 64 or more.'
    """
    return f"{reason}. Remedy: {remedy}."


def split_remedy(message: str) -> tuple[str, str]:
    """Return what is wrong, and what the operator does about it, of a message of ``with_remedy``; "" where it has no remedy.

    >>> split_remedy("the disk is full. Remedy: make room.")
    ('the disk is full', 'make room.')
    """
    reason, _separator, remedy = message.partition(". Remedy: ")
    return reason, remedy
