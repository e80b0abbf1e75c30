# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ELF file says of itself: for which processor, which libraries it needs, and from which glibc on; pure."""

import re
import struct
from dataclasses import dataclass

MAGIC = b"\x7fELF"
I386, X86_64 = 3, 62
MACHINES = {I386: "i386", X86_64: "x86_64", 40: "arm", 183: "arm64", 50: "ia64", 21: "ppc64", 243: "riscv"}
PT_LOAD, PT_DYNAMIC = 1, 2
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME = 1, 5, 10, 14
DT_VERNEED, DT_VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
GLIBC = re.compile(rb"GLIBC_(\d+)\.(\d+)")


class ElfError(ValueError):
    """The file begins as an ELF file does, and is none."""


@dataclass(frozen=True)
class Elf:
    """One file. A program that is linked statically has no dynamic part, so it needs nothing."""

    bits: int
    machine: str
    dynamic: bool
    soname: str
    needed: tuple[str, ...]
    glibc: tuple[int, int]  # (0, 0) for a file that needs none


def read(content: bytes) -> Elf:
    """Read a little-endian ELF file. Raise ElfError when it is cut off or broken."""
    try:
        return _read(content)
    except (struct.error, IndexError, OverflowError) as error:
        raise ElfError("is cut off or broken") from error


def _read(content: bytes) -> Elf:
    if content[:4] != MAGIC or content[4] not in (1, 2):
        raise ElfError("is not an ELF file")
    if content[5] != 1:
        return Elf(32 * content[4], "a processor that is big-endian", False, "", (), (0, 0))
    wide = content[4] == 2
    machine = struct.unpack_from("<H", content, 18)[0]
    offset = struct.unpack_from("<Q" if wide else "<I", content, 32 if wide else 28)[0]
    size, count = struct.unpack_from("<HH", content, 54 if wide else 42)
    # type, offset in the file, address in memory, size in the file
    headers = [_program_header(content, offset + number * size, wide) for number in range(count)]
    tags = [_tags(content, start, length, wide) for kind, start, _address, length in headers if kind == PT_DYNAMIC]
    values = tags[0] if tags else []
    first = dict(reversed(values))
    loads = [(start, address, length) for kind, start, address, length in headers if kind == PT_LOAD]
    names = content[_place(loads, first[DT_STRTAB]) :] if DT_STRTAB in first else b""
    names = names[: first.get(DT_STRSZ, 0)]
    return Elf(
        bits=64 if wide else 32,
        machine=MACHINES.get(machine, f"processor {machine}"),
        dynamic=bool(values),
        soname=_name(names, first[DT_SONAME]) if DT_SONAME in first else "",
        needed=tuple(_name(names, value) for tag, value in values if tag == DT_NEEDED),
        glibc=_glibc(content, names, loads, first),
    )


def _program_header(content: bytes, at: int, wide: bool) -> tuple[int, int, int, int]:
    if wide:
        kind, _flags, start, address, _physical, length = struct.unpack_from("<IIQQQQ", content, at)
    else:
        kind, start, address, _physical, length = struct.unpack_from("<IIIII", content, at)
    return kind, start, address, length


def _tags(content: bytes, start: int, length: int, wide: bool) -> list[tuple[int, int]]:
    """Return the tags of the dynamic part with their values, up to the end mark."""
    entry = struct.Struct("<QQ" if wide else "<II")
    found: list[tuple[int, int]] = []
    for at in range(start, start + length, entry.size):
        tag, value = entry.unpack_from(content, at)
        if tag == 0:
            break
        found.append((tag, value))
    return found


def _place(loads: list[tuple[int, int, int]], address: int) -> int:
    """Return where in the file the byte of that address is."""
    for start, begin, length in loads:
        if begin <= address < begin + length:
            return start + address - begin
    raise IndexError(address)


def _name(names: bytes, at: int) -> str:
    """Return the name that begins there. Raise IndexError when the table has no such name, or there is no table."""
    end = names.find(b"\0", at)
    if end < 0:
        raise IndexError(at)
    return names[at:end].decode(errors="replace")


def _glibc(content: bytes, names: bytes, loads: list[tuple[int, int, int]], first: dict[int, int]) -> tuple[int, int]:
    """Return the newest version of glibc's symbols that the file asks for.

    The last entry of a list has no next one (0), whatever a broken file says of their number.
    """
    newest = (0, 0)
    if DT_VERNEED not in first:
        return newest
    file = _place(loads, first[DT_VERNEED])
    for _file in range(first.get(DT_VERNEEDNUM, 0)):
        _version, count, _of, symbol, following = struct.unpack_from("<HHIII", content, file)
        symbol += file
        for _symbol in range(count):
            _hash, _flags, _other, name, after = struct.unpack_from("<IHHII", content, symbol)
            found = GLIBC.fullmatch(_name(names, name).encode())
            if found:
                newest = max(newest, (int(found[1]), int(found[2])))
            if not after:
                break
            symbol += after
        if not following:
            break
        file += following
    return newest
