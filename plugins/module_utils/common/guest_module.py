# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one form in which modules with a list of guests answer."""

from __future__ import annotations

from typing import Any

from .secrets import secrets_in, without_secrets

# Characters from which on a password is hardly ever a part of something else.
_TELLING = 6


def guest_results(guests: list[dict[str, Any]], changed: bool, diff: list[dict[str, str]]) -> dict[str, Any]:
    """A result that names every guest's problems; it is a failed one when there is any."""
    texts = [problem["text"] for guest in guests for problem in guest["problems"]]
    result: dict[str, Any] = {"changed": changed, "guests": guests, "diff": diff}
    if texts:
        result.update(failed=True, msg="\n".join(texts))
    return result


def take_guests(module: Any) -> list[Any]:
    """The definitions, which from here on nobody else sees whole: the option has no_log, which keeps them out of the
    host's system log, and the answer shows the options without passwords.

    What no_log would do to the answer is undone: it hides every string of every definition, wherever it stands. Only
    passwords of some length are left to Ansible; a short one would also hide parts of names and digests.
    """
    guests: list[Any] = module.params["guests"]
    module.no_log_values.clear()
    for secret in secrets_in(guests):
        if len(secret) >= _TELLING:
            # A problem shows a value as repr does, whose backslashes and quotes Ansible would not know again.
            escaped = repr(secret)[1:-1]
            module.no_log_values.update({secret, escaped, escaped.replace("'", "\\'")})
    module.params["guests"] = without_secrets(guests)
    return guests
