# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download the files of an image to a folder of the store, beside the place that they are then installed to.

The host's lock is not held meanwhile, as a download can take long: another run may change the host. The folder has a
lock of its own. What an interrupted download left in it is continued by the next run that installs this version; a run
that installs another one removes it.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from ..common import host_lock
from ..common.download import DownloadError, complete
from ..common.urls import without_password
from .store import Image, ImageError, download_folder, is_whole, sha256_of

# A name that no file of an image can have.
LOCK = ".lock"


@contextmanager
def downloaded(
    image: Image, urls: Mapping[str, Sequence[str]], lock_timeout: int, timeout: int
) -> Iterator[dict[str, str]]:
    """Yield the paths of the image's files, downloaded and compared, by file name; remove them afterwards, unless this fails.

    ``urls`` are the sources of each file, which are tried in their order. Another run that downloads this version is
    waited for, ``lock_timeout`` seconds, and a server for ``timeout`` seconds. Raise ImageError, LockError or OSError.
    """
    folder = download_folder(image)
    with host_lock.hold(folder / LOCK, lock_timeout, "image"):
        # Another run may have installed it meanwhile.
        if not is_whole(image):
            try:
                for name, sha256 in image.files.items():
                    _fetch(image, urls[name], folder / name, sha256, timeout)
            except ImageError:
                if [path.name for path in folder.iterdir()] == [LOCK]:
                    shutil.rmtree(folder)
                raise
        yield {name: str(folder / name) for name in image.files}
        shutil.rmtree(folder)


def discard(folder: Path) -> None:
    """Remove what an interrupted download left, unless a run works on it. Raise OSError."""
    try:
        with host_lock.hold(folder / LOCK, 0, "image"):
            shutil.rmtree(folder)
    except host_lock.LockError:
        pass


def _fetch(image: Image, urls: Sequence[str], target: Path, sha256: str, timeout: int) -> None:
    """Download one file, of which a part may be there. Raise ImageError, with what each source answered, or OSError."""
    if target.exists() and sha256_of(target) == sha256:
        return
    failures = []
    for url in urls:
        try:
            found = _sum_of_download(url, target, sha256, timeout)
        except DownloadError as error:
            failures.append(str(error))
            continue
        if found == sha256:
            return
        failures.append(f"{without_password(url)} has sha256 {found}, not {sha256} as announced")
    raise ImageError(
        f"image {image.name}: {'; '.join(failures)}",
        "check that the host reaches the server and that the server has this file, unchanged",
    )


def _sum_of_download(url: str, target: Path, sha256: str, timeout: int) -> str:
    """Complete the file, and return its sha256; one with another sum is removed. Raise DownloadError or OSError.

    A part that is there can be of another file, or damaged by a power cut: then the file is fetched as a whole.
    """
    had_part = target.exists()
    complete(url, target, timeout)
    found = sha256_of(target)
    if found == sha256:
        return found
    target.unlink()
    return _sum_of_download(url, target, sha256, timeout) if had_part else found
