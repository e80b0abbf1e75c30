# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version a stub domain was started from, where its image is a file in Xen's own folder that versions replace."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import minios_install, placed, stale
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.minios_layout import XenFile
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.origin import StoreIndex
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.started_from import stored_files
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import BootFiles, DomainFacts
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain, hvm_guest

IMAGE, FILE, SCRIPT = "ioemu-stubdom", "ioemu-stubdom.gz", "stubdom-dm"


class Host:
    """Hold the store of a host, Xen's own folder, and win1 with its stub domain, domains 7 and 8."""

    def __init__(self, folder: Path) -> None:
        self.store, self._folder = folder / "store", folder
        self.place = folder / "boot" / FILE
        self.place.parent.mkdir()
        self.toolstack = FakeToolstack(domain("win1", 7), domain("win1-dm", 8))
        self.toolstack.targets = {8: 7}
        self.toolstack.files[8] = BootFiles(str(self.place))
        self._seconds = 0.0

    def install(self, content: bytes, script: bytes = b"script") -> image_store.Image:
        """Install a version as the modules do, the file in Xen's folder where it differs."""
        contents = {FILE: content, SCRIPT: script}
        sources = {name: self._folder / name for name in contents}
        for name, source in sources.items():
            source.write_bytes(contents[name])
        sums = {name: hashlib.sha256(text).hexdigest() for name, text in contents.items()}
        image = image_store.image_of(self.store, IMAGE, list(sums.items()))
        image_install.install(image, sources, {})
        file = XenFile(f"{image.folder}/{FILE}", sums[FILE], str(self.place), 0o644)
        if minios_install.state_of([file]) != {file.path: (file.sha256, file.mode)}:
            self._later()
            minios_install.Installer(self.store, now=self._now).install([file])
            self._later()
        return image

    def start(self) -> None:
        self._later()
        self.toolstack.facts[8] = DomainFacts("uuid-8", self._now())
        self._later()

    def stale(self, **versions: str) -> dict[str, dict[str, str]]:
        found = {domain.name: domain for domain in self.toolstack.running}
        files = stale.stale_files(self.store, versions)
        return stale.stale_files_of_guests(self.toolstack, self.store, [(hvm_guest(), found["win1"])], found, files)

    def started_from(self) -> str:
        stub = self.toolstack.running[1]
        return stored_files(self.toolstack, self.store, [stub], self.toolstack.booted_from([stub]))[8].kernel

    def shown(self) -> tuple[str, list[str], list[str]]:
        origin = StoreIndex(self.store).origin_of(self.started_from())
        return origin.text, origin.stale, origin.others

    def _later(self) -> None:
        self._seconds += 10.0

    def _now(self) -> float:
        return time.time() + self._seconds


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def text_of(image: image_store.Image) -> str:
    return f"{IMAGE} {image.version[:8]}"


def test_a_stub_domain_is_stale_until_it_is_restarted(host: Host) -> None:
    one = host.install(b"one")
    host.start()
    assert (host.shown(), host.stale()) == ((text_of(one), [], []), {})
    two = host.install(b"two")
    assert host.shown() == (text_of(one), [IMAGE], [])
    assert host.stale() == {"win1": {f"{one.folder}/{FILE}": IMAGE}}
    host.start()
    assert (host.shown(), host.stale()) == ((text_of(two), [], []), {})


def test_a_version_that_is_rolled_back_is_stale_and_the_one_before_is_not(host: Host) -> None:
    one = host.install(b"one")
    host.start()
    two = host.install(b"two")
    host.install(b"one")
    assert (host.shown(), host.stale()) == ((text_of(one), [], []), {})
    host.install(b"two")
    host.start()
    host.install(b"one")
    assert host.shown() == (text_of(two), [IMAGE], [])


def test_check_mode_predicts_both(host: Host) -> None:
    one = host.install(b"one")
    host.start()
    assert host.stale(**{IMAGE: "0" * 16}) == {"win1": {f"{one.folder}/{FILE}": IMAGE}}
    host.install(b"two")
    assert host.stale(**{IMAGE: one.version}) == {}


def test_a_version_that_was_pruned(host: Host) -> None:
    one = host.install(b"one")
    host.start()
    host.install(b"two")
    shutil.rmtree(one.folder)
    assert host.shown() == ("", [IMAGE], [])
    assert host.stale() == {"win1": {f"{one.folder}/{FILE}": IMAGE}}


def test_the_hosts_own_file(host: Host) -> None:
    host.place.write_bytes(b"of the distribution")
    host.start()
    assert (host.shown(), host.stale()) == (("", [], [str(host.place)]), {})
    host.install(b"one")
    assert host.shown() == ("", [IMAGE], [])
    assert host.stale() == {"win1": {f"{host.place}.orig": IMAGE}}


def test_a_newer_version_with_the_same_file(host: Host) -> None:
    """Nothing would be different after a restart."""
    host.install(b"one")
    host.start()
    two = host.install(b"one", script=b"another")
    assert (host.shown(), host.stale()) == ((text_of(two), [], []), {})


def test_a_package_replaced_the_file(host: Host) -> None:
    """Nobody knows when: its own time of change counts."""
    host.install(b"one")
    host.place.write_bytes(b"of the distribution")
    host.start()
    host.install(b"one")
    assert host.stale() == {"win1": {f"{host.place}.orig": IMAGE}}


def test_an_interrupted_run_leaves_what_was_there(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.install(b"one")

    def interrupted(_path: Path, _content: bytes, _mode: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(minios_install, "write_atomic", interrupted)
        host.install(b"two")
    host.start()
    host.install(b"two")
    assert list(host.stale()) == ["win1"]


@pytest.mark.parametrize("started", [0.0, 1.0])
def test_an_unknown_start_is_not_taken_for_stale(host: Host, started: float) -> None:
    host.install(b"one")
    host.install(b"two")
    host.toolstack.facts[8] = DomainFacts("uuid-8", started)
    assert (host.shown(), host.stale()) == (("", [], [str(host.place)]), {})


def test_the_place_under_another_name(host: Host, tmp_path: Path) -> None:
    """Xen's folder has one with a release in its name, too: one is a link to the other."""
    one = host.install(b"one")
    host.start()
    host.install(b"two")
    os.symlink(host.place.parent, tmp_path / "boot-4.1")
    host.toolstack.files[8] = BootFiles(str(tmp_path / "boot-4.1" / FILE))
    assert host.shown() == (text_of(one), [IMAGE], [])


def test_a_record_of_an_earlier_edition(host: Host) -> None:
    """It does not say since when files are there."""
    host.install(b"one")
    host.start()
    known = placed.read_record(host.store)[str(host.place)]
    placed.write_record(host.store, {str(host.place): placed.PlacedFile(known.sha256)})
    assert host.shown() == ("", [], [str(host.place)])
    two = host.install(b"two")
    host.start()
    assert host.shown() == (text_of(two), [], [])


def test_a_host_without_such_files_is_asked_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host.toolstack, "facts_of_all", None)
    assert host.started_from() == str(host.place)
    assert StoreIndex(host.store).origin_of(str(host.place)).others == [str(host.place)]
