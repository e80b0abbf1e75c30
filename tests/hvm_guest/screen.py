# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the text on the screen of the small guest (guest.c) by VNC, through a program that connects to the server.

    VNC_PASSWORD=secret python3 screen.py [--press KEY] [--until TEXT] [--seconds N] [--png FILE] ssh -W 127.0.0.1:5901 host

It prints the lines of the screen. It presses the key first. It fails when the text is not there in time. Until then it
connects again when the connection is lost: a guest that boots again gets another device model, with another server.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

from rfb import Client, ConnectionLost, Frame, RfbError

COLUMNS = 80
HEIGHT = 16  # of a character
WIDTHS = {640: 8, 720: 9}  # of a character, by the width of the screen
#: What the guest shows in its first two rows, for us to know what each character looks like.
ALPHABET = "".join(map(chr, range(0x20, 0x7F)))


def cells(frame: Frame) -> list[list[bytes]]:
    """Return for each place of the screen which pixels are lit, row by row. Raise RfbError where it shows no text."""
    width = WIDTHS.get(frame.width)
    if not width or frame.height % HEIGHT:
        raise RfbError(f"the screen has {frame.width} x {frame.height} pixels: that is no text of {COLUMNS} columns")
    # Green is enough: the guest's text is grey on black.
    lit = bytes(value > 64 for value in frame.pixels[1::4])
    return [
        [
            b"".join(lit[(row + y) * frame.width + left : (row + y) * frame.width + left + width] for y in range(HEIGHT))
            for left in range(0, frame.width, width)
        ]
        for row in range(0, frame.height, HEIGHT)
    ]


def text(frame: Frame) -> list[str]:
    """Return the lines on the screen, below the characters that the guest shows. Raise RfbError where these are not there."""
    rows = cells(frame)
    shapes = [shape for row in rows[:2] for shape in row][: len(ALPHABET)]
    if len(set(shapes)) < len(ALPHABET):
        raise RfbError("the screen does not begin with all characters, each with a shape of its own")
    known = dict(zip(shapes, ALPHABET, strict=True))
    return ["".join(known.get(shape, "?") for shape in row).rstrip() for row in rows[2:]]


def png(frame: Frame) -> bytes:
    """Return the screen as a picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))

    colours = bytearray(frame.width * frame.height * 3)
    for place, source in enumerate((2, 1, 0)):
        colours[place::3] = frame.pixels[source::4]
    size = frame.width * 3
    lines = b"".join(b"\0" + colours[start : start + size] for start in range(0, len(colours), size))
    header = struct.pack(">LLBBBBB", frame.width, frame.height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def read(client: Client, until: str, seconds: float) -> list[str]:
    """Return the lines on the screen when the text is among them. Raise RfbError, with what is there, when it is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = text(client.update())
            problem = f"the screen does not show {until!r}, but:\n" + "\n".join(seen)
            if until in "\n".join(seen):
                return seen
        except ConnectionLost:
            raise
        except RfbError as error:
            problem = str(error)
        if time.monotonic() > deadline:
            raise RfbError(problem)
        time.sleep(0.5)


def look(arguments: argparse.Namespace, keys: list[str], seconds: float) -> list[str]:
    """Connect, press the keys that are left, and return the lines on the screen when the text is among them."""
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments.command, stdin=pipe, stdout=pipe) as process:
        assert process.stdin and process.stdout
        try:
            client = Client(process.stdout, process.stdin, os.environ.get("VNC_PASSWORD", ""))
            while keys:
                client.press(keys[0])
                del keys[0]
            lines = read(client, arguments.until, seconds)
            if arguments.png:
                arguments.png.write_bytes(png(client.frame))
            return lines
        finally:
            process.terminate()
            # What was not sent stays in the pipe of a program that has ended.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def main(words: list[str]) -> int:
    """Return 0, or 1 with the reason."""
    parser = argparse.ArgumentParser(description="Read the text on the screen of the small guest.")
    parser.add_argument("--press", default="", help="a key")
    parser.add_argument("--until", default="", help="the text to wait for")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--png", type=Path, help="where to put a picture of the screen")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args(words)
    deadline = time.monotonic() + arguments.seconds
    keys = list(arguments.press)
    while True:
        try:
            print("\n".join(look(arguments, keys, deadline - time.monotonic())).strip())
            return 0
        except (RfbError, OSError) as error:
            if not isinstance(error, ConnectionLost) or time.monotonic() > deadline:
                print(f"VNC: {error}", file=sys.stderr)
                return 1
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
