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
  - A running guest whose definition has changed is restarted only if its C(restart) is V(on_change); otherwise
    C(restart_needed) reports it. O(restart_stale) and O(reboot) are other reasons for a restart. Guests are restarted
    O(restart_batch) at a time. If one does not start again, no other guest is stopped for a restart.
  - Guests of a higher C(order) stop before those of a lower one, and start after them. Those of one order get the request to
    shut down at the same time.
  - A guest that runs is destroyed only with O(stop_force=true), or with C(xm) when its stub domain is not ready; see below. A
    guest that is to be stopped is destroyed also when it has crashed, or when C(on_poweroff) keeps its domain.
  - A guest with C(state=paused) is started if it is off, then paused. It is unpaused before it is to run or to stop later. A
    guest that an operator has paused stays paused and is reported.
  - The module records each start in O(records) before it begins. A domain whose creation was interrupted, by the end of a run
    or of the toolstack's program, is recognised by its record, and destroyed if it has never run.
  - A guest in the midst of a reboot of its own, of its end, or of a start by another program is waited for, up to one minute for
    all guests together; so is one that is saved or migrated. It is neither reported as dead nor started a second time. After
    that time it is reported and left alone. C(xl) shows it by the process that monitors the guest, xend by its records; without
    them, a state is final at once.
  - A warning names domains without a name, which is what is left of domains that were destroyed.
  - A guest is not started while one that it C(needs) does not run, and not stopped while a guest of the list that needs it has a
    domain. C(needs) may name guests that O(guests) does not have.
  - Guests that the list does not name are not changed.
  - With C(xm), a start waits for the stub domain too, and destroys a guest whose stub domain is not ready after one minute. An
    HVM guest is stopped by its power button, as C(xm shutdown) may cut its power. Xen 3.3 has no power button, and only
    O(stop_force=true) stops such a guest there.
  - A stub domain (C(NAME-dm)) that a failed start of an HVM guest left, or that outlives its guest, is destroyed, as it
    prevents the next start of the guest. A stub domain that serves a living domain is never destroyed.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.config_dir
  - xenfleet.stubdom._options.console_dir
  - xenfleet.stubdom._options.fail_for_guests
  - xenfleet.stubdom._options.guests
  - xenfleet.stubdom._options.images
  - xenfleet.stubdom._options.lock
  - xenfleet.stubdom._options.log_dir
  - xenfleet.stubdom._options.policy
  - xenfleet.stubdom._options.records
  - xenfleet.stubdom._options.store
  - xenfleet.stubdom._options.toolstack
options:
  configured:
    description:
      - The C(guests) that M(xenfleet.stubdom.guest_config) returned. With them, a guest that it refused is not changed, and
        check mode knows files that are not written yet.
      - Without them the module reads the files as they are.
    type: list
    elements: dict
  elsewhere:
    description:
      - Guests that run, or may run, on another host, and must not be started here. The start of such a guest is a problem of
        it, with the reason and the remedy that are given. A guest that runs here is not affected.
      - C(deploy.yml) gives what M(xenfleet.stubdom.placement) found. Without it, the module knows of no other host.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the guest.
        type: str
        required: true
      reason:
        description: Why it is not started.
        type: str
        required: true
      remedy:
        description: What the operator does about it.
        type: str
        required: true
  more_starts:
    description: Whether the caller starts other guests afterwards. The C(start_delay) of the last guest then passes before the
      module returns.
    type: bool
    default: false
seealso:
  - module: xenfleet.stubdom.guest_config
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Start the guests whose files were written
  xenfleet.stubdom.guest_state:
    guests: "{{ stubdom_guests }}"
    configured: "{{ files.guests }}"

- name: Stop one guest, and destroy it if it does not shut down
  xenfleet.stubdom.guest_state:
    guests: [{name: web1, state: absent}]
    stop_timeout: 60
    stop_force: true

- name: Restart the stale guests, two at a time
  xenfleet.stubdom.guest_state:
    guests: "{{ stubdom_guests }}"
    restart_stale: true
    restart_batch: 2
