# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.terminal import lines_in


@pytest.mark.parametrize(
    "text, lines",
    [
        ("", []),
        ("a\r\n\r\n  b  \n\rc", ["a", "b", "c"]),
        ("\x1b[2J\x1b[0;30;47m GNU GRUB \x1b[m\x1b(B\x1b[?25h", ["GNU GRUB"]),
        ("one\x1b[4;1Htwo\x1b[Hthree", ["one", "two", "three"]),
        ("gr\x1b[1mub>", ["grub>"]),
    ],
)
def test_lines_in(text: str, lines: list[str]) -> None:
    assert lines_in(text) == lines
