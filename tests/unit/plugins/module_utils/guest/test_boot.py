# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How guests of each type boot: what each method takes, and what is said of what it does not take."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    BLANK,
    CHOICE,
    CONTROL,
    DIRECT,
    GONE,
    PAIRS,
    QUOTE,
    definition,
    guest,
    hvm,
    hvm_guest,
    refusals,
)

MENU = "(hd0,0)/boot/grub/menu.lst"
PVGRUB = {"method": "pvgrub", "menu": MENU}
FIRMWARE = {"method": "firmware"}

PATH = "is not an absolute path on the host", "give an absolute path on the host"
IMAGE = "is not the name of an installed image", "give the name of an installed image"
A_MENU = "a path as GRUB writes it, such as (hd0,0)/boot/grub/menu.lst"
A_TFTP = "a path on the TFTP server that begins with a slash"
AN_ORDER = "an order of devices such as dc: a, c, d and n, each once"
NO_KEY = "is not a key of the definition"


@pytest.mark.parametrize(
    "boot, expected",
    [
        # PV-GRUB as in stubdom/README: the path to menu.lst, a TFTP path, or DHCP.
        (PVGRUB, Boot("pvgrub", menu=MENU)),
        ({"method": "pvgrub", "tftp": "/somepath/menu.lst"}, Boot("pvgrub", tftp="/somepath/menu.lst")),
        ({"method": "pvgrub", "dhcp": True}, Boot("pvgrub", dhcp=True)),
        ({"method": "pvgrub", "dhcp": "yes", "menu": None, "tftp": None}, Boot("pvgrub", dhcp=True)),
        ({**PVGRUB, "dhcp": False}, Boot("pvgrub", menu=MENU)),
        ({"method": "pvgrub", "tftp": "/m", "dhcp": "no"}, Boot("pvgrub", tftp="/m")),
        ({**PVGRUB, "menu": "(hd1)/menu.lst"}, Boot("pvgrub", menu="(hd1)/menu.lst")),
        ({**PVGRUB, "menu": "(hd10,12)/größer"}, Boot("pvgrub", menu="(hd10,12)/größer")),
        (
            {**PVGRUB, "arch": "i386", "kernel_arch": "i386", "image": "pv-grub-x86_32.gz"},
            Boot("pvgrub", image="pv-grub-x86_32.gz", arch="i386", kernel_arch="i386", menu=MENU),
        ),
        ({"method": "bootloader", "bootloader": "pygrub"}, Boot("bootloader", bootloader="pygrub")),
        (
            {"method": "bootloader", "bootloader": "/usr/bin/x", "bootloader_args": ["-q"], "kernel": "boot/k", "ramdisk": "r", "cmdline": "ro"},
            Boot("bootloader", bootloader="/usr/bin/x", bootloader_args=("-q",), kernel="boot/k", ramdisk="r", cmdline="ro"),
        ),
        ({"method": "pvgrub2"}, Boot("pvgrub2", image="pvgrub2-x86_64")),
        ({"method": "pvgrub2", "arch": "i386"}, Boot("pvgrub2", image="pvgrub2-i386", arch="i386")),
        ({"method": "pvgrub2", "image": "own.1", "arch": None}, Boot("pvgrub2", image="own.1")),
        (
            {"method": "pvgrub2", "kernel_arch": "x86_64"},
            Boot("pvgrub2", image="pvgrub2-x86_64", kernel_arch="x86_64"),
        ),
        ({"method": "pvgrub2", "expect": "login:"}, Boot("pvgrub2", image="pvgrub2-x86_64", expect="login:")),
        (DIRECT, Boot("direct", kernel="/boot/vmlinuz")),
        (
            {**DIRECT, "ramdisk": "/boot/initrd.img", "cmdline": 'root=/dev/xvda motd="a,b"', "expect": ""},
            Boot("direct", kernel="/boot/vmlinuz", ramdisk="/boot/initrd.img", cmdline='root=/dev/xvda motd="a,b"', expect=""),
        ),
    ],
)
def test_what_a_pv_guest_boots_by(boot: dict[str, Any], expected: Boot) -> None:
    assert guest(boot=boot).boot == expected