"""

RETURN = r"""
guests:
  description:
    - One entry for each item of O(guests), in its order.
    - RV(ignore:action) is V(started), V(stopped), V(restarted), V(paused), V(unpaused) or V(none). After a failed restart it is
      V(stopped) if the guest was shut down.
    - RV(ignore:cause) is the reason of a restart, V(asked) for O(reboot), V(definition), V(image), or V(unknown) if it is
      unknown what the guest was started from.
    - C(stale) is true if it still runs from an older image than the current one. C(older) has the versions, by the images'
      names, that it ran from before the module changed it.
    - C(order) is that of its definition. C(depth) is the number of guests of that order which start one after the other before
      it, because of C(needs).
    - C(state) is V(running), V(paused), V(crashed), V(shutdown), V(dying) or V(off), as it is afterwards.
    - C(refused) is true if M(xenfleet.stubdom.guest_config) did not write its file, so that the guest was not changed.
    - C(restart_needed) is true if a running guest was started from a configuration of another meaning than the present one, and
      null if it is unknown what it was started from. Another spelling is no other meaning; see M(xenfleet.stubdom.guest_config).
    - C(notes) report leftovers of an earlier start that are destroyed, a start that was repeated, and a restart that was not
      done.
    - If an HVM guest does not start, the problem has the last error message of its stub domain, if O(log_dir) has one.
  returned: always, unless the host does not run Xen
  type: list
  elements: dict
  sample:
    - name: web1
      action: started
      cause: ""
      state: running
      domid: 3
      restart_needed: false
      stale: false
      older: {}
      order: 0
      depth: 0
      refused: false
      notes: []
      problems: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError, with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.guest_module import (
    GUESTS,
    guest_definitions,
    guest_results,
    without_passwords,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Definition, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import boot_paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.decide import unknown_names
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.order import check_sizes
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Folders, HostRun, Outcome, Policy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect


def run(module: AnsibleModule, definitions: list[Definition]) -> dict[str, Any]:
    """Bring the guests to their states. Return the module's result. Raise XenfleetError or OSError."""
    params = module.params
    boot_paths.announced(params["images"])
    elsewhere = {guest["name"]: (guest["reason"], guest["remedy"]) for guest in params["elsewhere"]}
    policy = Policy.of(params, params["images"], module.check_mode, elsewhere)
    configured = None if params["configured"] is None else {guest["name"]: guest for guest in params["configured"]}
    host = HostRun(detect(params["toolstack"]), Folders.of(params), policy, configured)
    outcomes = host.run(definitions, params["more_starts"])
    left = host.left_behind()
    if left:
        module.warn(with_remedy(*left))
    changed = [outcome for outcome in outcomes if outcome.action != "none"]
    diffs = [_diff(item) for item in changed]
    return guest_results(module, [outcome.as_dict() for outcome in outcomes], bool(changed), diffs)


def _check(module: AnsibleModule, definitions: list[Definition]) -> None:
    """Fail for wrong options before a guest is changed."""
    params = module.params
    problems = unknown_names(params["reboot"], [definition.name for definition in definitions])
    problems += check_sizes(params["start_parallel"], params["restart_batch"])
    if problems:
        module.fail_json(msg="\n".join(problem.text() for problem in problems))


_BEFORE = {"started": "off", "stopped": "running", "paused": "running", "unpaused": "paused"}
_BEFORE_RESTART = {
    "asked": "running, to be restarted",
    "definition": "running, older definition",
    "image": "running, older image",
    "unknown": "running, perhaps another definition",
}


def _diff(outcome: Outcome) -> dict[str, str]:
    before = _BEFORE.get(outcome.action) or _BEFORE_RESTART[outcome.cause]
    return {
        "before_header": f"guest {outcome.name}",
        "after_header": f"guest {outcome.name}",
        "before": f"{before}\n",
        "after": f"{outcome.state}\n",
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **GUESTS,
            **arguments.FAIL_FOR_GUESTS,
            **arguments.TOOLSTACK,
            **arguments.CONFIG_DIR,
            "configured": {"type": "list", "elements": "dict"},
            **arguments.IMAGES,
            "elsewhere": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {name: {"type": "str", "required": True} for name in ("name", "reason", "remedy")},
            },
            "more_starts": {"type": "bool", "default": False},
            **arguments.POLICY,
            **arguments.CONSOLE_DIR,
            **arguments.LOG_DIR,
            **arguments.RECORDS,
            **arguments.STORE,
            **arguments.LOCK,
        },
        supports_check_mode=True,
    )
    definitions = read_guests(guest_definitions(module))
    _check(module, definitions)
    try:
        with host_lock.hold_for_module(module, "guest_state"):
            result = run(module, definitions)
    except (XenfleetError, OSError) as error:
        module.fail_json(msg=without_passwords(module, str(error)))
    module.exit_json(**without_passwords(module, result))


if __name__ == "__main__":
    main()
