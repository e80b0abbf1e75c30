# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages that a host needs beside an installed tree; pure."""

import re

from ..config import Release
from .read import XenDist

# What the scripts of every Xen call; dnsmasq is the DHCP and TFTP server of guests that PV-GRUB boots by network.
ALWAYS = ("bridge-utils", "dnsmasq-base", "seabios")
# xm and xend are programs of Python 2, which they call python.
FOR_XM = ("python2", "python-is-python2")

OF_GLIBC = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|crypt|nsl|anl|BrokenLocale|thread_db))\.so\.\d+")
PYTHON = re.compile(r"(libpython\d\.\d+)m?\.so.*")
SONAME = re.compile(r"lib(.+?)(?:\.so\.([0-9.]+)|-([0-9.]+)\.so)")
# Packages that are not named as Debian's policy (8.1) has it.
OTHERS = {
    "libcrypto.so.1.1": "libssl1.1",
    "libcrypto.so.3": "libssl3",
    "libgio-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgmodule-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libjpeg.so.62": "libjpeg62-turbo",
    "libSDL-1.2.so.0": "libsdl1.2debian",
    "libz.so.1": "zlib1g",
}


def package_of(soname: str) -> str:
    """Return the package that has a shared library, "" for one of glibc, which every host has.

    >>> package_of("libyajl.so.2"), package_of("libbz2.so.1.0"), package_of("libpixman-1.so.0"), package_of("libdb-5.3.so")
    ('libyajl2', 'libbz2-1.0', 'libpixman-1-0', 'libdb5.3')
    >>> package_of("libgcc_s.so.1"), package_of("libz.so.1"), package_of("libpython3.11.so.1.0"), package_of("libc.so.6")
    ('libgcc-s1', 'zlib1g', 'libpython3.11', '')
    """
    if OF_GLIBC.fullmatch(soname):
        return ""
    if soname in OTHERS:
        return OTHERS[soname]
    python = PYTHON.fullmatch(soname)
    if python:
        return python[1]
    found = SONAME.fullmatch(soname)
    if not found:
        return soname
    name, version = found[1], found[2] or found[3]
    dash = "-" if name[-1].isdigit() else ""
    return f"lib{name}{dash}{version}".lower().replace("_", "-")


def packages_for(dist: XenDist, release: Release) -> dict[str, str]:
    """Return the packages, each with the reason why it is needed."""
    reasons = dict.fromkeys(ALWAYS, "every host of an installed tree has it")
    if dist.toolstack == "xm":
        reasons |= dict.fromkeys(FOR_XM, "xm and xend are programs of Python 2")
    if names_debians_qemu(dist, release):
        reasons[release.qemu] = f"libxl starts {release.qemu_program}"
    for soname, file in dist.needed.items():
        package = package_of(soname)
        if package:
            reasons.setdefault(package, f"{file} needs {soname}")
    return dict(sorted(reasons.items()))


def names_debians_qemu(dist: XenDist, release: Release) -> bool:
    """Return whether the tree's libxl, which xend does without, starts the QEMU that this Debian builds for Xen."""
    return dist.toolstack == "xl" and release.qemu_program.encode() + b"\0" in dist.texts


def has_disk_backend(dist: XenDist, release: Release) -> bool:
    """Return whether the host has the QEMU that serves dom0's own disks."""
    program = dist.services.disk_backend
    return bool(program) and (dist.content.has(program) or (program == release.qemu_program and names_debians_qemu(dist, release)))