@pytest.mark.parametrize(
    "boot, expected",
    [
        ({"method": "pvgrub2"}, Boot("pvgrub2", image="pvgrub2-pvh", arch="pvh")),
        ({"method": "pvgrub2", "arch": "pvh"}, Boot("pvgrub2", image="pvgrub2-pvh", arch="pvh")),
        # One image boots kernels of both widths.
        (
            {"method": "pvgrub2", "kernel_arch": "i386"},
            Boot("pvgrub2", image="pvgrub2-pvh", arch="pvh", kernel_arch="i386"),
        ),
        (
            {"method": "pvgrub2", "kernel_arch": "x86_64"},
            Boot("pvgrub2", image="pvgrub2-pvh", arch="pvh", kernel_arch="x86_64"),
        ),
        (DIRECT, Boot("direct", kernel="/boot/vmlinuz")),
    ],
)
def test_what_a_pvh_guest_boots_by(boot: dict[str, Any], expected: Boot) -> None:
    assert guest(type="pvh", boot=boot).boot == expected


@pytest.mark.parametrize(
    "boot, expected",
    [
        (GONE, Boot("firmware", expect="")),
        (None, Boot("firmware", expect="")),
        (FIRMWARE, Boot("firmware", expect="")),
        *[({**FIRMWARE, "order": order}, Boot("firmware", order=order, expect="")) for order in ("a", "c", "d", "n", "dc", "ndca")],
        *[({**FIRMWARE, "bios": bios}, Boot("firmware", bios=bios, expect="")) for bios in ("seabios", "ovmf", "rombios")],
        ({**FIRMWARE, "expect": "login:"}, Boot("firmware", expect="login:")),
        (DIRECT, Boot("direct", kernel="/boot/vmlinuz", expect="")),
        ({**DIRECT, "ramdisk": "/r", "cmdline": "quiet"}, Boot("direct", kernel="/boot/vmlinuz", ramdisk="/r", cmdline="quiet", expect="")),
    ],
)
def test_what_an_hvm_guest_boots_by(boot: Any, expected: Boot) -> None:
    assert hvm_guest(boot=boot).boot == expected


