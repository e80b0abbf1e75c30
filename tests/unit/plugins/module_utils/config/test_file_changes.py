# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between two texts of a file: for Xen, and as an operator reads it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import head_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.file_changes import (
    changes_by_hand,
    changes_for_xen,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import with_seal
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import ConfigSyntaxError

WRITTEN = with_seal(f"# {head_of('web1')}\n# A second line.\nmemory = 256\nvcpus = 1\n")


@pytest.mark.parametrize("syntax", ["xl", "xm"])
def test_changes_for_xen(syntax: str) -> None:
    found = changes_for_xen(syntax, WRITTEN, WRITTEN.replace("256", "512") + "a = 1 # Ask Eva.\n")
    assert [(change.key, change.before, change.after) for change in found] == [("a", None, "1"), ("memory", "256", "512")]
    assert [change.key for change in changes_for_xen(syntax, None, WRITTEN)] == ["memory", "vcpus"]
    assert changes_for_xen(syntax, None, None) == []
    with pytest.raises(ConfigSyntaxError, match="^line 1: "):
        changes_for_xen(syntax, "memory = \n", WRITTEN)


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda text: text + "cpus = '0-3'\n", "cpus added"),
        (lambda text: text.replace("256", "512"), "memory differs"),
        (lambda text: text.replace("vcpus = 1\n", ""), "vcpus missing"),
        (lambda text: text + "# Ask Eva.\n", "a comment in line 6"),
        (lambda text: text + "a = 1 # Ask Eva.\nmemory = 1\n", "a added, memory differs, a comment in line 6"),
        (lambda text: text + "\n\n", "blanks or the order of its lines"),
        (lambda text: text.replace("memory = 256\nvcpus = 1\n", "vcpus = 1\nmemory = 256\n"),
         "blanks or the order of its lines"),
        (lambda text: text + "memory = 5,\n", "it cannot be read: line 6: ',' is not expected here"),
        (lambda text: text.replace("\n", "\r\n"), "it cannot be read: line 4: no key or value begins with '\\r'"),
        (lambda text: text.replace("Seal: ", "Seal: 0"), "blanks or the order of its lines"),
        # A file of a version before there were seals.
        (lambda text: "".join(line for line in text.splitlines(True) if "Seal: " not in line),
         "blanks or the order of its lines"),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_in_a_file_of_xl(change: Any, says: str) -> None:
    assert changes_by_hand("xl", change(WRITTEN), WRITTEN) == says


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda text: text.replace("\n", "\r\n"), "blanks or the order of its lines"),
        (lambda text: text + "import os\n", "it cannot be read: line 6: is not an assignment: xm executes it, but it cannot be compared"),
        (lambda text: text + "memory = \n",
         "it cannot be read: line 6: cannot be read as assignments: xm executes it, but it cannot be compared"),
        (lambda text: text + "memory = 0x200\n", "memory differs"),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_in_a_file_of_xm(change: Any, says: str) -> None:
    assert changes_by_hand("xm", change(WRITTEN), WRITTEN) == says
