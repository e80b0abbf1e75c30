# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms of values that end ``xl`` when it cannot read them, from 4.14 on: devices, processors, ranges (pure).

Each function returns what is wrong with one text, "" for nothing. Source: tools/xl/xl_parse.c, parse_config_data and those
that it calls; tools/libs/util/libxlu_pci.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Mapping

from ..common.problem import shown as quoted
from .keys_xl import words
from .releases import Release, shown

_FIRST: Release = (4, 14)
_EVER: Release = (99, 0)
_MOST = 2**32 - 1
# More processors than a set is counted for.
_MANY = 4096
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HEX = r"(?:0[xX])?[0-9a-fA-F]+"
_PORTS = re.compile(rf"\s*({_HEX})(?:(-)\s*({_HEX})?(.*))?.*", re.DOTALL)
_MEMORY = re.compile(rf"\s*{_HEX},\s*{_HEX}(@\s*{_HEX})?")
_CPUS = re.compile(r"\s*([+-]?[0-9]+)(?:-\s*([+-]?[0-9]+))?")
_PCI = re.compile(r"(?:([0-9a-fA-F]+):)?([0-9a-fA-F]+):([0-9a-fA-F]+)\.(\*|[0-9a-fA-F]+)")
_SLOT = re.compile(r"@([0-9a-fA-F]+)")
_PCI_OPTIONS = {
    **words("permissive msitranslate seize power_mgmt rdm_policy", _FIRST),
    **words("bdf vslot name", (4, 15)),  # 66c2fbc6e8 and others
}
_SOUND_PARAMETERS = "sample-rates sample-formats channels-min channels-max buffer-size"
_SOUND = {
    "card": f"{_SOUND_PARAMETERS} backend short-name long-name",
    "pcm": f"{_SOUND_PARAMETERS} name",
    "stream": f"{_SOUND_PARAMETERS} unique-id type",
}
_SAMPLES = frozenset(
    "s8 u8 s16_le s16_be u16_le u16_be s24_le s24_be u24_le u24_be s32_le s32_be u32_le u32_be f32_le f32_be "
    "f64_le f64_be iec958_subframe_le iec958_subframe_be mu_law a_law ima_adpcm mpeg gsm".split()
)
_SMBIOS = frozenset(
    "bios_vendor bios_version system_manufacturer system_product_name system_version system_serial_number "
    "baseboard_manufacturer baseboard_product_name baseboard_version baseboard_serial_number baseboard_asset_tag "
    "baseboard_location_in_chassis enclosure_manufacturer enclosure_serial_number enclosure_asset_tag "
    "battery_manufacturer battery_device_name oem".split()
)


@dataclass(frozen=True)
class Form:
    """Describe a device that is written as key=value pairs at commas.

    ``known`` are the keys with their first releases. ``required`` are those that it cannot do without. ``choices`` are the
    only words of a key, which libxl compares without regard to case. ``lenient`` forms pass unknown keys and take words as
    they are. Up to the release ``stops``, xl ignores the rest behind a part that is no pair.
    """

    known: Mapping[str, Release]
    required: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lenient: bool = False
    stops: Release = (0, 0)


_VKB = (
    "backend backend-type unique-id feature-disable-keyboard feature-disable-pointer feature-abs-pointer feature-raw-pointer "
    "feature-multi-touch multi-touch-width multi-touch-height multi-touch-num-contacts width height"
)
FORMS: Mapping[str, Form] = {
    "vtpm": Form(words("backend uuid", _FIRST), ("backend",), stops=_EVER),
    # Without a path or a tag, xen_9pfsd of 4.19 on has defaults.
    "p9": Form(
        {
            **words("tag path security_model backend", _FIRST),
            **words("type max-files max-open-files max-space auto-delete", (4, 19)),
        },
        ("tag", "path", "security_model"),
        {"type": ("qemu", "xen_9pfsd")},
        stops=(4, 17),
    ),
    "pvcalls": Form(words("backend", _FIRST), stops=_EVER),
    # The name is asked for by libxl__init_console_from_channel of libxl_console.c.
    "channel": Form(
        words("backend name path connection", _FIRST), ("name", "connection"), {"connection": ("pty", "socket")}, True
    ),
    "usbctrl": Form(words("type version ports", _FIRST), (), {"type": ("auto", "pv", "devicemodel", "qusb")}),
    "usbdev": Form(words("type hostbus hostaddr controller port", _FIRST), (), {"type": ("hostdev",)}),
    "vdispl": Form(words("backend be-alloc connectors", _FIRST), ("connectors",)),
    "virtio": Form(words("backend type transport grant_usage", (4, 18)), (), {"transport": ("mmio", "unknown")}),
    "vkb": Form(words(_VKB, _FIRST), ("backend-type",), {"backend-type": ("qemu", "linux", "unknown")}),
}


