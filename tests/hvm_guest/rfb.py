# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of VNC servers: RFB 3.8 (RFC 6143) with or without a password, uncompressed screens of 32 bits for each pixel."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

NO_SECURITY, PASSWORD = 1, 2
RAW, NEW_SIZE = 0, -223
FRAME_UPDATE, COLOURS, BELL, CUT_TEXT = range(4)
#: 32 bits, of which 24 are used, little-endian, true colour; the shifts of red, green and blue.
PIXELS = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


class RfbError(Exception):
    """Report that the server has refused, or speaks otherwise than it should."""


class ConnectionLost(RfbError):
    """Report that the server has closed the connection, or was not reached."""


@dataclass
class Frame:
    """Hold the screen: 4 bytes for each pixel, line by line: blue, green, red, and one that has no meaning."""

    width: int
    height: int
    pixels: bytearray


class Reader(Protocol):
    """Describe what comes from the server."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer at the end."""


class Writer(Protocol):
    """Describe what goes to the server."""

    def write(self, content: bytes, /) -> object:
        """Take them."""

    def flush(self) -> object:
        """Send them."""


class Client:
    """Hold a connection to a VNC server."""

    def __init__(self, received: Reader, sent: Writer, password: str) -> None:
        """Log in. Raise RfbError where the server refuses the password, or asks for none when one is given."""
        self._received, self._sent = received, sent
        self._log_in(password)
        self._send(b"\x01")  # others may watch, too
        width, height, _format, name = struct.unpack(">HH16sL", self._read(24))
        self.name = self._read(name).decode("utf-8", "replace")
        self._resize(width, height)
        self._send(struct.pack(">B3x", 0) + PIXELS)
        self._send(struct.pack(">BxHll", 2, 2, RAW, NEW_SIZE))

    def _read(self, size: int) -> bytes:
        content = self._received.read(size)
        if len(content) < size:
            raise ConnectionLost("the server has closed the connection")
        return content

    def _send(self, content: bytes) -> None:
        try:
            self._sent.write(content)
            self._sent.flush()
        except OSError as error:
            raise ConnectionLost(f"the server has closed the connection: {error.strerror}") from error

    def _resize(self, width: int, height: int) -> None:
        self.frame = Frame(width, height, bytearray(width * height * 4))

    def _reason(self) -> str:
        (length,) = struct.unpack(">L", self._read(4))
        return self._read(length).decode("utf-8", "replace")

    def _log_in(self, password: str) -> None:
        version = self._read(12)
        if version != b"RFB 003.008\n":
            raise RfbError(f"the server's version is {version!r}")
        self._send(version)
        kinds = self._read(self._read(1)[0])
        if not kinds:
            raise RfbError(self._reason())
        wanted = PASSWORD if password else NO_SECURITY
        if wanted not in kinds:
            raise RfbError(f"the server offers the security types {list(kinds)}, and not {wanted}")
        self._send(bytes([wanted]))
        if wanted == PASSWORD:
            self._send(encrypted(self._read(16), password))
        if self._read(4) != bytes(4):
            raise RfbError(self._reason())

    def update(self) -> Frame:
        """Ask for the whole screen; return it."""
        complete = False
        while not complete:
            self._send(struct.pack(">BBHHHH", 3, 0, 0, 0, self.frame.width, self.frame.height))
            while (kind := self._read(1)[0]) != FRAME_UPDATE:
                self._skip(kind)
            complete = self._rectangles()
        return self.frame

    def _skip(self, kind: int) -> None:
        if kind == CUT_TEXT:
            self._read(3)
            self._reason()
        elif kind != BELL:
            raise RfbError(f"the server has sent a message {kind}")

    def _rectangles(self) -> bool:
        """Read an update; return whether it has the whole screen, as it is now."""
        complete = False
        (count,) = struct.unpack(">xH", self._read(3))
        for _number in range(count):
            left, top, width, height, encoding = struct.unpack(">HHHHl", self._read(12))
            if encoding == NEW_SIZE:
                self._resize(width, height)
                complete = False
            elif encoding == RAW:
                self._put(left, top, width, height)
                complete = complete or (width, height) == (self.frame.width, self.frame.height)
            else:
                raise RfbError(f"the server has sent the encoding {encoding}")
        return complete

    def _put(self, left: int, top: int, width: int, height: int) -> None:
        content = self._read(width * height * 4)
        for line in range(height):
            start = ((top + line) * self.frame.width + left) * 4
            self.frame.pixels[start : start + width * 4] = content[line * width * 4 : (line + 1) * width * 4]

    def press(self, key: str) -> None:
        """Press a key, one that has the code of its character, and let it go."""
        for down in (1, 0):
            self._send(struct.pack(">BB2xL", 4, down, ord(key)))


def encrypted(challenge: bytes, password: str) -> bytes:
    """Return the answer to the challenge: DES, by the password's first 8 bytes with their bits in reverse order."""
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode("latin-1")[:8].ljust(8, b"\0"))
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # three times the same key is DES
    return encryptor.update(challenge) + encryptor.finalize()
