#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: console_log
short_description: Have xenconsoled log the consoles of all guests
version_added: 0.1.0
description:
  - Sets the arguments of C(xenconsoled) where the host keeps them, and restarts C(xenconsoled) alone when it runs with others.
    Guests continue to run, and their consoles are logged from then on.
  - Debian's init script reads C(XENCONSOLED_ARGS) of C(/etc/default/xen). The systemd unit of Xen's own installation reads the
    file that its C(EnvironmentFile) names, the init script C(xencommons) reads C(/etc/default/xencommons) or
    C(/etc/sysconfig/xencommons).
  - On a host with none of these, and where the restart fails, the module changes nothing more, warns, and returns
    C(logged=false). It never fails for that, because guests run without a log.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
options:
  arguments:
    description:
      - Arguments of C(xenconsoled), separated by blanks.
      - Where the host has a variable for the kind of the log alone (C(XENCONSOLED_TRACE)), only one argument C(--log=...) can be
        set.
    type: str
    default: --log=guest
  state:
    description:
      - V(present) sets the arguments.
      - V(absent) removes the line that sets them, if it is exactly the one that V(present) writes.
    type: str
    choices: [present, absent]
    default: present
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Log the consoles of all guests
  xenfleet.stubdom.console_log:
"""

RETURN = r"""
logged:
  description: Whether C(xenconsoled) runs with the arguments. In check mode, whether it would.
  returned: always
  type: bool
  sample: true
defaults:
  description: The file in which the host keeps the arguments. It is empty where none is known.
  returned: always
  type: str
  sample: /etc/default/xen
restarted:
  description: Whether C(xenconsoled) was restarted. In check mode, whether it would be.
  returned: always
  type: bool
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.console_setup import Setup, remove, set_up
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.log_files import XENCONSOLED_ARGUMENTS


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "arguments": {"type": "str", "default": XENCONSOLED_ARGUMENTS},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    work = set_up if module.params["state"] == "present" else remove
    try:
        result: Setup = work(module.params["arguments"], module.check_mode)
    except OSError as error:
        reason = f"the arguments of xenconsoled cannot be set: {error}"
        result = Setup(note=with_remedy(reason, "correct that, or set stubdom_console_log: false"))
    if result.note:
        module.warn(result.note)
    module.exit_json(
        changed=result.changed,
        logged=result.logged,
        defaults=result.defaults,
        restarted=result.restarted,
        diff=result.diffs,
    )


if __name__ == "__main__":
    main()
