# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the option ``guests`` and the form of the result of modules that have it, without passwords."""

from __future__ import annotations

from typing import Any

from .arguments import Spec
from .secret_option import Confidential
from .secrets import blank, long_secrets

#: The doc fragment _options.guests describes it.
GUESTS: Spec = {"guests": {"type": Confidential("list"), "elements": "raw", "required": True}}


def guest_definitions(module: Any) -> list[Any]:
    """Return the definitions with their passwords, which ``module.params`` lacks."""
    definitions: list[Any] = module.argument_spec["guests"]["type"].value
    return definitions


def guest_results(
    module: Any, guests: list[dict[str, Any]], changed: bool, diff: list[dict[str, str]]
) -> dict[str, Any]:
    """Return a result that has every guest's problems, and is a failed one when there is any and the caller wants that."""
    texts = [problem["text"] for guest in guests for problem in guest["problems"]]
    result: dict[str, Any] = {"changed": changed, "guests": guests, "diff": diff}
    if texts and module.params["fail_for_guests"]:
        result.update(failed=True, msg="\n".join(texts))
    return result


def without_passwords(module: Any, result: Any) -> Any:
    """Return the result, or a part of it, without the passwords of the definitions, in case a program printed one."""
    return blank(result, long_secrets(guest_definitions(module)))
