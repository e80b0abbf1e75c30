# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch files and trees: each is the pinned one, or an error."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from ...common.download import DownloadError, save
from ...common.errors import BuildError
from ...common.urls import is_url
from ...images.store import sha256_of
from ...toolstack.command import Run


def fetch_file(source: str, sha256: str, cache: Path) -> Path:
    """Return a file with this sha256: ``source`` itself, or the copy of a URL in ``cache``. Raise BuildError, OSError."""
    if not is_url(source):
        _check_sum(Path(source), source, sha256)
        return Path(source)
    place = cache / f"{sha256[:16]}-{source.rpartition('/')[2] or 'file'}"
    if place.is_file() and sha256_of(place) == sha256:
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=str(cache)) as scratch:
        fetched = Path(scratch) / "file"
        try:
            save(source, fetched)
        except DownloadError as error:
            raise BuildError(str(error), "make sure that the build host reaches it") from error
        _check_sum(fetched, source, sha256)
        os.replace(str(fetched), str(place))
    return place


def unpack_archive(archive: Path, into: Path, runner: Run) -> None:
    """Unpack an archive to a path that does not exist, without its top folder if it has just one. Raise BuildError."""
    scratch = into.with_name(f"{into.name}.unpack")
    shutil.rmtree(str(scratch), ignore_errors=True)
    scratch.mkdir(parents=True)
    done = runner(["tar", "-x", "--no-same-owner", "-f", str(archive), "-C", str(scratch)])
    if done.rc != 0:
        shutil.rmtree(str(scratch), ignore_errors=True)
        reason = f"{archive} cannot be unpacked: {done.summary()}"
        raise BuildError(reason, "make sure that it is a complete tar archive")
    inside = list(scratch.iterdir())
    top = inside[0] if len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink() else scratch
    os.rename(str(top), str(into))
    shutil.rmtree(str(scratch), ignore_errors=True)


def check_out_commit(repository: str, revision: str, cache: Path, into: Path, runner: Run) -> None:
    """Write the files of a commit, which is fetched only once into ``cache``. Raise BuildError."""
    git = ["git", "-c", "advice.detachedHead=false", "-C", str(cache)]
    cache.mkdir(parents=True, exist_ok=True)
    _git(runner, ["git", "init", "-q", str(cache)], repository)
    if runner([*git, "cat-file", "-e", f"{revision}^{{commit}}"]).rc != 0:
        # Some servers do not send a commit by its name: then everything is fetched, and the commit with it.
        if runner([*git, "fetch", "-q", "--depth", "1", "--", repository, revision]).rc != 0:
            _git(runner, [*git, "fetch", "-q", "--", repository, "+refs/*:refs/fetched/*"], repository)
        _git(runner, [*git, "cat-file", "-e", f"{revision}^{{commit}}"], f"{repository}: {revision}")
    into.mkdir(parents=True)
    _git(runner, [*git, f"--work-tree={into}", "checkout", "-q", "-f", revision, "--", "."], repository)


def _git(runner: Run, argv: list[str], subject: str) -> None:
    done = runner(argv)
    if done.rc != 0:
        raise BuildError(
            f"repository: {subject}: git reports: {done.summary()}",
            "make sure that the build host has git and reaches the repository, and that the commit is in it",
        )


def _check_sum(path: Path, name: str, sha256: str) -> None:
    if not path.is_file():
        raise BuildError(f"{name} is not a file of the build host", "name one that exists")
    found = sha256_of(path)
    if found != sha256:
        raise BuildError(
            f"{name} has sha256 {found} ({path.stat().st_size} bytes), not {sha256}",
            "get it from a source that you trust, or give its own sum if you trust this one",
        )
