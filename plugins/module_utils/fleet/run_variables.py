# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the variables that a run has one value of, and not one for each host (pure).

Ansible takes such a value from the first host, or from none, and passes over what the inventory has for others.
"""

from __future__ import annotations

from typing import Any, Collection, Iterable, Mapping

from ..common.problem import Problem, listed, shown
from ..common.secrets import without_secrets

#: They can only be extra variables: the hosts of a play are found before the variables of any host, and a consent to a removal
#: is for one run.
EXTRA = ("stubdom_hosts", "stubdom_remove_confirmed", "stubdom_remove_hosts")
#: What deploy.yml, upgrade.yml, rollback.yml and build.yml read once.
DEPLOYMENT = (
    "stubdom_build_host",
    "stubdom_hosts_off",
    "stubdom_max_fail_percentage",
    "stubdom_rollback_image",
    "stubdom_serial",
    "stubdom_xen_sources",
)
#: What the other playbooks read once.
OTHERS = (
    "stubdom_import_dir",
    "stubdom_status_fail_on",
    "stubdom_status_html",
    "stubdom_status_json",
    "stubdom_status_textfile",
)

# The values, and the hosts of each, that a message names.
_VALUES, _HOSTS = 3, 3

Inventory = Mapping[str, Mapping[str, Any]]


def check_extra(inventory: Inventory, names: Iterable[str], given: Collection[str]) -> list[Problem]:
    """Return the problems of variables that the inventory has and must not have; ``given`` are the extra variables.

    >>> check_extra({"xen1": {"stubdom_hosts": "dom0s"}}, ["stubdom_hosts"], [])[0].reason
    'must be an extra variable, and the inventory has it for xen1'
    """
    problems = []
    for name in names:
        hosts = [host for host, values in inventory.items() if name in values and name not in given]
        if hosts:
            value = inventory[hosts[0]][name]
            reason = f"must be an extra variable, and the inventory has it for {listed(hosts, _HOSTS)}"
            problems.append(Problem(reason, f"remove it there, and give it with -e {name}=VALUE", key=name, value=value))
    return problems


def check_shared(inventory: Inventory, names: Iterable[str], group: str) -> list[Problem]:
    """Return the problems of variables that hosts of the group have different values of.

    >>> found = check_shared({"xen1": {"stubdom_serial": 5}, "xen2": {}}, ["stubdom_serial"], "xen_hosts")
    >>> found[0].reason
    'is one for the whole run, and the hosts differ: 5 (xen1); not set (xen2)'
    """
    problems = []
    for name in names:
        hosts: list[tuple[str, list[str]]] = []
        values: list[Any] = []
        for host, variables in inventory.items():
            # A list, as a value that is a list has no hash. Nearly always there is one value.
            value = (variables[name],) if name in variables else ()
            if value not in values:
                values.append(value)
                hosts.append((shown(without_secrets(value[0], name)) if value else "not set", []))
            hosts[values.index(value)][1].append(host)
        if len(values) > 1:
            texts = [f"{text} ({listed(those, _HOSTS)})" for text, those in hosts]
            more = [f"{len(texts) - _VALUES} more values"] if len(texts) > _VALUES else []
            reason = f"is one for the whole run, and the hosts differ: {'; '.join([*texts[:_VALUES], *more])}"
            problems.append(Problem(reason, f"set it once, in group_vars of {group}, or with -e", key=name))
    return problems
