# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the paths of a Xen host that this collection writes to or reads by default (pure).

The defaults of modules and roles repeat these values, as YAML cannot import them; tests/guards compares them.
"""

from __future__ import annotations

#: What this collection keeps on a host.
HOME = "/var/lib/xenfleet"
STORE = f"{HOME}/images"
RECORDS = f"{HOME}/guests"
PROOFS = f"{HOME}/proofs"
LOCK = f"{HOME}/lock"

#: Xen's own folders.
CONFIG_DIR = "/etc/xen"
AUTOSTART_DIR = f"{CONFIG_DIR}/auto"
#: Where stubdom-dm writes the files of stub domains, whatever the folder of the guests' files.
STUBDOMS_DIR = f"{CONFIG_DIR}/stubdoms"
#: XEN_SCRIPT_DIR of each build on Linux, unless configure was given a sysconfdir (m4/paths.m4); xend knows no other
#: (tools/python/xen/util/auxbin.py).
SCRIPT_DIR = f"{CONFIG_DIR}/scripts"
LOG_DIR = "/var/log/xen"
CONSOLE_DIR = f"{LOG_DIR}/console"
XEN_LIB_DIR = "/var/lib/xen"
