# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the program fs-backend comes from, and which of those that run is the service's."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import program
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.policy import LOCK, LOCK_FD, PROGRAM, Process
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.program import (
    NoProgramError,
    ProgramError,
    Source,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store

CONTENT = b"\x7fELF fs-backend"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def stored(folder: Path) -> image_store.Image:
    source = folder / "built"
    source.write_bytes(CONTENT)
    image = image_store.image_of(folder / "store", "fs-backend", [("fs-backend", SHA256)])
    image_install.install(image, {"fs-backend": source}, {})
    return image


def process(root: Path, pid: int, name: str = "fs-backend", state: str = "S", lock: str = "") -> None:
    """One row of the pretended list of processes."""
    folder = root / "proc" / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "stat").write_text(f"{pid} ({name}) {state} 1 {pid} {pid} 0 -1", encoding="utf-8")
    if lock:
        (folder / "fd" / str(LOCK_FD)).symlink_to(lock)


def test_a_file_that_was_named_comes_first(tmp_path: Path) -> None:
    stored(tmp_path)
    assert program.find_program("/usr/sbin/fs-backend", tmp_path / "store", []) == Source("/usr/sbin/fs-backend")


def test_then_the_image_of_this_run_then_the_store_s(tmp_path: Path) -> None:
    old = stored(tmp_path)
    coming = [{"name": "other", "path": "/x"}, {"name": "fs-backend", "path": "/new", "sha256": "f" * 64}]
    assert program.find_program("", tmp_path / "store", coming) == Source("/new", "f" * 64)
    assert program.find_program("", tmp_path / "store", coming[:1]) == Source(old.path, SHA256)


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(NoProgramError) as raised:
        program.find_program("", tmp_path / "store", [], tmp_path)
    assert str(raised.value) == (
        "program: is not given; the store has no image fs-backend, and the host has no /usr/sbin/fs-backend. "
        "Remedy: declare the host's release in stubdom_host and name a source tree of it in stubdom_xen_sources, or "
        "install Xen's tools/fs-back."
    )


def test_what_xen_s_own_build_installed_comes_last(tmp_path: Path) -> None:
    own = tmp_path / "usr" / "sbin" / "fs-backend"
    own.parent.mkdir(parents=True)
    own.write_bytes(CONTENT)
    assert program.find_program("", tmp_path / "store", [], tmp_path) == Source(str(own))
    image = stored(tmp_path)
    assert program.find_program("", tmp_path / "store", [], tmp_path) == Source(image.path, SHA256)


def test_the_sum_of_a_file(tmp_path: Path) -> None:
    image = stored(tmp_path)
    assert program.checked_sum(Source(image.path, SHA256)) == program.checked_sum(Source(image.path)) == SHA256


def test_a_damaged_image(tmp_path: Path) -> None:
    image = stored(tmp_path)
    Path(image.path).write_bytes(b"other")
    with pytest.raises(ProgramError) as raised:
        program.checked_sum(Source(image.path, SHA256))
    assert str(raised.value).endswith(": is not the image that was installed. Remedy: install the image again.")


@pytest.mark.parametrize(
    "sha256, remedy",
    [("", "correct the path, or leave it out for the image fs-backend"), (SHA256, "install the image again")],
)
def test_a_file_that_is_not_there(sha256: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ProgramError) as raised:
        program.checked_sum(Source("/nonexistent/fs-backend", sha256))
    assert str(raised.value) == f"program = '/nonexistent/fs-backend': is not a file of the host. Remedy: {remedy}."


def test_installed_is_what_can_be_run(tmp_path: Path) -> None:
    """The store's files cannot: they are for domains to boot from."""
    image = stored(tmp_path)
    assert not os.stat(image.path).st_mode & 0o111
    assert program.installed_sum(tmp_path) == ""
    program.install_program(Source(image.path, SHA256), tmp_path)
    place = tmp_path / PROGRAM.lstrip("/")
    assert (place.read_bytes(), place.stat().st_mode & 0o7777) == (CONTENT, 0o755)
    assert program.installed_sum(tmp_path) == SHA256
    place.chmod(0o644)
    # Root may read and write all, but runs only what somebody may run.
    assert program.installed_sum(tmp_path) == ""


@pytest.mark.parametrize("folder, manager", [("run/systemd/system", "systemd"), ("run", "sysvinit")])
def test_service_manager(folder: str, manager: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(parents=True)
    assert program.service_manager(tmp_path) == manager


def test_which_processes_are_fs_backends(tmp_path: Path) -> None:
    process(tmp_path, 20, lock=LOCK)
    process(tmp_path, 3)
    process(tmp_path, 4, lock="/run/other/lock")
    process(tmp_path, 6, state="Z")
    process(tmp_path, 7, name="fs-backend-serv", lock=LOCK)
    process(tmp_path, 8, name="a) S (fs-backend")
    process(tmp_path, 10, name="fs-backend) S")
    (tmp_path / "proc" / "9").mkdir()
    (tmp_path / "proc" / "self").mkdir()
    assert program.processes(tmp_path) == [Process(3, ours=False), Process(4, ours=False), Process(20, ours=True)]


def test_the_program_that_was_started(tmp_path: Path) -> None:
    assert program.started_sum(tmp_path) == ""
    lock = tmp_path / LOCK.lstrip("/")
    lock.parent.mkdir(parents=True)
    lock.write_text(f"{SHA256}\n", encoding="utf-8")
    assert program.started_sum(tmp_path) == SHA256
