# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read devices that settings hold as texts, and which domains serve them (pure)."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

# The names of dom0 that libxl takes: its name and its number.
_DOM0 = ("", "0", "Domain-0")
# Settings whose texts have a part backend=DOMAIN (xl.cfg(5) and xl_parse.c; vtpm of xm, too).
_WITH_BACKEND = ("channel", "p9", "pvcalls", "vdispl", "virtio", "vkb", "vsnd", "vtpm")


def texts_of(value: Any) -> list[str]:
    """Return the texts of a setting that is one, a number, or a list of them; of a list in a list its texts, too.

    >>> texts_of("a"), texts_of(["a", 1]), texts_of([["a", "b"], "c"]), texts_of(None)
    (['a'], ['a', '1'], ['a', 'b', 'c'], [])
    """
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def parts_of(text: str) -> dict[str, str]:
    """Return the parts key=value of a device's text, which commas separate.

    >>> parts_of("card,backend=netdom, uuid = 1")
    {'backend': 'netdom', 'uuid': '1'}
    """
    pairs = (part.partition("=") for part in text.split(","))
    return {key.strip(): value.strip() for key, equal, value in pairs if equal}


def server_of(backend: str) -> str:
    """Return a domain in one way of writing it: "" for dom0.

    >>> server_of("Domain-0"), server_of("netdom")
    ('', 'netdom')
    """
    return "" if backend in _DOM0 else backend


def is_driver_domain(backend: str) -> bool:
    """Return whether a back end is in a domain that a name identifies: not in dom0, nor in a domain given by its number.

    >>> is_driver_domain("netdom"), is_driver_domain("Domain-0"), is_driver_domain("3")
    (True, False, False)
    """
    return bool(server_of(backend)) and not backend.isdigit()


def backends_in(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the key and the back end's domain of each device in settings that has one.

    >>> list(backends_in({"vtpm": ["backend=tpm1,uuid=1"], "vscsi": ["/dev/sdx,0:0:0:0,disks"]}))
    [('vtpm', 'tpm1'), ('vscsi', 'disks')]
    """
    for key in _WITH_BACKEND if settings else ():
        for text in texts_of(settings.get(key)):
            backend = parts_of(text).get("backend")
            if backend:
                yield key, backend
    # The third part of a SCSI device of xm: PDEV,VDEV,DOMAIN.
    for text in texts_of(settings.get("vscsi")):
        if text.count(",") > 1:
            yield "vscsi", text.split(",")[2].strip()
