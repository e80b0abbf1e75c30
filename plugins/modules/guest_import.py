#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_import
short_description: Make definitions of the guests that a host has by hand
version_added: 0.1.0
description:
  - Reads the configuration files of O(config_dir) that this collection did not write, those that O(autostart_dir) links, and
    those that running domains were started from, and makes a definition of each.
  - Proves each definition on the host. C(xl create -n), or C(xm create -n), reads the file and what a deployment would write, and
    both must mean the same. Nothing is started, and nothing is written.
  - Lists what a definition cannot have, with the file, the line and the key. It lists as well what a deployment to this host would
    refuse, such as a disk that does not exist.
  - A domain that runs gets the default state. Any other guest gets C(state=defined), with which no deployment starts or stops it.
  - Reads plain files of text of up to 1 MiB only. A file of C(xm) that is more than assignments of plain values is not read, and
    never executed.
  - B(The result contains the passwords of the definitions.) Use it with C(no_log=true), as the playbook C(import.yml)
    does.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.autostart_dir
  - xenfleet.stubdom._options.config_dir
  - xenfleet.stubdom._options.records
  - xenfleet.stubdom._options.store
  - xenfleet.stubdom._options.toolstack
seealso:
  - module: xenfleet.stubdom.host_vars
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Read the guests that the host has by hand
  xenfleet.stubdom.guest_import:
  no_log: true
  register: stubdom_import
"""

RETURN = r"""
xen:
  description: The release and the toolstack of the host.
  returned: success
  type: dict
  sample: {release: "4.17", toolstack: xl}
guests:
  description:
    - One entry for each file of a guest.
    - C(understood) is whether the definition means what the file means, and a deployment accepts it. C(reasons) has what keeps it
      from that.
    - C(notes) is information that is not a problem, such as a key that C(xl) ignores.
  returned: success
  type: list
  elements: dict
  sample:
    - name: web1
      path: /etc/xen/web1.cfg
      understood: true
      definition: {name: web1, type: pv, memory: 256, boot: {method: direct, kernel: /boot/vmlinuz, expect: ""}}
      reasons: []
      notes: []
managed:
  description: The guests whose files this collection wrote or has adopted.
  returned: success
  type: list
  elements: dict
  sample: [{name: db1, path: /etc/xen/db1.cfg}]
skipped:
  description: The files that were not read as a guest's, with the reason.
  returned: success
  type: list
  elements: dict
  sample: [{path: /etc/xen/old.cfg, reason: "line 3: a string does not end in its line"}]
problems:
  description: What could not be read of the host.
  returned: success
  type: list
  elements: str
  sample: []
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest_import.collect import Collector
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest_import.places import Places
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **arguments.CONFIG_DIR,
            **arguments.AUTOSTART_DIR,
            **arguments.STORE,
            **arguments.RECORDS,
            **arguments.TOOLSTACK,
        },
        supports_check_mode=True,
    )
    params = module.params
    keys = ("config_dir", "autostart_dir", "store", "records")
    places = Places(**{key: Path(params[key]) for key in keys})
    try:
        module.exit_json(**Collector(detect(params["toolstack"]), places).run())
    except (XenfleetError, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
