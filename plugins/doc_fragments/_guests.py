# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection.

from __future__ import annotations


class ModuleDocFragment:
    """Options that every module with a list of guests has."""

    DOCUMENTATION = r"""
options:
  guests:
    description:
      - The guests of this host, each a dictionary with the keys of the collection's guest definition.
      - The keys are described in C(docs/guests.md) of the collection.
      - A definition that is wrong is reported, with every fault, and the other guests go on.
    type: list
    elements: raw
    required: true
  toolstack:
    description:
      - The toolstack to use; V(auto) takes the one that the host has.
      - That is V(xm) where xend runs the guests, as C(xl) of Xen 4.2 to 4.4 then refuses to change anything.
    type: str
    choices: [auto, xl, xm]
    default: auto
"""
