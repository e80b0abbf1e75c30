# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write targets of QEMU that are not paths in one way: two guests open one image with other names and passwords (pure).

Sources: block/rbd.c, block/iscsi.c, block/nbd.c and the protocols of qemu-block-drivers(7).
"""

from __future__ import annotations

import re
from typing import Iterator, Sequence

_URL = re.compile(r"([a-z][a-z0-9.-]*)(?:\+tcp)?://(?:[^/@\s]*@)?(\[[^\]/]*\]|[^/:]*)(?::([0-9]{1,5}))?(/.*)?")
_PORTS = {"iscsi": "3260", "nbd": "10809", "gluster": "24007", "ssh": "22"}
_RBD = re.compile(r"rbd:((?:[^:\\]|\\.)+)(.*)")
# Which cluster it is; the other options have who opens it, and how.
_CLUSTER = ("conf", "cluster", "mon_host", "mon-host")
_NBD = re.compile(r"nbd:(\[[^\]]*\]|[^:/]+):([0-9]{1,5})(?::exportname=(.*))?")
_QEMU_OPTIONS = ("-drive", "-blockdev")
_IMAGES = ("-hda", "-hdb", "-hdc", "-hdd", "-fda", "-fdb")
# A word alone is on.
_ON = ("on", "yes", "true", "")


def same_target(target: str) -> str:
    """Return the target in one way of writing it.

    >>> same_target("rbd:rbd/a:id=web:key=x"), same_target("iscsi://web%x@10.0.0.9/iqn.a/0")
    ('rbd:rbd/a', 'iscsi://10.0.0.9:3260/iqn.a/0')
    >>> same_target("nbd:10.0.0.7:10809:exportname=a") == same_target("nbd://10.0.0.7/a")
    True
    """
    rbd, nbd = _RBD.fullmatch(target), _NBD.fullmatch(target)
    if rbd:
        options = re.split(r"(?<!\\):", rbd.group(2))
        return ":".join([f"rbd:{rbd.group(1)}", *sorted(option for option in options if option.split("=")[0] in _CLUSTER)])
    if nbd:
        return f"nbd://{nbd.group(1).lower()}:{nbd.group(2)}/{nbd.group(3) or ''}"
    url = _URL.fullmatch(target)
    if not url:
        return target
    scheme, host, port, path = url.groups()
    number = port or _PORTS.get(scheme, "")
    return f"{scheme}://{host.lower()}{':' if number else ''}{number}{path or '/'}"


def written_by(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the paths of images that arguments of QEMU give it for writing.

    >>> list(written_by(["-drive", "file=/a,if=virtio", "-drive", "file=/b,readonly=on", "-hdb", "/c"]))
    ['/a', '/c']
    """
    for word, value in zip(arguments, arguments[1:]):
        name = f"-{word.lstrip('-')}" if word.startswith("-") else ""
        path = _image_of(value) if name in _QEMU_OPTIONS else value if name in _IMAGES else ""
        if path.startswith("/"):
            yield path


def _image_of(text: str) -> str:
    """Return the path of a drive, "" where QEMU does not write to it."""
    pairs = (part.partition("=") for part in text.split(","))
    options = {name: value for name, _equal, value in pairs}
    is_read = any(options.get(name) in _ON for name in ("readonly", "read-only", "snapshot", "file.read-only"))
    if is_read or options.get("media") == "cdrom":
        return ""
    return next((options[name] for name in ("file", "filename", "file.filename") if name in options), "")
