# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sources that a tree needs and does not have."""

from __future__ import annotations

import shutil

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.minios import MINIOS_COMPONENTS
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import Host


def test_sums_are_sums() -> None:
    assert all(len(sha256) == 64 and int(sha256, 16) for sha256 in MINIOS_COMPONENTS.values())
    assert len(set(MINIOS_COMPONENTS.values())) == len(MINIOS_COMPONENTS) == 6


def test_a_zero_byte_download_in_the_tree(host: Host) -> None:
    """As wget leaves it. The mirror's is taken; without a mirror it is an error, not an input."""
    host.tree.write("stubdom/newlib-1.16.0.tar.gz", "")
    for file in host.tree.mirror.glob("*"):
        if file.name not in ("newlib-1.16.0.tar.gz",) and not file.name.startswith(("mini-os", "qemu")):
            shutil.copy(file, host.tree.root / "stubdom")
    assert host.build(targets=("pvgrub32",)).changed
    said = host.refused_before_make(mirror="", targets=("pvgrub",))
    assert "newlib-1.16.0.tar.gz, which the tree needs: stubdom/newlib-1.16.0.tar.gz of the tree has 0 bytes" in said
    assert "zlib" not in said, "what lies in the tree, and is right, needs no mirror"
    (host.tree.mirror / "newlib-1.16.0.tar.gz").unlink()
    said = host.refused_before_make(targets=("pvgrub",))
    assert "of the tree has 0 bytes" in said and "is not a file of the build host" in said


def test_a_wrong_checksum(host: Host) -> None:
    said = host.refused_before_make(checksums={**host.tree.checksums, "zlib-1.2.3.tar.gz": "0" * 64})
    assert f"zlib-1.2.3.tar.gz, which the tree needs: {host.tree.mirror}/zlib-1.2.3.tar.gz has sha256 " in said
    archive = host.tree.archive()
    assert f"not {'0' * 64}. Remedy: " in host.refused_before_make(tree="", archive=str(archive), sha256="0" * 64)
    # Nor is what was fetched kept.
    said = host.refused_before_make(tree="", archive=f"file://{archive}", sha256="0" * 64)
    assert list((host.dest / ".minios-stubdom/components").iterdir()) == []


def test_everything_that_the_mirror_lacks_is_reported_at_once(host: Host) -> None:
    for name in ("zlib-1.2.3.tar.gz", "mini-os-xen-RELEASE-4.17.5.tar.gz"):
        (host.tree.mirror / name).unlink()
    sums = {**host.tree.checksums, "zlib-1.2.3.tar.gz": "1" * 64}
    said = host.refused_before_make(checksums=sums)
    zlib, mini_os = said.splitlines()
    assert zlib == (
        f"zlib-1.2.3.tar.gz, which the tree needs: {host.tree.mirror}/zlib-1.2.3.tar.gz is not a file of the build host. "
        "Remedy: name one that exists."
    )
    assert mini_os == (
        "mini-os-xen-RELEASE-4.17.5.tar.gz: its sha256 is unknown. Remedy: give it in checksums in "
        "stubdom_xen_sources, or build_minios_stubdom_checksums (option checksums of minios_stubdom_image)."
    )


def test_offline_without_a_mirror(host: Host) -> None:
    said = host.refused_before_make(mirror="", targets=("pvgrub",))
    assert said.count("Remedy: name a folder or a URL that has it in mirror in stubdom_xen_sources") == 7
    assert not host.asked.exists()


def test_a_mirror_by_url_is_asked_once(host: Host) -> None:
    """What was fetched stays for the next build."""
    url = f"file://{host.tree.mirror}/"
    host.build(mirror=url, targets=("pvgrub",))
    assert host.left() == ["components", "lock"]
    sums = host.tree.checksums
    for file in host.tree.mirror.iterdir():
        file.unlink()
    host.tree.write("tools/README", "another tree")
    assert host.build(mirror=url, targets=("pvgrub",), checksums=sums).changed is False
    kept = next((host.dest / ".minios-stubdom/components").glob("*zlib*"))
    kept.write_bytes(b"")
    host.tree.write("tools/README", "a third one")
    assert "zlib-1.2.3.tar.gz cannot be fetched" in host.refused(mirror=url, targets=("pvgrub",), checksums=sums)


def test_no_revision_of_what_is_apart(host: Host) -> None:
    host.tree.change("Config.mk", "MINIOS_UPSTREAM_REVISION ?= xen-RELEASE-4.17.5", "MINIOS_UPSTREAM_REVISION ?= $(X)")
    assert "the tree has no extras/mini-os, and its Config.mk does not name" in host.refused_before_make()


def test_a_tree_of_3_3_without_its_qemu(old: Host) -> None:
    shutil.rmtree(str(old.tree.root / "tools/ioemu"))
    assert "the tree has no tools/ioemu" in old.refused_before_make()
