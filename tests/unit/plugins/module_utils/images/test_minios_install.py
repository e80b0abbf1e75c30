# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installing files of a mini-OS image in Xen's own folders: nothing of the host's is lost."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import minios_install, placed
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.minios_layout import XenFile
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import ImageError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.firmware import MARKS

SCRIPT = "/usr/lib/xen/bin/stubdom-dm"


def sum_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Host:
    """Hold a host's root and store; each call is a run of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.store = folder / "root", folder / "store"
        self._sources = folder / "sources"
        self._sources.mkdir()

    def stored(self, content: bytes, path: str = SCRIPT) -> XenFile:
        source = self._sources / f"{sum_of(content)[:8]}-{Path(path).name}"
        source.write_bytes(content)
        return XenFile(str(source), sum_of(content), path, 0o755)

    def at(self, path: str = SCRIPT) -> Path:
        return self.root / path[1:]

    def has(self, content: bytes, path: str = SCRIPT) -> Path:
        place = self.at(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def install(self, *files: XenFile) -> None:
        installer = minios_install.Installer(self.store, self.root)
        installer.check(files, lambda argv: Result(argv, 0, "", ""))
        installer.install(files)

    def refused(self, *files: XenFile, loader: Result | None = None) -> str:
        before = sorted((path, path.read_bytes()) for path in self.root.rglob("*") if path.is_file())
        with pytest.raises(BuildError) as caught:
            minios_install.Installer(self.store, self.root).check(files, lambda argv: loader or Result(argv, 0, "", ""))
        assert sorted((path, path.read_bytes()) for path in self.root.rglob("*") if path.is_file()) == before
        assert "Remedy: " in str(caught.value)
        return str(caught.value)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.at().parent.iterdir())


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_no_copy_is_made_of_our_own_files(host: Host) -> None:
    one, two = host.stored(b"one"), host.stored(b"two")
    assert minios_install.state_of([one], host.root) == {}
    host.install(one)
    assert minios_install.state_of([one], host.root) == {SCRIPT: (one.sha256, 0o755)}
    host.install(two)
    # Whatever the store still has of the version before.
    assert (host.at().read_bytes(), host.names()) == (b"two", ["stubdom-dm"])


def test_the_newest_file_of_the_host_is_kept(host: Host) -> None:
    """An upgrade of the distribution's package replaces our file."""
    ours = host.stored(b"ours")
    host.has(b"of the distribution").chmod(0o711)
    host.install(ours)
    copy = host.at(f"{SCRIPT}.orig")
    assert (copy.read_bytes(), copy.stat().st_mode & 0o777) == (b"of the distribution", 0o711)
    assert placed.changes(host.store, host.root) == []
    host.has(b"newer, of the distribution")
    assert placed.changes(host.store, host.root) == [{"path": SCRIPT, "state": "replaced"}]
    host.install(ours)
    assert (host.at().read_bytes(), copy.read_bytes()) == (b"ours", b"newer, of the distribution")
    assert placed.changes(host.store, host.root) == []
    host.at().unlink()
    assert placed.changes(host.store, host.root) == [{"path": SCRIPT, "state": "missing"}]


def test_a_copy_that_is_not_ours_is_not_replaced(host: Host) -> None:
    ours = host.stored(b"ours")
    host.has(b"the operator's", f"{SCRIPT}.orig")
    host.install(ours)
    host.at().unlink()
    host.has(b"of the distribution")
    said = host.refused(ours)
    assert "would be kept as stubdom-dm.orig, which exists and is another file. Remedy: move stubdom-dm.orig" in said
    # The same file is no loss: as an interrupted run leaves it.
    host.has(b"of the distribution", f"{SCRIPT}.orig")
    host.install(ours)
    assert host.at().read_bytes() == b"ours"


