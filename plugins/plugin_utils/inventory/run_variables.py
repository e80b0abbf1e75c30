# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the hosts of a fleet, and refuse variables that Ansible would pass over, in an action plugin on the controller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.vars import load_extra_vars

from ...module_utils.common.errors import with_remedy
from ...module_utils.fleet.run_variables import check_extra, check_shared
from .host_variables import HostVariables

# The group that the playbooks take without the variable.
_DEFAULT = {"stubdom_hosts": "xen_hosts"}


def hosts_of(group: str, groups: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the hosts of a group of the inventory. Raise AnsibleActionFail when there are none."""
    if not groups.get(group):
        reason = f"group = '{group}': the inventory has no such group" if group not in groups else f"group = '{group}': has no hosts"
        raise AnsibleActionFail(with_remedy(reason, "name the group of the Xen hosts: -e stubdom_hosts=GROUP"))
    return groups[group]


def read_checked(
    loader: Any,
    variables: Mapping[str, Any],
    group: str,
    extra: Sequence[str],
    shared: Sequence[str],
    others: Iterable[str] = (),
) -> dict[str, dict[str, Any]]:
    """Return the variables ``extra``, ``shared`` and ``others`` of each host of a group that has them.

    ``loader`` is the action plugin's, ``variables`` are those of its task. Raise AnsibleActionFail when a value cannot be
    evaluated, and for what ``check_extra`` and ``check_shared`` find.
    """
    inventory = HostVariables(loader, variables["hostvars"])
    names = [*others, *extra, *shared]
    found = {host: inventory.read(host, names) for host in hosts_of(group, variables["groups"])}
    given = set(load_extra_vars(loader))
    used = {host: {name: values[name] for name in values if values[name] != _DEFAULT.get(name)} for host, values in found.items()}
    problems = check_extra(used, extra, given) + check_shared(found, shared, group)
    if problems:
        raise AnsibleActionFail("\n".join(problem.text() for problem in problems))
    return found
