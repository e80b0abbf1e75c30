#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: status
short_description: Report what of a fleet is defined, running and stale
version_added: 0.1.0
description:
  - Makes one model of the results of the other modules on all hosts, and prints it as a table.
  - Writes the model as JSON to O(json), and as one HTML page that needs no network to O(html).
  - Writes metrics for the textfile folder of node_exporter to O(textfile).
  - Runs on the controller and contacts no host. It fails because of what it reports only where O(fail_on) says so.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
attributes:
  check_mode:
    support: full
    details: [The files are not written, as RV(files) reports.]
  diff_mode:
    support: none
  idempotent:
    support: full
    details: [A file that would change by its time only is not written; for O(textfile), that does not count as a change.]
options:
  hosts:
    description:
      - The results of each host, by the host's name. Without this option, they are those of the hosts of the play, as
        C(status.yml) has them.
      - C(defined) has a list of name, type and C(state) for each guest of the inventory. An empty state is V(running).
      - C(host) has C(xen), C(images) and C(domains) of M(xenfleet.stubdom.host_info). C(configured), C(states) and
        C(verified) have the C(guests) that M(xenfleet.stubdom.guest_config) and M(xenfleet.stubdom.guest_state), both
        in check mode, and M(xenfleet.stubdom.guest_info) returned.
      - C(unique) has C(uuid), C(disks) and C(writes) of each guest that has a uuid or shared disks of its own, by its name, as
        in C(placement) of M(xenfleet.stubdom.fleet_validate). C(domains) must then be those of a call with C(identify=true).
      - C(unreachable) has the reason why a host was not reached, C(failure) the message of a task that ended its run.
      - All of them are optional.
    type: dict
  json:
    description: File on the controller to write the model to as JSON.
    type: path
  html:
    description: File on the controller to write the HTML page to.
    type: path
  textfile:
    description:
      - File on the controller to write metrics to, in the text format of Prometheus. node_exporter reads the files of its
        folder that end with C(.prom).
      - It is written at each run, so that its C(xenfleet_status_timestamp_seconds) has the time of the last one.
    type: path
  fail_on:
    description:
      - What the task fails because of, after it has printed the report and written the files. V(problems) include hosts
        that were not seen.
    type: list
    elements: str
    choices: [problems, stale, pending, not_seen]
    default: []
seealso:
  - module: xenfleet.stubdom.report
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Report the status
  xenfleet.stubdom.status:
    hosts:
      xen1:
        defined: [[web1, pv, running]]
        host: "{{ host }}"
        configured: "{{ files.guests }}"
        states: "{{ states.guests }}"
        verified: "{{ seen.guests }}"
      xen2:
        unreachable: No route to host
    html: /srv/www/fleet.html
  run_once: true
"""

RETURN = r"""
report:
  description: The text that was printed.
  returned: when the task does not fail
  type: str
  sample: "HOST  GUEST  TYPE  STATE ..."
status:
  description:
    - The model, as it is written to O(json).
    - C(schema) increases when a key is removed or changes its meaning. C(time) is in UTC.
    - In C(summary), C(hosts_not_seen) counts the hosts with a C(reason), C(pending) the guests whose file or domain differs
      from the inventory, C(unknown) those whose C(state) or C(definition) is V(unknown), and C(foreign) the domains that
      their host's inventory does not define.
    - The C(state) of a host is V(ok), V(unreachable) or V(failed), with the C(reason). C(images) are those of its store. A
      domain of C(foreign) that the inventory of another host defines has that host in C(defined_on). That is one of its
      C(problems), and so is a shared disk of a guest that it has open for writing. C(nameless) and C(changed_files)
      are those of M(xenfleet.stubdom.host_info).
    - For a guest, C(wanted) is the state of its definition, and C(state) the present one, or V(unknown). C(device_model) is
      where its QEMU runs, V(stub domain) or V(dom0), or empty. C(scheme) is the scheme of its files.
    - In C(definition), C(file) compares the guest's file with the inventory, as V(same), V(differs), V(missing) or
      V(unknown). C(running) does the same with the definition that its domain was started from, with V(none) for a guest
      that is off. C(inventory) is V(differs) if one of them differs.
    - In C(image), C(started_from) are the images that its domain or its stub domain was booted from, C(installed) the
      current images of the same names. C(stale) is true if they differ.
    - C(proof), C(notes) and C(problems) are those of M(xenfleet.stubdom.guest_info), with the problems and notes of the
      other modules.
  returned: when the task does not fail
  type: dict
  sample:
    schema: 1
    time: "2026-11-23T06:00:00Z"
    summary:
      hosts: 1
      hosts_not_seen: 0
      guests: 1
      running: 1
      in_stub_domains: 1
      in_dom0: 0
      stale: 1
      pending: 0
      unknown: 0
      foreign: 1
      problems: 0
    hosts:
      - name: xen1
        state: ok
        reason: ""
        xen: {version: 4.17.6, release: "4.17", toolstack: xl}
        images:
          - name: qemu-stubdom-linux
            version: 3e650898a1b2c3d4
            sha256: 3e650898a1b2c3d45f60718293a4b5c6d7e8f9000102030405060708090a0b0c
            current: true
        foreign:
          - name: scratch
            state: running
            device_model: ""
            stub_domain: ""
            image: ""
            defined_on: []
            problems: []
        nameless: []
        changed_files: []
    guests:
      - host: xen1
        name: app1
        type: hvm
        wanted: running
        state: running
        boot: firmware
        scheme: linux
        device_model: stub domain
        stub_domain: app1-dm
        definition: {inventory: same, file: same, running: same}
        image:
          started_from:
            - name: qemu-stubdom-linux
              version: 0f3c9a51d2e64b78
              sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
          installed:
            - name: qemu-stubdom-linux
              version: 3e650898a1b2c3d4
              sha256: 3e650898a1b2c3d45f60718293a4b5c6d7e8f9000102030405060708090a0b0c
          stale: true
        proof: stub domain
        notes: ["guest app1: its stub domain was booted from an older qemu-stubdom-linux than the installed one"]
        problems: []
files:
  description:
    - What was done with each file, V(written), V(unchanged), V(only its time updated), or not written because of check
      mode.
  returned: always
  type: list
  elements: dict
  sample:
    - path: /srv/www/fleet.html
      action: written
"""