def device(key: str, text: str, release: Release) -> str:
    """Check one device of a list.

    >>> device("vtpm", "uuid=1", (4, 17))
    'lacks backend='
    >>> device("usbctrl", "type=qusb,verson=2", (4, 17))
    "holds 'verson', which is not a key of usbctrl"
    """
    form = FORMS[key]
    given: dict[str, str] = {}
    # The type of a virtio device holds a comma, as in virtio,device22 (parse_virtio_list).
    parts = re.sub("(type=virtio[^,]*),", r"\1;", text) if key == "virtio" else text
    for part in filter(None, parts.split(",")):
        name, equal, value = part.strip(" ").partition("=")
        name = name.strip()
        if not equal and release <= form.stops:
            break
        if not equal:
            return f"holds {quoted(part)}, which is not key=value"
        if name not in form.known and not form.lenient:
            return f"holds {quoted(name)}, which is not a key of {key}"
        if release < form.known.get(name, _FIRST):
            return f"holds {name}, which came with Xen {shown(form.known[name])}"
        word = value.strip() if form.lenient else value.strip().lower()
        if name in form.choices and word not in form.choices[name]:
            return f"holds {name}={quoted(value)}, which is none of {', '.join(form.choices[name])}"
        given[name] = value.strip()
    if key == "p9" and given.get("type", "").lower() == "xen_9pfsd":
        required: tuple[str, ...] = ("security_model",)
    else:
        required = form.required
    missing = [name for name in required if name not in given]
    if missing:
        return f"lacks {missing[0]}="
    if key == "channel" and given["connection"] == "socket" and not given.get("path"):
        return "lacks path=, which a socket needs"
    if "uuid" in given and not _UUID.fullmatch(given["uuid"]):
        return "holds a uuid that must have the form 01234567-89ab-cdef-0123-456789abcdef"
    return ""


def usb_device(text: str) -> str:
    """Check that a device of ``usbdev`` has an address (usbdev_busaddr_to_busid of libxl_usb.c).

    >>> usb_device("hostbus=1,hostaddr=3"), usb_device("hostbus=1")
    ('', 'has no hostaddr above 0')
    """
    given = _options(text)
    missing = [name for name in ("hostbus", "hostaddr") if _leading(given.get(name, "")) < 1]
    return f"has no {missing[0]} above 0" if missing else ""


def usb_controller(text: str, kind: str) -> str:
    """Check version and ports of a controller of ``usbctrl`` in a guest of that type (libxl__device_usbctrl_setdefault).

    >>> usb_controller("version=3", "hvm"), usb_controller("version=3", "pv"), usb_controller("version=2,ports=8", "hvm")
    ('', 'has no version that it can have: 1 or 2', 'must have 6 ports, or none given')
    """
    given = _options(text)
    version, ports = _leading(given.get("version", "")) or 2, _leading(given.get("ports", ""))
    emulated = given.get("type", "auto").lower() == "devicemodel" or (kind == "hvm" and given.get("type", "auto").lower() == "auto")
    if not 1 <= version <= (3 if emulated else 2):
        return f"has no version that it can have: {'1, 2 or 3' if emulated else '1 or 2'}"
    if emulated and version < 3:
        fixed = {1: 2, 2: 6}[version]
        return f"must have {fixed} ports, or none given" if ports not in (0, fixed) else ""
    most = 15 if emulated else 31
    return f"must have {most} ports at most" if not 0 <= ports <= most else ""


def _options(text: str) -> dict[str, str]:
    """Return the key=value pairs of a device."""
    pairs = (part.strip(" ").partition("=") for part in text.split(","))
    return {name: value for name, equal, value in pairs if equal}


def _leading(text: str) -> int:
    """Return the number that a text begins with, 0 without one, as atoi(3) does."""
    found = re.match(r"\s*([+-]?[0-9]{1,9})", text)
    return int(found.group(1)) if found else 0


