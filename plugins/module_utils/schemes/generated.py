# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write one file, as stubdom-dm writes the second one itself: Xen 3.4.0-rc3 to 4.4, with xm (pure).

Source: xen: stubdom/stubdom-dm and stubdom/README of 4.0 to 4.4.
"""

from __future__ import annotations

import re

from ..guest.device_model import DeviceModel
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.releases import MINIOS_IMAGE, MINIOS_MEMORY, STUBDOM_DM_SERIAL
from ..xencfg.values import Value, texts
from . import hvm, minios_consoles
from .files import MINIOS_REMEDY, GuestFile, GuestFiles, file_name

# What stubdom-dm copies into its file stands there between single quotes, in Python 2 without a cookie: anything else
# would end the string, or the file. Its display's keys are parts of one string, which xm splits at commas.
_COPIED = re.compile(r"[ -&(-\[\]-~]*")
_COPIED_PART = re.compile(r"[ -&(-+\--\[\]-~]*")


def refusal(facts: Facts, _model: DeviceModel) -> tuple[str, str] | None:
    """Return why this host cannot run the scheme, and the remedy; None when it can."""
    if not facts.stubdom_dm:
        return "stubdom-dm is not installed", MINIOS_REMEDY
    if facts.dm_config is None:
        return "it is unknown how the installed stubdom-dm starts a stub domain", "install Xen's own"
    if facts.dm_config:
        return "the installed stubdom-dm needs a second file for each guest", "use scheme: paired"
    if MINIOS_IMAGE not in facts.own:
        return f"{MINIOS_IMAGE} is not installed", MINIOS_REMEDY
    return None


def files_of(guest: Guest, facts: Facts) -> GuestFiles:
    """Return the guest's one file. stubdom-dm makes the stub domain's frame buffer of its display keys."""
    result = GuestFiles("generated", stub_mib=MINIOS_MEMORY)
    hvm.check(guest, facts, result, firmware=())
    hvm.refuse_model_keys(guest, result, "kernel", "ramdisk", "cmdline", "version")
    hvm.refuse_stubdom_vnc(guest, result, "use where: dom0")
    if guest.device_model.memory:
        result.note(guest, f"device_model.memory is not used: stubdom-dm gives its stub domain {MINIOS_MEMORY} MiB")
    _check_copied(guest, facts, result)
    minios_consoles.check(guest, facts, result)
    values = hvm.head(guest, facts)
    values["device_model"] = facts.stubdom_dm
    values.update(hvm.devices(guest, facts))
    values.update(hvm.display(guest))
    values.update(hvm.without_dom0_serial(guest, result) if facts.release < STUBDOM_DM_SERIAL else guest.settings)
    result.files.append(GuestFile(file_name(guest, "xm"), values))
    return result


def _check_copied(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    """Refuse values of which stubdom-dm would make a broken or a different file."""
    for number, disk in enumerate(guest.disks):
        if not _COPIED.fullmatch(disk.target):
            reason = "stubdom-dm copies it unchanged into a Python file, which ', \\ and characters beyond ASCII break"
            result.refuse(guest, f"disks[{number}].target", reason, "give the file a plain name", disk.target)
        if disk.cdrom and not disk.target:
            # It becomes ':,hdc:cdrom,r', and xend knows no type of disk without a name (xend/server/blkif.py).
            reason = "stubdom-dm cannot pass an empty CD drive on, and the stub domain would not start"
            result.refuse(guest, f"disks[{number}].target", reason, "give it a medium, or remove the drive")
    lost = ("script", "backend", "rate") if facts.release >= STUBDOM_DM_SERIAL else ("script", "backend", "rate", "bridge")
    for number, vif in enumerate(guest.vifs):
        for key in lost:
            if getattr(vif, key):
                result.note(guest, f"vifs[{number}].{key} is not set for its stub domain: stubdom-dm does not pass it on")
    screen = guest.display
    parts: list[tuple[str, Value]] = [("display.passwd", screen.passwd)]
    if facts.release >= STUBDOM_DM_SERIAL:
        parts += [(f"settings.{key}", guest.settings.get(key, "")) for key in ("serial", "monitor_path")]
    for key, value in parts:
        if not all(map(_COPIED_PART.fullmatch, texts(value))):
            reason = "stubdom-dm copies it unchanged into a Python string, which ', \\, a comma and characters beyond ASCII break"
            shown = "********" if key == "display.passwd" else value
            result.refuse(guest, key, reason, "give a value without them", shown)
