# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the type of options whose values may hold passwords: ansible-core gets a copy without the passwords.

``no_log`` does not fit such an option: ansible-core then blanks every string of the value wherever it stands in the
result, guests' names and states included.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible.module_utils.common.validation import check_type_dict, check_type_list

from .fields import without_omitted
from .secrets import blank, long_secrets, without_secrets

_CONVERTERS: dict[str, Callable[[Any], Any]] = {"dict": check_type_dict, "list": check_type_list}


class Confidential(str):
    """Convert an option's value as the ``type`` of its argument spec, which may be a callable.

    ``value`` is the value with its passwords and without what was omitted, empty when the option is not given. ansible-core
    keeps the returned copy in ``params``, from which it makes its log entry, its messages and ``invocation``, also when
    another option is wrong. The class is a string, "list" or "dict", because ansible-test compares the type with the
    documented one.
    """

    def __init__(self, kind: str) -> None:
        """Take the type: "list" or "dict"."""
        super().__init__()
        self.value: Any = [] if kind == "list" else {}

    @property
    def __name__(self) -> str:
        """Return the name of the type, for ansible-core's messages."""
        return str(self)

    def __call__(self, value: Any) -> Any:
        """Return the value without passwords. Raise TypeError, as ansible-core's own converters do, for another type."""
        self.value = without_omitted(_CONVERTERS[self](value))
        shown = blank(without_secrets(self.value), long_secrets(self.value))
        if isinstance(shown, list):
            return [_Unlogged(item) if isinstance(item, dict) else item for item in shown]
        return _Unlogged(shown)


class _Unlogged(Dict[str, Any]):
    """Hold data that the log entry of an invocation shows as three dots: the definitions of a host fill pages."""

    def __repr__(self) -> str:
        return "..."
