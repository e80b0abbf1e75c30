#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_config
short_description: Write the configuration files of a host's guests
version_added: 0.1.0
description:
  - Writes C(NAME.cfg) (C(NAME) for C(xm)) for each guest of the list, and removes the file of a guest with C(state=absent).
  - The scheme of an HVM guest is the way in which its device model runs. Each scheme writes other keys, and C(paired) writes a
    second file for the guest's stub domain. A guest whose scheme is C(auto) gets a scheme that the host can run, never QEMU in
    dom0.
  - Before it changes a guest's files, the module checks the definition, and that the host has the disks, bridges, scripts, PCI
    devices, firmware, kernels, images and memory. It reports problems for each guest, continues with the other guests, and
    fails at the end.
  - Before it replaces a file, the host's own C(xl create -n) or C(xm create -n) reads the new text, also in check mode. What
    it refuses is a problem of that guest, whose file and domain stay as they are. What it warns about is a note. This takes
    a process for each changed file, and none for a file that stays. Where keys are spelled differently, a second one reads the
    text before.
  - A file of another origin that means the same to the toolstack as the definition, such as one with other quotes, order,
    comments, spellings of disks, or with defaults spelled out, is adopted as it is, with O(adopt=true). It stays with its mode, no
    copy is made, RV(ignore:action) is V(none), and a note names it. O(records) then has it, so that later runs accept it without
    O(adopt) and ask nothing. If the definition changes, it is replaced, and a copy stays. If an operator changes its meaning, it
    is refused.
  - A file of this collection that is only spelled differently is replaced, and C(changes) is empty. M(xenfleet.stubdom.guest_state)
    does not restart a domain that was started from a configuration of the same meaning.
  - For a guest of the scheme C(linux), dom0 must have the programs that libxl starts beside the stub domain, a QEMU and
    C(vchan-socket-proxy), and the image must be complete. If its manifest lists the files of the host that the image holds
    (C(boot_files)), kernel and RAM disk of a direct boot must be among them.
  - The module neither replaces nor removes a file of that name that this collection did not write, unless it was adopted and
    has not been changed since, or O(adopt=true). It always refuses to replace what is not a plain file, or what this collection wrote for another guest.
  - A guest with C(autostart=true) gets a link in O(autostart_dir), whose name begins with two numbers by its C(order) and C(needs),
    so that the host starts its guests in that order. Give all guests of the host in one call, as the second number counts those
    that the guest needs. If no guest of the call has an C(order) or needs another, a link of an operator's to the guest's file
    is enough. Other links of an operator's to that file stay, and are reported. Another file of the guest in that
    folder is refused.
  - It removes files and links that this collection wrote for the guest under another scheme or toolstack.
  - It replaces also a file of this collection that was changed by hand. A copy stays beside it with the ending C(.by-hand-) and
    eight digits, and a note lists the changes.
  - The files for V(xm) are Python, as C(xm) executes them.
  - O(images) may include the additions of M(xenfleet.stubdom.minios_stubdom_install) for files in Xen's own folders. An image
    that is not in the list is looked up in O(store). Each file of an image of several files is known by its own name.
  - It does not start, stop or restart a guest; see M(xenfleet.stubdom.guest_state).
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.autostart_dir
  - xenfleet.stubdom._options.config_dir
  - xenfleet.stubdom._options.fail_for_guests
  - xenfleet.stubdom._options.guests
  - xenfleet.stubdom._options.images
  - xenfleet.stubdom._options.lock
  - xenfleet.stubdom._options.records
  - xenfleet.stubdom._options.scheme
  - xenfleet.stubdom._options.store
  - xenfleet.stubdom._options.toolstack
options:
  release:
    description:
      - The Xen release to write for, such as V(4.17), on a machine that does not run Xen. The module then omits the checks of
        scripts, PCI devices, firmware, users, memory and kinds of kernels, assumes the images of Xen's own build where that
        release installs them, and writes for V(xl) if O(toolstack=auto).
      - The default is the release of the host.
    type: str
  adopt:
    description:
      - Adopt a file that this collection did not write. It stays as it is if it means the same as the definition. Otherwise it is
        replaced, and a copy stays with the ending C(.orig), or with C(.orig-) and eight digits if another copy has that name.
        With C(state=absent), the option does not remove such a file.
    type: bool
    default: false
seealso:
  - module: xenfleet.stubdom.guest_state
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Write the files of two guests
  xenfleet.stubdom.guest_config:
    guests:
      - name: web1
        type: pv
        memory: 256
        boot: {method: pvgrub2}
        disks: [{target: /srv/web1.img, vdev: xvda}]
        vifs: [{bridge: xenbr0, mac: "00:16:3e:00:00:01"}]
      - name: db1
        type: pv
        memory: 512
        boot: {method: direct, kernel: /boot/vmlinuz, ramdisk: /boot/initrd.img, cmdline: "root=/dev/xvda ro"}
        disks: [{target: /dev/vg0/db1, vdev: xvda, backend: phy}]
  register: files
