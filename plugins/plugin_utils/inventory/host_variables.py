# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the variables that the inventory has for hosts, in an action plugin on the controller."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible import errors
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.template import Templar

from ...module_utils.common.errors import with_remedy
from ...module_utils.common.fields import is_omitted, without_omitted

# What ansible-core 2.19 raises for a variable that is omitted itself; 2.18 returns its placeholder.
_OMITTED: tuple[type[Exception], ...] = tuple(filter(None, [getattr(errors, "AnsibleValueOmittedError", None)]))


class HostVariables:
    """Read the variables of hosts, each evaluated among those of its own host."""

    def __init__(self, loader: Any, hostvars: Any) -> None:
        """``loader`` is the action plugin's, ``hostvars`` Ansible's variable of that name."""
        self._loader = loader
        self._hostvars = hostvars

    def read(self, host: str, names: Iterable[str]) -> dict[str, Any]:
        """Return those of the variables ``names`` that the host has, without what is omitted in them.

        Raise AnsibleActionFail when one cannot be evaluated: that is not the same as a host that does not have it.
        """
        # Ansible leaves out hostvars itself, which a variable may refer to.
        variables = {**self._hostvars.raw_get(host), "hostvars": self._hostvars}
        # Mappings of hostvars evaluate too, but under ansible-core 2.18 they pass over what is undefined.
        templar = Templar(loader=self._loader, variables=variables)
        found = {}
        for name in names:
            if name not in variables:
                continue
            try:
                value = templar.template(variables[name])
            except _OMITTED:  # pylint: disable=catching-non-exception
                continue
            except AnsibleError as error:
                message = with_remedy(f"host {host}: {name}: cannot be evaluated: {error}", "correct the inventory")
                # Ansible would add the cause, which the message has, behind the remedy.
                raise AnsibleActionFail(message) from None
            if not is_omitted(value):
                found[name] = without_omitted(value)
        return found
