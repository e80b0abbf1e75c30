# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of the tests and count. What is run is in parts.py and noxfile.py; the rest is how."""
