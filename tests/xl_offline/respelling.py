# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spell a configuration file differently, without a change of its meaning, as operators and older tools spell it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import Read

# libxl's defaults, as an operator spells them out: for every guest, and for those with firmware.
DEFAULTS = {"vcpus": "1", "nomigrate": "0", "localtime": "0", "on_reboot": "restart", "on_crash": "destroy",
            "driver_domain": "0"}
HVM_DEFAULTS = {"acpi": "1", "apic": "1", "hpet": "1", "nx": "1", "nestedhvm": "0", "boot": "cda", "vnc": "1", "sdl": "0",
                "xen_platform_pci": "1", "usb": "0", "vnclisten": "127.0.0.1", "device_model_version": "qemu-xen"}
_DISK_FIELDS = {"pdev_path", "vdev", "format", "readwrite", "removable", "is_cdrom"}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}|0")
# Their texts hold numbers that xl takes as words, or words that it compares.
_WORDS = {"name", "uuid", "kernel", "ramdisk", "extra", "root", "cmdline", "boot", "serial", "vncpasswd", "cpus", "bootloader"}


class Respelling:
    """Spell the values of a file differently; ``disks`` are libxl's JSON of its disks."""

    def __init__(self, values: dict[str, Read], disks: list[dict[str, Any]], random: Random) -> None:
        self._values = values
        self._disks = disks
        self._random = random

    def text(self, defaults: bool = True) -> str:
        """Return the file, spelled differently; with ``defaults`` also libxl's defaults spelled out."""
        random, values = self._random, dict(self._values)
        if defaults:
            for key, value in self._defaults().items():
                if key not in values and random.random() < 0.5:
                    values[key] = value
        keys = list(values)
        random.shuffle(keys)
        lines = []
        for key in keys:
            if random.random() < 0.3:
                lines.append(random.choice(["", "# a comment: vnc = 1", "#" * 20, "\t"]))
            blank = random.choice(["", " ", "\t "])
            end = random.choice(["", " ", ";", " # why", "  ;  # 'why'"])
            lines.append(f"{blank}{key}{blank}={random.choice(['', ' '])}{self._value(key, values[key])}{end}")
        return "\n".join(lines) + "\n"

    def _defaults(self) -> dict[str, str]:
        is_hvm = self._values.get("type") == "hvm" or self._values.get("builder") == "hvm"
        has_stub = "device_model_stubdomain_override" in self._values
        found = dict(DEFAULTS)
        if "maxvcpus" in self._values:
            del found["vcpus"]
        if is_hvm:
            found.update(HVM_DEFAULTS)
            if has_stub or "device_model_override" in self._values:
                del found["device_model_version"]
            if not {"vga", "stdvga", "videoram", "gfx_passthru"} & set(self._values):
                found["vga"] = "cirrus"
            if any(key.startswith("usb") for key in self._values):
                del found["usb"]
            if "kernel" in self._values or "spice" in self._values:
                del found["boot"], found["vnc"]
        return found

    def _value(self, key: str, value: Read) -> str:
        if isinstance(value, list):
            if key == "disk":
                value = [self._disk(spec, disk) for spec, disk in zip(value, self._disks)]
            elif key == "vif":
                value = [self._vif(str(spec)) for spec in value]
            gap = self._random.choice(["", " ", "\n    ", " # one\n\t"])
            items = f",{gap}".join(self._value("", item) for item in value)
            return f"[{gap}{items}{self._random.choice(['', ','] if value else [''])}{gap}]"
        if not key:
            # Items of a list are texts for xl, also those that look like numbers.
            return value if _NUMBER.fullmatch(value) and self._random.random() < 0.5 else self._quoted(value)
        if key not in _WORDS and _NUMBER.fullmatch(value):
            return self._random.choice([value, f'"{value}"', f"'{value}'", hex(int(value)), f'"{hex(int(value))}"'])
        return self._quoted(value)

    def _quoted(self, text: str) -> str:
        mark = self._random.choice("'\"")
        return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark).replace("\n", "\\n").replace("\t", "\\t") + mark

    def _disk(self, spec: Any, disk: dict[str, Any]) -> str:
        """One disk by its fields, or by the old places, as far as libxl has nothing else to say of it."""
        if set(disk) - _DISK_FIELDS or not isinstance(spec, str):
            return str(spec)
        target, kind, mode = disk.get("pdev_path", ""), disk.get("format", "raw"), "rw" if disk.get("readwrite") else "ro"
        is_cdrom, vdev = bool(disk.get("is_cdrom")), disk["vdev"]
        fields = [f"format={kind}", f"vdev={vdev}", f"access={mode}", *(["cdrom"] if is_cdrom else [])]
        self._random.shuffle(fields)
        spelled = [",".join([*fields, *([f"target={target}"] if target else [])])]
        plain = target and not re.search(r"[,:= ]", target) and kind == "raw"
        if plain:
            short = mode[0] if mode == "ro" else "w"
            spelled.append(f"{target},raw,{vdev}{':cdrom' if is_cdrom else ''},{short}")
            spelled.append(f"{'file' if is_cdrom else 'phy'}:{target},{vdev}{':cdrom' if is_cdrom else ''},{short}")
        return self._random.choice(spelled) if kind not in ("empty", "unknown") else str(spec)

    def _vif(self, spec: str) -> str:
        parts = [part.strip() for part in spec.split(",") if part.strip()]
        self._random.shuffle(parts)
        if parts and not any(part.startswith("bridge") for part in parts):
            parts += self._random.choice([[], ["bridge=xenbr0"]])
        return self._random.choice([",", ", "]).join(parts)


def disks_of(output: str) -> list[dict[str, Any]]:
    """Return libxl's JSON of the disks."""
    found: list[dict[str, Any]] = json.loads(output).get("disks", [])
    return found
