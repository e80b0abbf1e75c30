# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the image that a host is to have with its store: what is missing, and what is to be pruned. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping

from . import retention, store
from .sources import Source


@dataclass(frozen=True)
class Wanted:
    """Describe the image that is to be current, and how the store differs from that.

    ``whole``: the store has all of its files, undamaged. ``before`` is the current version, None for none. ``surplus`` are
    the versions to prune; ``doubt`` is why none is pruned although some are old, "" mostly.
    """

    image: store.Image
    whole: bool
    before: store.Image | None
    surplus: list[store.Image]
    doubt: str = ""

    @property
    def changes(self) -> bool:
        """Return whether the store has to be changed."""
        return not self.whole or self.before != self.image or bool(self.surplus)

    def as_dict(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Return the image as data, with ``installed`` of the given manifest or of that in the store, where one has it."""
        installed = manifest.get("installed") or store.manifest_in(Path(self.image.folder)).get("installed")
        return {**self.image.as_dict(), **({"installed": installed} if installed else {})}


def image_of(options: Mapping[str, Any], sources: Iterable[Source]) -> store.Image:
    """Return the image that the options of the module ``image`` name, with its files. Raise ImageError or OSError."""
    folder, name = Path(options["store"]), options["name"]
    if options.get("version"):
        return store.version_of(folder, name, options["version"])
    return store.image_of(folder, name, [(source.file, source.sha256) for source in sources])


def wanted(
    options: Mapping[str, Any], sources: Iterable[Source], read_sum: Callable[[Path], str] = store.sha256_of
) -> Wanted:
    """Return what the options of the module ``image`` ask for, and what the host has. Raise ImageError or OSError."""
    folder, image = Path(options["store"]), image_of(options, sources)
    whole = bool(options.get("version")) or store.is_whole(image, read_sum)
    surplus, doubt = _surplus(options["keep"], folder, image, options["config_dir"])
    return Wanted(image, whole, store.current(folder, image.name), surplus, doubt)


def _surplus(keep: int | None, folder: Path, image: store.Image, config_dir: str) -> tuple[list[store.Image], str]:
    """Return the versions to prune when this one is current, and why none is."""
    if keep is None:
        return [], ""
    if keep < 0:
        reason = f"image {image.name}: keep = {keep}: is negative"
        raise store.ImageError(reason, "give 0 or more, or leave it out to keep all")
    return retention.surplus_versions(folder, image, keep, retention.reference_patterns(config_dir))
