# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.problem import Problem


@pytest.mark.parametrize(
    "given, text",
    [
        ({}, "is wrong. Remedy: mend it."),
        ({"guest": "web1"}, "guest web1: is wrong. Remedy: mend it."),
        ({"host": "xen1", "guest": "web1", "key": "name"}, "host xen1: guest web1: name: is wrong. Remedy: mend it."),
        ({"guest": "web1", "key": "memory", "value": 0}, "guest web1: memory = 0: is wrong. Remedy: mend it."),
        ({"guest": "web1", "value": "unseen without a key"}, "guest web1: is wrong. Remedy: mend it."),
        ({"release": "Xen 4.3 on"}, "is wrong (Xen 4.3 on). Remedy: mend it."),
        ({"key": "settings.a\nb"}, "'settings.a\\nb': is wrong. Remedy: mend it."),
        ({"key": "name", "value": 'a\n"b'}, "name = 'a\\n\"b': is wrong. Remedy: mend it."),
    ],
)
def test_text(given: dict[str, Any], text: str) -> None:
    assert Problem("is wrong", "mend it", **given).text() == text


def test_a_long_value_is_cut_and_stays_on_one_line() -> None:
    text = Problem("is wrong", "mend it", key="name", value="\n" * 500).text()
    assert text == "name = '" + "\\n" * 38 + "...: is wrong. Remedy: mend it."
    assert len(text.split(": ", maxsplit=1)[0]) == len("name = ") + 80


def test_as_dict() -> None:
    problem = Problem("is wrong", "mend it", guest="web1", key="memory", value=1, host="xen1", release="Xen 4.3 on")
    assert problem.as_dict() == {
        "reason": "is wrong",
        "remedy": "mend it",
        "guest": "web1",
        "key": "memory",
        "value": 1,
        "host": "xen1",
        "release": "Xen 4.3 on",
        "text": "host xen1: guest web1: memory = 1: is wrong (Xen 4.3 on). Remedy: mend it.",
    }