"""

RETURN = r"""
guests:
  description:
    - One entry for each item of O(guests), in its order.
    - RV(ignore:action) is V(created), V(updated), V(removed) or V(none). C(problems) is empty for a guest without problems.
    - C(digest) identifies the configuration, as it is in the files, without its comments. C(stub_domain_path) is empty if the scheme writes one file
      only.
    - C(changes) lists each key whose meaning differs from the present file, with passwords hidden.
    - C(meaning) is for M(xenfleet.stubdom.guest_state). It has the digests of earlier texts of the same meaning, and whether
      a domain, by its uuid, was started from a configuration of the same meaning. It is empty where nothing is known.
    - C(backup) is the copy of a guest's file that was adopted, or changed by hand.
    - C(notes) is information that is not a problem, such as the names of the copies of other files.
  returned: always, unless the host does not run Xen
  type: list
  elements: dict
  sample:
    - name: web1
      path: /etc/xen/web1.cfg
      stub_domain_path: ""
      scheme: ""
      kernel: /var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
      digest: 7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730
      action: updated
      changes:
        - {path: /etc/xen/web1.cfg, key: memory, before: "256", after: "512"}
      backup: ""
      meaning: {}
      notes: []
      problems: []
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.guest_module import (
    GUESTS,
    guest_definitions,
    guest_results,
    without_passwords,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.guest_plan import GuestPlan, apply
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import SCHEMES
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Definition, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import boot_paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, Toolstack
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import assumed
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import parse_release


def run(module: AnsibleModule, items: list[Any]) -> dict[str, Any]:
    """Write the files of these definitions. Return the module's result. Raise XenfleetError or OSError."""
    params = module.params
    definitions = read_guests(items)
    plans = (_plans_for_release if params["release"] else _plans_for_host)(module, definitions)
    good = [item for item in plans if not item.problems]
    if not module.check_mode:
        # A guest whose file of another origin stays has nothing but its record written.
        for item in good:
            if item.action != "none" or item.meaning:
                apply(item, Path(params["records"]))
    changed = [item for item in good if not item.problems and item.action != "none"]
    diffs = [diff for item in changed for diff in item.diffs()]
    return guest_results(module, [item.as_dict() for item in plans], bool(changed), diffs)


def _plans_for_release(module: AnsibleModule, definitions: list[Definition]) -> list[GuestPlan]:
    """Return the plans of files for a machine with the given release, which this one is not."""
    # Not loaded by what imports this module for its documentation or its argument spec.
    from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import plan_guests
    from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.facts import stored_images
    from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.needs import HostNeeds

    params = module.params
    toolstack = "xl" if params["toolstack"] == "auto" else params["toolstack"]
    images = {**stored_images(Path(params["store"])), **boot_paths.announced(params["images"])}
    facts = assumed(parse_release(params["release"]), toolstack, images, params["scheme"])
    folders = Path(params["config_dir"]), Path(params["autostart_dir"])
    place = plan_guests.HostContext(*folders, facts, params["scheme"], needs=HostNeeds(toolstack, None))
    plans, _guests = plan_guests.plan_guests(definitions, place, params["adopt"])
    return plans


def _plans_for_host(module: AnsibleModule, definitions: list[Definition]) -> list[GuestPlan]:
    """Return the plans of files for this host, whose toolstack has read those that change."""
    from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.host_plans import plan_on_host
    from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.origin import StoreIndex

    toolstack = detect(module.params["toolstack"])
    index = StoreIndex(Path(module.params["store"]))
    plans, domains = plan_on_host(toolstack, definitions, module.params, module.check_mode, index)
    rehearse(toolstack, plans, domains, Path(module.params["records"]))
    return plans


def rehearse(toolstack: Toolstack, plans: list[GuestPlan], domains: list[Domain], records: Path) -> None:
    """Have the host's toolstack read the files that change: a guest whose file it refuses stays as it is."""
    changing = [item for item in plans if not item.problems and item.action in ("created", "updated")]
    if changing:
        # Loaded only where a file changes.
        from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.dry_runs import DryRuns

        DryRuns(toolstack, domains, records).check(changing)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **GUESTS,
            **arguments.FAIL_FOR_GUESTS,
            **arguments.TOOLSTACK,
            **arguments.CONFIG_DIR,
            **arguments.AUTOSTART_DIR,
            **arguments.RECORDS,
            **arguments.STORE,
            **arguments.IMAGES,
            "release": {"type": "str"},
            **arguments.scheme(SCHEMES),
            "adopt": {"type": "bool", "default": False},
            **arguments.LOCK,
        },
        supports_check_mode=True,
    )
    guests = guest_definitions(module)
    try:
        # With a release the module writes for another machine, and this one is not necessarily a Xen host.
        with host_lock.hold_for_module(module, "guest_config", is_host=not module.params["release"]):
            result = run(module, guests)
    except (XenfleetError, OSError) as error:
        module.fail_json(msg=without_passwords(module, str(error)))
    module.exit_json(**without_passwords(module, result))


if __name__ == "__main__":
    main()
