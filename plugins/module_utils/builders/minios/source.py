# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get the source tree of a build from where the options name it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...toolstack.command import Run
from . import fetch, tree
from .options import Options


@dataclass(frozen=True)
class Source:
    """Describe where the tree comes from; ``digest`` identifies its content."""

    kind: str
    origin: str
    digest: str
    revision: str
    entries: tuple[tree.Entry, ...] = ()


def read_source(options: Options, runner: Run) -> Source:
    """Return the source; a tree of the build host is read for its digest. Raise BuildError, OSError."""
    if options.archive:
        return Source("archive", options.archive, options.sha256, "")
    if options.repository:
        return Source("repository", options.repository, options.revision, options.revision)
    root = Path(options.tree)
    tree.check_tree(root)
    found = tree.tree_entries(root)
    # Git refuses to read a tree of another user, such as root's, unless it is told to.
    head = runner(["git", "-c", f"safe.directory={root}", "-C", str(root), "rev-parse", "HEAD"])
    revision = head.out.strip() if head.rc == 0 and (root / ".git").exists() else ""
    return Source("tree", options.tree, tree.tree_digest(found), revision, tuple(found))


def write_source(source: Source, options: Options, place: Path, work: Path, runner: Run) -> None:
    """Write the tree to ``place``; downloads are cached in ``work``. Raise BuildError, OSError."""
    if source.kind == "archive":
        file = fetch.fetch_file(options.archive, options.sha256, work / "components")
        fetch.unpack_archive(file, place, runner)
        tree.remove_products(place)
    elif source.kind == "repository":
        fetch.check_out_commit(options.repository, options.revision, work / "git", place, runner)
    else:
        tree.copy_tree(list(source.entries), place)
    tree.check_tree(place)
