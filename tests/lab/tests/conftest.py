# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the lab's package importable, the made-up trees, and the runner of the tests, which brings hosts of the lab up."""

import sys
from pathlib import Path

sys.path[:0] = [str(path) for path in Path(__file__).resolve().parents[:3]]
