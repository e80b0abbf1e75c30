# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook deploy makes a host of Xen 4.17 able to run mini-OS stub domains, with a small source tree, and remove.yml
restores the host. Both hosts are the folders of test_deploy_minios.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from test_deploy_minios import Fleet, program

BOOT, BIN = "usr/lib/xen-4.17/boot", "usr/lib/xen-4.17/bin"
KEYMAPS = "usr/local/share/xen/qemu/keymaps"
DEBIANS = b"\x7fELF seabios\0ovmf\0"


class ToolsFleet(Fleet):
    """One host of 4.17 whose Xen is as Debian's, with a guest of scheme minios, and a tree of that release."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        from xen_tree import XenTree

        self.tree = XenTree(folder / "src417", "4.17", apart=False)
        # The firmware of the distribution is in this one, too, as it is from 4.8 on.
        self.tree.change("tools/firmware/hvmloader/hvmloader.c", "int main", 'const char bios[] = "seabios\\0ovmf\\0";\nint main')
        for name in ("as86", "ld86", "bcc", "iasl"):
            program(self.tree.bin / name, "#!/bin/sh\n")
        header = 'case "$*" in *"-include zlib.h"*) exit 0;; esac'
        program(self.tree.bin / "gcc", f'#!/bin/sh\n{header}\nPATH=${{PATH#{self.tree.bin}:}} exec /usr/bin/gcc "$@"\n')
        self.source = {"tree": str(self.tree.root), "mirror": str(self.tree.mirror), "checksums": self.tree.checksums}
        for name in (BOOT, BIN):
            (self.new.root / name).mkdir(parents=True)
        (self.new.root / BOOT / "hvmloader").write_bytes(DEBIANS)
        self.guests["old"] = []
        self.guests["new"] = [
            {"name": "win2", "type": "hvm", "memory": 128, "device_model": {"scheme": "minios"}, "disks": [self.new.disk()]}
        ]

    def play(self, *options: str, playbook: str = "deploy", **source: Any) -> tuple[tuple[int, int, int], str]:
        """Return what the play counted on the host of 4.17, and what was seen."""
        sources = {"4.17": {**self.source, **source}}
        places = {"remove_proofs": str(self.new.folder / "proofs"), "guests_lock": str(self.new.folder / "lock")}
        found, said = self.deploy("--limit", "new", *options, playbook=playbook, stubdom_xen_sources=sources, **places)
        return found["new"], said


@pytest.fixture
def fleet(tmp_path: Path) -> ToolsFleet:
    return ToolsFleet(tmp_path)


def test_a_host_with_debian_s_xen(fleet: ToolsFleet) -> None:
    new = fleet.new
    before = new.files()
    counted, said = fleet.play("--check", "--diff", host_tools=True)
    assert counted[1:] == (0, 0), said[-6000:]
    assert new.files() == before

    counted, said = fleet.play(host_tools=True)
    assert counted[1:] == (0, 0), said[-6000:]
    loader = new.root / BOOT / "hvmloader"
    ours = loader.read_bytes()
    assert b"Bochs team" in ours
    assert loader.with_name("hvmloader.orig").read_bytes() == DEBIANS
    assert (new.root / BIN / "qemu-dm").stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in (new.root / KEYMAPS).iterdir()) == ["de", "en-us"]
    assert sorted(new.fake_xen.domains()) == ["Domain-0", "win2", "win2-dm"]
    fleet.tree.calls()
    counted, said = fleet.play(host_tools=True)
    assert (counted, fleet.tree.calls()) == ((0, 0, 0), []), said[-6000:]

    # An upgrade of the distribution's package.
    loader.write_bytes(DEBIANS + b"newer")
    _counted, said = fleet.play(playbook="status")
    assert "/usr/lib/xen-4.17/boot/hvmloader (replaced): not what this collection installed" in said
    loader.write_bytes(ours)

    agreed = ("-e", "stubdom_remove_hosts=new", "-e", "stubdom_remove_confirmed=true")
    counted, said = fleet.play(*agreed, playbook="remove")
    assert counted[1:] == (0, 0), said[-6000:]
    assert (loader.read_bytes(), new.files()) == (DEBIANS, before)


def test_a_source_without_host_tools(fleet: ToolsFleet) -> None:
    before = fleet.new.files()
    counted, said = fleet.play()
    assert counted[1] == 1, said[-4000:]
    assert "dom0 has no QEMU where libxl looks for it" in said
    assert 'set host_tools: true for "4.17" in stubdom_xen_sources' in said
    assert fleet.new.files() == before
