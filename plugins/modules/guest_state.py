#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_state
short_description: Start, stop and restart the guests of a host
version_added: 0.1.0
description:
  - Brings each guest of the list to its C(state), from the files that M(xenfleet.stubdom.guest_config) wrote.
  - A running guest whose definition has changed is restarted only when its C(restart) is V(on_change); otherwise
    C(restart_needed) says so.
  - Guests that are to stop are asked to shut down all at once. None is destroyed unless O(stop_force=true).
  - Guests that the list does not name are left alone.
  - With C(xm), a start waits for the stub domain, too, and destroys a guest whose stub domain does not come within a minute.
    An HVM guest is stopped by its power button, as C(xm shutdown) may cut its power; on Xen 3.3, which has none, only
    O(stop_force=true) stops it.
  - A stub domain (C(NAME-dm)) that a failed start of an HVM guest left, or that outlives its guest, is destroyed, as it
    would keep the guest from its next start. One that serves a living domain never is.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._lock
  - xenfleet.stubdom._guests
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  config_dir:
    description: Folder of the configuration files.
    type: path
    default: /etc/xen
  configured:
    description:
      - The C(guests) that M(xenfleet.stubdom.guest_config) returned. A guest that it refused is left alone, and check mode
        knows of files that are not written yet.
      - Without it the files are read as they are.
    type: list
    elements: dict
  stop_timeout:
    description: Seconds that a guest has for shutting down.
    type: int
    default: 120
  stop_force:
    description: Destroy a guest that has not shut down in O(stop_timeout), instead of reporting it.
    type: bool
    default: false
  console_dir:
    description: Folder of the console logs of C(xenconsoled).
    type: path
    default: /var/log/xen/console
  log_dir:
    description: Folder of Xen's logs, those of the stub domains among them.
    type: path
    default: /var/log/xen
  records:
    description:
      - Folder on the host in which the collection remembers which domains it started, and from what.
    type: path
    default: /var/lib/xenfleet/guests
seealso:
  - module: xenfleet.stubdom.guest_config
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Start the guests whose files are in order
  xenfleet.stubdom.guest_state:
    guests: "{{ stubdom_guests }}"
    configured: "{{ files.guests }}"

- name: Stop one guest, by force if it does not listen
  xenfleet.stubdom.guest_state:
    guests: [{name: web1, state: absent}]
    stop_timeout: 60
    stop_force: true
"""

RETURN = r"""
guests:
  description:
    - One entry for each item of O(guests), in its order.
    - RV(ignore:action) is V(started), V(stopped), V(restarted) or V(none).
    - C(state) is V(running), V(paused), V(crashed), V(shutdown), V(dying) or V(off), as it is afterwards.
    - C(refused) says that M(xenfleet.stubdom.guest_config) did not write its file, so that it was left alone.
    - C(restart_needed) is null where nobody can tell what a running guest was started from.
    - C(notes) tell of a stub domain that a failed start left, and that is destroyed.
    - Of an HVM guest that does not start, a problem has what its stub domain said last, if its log in O(log_dir) tells.
  returned: always, unless the host is no Xen host
  type: list
  elements: dict
  sample:
    - name: web1
      action: started
      state: running
      domid: 3
      restart_needed: false
      refused: false
      notes: []
      problems: []
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils import hostlock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import Lifecycle, Outcome, Rules
from ansible_collections.xenfleet.stubdom.plugins.module_utils.results import guest_results, take_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import ToolstackError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect


def run(module: AnsibleModule, items: list[Any]) -> dict[str, Any]:
    params = module.params
    rules = Rules(
        config_dir=Path(params["config_dir"]),
        records=Path(params["records"]),
        console_dir=Path(params["console_dir"]),
        log_dir=Path(params["log_dir"]),
        timeout=params["stop_timeout"],
        destroy=params["stop_force"],
        check=module.check_mode,
    )
    configured = None if params["configured"] is None else {guest["name"]: guest for guest in params["configured"]}
    outcomes = Lifecycle(detect(params["toolstack"]), rules).run(items, configured)
    changed = [outcome for outcome in outcomes if outcome.action != "none"]
    return guest_results([outcome.as_dict() for outcome in outcomes], bool(changed), [_diff(item) for item in changed])


def _diff(outcome: Outcome) -> dict[str, str]:
    before = {"started": "off", "stopped": "running", "restarted": "running, older definition"}[outcome.action]
    return {
        "before_header": f"guest {outcome.name}",
        "after_header": f"guest {outcome.name}",
        "before": f"{before}\n",
        "after": f"{outcome.state}\n",
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "guests": {"type": "list", "elements": "raw", "required": True, "no_log": True},
            "toolstack": {"type": "str", "choices": ["auto", "xl", "xm"], "default": "auto"},
            "config_dir": {"type": "path", "default": "/etc/xen"},
            "configured": {"type": "list", "elements": "dict"},
            "stop_timeout": {"type": "int", "default": 120},
            "stop_force": {"type": "bool", "default": False},
            "console_dir": {"type": "path", "default": "/var/log/xen/console"},
            "log_dir": {"type": "path", "default": "/var/log/xen"},
            "records": {"type": "path", "default": "/var/lib/xenfleet/guests"},
            **hostlock.OPTIONS,
        },
        supports_check_mode=True,
    )
    guests = take_guests(module)
    try:
        with hostlock.held(module, "guest_state"):
            result = run(module, guests)
    except (hostlock.LockError, ToolstackError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
