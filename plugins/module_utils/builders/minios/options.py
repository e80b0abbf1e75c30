# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the options of a build, and check them (pure)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Iterator, Mapping

from ...common.errors import BuildError, with_remedy
from ...common.urls import is_url
from ...xen.minios import MINIOS_TARGETS, TREE_SOURCES

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
# Make would use them instead of what Xen's Makefiles set for each call, and break the libraries' configures.
_OURS = ("CFLAGS", "CPPFLAGS", "DESTDIR", "LDFLAGS", "MAKEFLAGS", "XEN_ROOT", "XEN_TARGET_ARCH")
# A path goes through make and through shell scripts of twenty years.
_PATH = re.compile(r"/[A-Za-z0-9/._+~,@-]*")


@dataclass(frozen=True)
class Options:
    """Hold the module's options of the same names, except ``dest``. Paths are of the build host; ``timeout`` is in seconds.

    ``jobs`` 0 means one for each core.
    """

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


def check_options(options: Options, dest: str) -> None:
    """Raise BuildError with all problems."""
    problems = [with_remedy(reason, remedy) for reason, remedy in _problems(options, dest)]
    if problems:
        raise BuildError.of(problems)


def _problems(options: Options, dest: str) -> Iterator[tuple[str, str]]:
    """Yield each reason and its remedy."""
    yield from _source_problems(options)
    if not _NAME.fullmatch(options.name):
        yield f"name = {options.name!r}: is not a name", "use letters, digits and . _ + -, without a folder"
    if not _PATH.fullmatch(dest):
        yield f"dest = {dest!r}: make cannot work there", "name a folder without blanks, quotes and $"
    choices = f"choose from {', '.join(MINIOS_TARGETS)}"
    for target in options.targets:
        if target not in MINIOS_TARGETS:
            yield f"targets = {target!r}: is not a target", choices
    if not options.targets:
        yield "targets = []: must not be empty", choices
    if options.mirror and not (is_url(options.mirror) or options.mirror.startswith("/")):
        yield f"mirror = {options.mirror!r}: is not absolute", "give the absolute path of a folder, or a URL"
    for file, sha256 in options.checksums.items():
        if not _NAME.fullmatch(file) or not _SHA256.fullmatch(sha256):
            reason = f"checksums: {file!r} = {sha256!r}: is not a checksum"
            yield reason, "give a file's name and its sha256, 64 hexadecimal digits"
    for argument in options.configure:
        if not argument.startswith("--"):
            reason = f"configure = {argument!r}: is not an argument of configure"
            yield reason, "give arguments that begin with --"
    for name, value in options.variables.items():
        if not _VARIABLE.fullmatch(name) or re.search(r"[\x00-\x1f]", value):
            reason = f"variables: {name!r} = {value!r}: is not a variable of make"
            yield reason, "give variables such as PYTHON, on one line"
        elif name in _OURS:
            yield f"variables: {name} cannot be changed: the build sets it", "remove it"
    for key, least in (("jobs", 0), ("timeout", 1)):
        if getattr(options, key) < least:
            yield f"{key} = {getattr(options, key)}: is too small", f"give {least} or more"


def _source_problems(options: Options) -> Iterator[tuple[str, str]]:
    given = [name for name in TREE_SOURCES if getattr(options, name)]
    if len(given) != 1:
        reason = f"{' and '.join(given) or 'no source'} given"
        yield reason, "give one of tree (XEN_ROOT), archive with sha256, repository with revision"
        return
    source = given[0]
    value = getattr(options, source)
    if options.sha256 and source != "archive" or options.revision and source != "repository":
        yield f"sha256 goes with archive, revision with repository, not with {source}", "remove it"
    if source == "tree" and (not value.startswith("/") or posixpath.normpath(value) == "/"):
        reason = f"tree = {value!r}: is not the path of a source tree"
        yield reason, "give the absolute path of Xen's source tree on the build host"
    if source == "archive" and not (is_url(value) or value.startswith("/")):
        yield f"archive = {value!r}: is not absolute", "give an absolute path on the build host, or a URL"
    if source == "archive" and not _SHA256.fullmatch(options.sha256):
        yield f"sha256 = {options.sha256!r}: is not a sha256", "give the archive's sha256, 64 hexadecimal digits"
    if source == "repository" and (value.startswith("-") or re.search(r"\s", value)):
        yield f"repository = {value!r}: is not a repository", "give a URL, or an absolute path on the build host"
    if source == "repository" and not _COMMIT.fullmatch(options.revision):
        yield (
            f"revision = {options.revision!r}: is not a commit, and tags and branches can move",
            f"give the 40 hexadecimal digits of a commit; git ls-remote {value} prints those of its tags",
        )
