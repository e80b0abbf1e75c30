# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a task failed, from results of the shapes that Ansible gives them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.filter.failure_reason import FilterModule

REASON = FilterModule().filters()["failure_reason"]
ITEM = {"failed": True, "msg": "no room. Remedy: make room."}


@pytest.mark.parametrize(
    "result, text",
    [
        ({"msg": "no room. Remedy: make room."}, "no room. Remedy: make room (task 'Copy')."),
        ({"msg": "no room"}, "no room (task 'Copy')"),
        ({"msg": "One or more items failed", "results": [{"msg": "fine"}, ITEM]}, "no room. Remedy: make room (task 'Copy')."),
        (
            {"msg": "One or more items failed", "results": [ITEM, {"unreachable": True, "msg": "gone"}]},
            "no room. Remedy: make room; 1 more items failed (task 'Copy')",
        ),
        ({"msg": "non-zero return code", "rc": 127, "stderr": "sh: 1: xen: not found"},
         "non-zero return code 127: sh: 1: xen: not found (task 'Copy')"),
        ({"msg": "non-zero return code", "rc": 1, "stdout": "a\nb\n\nc\nd"}, "non-zero return code 1: b; c; d (task 'Copy')"),
        ({"msg": "MODULE FAILURE\nSee stdout/stderr for the exact error", "module_stderr": "Traceback\nKeyError: 'a'", "rc": 1},
         "MODULE FAILURE 1: Traceback; KeyError: 'a' (task 'Copy')"),
        # As cores from 2.18 to 2.21 have it when a module crashes, or is ended by the host.
        ({"msg": "MODULE FAILURE: No start of json char found\nSee stdout/stderr for the exact error", "rc": 1, "module_stderr":
          'Traceback (most recent call last):\n  File "a.py", line 5, in main\nRuntimeError: the cause\n'},
         "MODULE FAILURE: No start of json char found 1: RuntimeError: the cause (task 'Copy')"),
        ({"msg": "Module result deserialization failed: No start of json char found", "rc": 137, "module_stdout": "",
          "exception": "(traceback unavailable)", "module_stderr": "out of memory\n"},
         "Module result deserialization failed: No start of json char found 137: out of memory (task 'Copy')"),
        ({"msg": "Task failed: Module failed: the cause", "exception": "(traceback unavailable)"}, "the cause (task 'Copy')"),
        ({"msg": "Task failed: Module failed: ", "exception": "(traceback unavailable)"}, "it failed (task 'Copy')"),
        ({"msg": "Task failed: Action failed: no room. Remedy: make room."}, "no room. Remedy: make room (task 'Copy')."),
        ({}, "it failed (task 'Copy')"),
        ({"msg": "", "results": "nonsense"}, "it failed (task 'Copy')"),
        ({"results": [{"failed": True}]}, "it failed (task 'Copy')"),
    ],
)  # fmt: skip
def test_the_reason(result: dict[str, Any], text: str) -> None:
    assert REASON(result, "Copy") == text
