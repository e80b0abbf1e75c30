# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what a validation without problems has checked (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.common.problem import counted


def validation_text(hosts: int, found: Mapping[str, Any]) -> str:
    """Return a sentence on a fleet of so many hosts; ``found`` is the result of the module fleet_validate.

    >>> validation_text(1, {"guests": 2, "pvgrub2_archs": ["x86_64"], "linux_suites": [], "minios_builds": []})
    'Valid: 1 host, 2 guests. To build, where not built yet: PV-GRUB2 (x86_64).'
    """
    builds = {
        "PV-GRUB2": found["pvgrub2_archs"],
        "Linux stub domain": found["linux_suites"],
        "mini-OS": [f"{build['release']}: {' '.join(build['targets'])}" for build in found["minios_builds"]],
    }
    words = [f"{name} ({', '.join(items)})" for name, items in builds.items() if items]
    build = f"To build, where not built yet: {', '.join(words)}." if words else "Nothing is to be built."
    return f"Valid: {counted(hosts, 'host')}, {counted(found['guests'], 'guest')}. {build}"
