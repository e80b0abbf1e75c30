# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which domain names keep stubdom-dm from starting a stub domain (pure)."""

from __future__ import annotations

import re

from .releases import STUBDOM_DM_WORDS, Release


def blocks(other: str, stub: str, release: Release) -> bool:
    """Return whether stubdom-dm would wait for ever before it starts ``stub``, while a domain is named ``other``.

    It waits until grep finds the name in no row of xm list; before 4.0 as a part of another, after that as a word, which a
    hyphen ends (stubdom/stubdom-dm).

    >>> blocks("my-web-dm", "web-dm", (4, 1)), blocks("myweb-dm", "web-dm", (4, 1)), blocks("myweb-dm", "web-dm", (3, 4))
    (True, False, True)
    """
    if stub not in other:
        return False
    return release < STUBDOM_DM_WORDS or re.search(rf"(?<!\w){re.escape(stub)}(?!\w)", other) is not None
