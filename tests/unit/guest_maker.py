# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions of guests for property tests: of every shape that a host can have, with strings as bad as they can be."""

from __future__ import annotations

import re
from random import Random
from typing import Any, Callable, Tuple

from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.fields import Fields
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.settings import read_settings
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xl import (
    DISK_BACKENDS,
    DISK_KEYS,
    VIF_KEYS,
    XL_KEYS,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xm import XM_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import SCHEMES, TOOLSTACKS, shown, within
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts

# Keys that an escape from a string would set; no file here has them.
PLANTED = ("evil", "bootloader", "init", "x")
# Settings that schemes refuse by their values.
OWN_TESTS = ("serial", "parallel", "monitor", "monitor_path", "usbdevice", "spice", "vga", *PLANTED)
# What strings are cut from: quotes, ends of strings, lists and lines, comments, escapes, other keys.
PIECES = [
    *"\"'\\\n\r\t\0;#[],= /:a0-.%$`{}()",
    '"]\nevil="1', "']\nevil='1", '"]\nkernel="evil', '"\nbootloader="/bin/sh', '"; evil = 1 #', '",evil=1', "\\\"]\nevil=1",
    "\\n", "\\x41", "\\101", "/*", "//", '"""', "'''", "format=qcow2", ",script=evil", "target=", "vdev=xvdz", "phy:", "tap:aio:",
    "\x7f", "\x1b[0m", "\u2028", "\u00a0", "é", "中", "\U0001f600", "\ufeff", "\ud800", "\x85", "\x0b", "\x06",
]  # fmt: skip
# Not all of Unicode, which takes seconds to set up in each of ansible-test's processes.
hostile = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(st.characters(max_codepoint=0x2FF), max_size=12),
)

Host = Tuple[str, Facts]
HOSTS: dict[str, list[Host]] = {
    toolstack: [
        (scheme, facts(shown(release), toolstack, dm_config="{}-dm" if scheme == "paired" else ""))
        for scheme, (of, span) in {**SCHEMES, "dom0": (toolstack, TOOLSTACKS[toolstack])}.items()
        for release in [(3, 3), (3, 4), *[(4, minor) for minor in range(23)]]
        if of == toolstack and within(release, span)
    ]
    for toolstack in TOOLSTACKS
}
_FREE: dict[tuple[str, Any, str], list[tuple[str, tuple[str, ...]]]] = {}
TABLES = {"xl": XL_KEYS, "xm": XM_KEYS}


