# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what QEMU's character devices take of the host: ports that they listen on, files and sockets that they open (pure).

Sources: qemu(1), "Character device options" and the options that take such a device; chardev/char.c and util/qemu-sockets.c of
QEMU. What is not understood is left out.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator, NamedTuple

_PORT = re.compile(r"[0-9]{1,5}")
# A socket's address: the host, in brackets for IPv6, and the port.
_ADDRESS = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*)):([0-9]{1,5})")
_ON = ("", "on", "yes", "true", "y")
# Options of QEMU's command line whose value is a character device in one word, and those that always listen.
_WORDS = ("serial", "parallel", "monitor", "qmp", "qmp-pretty", "debugcon", "gdb")
_ALWAYS = ("gdb",)
_STREAMS = ("tcp", "telnet", "tn3270", "websocket")
# Everybody may open these.
_NOBODYS = ("/dev/null", "/dev/zero", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/ptmx")
# The port of display 0.
FIRST_VNC = 5900


class Listener(NamedTuple):
    """Describe a port of the host: ``protocol`` is tcp or udp, ``address`` is "" for all addresses."""

    protocol: str
    address: str
    port: int


class Opened(NamedTuple):
    """Describe a file, a pipe, a socket or a device of the host that the guest has for itself."""

    path: str


def device(text: str, listens: bool = False) -> Listener | Opened | None:
    """Return what a device in one word, such as that of ``serial``, takes of the host; None for nothing.

    >>> device("tcp::4444,server,nowait"), device("file:/var/log/web1.log"), device("pty")
    (Listener(protocol='tcp', address='', port=4444), Opened(path='/var/log/web1.log'), None)
    """
    if text.startswith("mon:"):
        text = text[len("mon:") :]
    kind, _colon, rest = text.partition(":")
    if text.startswith("/"):
        return _opened(text)
    if kind in ("file", "pipe"):
        return _opened(rest)
    where, *parts = rest.split(",")
    options = _options(parts)
    if kind == "unix":
        return _opened(where) if listens or _is_server(options) else None
    if kind in _STREAMS:
        # With to= QEMU takes the first free port.
        return _listener("tcp", where) if "to" not in options and (listens or _is_server(options)) else None
    if kind == "udp":
        return _listener("udp", where.partition("@")[2])
    return None


def chardev(text: str) -> Listener | Opened | None:
    """Return what the value of ``-chardev`` takes of the host.

    >>> chardev("socket,id=m,path=/run/m,server=on"), chardev("socket,id=m,port=4444,server=on")
    (Opened(path='/run/m'), Listener(protocol='tcp', address='', port=4444))
    """
    kind, *parts = text.split(",")
    options = _options(parts)
    if kind in ("file", "pipe", "serial", "tty", "parallel", "parport"):
        return _opened(options.get("path", ""))
    if kind == "udp":
        return _numbered("udp", options.get("localaddr", ""), options.get("localport", ""))
    if kind == "socket" and _is_server(options) and "to" not in options:
        if "path" in options:
            return _opened(options["path"]) if options.get("abstract", "off") in ("off", "no") else None
        return _numbered("tcp", options.get("host", ""), options.get("port", ""))
    return None


def of_arguments(arguments: Iterable[str]) -> Iterator[Listener | Opened]:
    """Yield what arguments of QEMU take of the host.

    >>> list(of_arguments(["-monitor", "tcp:127.0.0.1:4444,server", "-s", "-vnc", ":7"]))[1:]
    [Listener(protocol='tcp', address='', port=1234), Listener(protocol='tcp', address='', port=5907)]
    """
    words = list(arguments)
    for word, value in zip(words, [*words[1:], ""]):
        name = word.lstrip("-") if word.startswith("-") else ""
        yield from _servers(name, value)
        found: Listener | Opened | None = None
        if name == "s":
            found = Listener("tcp", "", 1234)
        elif name == "chardev":
            found = chardev(value)
        elif name == "vnc":
            found = _vnc(value)
        elif name in _WORDS:
            found = device(value, listens=name in _ALWAYS)
        if found:
            yield found


def _servers(name: str, value: str) -> Iterator[Listener]:
    """Yield the ports of an option that can have several: those of Spice, and those that a network of the user forwards."""
    parts = value.split(",")
    found: list[Listener | None] = []
    if name == "spice":
        options = _options(parts)
        found = [_numbered("tcp", options.get("addr", ""), options.get(key, "")) for key in ("port", "tls-port")]
    elif name in ("netdev", "net", "nic"):
        # hostfwd=tcp:ADDRESS:PORT-GUEST:PORT
        forwards = [part.partition("=")[2].partition("-")[0].partition(":") for part in parts if part.startswith("hostfwd=")]
        found = [_listener(protocol or "tcp", where) for protocol, _colon, where in forwards]
    yield from filter(None, found)


def _vnc(text: str) -> Listener | Opened | None:
    where, *parts = text.split(",")
    if where.startswith("unix:"):
        return _opened(where[len("unix:") :])
    found = _ADDRESS.fullmatch(where)
    if not found or {"to", "reverse"} & _options(parts).keys():
        return None
    return Listener("tcp", found.group(1) or found.group(2) or "", FIRST_VNC + int(found.group(3)))


def _options(parts: Iterable[str]) -> dict[str, str]:
    pairs = (part.partition("=") for part in parts)
    return {name: value for name, _equal, value in pairs}


def _is_server(options: dict[str, str]) -> bool:
    return options.get("server", "off") in _ON


def _opened(path: str) -> Opened | None:
    return Opened(path) if path.startswith("/") and path not in _NOBODYS else None


def _listener(protocol: str, where: str) -> Listener | None:
    found = _ADDRESS.fullmatch(where)
    return _numbered(protocol, found.group(1) or found.group(2) or "", found.group(3)) if found else None


def _numbered(protocol: str, address: str, port: str) -> Listener | None:
    """Return a listener on a port that the definition chooses; port 0 is one that the kernel chooses."""
    return Listener(protocol, address, int(port)) if _PORT.fullmatch(port) and int(port) else None
