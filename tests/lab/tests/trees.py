# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed trees of Xen that are only made up: files of the right names, with ELF headers and nothing behind them."""

import gzip
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

MULTIBOOT = (0x1BADB002).to_bytes(4, "little")
PAGE = 0x1000
X86_64, I386, ARM64 = 62, 3, 183


def elf(
    needed: Sequence[str] = ("libc.so.6",), *, soname: str = "", glibc: str = "2.28", machine: int = X86_64, bits: int = 64, dynamic: bool = True
) -> bytes:
    """Return an ELF file with one loadable segment and a dynamic part (DT_NEEDED, DT_SONAME, DT_VERNEED)."""
    wide = bits == 64
    names, places = b"\0", {}
    for name in (*needed, soname, f"GLIBC_{glibc}", "GLIBC_2.2.5"):
        places[name] = len(names)
        names += name.encode() + b"\0"
    header, program = (64, 56) if wide else (52, 32)
    start = header + 2 * program
    # One file, two versions of which the first is the newest.
    verneed = struct.pack("<HHIII", 1, 2, 0, 16, 0)
    verneed += struct.pack("<IHHII", 0, 0, 2, places[f"GLIBC_{glibc}"], 16) + struct.pack("<IHHII", 0, 0, 3, places["GLIBC_2.2.5"], 0)
    tags = [(1, places[name]) for name in needed] + ([(14, places[soname])] if soname else [])
    tags += [(5, PAGE + start), (10, len(names)), (0x6FFFFFFE, PAGE + start + len(names)), (0x6FFFFFFF, 1), (0, 0)]
    table = b"".join(struct.pack("<QQ" if wide else "<II", *tag) for tag in tags)
    content = names + verneed + table
    at = start + len(names) + len(verneed)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    head = ident + struct.pack("<HHI", 3, machine, 1)
    sizes = struct.pack("<HHHHHH", header, program, 2 if dynamic else 1, 0, 0, 0)
    if wide:
        head += struct.pack("<QQQI", 0, header, 0, 0) + sizes
        parts = struct.pack("<IIQQQQQQ", 1, 5, 0, PAGE, PAGE, start + len(content), start + len(content), PAGE)
        parts += struct.pack("<IIQQQQQQ", 2, 6, at, PAGE + at, PAGE + at, len(table), len(table), 8)
    else:
        head += struct.pack("<IIII", 0, header, 0, 0) + sizes
        parts = struct.pack("<IIIIIIII", 1, 0, PAGE, PAGE, start + len(content), start + len(content), 5, PAGE)
        parts += struct.pack("<IIIIIIII", 2, at, PAGE + at, PAGE + at, len(table), len(table), 6, 4)
    return head + parts + content


def hypervisor(machine: int = I386, bits: int = 32, version: str = "") -> bytes:
    """Return a hypervisor as its build installs it; with its version as one that was built without figlet prints it."""
    banner = f" Xen {version}\n\0".encode() if version else b""
    return gzip.compress(elf(machine=machine, bits=bits, dynamic=False) + MULTIBOOT + b"xen-%d.%d-x86_64 \0" + banner)


