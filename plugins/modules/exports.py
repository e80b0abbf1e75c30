#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: exports
short_description: Create the tree of links that fs-backend serves to stub domains
version_added: 0.1.0
description:
  - Creates C(/exports), through which fs-backend of Xen 3.3 and 3.4 serves files of dom0 to mini-OS stub domains
    (C(stubdom/README) of these releases). Xen 4.0 serves C(/var/lib/xen) itself and does not read C(/exports).
  - A link that leads elsewhere is replaced by one rename, so that there is always a link. The module fails and changes nothing
    if a file or folder is in the place of a link, or if a link would lie behind another link or outside of the tree.
  - Other links of the tree stay as they are.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.lock
options:
  path:
    description:
      - Folder of the tree, an absolute path. fs-backend serves only the default
        (C(tools/fs-back/fs-backend.c) of 3.3 and 3.4).
    type: path
    default: /exports
  links:
    description:
      - The links. QEMU in a stub domain needs the default ones; include them when you give others.
      - fs-backend follows the links, and stub domains read and write everything that they lead to.
    type: list
    elements: dict
    default:
      - name: usr/share/xen/qemu/keymaps
      - name: var/lib/xen
    suboptions:
      name:
        description: Place of the link in the tree, such as V(var/lib/xen). It is not absolute and has no part C(..).
        type: str
        required: true
      target:
        description: Absolute path that the link leads to. The default is the path of the same name, such as V(/var/lib/xen).
        type: str
  state:
    description:
      - V(present) creates the links.
      - V(absent) removes those of O(links) that lead to their target, then the empty folders of the tree, then the tree itself
        if it is empty. Links that lead elsewhere, files and other folders stay.
    type: str
    choices: [present, absent]
    default: present
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Create the links that stub domains need
  xenfleet.stubdom.exports:

- name: Serve keymaps from another place, and one more folder
  xenfleet.stubdom.exports:
    links:
      - {name: usr/share/xen/qemu/keymaps, target: /usr/share/qemu/keymaps}
      - {name: var/lib/xen}
      - {name: srv/firmware}

- name: Remove the links
  xenfleet.stubdom.exports:
    state: absent
"""

RETURN = r"""
links:
  description:
    - The links as they are, or in check mode would be.
    - RV(ignore:state) is V(created), V(replaced), V(unchanged), V(removed) or V(absent), or V(kept) for what this collection did
      not create.
  returned: success
  type: list
  elements: dict
  sample:
    - name: var/lib/xen
      path: /exports/var/lib/xen
      target: /var/lib/xen
      state: created
      target_exists: true
missing:
  description: Targets of links that do not exist on the host. A warning names them, too.
  returned: success
  type: list
  elements: str
  sample: [/usr/share/xen/qemu/keymaps]
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError, with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports, exports_apply
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.links import read_links


def run(module: AnsibleModule) -> dict[str, Any]:
    """Create or remove the links. Return the module's result. Raise OSError."""
    root, is_absent = module.params["path"], module.params["state"] == "absent"
    links, problems = read_links(root, module.params["links"])
    _fail_for(module, problems)
    tree = exports_apply.read_tree(root, links)
    if is_absent:
        plan = exports.plan_absent(links, tree)
    else:
        plan, problems = exports.plan_present(root, links, tree)
        _fail_for(module, problems)
    if not module.check_mode:
        exports_apply.apply_plan(root, plan)
    missing = [] if is_absent else [link.target for link in links if not os.path.exists(link.target)]
    for target in missing:
        module.warn(with_remedy(f"{target} does not exist: stub domains do not find the files that it should hold", "install it"))
    for name in plan.kept:
        module.warn(with_remedy(f"{root}/{name} is kept: it is not the link that this module creates", "remove it by hand"))
    before, after = exports.plan_diff(plan, links, tree)
    return {
        "changed": plan.changed,
        "links": [
            {
                "name": link.name,
                "path": f"{root}/{link.name}",
                "target": link.target,
                "state": plan.states[link.name],
                "target_exists": os.path.exists(link.target),
            }
            for link in links
        ],
        "missing": missing,
        "diff": {"before_header": root, "after_header": root, "before": before, "after": after} if plan.changed else {},
    }


def _fail_for(module: AnsibleModule, problems: list[Problem]) -> None:
    if problems:
        module.fail_json(msg="\n".join(problem.text() for problem in problems))


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": exports.ROOT},
            "links": {
                "type": "list",
                "elements": "dict",
                "default": [{"name": name} for name in exports.LINKS],
                "options": arguments.LINK,
            },
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            **arguments.LOCK,
        },
        supports_check_mode=True,
    )
    try:
        with host_lock.hold_for_module(module, "exports"):
            result = run(module)
    except XenfleetError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        reason = f"path = {module.params['path']!r}: cannot be read or changed: {error.strerror}"
        module.fail_json(msg=with_remedy(reason, "check that root may write there and that there is room, then run again"))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
