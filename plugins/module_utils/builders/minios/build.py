# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the images of mini-OS from a Xen source tree: stub domains with qemu-xen-traditional, PV-GRUB, fs-backend."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.errors import BuildError
from ...common.files import read_text
from ...images.store import sum_of
from ...toolstack.command import Run, run
from ...xen.releases import shown
from ..build_folder import Kept
from ..digest import digest
from . import components, fetch, needs, run_log, tree, xen_tree
from .collect import collect
from .options import Options, check
from .steps import Job

# Raised when the same inputs are to give another image.
_FORM = "2"

# Bytes: sources of 72 MB become up to 415 MB.
ROOM = 1 << 30


@dataclass(frozen=True)
class Built:
    """The finished images, the folder that they are, or will be, in, the log of their build, and whether other files
    were there before."""

    folder: Path
    manifest: dict[str, Any]
    log: Path
    changed: bool


@dataclass(frozen=True)
class _Source:
    """Where the tree comes from; ``digest`` names just this one."""

    kind: str
    place: str
    digest: str
    revision: str
    entries: tuple[tree.Entry, ...] = ()


def log_of(dest: Path, name: str) -> Path:
    """Where the log of a build is."""
    return dest / f"{name}.log"


def build(options: Options, dest: Path, dry: bool = False, runner: Run = run) -> Built:
    """Makes ``dest/NAME`` with the images' files and a manifest, unless what is there has the same inputs.

    With ``dry`` all is made, so that the sha256 are known, and thrown away. Raises BuildError, OSError.
    """
    check(options, str(dest))
    dest = dest.resolve()
    # Where a link leads make has to be able to work, too.
    check(options, str(dest))
    _compilers()
    kept = Kept(dest, options.name)
    log = log_of(dest, options.name)
    with kept.locked() as lock:
        source = _source(options, runner)
        inputs = _inputs(options, source, runner)
        there = kept.manifest()
        if there and there["inputs"] == inputs and _same_components(there, options):
            _check_release(options, there["xen"])
            return Built(kept.link, there, log, changed=False)
        with kept.scratch() as scratch:
            manifest = _make(scratch, kept.work, options, source, run_log.Log(log, lock), runner)
            asked = digest([json.dumps(inputs, sort_keys=True)])
            manifest = {**manifest, "compiler": inputs["compiler"], "inputs": inputs, "asked": asked}
            if not dry:
                kept.install(scratch / "image", manifest)
        changed = there is None or there["files"] != manifest["files"]
        return Built(kept.link, manifest, log, changed)


def _make(
    scratch: Path, work: Path, options: Options, source: _Source, log: run_log.Log, runner: Run
) -> dict[str, Any]:
    """Builds in a tree of its own, which is always at one path, as the images have it in them."""
    place = work / "tree"
    shutil.rmtree(str(place), ignore_errors=True)
    try:
        log.say(f"the tree: {source.place}")
        _get(source, options, place, work, runner)
        release, version = xen_tree.version(_text(place, "xen/Makefile"))
        _check_release(options, shown(release))
        way = xen_tree.way(release, options.targets)
        job = Job(way, options.targets, _jobs(options), str(scratch / "staging"))
        sums = components.place(
            place,
            components.wanted(place, way, options.targets, job.wanted_goals()),
            options,
            work / "components",
            runner,
        )
        tree.tidy(place)
        job = _told(job, options, place)
        needs.check(_text(place, "tools/configure.ac") if way.configure else "", options.variables, _path(), runner)
        _room(work)
        _run(job, options, place, scratch, log)
        (scratch / "image").mkdir()
        collected = collect(scratch / "staging", scratch / "image", options.targets)
        log.say(f"done: {', '.join(sorted(collected.files))}")
    except (BuildError, OSError) as error:
        log.say(f"failed: {error}")
        raise
    finally:
        # What a build has left is never built upon.
        shutil.rmtree(str(place), ignore_errors=True)
    return {
        "xen": shown(release),
        "xen_version": version,
        "tree": {"from": source.place, "kind": source.kind, "revision": source.revision, "digest": source.digest},
        "configure": list(job.flags),
        "variables": dict(options.variables),
        "components": sums,
        "targets": list(options.targets),
        "built": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "files": collected.files,
        "sha256": sum_of(collected.files),
        "images": [{"name": image.name, "files": dict(image.files)} for image in collected.images],
        "installed": collected.installed,
    }