@pytest.mark.parametrize("last", ["copy", "record", "file"])
def test_an_interrupted_run_is_finished_by_the_next(host: Host, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [host.stored(b"ours"), host.stored(b"ours, too", "/usr/lib/xen/bin/stubdompath.sh")]
    for file in files:
        host.has(b"of the distribution", file.path)
    write, done = minios_install.write_atomic, []

    def interrupted(path: Path, content: bytes, mode: int) -> None:
        if len(done) == {"copy": 1, "record": 2, "file": 3}[last]:
            raise KeyboardInterrupt
        done.append(path)
        write(path, content, mode)

    monkeypatch.setattr(minios_install, "write_atomic", interrupted)
    with pytest.raises(KeyboardInterrupt):
        host.install(*files)
    monkeypatch.setattr(minios_install, "write_atomic", write)
    host.install(*files)
    assert [host.at(file.path).read_bytes() for file in files] == [b"ours", b"ours, too"]
    assert [host.at(f"{file.path}.orig").read_bytes() for file in files] == [b"of the distribution"] * 2


def test_an_interrupted_upgrade_keeps_the_copy_of_the_hosts_own_file(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store may have pruned the version that is still in its place: it is not the host's."""
    host.has(b"of the distribution")
    host.install(host.stored(b"one"))
    write = minios_install.write_atomic

    def interrupted(_path: Path, _content: bytes, _mode: int) -> None:
        raise KeyboardInterrupt

    for content in (b"two", b"three"):
        monkeypatch.setattr(minios_install, "write_atomic", interrupted)
        with pytest.raises(KeyboardInterrupt):
            host.install(host.stored(content))
        assert host.at().read_bytes() == b"one"
    monkeypatch.setattr(minios_install, "write_atomic", write)
    host.install(host.stored(b"three"))
    assert host.at().read_bytes() == b"three"
    assert host.at(f"{SCRIPT}.orig").read_bytes() == b"of the distribution"


@pytest.mark.parametrize("member", ["de", "missing"])
def test_an_archive_that_differs_from_its_manifest(host: Host, member: str) -> None:
    source = host.stored(b"").source
    with tarfile.open(source, "w") as archive:
        archive.addfile(tarfile.TarInfo("de"), io.BytesIO())
    path = f"/usr/local/share/xen/qemu/keymaps/{member}"
    file = XenFile(source, sum_of(b"map"), path, 0o644, member=member, archive=sum_of(Path(source).read_bytes()))
    with pytest.raises(ImageError, match=f"has another {member} than its manifest. Remedy: build the image again"):
        host.install(file)
    assert not host.at(path).exists()


def test_a_file_that_changed_since_it_was_announced_is_not_installed(host: Host) -> None:
    one = host.stored(b"one")
    Path(one.source).write_bytes(b"changed")
    with pytest.raises(ImageError, match="is not the file that was installed. Remedy: install the image again"):
        host.install(one)
    assert minios_install.state_of([one], host.root) == {}
    assert placed.read_record(host.store) == {}


def test_members_of_an_archive(host: Host) -> None:
    source = host.stored(b"").source
    with tarfile.open(source, "w") as archive:
        entry = tarfile.TarInfo("de")
        entry.size = len(b"map")
        archive.addfile(entry, io.BytesIO(b"map"))
    path = "/usr/local/share/xen/qemu/keymaps/de"
    host.install(XenFile(source, sum_of(b"map"), path, 0o644, member="de", archive=sum_of(Path(source).read_bytes())))
    assert host.at(path).read_bytes() == b"map"


def test_no_guest_loses_its_firmware(host: Host) -> None:
    """Before 4.8, SeaBIOS is a part of hvmloader: one that was built for a stub domain alone is without it."""
    path = "/usr/lib/xen-4.4/boot/hvmloader"
    host.has(MARKS["seabios"] + MARKS["ovmf"], path)
    ours = replace(host.stored(MARKS["rombios"], path), firmware=("rombios",))
    assert "contains seabios and ovmf, which the one that was built lacks" in host.refused(ours)
    host.install(replace(ours, firmware=("rombios", "seabios", "ovmf")))


def test_a_program_whose_libraries_the_host_lacks(host: Host) -> None:
    qemu = host.stored(b"\x7fELF", "/usr/lib/xen-4.17/bin/qemu-dm")
    lines = "\tlinux-vdso.so.1 (0x0)\n\tlibpci.so.3 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n"
    version = f"{qemu.source}: /lib/libc.so.6: version `GLIBC_2.38' not found (required by {qemu.source})\n"
    said = host.refused(qemu, loader=Result([], 0, lines, version))
    assert "which lacks libpci.so.3, qemu-dm: /lib/libc.so.6: version `GLIBC_2.38' not found" in said
    checked = minios_install.Installer(host.store, host.root)
    checked.check([qemu], lambda argv: Result(argv, 127, "", "ldd: command not found"))
    # In check mode the store does not have it yet.
    os.unlink(qemu.source)
    checked.check([qemu], lambda argv: Result(argv, 0, lines, ""))


@pytest.mark.parametrize("text", ["", "[]", '{"/x": {}}', '{"/x": 1}', "\udcff"])
def test_a_record_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / image_store.PLACED).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert placed.read_record(tmp_path) == {}
    assert placed.changes(tmp_path) == []
