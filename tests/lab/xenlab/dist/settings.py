# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of /etc that make a Debian host run an installed tree; pure, apart from reading the tree."""

import re
import stat
from collections.abc import Iterable

from .read import XenDist

STANDARD_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# Not every Xen's scripts load them. loop: disks that are files.
MODULES = ("xenfs", "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xen-netback", "xen-blkback", "loop", "tun")
RUN_FOLDERS = re.compile(r"(?:var/)?run/(.+)")
# Where dom0 speaks with the hypervisor. Init scripts that are older than today's Linux (up to 3.4) know no xenfs.
XENFS = "xenfs /proc/xen xenfs defaults 0 0\n"
SYSCONFIG, DEFAULTS = "etc/sysconfig/xencommons", "etc/default/xencommons"
NO_QEMU = "\n# The tree has no QEMU of its own, which the init script would start for dom0's disks.\nQEMU_XEN=/bin/true\n"
XEND_CONFIG = "etc/xen/xend-config.sxp"
PTH = "usr/local/lib/python2.7/dist-packages/xen-dist.pth"


def files(dist: XenDist, bridge: str) -> dict[str, str]:
    """Return the files, by their paths below the root."""
    found = {
        # First of all by its name: the tree's libraries go before those of Debian's Xen packages.
        "etc/ld.so.conf.d/00-xen-dist.conf": lines(dist.library_folders),
        "etc/modules-load.d/xen-dist.conf": lines(MODULES),
        # /run is empty at each boot.
        "etc/tmpfiles.d/xen-dist.conf": lines(f"d /run/{name} {mode:04o} root root" for name, mode in run_folders(dist).items()),
    }
    others = [folder for folder in dist.program_folders if folder not in STANDARD_PATH]
    if others:
        found["etc/environment"] = f'PATH="{":".join([*STANDARD_PATH, *others])}"\n'
    if dist.toolstack == "xm":
        found[XEND_CONFIG] = xend_config(dist.content.text(XEND_CONFIG), bridge)
        found[PTH] = lines(dist.python_folders)
    scripts = [dist.content.text(f"etc/init.d/{name}") for name in dist.services.scripts]
    if scripts and not any("xenfs" in script for script in scripts):
        found["etc/fstab"] = XENFS
    if needs_no_qemu(dist):
        place = SYSCONFIG if dist.content.has(SYSCONFIG) else DEFAULTS
        found[place] = dist.content.text(place) + NO_QEMU
    return found


def lines(words: Iterable[str]) -> str:
    return "".join(f"{word}\n" for word in words)


def run_folders(dist: XenDist) -> dict[str, int]:
    """Return the tree's folders below /run, or /var/run, with their modes."""
    return {
        found[1]: stat.S_IMODE(status.st_mode)
        for name, status in dist.content.entries.items()
        if (found := RUN_FOLDERS.fullmatch(name)) and stat.S_ISDIR(status.st_mode)
    }


def xend_config(config: str, bridge: str) -> str:
    """Return xend's configuration for a host whose bridge is there already: xend must not make one of its network card.

    >>> xend_config("(network-script network-bridge)\\n(vif-script vif-bridge)\\n(dom0-min-mem 196)\\n", "xenbr0")
    "(dom0-min-mem 196)\\n(vif-script 'vif-bridge bridge=xenbr0')\\n"
    """
    kept = re.sub(r"^[ \t]*\((network-script|vif-script)\b.*\n?", "", config, flags=re.MULTILINE)
    kept += "" if kept.endswith("\n") or not kept else "\n"
    return f"{kept}(vif-script 'vif-bridge bridge={bridge}')\n"


def needs_no_qemu(dist: XenDist) -> bool:
    """Return whether the init script would start a QEMU that the tree does not have."""
    script = dist.content.text("etc/init.d/xencommons") if "xencommons" in dist.services.scripts else ""
    return "QEMU_XEN" in script and not dist.content.named("qemu-system-i386")
