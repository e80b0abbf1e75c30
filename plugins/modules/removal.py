#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: removal
short_description: Remove everything of this collection from a host
version_added: 0.1.0
description:
  - Finds everything that this collection has on a host. In check mode it does nothing else; the result is the plan of the
    playbook C(remove.yml).
  - Removes what no other module removes. These are the files that M(xenfleet.stubdom.minios_stubdom_install) installed into
    Xen's own folders, whose previous files it restores, the images of the store, the records of starts and pauses, the proofs,
    the program C(fs-backend) and the files of its service, the host's lock, and folders that are empty afterwards.
  - Fails and removes nothing while a guest of this collection exists. M(xenfleet.stubdom.guest_state) and
    M(xenfleet.stubdom.guest_config) with C(state=absent) remove guests, M(xenfleet.stubdom.exports) removes the links.
  - A guest belongs to this collection if the first line of its file names the collection, even if the inventory does not name it.
  - Everything else stays and is reported, such as a version of an image that another domain or file boots from, files that are
    not part of the store, copies of files, and C(fs-backend) while it may serve another domain.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.autostart_dir
  - xenfleet.stubdom._options.config_dir
  - xenfleet.stubdom._options.lock
  - xenfleet.stubdom._options.records
  - xenfleet.stubdom._options.store
  - xenfleet.stubdom._options.toolstack
options:
  proofs:
    description: Folder on the host for the proofs of M(xenfleet.stubdom.boot_proof).
    type: path
    default: /var/lib/xenfleet/proofs
  only:
    description:
      - Paths to remove, such as RV(paths) of an earlier run in check mode. Everything else that is found is newer; it stays and
        is reported. Without this option everything that is found is removed. Empty folders and the lock are always removed.
    type: list
    elements: str
  links:
    description: The links of C(/exports), as for M(xenfleet.stubdom.exports). The default is its own two links.
    type: list
    elements: dict
    suboptions:
      name:
        description: Place of the link in the tree.
        type: str
        required: true
      target:
        description: Absolute path that the link leads to. The default is the path of the same name.
        type: str
  named:
    description: Names of the guests that the inventory defines for this host. The plan marks other guests.
    type: list
    elements: str
    default: []
  console:
    description:
      - The arguments that the role P(xenfleet.stubdom.console_log#role) gives to C(xenconsoled). The plan includes them if the
        host has them. An empty string omits this check.
    type: str
    default: ""
seealso:
  - module: xenfleet.stubdom.removal_plan
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Plan the removal
  xenfleet.stubdom.removal:
  check_mode: true
  register: plan

- name: Remove the rest after the guests were removed
  xenfleet.stubdom.removal:
"""

RETURN = r"""
going:
  description: A line for each thing to remove, including those that other modules remove. It is empty if the host has none.
  returned: success
  type: list
  elements: str
  sample: ["guest web1 (running; it is shut down first): /etc/xen/web1.cfg"]
left:
  description: What stays although it may belong to this collection, with the reason.
  returned: success
  type: list
  elements: str
  sample: ["/etc/xen/web1.cfg.by-hand-0f3c9a51: is a copy of a file of guest web1"]
guests:
  description: Definitions with which M(xenfleet.stubdom.guest_state) and M(xenfleet.stubdom.guest_config) remove the guests.
  returned: success
  type: list
  elements: dict
  sample: [{name: web1, state: absent}]
service:
  description: The service to stop and disable, or an empty string.
  returned: success
  type: str
  sample: xenfleet-fs-backend
service_manager:
  description: The program that starts the host's services, V(systemd) or V(sysvinit).
  returned: success
  type: str
  sample: systemd
links:
  description: Links to remove with M(xenfleet.stubdom.exports).
  returned: success
  type: list
  elements: str
  sample: [/exports/var/lib/xen]
console:
  description: The line to remove from the defaults of C(xenconsoled), or an empty string.
  returned: success
  type: str
  sample: XENCONSOLED_ARGS="--log=guest" of /etc/default/xen
paths:
  description: All paths that this module removes or restores, for O(only).
  returned: success
  type: list
  elements: str
  sample: [/var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78, /var/lib/xenfleet/images]
placed:
  description:
    - Files that this collection installed into Xen's own folders, each with the file to restore in its place, or an empty
      string.
  returned: success
  type: dict
  sample: {/usr/lib/xen/bin/stubdom-dm: /usr/lib/xen/bin/stubdom-dm.orig}
trees:
  description: Folders that this module removes with their contents.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78]
files:
  description: Files and links that this module removes.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/xenfleet/images/pvgrub2-x86_64/current]
lock:
  description: The host's lock, which is removed last, or an empty string.
  returned: success
  type: str
  sample: /var/lib/xenfleet/lock
folders:
  description: Empty folders that this module removes.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/xenfleet/images, /var/lib/xenfleet]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError, with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports, program
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.links import read_links
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal import execute, scan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal.plan import RemovalPlan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect


def run(module: AnsibleModule) -> dict[str, Any]:
    """Plan the removal and, outside check mode, carry it out. Raise XenfleetError or OSError."""
    params = module.params
    given = params["links"] or [{"name": name} for name in exports.LINKS]
    links, problems = read_links(exports.ROOT, given)
    _fail_for(module, problems)
    places = scan.Places(
        config_dir=Path(params["config_dir"]),
        autostart_dir=Path(params["autostart_dir"]),
        store=Path(params["store"]),
        records=Path(params["records"]),
        proofs=Path(params["proofs"]),
        lock=Path(params["lock"]),
        links=links,
        named=frozenset(params["named"]),
        console=params["console"],
        only=None if params["only"] is None else frozenset(params["only"]),
    )
    toolstack = detect(params["toolstack"])

    def plan() -> RemovalPlan:
        return scan.scan_host(toolstack, places)

    if module.check_mode:
        found = plan()
    else:
        found, problems = execute.run(plan, places.lock, params["lock_timeout"])
        _fail_for(module, problems)
    before, after = found.listing()
    return {
        **found.as_dict(),
        "service_manager": program.service_manager(),
        "changed": bool(found.paths),
        "diff": {"before": before, "after": after} if found.paths else {},
    }


def _fail_for(module: AnsibleModule, problems: list[Problem]) -> None:
    if problems:
        module.fail_json(msg="\n".join(problem.text() for problem in problems))


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **arguments.CONFIG_DIR,
            **arguments.AUTOSTART_DIR,
            **arguments.STORE,
            **arguments.RECORDS,
            "links": {"type": "list", "elements": "dict", "options": arguments.LINK},
            "proofs": {"type": "path", "default": paths.PROOFS},
            "only": {"type": "list", "elements": "str"},
            "named": {"type": "list", "elements": "str", "default": []},
            "console": {"type": "str", "default": ""},
            **arguments.TOOLSTACK,
            **arguments.LOCK,
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except XenfleetError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        remedy = "check that root may read and change it, then run again"
        module.fail_json(msg=with_remedy(f"{error.filename}: cannot be read or removed: {error.strerror}", remedy))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
