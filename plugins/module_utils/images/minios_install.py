# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put files of a mini-OS image where Xen's own programs look for them."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
import time
from pathlib import Path
from typing import Callable, Iterable, Sequence

from ..common.errors import BuildError, with_remedy
from ..common.files import below, write_atomic
from ..toolstack.command import Run, run
from ..xen.firmware import firmware_in
from ..xen.releases import HVMLOADER, QEMU_DM
from . import placed
from . import store as image_store
from .minios_layout import XenFile
from .store import ImageError, sha256_of

ROOT = Path("/")
# What ``run`` returns where there is no ldd.
_NO_PROGRAM = 127


def state_of(files: Iterable[XenFile], root: Path | None = None) -> dict[str, tuple[str, int]]:
    """Return sha256 and mode of what is at the files' paths, by path.

    Raise OSError, also when a folder is in the place of a file.
    """
    found = {}
    for file in files:
        path = below(root or ROOT, file.path)
        if path.exists():
            found[file.path] = (sha256_of(path), stat.S_IMODE(path.stat().st_mode))
    return found


class Installer:
    """Install files, and keep the host's own.

    A file in their place is ours if it is of an image in the store, or recorded as ours; else it is the host's.
    """

    def __init__(self, store: Path, root: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now
        self._root = root or ROOT
        self._record = placed.read_record(store)
        # The paths of the store's files, by their sha256.
        self._sums = {str(file["sha256"]): str(file["path"]) for image in image_store.installed(store) for file in image["files"]}

    def check(self, files: Sequence[XenFile], runner: Run = run) -> None:
        """Raise BuildError with every reason why the host would lose something, or could not use a file. Raise OSError."""
        problems = [self._copy_problem(file) for file in files]
        problems += [self._firmware_problem(file) for file in files if file.name == HVMLOADER]
        programs = {file.source for file in files if file.name == QEMU_DM and Path(file.source).is_file()}
        problems += [_library_problem(source, runner) for source in sorted(programs)]
        found = list(dict.fromkeys(problem for problem in problems if problem))
        if found:
            raise BuildError.of(found)

    def install(self, files: Sequence[XenFile]) -> None:
        """Replace the files. The host's own are copied first, then the record is written: an interrupted run loses nothing
        and is finished by the next one.

        Raise ImageError when the store's file has another sha256 than announced; OSError, and the old file stays then.
        """
        contents = [(file, _content(file)) for file in files]
        record = dict(self._record)
        for file in files:
            path, known = below(self._root, file.path), self._record.get(file.path)
            sha256 = placed.sum_at(path)
            original = known.original if known else ""
            before = sha256 if sha256 != file.sha256 and self._is_ours(file.path, sha256) else ""
            if sha256 and not self._is_ours(file.path, sha256):
                write_atomic(placed.copy_of(path), path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
                original = sha256
            record[file.path] = placed.PlacedFile(file.sha256, original, before, self._history(file, sha256))
        if record != self._record:
            placed.write_record(self._store, record)
            self._record = record
        for file, content in contents:
            write_atomic(below(self._root, file.path), content, file.mode)

    def _history(self, file: XenFile, sha256: str) -> tuple[placed.Presence, ...]:
        """Return what was at the file's path until now, where a file with that sha256 is, "" for none; and from now on."""
        path, known = below(self._root, file.path), self._record.get(file.path)
        earlier = known.history if known else ()
        seen = [placed.Presence(self._now(), file.sha256, file.source)]
        if sha256:
            sources = {presence.sha256: presence.source for presence in earlier}
            source = self._sums.get(sha256) or sources.get(sha256) or str(placed.copy_of(Path(file.path)))
            seen.insert(0, placed.Presence(path.stat().st_ctime, sha256, source))
        return placed.history_with(earlier, *seen)

    def _is_ours(self, path: str, sha256: str) -> bool:
        known = self._record.get(path)
        return sha256 in self._sums or known is not None and known.is_ours(sha256)

    def _copy_problem(self, file: XenFile) -> str:
        """Return why the host's file cannot be kept: where its copy goes, there is one that is not ours."""
        path = below(self._root, file.path)
        sha256, copy, known = placed.sum_at(path), placed.copy_of(path), self._record.get(file.path)
        if not sha256 or self._is_ours(file.path, sha256):
            return ""
        kept = placed.sum_at(copy)
        if kept in ("", sha256) or known is not None and kept == known.original:
            return ""
        reason = f"{file.path} is the host's and would be kept as {copy.name}, which exists and is another file"
        return with_remedy(reason, f"move {copy.name} to another folder")

    def _firmware_problem(self, file: XenFile) -> str:
        """Return what the host's hvmloader contains and ours does not: other guests boot with it."""
        path = below(self._root, file.path)
        lost = [name for name in firmware_in(path.read_bytes()) if name not in file.firmware] if path.is_file() else []
        if not lost:
            return ""
        names = " and ".join(lost)
        reason = f"{file.path} of the host contains {names}, which the one that was built lacks, and guests boot with it"
        return with_remedy(reason, "build the whole tree, with the options that the host's Xen was built with")


def _library_problem(program: str, runner: Run) -> str:
    """Return which libraries of the program the host does not have, as its own loader finds them."""
    done = runner(["ldd", program])
    lines = f"{done.out}\n{done.err}".splitlines() if done.rc != _NO_PROGRAM else []
    lost = [line.replace(program, QEMU_DM).split(" => ")[0].strip() for line in lines if "not found" in line]
    if not lost:
        return ""
    reason = f"{QEMU_DM} does not start on this host, which lacks {', '.join(dict.fromkeys(lost))}"
    return with_remedy(reason, "install the packages with these libraries, or build on a host like this one")


def _content(file: XenFile) -> bytes:
    """Return the bytes of a file, or of the member of an archive. Raise ImageError when these are not the announced ones."""
    content = Path(file.source).read_bytes()
    if _sum_of(content) != file.source_sha256:
        raise ImageError(f"{file.source} is not the file that was installed", "install the image again")
    if file.member:
        content = _member(content, file.member)
        if _sum_of(content) != file.sha256:
            raise ImageError(f"{file.source} has another {file.member} than its manifest", "build the image again")
    return content


def _member(archive: bytes, name: str) -> bytes:
    """Return a file of an archive, b"" where the archive has none of that name."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
            member = opened.extractfile(name)
            return member.read() if member else b""
    except (KeyError, tarfile.TarError):
        return b""


def _sum_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