def _run(job: Job, options: Options, place: Path, scratch: Path, log: run_log.Log) -> None:
    run_log.no_network(scratch / "bin", _path())
    env = run_log.environment(os.environ, scratch / "bin")
    for arch in ("x86_64", "x86_32"):
        # Without the last folder, tools/fs-back would install fs-backend as a file of that name.
        (scratch / "staging" / arch / "usr" / "sbin").mkdir(parents=True)
    steps = job.steps()
    for number, step in enumerate(steps, 1):
        log.say(f"step {number} of {len(steps)}: {step.title}")
        log.run(step, place, env, options.timeout)


def _told(job: Job, options: Options, place: Path) -> Job:
    """The job with all arguments, which stand in the tree."""
    variables = [f"{name}={value}" for name, value in sorted(options.variables.items())]
    qemu = components.qemu_of(place, job.way)
    if job.way.qemu and qemu:
        variables.append(f"{job.way.qemu}={place / qemu}")
    flags: list[str] = []
    if job.way.configure:
        top, stubdom, tools = (_text(place, f"{folder}configure.ac") for folder in ("", "stubdom/", "tools/"))
        flags = [*xen_tree.flags(top, stubdom, tools, options.targets), *options.configure]
        flags += [f"{name}={value}" for name, value in sorted(options.variables.items()) if name in ("CC", "PYTHON")]
    elif options.configure:
        raise BuildError("configure: the tree has no configure before Xen 4.3. Remedy: leave it out, or use variables.")
    return Job(job.way, job.targets, job.jobs, job.staging, tuple(flags), tuple(variables))


def _source(options: Options, runner: Run) -> _Source:
    """Looks at the tree, and reads it where nothing else names it. Raises BuildError, OSError."""
    if options.archive:
        return _Source("archive", options.archive, options.sha256, "")
    if options.repository:
        return _Source("repository", options.repository, options.revision, options.revision)
    root = Path(options.tree)
    tree.look_at(root)
    found = tree.entries(root)
    # The operator's own Git may have to be told that it may read a tree of root's.
    head = runner(["git", "-c", f"safe.directory={root}", "-C", str(root), "rev-parse", "HEAD"])
    revision = head.out.strip() if head.rc == 0 and (root / ".git").exists() else ""
    return _Source("tree", options.tree, tree.digest_of(found), revision, tuple(found))


def _get(source: _Source, options: Options, place: Path, work: Path, runner: Run) -> None:
    if source.kind == "archive":
        fetch.unpack(fetch.file_of(options.archive, options.sha256, work / "components"), place, runner)
        tree.tidy(place)
    elif source.kind == "repository":
        fetch.checkout(options.repository, options.revision, work / "git", place, runner)
    else:
        tree.copy(list(source.entries), place)
    tree.look_at(place)


def _inputs(options: Options, source: _Source, runner: Run) -> dict[str, Any]:
    """All that the files follow from, but the components, which stand in the tree."""
    return {
        "form": _FORM,
        "tree": source.digest,
        "targets": list(options.targets),
        "configure": list(options.configure),
        "variables": dict(options.variables),
        "compiler": _compiler(options, runner),
    }


def _check_release(options: Options, found: str) -> None:
    if options.release and options.release != found:
        raise BuildError(
            f"release = {options.release!r}: the tree is of Xen {found}. Remedy: name it for that release, or name another tree."
        )


def _same_components(there: dict[str, Any], options: Options) -> bool:
    return all(components.sum_of(file, options) == sha256 for file, sha256 in there.get("components", {}).items())


def _compilers() -> None:
    machine = os.uname().machine
    if machine != "x86_64":
        raise BuildError(f"the build host is {machine}. Remedy: build on x86_64, which makes the images for both widths.")


def _compiler(options: Options, runner: Run) -> str:
    said = runner([*options.variables.get("CC", "gcc").split(), "--version"])
    return said.out.splitlines()[0] if said.rc == 0 and said.out else ""


def _room(work: Path) -> None:
    free = shutil.disk_usage(str(work)).free
    if free < ROOM:
        raise BuildError(
            f"{work} has {free >> 20} MiB left, and a build needs {ROOM >> 20}. Remedy: make room, or name another dest."
        )


def _jobs(options: Options) -> int:
    return options.jobs or len(os.sched_getaffinity(0))


def _path() -> str:
    return os.environ.get("PATH", os.defpath)


def _text(place: Path, name: str) -> str:
    return read_text(place / name) or ""
