# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the host has the scripts that connect a guest's interfaces and disks. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from ..common.files import below, file_problem
from ..common.paths import SCRIPT_DIR
from ..guest.device_strings import server_of
from ..guest.devices import Vif
from .findings import Findings
from .host_defaults import HostDefaults


class Scripts:
    """Look up the scripts of a host. ``folders`` returns XEN_SCRIPT_DIR of its libxl; it is asked only for a script that is
    not in the usual folder."""

    def __init__(self, root: Path, folders: Callable[[], tuple[str, ...]]) -> None:
        self._root = root
        self._folders = folders
        self._texts: dict[str, str] = {}

    def path_of(self, script: str) -> str:
        """Return where the host has the script; "" where it has none or where the folder is not known.

        A script that is not an absolute path is looked up in XEN_SCRIPT_DIR (libxl__abs_path, Xen 4.2 on; xend: osdep.py).
        """
        return next((path for path in self._candidates(script) if below(self._root, path).is_file()), "")

    def reason(self, script: str) -> str:
        """Return why the toolstack cannot run the script, "" for one that it can, or where its folder is not known."""
        path = self.path_of(script)
        if path:
            problem = file_problem(below(self._root, path), is_program=True)
            return f"{path} {problem}" if problem else ""
        places = self._candidates(script)
        return f"{places[0]} does not exist on the host" if places else ""

    def is_uncertain(self, script: str) -> bool:
        """Return whether the usual folder of a Xen host lacks the script, and it is not known whether its libxl uses that."""
        return not self._candidates(script) and below(self._root, SCRIPT_DIR).is_dir()

    def is_stock(self, script: str, sentence: str) -> bool:
        """Return whether the script has a sentence of Xen's own script of that name: a distribution's can be another."""
        path = self.path_of(script)
        if path not in self._texts:
            try:
                self._texts[path] = below(self._root, path).read_bytes().decode("utf-8", "replace") if path else ""
            except OSError:
                self._texts[path] = ""
        return sentence in self._texts[path]

    def _candidates(self, script: str) -> list[str]:
        if script.startswith("/"):
            return [script]
        usual = f"{SCRIPT_DIR}/{script}"
        if below(self._root, usual).is_file():
            return [usual]
        return [f"{folder}/{script}" for folder in self._folders()]


def is_of_dom0(vif: Vif, defaults: HostDefaults) -> bool:
    """Return whether dom0 connects the interface, with the scripts and bridges that this host shows. Without the host's
    defaults, that is not known of one without backend."""
    return not server_of(vif.backend or defaults.backend) and bool(vif.backend or not defaults.unreadable)


def check_vif_scripts(found: Findings, defaults: HostDefaults, scripts: Scripts) -> None:
    """Refuse an interface whose script the host does not have, or cannot execute.

    libxl and xend run it for each interface of dom0: its failure ends the start (libxl_linux.c, libxl__hotplug_nic). Where
    udev runs it (run_hotplug_scripts=0, and xend), the toolstack waits for it in vain. No host starts such a guest.
    """
    by_default = False
    for number, vif in enumerate(found.guest.vifs):
        if not is_of_dom0(vif, defaults):
            continue
        if not vif.script:
            by_default = True
            continue
        _check_script(found, scripts, f"vifs[{number}].script", vif.script, "install the script there")
    if not by_default or defaults.unreadable:
        return
    reason = scripts.reason(defaults.script)
    if reason:
        remedy = f"correct the default script in {defaults.source}, or give the interface a script that the host has"
        found.problem("vifs", f"the host's default script cannot be run: {reason}", remedy, defaults.script)


def check_disk_scripts(found: Findings, scripts: Scripts) -> None:
    """Refuse a disk whose block script the host does not have, or cannot execute (libxl_disk.c, device_disk_add)."""
    for number, disk in enumerate(found.guest.disks):
        if not disk.script or server_of(disk.backend):
            continue
        advice = "install the script there (Debian: xen-utils-common, drbd-utils)"
        _check_script(found, scripts, f"disks[{number}].script", disk.script, advice)


def _check_script(found: Findings, scripts: Scripts, key: str, script: str, advice: str) -> None:
    """Refuse a script that the host does not have, or cannot execute; note one of which that is not certain."""
    reason = scripts.reason(script)
    if reason:
        found.problem(key, reason, f"{advice}, or name one that the host has", script)
    elif scripts.is_uncertain(script):
        found.note(f"{key} = {script!r} is not in {SCRIPT_DIR}")
