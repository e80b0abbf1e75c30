#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fs_backend
short_description: Install the program fs-backend where the Xen release has it
version_added: 0.1.0
description:
  - Reports whether the host's Xen release has C(fs-backend), which serves files of dom0 to mini-OS stub domains
    (C(tools/fs-back) of Xen 3.3 to 4.0), with the reason. If it has, the module installs the program as
    C(/usr/local/lib/xenfleet/fs-backend), from the image C(fs-backend) of the store or from a file of the host.
  - The module fails if neither exists. On a release whose stub domains start without the program it prints a warning instead.
  - It starts and restarts nothing. A running program keeps the file that it was started from.
  - It fails if an C(fs-backend) runs that the service C(xenfleet-fs-backend) has not started, as a second one would take the
    files away from all running stub domains. The role P(xenfleet.stubdom.fs_backend#role) installs the service.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.images
  - xenfleet.stubdom._options.lock
  - xenfleet.stubdom._options.store
options:
  release:
    description: The host's Xen release, such as V(3.4). The default is the release that the toolstack reports.
    type: str
  program:
    description:
      - The program's file on the host. The default is the image C(fs-backend) of the store, or, if the store has none, the path
        of Xen's own build, C(/usr/sbin/fs-backend).
    type: path
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Install fs-backend from the image store
  xenfleet.stubdom.fs_backend:
  register: fs_backend_host

- name: Install the program of Xen's own build
  xenfleet.stubdom.fs_backend:
    release: "3.4"
    program: /usr/sbin/fs-backend
"""

RETURN = r"""
wanted:
  description: Whether fs-backend is to run. If it is not, nothing is installed.
  returned: success
  type: bool
  sample: true
reason:
  description: The reason why fs-backend is to run, or is not.
  returned: success
  type: str
  sample: stub domains of Xen 3.4 do not start without it; it serves /exports
exports:
  description: Whether it serves the links that M(xenfleet.stubdom.exports) creates.
  returned: success
  type: bool
  sample: true
service_manager:
  description: The program that starts the host's services, V(systemd) or V(sysvinit).
  returned: success
  type: str
  sample: systemd
files:
  description: The files that the role installs for the service, with the path on the host and the mode.
  returned: success
  type: list
  elements: dict
  sample:
    - {file: service.sh, dest: /usr/local/lib/xenfleet/fs-backend-service, mode: "0755"}
    - {file: xenfleet-fs-backend.service, dest: /etc/systemd/system/xenfleet-fs-backend.service, mode: "0644"}
restart:
  description: Whether a running program was started from an older file than the one that is, or in check mode would be, installed.
  returned: success
  type: bool
  sample: false
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError, with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import policy, program
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import boot_paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import parse_release


def run(module: AnsibleModule) -> dict[str, Any]:
    """Install the program where the release has it. Raise XenfleetError or OSError."""
    release = module.params["release"]
    need = policy.need_of(parse_release(release) if release else detect().info().release)
    manager = program.service_manager()
    known = {"wanted": need.wanted, "exports": need.exports, "reason": need.reason, "service_manager": manager}
    if not need.wanted:
        if program.installed_sum():
            module.warn(policy.leftover_note(need))
        return {**known, "files": [], "changed": False, "restart": False, "diff": {}}
    found = program.processes()
    problems = policy.check_running(found)
    if problems:
        module.fail_json(msg="\n".join(problem.text() for problem in problems))
    try:
        before, after = program.installed_sum(), _install(module)
    except program.NoProgramError as error:
        if need.required:
            raise
        module.warn(f"{need.reason}: {error}")
        reason = f"{need.reason}; there is none to be installed"
        return {**known, "wanted": False, "reason": reason, "files": [], "changed": False, "restart": False, "diff": {}}
    changed = before != after
    outdated = policy.outdated_notes(found, program.started_sum(), after)
    for text in outdated:
        module.warn(text)
    return {
        **known,
        "files": policy.files_of(manager),
        "changed": changed,
        "restart": bool(outdated),
        "diff": {"before": _shown(before), "after": _shown(after)} if changed else {},
    }


def _install(module: AnsibleModule) -> str:
    """Install the program, except in check mode. Return its sha256."""
    params = module.params
    boot_paths.announced(params["images"])
    source = program.find_program(params["program"] or "", Path(params["store"]), params["images"])
    if module.check_mode and source.sha256 and not Path(source.path).exists():
        return source.sha256  # The image is not installed yet, as this is check mode.
    found = program.checked_sum(source)
    if not module.check_mode and found != program.installed_sum():
        program.install_program(source)
    return found


def _shown(sha256: str) -> str:
    return f"{policy.PROGRAM} {sha256[: image_store.VERSION_DIGITS]}\n" if sha256 else ""


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str"},
            "program": {"type": "path"},
            **arguments.IMAGES,
            **arguments.STORE,
            **arguments.LOCK,
        },
        supports_check_mode=True,
    )
    try:
        with host_lock.hold_for_module(module, "fs_backend"):
            result = run(module)
    except XenfleetError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        remedy = "check that root may write there and that there is room"
        module.fail_json(msg=with_remedy(f"{error.filename or policy.PROGRAM}: {error.strerror}", remedy))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
