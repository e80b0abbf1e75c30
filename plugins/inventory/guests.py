# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: guests
short_description: The running guests of a fleet of Xen hosts
version_added: 0.1.0
description:
  - Asks the Xen hosts of another inventory what runs there, with M(xenfleet.stubdom.host_info), and makes a host of each guest.
  - Stub domains, dom0 and domains that are being destroyed are no guests.
  - Reads files whose names end in C(.guests.yml) or C(.guests.yaml), and C(xen_guests.yml) or C(xen_guests.yaml).
  - Hosts are asked by a process of C(ansible-playbook) of its own, with the connection settings of their inventory, the same
    C(ansible.cfg) and environment, and C(become). It gets the sources of vault passwords that the command line names, but no
    other option, and no extra variables.
  - A host that does not answer is warned about. Its guests are those that the cache has of it, with the variable C(stale_cache)
    set to true, or left out.
  - "Groups: C(xenfleet_guests) has all guests, C(xen_stale) those of which a newer image is installed than the one that they, or
    their stub domains, were booted from. C(xen_host_HOST), C(xen_type_TYPE), C(xen_device_model_PLACE) with C(stub_domain) or
    C(dom0) as place, C(xen_scheme_SCHEME) and C(xen_state_STATE) have the guests of that kind."
  - "Variables, each with the prefix O(hostvars_prefix): C(host), C(name), C(domid), C(memory) (MiB), C(vcpus), C(state), C(type),
    C(device_model), C(stub_domain), C(scheme), C(image), C(stale), C(defined), C(seen) (seconds since 1970), C(stale_cache)."
  - The type is that of the definition, unless a device model was seen, which only an HVM guest has. The scheme of a stub domain
    is the one that the definition or the host names, or else the first that the host can run.
  - A guest that runs on two hosts, or has the name of a Xen host, is called C(NAME~HOST), with a warning.
  - What a host says is never taken for a template.
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
      - Relative paths begin at the folder of the configuration file, which may itself be in one of them.
    type: list
    elements: str
    required: true
  pattern:
    description: Which hosts of them are Xen hosts, as for C(ansible).
    type: str
    default: xen_hosts
  timeout:
    description:
      - Seconds that each host has to answer.
      - As many hosts are asked at once as C(forks) of Ansible's configuration says.
    type: int
    default: 60
  unmanaged:
    description: Whether running domains that no definition of their host names are guests too.
    type: bool
    default: false
  hostvars_prefix:
    description: The beginning of the names of the variables.
    type: str
    default: xen_
  address:
    description:
      - How C(ansible_host) of a guest is found. V(vif) takes the first address of its definition's first network interface, if it
        has one; V(none) sets none.
    type: str
    choices: [vif, none]
    default: vif
  cache:
    description:
      - Whether answers are kept. Without it every command asks all hosts.
      - The plugin that keeps them must outlast the command, such as P(ansible.builtin.jsonfile#cache).
  cache_timeout:
    description:
      - Seconds after which the hosts are asked again. Answers are kept for longer, for hosts that do not answer then.
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
# Also what nobody has defined; a group for each host's guests of an old image; who is asked how
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

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.entries import ALL, STALE, Entry, entries
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.source import Source, is_source, read_source
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.query import NESTED, QueryError, Query, run_query
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.cache import FleetSnapshot, from_data, updated

_OWN = ("inventory", "pattern", "timeout", "unmanaged", "hostvars_prefix", "address")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "xenfleet.stubdom.guests"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and is_source(path)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
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
        """Its own keys are looked at first, as Ansible would tell no remedy, and nothing of a key that it does not
        know."""
        config = self.loader.load_from_file(path, cache="none")
        others = {*self.option_definitions} - {*_OWN}
        source, problems = read_source(config, os.path.dirname(os.path.abspath(path)), others)
        if problems:
            raise AnsibleParserError("\n".join(f"{path}: {problem.text()}" for problem in problems))
        self._read_config_data(path)
        return source

    def _known(self, source: Source, path: str, use_cache: bool) -> FleetSnapshot:
        """From the cache, or from the hosts; what they tell now is kept in the cache."""
        subject = json.dumps([source.inventory, source.pattern])
        last, key = FleetSnapshot(), self.get_cache_key(path)
        is_kept = self.get_option("cache")
        if is_kept:
            lifetime = self.get_option("cache_timeout")
            # The cache itself must not drop what is too old: it is all that is known of a host that is down.
            self.set_option("cache_timeout", 0)
            self.load_cache_plugin()
            last = from_data(self.cache.get(key), subject)
            if use_cache and last.is_fresh(lifetime):
                return last
        try:
            folders = AnsibleCollectionConfig.collection_paths
            answers = run_query(Query(source.inventory, source.pattern, source.timeout, self._vault_options(), folders))
        except (QueryError, OSError) as error:
            remedy = f"see that this works: ansible-inventory -i {source.inventory[0]} --graph"
            told = f"{path}: pattern = {source.pattern!r}: no Xen host could be asked: {error}. Remedy: {remedy}."
            raise AnsibleParserError(told) from error
        known, problems = updated(last, answers)
        for problem in problems:
            self.display.warning(problem.text())
        if is_kept:
            self.cache[key] = known.as_data(subject)
        return known

    @staticmethod
    def _vault_options() -> list[str]:
        """Vault passwords come from where the command line says; nobody can be asked for one in between."""
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
