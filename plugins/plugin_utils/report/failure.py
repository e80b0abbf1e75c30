# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find in the result of a failed task why it failed (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# How many lines of a program's output are printed, from their end.
_LINES = 3
# What Ansible itself prints for a failure whose cause stands elsewhere in the result.
_EMPTY = (
    "One or more items failed",
    "All items completed",
    "non-zero return code",
    "MODULE FAILURE",
    "Module result deserialization failed",
)
# What cores put before a message, and in the place of a traceback that they leave out.
_HEADS = ("Task failed:", "Module failed:", "Action failed:")
_NO_TRACEBACK = "(traceback unavailable)"
# How a traceback begins. Its last line has the cause.
_TRACEBACK = "Traceback (most recent call last):"
# Where the cause stands then.
_OUTPUTS = ("module_stderr", "stderr", "exception", "module_stdout", "stdout")


def failure_reason(result: Mapping[str, Any], task: str) -> str:
    """Return the message of the first part of the result that failed, and the name of the task.

    >>> failure_reason({"msg": "One or more items failed", "results": [{"failed": True, "msg": "no room"}]}, "Copy")
    "no room (task 'Copy')"
    >>> failure_reason({"msg": "non-zero return code", "rc": 2, "stderr": "no such file"}, "Restart it")
    "non-zero return code 2: no such file (task 'Restart it')"
    """
    failed = list(_failed_parts(result))
    reason = _reason(failed[0] if failed else result).rstrip()
    more = f"; {len(failed) - 1} more items failed" if len(failed) > 1 else ""
    end = "." if reason.endswith(".") and not more else ""
    return f"{reason.removesuffix('.')}{more} (task '{task}'){end}"


def _failed_parts(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the results of the items of a loop that failed."""
    items = result.get("results")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable")):
            yield item


def _reason(result: Mapping[str, Any]) -> str:
    message = str(result.get("msg") or "").strip()
    for head in _HEADS:
        message = message.removeprefix(head).lstrip()
    if message and not message.startswith(_EMPTY):
        return message
    outputs = (str(result.get(key) or "").strip() for key in _OUTPUTS)
    output = next((text for text in outputs if text not in ("", _NO_TRACEBACK)), "")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    lines = lines[-1:] if _TRACEBACK in lines else lines[-_LINES:]
    code = f" {result['rc']}" if message and "rc" in result else ""
    head = f"{message.splitlines()[0] if message else 'it failed'}{code}"
    return ": ".join(part for part in (head, "; ".join(lines)) if part)
