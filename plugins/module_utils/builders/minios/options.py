# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator asks of a build, and what is wrong with it (pure)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Mapping

from ...common.errors import BuildError
from ...xen.minios import MINIOS_TARGETS, TREE_SOURCES

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
# Make would take them in the place of what Xen's Makefiles set for each call, and break the libraries' configures.
_OURS = ("CFLAGS", "CPPFLAGS", "DESTDIR", "LDFLAGS", "MAKEFLAGS", "XEN_ROOT", "XEN_TARGET_ARCH")
# A path goes through make and through shell scripts of twenty years.
_PATH = re.compile(r"/[A-Za-z0-9/._+~,@-]*")


@dataclass(frozen=True)
class Options:
    """The module's options of the same names, but for ``dest``; paths are of the build host. ``jobs`` 0 means one for
    each core."""

    name: str = "minios-stubdom"
    tree: str = ""
    archive: str = ""
    sha256: str = ""
    repository: str = ""
    revision: str = ""
    release: str = ""
    targets: tuple[str, ...] = ("ioemu", "pvgrub")
    mirror: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict)
    configure: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 0
    timeout: int = 7200


def is_url(text: str) -> bool:
    """
    >>> is_url("https://mirror.example.org/xen"), is_url("/srv/xen")
    (True, False)
    """
    return bool(_URL.fullmatch(text))


def check(options: Options, dest: str) -> None:
    """Raises BuildError with all faults."""
    faults = [*_sources(options)]
    if not _NAME.fullmatch(options.name):
        faults.append(f"name = {options.name!r}: use letters, digits and . _ + -, without a folder.")
    if not _PATH.fullmatch(dest):
        faults.append(f"dest = {dest!r}: make cannot work there. Remedy: name a folder without blanks, quotes and $.")
    faults += [
        f"targets = {target!r}: is no target. Remedy: choose from {', '.join(MINIOS_TARGETS)}."
        for target in options.targets
        if target not in MINIOS_TARGETS
    ]
    if not options.targets:
        faults.append(f"targets = []: nothing is to be built. Remedy: choose from {', '.join(MINIOS_TARGETS)}.")
    if options.mirror and not (is_url(options.mirror) or options.mirror.startswith("/")):
        faults.append(f"mirror = {options.mirror!r}: give the absolute path of a folder, or a URL.")
    for file, sha256 in options.checksums.items():
        if not _NAME.fullmatch(file) or not _SHA256.fullmatch(sha256):
            faults.append(f"checksums: {file!r} = {sha256!r}: give a file's name and its sha256, 64 hexadecimal digits.")
    for argument in options.configure:
        if not argument.startswith("--"):
            faults.append(f"configure = {argument!r}: give arguments of configure, which begin with --.")
    for name, value in options.variables.items():
        if not _VARIABLE.fullmatch(name) or re.search(r"[\x00-\x1f]", value):
            faults.append(f"variables: {name!r} = {value!r}: give variables of make, such as PYTHON, on one line.")
        elif name in _OURS:
            faults.append(f"variables: {name} is not for choosing: the build needs its own. Remedy: leave it out.")
    for key, least in (("jobs", 0), ("timeout", 1)):
        if getattr(options, key) < least:
            faults.append(f"{key} = {getattr(options, key)}: give {least} or more.")
    if faults:
        raise BuildError("\n".join(faults))


def _sources(options: Options) -> list[str]:
    given = [name for name in TREE_SOURCES if getattr(options, name)]
    if len(given) != 1:
        said = " and ".join(given) or "no source"
        return [f"{said} given: Remedy: give one of tree (XEN_ROOT), archive with sha256, repository with revision."]
    source = given[0]
    value = getattr(options, source)
    faults = []
    if options.sha256 and source != "archive" or options.revision and source != "repository":
        faults.append(f"sha256 goes with archive, revision with repository, not with {source}. Remedy: leave it out.")
    if source == "tree" and (not value.startswith("/") or posixpath.normpath(value) == "/"):
        faults.append(f"tree = {value!r}: give the absolute path of Xen's source tree on the build host.")
    if source == "archive" and not (is_url(value) or value.startswith("/")):
        faults.append(f"archive = {value!r}: give an absolute path on the build host, or a URL.")
    if source == "archive" and not _SHA256.fullmatch(options.sha256):
        faults.append(f"sha256 = {options.sha256!r}: give the archive's sha256, 64 hexadecimal digits.")
    if source == "repository" and (value.startswith("-") or re.search(r"\s", value)):
        faults.append(f"repository = {value!r}: give a URL, or an absolute path on the build host.")
    if source == "repository" and not _COMMIT.fullmatch(options.revision):
        faults.append(
            f"revision = {options.revision!r}: give a commit, 40 hexadecimal digits, as tags and branches can move. "
            f"Remedy: git ls-remote {value} tells those of its tags."
        )
    return faults
