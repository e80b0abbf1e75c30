# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The string of a disk in every spelling; tests/xl_offline compares the whole file before the real xl."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.definitions.disk_string import (
    DiskString,
    DiskSyntaxError,
    read_xl_disk,
    read_xm_disk,
)

A = {"target": "/a", "vdev": "xvda", "format": "raw"}


@pytest.mark.parametrize(
    "text, parts",
    [
        ("/a,raw,xvda,rw", A),
        ("/a,,xvda", A),
        ("/a,raw,xvda,w,", A),
        ("phy:/a,xvda,w", A),
        ("file:/a,xvda,w", A),
        ("tap:aio:/a,xvda,w", A),
        ("tap2:tapdisk:aio:/a,xvda,w", A),
        ("ioemu:phy:/a,xvda", A),
        ("raw:/a,xvda,w", A),
        (" format=raw,\tvdev=xvda, access=rw, target=/a", A),
        ("vdev=xvda,target=/a", A),
        ("devtype=disk,vdev=xvda,/a", A),
        ("/a,qcow2,xvda", {**A, "format": "qcow2"}),
        ("tap:qcow2:/a,xvda,w", {**A, "format": "qcow2"}),
        ("vhd:/a,xvda,w", {**A, "format": "vhd"}),
        ("/a,raw,xvda,r", {**A, "access": "ro"}),
        ("phy:/a,xvda:disk,r", {**A, "access": "ro"}),
        ("phy:/a,hdc:cdrom,r", {**A, "vdev": "hdc", "cdrom": True, "access": "ro"}),
        ("/a,raw,hdc,cdrom", {**A, "vdev": "hdc", "cdrom": True, "access": "ro"}),
        ("vdev=hdc,devtype=cdrom,target=/a", {**A, "vdev": "hdc", "cdrom": True, "access": "ro"}),
        (",hdc:cdrom,r", {"vdev": "hdc", "cdrom": True, "access": "ro", "format": "empty"}),
        (",raw,hdc,cdrom", {"vdev": "hdc", "cdrom": True, "access": "ro", "format": "empty"}),
        ("vdev=hdc,cdrom", {"vdev": "hdc", "cdrom": True, "access": "ro", "format": "empty"}),
        ("drbd:r0,xvda,w", {**A, "target": "r0", "script": "block-drbd"}),
        ("iscsi:iqn,xvda,w", {**A, "target": "iqn", "script": "block-iscsi"}),
        ("script=block-x,vdev=xvda,target=a=1,b=2", {**A, "target": "a=1,b=2", "script": "block-x"}),
        ("vdev=xvda,target=/a,,", {**A, "target": "/a,"}),
        ("/a,raw,xvda,discard,direct-io-safe", {**A, "options": {"discard": "", "direct-io-safe": ""}}),
        ("vdev=xvda,backendtype=qdisk,backend=d,target=nbd:h:1", {
            **A, "target": "nbd:h:1", "options": {"backendtype": "qdisk", "backend": "d"}}),
        ("vdev=xvda,colo,colo-host=h,target=/a", {**A, "options": {"colo": "", "colo-host": "h"}}),
        ("rbd:p/i,raw,xvda", {**A, "target": "rbd:p/i"}),
    ],
)  # fmt: skip
def test_what_xl_reads(text: str, parts: dict[str, Any]) -> None:
    assert read_xl_disk(text) == DiskString(**parts)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "names no virtual device"),
        ("/a", "names no virtual device"),
        ("/a,raw", "names no virtual device"),
        ("vdev=xvda", "names no target"),
        ("/a,rav,xvda", "has an unknown format"),
        ("/a,raw,xvda,rx", "has an unknown access"),
        ("/a,raw,xvda,r,w", "has too many parts without a name"),
        ("/a,raw,xvda:floppy", "has an unknown type behind the virtual device"),
        ("/a,raw,xvda,devtype=floppy", "has an unknown devtype"),
        ("qcow2:/a,xvda,format=raw", "has two formats"),
        ("/a,raw,xvda,vdev=xvdb", "has two values of vdev"),
        ("/a,raw,xvda,size=3", "has a part that xl does not know"),
        ("cow:/a,xvda", "begins with a word that xl does not know"),
    ],
)
def test_what_xl_refuses(text: str, reason: str) -> None:
    with pytest.raises(DiskSyntaxError, match=f"^{reason}$"):
        read_xl_disk(text)


def test_what_xm_reads() -> None:
    assert read_xm_disk("phy:vg0/a,xvda,w") == DiskString("/dev/vg0/a", "xvda", prefix="phy:")
    assert read_xm_disk("tap:aio:/a,xvda1,r") == DiskString("/a", "xvda1", access="ro", prefix="tap:aio:")
    assert read_xm_disk("tap2:tapdisk:vhd:/a,xvda,w").prefix == "tap2:tapdisk:vhd:"
    assert read_xm_disk("file:/a,hdc:cdrom,r") == DiskString("/a", "hdc", access="ro", cdrom=True, prefix="file:")
    assert read_xm_disk("file:/a,hda,w,diskdom") == DiskString("/a", "hda", prefix="file:", options={"backend": "diskdom"})
    for text in ("/a", "file:/a,hda", "file:/a,hda,w!", "file:/a,hda,w,d,x"):
        with pytest.raises(DiskSyntaxError):
            read_xm_disk(text)
