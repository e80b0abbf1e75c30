# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Xen that the user has built and installed into a folder (make's DESTDIR): reading it, and putting it on a base disk."""