def uuid(text: str) -> str:
    """Check a uuid (libxl_uuid_from_string, which is uuid_parse(3)).

    >>> uuid("01234567-89ab-cdef-0123-456789abcdef"), uuid("0123456789abcdef0123456789abcdef")
    ('', 'must have the form 01234567-89ab-cdef-0123-456789abcdef')
    """
    return "" if _UUID.fullmatch(text) else "must have the form 01234567-89ab-cdef-0123-456789abcdef"


def processors(text: str) -> str:
    """Check a set of host processors (parse_cpurange).

    >>> processors("0-3,^2,node:1"), processors("3-1"), processors("0-3,^all")
    ('', "'3-1' is not a range of processors", "takes all away with '^all'")
    """
    return _processor_set(text)[0]


def pinned(text: str) -> str:
    """Check a set of host processors that must not be empty (apply_global_affinity_masks of xl_vcpu.c).

    >>> pinned("0,^0"), pinned("all,^0")
    ('holds no processor', '')
    """
    problem, empty = _processor_set(text)
    return problem or ("holds no processor" if empty else "")


def _processor_set(text: str) -> tuple[str, bool]:
    """Return what is wrong with a set, and whether it is surely empty."""
    single: set[int] = set()
    unknown = False
    for part in filter(None, text.split(",")):
        taken = part.startswith("^")
        rest = part[1:] if taken else part
        prefix = next((prefix for prefix in ("node:", "nodes:") if rest.startswith(prefix)), "")
        rest = rest[len(prefix) :]
        if rest == "all" and taken:
            return f"takes all away with {quoted(part)}", False
        found = _CPUS.fullmatch(rest)
        first, last = (int(found.group(1)), int(found.group(2) or found.group(1))) if found else (0, -1)
        # strtoul(3) reads -1 as the largest number, which parse_range takes for an error.
        if rest != "all" and (last < first or -1 in (first, last)):
            return f"{quoted(part)} is not a range of processors", False
        if taken:
            single = {number for number in single if not first <= number <= last or prefix}
        elif rest == "all" or prefix or last - first > _MANY:
            unknown = True
        else:
            single.update(range(max(first, 0), last + 1))
    return "", not single and not unknown


def ports(text: str) -> str:
    """Check a range of I/O ports, in hexadecimal digits. Behind a first number xl only warns of what is not a range of processors.

    >>> ports("3f8-3ff"), ports("port1"), ports("3f8-")
    ('', "'port1' is not a range of I/O ports in hexadecimal digits", "'3f8-' is not a range of I/O ports in hexadecimal digits")
    """
    found = _PORTS.fullmatch(text)
    bad = not found or bool(found.group(2) and (not found.group(3) or found.group(4)))
    if bad:
        return f"{quoted(text)} is not a range of I/O ports in hexadecimal digits"
    numbers = [int(number, 16) for number in found.groups()[0:3:2] if number] if found else []
    return f"{quoted(text)} is too large" if max(numbers) >= _MOST else ""


def interrupt(text: str) -> str:
    """Check the number of an interrupt, in decimal digits.

    >>> interrupt("4"), interrupt("0x4")
    ('', "'0x4' is not the number of an interrupt in decimal digits")
    """
    if not re.fullmatch(r"\s*[+-]?[0-9]+", text):
        return f"{quoted(text)} is not the number of an interrupt in decimal digits"
    return f"{quoted(text)} is too large" if not 0 <= int(text) < _MOST else ""


def memory_pages(text: str) -> str:
    """Check a range of the host's memory: START,NUMBER[@GFN] in pages, in hexadecimal digits.

    >>> memory_pages("fe000,1@fe000"), memory_pages("fe000")
    ('', "'fe000' is not of the form START,NUMBER or START,NUMBER@GFN in hexadecimal digits")
    """
    form = "START,NUMBER or START,NUMBER@GFN in hexadecimal digits"
    return "" if _MEMORY.fullmatch(text) else f"{quoted(text)} is not of the form {form}"


