# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read how a guest gets its kernel (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..common.fields import Fields

# The first line that Linux prints. A guest with another system has its own words in boot.expect.
DEFAULT_EXPECT = "Linux version"

# The methods by which each type of guest can boot.
METHODS = {
    "pv": ("pvgrub", "pvgrub2", "direct", "bootloader"),
    "pvh": ("pvgrub2", "direct", "bootloader"),
    "hvm": ("firmware", "direct"),
}
# Keys that not every method has: a key of another method is not a typing error.
_KEYS = {
    "pvgrub": ("image", "arch", "kernel_arch", "menu", "tftp", "dhcp"),
    "pvgrub2": ("image", "arch", "kernel_arch"),
    "direct": ("kernel", "ramdisk", "cmdline"),
    "bootloader": ("bootloader", "bootloader_args", "kernel", "ramdisk", "cmdline"),
    "firmware": ("order", "bios"),
}

_IMAGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
# GRUB legacy takes its command line's first word: a blank would end the path (xen: stubdom/grub/mini-os.c).
_MENU = re.compile(r"\((hd[0-9]+(,[0-9]+)?)\)/\S+")
# A program by its path, or by a name that libxl looks for in its own folder (libxl_bootloader.c).
_BOOTLOADER = re.compile(r"/.*|[A-Za-z0-9._+-]+")
_ORDER = re.compile(r"(?!.*(.).*\1)[acdn]{1,4}")


@dataclass(frozen=True)
class Boot:
    """Describe how a guest boots. ``pvgrub``: PV-GRUB of mini-OS, ``pvgrub2``: GRUB 2; both run in the guest. ``direct``: a
    kernel file of the host. ``firmware``: the BIOS of an HVM guest, from the devices of ``order`` (Xen's ``boot``).
    ``bootloader``: a program of dom0 such as pygrub, with its arguments, takes the kernel from the guest's disk; ``kernel``
    and ``ramdisk`` are then paths on that disk.

    ``image`` is the name of the image that boots the guest, in the host's store or among Xen's own. ``arch`` is the
    architecture of the kernels that the image boots, ``kernel_arch`` that of the guest's kernel, "" where not given. One
    of ``menu``, ``tftp`` and ``dhcp`` is the place of PV-GRUB's menu. ``expect`` is a regular expression that the guest's
    console shows once its own kernel runs; "" where the console is not checked.
    """

    method: str
    image: str = ""
    arch: str = "x86_64"
    kernel_arch: str = ""
    menu: str = ""
    tftp: str = ""
    dhcp: bool = False
    kernel: str = ""
    ramdisk: str = ""
    cmdline: str = ""
    bootloader: str = ""
    bootloader_args: tuple[str, ...] = ()
    order: str = ""
    bios: str = ""
    expect: str = DEFAULT_EXPECT

    @property
    def loader(self) -> str:
        """Return the boot loader that prints to the guest's console before its kernel does: ``pvgrub``, ``pvgrub2``, or "".

        The file of a direct boot can be one; Xen and Debian have ``grub`` in the names of theirs.

        >>> Boot("direct", kernel="/usr/lib/xen/boot/pv-grub-x86_64.gz").loader, Boot("direct", kernel="/boot/vmlinuz").loader
        ('pvgrub', '')
        """
        if self.method != "direct":
            return self.method if self.method in ("pvgrub", "pvgrub2") else ""
        name = self.kernel.rpartition("/")[2]
        if name.startswith("pv-grub"):
            return "pvgrub"
        return "pvgrub2" if "grub" in name else ""


def read_boot(fields: Fields, kind: str) -> Boot:
    """Return how a guest of the type ``kind`` (``pv``, ``hvm`` or ``pvh``) boots."""
    method = fields.text("method", required=True, choices=METHODS[kind])
    # No log of the host has the serial port of an HVM guest, and few of them use their PV console.
    expect = fields.text("expect", "" if kind == "hvm" else DEFAULT_EXPECT)
    try:
        re.compile(expect)
    except (re.error, OverflowError, RecursionError) as error:
        fields.problem("expect", f"is not a regular expression: {error}", "correct it, or remove it")
    readers = {
        "pvgrub": _read_pvgrub,
        "pvgrub2": _read_pvgrub2,
        "direct": _read_direct,
        "bootloader": _read_bootloader,
        "firmware": _read_firmware,
    }
    if method not in readers:
        # Without a method it is unknown which keys belong to it: one problem, not one for each key.
        return Boot("", expect=expect)
    boot = readers[method](fields, kind, expect)
    fields.done(f"method: {method}", _keys_of_others(method, kind))
    return boot


def _keys_of_others(method: str, kind: str) -> dict[str, str]:
    """Return the keys of the other methods that a guest of the type can have, each with its methods."""
    found: dict[str, list[str]] = {}
    for other in METHODS[kind]:
        for key in _KEYS[other] if other != method else ():
            found.setdefault(key, []).append(other)
    return {key: f"method: {' or '.join(methods)}" for key, methods in found.items()}


