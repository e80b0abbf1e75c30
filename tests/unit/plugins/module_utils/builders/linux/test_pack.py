# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packing, once with the real programs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    layout_files,
    pack,
    tools,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.layout import Layout
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run


def test_a_packer_without_a_version() -> None:
    with pytest.raises(BuildError, match="mksquashfs does not run: nothing. Remedy: install squashfs-tools."):
        pack.packer_version(lambda argv: Result(argv, 0, "", ""))


@pytest.mark.parametrize("epoch", ["", "12345"])
def test_the_real_packers(epoch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same plan gives the same bytes at another time and with another umask."""
    if tools.run_tool(["mksquashfs", "-version"]).rc == 127 or run(["cpio", "--version"]).rc != 0:
        pytest.skip("squashfs-tools and cpio are not installed here")
    if epoch:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    packs = []
    for name, mask in (("one", 0o022), ("two", 0o077)):
        made = Layout(("dev",), {})
        made.add_file("usr/bin/a b", layout_files.text_of("text"), 0o755)
        made.add_link("init", "usr/bin/a b")
        folder = tmp_path / name
        (folder / "stage").mkdir(parents=True)
        old = os.umask(mask)
        try:
            layout_files.write_layout(made, folder / "stage")
            pack.pack_squashfs(folder / "stage", folder / "root.squashfs", tools.run_tool)
            pack.pack_initramfs(folder / "stage", folder / "rootfs", tools.run_tool)
        finally:
            os.umask(old)
        packs.append(((folder / "root.squashfs").read_bytes(), (folder / "rootfs").read_bytes()))
        time.sleep(1.1)
    assert packs[0] == packs[1]
    assert packs[0][0][:4] == b"hsqs"
    members = [part.partition(b"\0")[0] for part in packs[0][1].split(b"070701")[1:]]
    assert [member[104:].decode() for member in members] == [
        "dev",
        "init",
        "usr",
        "usr/bin",
        "usr/bin/a b",
        "TRAILER!!!",
    ]
    # User and group are the third and fourth number, the time the sixth.
    assert {(member[16:24], member[24:32], member[40:48]) for member in members} == {(b"0" * 8,) * 3}
