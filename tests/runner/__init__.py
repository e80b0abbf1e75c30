# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all parts of the tests and counts. What is run is in parts.py, a table; the rest is how."""
