# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the disk and the CD of the small guest (guest.c), with gcc.

python3 image.py disk FILE MARKER     a disk of 1 MiB; the guest shows the marker
python3 image.py cd FILE              a CD, which starts the disk
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECTOR = 512
CD_SECTOR = 2048
DATA = 63 * SECTOR  # the first sector of the second head, to every BIOS with such a small disk
GCC = ("gcc", "-m16", "-march=i386", "-Os", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-pic", "-nostdlib",
       "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none", "-static")


def compiled(source: str, *options: str) -> bytes:
    """Return the machine code of a file."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "code"
        subprocess.run([*GCC, *options, str(HERE / source), "-o", str(output)], check=True)
        return output.read_bytes()


def padded(content: bytes, size: int) -> bytes:
    """Return the content with zeros up to that size."""
    assert len(content) <= size, f"{len(content)} bytes do not fit into {size}"
    return content + bytes(size - len(content))


def boot_sector(*options: str) -> bytes:
    """Return the 512 bytes of boot.S."""
    code = compiled("boot.S", "-Wl,-Ttext=0x7c00,--oformat=binary", *options)
    assert len(code) == SECTOR
    return code


def disk(marker: str) -> bytes:
    """Return the disk: boot sector, guest, marker."""
    guest = compiled("guest.c", f"-Wl,-T,{HERE / 'guest.ld'}")
    sectors = -(-len(guest) // SECTOR)
    front = padded(boot_sector(f"-DSECTORS={sectors}") + guest, DATA)
    return padded(front + marker.encode("ascii"), 1024 * 1024)


def cd() -> bytes:
    """Return a CD that starts without emulation of a disk (El Torito): descriptors, catalogue, boot image, no files."""
    primary = padded(b"\x01CD001\x01", CD_SECTOR)
    record = padded(b"\x00CD001\x01" + padded(b"EL TORITO SPECIFICATION", 64) + (19).to_bytes(4, "little"), CD_SECTOR)
    end = padded(b"\xffCD001\x01", CD_SECTOR)
    # The words of the first entry have the sum 0; the second has its sectors, of 512 bytes, and where they begin.
    validation = b"\x01" + bytes(27) + (0x55AA).to_bytes(2, "little") + b"\x55\xaa"
    entry = b"\x88" + bytes(5) + (1).to_bytes(2, "little") + (20).to_bytes(4, "little")
    catalogue = padded(validation + entry, CD_SECTOR)
    return bytes(16 * CD_SECTOR) + primary + record + end + catalogue + padded(boot_sector("-DCD"), CD_SECTOR)


def boots(image: bytes) -> int:
    """Return how often the disk has been booted, as the guest wrote it there."""
    return int.from_bytes(image[DATA + SECTOR - 4 : DATA + SECTOR], "little")


def main(kind: str, file: str, marker: str = "") -> None:
    """Write one of the two."""
    Path(file).write_bytes({"disk": lambda: disk(marker), "cd": cd}[kind]())


if __name__ == "__main__":
    main(*sys.argv[1:])
