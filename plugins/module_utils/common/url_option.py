# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the type of an option with URLs, which can have passwords; see secret_option.py for others."""

from __future__ import annotations

from typing import Any

from .fields import without_omitted
from .secrets import without_secrets
from .urls import without_password


class UrlOption(str):
    """Convert an option with one URL or a list of them, whatever was given; ansible-core gets a copy without passwords.

    ``value`` is what was given, None for nothing. The class is a string, because ansible-test compares the type with the
    documented one.
    """

    def __init__(self, _type: str) -> None:
        """Take the type: "raw"."""
        super().__init__()
        self.value: Any = None

    @property
    def __name__(self) -> str:
        """Return the name of the type, for ansible-core's messages."""
        return str(self)

    def __call__(self, value: Any) -> Any:
        """Return the value without passwords."""
        self.value = without_omitted(value)
        return _without_passwords(self.value)


def _without_passwords(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_passwords(item) for item in value]
    return without_password(value) if isinstance(value, str) else without_secrets(value)
