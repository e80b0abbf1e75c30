# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection.

from __future__ import annotations


class ModuleDocFragment:
    """Describe the options that several modules have; module_utils/common/arguments.py has their argument specs."""

    DOCUMENTATION = r"""
options: {}
"""

    AUTOSTART_DIR = r"""
options:
  autostart_dir:
    description: Folder of links to the files of guests that the host starts when it boots (Debian's C(xendomains)).
    type: path
    default: /etc/xen/auto
"""

    CONFIG_DIR = r"""
options:
  config_dir:
    description: Folder of the guests' configuration files.
    type: path
    default: /etc/xen
"""

    CONSOLE_DIR = r"""
options:
  console_dir:
    description: Folder of the console logs that C(xenconsoled) writes.
    type: path
    default: /var/log/xen/console
"""

    FAIL_FOR_GUESTS = r"""
options:
  fail_for_guests:
    description:
      - Whether the task fails when a guest has a problem. With V(false) the caller reads the problems in RV(guests), and the task
        fails only when the module could not do its work on the host.
    type: bool
    default: true
"""

    GUESTS = r"""
options:
  guests:
    description:
      - The guests of this host, each a dictionary with the keys of the collection's guest definition.
      - C(docs/guests.md) of the collection describes the keys.
      - The module reports every problem of a wrong definition, and continues with the other guests.
    type: list
    elements: raw
    required: true
"""

    IMAGES = r"""
options:
  images:
    description:
      - The results RV(xenfleet.stubdom.image#module:image) of M(xenfleet.stubdom.image) for the images of this run. With
        them, check mode knows an image that is not installed yet.
    type: list
    elements: dict
    default: []
"""

    LOCK = r"""
options:
  lock:
    description:
      - File of the host's lock. The modules of this collection hold the lock while they change the host, so that only one
        run at a time changes it. The file names the run that holds the lock. An interrupted run leaves no lock.
      - Check mode takes no lock. All modules must use the same file on a host.
    type: path
    default: /var/lib/xenfleet/lock
  lock_timeout:
    description: Seconds to wait for the lock. After that the module fails, and reports which run holds the lock and for how long.
    type: int
    default: 60
"""

    LOG_DIR = r"""
options:
  log_dir:
    description: Folder of Xen's logs, including those of the stub domains.
    type: path
    default: /var/log/xen
"""

    POLICY = r"""
options:
  restart_stale:
    description:
      - Restart running guests that were booted, or whose stub domain was booted, from another version of an image in O(store)
        than the current one, whatever their C(restart) is. Files that a definition names itself do not count.
      - A guest whose file still names the older version is not restarted, as that would change nothing. A note reports it.
    type: bool
    default: false
  reboot:
    description:
      - Names of guests to restart even if nothing has changed, by shutting them down and starting them. Each must be in
        O(guests) with C(state=running). A guest that is off is started.
      - With this option the module is not idempotent.
    type: list
    elements: str
    default: []
  restart_batch:
    description:
      - Number of guests of the same C(order) that are down at the same time for a restart. The next ones are stopped when these
        run again.
    type: int
    default: 1
  start_parallel:
    description:
      - Number of guests of the same C(order) that are started in parallel, 1 to 8. When the first of them is started, the next
        one begins. C(xl) creates one domain at a time in any case, by a lock of its own (C(lockfile) in C(xl.conf)); C(xm) does
        not.
    type: int
    default: 1
  stop_timeout:
    description: Seconds that a guest has to shut down.
    type: int
    default: 120
  stop_force:
    description: Destroy a guest that has not shut down after O(stop_timeout), in place of reporting it.
    type: bool
    default: false
"""

    RECORDS = r"""
options:
  records:
    description:
      - Folder on the host in which the collection records which domains it started, from which files and images, and which
        guests it paused.
    type: path
    default: /var/lib/xenfleet/guests
"""

    SCHEME = r"""
options:
  scheme:
    description: The scheme of HVM guests whose definition leaves it at C(auto).
    type: str
    choices: [auto, paired, generated, minios, linux, dom0]
    default: auto
"""

    STORE = r"""
options:
  store:
    description: Folder of the image store on the host.
    type: path
    default: /var/lib/xenfleet/images
"""

    TOOLSTACK = r"""
options:
  toolstack:
    description:
      - The toolstack to use; V(auto) takes the one that the host has.
      - That is V(xm) on a host whose guests xend runs, as C(xl) of Xen 4.2 to 4.4 then refuses to change anything.
    type: str
    choices: [auto, xl, xm]
    default: auto
"""
