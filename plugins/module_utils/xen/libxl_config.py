# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest's configuration as ``xl`` and libxl read it, from 4.14 on: what they derive from keys and their defaults (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Mapping, NamedTuple

from .releases import Release

# strtol(3) with base 0, as xlu_cfg_get_long of libxlu_cfg.c calls it.
_NUMBER = re.compile(r"[ \t\n\v\f\r]*[+-]?(0[xX][0-9a-fA-F]+|[0-9]{1,40})")
_LONG = 2**63
# The card of an HVM guest, and its video memory in MiB where none is given: by the device model and the card
# (libxl__domain_build_info_setdefault of libxl_create.c).
CARDS = ("none", "stdvga", "cirrus", "qxl")
_VIDEO = {
    "qemu-xen": {"none": 0, "stdvga": 16, "cirrus": 8, "qxl": 128},
    "qemu-xen-traditional": {"none": 0, "stdvga": 8, "cirrus": 4, "qxl": 0},
}
_LAST_TRADITIONAL: Release = (4, 20)


class VirtualNode(NamedTuple):
    """Describe one node of ``vnuma``: MiB, the virtual processors in their order, and the distances to each node."""

    size: int
    vcpus: tuple[int, ...]
    distances: tuple[int, ...]


@dataclass(frozen=True)
class LibxlConfig:
    """Hold the keys of a configuration file for one Xen release."""

    values: Mapping[str, Any]
    release: Release
    nodes: tuple[VirtualNode, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        """Read ``vnuma``, which several rules need."""
        object.__setattr__(self, "nodes", _read_nodes(self.values.get("vnuma")))

    def number(self, key: str) -> int | None:
        """Return a number as xl reads it, also from text; None where xl would ignore the value.

        >>> config = LibxlConfig({"a": "0x10", "b": "yes", "c": True}, (4, 17))
        >>> config.number("a"), config.number("b"), config.number("c"), config.number("d")
        (16, None, 1, None)
        """
        value = self.values.get(key)
        if isinstance(value, str):
            if not _NUMBER.fullmatch(value):
                return None
            digits = value.strip().lstrip("+-")
            octal = len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX"
            try:
                number = int(digits, 8 if octal else 0)
            except ValueError:
                return None
            value = -number if value.strip().startswith("-") else number
        if not isinstance(value, int):
            return None
        return int(value) if -_LONG <= value < _LONG else None

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a boolean as xl reads it; ``default`` where it is not given."""
        number = self.number(key)
        return default if number is None else bool(number)

    def text(self, key: str) -> str | None:
        """Return the text of a value that is no list."""
        value = self.values.get(key)
        if value is None or isinstance(value, list):
            return None
        return value if isinstance(value, str) else str(int(value))

    def word(self, key: str) -> str:
        """Return a word of an enumeration, which libxl compares without regard to case; "" without one."""
        return (self.text(key) or "").lower()

    def items(self, key: str) -> list[str]:
        """Return the strings of a list up to the first item that is none, where xl stops; [] for anything else."""
        value = self.values.get(key)
        found = []
        for item in value if isinstance(value, list) else []:
            if isinstance(item, list):
                break
            found.append(item if isinstance(item, str) else str(int(item)))
        return found

    @property
    def kind(self) -> str:
        """Return the type of the guest: hvm, pv or pvh."""
        return self.word("type") or ("hvm" if self.word("builder") == "hvm" else "pv")

    @property
    def memory(self) -> int:
        """Return the memory in MiB that the guest starts with."""
        given = self.number("memory")
        return self.maxmem if given is None else given

    @property
    def maxmem(self) -> int:
        """Return the most memory in MiB; that of all virtual nodes, or ``memory``, where it is not given."""
        given = self.number("maxmem")
        if given is not None:
            return given
        return sum(node.size for node in self.nodes) if self.nodes else self.number("memory") or 32

    @property
    def vcpus(self) -> int:
        """Return the number of virtual processors that the guest starts with; 0 where it is not given."""
        return self.number("vcpus") or 0

    @property
    def maxvcpus(self) -> int:
        """Return the most virtual processors; those of all virtual nodes, or ``vcpus``, where it is not given."""
        return self.number("maxvcpus") or sum(len(node.vcpus) for node in self.nodes) or self.vcpus or 1

    @property
    def is_populated_on_demand(self) -> bool:
        """Return whether the guest starts with less memory than it may have, which PV guests do in another way."""
        return self.kind != "pv" and self.memory < self.maxmem

    @property
    def has_devices(self) -> bool:
        """Return whether devices of the host are passed to the guest."""
        return bool(self.items("pci") or self.items("dtdev"))

    @property
    def passthrough(self) -> str:
        """Return the mode of the IOMMU: what is given, else enabled with devices and disabled without."""
        given = self.word("passthrough")
        return given if given not in ("", "default") else "enabled" if self.has_devices else "disabled"

    @property
    def has_altp2m(self) -> bool:
        """Return whether alternate p2m is on, by its key or by the older one of HVM guests."""
        given = self.number("altp2m")
        mode = self.word("altp2m") not in ("", "disabled") if given is None else given != 0
        return mode or (self.kind == "hvm" and self.flag("altp2mhvm"))

    @property
    def has_stub_domain(self) -> bool:
        """Return whether the device model runs in a stub domain."""
        return self.kind == "hvm" and self.flag("device_model_stubdomain_override")

    @property
    def device_model(self) -> str:
        """Return qemu-xen or qemu-xen-traditional, which went with 4.21."""
        given = self.text("device_model_version")
        if given:
            return given
        return "qemu-xen-traditional" if self.has_stub_domain and self.release <= _LAST_TRADITIONAL else "qemu-xen"

    @property
    def has_qemu_xen(self) -> bool:
        """Return whether an HVM guest has qemu-xen."""
        return self.kind == "hvm" and self.device_model == "qemu-xen"

    @property
    def kernel(self) -> str:
        """Return the kernel; that of an HVM guest is none when it is called hvmloader (parse_config_data)."""
        kernel = self.text("kernel") or ""
        return "" if self.kind == "hvm" and kernel.rpartition("/")[2] == "hvmloader" else kernel

    @property
    def card(self) -> str:
        """Return the graphics card of an HVM guest."""
        given = self.text("vga")
        if given is not None:
            return given if given in CARDS else "cirrus"
        return "stdvga" if self.flag("stdvga") else "cirrus"

    @property
    def least_video(self) -> int:
        """Return the video memory in MiB that the card has without ``videoram``, and cannot have less of."""
        return _VIDEO.get(self.device_model, _VIDEO["qemu-xen"])[self.card]

    @property
    def video(self) -> int:
        """Return the video memory in MiB of an HVM guest."""
        given = self.number("videoram")
        return self.least_video if given is None else given

    @property
    def disks(self) -> list[Mapping[str, str]]:
        """Return the fields of each disk; a flag without a value has an empty one."""
        return [disk_fields(text) for text in self.items("disk")]


def disk_fields(text: str) -> Mapping[str, str]:
    """Return the fields of a disk of xl-disk-configuration(5) in the form key=value; ``target`` takes the rest.

    >>> disk_fields("format=raw,vdev=hdc,cdrom,target=/srv/a,b.iso")
    {'format': 'raw', 'vdev': 'hdc', 'cdrom': '', 'target': '/srv/a,b.iso'}
    """
    fields = {}
    while text:
        if text.startswith("target="):
            fields["target"] = text[len("target=") :]
            break
        part, _comma, text = text.partition(",")
        key, _equal, value = part.strip().partition("=")
        fields[key] = value
    return fields


def is_cdrom(disk: Mapping[str, str]) -> bool:
    """Return whether the fields of a disk make it a CD drive."""
    return "cdrom" in disk or disk.get("devtype") == "cdrom"


def _read_nodes(value: Any) -> tuple[VirtualNode, ...]:
    """parse_vnuma_config of xl_parse.c. What it cannot read is left out; a rule of its own refuses that."""
    nodes = []
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, list):
            return ()
        fields = dict(_pair(option) for option in item if isinstance(option, str))
        size = fields.get("size", "0")
        nodes.append(
            VirtualNode(
                int(size) if size.isdecimal() else 0,
                tuple(number for part in fields.get("vcpus", "").split(",") for number in _range(part)),
                tuple(int(part) for part in fields.get("vdistances", "").split(",") if part.strip().isdecimal()),
            )
        )
    return tuple(nodes)


def _pair(option: str) -> tuple[str, str]:
    key, _equal, value = option.partition("=")
    return key.strip(), value.strip()


def _range(text: str) -> range:
    found = re.fullmatch(r"\s*([0-9]{1,4})(?:-\s*([0-9]{1,4}))?", text)
    if not found:
        return range(0)
    return range(int(found.group(1)), int(found.group(2) or found.group(1)) + 1)
