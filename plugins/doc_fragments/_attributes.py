# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection.

from __future__ import annotations


class ModuleDocFragment:
    """What the modules of this collection have in common, in the form of Ansible's attributes."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts in check mode what the run would do, and changes nothing.
  diff_mode:
    description: Shows what changes, with passwords hidden.
  idempotent:
    description: A second run with the same arguments reports no change.
"""

    CHANGES = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: [It changes nothing in any mode.]
  diff_mode:
    support: N/A
    details: [It changes nothing in any mode.]
  idempotent:
    support: full
    details: [It changes nothing in any mode.]
"""

    XEN = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/xenfleet.stubdom.xen) in C(module_defaults) to set defaults for these modules.
    support: full
    membership: [xenfleet.stubdom.xen]
"""
