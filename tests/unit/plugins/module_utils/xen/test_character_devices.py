# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.character_devices import (
    Listener,
    Opened,
    chardev,
    device,
    of_arguments,
)


@pytest.mark.parametrize(
    "text, found",
    [
        ("tcp:10.0.0.1:4444,server", Listener("tcp", "10.0.0.1", 4444)),
        ("tcp:[fe80::1]:4444,server=on", Listener("tcp", "fe80::1", 4444)),
        ("telnet:localhost:1,nodelay,server=yes", Listener("tcp", "localhost", 1)),
        ("mon:tcp::4444,server", Listener("tcp", "", 4444)),
        ("udp:log:514", None),
        ("udp:log:514@10.0.0.1:4444", Listener("udp", "10.0.0.1", 4444)),
        ("udp::514@:0", None),
        ("tcp::4444,server=off", None),
        ("tcp::4444", None),
        ("tcp::4444,to=4500,server", None),
        ("tcp::ssh,server", None),
        ("tcp:4444,server", None),
        ("unix:/run/a,server", Opened("/run/a")),
        ("unix:/run/a", None),
        ("file:relative.log", None),
        ("file:/dev/stdout", None),
        ("/dev/ttyUSB0", Opened("/dev/ttyUSB0")),
        ("null", None),
        ("none", None),
        ("chardev:x", None),
        ("", None),
    ],
)
def test_devices_in_one_word(text: str, found: object) -> None:
    assert device(text) == found


@pytest.mark.parametrize(
    "text, found",
    [
        ("socket,id=a,host=::1,port=4444,server=on", Listener("tcp", "::1", 4444)),
        ("socket,id=a,port=4444,server=on,to=4500", None),
        ("socket,id=a,path=/run/a", None),
        ("socket,id=a,path=/run/a,server=on,abstract=on", None),
        ("file,id=a,path=/var/log/a", Opened("/var/log/a")),
        ("pipe,id=a,path=/run/a", Opened("/run/a")),
        ("udp,id=a,host=log,port=514,localport=4444", Listener("udp", "", 4444)),
        ("udp,id=a,host=log,port=514", None),
        ("pty,id=a", None),
        ("stdio", None),
        ("socket,id=a,server=on", None),
    ],
)
def test_chardevs(text: str, found: object) -> None:
    assert chardev(text) == found


@pytest.mark.parametrize(
    "words, found",
    [
        (["-serial", "file:/a", "-monitor", "pty"], [Opened("/a")]),
        (["-gdb", "tcp:localhost:1234"], [Listener("tcp", "localhost", 1234)]),
        (["--qmp", "unix:/run/q,server=on,wait=off"], [Opened("/run/q")]),
        (["-vnc", ":0"], [Listener("tcp", "", 5900)]),
        (["-vnc", "127.0.0.1:7,password=on"], [Listener("tcp", "127.0.0.1", 5907)]),
        (["-vnc", "unix:/run/v"], [Opened("/run/v")]),
        (["-vnc", ":1,to=99"], []),
        (["-vnc", "none"], []),
        (["-vnc", "viewer:5500,reverse"], []),
        (["-s"], [Listener("tcp", "", 1234)]),
        (["-spice", "port=5930,tls-port=5931,disable-ticketing=on"], [Listener("tcp", "", 5930), Listener("tcp", "", 5931)]),
        (["-spice", "port=5930,addr=127.0.0.1"], [Listener("tcp", "127.0.0.1", 5930)]),
        (["-spice", "unix=on,addr=/run/s"], []),
        (["-netdev", "user,id=n,hostfwd=tcp::2222-:22,hostfwd=udp:127.0.0.1:53-10.0.2.15:53"],
         [Listener("tcp", "", 2222), Listener("udp", "127.0.0.1", 53)]),
        (["-nic", "tap,ifname=a"], []),
        (["-d", "tcp::1,server", "file:/a"], []),
        (["-serial"], []),
        ([], []),
    ],
)
def test_arguments_of_qemu(words: list[str], found: list[object]) -> None:
    assert list(of_arguments(words)) == found
