# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace all tools that build a Linux stub domain's image by a fake, with small packages of its own.

A program or library is a text: ``ELF`` and what it needs, as ``needs=a,b search=/x loader=/y``. A fake packer writes a
list of everything that the real one would pack, so that other files, modes or times give other bytes.
"""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.options import Options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result

RELEASE = "6.1.0-9-amd64"
LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBS = "lib/x86_64-linux-gnu"
CONFIG = (
    "CONFIG_XEN_PV=y\nCONFIG_HVC_XEN_FRONTEND=y\nCONFIG_DEVTMPFS=y\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_SQUASHFS_ZSTD=y\n"
)
ROMS = "linuxboot.bin linuxboot_dma.bin efi-e1000.rom vgabios-stdvga.bin multiboot.bin"
MODULES = (
    "loop squashfs xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xen-blkfront xen-netfront tun llc stp bridge dummy"
).split()
DEPENDS = {"bridge": ["llc", "stp"]}
QEMU = "usr/libexec/xen-qemu-system-i386"


def elf(needs: str = "libc.so.6", search: str = "", loader: str = LOADER, more: str = "") -> str:
    """Return a program's text."""
    return f"ELF needs={needs} search={search} loader={loader}\n{more}"


def packages() -> dict[str, dict[str, Any]]:
    """Return each package: version, and its files by path; a text that begins with ``-> `` is a link."""
    modules = {f"lib/modules/{RELEASE}/kernel/{name}.ko": f"module {name}" for name in MODULES}
    libxen = {
        f"usr/{LIBS}/lib{name}.so.{at}": elf(loader="") for name, at in (("xenctrl", "4.17"), ("xendevicemodel", "1"))
    }
    return {
        "busybox-static": {"version": "1:1.35.0-4+b1", "files": {"bin/busybox": elf("", loader="")}},
        "ipxe-qemu": {
            "version": "1.0",
            "files": {
                "usr/lib/ipxe/qemu/efi-e1000.rom": "rom",
                "usr/lib/ipxe/qemu/efi-virtio.rom": "not named by QEMU",
            },
        },
        "libc6": {
            "version": "2.36-9",
            "files": {
                f"{LIBS}/libc.so.6": elf("ld-linux-x86-64.so.2", loader="", more="dlopens libgcc_s.so.1"),
                f"{LIBS}/ld-linux-x86-64.so.2": elf("", loader=""),
                "lib64/ld-linux-x86-64.so.2": f"-> /{LIBS}/ld-linux-x86-64.so.2",
            },
        },
        "libgcc-s1": {"version": "12.2", "files": {f"{LIBS}/libgcc_s.so.1": elf(loader="")}},
        "libxen": {"version": "4.17.5", "files": libxen},
        "libpixman-1-0": {
            "version": "0.42",
            "files": {
                f"usr/{LIBS}/libpixman-1.so.0.42.0": elf(loader=""),
                f"usr/{LIBS}/libpixman-1.so.0": "-> libpixman-1.so.0.42.0",
            },
        },
        "linux-image-amd64": {"version": "6.1.9", "files": {}},
        f"linux-image-{RELEASE}": {
            "version": "6.1.9",
            "files": {f"boot/vmlinuz-{RELEASE}": "kernel", f"boot/config-{RELEASE}": CONFIG, **modules},
        },
        "qemu-system-data": {
            "version": "1:7.2+dfsg-7",
            "files": {f"usr/share/qemu/{name}": name for name in ROMS.split() if name.endswith(".bin")},
        },
        "qemu-system-xen": {
            "version": "1:7.2+dfsg-7+b3",
            "source": "qemu (1:7.2+dfsg-7)",
            "files": {QEMU: elf("libxenctrl.so.4.17,libxendevicemodel.so.1,libpixman-1.so.0,libc.so.6", more=ROMS)},
        },
        "seabios": {"version": "1.16", "files": {"usr/share/seabios/bios.bin": "bios"}},
        "socat": {"version": "1.7.4", "files": {"usr/bin/socat": elf()}},
        "util-linux": {"version": "2.38", "files": {"usr/bin/chrt": elf()}},
        "xen-utils-4.17": {
            "version": "4.17.5",
            "source": "xen",
            "files": {
                "usr/lib/xen-4.17/bin/vchan-socket-proxy": elf("libprivate.so.1,libc.so.6", "$ORIGIN/../lib"),
                "usr/lib/xen-4.17/lib/libprivate.so.1": elf(loader=""),
            },
        },
        "xenstore-utils": {"version": "4.17.5", "source": "xen", "files": {"usr/bin/xenstore": elf()}},
    }