@pytest.mark.parametrize(
    "boot, key, value, reason, remedy",
    [
        (GONE, "boot", None, "is missing", "give boot"),
        (None, "boot", None, "is missing", "give boot"),
        ("pvgrub2", "boot", "pvgrub2", *PAIRS),
        (["pvgrub2"], "boot", ["pvgrub2"], *PAIRS),
        ({}, "boot.method", None, "is missing", "give method"),
        # Without a method nobody can say which keys go with it.
        ({"menu": 7, "kernel": 8}, "boot.method", None, "is missing", "give method"),
        ({"method": "pygrub", "menu": 7}, "boot.method", "pygrub", CHOICE, "use one of pvgrub, pvgrub2, direct, bootloader"),
        ({"method": "firmware"}, "boot.method", "firmware", CHOICE, "use one of pvgrub, pvgrub2, direct, bootloader"),
        ({"method": ["direct"]}, "boot.method", ["direct"], "must be a string, not a list", "use one of pvgrub, pvgrub2, direct, bootloader"),
        # direct
        ({"method": "direct"}, "boot.kernel", None, "is missing", "give kernel"),
        ({"method": "direct", "kernel": ""}, "boot.kernel", "", "must not be empty", "give an absolute path on the host"),
        ({"method": "direct", "kernel": "vmlinuz"}, "boot.kernel", "vmlinuz", *PATH),
        ({**DIRECT, "ramdisk": "initrd.img"}, "boot.ramdisk", "initrd.img", *PATH),
        ({**DIRECT, "ramdisk": ""}, "boot.ramdisk", "", "is empty", "give an absolute path on the host, or leave it out"),
        ({**DIRECT, "cmdline": "ro\nquiet"}, "boot.cmdline", "ro\nquiet", *CONTROL),
        ({**DIRECT, "cmdline": "quiet "}, "boot.cmdline", "quiet ", *BLANK),
        ({**DIRECT, "cmdline": ["ro"]}, "boot.cmdline", ["ro"], "must be a string, not a list", "give one string"),
        ({**DIRECT, "cmdline": True}, "boot.cmdline", True, "must be a string, not true or false", QUOTE),
        *[
            ({**DIRECT, key: "x"}, f"boot.{key}", "x", f"goes with method: {methods}, not with method: direct", f"remove {key}")
            for key, methods in {
                "arch": "pvgrub or pvgrub2",
                "image": "pvgrub or pvgrub2",
                "kernel_arch": "pvgrub or pvgrub2",
                "menu": "pvgrub",
                "tftp": "pvgrub",
                "dhcp": "pvgrub",
            }.items()
        ],
        # order is of firmware, which a PV guest does not have
        ({**DIRECT, "order": "dc"}, "boot.order", "dc", NO_KEY, "the keys are cmdline, expect, kernel, method, ramdisk"),
        ({**DIRECT, "kernle": "/a"}, "boot.kernle", "/a", NO_KEY, "did you mean kernel"),
        # pvgrub2
        (
            {"method": "pvgrub2", "kernel": "/boot/vmlinuz"},
            "boot.kernel",
            "/boot/vmlinuz",
            "goes with method: direct or bootloader, not with method: pvgrub2",
            "remove kernel",
        ),
        ({"method": "pvgrub2", "arch": "arm64"}, "boot.arch", "arm64", CHOICE, "use one of x86_64, i386"),
        ({"method": "pvgrub2", "arch": "pvh"}, "boot.arch", "pvh", CHOICE, "use one of x86_64, i386"),
        ({"method": "pvgrub2", "arch": "arm64", "kernel_arch": "i386"}, "boot.arch", "arm64", CHOICE, "use one of x86_64, i386"),
        ({"method": "pvgrub2", "kernel_arch": "arm64"}, "boot.kernel_arch", "arm64", CHOICE, "use one of x86_64, i386"),
        *[
            ({"method": "pvgrub2", "image": image}, "boot.image", image, *IMAGE)
            for image in ("../evil", "a/b", ".hidden", "-x", "a b", "grüb")
        ],
        # pvgrub
        *[
            ({"method": "pvgrub", "menu": menu}, "boot.menu", menu, f"is not {A_MENU}", f"give {A_MENU}")
            for menu in (
                "/boot/grub/menu.lst", "(hd0,0)boot/menu.lst", "(hd0,0)", "(hd0,0)/", "(hd0,0)/a b", "(hda)/a", "(hd0,)/a",
                "(cd)/a", "(nd)", "hd0,0/boot",
            )
        ],
        ({"method": "pvgrub", "menu": ""}, "boot.menu", "", "is empty", f"give {A_MENU}, or leave it out"),
        ({"method": "pvgrub", "menu": 7}, "boot.menu", 7, f"is not {A_MENU}", f"give {A_MENU}, in quotes"),
        # The form that stubdom/README shows for extra.
        (
            {"method": "pvgrub", "menu": "(nd)/somepath/menu.lst"},
            "boot.menu",
            "(nd)/somepath/menu.lst",
            "is a path on a TFTP server",
            "use tftp: /somepath/menu.lst instead of menu",
        ),
        *[
            ({"method": "pvgrub", "tftp": tftp}, "boot.tftp", tftp, f"is not {A_TFTP}", f"give {A_TFTP}")
            for tftp in ("somepath/menu.lst", "/", "/a b", "(nd)/somepath/menu.lst", "tftp://10.0.0.1/menu.lst")
        ],
        ({"method": "pvgrub", "dhcp": 1}, "boot.dhcp", 1, "must be true or false, not a number", "write true or false"),
        ({"method": "pvgrub", "dhcp": "10.0.0.1"}, "boot.dhcp", "10.0.0.1", "must be true or false, not a string", "write true or false"),
        (
            {"method": "pvgrub", "dhcp": False},
            "boot.dhcp",
            False,
            "is false, and no other place for the menu is given",
            "give menu or tftp instead",
        ),
        *[
            (
                {"method": "pvgrub", **places},
                "boot.method",
                "pvgrub",
                f"PV-GRUB reads its menu from one place, and {said} are given",
                "keep one of them",
            )
            for places, said in (
                ({"menu": MENU, "tftp": "/m"}, "menu and tftp"),
                ({"menu": MENU, "dhcp": True}, "menu and dhcp"),
                ({"tftp": "/m", "dhcp": "on"}, "tftp and dhcp"),
                ({"menu": MENU, "tftp": "/m", "dhcp": True}, "menu, tftp and dhcp"),
                ({"menu": MENU, "tftp": "/m", "dhcp": False}, "menu and tftp"),
            )
        ],
        *[
            (
                {"method": "pvgrub", **places},
                "boot.method",
                "pvgrub",
                "PV-GRUB reads its menu from one place, and none of menu, tftp and dhcp is given",
                "give one of menu, tftp, dhcp: true",
            )
            for places in ({}, {"menu": None, "tftp": None, "dhcp": None})
        ],
        *[
            (
                {**boot, "arch": arch, "kernel_arch": kernel_arch},
                "boot.kernel_arch",
                kernel_arch,
                f"an image for {arch or 'x86_64'} cannot boot a kernel for {kernel_arch}",
                f"use arch: {kernel_arch}, or correct kernel_arch",
            )
            for boot in (PVGRUB, {"method": "pvgrub2"})
            for arch, kernel_arch in (("x86_64", "i386"), ("i386", "x86_64"), (None, "i386"))
        ],
    ],
)
def test_what_is_refused_of_a_pv_guest(boot: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    assert refusals(definition(boot=boot)) == [("web1", key, value, reason, remedy)]


@pytest.mark.parametrize(
    "boot, key, value, reason, remedy",
    [
        (GONE, "boot", None, "is missing", "give boot"),
        (PVGRUB, "boot.method", "pvgrub", CHOICE, "use one of pvgrub2, direct, bootloader"),
        (FIRMWARE, "boot.method", "firmware", CHOICE, "use one of pvgrub2, direct, bootloader"),
        ({"method": "pvgrub2", "arch": "x86_64"}, "boot.arch", "x86_64", CHOICE, "use pvh"),
        ({**DIRECT, "menu": MENU}, "boot.menu", MENU, NO_KEY, "the keys are cmdline, expect, kernel, method, ramdisk"),
    ],
)
def test_what_is_refused_of_a_pvh_guest(boot: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    assert refusals(definition(type="pvh", boot=boot)) == [("web1", key, value, reason, remedy)]


@pytest.mark.parametrize(
    "boot, key, value, reason, remedy",
    [
        ("firmware", "boot", "firmware", *PAIRS),
        ({"order": "dc"}, "boot.method", None, "is missing", "give method"),
        ({"method": "pvgrub2"}, "boot.method", "pvgrub2", CHOICE, "use one of firmware, direct"),
        *[
            ({**FIRMWARE, "order": order}, "boot.order", order, f"is not {AN_ORDER}", f"give {AN_ORDER}")
            for order in ("x", "cc", "cdc", "acdna", "CD", "c,d", "d c", "hdc")
        ],
        ({**FIRMWARE, "order": ""}, "boot.order", "", "is empty", f"give {AN_ORDER}, or leave it out"),
        ({**FIRMWARE, "order": ["d", "c"]}, "boot.order", ["d", "c"], "must be a string, not a list", "give one string"),
        ({**FIRMWARE, "bios": "uefi"}, "boot.bios", "uefi", CHOICE, "use one of seabios, ovmf, rombios"),
        *[
            ({**FIRMWARE, key: "/a"}, f"boot.{key}", "/a", "goes with method: direct, not with method: firmware", f"remove {key}")
            for key in ("kernel", "ramdisk", "cmdline")
        ],
        *[
            ({**DIRECT, key: "c"}, f"boot.{key}", "c", "goes with method: firmware, not with method: direct", f"remove {key}")
            for key in ("order", "bios")
        ],
        ({"method": "direct", "kernel": "a"}, "boot.kernel", "a", *PATH),
    ],
)
def test_what_is_refused_of_an_hvm_guest(boot: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    assert refusals(hvm(boot=boot)) == [("win1", key, value, reason, remedy)]


@pytest.mark.parametrize(
    "expect, why",
    [
        ("(login", "missing ), unterminated subpattern at position 0"),
        ("*", "nothing to repeat at position 0"),
        ("[", "unterminated character set at position 0"),
        ("(?P<a>x)(?P<a>y)", "redefinition of group name 'a' as group 2; was group 1 at position 12"),
        ("a{99999999999999999999}", "the repetition number is too large"),
    ],
)
@pytest.mark.parametrize("boot", [DIRECT, {"method": "pvgrub2"}, PVGRUB])
def test_what_is_not_a_regular_expression(boot: dict[str, Any], expect: str, why: str) -> None:
    assert refusals(definition(boot={**boot, "expect": expect})) == [
        ("web1", "boot.expect", expect, f"is not a regular expression: {why}", "correct it, or remove it")
    ]


def test_a_regular_expression_that_is_nested_too_deep_ends_nothing() -> None:
    found = refusals(hvm(boot={**FIRMWARE, "expect": "(" * 20_000 + ")" * 20_000}))
    assert [(problem[1], problem[4]) for problem in found] == [("boot.expect", "correct it, or remove it")]


def test_expect_is_judged_without_a_method() -> None:
    assert [found[1] for found in refusals(definition(boot={"expect": "["}))] == ["boot.method", "boot.expect"]


def test_all_problems_of_a_boot_are_reported() -> None:
    boot = {"method": "pvgrub", "arch": "arm", "image": "/", "kernel_arch": 7, "menu": "/", "tftp": "x", "dhcp": 1,
            "expect": "[", "cmdline": "ro", "colour": "red"}
    assert [found[1] for found in refusals(definition(boot=boot))] == [
        f"boot.{key}" for key in ("expect", "arch", "dhcp", "image", "kernel_arch", "menu", "tftp", "method", "cmdline", "colour")
    ]


def test_the_rule_about_the_width_of_a_kernel_names_its_source() -> None:
    read = read_guest(definition(boot={**PVGRUB, "kernel_arch": "i386"}))
    assert [found.release for found in read.problems] == ["Xen 3.3 on, stubdom/README"]
