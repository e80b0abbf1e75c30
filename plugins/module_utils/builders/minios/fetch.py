# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files and trees from elsewhere: each is what was pinned, or there is none."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from ...common.download import DownloadError, save
from ...common.errors import BuildError
from ...images.store import sha256_of
from ...toolstack.command import Run
from .options import is_url


def file_of(source: str, sha256: str, kept: Path) -> Path:
    """A file with this sha256: ``source`` itself, or what the URL gives, which is kept in a folder. Raises BuildError."""
    if not is_url(source):
        _check(Path(source), source, sha256)
        return Path(source)
    place = kept / f"{sha256[:16]}-{source.rpartition('/')[2] or 'file'}"
    if place.is_file() and sha256_of(place) == sha256:
        return place
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=str(kept)) as scratch:
        fetched = Path(scratch) / "file"
        try:
            save(source, fetched)
        except DownloadError as error:
            raise BuildError(f"{error}. Remedy: see that the build host reaches it.") from error
        _check(fetched, source, sha256)
        os.replace(str(fetched), str(place))
    return place


def unpack(archive: Path, into: Path, runner: Run) -> None:
    """Unpacks an archive to a path that is free; its top folder is left out if it has just one. Raises BuildError."""
    scratch = into.with_name(f"{into.name}.unpack")
    shutil.rmtree(str(scratch), ignore_errors=True)
    scratch.mkdir(parents=True)
    done = runner(["tar", "-x", "--no-same-owner", "-f", str(archive), "-C", str(scratch)])
    if done.rc != 0:
        shutil.rmtree(str(scratch), ignore_errors=True)
        raise BuildError(f"{archive} cannot be unpacked: {done.said()}. Remedy: see that it is a tar archive, and whole.")
    inside = list(scratch.iterdir())
    top = inside[0] if len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink() else scratch
    os.rename(str(top), str(into))
    shutil.rmtree(str(scratch), ignore_errors=True)


def checkout(repository: str, revision: str, cache: Path, into: Path, runner: Run) -> None:
    """The files of a commit; what was fetched before is not fetched again. Raises BuildError."""
    git = ["git", "-c", "advice.detachedHead=false", "-C", str(cache)]
    cache.mkdir(parents=True, exist_ok=True)
    _git(runner, ["git", "init", "-q", str(cache)], repository)
    if runner([*git, "cat-file", "-e", f"{revision}^{{commit}}"]).rc != 0:
        # Some servers give no commit by its name: then everything, in which it is.
        if runner([*git, "fetch", "-q", "--depth", "1", "--", repository, revision]).rc != 0:
            _git(runner, [*git, "fetch", "-q", "--", repository, "+refs/*:refs/fetched/*"], repository)
        _git(runner, [*git, "cat-file", "-e", f"{revision}^{{commit}}"], f"{repository}: {revision}")
    into.mkdir(parents=True)
    _git(runner, [*git, f"--work-tree={into}", "checkout", "-q", "-f", revision, "--", "."], repository)


def _git(runner: Run, argv: list[str], what: str) -> None:
    done = runner(argv)
    if done.rc != 0:
        raise BuildError(
            f"repository: {what}: git says: {done.said()}. Remedy: see that the build host has git, reaches the "
            "repository, and that the commit is in it."
        )


def _check(path: Path, named: str, sha256: str) -> None:
    if not path.is_file():
        raise BuildError(f"{named} is no file of the build host. Remedy: name one that is there.")
    found = sha256_of(path)
    if found != sha256:
        size = path.stat().st_size
        raise BuildError(
            f"{named} has sha256 {found} ({size} bytes), not {sha256}. "
            "Remedy: get it from a source that you trust, or give its own sum if you trust this one."
        )
