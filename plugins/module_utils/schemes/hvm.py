# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Return the keys and checks that all HVM guests have in common, whatever their scheme (pure)."""

from __future__ import annotations

from ..guest.model import Guest
from ..guest.vdevs import place
from ..xen.facts import Facts
from ..xen.releases import FIRST_RELEASE, knows, shown
from ..xencfg.values import Value
from .devices import disk_strings, vif_strings
from .files import GuestFiles


def head(guest: Guest, facts: Facts) -> dict[str, Value]:
    """Return the keys of the guest's name, size and boot; for xm, hvmloader is its kernel (tools/examples/xmexample.hvm)."""
    values: dict[str, Value] = {"name": guest.name}
    if facts.toolstack == "xl" and knows("type", facts.release):
        values["type"] = "hvm"
    else:
        values["builder"] = "hvm"
    if facts.toolstack == "xm":
        values["kernel"] = facts.images.get("hvmloader", "")
    values["memory"] = guest.memory
    if guest.maxmem:
        values["maxmem"] = guest.maxmem
    values["vcpus"] = guest.vcpus
    boot = guest.boot
    # xl before 4.5 reads extra only; all of them read it as the whole command line where there is no root.
    for key, value in (("kernel", boot.kernel), ("ramdisk", boot.ramdisk), ("extra", boot.cmdline)):
        if value:
            values[key] = value
    if boot.order:
        values["boot"] = boot.order
    if boot.bios:
        values["bios"] = boot.bios
    return values


def devices(guest: Guest, facts: Facts) -> dict[str, Value]:
    """Return the keys of the disks and network interfaces."""
    return {"disk": disk_strings(guest, facts.toolstack), "vif": vif_strings(guest)}


def display(guest: Guest) -> dict[str, Value]:
    """Return the guest's own display keys. libxl turns VNC on unless a key turns it off; only a display number in the
    definition keeps it from taking the first free port."""
    screen = guest.display
    values: dict[str, Value] = {"vnc": 1} if screen.type == "vnc" else {"vnc": 0, "sdl": int(screen.type == "sdl")}
    if screen.sdl:
        values["sdl"] = 1
    if screen.opengl is not None:
        values["opengl"] = screen.opengl
    if screen.listen:
        values["vnclisten"] = screen.listen
    if screen.display >= 0:
        values.update(vncdisplay=screen.display, vncunused=int(bool(screen.unused)))
    elif screen.unused is not None:
        values["vncunused"] = int(screen.unused)
    if screen.passwd:
        values["vncpasswd"] = screen.passwd
    if screen.keymap:
        values["keymap"] = screen.keymap
    return values


def no_keyboard(facts: Facts) -> dict[str, Value]:
    """Return the key that leaves out the paravirtual keyboard of a guest whose QEMU runs in a stub domain.

    libxl gives each HVM guest one whose back end is in dom0 (stable-4.17:tools/libs/light/libxl_create.c,
    domcreate_launch_dm), and only a QEMU that serves the guest from there connects it. A Linux with Xen's drivers waits
    25 seconds for it at each boot (drivers/xen/xenbus/xenbus_probe_frontend.c, wait_for_devices). The guest loses nothing:
    its emulated keyboard is the stub domain's.
    """
    return {"vkb_device": 0} if knows("vkb_device", facts.release) else {}


def check(guest: Guest, facts: Facts, result: GuestFiles, firmware: tuple[str, ...]) -> None:
    """Refuse a boot that the toolstack, release or scheme cannot do; ``firmware`` are the scheme's values of bios."""
    boot, release = guest.boot, facts.release
    if facts.toolstack == "xm":
        if not facts.images.get("hvmloader"):
            remedy = "install Xen's tools with their firmware"
            result.refuse(guest, "boot", "the host has no hvmloader, from which xm boots an HVM guest", remedy)
        if boot.method == "direct":
            reason = "xm starts an HVM guest from hvmloader, not from a kernel"
            result.refuse(guest, "boot.method", reason, "use method: firmware", boot.method)
    elif boot.method == "direct" and not knows("kernel of an HVM guest", release):
        first = shown(FIRST_RELEASE["kernel of an HVM guest"])
        remedy = f"use method: firmware, or a host with Xen {first} or newer"
        reason = f"Xen {shown(release)} ignores the kernel of an HVM guest"
        result.refuse(guest, "boot.kernel", reason, remedy, boot.kernel, f"Xen {first} on")
    _check_places(guest, result)
    if boot.bios and boot.bios not in firmware:
        remedy = f"use {' or '.join(firmware)}, or leave it out" if firmware else "leave it out"
        result.refuse(guest, "boot.bios", "this device model does not have that firmware", remedy, boot.bios)


def _check_places(guest: Guest, result: GuestFiles) -> None:
    """Refuse two names of one drive. hda and xvda are the same to a device model, in a Linux stub domain sda as well: libxl
    counts by the letter (tools/libs/light/libxl_device.c, libxl__device_disk_dev_number; libxl_dm.c). It shows no plain
    number to a device model."""
    taken: dict[tuple[bool, int], tuple[str, str]] = {}
    for number, disk in enumerate(guest.disks):
        found = place(disk.vdev)
        if not found:
            continue
        bus, drive, _partition = found
        other, vdev = taken.setdefault((bus == "sd" and result.scheme != "linux", drive), (bus, disk.vdev))
        if other != bus:
            reason = f"is the same drive as {vdev} to the device model"
            result.refuse(guest, f"disks[{number}].vdev", reason, "use another letter for one of them", disk.vdev)


def refuse_stubdom_vnc(guest: Guest, result: GuestFiles, remedy: str) -> None:
    """Refuse a VNC server in the stub domain: only that of 3.3 to 3.4.0-rc2 has a TCP/IP stack (82ed447498)."""
    if guest.display.in_stubdom:
        reason = "this stub domain has no network of its own for a VNC server"
        result.refuse(guest, "display.where", reason, remedy, "stubdom", "Xen 3.4.0-rc3 on")


def refuse_commas(guest: Guest, result: GuestFiles) -> None:
    """Refuse commas in what becomes a part of vfb's string (tools/python/xen/xm/create.py, comma_sep_kv_to_dict)."""
    screen = guest.display
    for key, value, shown_value in (("listen", screen.listen, screen.listen), ("passwd", screen.passwd, "********")):
        if "," in value:
            reason = "xm splits a frame buffer's keys at commas, and what follows would be another key"
            result.refuse(guest, f"display.{key}", reason, "give one without a comma", shown_value)


def refuse_model_keys(guest: Guest, result: GuestFiles, *keys: str) -> None:
    """Refuse keys of device_model that the scheme does not use."""
    for key in keys:
        value = getattr(guest.device_model, key)
        if value:
            reason = f"the scheme {result.scheme} has no such key"
            result.refuse(guest, f"device_model.{key}", reason, f"remove {key}", value)


def without_dom0_serial(guest: Guest, result: GuestFiles) -> dict[str, Value]:
    """Return the settings without a serial port of dom0, which a mini-OS stub domain cannot open (stubdom/README: disable
    anything related to dom0, like pty serial assignments)."""
    settings = dict(guest.settings)
    if settings.get("serial", "none") not in ("none", "null"):
        result.note(guest, "serial is left out of its file: its stub domain cannot reach a serial port of dom0")
        del settings["serial"]
    return settings
