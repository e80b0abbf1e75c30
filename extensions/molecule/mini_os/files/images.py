# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the mini-OS images of an installed tree (DESTDIR) into a cache of the controller; print them for the role images.

    python3 images.py DESTDIR RELEASE CACHE [rebuilt]

With "rebuilt", the stub domain is another version of the same program: packed anew, with other bytes.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path[:0] = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.collect import collect_files
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import Image, sha256_of


def pack_anew(file: Path) -> None:
    """Replace a packed file by one with the same content and other bytes."""
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), compresslevel=1, mtime=0))


def main(tree: str, release: str, cache: str, *rebuilt: str) -> None:
    """Print the list."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The role collects what a build has installed for an architecture; this installation is the same.
        (folder / "x86_64").symlink_to(Path(tree).absolute())
        collected = collect_files(folder, folder, ("ioemu", "pvgrub"))
        if rebuilt:
            pack_anew(folder / "ioemu-stubdom.gz")
        rows = []
        for found in collected.images:
            image = Image(found.name, {file: sha256_of(folder / file) for file in found.files}, name).as_dict()
            place = Path(cache) / image["name"] / image["version"]
            place.mkdir(parents=True, exist_ok=True)
            for file in found.files:
                shutil.copyfile(folder / file, place / file)
            manifest = {"xen": release, "installed": {file: collected.installed[file] for file in found.files}}
            rows.append({key: image[key] for key in ("name", "version", "sha256", "files")} | {"xen": release, "manifest": manifest})
    print(json.dumps(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
