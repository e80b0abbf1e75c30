# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the guest's file and a second one for its stub domain: Xen 3.3 to 3.4.0-rc2, with xm (pure).

Source: xen: stubdom/README and stubdom/stubdom-dm of 3.3.0-rc7; tools/examples/xmexample.hvm-dm.
"""

from __future__ import annotations

from ..guest.device_model import DeviceModel
from ..guest.display import Display, classful_network, unreachable_viewers
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.releases import MINIOS_IMAGE, MINIOS_MEMORY
from ..xencfg.values import Value
from . import hvm, minios_consoles
from .files import MINIOS_REMEDY, GuestFile, GuestFiles, file_name


def refusal(facts: Facts, model: DeviceModel) -> tuple[str, str] | None:
    """Return why this host cannot run the scheme, and the remedy; None when it can."""
    if not facts.stubdom_dm:
        return "stubdom-dm is not installed", MINIOS_REMEDY
    if facts.dm_config is None:
        return "it is unknown which file the installed stubdom-dm starts a stub domain from", "install Xen's own"
    if not facts.dm_config:
        return "the installed stubdom-dm writes the second file itself", "use scheme: generated"
    if not model.kernel and MINIOS_IMAGE not in facts.images:
        return f"{MINIOS_IMAGE} is not installed", f"{MINIOS_REMEDY}, or name the image in device_model.kernel"
    return None


def files_of(guest: Guest, facts: Facts) -> GuestFiles:
    """Return the guest's file and that of its stub domain; both have the same disks and interfaces."""
    result = GuestFiles("paired", stub_mib=MINIOS_MEMORY)
    hvm.check(guest, facts, result, firmware=())
    hvm.refuse_model_keys(guest, result, "ramdisk", "cmdline", "version")
    if guest.device_model.memory:
        result.note(guest, f"device_model.memory is not used: stubdom-dm gives its stub domain {MINIOS_MEMORY} MiB")
    devices = hvm.devices(guest, facts)
    own = hvm.head(guest, facts)
    own["device_model"] = facts.stubdom_dm
    own["vif"] = devices["vif"]
    screen = guest.display
    # Other displays are the stub domain's frame buffer, which the guest's own keys must not hide.
    own.update(hvm.display(guest) if screen.in_stubdom else {"vnc": 0, "sdl": 0})
    own.update(hvm.without_dom0_serial(guest, result))
    minios_consoles.check(guest, facts, result)
    _check_macs(guest, result)
    _check_vnc(guest, result)
    _check_keymap(guest, result)
    stub: dict[str, Value] = {
        "kernel": guest.device_model.kernel or facts.images[MINIOS_IMAGE],
        # mini-OS takes the first interface for its own TCP/IP, used or not.
        "vif": [f"ip={screen.listen}" if screen.in_stubdom else "", *_list(devices["vif"])],
        "disk": devices["disk"],
    }
    buffer = _frame_buffer(screen)
    if buffer:
        stub["vfb"] = [buffer]
    # No name: stubdom-dm waits for a domain that is named as the file (xm's default).
    second = str(facts.dm_config).format(guest.name)
    result.files += [
        GuestFile(file_name(guest, "xm"), own, commented={"disk": devices["disk"]}),
        GuestFile(second, stub),
    ]
    return result


def _frame_buffer(screen: Display) -> str:
    """Return xm's string of vfb (tools/python/xen/xm/create.py, configure_vfbs); "" where dom0 shows no display."""
    if screen.type == "none" or screen.in_stubdom:
        return ""
    parts = [f"type={screen.type}"]
    if screen.opengl is not None:
        parts.append(f"opengl={int(screen.opengl)}")
    if screen.listen:
        parts.append(f"vnclisten={screen.listen}")
    if screen.display >= 0:
        parts += [f"vncdisplay={screen.display}", f"vncunused={int(bool(screen.unused))}"]
    elif screen.unused is not None:
        parts.append(f"vncunused={int(screen.unused)}")
    if screen.passwd:
        parts.append(f"vncpasswd={screen.passwd}")
    if screen.keymap:
        parts.append(f"keymap={screen.keymap}")
    return ",".join(parts)


def _check_macs(guest: Guest, result: GuestFiles) -> None:
    """Require addresses: xend invents one for each file, and QEMU's card would not have that of the bridge."""
    for number, vif in enumerate(guest.vifs):
        if not vif.mac:
            reason = "is missing, and Xen would invent a different address for each of the guest's two files"
            result.refuse(guest, f"vifs[{number}].mac", reason, "give it, such as 00:16:3e:00:00:01")


def _check_keymap(guest: Guest, result: GuestFiles) -> None:
    """Refuse the keyboard of no display: its place is the frame buffer's string."""
    screen = guest.display
    if screen.type == "none" and screen.keymap:
        result.refuse(guest, "display.keymap", "goes with type: sdl or vnc in this scheme", "remove keymap", screen.keymap)


def _check_vnc(guest: Guest, result: GuestFiles) -> None:
    screen = guest.display
    if screen.sdl:
        reason = "a frame buffer of this release has one type only"
        result.refuse(guest, "display.type", reason, "use type: vnc or type: sdl", ["vnc", "sdl"], "Xen 3.3, xm/create.py")
    if not screen.in_stubdom:
        hvm.refuse_commas(guest, result)
        return
    network = classful_network(screen.listen)
    if not screen.viewers:
        result.note(guest, f"its VNC server answers {network} only: mini-OS derives its network from the address's class and has no gateway")
    for viewers in unreachable_viewers(screen):
        result.note(guest, f"viewers in {viewers} cannot reach its VNC server, which answers {network} only")


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]
