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

from pathlib import Path

from ..common.files import below, read_text
from ..guest.device_strings import server_of
from . import udev_rules
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
_SUBSYSTEM = "xen-backend"
# The names that a back end of a kind has, and the events at which its script prepares it: that of an interface also when it
# is connected.
_EVENTS = {"vbd": (("vbd-1-51712", "add"),), "vif": (("vif-1-0", "add"), ("vif-1-0", "online"))}


class HotplugRules:
    """Hold which back ends of the host udev runs a script for. The rules are read once, when a guest needs them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._served: set[str] | None = None

    def run_script_of(self, backend: str) -> bool:
        """Return whether a back end of this kind, such as ``vif``, gets its script. Raise OSError where rules cannot be read."""
        if self._served is None:
            self._served = set(_EVENTS) if self._has_agent() else self._read()
        return backend in self._served

    def _has_agent(self) -> bool:
        helper = (read_text(below(self._root, HELPER)) or "").strip()
        return bool(helper) and below(self._root, AGENT).is_file()

    def _read(self) -> set[str]:
        """Return the kinds of back ends for which a rule runs something that it does not run for all devices."""
        files: dict[str, Path] = {}
        for folder in RULE_FOLDERS:
            for path in below(self._root, folder).glob("*.rules"):
                files.setdefault(path.name, path)
        served = set()
        for text in (read_text(path) or "" for path in files.values()):
            rules = udev_rules.rules_of(text) if _SUBSYSTEM in text else []
            for backend, events in _EVENTS.items():
                if any(_run(rules, _SUBSYSTEM, *event) - _run(rules, "", *event) for event in events):
                    served.add(backend)
        return served


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


def _run(rules: list[str], subsystem: str, kernel: str, action: str) -> set[int]:
    return udev_rules.runs_for(rules, udev_rules.Event(subsystem, kernel, action))
