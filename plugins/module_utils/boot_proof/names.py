# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold the names of what a boot proof makes on a host (pure)."""

from __future__ import annotations

#: What the name of each domain begins with in which an image is tried.
DOMAIN_PREFIX = "xenfleet-proof-"