def free_keys(toolstack: str, release: Any, kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """Xen's keys that a guest's settings may hold, with what they hold; of words and formats the tests of settings tell."""
    found = _FREE.get((toolstack, release, kind))
    if found is None:
        found = _FREE[toolstack, release, kind] = [
            (name, key.kinds)
            for name, key in TABLES[toolstack].items()
            if key.first <= release <= (key.last or release) and not key.choices
            and (not key.types or kind in key.types_at(release))
            # The definition says some keys itself; the others have tests of their own.
            and read_settings(Fields({"settings": {name: 1}}, "", []), kind) and name not in OWN_TESTS
        ]
    return found


def line(text: str) -> str:
    """The text as a definition's string can hold it."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "", text).strip()


class Maker:
    """Makes a guest's definition that the host can have. Its shape comes from ``random``: if hypothesis chose each part
    by itself, an example would take ten times as long. Its strings are hypothesis's own."""

    def __init__(self, host: Host, random: Random, strings: list[str]) -> None:
        self.scheme, self.facts = host
        self.xm = self.facts.toolstack == "xm"
        self.random = random
        self.strings = strings

    def may(self) -> bool:
        return self.random.random() < 0.5

    def some(self, **makers: Callable[[], Any]) -> dict[str, Any]:
        return {key: make() for key, make in makers.items() if self.may()}

    def one(self, *values: Any) -> Any:
        return self.random.choice(values)

    def line(self) -> str:
        return line(self.random.choice(self.strings))

    def path(self) -> str:
        return ("/" + self.line()).strip()

    def target(self) -> str:
        text: str = self.one("/", "/dev/", "/srv/") + self.line()
        if self.scheme == "generated":
            text = re.sub(r"[^ -&(-\[\]-~]", "", text)
        return (text.replace(",", "") if self.xm else text).strip()

    def word(self) -> str:
        """What GRUB takes as one word."""
        return re.sub(r"\s", "", self.line()) or "m"

    def definition(self) -> dict[str, Any]:
        kind = self.one("hvm", "hvm", "pv", "pvh" if not self.xm and self.facts.release >= (4, 10) else "pv")
        name = "g" + re.sub(r"[^A-Za-z0-9._+-]", "", self.line())[:90]
        memory = self.random.randrange(8, 2**14)
        made = {
            "name": name,
            "type": kind,
            "memory": memory,
            "boot": self.hvm_boot() if kind == "hvm" else self.boot(kind),
            **self.some(maxmem=lambda: memory + self.random.randrange(2**10), vcpus=lambda: self.random.randrange(1, 9)),
            "disks": [self.disk(kind, self.vdev(letter)) for letter in "abcd"[: self.random.randrange(4)]],
            "vifs": [self.vif(kind, number) for number in range(self.random.randrange(2 if self.scheme == "linux" else 3))],
            "settings": self.settings(kind),
            **self.some(extra_settings=lambda: {"zz_newer": self.one(1, True, [self.text()], self.text())}),
        }
        if kind == "hvm":
            made.update(display=self.display(), device_model=self.model())
        return made

    def boot(self, kind: str) -> dict[str, Any]:
        method = self.one("direct", "pvgrub2", "direct" if kind == "pvh" else "pvgrub")
        if method == "direct":
            return {"method": method, "kernel": self.path(), **self.some(ramdisk=self.path, cmdline=self.line)}
        if method == "pvgrub2":
            return {"method": method}
        places = ({"menu": f"(hd0,1)/{self.word()}"}, {"tftp": f"/{self.word()}"}, {"dhcp": True})
        return {"method": method, "arch": self.one("x86_64", "i386"), **self.one(*places)}

    def hvm_boot(self) -> dict[str, Any]:
        direct = not self.xm and self.scheme != "minios" and self.facts.release >= (4, 5)
        if direct and self.may():
            return {"method": "direct", "kernel": self.path(), **self.some(ramdisk=self.path, cmdline=self.line)}
        bios = [] if self.xm else ["rombios"] if self.scheme == "minios" else ["seabios", "ovmf"]
        order = self.some(order=lambda: self.one("c", "dc", "nda"))
        return {"method": "firmware", **order, **({"bios": self.one(*bios)} if bios and self.may() else {})}

    def vdev(self, letter: str) -> str:
        """A name of the drive of that letter. Of one guest all are of one bus, or numbers."""
        drive = "abcd".index(letter)
        forms = [f"{self.one('hd', 'sd')}{letter}", str(0xCA00 + 16 * drive), hex(0xCA00 + 16 * drive)]
        return str(self.one(*forms, *([] if self.xm else [f"d{drive}p0"])))

    def disk(self, kind: str, vdev: str) -> dict[str, Any]:
        if kind == "hvm" and self.random.random() < 0.2:
            empty = self.scheme != "generated" and self.may()
            return {"vdev": vdev, "cdrom": True, **({} if empty else {"target": self.target()})}
        made = {"target": self.target(), "vdev": vdev, **self.some(access=lambda: self.one("ro", "rw", "r", "w"))}
        has_vhd = not self.xm or self.facts.release >= (4, 0)
        if self.may():
            made["format"] = self.one("raw", "qcow", "qcow2", "vhd" if has_vhd else "raw")
        else:
            made["backend"] = self.one("phy", "file")
        if not self.xm:
            self.add_keys_of_xl(made)
        return made

    def add_keys_of_xl(self, made: dict[str, Any]) -> None:
        """Keys that xm does not have, as far as the release has them."""
        makers: dict[str, Callable[[], Any]] = {
            "discard": self.may,
            "direct-io-safe": self.may,
            "trusted": self.may,
            "grant_usage": self.may,
            "specification": lambda: "xen",
        }
        known = {key: make for key, make in makers.items() if DISK_KEYS[key] <= self.facts.release}
        made.update({key: make() for key, make in known.items() if self.random.random() < 0.2})
        spans = DISK_BACKENDS["tap"]
        form = made.get("format", "raw")
        if self.random.random() < 0.2:
            made.update(script="block-x", target=self.line() or "t")
        elif self.random.random() < 0.2:
            backends = ["qdisk", *(["phy"] if form == "raw" and made.get("backend") != "file" else [])]
            if form in ("raw", "vhd") and any(within(self.facts.release, span) for span in spans):
                backends.append("tap")
            made["backendtype"] = self.one(*backends)
            if made["backendtype"] == "qdisk" and self.facts.release >= (4, 3):
                made["target"] = self.one("rbd:", "nbd://", "") + made["target"]
        if self.facts.release >= (4, 3) and self.random.random() < 0.1:
            made["backend"] = "net"

    def vif(self, kind: str, number: int) -> dict[str, Any]:
        makers = {
            "ip": lambda: self.one("10.0.0.1", "10.0.0.1/8 fe80::1"),
            "mac": lambda: self.one("00:16:3e:00:00:01", "AA:BB:CC:DD:EE:F0", "0-16-3e-0-0-1"),
            "bridge": lambda: self.one("xenbr0", "a.b/c:d@e+f_g-h"),
            "type": lambda: self.one("ioemu", "vif", "netfront"),
            "model": lambda: self.one("e1000", "rtl8139"),
            "script": lambda: "vif-route",
            "vifname": lambda: "v1.0",
            "backend": lambda: "net",
            "gatewaydev": lambda: "eth0",
            "rate": lambda: self.one("10Mb/s@20ms", "1000KB/s@20", "1GB/s", "99b/s@9m"),
            # A number of its own for each, and none that counting would give another.
            "devid": lambda: number + 10,
            "mtu": lambda: 9000,
            "vlan": lambda: "10p/20-29u",
            "trusted": self.may,
        }
        known = VIF_KEYS[self.facts.toolstack]
        made = self.some(**{
            key: make
            for key, make in makers.items()
            if known.get(key, (99, 0)) <= self.facts.release and (kind == "hvm" or key not in ("type", "model"))
        })
        if self.scheme == "paired" and kind == "hvm":
            made.setdefault("mac", "00:16:3e:00:00:01")
        if kind == "hvm" and self.scheme == "dom0" and "backend" in made:
            made["type"] = "vif"
        if made.get("type") in ("vif", "netfront"):
            made.pop("model", None)
        return made

    def display(self) -> dict[str, Any]:
        kind = "none" if self.scheme == "linux" else self.one("none", "sdl", "vnc")
        if kind == "none":
            return {"type": kind}
        keymap = self.some(keymap=lambda: self.one("de", "en-us"))
        if kind == "sdl":
            return {"type": kind, **keymap, **self.some(opengl=self.may)}
        where = self.one("dom0", "stubdom") if self.scheme == "paired" else "dom0"
        passwd = self.line()
        if self.scheme == "generated":
            passwd = re.sub(r"[^ -&(-+\--\[\]-~]", "", passwd)
        elif self.scheme == "paired" and where == "dom0":
            passwd = passwd.replace(",", "")
        listen = {"listen": "10.0.0.9"} if where == "stubdom" or self.may() else {}
        number = self.some(display=lambda: self.random.randrange(99), unused=self.may)
        secret = {"passwd": passwd.strip()} if passwd.strip() else {}
        both = {"type": ["vnc", "sdl"]} if where == "dom0" and self.scheme != "paired" and self.random.random() < 0.2 else {}
        return {"type": kind, "where": where, **secret, **listen, **number, **keymap, **both}

    def model(self) -> dict[str, Any]:
        made: dict[str, Any] = {"scheme": self.scheme}
        own_images = self.scheme in ("paired", "linux") or (self.scheme == "minios" and self.facts.release >= (4, 14))
        if own_images:
            made.update(self.some(kernel=self.path))
        if self.scheme != "dom0":
            made.update(self.some(memory=lambda: self.random.randrange(16, 999)))
        if self.scheme == "linux":
            made.update(self.some(ramdisk=self.path))
            if self.facts.release >= (4, 16):
                made.update(self.some(cmdline=self.line))
        return made

    def settings(self, kind: str) -> dict[str, Any]:
        free = free_keys(self.facts.toolstack, self.facts.release, kind)
        return {key: self.value(self.one(*kinds)) for key, kinds in self.random.sample(free, self.random.randrange(4))}

    def value(self, kind: str) -> Any:
        if kind == "number":
            return self.one(0, 1, 2**31 - 1, -1, self.random.randrange(2**20))
        if kind == "boolean":
            return self.one(0, 1, True, False)
        if kind == "list":
            return [self.text() for _item in range(self.random.randrange(4))]
        if kind == "lists":
            return [[self.text()], []] if self.facts.release >= (4, 6) else []
        return self.text()

    def text(self) -> str:
        """A string of the settings may hold newlines."""
        text = self.random.choice(self.strings)
        return re.sub(r"[\x00-\x06\x0e-\x1f\x7f\ud800-\udfff]", "", text)
