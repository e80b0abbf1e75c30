# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder of proofs: what is ours there, and its lock, which a removal can take away."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof import proofs

PROOF = proofs.Proof("pvgrub2-x86_64", "a" * 64, "4.17.6", "grub>", 9.4)


def test_round_trip(tmp_path: Path) -> None:
    proofs.save(tmp_path / "proofs", PROOF)
    assert proofs.load(tmp_path / "proofs", PROOF.sha256) == PROOF
    assert proofs.load(tmp_path, PROOF.sha256) is None


def test_what_is_ours(tmp_path: Path) -> None:
    proofs.save(tmp_path, PROOF)
    with proofs.alone(tmp_path):
        (tmp_path / f".{PROOF.sha256}.json.file.tmp").touch()
    whole = (tmp_path / f"{PROOF.sha256}.json").read_text(encoding="utf-8")
    (tmp_path / f"{'b' * 64}.json").write_text(whole, encoding="utf-8")
    (tmp_path / f"{PROOF.sha256}.txt").write_text(whole, encoding="utf-8")
    (tmp_path / "mine.json").write_text("{}", encoding="utf-8")
    (tmp_path / "link.json").symlink_to(f"{PROOF.sha256}.json")
    ours = {path.name for path in tmp_path.iterdir() if proofs.is_proof(path)}
    assert ours == {"lock", f"{PROOF.sha256}.json", f".{PROOF.sha256}.json.file.tmp"}


def test_it_is_busy_while_an_image_is_tried(tmp_path: Path) -> None:
    assert proofs.is_busy(tmp_path) is False
    with proofs.alone(tmp_path):
        assert proofs.is_busy(tmp_path) is True
    assert proofs.is_busy(tmp_path) is False


def test_a_lock_that_is_removed_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A removal comes in between the opening and the lock, and once between the folder and the file."""
    folder = tmp_path / "proofs"
    flock, mkdir, locked, made = fcntl.flock, Path.mkdir, [], []

    def removed(handle: Any, how: int) -> None:
        locked.append(handle)
        if len(locked) == 1:
            (folder / "lock").unlink()
        flock(handle, how)

    def gone(path: Path, *given: Any, **more: Any) -> None:
        made.append(path)
        if len(made) > 1:
            mkdir(path, *given, **more)

    monkeypatch.setattr(proofs.fcntl, "flock", removed)
    monkeypatch.setattr(Path, "mkdir", gone)
    with proofs.alone(folder):
        assert (folder / "lock").exists()
        assert proofs.is_busy(folder) is True
    assert (len(made), len(locked)) == (3, 3)
