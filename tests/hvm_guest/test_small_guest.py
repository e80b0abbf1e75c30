# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The small guest and its screen by VNC, with a QEMU of this machine and no Xen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from image import DATA, boots, cd, disk
from rfb import Client, Frame, RfbError, encrypted
from screen import ALPHABET, png, read, text

HERE = Path(__file__).resolve().parent
MARKER = "marker: 4711"
MACS = ("00:16:3e:00:00:29", "00:16:3e:00:01:29")


def wait(until: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for that."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Machine:
    """Hold a QEMU that runs the small guest; the frames of its cards come and go as datagrams of local sockets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "disk.img").write_bytes(disk(MARKER))
        (folder / "cd.iso").write_bytes(cd())
        command = ["qemu-system-x86_64", "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults", "-vga", "std",
                   "-drive", f"file={folder}/disk.img,format=raw,if=ide", "-cdrom", f"{folder}/cd.iso", "-boot", "d",
                   "-serial", f"unix:{folder}/serial,server=on,wait=off", "-vnc", f"unix:{folder}/vnc,password-secret=vnc",
                   "-object", "secret,id=vnc,data=secret"]
        self.cards = []
        for number, mac in enumerate(MACS):
            here, there = folder / f"here{number}", folder / f"there{number}"
            card = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            card.bind(str(here))
            card.settimeout(20)
            self.cards.append((card, there))
            command += ["-device", f"rtl8139,mac={mac},netdev=net{number}", "-netdev",
                        f"dgram,id=net{number},local.type=unix,local.path={there},remote.type=unix,remote.path={here}"]
        self.process = subprocess.Popen(command)
        wait((folder / "vnc").exists)
        self.serial = socket.socket(socket.AF_UNIX)
        self.serial.settimeout(20)
        self.serial.connect(str(folder / "serial"))

    def client(self, password: str = "secret") -> Client:
        """Log in."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(str(self.folder / "vnc"))
        stream = connection.makefile("rwb")
        return Client(stream, stream, password)

    def ask(self, number: int, frame: bytes) -> bytes:
        """Send a frame to a card of the guest; return what it answers."""
        card, there = self.cards[number]
        card.sendto(frame.ljust(60, b"\0"), str(there))
        return card.recv(2048)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a QEMU whose guest is ready."""
    started = Machine(tmp_path_factory.mktemp("guest"))
    try:
        read(started.client(), "ready", 60)
        yield started
    finally:
        started.process.terminate()
        started.process.wait()


def test_the_screen_shows_what_the_guest_found(machine: Machine) -> None:
    seen = read(machine.client(), "ready", 20)
    assert [line for line in seen if line][:6] == [
        "xenfleet: the small guest", "cd: read", f"disk: {MARKER}", "disk: boots: 1", "network cards: 2", "ready"]
    assert boots((machine.folder / "disk.img").read_bytes()) == 1


def test_a_wrong_password_and_none_are_refused(machine: Machine) -> None:
    with pytest.raises(RfbError, match="[Aa]uthentication"):
        machine.client("wrong")
    with pytest.raises(RfbError, match="security types"):
        machine.client("")


def test_a_key_and_the_serial_port_are_read(machine: Machine) -> None:
    client = machine.client()
    client.press("k")
    read(client, "key: k", 20)
    machine.serial.sendall(b"s")
    received = b""
    while b"serial: s" not in received:
        received += machine.serial.recv(4096)


@pytest.mark.parametrize("number", [0, 1])
def test_each_card_answers(machine: Machine, number: int) -> None:
    mac = bytes.fromhex(MACS[number].replace(":", ""))
    mine, here, there = b"\x02\0\0\0\0\x01", bytes([10, 9, number, 1]), bytes([10, 9, number, 0x29])
    arp = b"\x08\x06\0\x01\x08\0\x06\x04\0"
    answer = machine.ask(number, b"\xff" * 6 + mine + arp + b"\x01" + mine + here + bytes(6) + there)
    assert answer[:42] == mine + mac + arp + b"\x02" + mac + there + mine + here
    ping = b"\x08\0" + b"\xf7\xfe" + bytes([0, 1, 0, 0])
    header = b"\x45\0\0\x1c\0\0\0\0\x40\x01\0\0"
    answer = machine.ask(number, mac + mine + b"\x08\0" + header + here + there + ping)
    assert answer[:42] == mine + mac + b"\x08\0" + header + there + here + b"\0\0" + b"\xff\xfe" + ping[4:]


def test_the_program_prints_the_screen_and_makes_a_picture(machine: Machine) -> None:
    picture = machine.folder / "screen.png"
    relay = [sys.executable, "-c", (
        "import socket, sys, threading, os; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        "threading.Thread(target=lambda: [s.sendall(c) for c in iter(lambda: os.read(0, 4096), b'')], daemon=True).start(); "
        "[os.write(1, c) for c in iter(lambda: s.recv(4096), b'')]"), str(machine.folder / "vnc")]
    program = [sys.executable, str(HERE / "screen.py"), "--until"]
    env = {**os.environ, "VNC_PASSWORD": "secret"}
    done = subprocess.run([*program, "ready", "--png", str(picture), *relay], env=env, capture_output=True, text=True, check=True)
    assert f"disk: {MARKER}" in done.stdout.splitlines()
    assert picture.read_bytes().startswith(b"\x89PNG")
    done = subprocess.run([*program, "nothing of this", "--seconds", "0", *relay], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"disk: {MARKER}" in done.stderr
    # The first connection ends at once, as that of a device model which has just gone.
    gone = machine.folder / "gone"
    late = ["sh", "-c", 'if [ -e "$0" ]; then exec "$@"; fi; touch "$0"', str(gone), *relay]
    done = subprocess.run([*program, "ready", "--seconds", "30", *late], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    gone.unlink()
    done = subprocess.run([*program, "ready", "--seconds", "0", *late], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "VNC: the server has closed the connection\n")


def test_reset_boots_the_guest_again(machine: Machine) -> None:
    client = machine.client()
    client.press("r")
    read(client, "disk: boots: 2", 30)
    assert boots((machine.folder / "disk.img").read_bytes()) == 2


def drawn(rows: list[str], shapes: dict[str, bytes]) -> Frame:
    """Return a screen of 720 x 400 pixels with these rows."""
    frame = Frame(720, 400, bytearray(720 * 400 * 4))
    for row, line in enumerate(rows):
        for column, character in enumerate(line):
            for place, lit in enumerate(shapes[character]):
                start = ((row * 16 + place // 9) * 720 + column * 9 + place % 9) * 4
                frame.pixels[start : start + 3] = bytes([170 * lit] * 3)
    return frame


def test_text_is_read_by_the_shapes_that_the_screen_shows() -> None:
    shapes = {character: bytes((ord(character) - 32) >> bit & 1 for bit in range(7)).ljust(144, b"\0") for character in ALPHABET}
    rows = [ALPHABET[:80], ALPHABET[80:], "", 'any text: {0} ~"?']
    frame = drawn(rows, shapes)
    assert text(frame)[:2] == rows[2:]
    assert png(frame).endswith(b"IEND\xaeB`\x82")
    with pytest.raises(RfbError, match="all characters"):
        text(drawn(rows[2:], shapes))
    with pytest.raises(RfbError, match="no text"):
        text(Frame(800, 600, bytearray(800 * 600 * 4)))


def test_the_answer_to_a_challenge_is_des_with_reversed_bits() -> None:
    # "1" is 0x31, in reverse order 0x8c.
    cipher = Cipher(TripleDES((b"\x8c" + bytes(7)) * 3), modes.ECB()).decryptor()
    assert cipher.update(encrypted(bytes(range(16)), "1")) == bytes(range(16))


def test_the_marker_stands_where_the_guest_reads_it() -> None:
    assert disk(MARKER)[DATA:].startswith(MARKER.encode())
    with pytest.raises(AssertionError, match="do not fit"):
        disk("x" * 1024 * 1024)