def _read_direct(fields: Fields, _kind: str, expect: str) -> Boot:
    return Boot(
        "direct",
        kernel=fields.path_name("kernel", required=True),
        ramdisk=fields.path_name("ramdisk"),
        cmdline=fields.text("cmdline"),
        expect=expect,
    )


def _read_bootloader(fields: Fields, _kind: str, expect: str) -> Boot:
    hint = "pygrub, or an absolute path on the host"
    return Boot(
        "bootloader",
        bootloader=fields.text("bootloader", required=True, pattern=_BOOTLOADER, hint=hint),
        bootloader_args=tuple(fields.strings("bootloader_args")),
        kernel=fields.text("kernel"),
        ramdisk=fields.text("ramdisk"),
        cmdline=fields.text("cmdline"),
        expect=expect,
    )


def _read_firmware(fields: Fields, _kind: str, expect: str) -> Boot:
    return Boot(
        "firmware",
        order=fields.text("order", pattern=_ORDER, hint="an order of devices such as dc: a, c, d and n, each once"),
        bios=fields.text("bios", choices=("seabios", "ovmf", "rombios")),
        expect=expect,
    )


def _read_pvgrub2(fields: Fields, kind: str, expect: str) -> Boot:
    # One PVH image boots kernels of both widths; a PV image only those of its own.
    arch = _read_arch(fields, ("pvh",) if kind == "pvh" else ("x86_64", "i386"))
    image = fields.text("image", f"pvgrub2-{arch}", pattern=_IMAGE, hint="the name of an installed image")
    kernel_arch = _read_kernel_arch(fields, arch)
    return Boot("pvgrub2", image=image, arch=arch, kernel_arch=kernel_arch, expect=expect)


def _read_pvgrub(fields: Fields, _kind: str, expect: str) -> Boot:
    """Return a boot by PV-GRUB. The standard image's name depends on the host's release: schemes/pv.py chooses it."""
    arch = _read_arch(fields, ("x86_64", "i386"))
    # A value that is neither true nor false is a problem already, and counts as given.
    dhcp = fields.boolean("dhcp", default=True) and fields.has("dhcp")
    boot = Boot(
        "pvgrub",
        image=fields.text("image", pattern=_IMAGE, hint="the name of an installed image"),
        arch=arch,
        kernel_arch=_read_kernel_arch(fields, arch),
        menu=_read_menu(fields),
        tftp=fields.text("tftp", pattern=re.compile(r"/\S+"), hint="a path on the TFTP server that begins with a slash"),
        dhcp=dhcp,
        expect=expect,
    )
    # dhcp: false is the same as no dhcp.
    given = [key for key, is_given in (("menu", fields.has("menu")), ("tftp", fields.has("tftp")), ("dhcp", dhcp)) if is_given]
    if len(given) > 1:
        names = f"{', '.join(given[:-1])} and {given[-1]}"
        fields.problem("method", f"PV-GRUB reads its menu from one place, and {names} are given", "keep one of them")
    elif not given and fields.has("dhcp"):
        fields.problem("dhcp", "is false, and no other place for the menu is given", "give menu or tftp instead")
    elif not given:
        reason = "PV-GRUB reads its menu from one place, and none of menu, tftp and dhcp is given"
        fields.problem("method", reason, "give one of menu, tftp, dhcp: true")
    return boot


def _read_menu(fields: Fields) -> str:
    """Return the menu's path. (nd) is PV-GRUB's word for the network, as in stubdom/README; here that is the key tftp."""
    menu = fields.raw("menu")
    if isinstance(menu, str) and menu.startswith("(nd)/"):
        fields.problem("menu", "is a path on a TFTP server", f"use tftp: {menu[len('(nd)'):]} instead of menu")
        return ""
    return fields.text("menu", pattern=_MENU, hint="a path as GRUB writes it, such as (hd0,0)/boot/grub/menu.lst")


def _read_arch(fields: Fields, archs: tuple[str, ...]) -> str:
    """Return the architecture: the first of ``archs`` where none is given, "" for one that is not in ``archs``."""
    return fields.text("arch", "" if fields.has("arch") else archs[0], choices=archs)


def _read_kernel_arch(fields: Fields, arch: str) -> str:
    """Return the architecture of the guest's kernel. GRUB reports a mismatch only on the guest's console, when it is too
    late (xen: stubdom/grub/kexec.c)."""
    kernel_arch = fields.text("kernel_arch", choices=("x86_64", "i386"))
    if kernel_arch and arch not in ("", "pvh", kernel_arch):
        fields.problem(
            "kernel_arch",
            f"an image for {arch} cannot boot a kernel for {kernel_arch}",
            f"use arch: {kernel_arch}, or correct kernel_arch",
            release="Xen 3.3 on, stubdom/README",
        )
    return kernel_arch
