# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which old versions of an image go. The host is a folder."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import retention
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store

NAME = "qemu-stubdom-linux"
#: Where a version is named: as guest_config, libxl, xend and this collection write it.
USERS = [
    "etc/xen/web1.cfg",
    "etc/xen/web1.cfg.by-hand-0f3c9a51",
    "etc/xen/auto/own.cfg",
    "etc/xen/stubdoms/web1-dm",
    "srv/guests[1]/web1.cfg",
    "srv/guests[1]/auto/web1.cfg",
    "var/lib/xen/userdata-d.3.5f0e.libxl-json",
    "var/lib/xen/save/web1",
    "var/lib/xend/domains/5f0e/config.sxp",
    "var/lib/xenstored/tdb",
    "var/lib/xenfleet/guests/web1.json",
]


class Host:
    """A root file system with five versions of an image, v[4] the newest and current one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = root / "var/lib/xenfleet/images"
        self.v = [self._install(number) for number in range(5)]

    def _install(self, number: int) -> image_store.Image:
        source = self.root / "source"
        source.write_bytes(str(number).encode())
        image = image_store.image_of(self.store, NAME, [("x.bin", hashlib.sha256(source.read_bytes()).hexdigest())])
        image_install.install(image, {"x.bin": source}, {})
        os.utime(Path(image.folder) / "manifest.json", (number, number))
        return image

    def write(self, path: str, content: bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def use(self, path: str, number: int) -> Path:
        return self.write(path, b'\0kernel = "' + self.v[number].path.encode() + b'"\n')

    def ask(self, keep: int, current: int = 4) -> tuple[list[int], str]:
        places = retention.reference_patterns("/srv/guests[1]")
        found, doubt = retention.surplus_versions(self.store, self.v[current], keep, places, self.root)
        return [self.v.index(image) for image in found], doubt

    def surplus(self, keep: int, current: int = 4) -> list[int]:
        found, doubt = self.ask(keep, current)
        assert doubt == ""
        return found


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize("keep, gone", [(0, [3, 2, 1, 0]), (1, [2, 1, 0]), (3, [0]), (4, []), (99, [])])
def test_the_newest_stay(keep: int, gone: list[int], host: Host) -> None:
    assert host.surplus(keep) == gone


def test_the_current_one_never_goes_though_it_is_the_oldest(host: Host) -> None:
    assert host.surplus(0, current=0) == [4, 3, 2, 1]
    assert host.surplus(2, current=0) == [2, 1]


def test_what_was_current_again_is_new(host: Host) -> None:
    image_install.make_current(host.v[0])
    assert host.surplus(1, current=4) == [3, 2, 1]


def test_versions_of_one_moment_have_an_order(host: Host) -> None:
    for image in host.v:
        os.utime(Path(image.folder) / "manifest.json", (1, 1))
    others = sorted(host.v[:4], key=lambda image: image.version, reverse=True)
    assert [host.v[number] for number in host.surplus(2)] == others[2:]


@pytest.mark.parametrize("path", USERS)
def test_what_is_in_use_stays(path: str, host: Host) -> None:
    host.use(path, 1)
    assert host.surplus(0) == [3, 2, 0]


def test_each_place_counts(host: Host) -> None:
    for number, path in enumerate(USERS[:3]):
        host.use(path, number)
    assert host.surplus(0) == [3]


def test_a_version_in_use_is_beside_those_that_are_kept(host: Host) -> None:
    host.use(USERS[0], 0)
    assert host.surplus(2) == [1]


def test_however_the_path_is_written(host: Host) -> None:
    written = host.v[1].path.replace("/", "\\/").encode()
    host.write(USERS[6], b'{"kernel": "' + written + b'"}')
    assert host.surplus(0) == [3, 2, 0]


def test_a_saved_domain_names_it_at_its_beginning(host: Host) -> None:
    host.write("var/lib/xen/save/web1", b"Xen saved domain\0" + host.v[2].version.encode() + b"\0" * (20 << 20))
    assert host.surplus(3) == [0]
    assert host.surplus(0) == [3, 1, 0]


@pytest.mark.parametrize(
    "path", ["etc/hosts", "var/lib/xen/other", "var/lib/xend/domains/config.sxp", "srv/guests1/a.cfg"]
)
def test_no_other_place_counts(path: str, host: Host) -> None:
    host.use(path, 1)
    assert host.surplus(0) == [3, 2, 1, 0]


def test_only_files_are_read_for_names(host: Host) -> None:
    """A pipe would be waited for, and a link that leads nowhere is a file that has vanished."""
    folder = host.root / "etc/xen"
    (folder / "scripts").mkdir(parents=True)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("nowhere")
    (folder / "gone").symlink_to("pipe/x")
    assert host.surplus(3) == [0]


def test_a_link_is_followed(host: Host) -> None:
    host.use("srv/own.cfg", 0)
    (host.root / "etc/xen/auto").mkdir(parents=True)
    (host.root / "etc/xen/auto/own.cfg").symlink_to(host.root / "srv/own.cfg")
    assert host.surplus(3) == []


DOUBT = (
    f"image {NAME}: keep = 3: no old version is removed, as it is unknown which are in use: "
    "[Errno 5] Input/output error: {path!r}. Remedy: make sure that root may read this, then run this again."
)


def failing(function: Any, path: Path, number: int = errno.EIO) -> Any:
    """The function, which fails for one path."""

    def call(which: Any, *args: Any, **options: Any) -> Any:
        if Path(which) == path:
            raise OSError(number, os.strerror(number), str(path))
        return function(which, *args, **options)

    return call


def test_a_file_that_cannot_be_read_keeps_all(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    path = host.write("etc/xen/web1.cfg", b"")
    monkeypatch.setattr(retention.Path, "open", failing(Path.open, path))
    assert host.ask(3) == ([], DOUBT.format(path=str(path)))


def test_a_folder_that_cannot_be_read_keeps_all(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    path = host.write("var/lib/xen/save/web1", b"").parent
    monkeypatch.setattr(retention.os, "listdir", failing(os.listdir, path))
    assert host.ask(3) == ([], DOUBT.format(path=str(path)))


def test_a_file_that_has_just_vanished_holds_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    path = host.use("etc/xen/web1.cfg", 0)
    monkeypatch.setattr(retention.Path, "open", failing(Path.open, path, errno.ENOENT))
    assert host.surplus(3) == [0]


def test_nothing_is_read_when_nothing_is_to_go(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(_folder: Any) -> list[str]:
        raise AssertionError("a folder was read")

    monkeypatch.setattr(retention.os, "listdir", listed)
    assert host.surplus(4) == []


def test_places_are_named_once() -> None:
    default = retention.reference_patterns()
    assert len(default) == len(set(default))
    assert default == retention.reference_patterns("/etc/xen/")
    assert set(retention.reference_patterns("/srv")) - set(default) == {"/srv/*", "/srv/auto/*", "/srv/stubdoms/*"}
