# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one form in which modules with a list of guests answer."""

from __future__ import annotations

from typing import Any

from .passwords import secrets_in


def guest_results(guests: list[dict[str, Any]], changed: bool, diff: list[dict[str, str]]) -> dict[str, Any]:
    """A result that names every guest's problems; it is a failed one when there is any."""
    texts = [problem["text"] for guest in guests for problem in guest["problems"]]
    result: dict[str, Any] = {"changed": changed, "guests": guests, "diff": diff}
    if texts:
        result.update(failed=True, msg="\n".join(texts))
    return result


def hide_secrets(module: Any, guests: list[Any]) -> None:
    """Passwords inside a definition are no options of their own, so Ansible has to be told of them."""
    for secret in filter(None, secrets_in(guests)):
        # A problem shows a value as repr does, whose backslashes and quotes Ansible would not know again.
        escaped = repr(secret)[1:-1]
        module.no_log_values.update({secret, escaped, escaped.replace("'", "\\'")})
