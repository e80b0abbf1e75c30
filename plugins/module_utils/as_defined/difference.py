# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define how the observation ends where a host is not as defined (pure)."""

from __future__ import annotations


class Difference(Exception):
    """End the observation: a step of deploy.yml has something to do, or to report."""
