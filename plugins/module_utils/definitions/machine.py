# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define how a guest boots, what shows its display and what runs its device model, from the keys of a file (pure)."""

from __future__ import annotations

import re
from typing import Any

from ..guest.device_model import TRADITIONAL
from .source import Source

_STUBDOM_DM = "stubdom-dm"
# Until this release a stub domain without a word about its QEMU is mini-OS (tools/libs/light/libxl_create.c).
_LAST_TRADITIONAL = (4, 20)


def boot_of(source: Source, kind: str) -> dict[str, Any]:
    """Return the definition of the boot; {} for an HVM guest that boots as a definition without ``boot`` does."""
    kernel = source.text("kernel", "boot.kernel")
    if kind == "hvm":
        return _hvm_boot(source, kernel)
    boot: dict[str, Any] = {"method": "direct"}
    bootloader = source.text("bootloader", "boot.bootloader")
    if bootloader:
        boot = {"method": "bootloader", "bootloader": bootloader}
        arguments = _bootloader_args(source)
        if arguments:
            boot["bootloader_args"] = arguments
    elif not kernel:
        source.refuse(
            "firmware" if source.take("firmware") else "",
            "names neither a kernel nor a boot loader that a definition has",
        )
    source.ignore_empty("firmware")
    boot.update(_kernel_parts(source, kernel))
    # What the console of a domain printed that runs already need not be in any log.
    boot["expect"] = ""
    return boot


def _hvm_boot(source: Source, kernel: str) -> dict[str, Any]:
    if kernel.rpartition("/")[2] == "hvmloader":
        if source.toolstack == "xl":
            source.ignore("kernel", "xl starts hvmloader itself")
        kernel = ""
    order, bios = source.text("boot", "boot.order"), source.text("bios", "boot.bios").lower()
    bios = _firmware(source) or bios
    if kernel:
        for key, value in (("boot", order), ("bios", bios)):
            if value:
                source.refuse(key, "a guest that boots a kernel of the host has no such key")
        return {"method": "direct", **_kernel_parts(source, kernel)}
    for key in ("ramdisk", "cmdline", "root", "extra"):
        if source.text(key):
            source.refuse(key, "an HVM guest without a kernel has no such key")
    boot = {key: value for key, value in (("order", order), ("bios", bios)) if value}
    return {"method": "firmware", **boot} if boot else {}


def _firmware(source: Source) -> str:
    """Return the BIOS that the key ``firmware`` stands for, "" for the default one; anything else is a path."""
    value = source.text("firmware", "boot.bios")
    if value.lower() in ("ovmf", "seabios", "rombios"):
        return value.lower()
    if not value or "bios".startswith(value):
        return ""
    if "uefi".startswith(value):
        return "ovmf"
    source.put("firmware_override", value, "firmware")
    return ""


def _bootloader_args(source: Source) -> list[str]:
    value = source.take("bootloader_args", "boot.bootloader_args")
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return (value or "").split()


def _kernel_parts(source: Source, kernel: str) -> dict[str, Any]:
    parts = {"kernel": kernel, "ramdisk": source.text("ramdisk", "boot.ramdisk"), "cmdline": _cmdline(source)}
    return {key: value for key, value in parts.items() if value}


def _cmdline(source: Source) -> str:
    """Return the kernel's command line as xl composes it (parse_cmdline of tools/xl/xl_parse.c)."""
    whole = source.text("cmdline", "boot.cmdline")
    root, extra = source.text("root", "boot.cmdline"), source.text("extra", "boot.cmdline")
    if whole:
        for key, value in (("root", root), ("extra", extra)):
            if value:
                source.ignore(key, "xl ignores it beside cmdline")
        return whole
    if source.toolstack == "xm":
        # tools/python/xen/xm/create.py, configure_image.
        root = root[len("root=") :] if root.startswith("root=") else root
    return " ".join([f"root={root}"] * bool(root) + [extra] * bool(extra))


_SCREEN_KEYS = {
    "listen": "vnclisten",
    "display": "vncdisplay",
    "unused": "vncunused",
    "passwd": "vncpasswd",
    "opengl": "opengl",
}


def display_of(source: Source) -> dict[str, Any]:
    """Return the definition of an HVM guest's display; {} for none. libxl turns VNC on where no key turns it off."""
    vnc, sdl = source.flag("vnc", "display.type"), source.flag("sdl", "display.type")
    listen, behind = _vnc_address(source)
    number, unused = _vnc_number(source, behind)
    shown = {
        "listen": listen,
        "display": number,
        "unused": unused,
        "passwd": source.text("vncpasswd", "display.passwd"),
        "keymap": source.text("keymap", "display.keymap"),
        "opengl": source.flag("opengl", "display.opengl"),
    }
    if source.take("vfb") is not None:
        source.refuse("vfb", "an HVM guest has its display in keys of its own")
    has_vnc = vnc is not False if source.toolstack == "xl" else bool(vnc)
    types = ["vnc"] * has_vnc + ["sdl"] * bool(sdl)
    keys = ["listen", "display", "unused", "passwd"] * has_vnc + ["keymap"] + ["opengl"] * bool(sdl)
    for key, value in shown.items():
        if key in _SCREEN_KEYS and key not in keys and value:
            source.ignore(_SCREEN_KEYS[key], "the screen that it belongs to is off")
    given = {key: shown[key] for key in keys if shown[key] not in ("", None)}
    if not types:
        return {"type": "none", **given} if given else {}
    return {"type": types if len(types) > 1 else types[0], **given}


def _vnc_address(source: Source) -> tuple[str, int | None]:
    """Return the address of the VNC server, and the number that xl.cfg(5) allows behind it."""
    text = source.text("vnclisten", "display.listen")
    found = re.fullmatch(r"([^:]+):([0-9]{1,5})", text) if source.toolstack == "xl" else None
    return (found.group(1), int(found.group(2))) if found else (text, None)


def _vnc_number(source: Source, behind: int | None) -> tuple[int | None, bool | None]:
    """Return the number of the VNC display, and true where a higher one will do; None for the first free one from 0 on."""
    number, unused = source.number("vncdisplay", "display.display"), source.flag("vncunused", "display.unused")
    number = number if number is not None else behind
    if unused is False:
        return (None, False) if number is None else (number, None)
    return (number, True) if number else (None, None)


def device_model_of(source: Source) -> dict[str, Any]:
    """Return the definition of an HVM guest's device model."""
    version = source.text("device_model_version", "device_model.scheme")
    program = source.text("device_model", "device_model.scheme")
    override = source.flag("device_model_stubdomain_override", "device_model.scheme")
    model = {
        "memory": source.number("stubdomain_memory", "device_model.memory"),
        "kernel": source.text("stubdomain_kernel", "device_model.kernel"),
        "ramdisk": source.text("stubdomain_ramdisk", "device_model.ramdisk"),
        "cmdline": source.text("stubdomain_cmdline", "device_model.cmdline"),
    }
    has_stub = override if override is not None else program.rpartition("/")[2] == _STUBDOM_DM
    if source.toolstack == "xm":
        return {"scheme": "generated" if has_stub else "dom0"}
    if not has_stub:
        for key, value in model.items():
            if value:
                source.ignore(f"stubdomain_{key}", "the guest has no stub domain")
        if version == TRADITIONAL:
            return {"scheme": "dom0", "version": version}
        return {"scheme": "dom0"}
    traditional = version == TRADITIONAL or (not version and source.release <= _LAST_TRADITIONAL)
    scheme = "minios" if traditional else "linux"
    return {"scheme": scheme, **{key: value for key, value in model.items() if value}}
