#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: minios_stubdom_progress
short_description: Report the progress of a build of mini-OS images
version_added: 0.1.0
description:
  - Waits up to O(wait) seconds for a build that M(xenfleet.stubdom.minios_stubdom_image) runs as a background job, and returns
    the end of its log.
  - In a loop it shows the progress of a running build, as in the role C(build_minios_stubdom).
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  log:
    description: The log of the build, RV(xenfleet.stubdom.minios_stubdom_image#module:log).
    type: path
    required: true
  job:
    description: The file of the job's result, C(results_file) of a task with C(async).
    type: path
    required: true
  wait:
    description: Maximum number of seconds to wait.
    type: int
    default: 15
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Show the progress
  xenfleet.stubdom.minios_stubdom_progress:
    log: ~/.cache/xenfleet/build/minios-stubdom.log
    job: "{{ build_job.results_file }}"
  loop: "{{ range(0, 400) | list }}"
  loop_control:
    label: "{{ build_progress.step | default('') }} {{ build_progress.line | default('') }}"
    break_when: build_progress.ended | default(true)
  register: build_progress
"""

RETURN = r"""
ended:
  description: Whether the job has ended, successfully or not.
  returned: success
  type: bool
  sample: false
step:
  description: The current step of the build, with its start in minutes and seconds. It is empty at the end.
  returned: success
  type: str
  sample: "1:42 step 3 of 4: stubdom"
line:
  description: The last line that the step wrote. It is empty at the end.
  returned: success
  type: str
  sample: gcc -c -o sched.o sched.c
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.progress import wait_for_job


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "log": {"type": "path", "required": True},
            "job": {"type": "path", "required": True},
            "wait": {"type": "int", "default": 15},
        },
        supports_check_mode=True,
    )
    params = module.params
    found = wait_for_job(Path(params["log"]), Path(params["job"]), params["wait"])
    module.exit_json(changed=False, ended=found.ended, step=found.step, line=found.line)


if __name__ == "__main__":
    main()