def options(**changes: Any) -> Options:
    """Return the options of an operator who changes only ``changes``."""
    given = {
        "suite": "bookworm",
        "mount_script": "mount\n",
        "init_script": "init\n",
        "relay_script": "relay\n",
        "sources": ["deb http://m/debian b main"],
    }
    return Options(**{**given, **changes})


class Machine:
    """Answer the calls of a build host's tools.

    ``fails`` maps a program, or a program and an argument, to the words that it fails with.
    """

    def __init__(self) -> None:
        self.packages = packages()
        self.packer = "mksquashfs version 4.5.1 (2022/03/17)\nmore words\n"
        self.fails: dict[str, str] = {}
        self.calls: list[list[str]] = []
        self.skips: set[str] = set()
        # What was packed last.
        self.root: dict[str, str] = {}
        self.outer: dict[str, str] = {}

    def __call__(self, argv: list[str]) -> Result:
        self.calls.append(argv)
        program = argv
        while program[0] == "env":
            program = program[3:] if program[1] == "-u" else program[2:]
        name = "cpio" if program[0] == "sh" else program[0]
        for key, words in self.fails.items():
            wanted, _blank, argument = key.partition(" ")
            if name == wanted and (not argument or argument in program):
                return Result(argv, 1, "", words)
        answer = getattr(self, "_" + name.replace("-", "_"))(program, argv)
        return answer if isinstance(answer, Result) else Result(argv, 0, answer, "")

    def programs(self) -> list[str]:
        """Return the programs that were called, with apt's commands."""
        found = []
        for argv in self.calls:
            words = [word for word in argv if word not in ("env", "-u", "SOURCE_DATE_EPOCH") and "=" not in word]
            known = [
                word for word in ("update", "-s", "--download-only", "pkgnames", "dump", "-version") if word in words
            ]
            found.append(" ".join([words[0], *known]))
        return found

    def asked_archives(self) -> bool:
        """Report whether apt read the archives' lists."""
        return "apt-get update" in self.programs()

    def _apt_config(self, _program: list[str], _argv: list[str]) -> str:
        return 'Acquire::http::Proxy "http://proxy:3128";\nDPkg::Pre-Invoke:: "rm -r /";\n'

    def _apt_cache(self, _program: list[str], _argv: list[str]) -> str:
        return "".join(f"{name}\n" for name in self.packages if name.startswith("xen-utils-"))

    def _apt_get(self, program: list[str], argv: list[str]) -> str:
        folder = Path(argv[1].partition("=")[2]).parent
        assert (folder / "apt.conf").is_file()
        if "update" in program:
            return ""
        lines = []
        for name, package in sorted(self.packages.items(), reverse=True):
            lines.append(f"Inst {name} ({package['version']} Debian:12.1/stable [amd64]) []")
            lines.append(f"Conf {name} ({package['version']} Debian:12.1/stable [amd64])")
            file = f"{name}_{package['version'].replace(':', '%3a')}_amd64.deb"
            if "--download-only" in program and name not in self.skips:
                (folder / "cache" / "archives" / file).write_text(name, encoding="utf-8")
        return "Reading package lists...\n" + "\n".join(lines) + "\n"

    def _dpkg_deb(self, program: list[str], _argv: list[str]) -> str:
        package = self.packages[Path(program[2]).read_text(encoding="utf-8")]
        if program[1] == "-f":
            return f"{package.get('source', '')}\n"
        lines = ["./"]
        for path, text in sorted(package["files"].items()):
            place = Path(program[3], path)
            place.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                place.symlink_to(text[3:])
            else:
                place.write_bytes(text.encode())
                place.chmod(0o755 if "/bin/" in path else 0o644)
            lines.append(f"./{path}")
        return "\n".join(lines) + "\n"

    def _readelf(self, program: list[str], argv: list[str]) -> Result:
        out, wrong = "", ""
        for name in program[2:]:
            text = Path(name).read_bytes().decode("utf-8", "replace")
            out += f"\nFile: {name}\n" if len(program) > 3 else ""
            found = re.match(r"ELF needs=(\S*) search=(\S*) loader=(\S*)\n", text)
            if not found:
                wrong += "readelf: Error: Not an ELF file - it has the wrong magic bytes at the start\n"
                continue
            needs, search, loader = found.groups()
            out += "\nElf file type is DYN (Position-Independent Executable file)\n"
            out += f"      [Requesting program interpreter: {loader}]\n" if loader else ""
            out += "".join(
                f" 0x0000000000000001 (NEEDED)             Shared library: [{name}]\n"
                for name in needs.split(",")
                if name
            )
            out += f" 0x000000000000001d (RUNPATH)            Library runpath: [{search}]\n" if search else ""
        return Result(argv, 1 if wrong else 0, out, wrong)

    def _depmod(self, program: list[str], argv: list[str]) -> Result:
        there = Path(program[4], "lib", "modules", program[5]).is_dir()
        return Result(argv, 0 if there else 1, "", "" if there else "depmod: ERROR: could not open directory")

    def _modprobe(self, program: list[str], argv: list[str]) -> Result:
        tree, release, name = program[4], program[6], program[8]
        kernel = Path(tree, "lib", "modules", release, "kernel")
        if (kernel / f"{name}.builtin").exists():
            return Result(argv, 0, f"builtin {name}\n", "")
        files = [file for one in [*DEPENDS.get(name, []), name] for file in sorted(kernel.glob(f"{one}.ko*"))]
        if not any(file.name.startswith(f"{name}.") for file in files):
            return Result(argv, 1, "", f"modprobe: FATAL: Module {name} not found in directory {kernel}")
        return Result(argv, 0, "".join(f"insmod {file} \n" for file in files), "")

    def _zstd(self, program: list[str], _argv: list[str]) -> str:
        Path(program[5]).write_bytes(b"unpacked by zstd")
        return ""

    def _mksquashfs(self, program: list[str], argv: list[str]) -> str:
        if program[1] == "-version":
            return self.packer
        assert argv[:3] == ["env", "-u", "SOURCE_DATE_EPOCH"]
        self.root = listing(Path(program[1]), times=False)
        Path(program[2]).write_text(self.packer + json.dumps(self.root), encoding="utf-8")
        return ""

    def _cpio(self, program: list[str], _argv: list[str]) -> str:
        folder, out, names = program[4:7]
        listed = Path(names).read_bytes().decode().split("\0")[:-1]
        assert listed == sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))
        self.outer = listing(Path(folder), times=True)
        Path(out).write_text(json.dumps(self.outer), encoding="utf-8")
        return ""


def listing(folder: Path, times: bool) -> dict[str, str]:
    """Return everything in a folder that a packer reads, by path: mode and bytes, or a link's target, and the time."""
    found = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        what = f"{stat.S_IMODE(seen.st_mode):o}" if not path.is_symlink() else f"-> {os.readlink(path)}"
        what += f" {path.read_bytes().decode()}" if path.is_file() and not path.is_symlink() else ""
        found[str(path.relative_to(folder))] = what + (f" at {seen.st_mtime:.0f}" if times else "")
    return found
