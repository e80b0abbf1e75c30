# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: guests
short_description: The running guests of a fleet of Xen hosts
version_added: 0.1.0
description:
  - Queries the Xen hosts of another inventory with M(xenfleet.stubdom.host_info), and makes a host of each running guest.
  - Stub domains, dom0 and domains that are being destroyed are not guests.
  - Reads files whose names end in C(.guests.yml) or C(.guests.yaml), and C(xen_guests.yml) or C(xen_guests.yaml).
  - A separate process of C(ansible-playbook) queries the hosts, with the connection settings of their inventory, the same
    C(ansible.cfg) and environment, and C(become). It gets the sources of vault passwords of the command line, but no other
    option and no extra variables.
  - For a host that does not answer, the plugin prints a warning, and takes the host's guests from the cache, with the variable
    C(stale_cache) set to true, or leaves them out.
  - "Groups: C(xenfleet_guests) has all guests, C(xen_stale) those that run, or whose stub domain runs, from an older image than
    the current one. C(xen_host_HOST), C(xen_type_TYPE), C(xen_device_model_PLACE) with C(stub_domain) or
    C(dom0) as place, C(xen_scheme_SCHEME) and C(xen_state_STATE) have the guests of that kind."
  - "Variables, each with the prefix O(hostvars_prefix): C(host), C(name), C(domid), C(memory) (MiB), C(vcpus), C(state), C(type),
    C(device_model), C(stub_domain), C(scheme), C(image), C(stale), C(defined), C(seen) (seconds since 1970), C(stale_cache)."
  - The type is that of the definition, unless a device model runs, which only an HVM guest has. The scheme of a stub domain is
    the one that the definition or the host names, or else the first one that the host can run.
  - A guest that runs on two hosts, or has the name of a Xen host, gets the name C(NAME~HOST), with a warning.
  - Values that a host reports are never evaluated as templates.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Names this plugin.
    type: str
    required: true
    choices: [xenfleet.stubdom.guests]
  inventory:
    description:
      - The sources of the Xen hosts, as for C(ansible-inventory -i).
      - Relative paths begin at the folder of the configuration file. The file itself may lie in one of the sources.
    type: list
    elements: str
    required: true
  pattern:
    description: The pattern of the Xen hosts in O(inventory), as for C(ansible).
    type: str
    default: xen_hosts
  timeout:
    description:
      - Seconds that each host has to answer.
      - C(forks) of Ansible's configuration is the number of hosts that are queried at the same time.
    type: int
    default: 60
  unmanaged:
    description: Whether to include running domains that no definition of their host names.
    type: bool
    default: false
  hostvars_prefix:
    description: The beginning of the names of the variables.
    type: str
    default: xen_
  address:
    description:
      - The source of a guest's C(ansible_host). V(vif) takes the first address of the first network interface of its definition,
        if it has one; V(none) sets none.
    type: str
    choices: [vif, none]
    default: vif
  cache:
    description:
      - Whether to cache the results. Without a cache every command queries all hosts.
      - The cache plugin must keep them after the command has ended, as P(ansible.builtin.jsonfile#cache) does.
  cache_timeout:
    description:
      - Seconds after which the hosts are queried again. The cache keeps older results, for hosts that do not answer then.
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
# fleet.guests.yml
plugin: xenfleet.stubdom.guests
inventory: [hosts.yml]
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/xenfleet
cache_timeout: 600

---
# With domains that no definition names, and a group of the stale guests of each host
plugin: xenfleet.stubdom.guests
inventory: [/etc/ansible/hosts]
pattern: dom0s:!lab
unmanaged: true
keyed_groups:
  - key: xen_host
    prefix: restart_on
    parent_group: xen_stale
compose:
  ansible_user: "'admin'"
"""

import json
import os
from typing import Any

from ansible import context
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import with_remedy
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.cache import FleetSnapshot, from_data, updated
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.entries import ALL, STALE, Entry, entries
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.query import (
    NESTED,
    Query,
    QueryError,
    run_query,
)
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.source import Source, is_source, read_source

_OWN = ("inventory", "pattern", "timeout", "unmanaged", "hostvars_prefix", "address")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Make hosts of the running guests of a fleet."""

    NAME = "xenfleet.stubdom.guests"

    def verify_file(self, path: str) -> bool:
        """Return whether the file has the name of a configuration file of this plugin."""
        return bool(super().verify_file(path)) and is_source(path)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the guests to the inventory. Raise AnsibleParserError when the file is wrong or no host can be queried."""
        super().parse(inventory, loader, path, cache=cache)
        source = self._read(path)
        if NESTED in os.environ:
            return
        known = self._known(source, path, use_cache=cache)
        prefix = source.hostvars_prefix
        for group in (ALL, STALE):
            self.inventory.add_group(group)
        found, problems = entries(known.fleet, source.unmanaged, tuple(self.inventory.hosts))
        for problem in problems:
            self.display.warning(problem.text())
        for entry in found:
            self._add(entry, prefix, source.address == "vif")

    def _read(self, path: str) -> Source:
        """Read the configuration. Check the plugin's own keys first, as Ansible's errors have no remedies."""
        config = self.loader.load_from_file(path, cache="none")
        others = {*self.option_definitions} - {*_OWN}
        source, problems = read_source(config, os.path.dirname(os.path.abspath(path)), others)
        if problems:
            raise AnsibleParserError("\n".join(f"{path}: {problem.text()}" for problem in problems))
        self._read_config_data(path)
        return source

    def _known(self, source: Source, path: str, use_cache: bool) -> FleetSnapshot:
        """Return the guests from the cache, or query the hosts and update the cache."""
        subject = json.dumps([source.inventory, source.pattern])
        last, key = FleetSnapshot(), self.get_cache_key(path)
        is_cached = self.get_option("cache")
        if is_cached:
            lifetime = self.get_option("cache_timeout")
            # The cache plugin must not drop old results: they are all that is known of a host that is down.
            self.set_option("cache_timeout", 0)
            self.load_cache_plugin()
            last = from_data(self.cache.get(key), subject)
            if use_cache and last.is_fresh(lifetime):
                return last
        try:
            folders = AnsibleCollectionConfig.collection_paths
            replies = run_query(Query(source.inventory, source.pattern, source.timeout, self._vault_options(), folders))
        except (QueryError, OSError) as error:
            remedy = f"check that this works: ansible-inventory -i {source.inventory[0]} --graph"
            reason = f"{path}: pattern = {source.pattern!r}: no Xen host could be queried: {error}"
            raise AnsibleParserError(with_remedy(reason, remedy)) from error
        known, problems = updated(last, replies)
        for problem in problems:
            self.display.warning(problem.text())
        if is_cached:
            self.cache[key] = known.as_data(subject)
        return known

    @staticmethod
    def _vault_options() -> list[str]:
        """Return the options of the command line for vault passwords, without those that would prompt."""
        options = []
        for name, option in (("vault_ids", "--vault-id"), ("vault_password_files", "--vault-password-file")):
            given = [value for value in context.CLIARGS.get(name) or () if not value.endswith("prompt")]
            options += [word for value in given for word in (option, value)]
        return options

    def _add(self, entry: Entry, prefix: str, with_address: bool) -> None:
        name = entry.name
        self.inventory.add_host(name)
        for key, value in entry.facts.items():
            self.inventory.set_variable(name, f"{prefix}{key}", wrap_var(value))
        if with_address and entry.address:
            self.inventory.set_variable(name, "ansible_host", entry.address)
        for group in entry.groups:
            self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), name)
        facts, strict = self.inventory.get_host(name).get_vars(), self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), facts, name, strict=strict)
        facts = self.inventory.get_host(name).get_vars()
        self._add_host_to_composed_groups(self.get_option("groups"), facts, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), facts, name, strict=strict)
