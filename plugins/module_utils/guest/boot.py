# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a guest gets its kernel (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..common.fields import Fields

# What Linux prints first of all. A guest that boots something else names its own words in boot.expect.
DEFAULT_EXPECT = "Linux version"

# What each type of guest can boot by.
METHODS = {"pv": ("pvgrub", "pvgrub2", "direct"), "pvh": ("pvgrub2", "direct"), "hvm": ("firmware", "direct")}
# Keys that not every method has: a key of another method is no typing error.
_KEYS = {
    "pvgrub": ("image", "arch", "kernel_arch", "menu", "tftp", "dhcp"),
    "pvgrub2": ("image", "arch", "kernel_arch"),
    "direct": ("kernel", "ramdisk", "cmdline"),
    "firmware": ("order", "bios"),
}

_IMAGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
# GRUB legacy takes its command line's first word: a blank would end the path (xen: stubdom/grub/mini-os.c).
_MENU = re.compile(r"\((hd[0-9]+(,[0-9]+)?)\)/\S+")
_ORDER = re.compile(r"(?!.*(.).*\1)[acdn]{1,4}")


@dataclass(frozen=True)
class Boot:
    """``pvgrub``: PV-GRUB of mini-os, ``pvgrub2``: GRUB 2; both run in the guest. ``direct``: a kernel file of the host.
    ``firmware``: the BIOS of an HVM guest, from the devices of ``order`` (Xen's ``boot``).

    ``image`` is the name of the image that boots the guest, in the host's store or among Xen's own. ``arch`` is what
    kernels that image boots, ``kernel_arch`` what the guest's kernel is, "" when nobody told. Of ``menu``, ``tftp``
    and ``dhcp`` one says where PV-GRUB finds its menu. ``expect`` is a regular expression that the guest's console
    shows once its own kernel runs; "" where the console is not asked.
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
    order: str = ""
    bios: str = ""
    expect: str = DEFAULT_EXPECT


def read_boot(fields: Fields, kind: str) -> Boot:
    """How a guest of that type (``pv``, ``hvm`` or ``pvh``) boots."""
    method = fields.text("method", required=True, choices=METHODS[kind])
    # What an HVM guest says on its serial port no log of the host has, and few of them use their PV console.
    expect = fields.text("expect", "" if kind == "hvm" else DEFAULT_EXPECT)
    try:
        re.compile(expect)
    except (re.error, OverflowError, RecursionError) as error:
        fields.problem("expect", f"is not a regular expression: {error}", "correct it, or leave it out")
    readers = {"pvgrub": _read_pvgrub, "pvgrub2": _read_pvgrub2, "direct": _read_direct, "firmware": _read_firmware}
    if method not in readers:
        # Without a method nobody can say which keys go with it; one problem, not one a key.
        return Boot("", expect=expect)
    boot = readers[method](fields, kind, expect)
    fields.done(f"method: {method}", _keys_of_others(method, kind))
    return boot


def _keys_of_others(method: str, kind: str) -> dict[str, str]:
    """The keys of the other methods that a guest of that type can have, each with the methods."""
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
    """The standard image's name differs by release, so that it is the host's to tell; see schemes/pv.py."""
    arch = _read_arch(fields, ("x86_64", "i386"))
    # One that is neither true nor false has been told, and counts as said.
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
    # dhcp: false says no more than a dhcp that is left out.
    given = [key for key, said in (("menu", fields.has("menu")), ("tftp", fields.has("tftp")), ("dhcp", dhcp)) if said]
    if len(given) > 1:
        said = f"{', '.join(given[:-1])} and {given[-1]} are given"
        fields.problem("method", f"PV-GRUB has one place for its menu, and {said}", "keep one of them")
    elif not given and fields.has("dhcp"):
        fields.problem("dhcp", "is false, and no other place for the menu is given", "give menu or tftp instead")
    elif not given:
        reason = "PV-GRUB has one place for its menu, and none of menu, tftp and dhcp is given"
        fields.problem("method", reason, "give one of menu, tftp, dhcp: true")
    return boot


def _read_menu(fields: Fields) -> str:
    """(nd) is PV-GRUB's own word for the network, and what stubdom/README shows; here it has a key of its own."""
    menu = fields.raw("menu")
    if isinstance(menu, str) and menu.startswith("(nd)/"):
        fields.problem("menu", "is a path on a TFTP server", f"use tftp: {menu[len('(nd)'):]} instead of menu")
        return ""
    return fields.text("menu", pattern=_MENU, hint="a path as GRUB writes it, such as (hd0,0)/boot/grub/menu.lst")


def _read_arch(fields: Fields, archs: tuple[str, ...]) -> str:
    """The first of them when nothing is said, "" when it is none of them."""
    return fields.text("arch", "" if fields.has("arch") else archs[0], choices=archs)


def _read_kernel_arch(fields: Fields, arch: str) -> str:
    """What the definition tells of the guest's kernel. GRUB says this on the guest's console only, when it is too late
    (xen: stubdom/grub/kexec.c)."""
    kernel_arch = fields.text("kernel_arch", choices=("x86_64", "i386"))
    if kernel_arch and arch not in ("", "pvh", kernel_arch):
        fields.problem(
            "kernel_arch",
            f"an image for {arch} cannot boot a kernel for {kernel_arch}",
            f"use arch: {kernel_arch}, or correct kernel_arch",
            release="Xen 3.3 on, stubdom/README",
        )
    return kernel_arch
