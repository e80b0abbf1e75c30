# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What readelf prints."""

from __future__ import annotations

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    elf,
)

# As readelf of binutils 2.40 says it, shortened.
READELF = """
File: /t/proxy

Elf file type is DYN (Position-Independent Executable file)
Entry point 0x2bb0

Program Headers:
  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align
  INTERP         0x000318 0x0000000000000318 0x0000000000000318 0x00001c 0x00001c R   0x1
      [Requesting program interpreter: /lib64/ld-linux-x86-64.so.2]

Dynamic section at offset 0x4c50 contains 30 entries:
  Tag        Type                         Name/Value
 0x0000000000000001 (NEEDED)             Shared library: [libxenvchan.so.4.17]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000e (SONAME)             Library soname: [libnothing.so.1]
 0x000000000000001d (RUNPATH)            Library runpath: [/usr/lib/xen-4.17/lib:$ORIGIN/../lib:]
 0x000000000000000c (INIT)               0x2000

File: /t/busybox

Elf file type is EXEC (Executable file)
Entry point 0x402530

There is no dynamic section in this file.

File: /t/script
"""


def test_output_of_readelf_for_several_files() -> None:
    found = elf.parse_readelf(READELF, ["/t/busybox", "/t/proxy", "/t/script"])
    assert found == {
        "/t/proxy": elf.Elf(
            ["libxenvchan.so.4.17", "libc.so.6"],
            ["/usr/lib/xen-4.17/lib", "$ORIGIN/../lib"],
            "/lib64/ld-linux-x86-64.so.2",
        ),
        "/t/busybox": elf.Elf(),
    }


def test_readelf_does_not_name_a_single_file() -> None:
    said = "\nElf file type is DYN (Shared object file)\n 0x1 (NEEDED)             Shared library: [libc.so.6]\n"
    assert elf.parse_readelf(said, ["/t/a"]) == {"/t/a": elf.Elf(["libc.so.6"])}


def test_folders_that_the_loader_searches() -> None:
    made = elf.search_folders(elf.Elf(search=["${ORIGIN}/a", "/b", "$ORIGIN"]), "/usr/bin")
    assert made == [
        "/usr/bin/a",
        "/b",
        "/usr/bin",
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/lib",
        "/usr/lib",
    ]
