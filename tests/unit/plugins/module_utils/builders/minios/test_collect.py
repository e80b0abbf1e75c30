# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a build has installed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    collect,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import Image


def staged(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "into").mkdir()
    return folder


ELF = b"\x7fELF and more"

BOOT, BIN = "x86_64/usr/lib/xen/boot", "x86_64/usr/lib/xen/bin"


def test_the_first_release_candidates_have_one_name_for_both_widths(tmp_path: Path) -> None:
    place = staged(
        tmp_path,
        {f"{BOOT}/pv-grub.gz": gzip.compress(ELF), "x86_32/usr/lib/xen/boot/pv-grub.gz": gzip.compress(ELF + b"32")},
    )
    found = collect.collect_files(place, place / "into", ["pvgrub", "pvgrub32"])
    assert [(image.name, list(image.files)) for image in found.images] == [
        ("pv-grub-x86_64.gz", ["pv-grub-x86_64.gz"]),
        ("pv-grub-x86_32.gz", ["pv-grub-x86_32.gz"]),
    ]
    assert found.installed["pv-grub-x86_32.gz"]["path"] == "/usr/lib/xen/boot/pv-grub.gz"
    assert len(set(found.files.values())) == 2
    assert isinstance(found.images[0], Image)


@pytest.mark.parametrize(
    "target, files, said",
    [
        ("pvgrub", {}, "make succeeded and installed no pv-grub-x86_64.gz for pvgrub."),
        (
            "ioemu",
            {f"{BOOT}/ioemu-stubdom.gz": gzip.compress(ELF)},
            "make succeeded and installed no stubdom-dm for ioemu.",
        ),
        ("pvgrub", {f"{BOOT}/pv-grub-x86_64.gz": b""}, "pv-grub-x86_64.gz is damaged: it is not a program."),
        ("pvgrub", {f"{BOOT}/pv-grub-x86_64.gz": gzip.compress(ELF * 99)[:-9]}, "pv-grub-x86_64.gz is damaged"),
        ("pvgrub", {f"{BOOT}/pv-grub-x86_64.gz": gzip.compress(b"text")}, "pv-grub-x86_64.gz is damaged"),
        ("fs_back", {"x86_64/usr/sbin/fs-backend": b"#!"}, "fs-backend is damaged: it is not a program."),
        (
            "ioemu",
            {f"{BOOT}/ioemu-stubdom.gz": gzip.compress(ELF), f"{BIN}/stubdom-dm": b""},
            "stubdom-dm is damaged: it is empty.",
        ),
    ],
)
def test_damaged_and_missing_products(target: str, files: dict[str, bytes], said: str, tmp_path: Path) -> None:
    """A make that succeeds proves little."""
    place = staged(tmp_path, files)
    with pytest.raises(BuildError) as caught:
        collect.collect_files(place, place / "into", [target])
    assert str(caught.value).startswith(said)
