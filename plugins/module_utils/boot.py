# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a PV guest gets its kernel (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .fields import Fields

# What Linux prints first of all. A guest that boots something else names its own words in boot.expect.
DEFAULT_EXPECT = "Linux version"

_IMAGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")


@dataclass(frozen=True)
class Boot:
    """``pvgrub2``: GRUB 2 runs in the guest and reads the guest's own disk; ``direct``: a kernel file of the host.

    ``image`` is the name of the PV-GRUB image in the host's store. ``expect`` is a regular expression that the
    guest's console shows once its own kernel runs.
    """

    method: str
    image: str = ""
    arch: str = "x86_64"
    kernel: str = ""
    ramdisk: str = ""
    cmdline: str = ""
    expect: str = DEFAULT_EXPECT


def read_boot(fields: Fields) -> Boot:
    method = fields.text("method", required=True, choices=("pvgrub2", "direct"))
    expect = fields.text("expect", DEFAULT_EXPECT)
    try:
        re.compile(expect)
    except re.error as error:
        fields.problem("expect", f"is not a regular expression: {error}", "correct it, or leave it out")
    if method == "direct":
        boot = Boot(
            method,
            kernel=fields.path_name("kernel", required=True),
            ramdisk=fields.path_name("ramdisk"),
            cmdline=fields.text("cmdline"),
            expect=expect,
        )
        fields.done()
        return boot
    arch = fields.text("arch", "x86_64", choices=("x86_64", "i386"))
    image = fields.text("image", f"pvgrub2-{arch}", pattern=_IMAGE, hint="the name of an installed image")
    if method:
        # Without a method nobody can say which keys go with it; one problem, not one a key.
        fields.done()
    return Boot(method, image=image, arch=arch, expect=expect)
