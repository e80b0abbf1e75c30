# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that udev runs Xen's scripts on a host with xend, which itself starts none of them. Read only.

The kernel announces each back end of a disk or an interface; a rule of udev runs the script, and xend waits for its
result in vain where there is no rule: "Device 0 (vif) could not be connected. Hotplug scripts not working." Xen's build
installs the rules only where it finds udev on the machine that builds (tools/examples/Makefile of 3.3,
tools/hotplug/Linux/Makefile of 3.4 to 4.4); otherwise it installs /etc/hotplug/xen-backend.agent, which a kernel runs
through its uevent helper only.
"""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

from ..common.files import below, read_text
from ..guest.device_strings import server_of
from .findings import Findings

# Where udev reads rules; of two files of one name the first counts (udev(7)).
RULE_FOLDERS = (
    "/etc/udev/rules.d",
    "/run/udev/rules.d",
    "/usr/local/lib/udev/rules.d",
    "/usr/lib/udev/rules.d",
    "/lib/udev/rules.d",
)
# What the kernel runs for each event, and what that runs for Xen's back ends.
HELPER, AGENT = "/sys/kernel/uevent_helper", "/etc/hotplug/xen-backend.agent"

_PLACE = "/etc/udev/rules.d/xen-backend.rules"
_FOR_ALL = "SUBSYSTEM"  # a rule without a pattern of names
_KERNEL = re.compile(r'KERNEL\s*==\s*"([^"]*)"')


class HotplugRules:
    """Hold which back ends of the host udev runs a script for. The rules are read once, when a guest needs them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._rules: list[str] | None = None

    def run_script_of(self, backend: str) -> bool:
        """Return whether a back end of this kind, such as ``vif``, gets its script. Raise OSError where rules cannot be read."""
        if self._rules is None:
            self._rules = [_FOR_ALL] if self._has_agent() else self._read()
        return any(_applies(rule, backend) for rule in self._rules)

    def _has_agent(self) -> bool:
        helper = (read_text(below(self._root, HELPER)) or "").strip()
        return bool(helper) and below(self._root, AGENT).is_file()

    def _read(self) -> list[str]:
        """Return the rules of Xen's back ends that run something when one appears."""
        files: dict[str, Path] = {}
        for folder in RULE_FOLDERS:
            for path in below(self._root, folder).glob("*.rules"):
                files.setdefault(path.name, path)
        found = []
        for path in files.values():
            text = (read_text(path) or "").replace("\\\n", " ")
            rules = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
            found += [rule for rule in rules if "xen-backend" in rule and "RUN" in rule and '"remove"' not in rule]
        return found


def check(found: Findings, rules: HotplugRules) -> None:
    """Refuse a guest with a disk or an interface of dom0 for which udev runs no script."""
    guest = found.guest
    # Other formats have back ends of blktap, and an empty drive may have none.
    has_disk = any(disk.target and disk.format == "raw" and not server_of(disk.backend) for disk in guest.disks)
    has_interface = any(not server_of(vif.backend) for vif in guest.vifs)
    for key, backend in (*(("disks", "vbd"),) * has_disk, *(("vifs", "vif"),) * has_interface):
        try:
            has_script = rules.run_script_of(backend)
        except OSError as error:
            found.note(f"{error.filename} cannot be read, so that udev's rules for Xen's scripts are not checked: {error.strerror}")
            return
        if not has_script:
            reason = f"no rule of udev runs Xen's script for a back end {backend}, which xend waits for until it gives up"
            remedy = (
                f"copy xen-backend.rules of the Xen tree (below tools) to {_PLACE}, and run: udevadm control --reload"
            )
            found.problem(key, reason, remedy)


def _applies(rule: str, backend: str) -> bool:
    """Return whether the rule's pattern of names has those of a kind: vif-1-0, vbd-1-51712."""
    pattern = _KERNEL.search(rule)
    return pattern is None or any(fnmatch.fnmatchcase(f"{backend}-1-0", one) for one in pattern.group(1).split("|"))
