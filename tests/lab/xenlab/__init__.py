# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: real Xen hosts in QEMU, with no Xen hardware."""