XEND = "#!/bin/bash\n# Provides: xend\n# Required-Start:    $syslog $remote_fs xenstored xenconsoled\n"
XL_TREE: dict[str, bytes | str] = {
    "boot/xen-4.17.7.gz": hypervisor(),
    "usr/local/sbin/xl": elf(["libxenlight.so.4.17", "libyajl.so.2", "libc.so.6"], glibc="2.34"),
    "usr/local/sbin/xenstored": elf(["libsystemd.so.0", "libc.so.6"]),
    "usr/local/sbin/xenconsoled": elf(["libxenctrl.so.4.17"]),
    "usr/local/lib/libxenctrl.so.4.17.0": elf(soname="libxenctrl.so.4.17"),
    "usr/local/lib/libxenlight.so.4.17.0": elf(["libxenctrl.so.4.17"], soname="libxenlight.so.4.17"),
    "usr/local/lib/xen/boot/hvmloader": elf(machine=I386, bits=32, dynamic=False),
    "usr/local/lib/xen/bin/xenconsole": elf(["libxenctrl.so.4.17"]),
    "etc/xen/scripts/block": "#!/bin/bash\n",
    "etc/xen/scripts/vif-bridge": "#!/bin/bash\n",
    "usr/local/include/xenctrl.h": "",
    "usr/local/lib/libxenctrl.a": "",
    "lib/systemd/system/proc-xen.mount": "[Mount]\n",
    "lib/systemd/system/xenstored.service": "[Service]\nExecStart=/etc/xen/scripts/launch-xenstore\n[Install]\nWantedBy=multi-user.target\n",
    "lib/systemd/system/xen-watchdog.service": "[Install]\n",
    "lib/systemd/system/xen-qemu-dom0-disk-backend.service": "[Service]\nExecStart=/usr/bin/qemu-system-i386 -xen-attach\n[Install]\n",
    "etc/init.d/xencommons": "#!/bin/bash\n",
    "etc/xen/xl.conf": "",
}
XL_LINKS = {
    "boot/xen.gz": "xen-4.17.7.gz",
    "usr/local/lib/libxenctrl.so": "libxenctrl.so.4.17",
    "usr/local/lib/libxenctrl.so.4.17": "libxenctrl.so.4.17.0",
    "usr/local/lib/libxenlight.so.4.17": "libxenlight.so.4.17.0",
}
XM_TREE: dict[str, bytes | str] = {
    "boot/xen-4.4.4.gz": hypervisor(),
    "usr/sbin/xl": elf(["libxenctrl.so.4.4"]),
    "usr/sbin/xm": "#!/usr/bin/env python\n",
    "usr/sbin/xend": "#!/usr/bin/env python\n",
    "usr/sbin/xenstored": elf(),
    "usr/sbin/xenconsoled": elf(),
    "usr/lib/libxenctrl.so.4.4.0": elf(soname="libxenctrl.so.4.4"),
    "usr/lib/python2.7/site-packages/xen/xm/main.py": "",
    "usr/lib/xen/bin/xenconsole": elf(["libxenctrl.so.4.4"]),
    "usr/lib/xen/boot/hvmloader": elf(machine=I386, bits=32, dynamic=False),
    "etc/xen/scripts/block": "#!/bin/bash\n",
    "etc/xen/scripts/vif-bridge": "#!/bin/bash\n",
    "usr/lib/xen/bin/qemu-dm": elf(["libz.so.1", "libGL.so.1", "libSDL-1.2.so.0"]),
    "etc/init.d/xencommons": '#!/bin/bash\nmount -t xenfs xenfs /proc/xen\ntest -z "$QEMU_XEN" && QEMU_XEN="${LIBEXEC}/qemu-system-i386"\n',
    "etc/init.d/xend": XEND,
    "etc/init.d/xendomains": "#!/bin/bash\n",
    "etc/default/xencommons": "#XENCONSOLED_TRACE=none\n",
    "etc/xen/xend-config.sxp": "# (network-script network-bridge)\n(network-script network-bridge)\n(vif-script vif-bridge)\n(dom0-min-mem 196)\n",
}
XM_LINKS = {"usr/lib/libxenctrl.so.4.4": "libxenctrl.so.4.4.0", "boot/xen-4.4.gz": "xen-4.4.4.gz"}
FOLDERS = {"var/run/xen": 0o700, "var/run/xenstored": 0o755, "var/lib/xen": 0o700}


def make_tree(root: Path, files: Mapping[str, bytes | str | None], links: Mapping[str, str]) -> Path:
    """Write a tree; a file whose content is None is left out, and so are the links that mean it."""
    for folder, mode in FOLDERS.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder).chmod(mode)
    for name, content in files.items():
        if content is None:
            continue
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(0o755 if "bin/" in name or "init.d" in name else 0o644)
    for name, target in links.items():
        link = root / name
        if (link.parent / target).exists():
            os.symlink(target, link)
    return root


def xl_tree(root: Path, changes: Mapping[str, bytes | str | None] | None = None) -> Path:
    """Write a tree of 4.17 with xl and systemd units."""
    return make_tree(root, {**XL_TREE, **(changes or {})}, XL_LINKS)


def xm_tree(root: Path, changes: Mapping[str, bytes | str | None] | None = None) -> Path:
    """Write a tree of 4.4 with xend and init scripts."""
    return make_tree(root, {**XM_TREE, **(changes or {})}, XM_LINKS)