def pci_device(text: str, release: Release) -> str:
    """Check a PCI device of xl-pci-configuration(5) (xlu_pci_parse_spec_string, and xlu_pci_parse_bdf up to 4.14).

    >>> pci_device("0000:03:00.0@5,permissive=1", (4, 17)), pci_device("03.00.0", (4, 17))
    ('', "'03.00.0' is not a PCI device such as 0000:03:00.0")
    """
    wrong = f"{quoted(text)} is not a PCI device such as 0000:03:00.0"
    found = _PCI.match(text)
    rest, by_name, by_address = text, False, bool(found)
    if found:
        device_limit = 0x1F if release >= (4, 15) else 0xFF
        numbers = [0 if number in (None, "*") else int(number, 16) for number in found.groups()]
        slot = _SLOT.match(text, found.end())
        if slot:
            numbers.append(int(slot.group(1), 16))
        if any(number > limit for number, limit in zip(numbers, (0xFFFF, 0xFF, device_limit, 0x7, device_limit))):
            return wrong
        rest = text[(slot or found).end() :]
        if rest and not rest.startswith(","):
            return wrong
        rest = rest[1:]
    for option in filter(None, rest.split(",")):
        name, equal, value = option.partition("=")
        if not equal and not found:
            return wrong
        if not equal or name not in _PCI_OPTIONS or release < _PCI_OPTIONS[name]:
            return f"{quoted(name)} is not an option of a PCI device"
        if name == "rdm_policy" and value.lower() not in ("strict", "relaxed"):
            return f"{quoted(option)} is neither strict nor relaxed"
        if name == "bdf" and not _PCI.match(value):
            return f"{quoted(value)} is not a PCI device such as 0000:03:00.0"
        by_name, by_address = by_name or name == "name", by_address or name == "bdf"
    return "" if by_name != by_address else f"{quoted(text)} names no PCI device, or names it twice"


def sound_card(items: list[object]) -> str:
    """Check the items of one card of ``vsnd`` (parse_vsnd_item): CARD, PCM or STREAM, then key=value pairs, at commas.

    >>> sound_card(["card,short-name=a", "pcm,name=b", "stream,type=P"]), sound_card(["pcms"]), sound_card(["pcm,type=P"])
    ('', "'pcms' is none of card, pcm and stream", "'type=P' is not an option of pcm")
    """
    for item in items:
        if not isinstance(item, (str, int)):
            break
        kind, *options = [part.lstrip(" ") for part in str(item).split(",") if part] or [""]
        known = _SOUND.get(kind.lower(), "").split()
        if kind and not known:
            return f"{quoted(kind)} is none of card, pcm and stream"
        for option in options:
            name, equal, value = option.partition("=")
            if not equal or name not in known:
                return f"{quoted(option)} is not an option of {kind.lower()}"
            if name == "type" and value.upper() not in ("P", "C"):
                return f"{quoted(option)} is neither P nor C"
            if name == "sample-formats" and not {word.lower() for word in value.split(";") if word} <= _SAMPLES:
                return f"{quoted(option)} has a format that libxl does not know"
    return ""


def smbios(text: str) -> str:
    """Check a string of SMBIOS (4.18 on): TYPE=VALUE.

    >>> smbios("system_manufacturer=Example"), smbios("vendor=Example")
    ('', "'vendor' is not a type of SMBIOS string")
    """
    name, equal, value = text.partition("=")
    if not equal or not value:
        return f"{quoted(text)} is not of the form TYPE=VALUE"
    return "" if name.lower() in _SMBIOS else f"{quoted(name)} is not a type of SMBIOS string"


def quota(text: str) -> str:
    """Check a quota of xenstore (4.22 on): NAME=NUMBER.

    >>> quota("nodes=1000"), quota("nodes")
    ('', "'nodes' is not of the form NAME=NUMBER")
    """
    _name, equal, value = text.partition("=")
    fits = equal and re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,11}", value)
    return "" if fits else f"{quoted(text)} is not of the form NAME=NUMBER"


def cache_colors(text: str) -> str:
    """Check a range of colors of the last level cache (4.20 on).

    >>> cache_colors("0-3"), cache_colors("3-1")
    ('', "'3-1' is not a range of colors")
    """
    found = re.match(r"\s*([0-9]+)(?:-\s*([0-9]+))?", text)
    wrong = not found or (found.group(2) and int(found.group(2)) < int(found.group(1)))
    return f"{quoted(text)} is not a range of colors" if wrong else ""


def virtual_node(option: object) -> str:
    """Check an option of a node of ``vnuma`` (parse_vnuma_config).

    >>> virtual_node("size=512"), virtual_node("size"), virtual_node("pnode=a")
    ('', "'size' is not key=value", "'pnode=a' is not a number")
    """
    text = str(option)
    key, equal, value = text.partition("=")
    if not equal or not value or not key:
        return f"{quoted(text)} is not key=value"
    numbers = value.split(",") if key.strip() == "vdistances" else [value] if key.strip() in ("pnode", "size") else []
    return "" if all(re.match(r"\s*[0-9]+", number) for number in numbers) else f"{quoted(text)} is not a number"
