# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse the ports and monitors of QEMU that a mini-OS stub domain cannot open (pure).

QEMU opens them in the stub domain, which has no files, sockets and devices of dom0: mini-OS takes a path below /var/log for
its own log, one below /var/lib/xen for the file that a guest is saved in, and fails for any other, at which QEMU ends. A pty
is one of the consoles that the toolstack has made. Sources: mini-os, lib/sys.c, open() and posix_openpt(), and
console/xenbus.c; qemu-xen-traditional, qemu-char.c and vl.c.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.releases import MINIOS_PTYS, STUBDOM_DM_SERIAL, within
from ..xencfg.values import texts
from .files import GuestFiles

# What QEMU has by itself. A vc is shown in its display.
_OWN = ("null", "none", "vc", "msmouse")

# QEMU ends for more (sysemu.h, MAX_SERIAL_PORTS).
_MOST = 4

# Arguments of QEMU that name such a device, which takes two dashes for one (vl.c, main), and the lists of arguments that
# libxl gives a stub domain. mini-OS parts them at blanks (main.c, PARSE_ARGS).
_OPTIONS = ("serial", "parallel", "monitor", "virtioconsole")
_ARGUMENTS = ("device_model_args", "device_model_args_hvm")

_LOST = "its mini-OS stub domain cannot open it: the output would be lost, or the stub domain would end"
_NO_CONSOLE = "its mini-OS stub domain would end, as it opens a console that xend does not make"
_FILES = "mini-os, lib/sys.c"
_XEND = "Xen 4.1 to 4.4, xend/XendConfig.py"


def check(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    """Refuse what the stub domain of this release cannot open. What is refused already is not refused twice."""
    if facts.toolstack == "xl" or facts.release >= STUBDOM_DM_SERIAL:
        # Before, the serial port is left out of the file.
        _check_serial(guest, facts, result)
        _check_monitor(guest, facts, result)
    # libxl makes consoles for the serial ports alone, xend of 4.0 for one of them and the monitor.
    for key, device in _others(guest):
        if not _is_own(device):
            result.refuse(guest, f"settings.{key}", _LOST, "use vc or null, or remove it", device, _FILES)


def _check_serial(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    key = "settings.serial"
    value = guest.settings.get("serial", "")
    # xend takes an empty text for no port.
    ports = [port for port in texts(value) if port or facts.toolstack == "xl"] if value != "" else []
    found = _serial_problem(ports, facts)
    if found and all(problem.key != key for problem in result.problems):
        reason, remedy, source = found
        result.refuse(guest, key, reason, remedy, value, source)
    elif guest.display.type == "none" and any(port.startswith("vc") for port in ports):
        result.note(guest, "the output of serial: vc is shown nowhere, as the guest has no display")


def _serial_problem(ports: Sequence[str], facts: Facts) -> tuple[str, str, str] | None:
    """Return reason, remedy and source for serial ports that the stub domain cannot open, None where it can."""
    has_ptys = _has_ptys(facts)
    others = "use vc, which the display shows, or null"
    if not has_ptys and "pty" in ports:
        return _NO_CONSOLE, others, _XEND
    if any(port != "pty" and not _is_own(port) for port in ports):
        pty = "use pty, which xl console shows, or vc or null" if facts.toolstack == "xl" else "use pty, vc or null"
        return _LOST, pty if has_ptys else others, _FILES
    if len(ports) > _MOST:
        return "are more ports than its QEMU has", f"give {_MOST} at most", "qemu-xen-traditional, sysemu.h"
    if "pty" not in ports or len(ports) == 1:
        return None
    if facts.toolstack == "xm":
        return "stubdom-dm passes on only the last of several ports", "give one", "Xen 4.0, stubdom-dm"
    if any(port != "pty" for port in ports[: ports.count("pty")]):
        # The first pty that mini-OS opens is the console of the first port, whatever that is.
        return "a pty after a port of another kind would get the console of that one", "put each pty first", _FILES
    return None


def _check_monitor(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    """Refuse a monitor where xend, which makes a pty of each, makes no console for it (xend/image.py, store_dmargs)."""
    if facts.toolstack != "xm" or _has_ptys(facts):
        return
    for key in ("monitor", "monitor_path"):
        value = guest.settings.get(key)
        if value and value != "0":
            result.refuse(guest, f"settings.{key}", _NO_CONSOLE, "remove it", value, _XEND)


def _others(guest: Guest) -> Iterator[tuple[str, str]]:
    """Yield the keys of settings that have other devices of that kind, each with one of them."""
    settings = guest.settings
    yield from (("parallel", port) for port in texts(settings.get("parallel", "")) if port)
    yield from (("usbdevice", port) for device in texts(settings.get("usbdevice", "")) for port in _usb_port(device))
    for key in _ARGUMENTS:
        words = [word for text in texts(settings.get(key, "")) for word in text.split(" ") if word]
        for argument, value in zip(words, words[1:]):
            option = argument[2:] if argument.startswith("--") else argument[1:] if argument.startswith("-") else ""
            ports = [value] if option in _OPTIONS else _usb_port(value) if option == "usbdevice" else []
            yield from ((key, port) for port in ports)


def _usb_port(device: str) -> list[str]:
    """Return what a USB device is connected to, of those that are connected to something."""
    kind, _colon, rest = device.partition(":")
    # serial:OPTIONS:DEVICE
    return [rest.partition(":")[2]] if kind == "serial" else [kind] if kind == "braille" else []


def _has_ptys(facts: Facts) -> bool:
    return within(facts.release, MINIOS_PTYS[facts.toolstack])


def _is_own(device: str) -> bool:
    return device in _OWN or device.startswith("vc:")
