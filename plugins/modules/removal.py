#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: removal
short_description: Remove what this collection left on a host
version_added: 0.1.0
description:
  - Looks for all that this collection has on a host. In check mode that is all it does, which makes it the plan of the
    playbook C(remove.yml).
  - Removes what no other module removes, which are the files that M(xenfleet.stubdom.minios_stubdom_install) has put into
    Xen's own folders, where what was there before takes its place again, the images of the store, the records of starts
    and pauses, the proofs that images boot, the program C(fs-backend) and its service's files, the host's lock, and
    folders in which nothing is left then.
  - Fails and removes nothing while a guest of this collection is there. M(xenfleet.stubdom.guest_state) and
    M(xenfleet.stubdom.guest_config) with C(state=absent) remove guests, M(xenfleet.stubdom.exports) the links.
  - A guest is of this collection where the first line of its file says so, whether the inventory names it or not.
  - What others have is left, and told, such as a version of an image that a domain or a file which is not ours boots
    from, files that are no part of the store, copies of files, and C(fs-backend) while it may serve such a domain.
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
    description: Folder on the host in which M(xenfleet.stubdom.boot_proof) remembers which images boot.
    type: path
    default: /var/lib/xenfleet/proofs
  only:
    description:
      - Paths that may go, such as RV(paths) of an earlier run in check mode. What else is found has come since; it is left, and
        told. Without this option, all that is found goes. Folders that are empty, and the lock, go in any case.
    type: list
    elements: str
  links:
    description: The links of C(/exports), as M(xenfleet.stubdom.exports) takes them. By default its own two.
    type: list
    elements: dict
    suboptions:
      name:
        description: Place of the link in the tree.
        type: str
        required: true
      target:
        description: Absolute path that the link leads to; by default that of the same name.
        type: str
  named:
    description: Names of the guests that the inventory has for this host. Of any other the plan says so.
    type: list
    elements: str
    default: []
  console:
    description:
      - The arguments that the role P(xenfleet.stubdom.console_log#role) gives to C(xenconsoled). Where the host has them,
        the plan has them too. With an empty string, nobody looks.
    type: str
    default: ""
seealso:
  - module: xenfleet.stubdom.removal_plan
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Look at what there is to remove
  xenfleet.stubdom.removal:
  check_mode: true
  register: plan

- name: Remove the rest when no guest is there any more
  xenfleet.stubdom.removal:
"""

RETURN = r"""
going:
  description: A line for each thing that goes, those that other modules remove among them; empty where nothing is ours.
  returned: success
  type: list
  elements: str
  sample: ["guest web1 (running; it is shut down first): /etc/xen/web1.cfg"]
left:
  description: What stays and looks like ours, and why.
  returned: success
  type: list
  elements: str
  sample: ["/etc/xen/web1.cfg.by-hand-0f3c9a51: is a copy of a file of guest web1"]
guests:
  description: Definitions by which M(xenfleet.stubdom.guest_state) and M(xenfleet.stubdom.guest_config) remove the guests.
  returned: success
  type: list
  elements: dict
  sample: [{name: web1, state: absent}]
service:
  description: The service that is to be stopped and disabled, an empty string for none.
  returned: success
  type: str
  sample: xenfleet-fs-backend
service_manager:
  description: What starts the host's services, V(systemd) or V(sysvinit).
  returned: success
  type: str
  sample: systemd
links:
  description: Links that M(xenfleet.stubdom.exports) is to remove.
  returned: success
  type: list
  elements: str
  sample: [/exports/var/lib/xen]
console:
  description: The line that is to be removed from the defaults of C(xenconsoled), an empty string for none.
  returned: success
  type: str
  sample: XENCONSOLED_ARGS="--log=guest" of /etc/default/xen
paths:
  description: All paths that this module removes or puts back, for O(only).
  returned: success
  type: list
  elements: str
  sample: [/var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78, /var/lib/xenfleet/images]
placed:
  description:
    - Files that this collection has put into Xen's own folders, each with the one that takes its place again, an empty
      string for none.
  returned: success
  type: dict
  sample: {/usr/lib/xen/bin/stubdom-dm: /usr/lib/xen/bin/stubdom-dm.orig}
trees:
  description: Folders that this module removes with all that is in them.
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
  description: The host's lock, which goes last, an empty string where there is none.
  returned: success
  type: str
  sample: /var/lib/xenfleet/lock
folders:
  description: Folders that this module removes, as nothing is left in them.
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

FOLDERS = ("config_dir", "autostart_dir", "store", "records", "proofs", "lock")


def run(module: AnsibleModule) -> dict[str, Any]:
    """Plan the removal and, outside check mode, carry it out. Raise XenfleetError or OSError."""
    params = module.params
    given = params["links"] or [{"name": name} for name in exports.LINKS]
    links, problems = read_links(exports.ROOT, given)
    _fail_for(module, problems)
    only = None if params["only"] is None else frozenset(params["only"])
    folders = (Path(params[key]) for key in FOLDERS)
    places = scan.Places(*folders, links, frozenset(params["named"]), params["console"], only)
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
    module = AnsibleModule(
        argument_spec={
            **arguments.CONFIG_DIR,
            **arguments.AUTOSTART_DIR,
            **arguments.STORE,
            **arguments.RECORDS,
            "links": {
                "type": "list",
                "elements": "dict",
                "options": arguments.LINK,
            },
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
