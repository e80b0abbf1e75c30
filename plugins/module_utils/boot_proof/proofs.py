# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record which images have booted on a host: SHA256.json for each, and a lock for the run that tries one."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator

from ..common.files import is_there, unfinished, write_atomic

LOCK = "lock"
_SUFFIX = ".json"


@dataclass(frozen=True)
class Proof:
    """Describe the proof that an image boots on a version of Xen: ``seen`` is the line of its console that shows it,
    ``seconds`` the time that it took."""

    name: str
    sha256: str
    xen: str
    seen: str
    seconds: float


def load(folder: Path, sha256: str) -> Proof | None:
    """Return the proof of an image, None for none, or for one that cannot be read."""
    try:
        return Proof(**json.loads(_path(folder, sha256).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def save(folder: Path, proof: Proof) -> None:
    """Record a proof. Raise OSError."""
    write_atomic(_path(folder, proof.sha256), json.dumps(asdict(proof), indent=2) + "\n", 0o644)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other run tries an image, and keep others from it meanwhile. Raise OSError."""
    path = folder / LOCK
    # remove.yml can remove the folder, and the file while it is open: its lock locks nothing then.
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = path.open("w")
        except FileNotFoundError:
            continue
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if is_there(lock.fileno(), path):
                yield
                return


def is_busy(folder: Path) -> bool:
    """Return whether a run tries an image now. Raise OSError."""
    try:
        with (folder / LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def is_proof(path: Path) -> bool:
    """Return whether a file of the folder is ours; the lock is one of them."""
    if path.is_symlink() or not path.is_file():
        return False
    if path.name == LOCK or unfinished(path.name).endswith(_SUFFIX):
        return True
    proof = load(path.parent, path.stem) if path.suffix == _SUFFIX else None
    return proof is not None and proof.sha256 == path.stem


def _path(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}{_SUFFIX}"
