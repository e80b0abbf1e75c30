# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection.

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that change a Xen host."""

    DOCUMENTATION = r"""
options:
  lock:
    description:
      - File of the host's lock, which the modules of this collection hold while they change the host, so that two runs at
        once do no harm. It names who holds it. A run that was killed leaves no lock.
      - Check mode takes no lock. All modules of a host have to name the same file.
    type: path
    default: /var/lib/xenfleet/lock
  lock_timeout:
    description: Seconds to wait for the lock; after that the module fails, and says who holds it and for how long.
    type: int
    default: 60
"""
