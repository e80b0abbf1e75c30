# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the images of mini-OS from a Xen source tree: stub domains with qemu-xen-traditional, PV-GRUB, fs-backend."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...common.errors import BuildError
from ...common.files import read_text
from ...images.store import sum_of
from ...toolstack.command import Run, run
from ...xen.releases import shown
from ..build_folder import TREE, BuildFolder
from ..digest import digest
from . import components, needs, run_log, tree, xen_tree
from .collect import PRODUCTS, collect_files
from .options import Options, check_options
from .source import Source, read_source, write_source
from .steps import BuildPlan

# Raised when the same inputs are to give another image.
_FORM = "2"


@dataclass(frozen=True)
class BuildResult:
    """Describe the finished images: their folder, the log of their build, and whether the files changed."""

    folder: Path
    manifest: dict[str, Any]
    log: Path
    changed: bool


def log_of(dest: Path, name: str) -> Path:
    """Return the path of a build's log."""
    return dest / f"{name}.log"


def build(options: Options, dest: Path, dry: bool = False, runner: Run = run) -> BuildResult:
    """Make ``dest/NAME`` with the images' files and a manifest, unless the existing ones have the same inputs, and all of
    the targets.

    With ``dry`` everything is made, so that the sha256 are known, and then removed. Raise BuildError, OSError.
    """
    check_options(options, str(dest))
    dest = dest.resolve()
    # Make must be able to work in the target of a link, too.
    check_options(options, str(dest))
    needs.check_machine()
    folder = BuildFolder(dest, options.name)
    log = log_of(dest, options.name)
    with folder.locked() as lock:
        source = read_source(options, runner)
        inputs = _inputs(options, source, runner)
        existing = folder.manifest()
        if existing and _holds(existing["inputs"], inputs) and _same_components(existing, options):
            _check_release(options, existing["xen"])
            return BuildResult(folder.link, _images_of(existing, options.targets), log, changed=False)
        with folder.scratch_folder() as scratch:
            manifest = _make(scratch, folder.work, options, source, run_log.BuildLog(log, lock), runner)
            asked = digest([json.dumps(inputs, sort_keys=True)])
            manifest = {**manifest, "compiler": inputs["compiler"], "inputs": inputs, "asked": asked}
            if not dry:
                folder.install_image(scratch / "image", manifest)
        changed = existing is None or existing["files"] != manifest["files"]
        return BuildResult(folder.link, manifest, log, changed)


def _make(
    scratch: Path, work: Path, options: Options, source: Source, log: run_log.BuildLog, runner: Run
) -> dict[str, Any]:
    """Build in a tree of its own, which is always at one path, as the images contain it. Return the manifest."""
    place = work / TREE
    shutil.rmtree(str(place), ignore_errors=True)
    try:
        log.write(f"the tree: {source.origin}")
        write_source(source, options, place, work, runner)
        release, version = xen_tree.version_of(_text(place, "xen/Makefile"))
        _check_release(options, shown(release))
        recipe = xen_tree.recipe_of(release, options.targets)
        plan = BuildPlan(recipe, options.targets, _jobs(options), str(scratch / "staging"))
        required = components.required_components(place, recipe, options.targets, plan.archive_goals())
        sums = components.add_components(place, required, options, work / "components", runner)
        tree.remove_products(place)
        plan = with_arguments(plan, options, place)
        configure = _text(place, "tools/configure.ac") if recipe.configure else ""
        needs.check_needs(configure, options.variables, recipe, options.targets, _path(), runner)
        needs.check_room(work)
        _run_steps(plan, options, place, scratch, log)
        (scratch / "image").mkdir()
        collected = collect_files(scratch / "staging", scratch / "image", options.targets)
        log.write(f"done: {', '.join(sorted(collected.files))}")
    except (BuildError, OSError) as error:
        log.write(f"failed: {error}")
        raise
    finally:
        # No build starts from the leftovers of another one.
        shutil.rmtree(str(place), ignore_errors=True)
    return {
        "xen": shown(release),
        "xen_version": version,
        "tree": {"from": source.origin, "kind": source.kind, "revision": source.revision, "digest": source.digest},
        "configure": list(plan.flags),
        "variables": dict(options.variables),
        "components": sums,
        "targets": list(options.targets),
        "built": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "files": collected.files,
        "sha256": sum_of(collected.files),
        "images": [{"name": image.name, "files": dict(image.files)} for image in collected.images],
        "installed": collected.installed,
    }


def with_arguments(plan: BuildPlan, options: Options, place: Path) -> BuildPlan:
    """Return the plan with all arguments of configure and make, which depend on the tree. Raise BuildError."""
    variables = [f"{name}={value}" for name, value in sorted(options.variables.items())]
    qemu = components.qemu_folder(place, plan.recipe)
    if plan.recipe.qemu and qemu:
        variables.append(f"{plan.recipe.qemu}={place / qemu}")
    flags: list[str] = []
    if plan.recipe.configure:
        top, stubdom, tools = (_text(place, f"{folder}configure.ac") for folder in ("", "stubdom/", "tools/"))
        flags = [*xen_tree.configure_flags(top, stubdom, tools, options.targets), *options.configure]
        flags += [f"{name}={value}" for name, value in sorted(options.variables.items()) if name in ("CC", "PYTHON")]
    elif options.configure:
        raise BuildError("configure: the tree has no configure before Xen 4.3", "leave it out, or use variables")
    return replace(plan, flags=tuple(flags), variables=tuple(variables))


def _run_steps(plan: BuildPlan, options: Options, place: Path, scratch: Path, log: run_log.BuildLog) -> None:
    run_log.write_fetch_refusals(scratch / "bin", _path())
    env = run_log.step_environment(os.environ, scratch / "bin")
    for arch in ("x86_64", "x86_32"):
        # Without the last folder, tools/fs-back would install fs-backend as a file of that name.
        (scratch / "staging" / arch / "usr" / "sbin").mkdir(parents=True)
    steps = plan.steps()
    for number, step in enumerate(steps, 1):
        log.write(f"step {number} of {len(steps)}: {step.title}")
        log.run_step(step, place, env, options.timeout)


def _inputs(options: Options, source: Source, runner: Run) -> dict[str, Any]:
    """Return everything that determines the files, except the components, which the tree names."""
    return {
        "form": _FORM,
        "tree": source.digest,
        "targets": list(options.targets),
        "configure": list(options.configure),
        "variables": dict(options.variables),
        "compiler": _compiler(options, runner),
    }


def _holds(existing: dict[str, Any], inputs: dict[str, Any]) -> bool:
    """Return whether a build of these inputs made all that is wanted now; it may have made more."""
    same = {**existing, "targets": []} == {**inputs, "targets": []}
    return same and set(inputs["targets"]) <= set(existing["targets"])


def _images_of(manifest: dict[str, Any], targets: tuple[str, ...]) -> dict[str, Any]:
    """Return the manifest with the images of the targets only, and otherwise as it is: it describes the whole build."""
    wanted = {PRODUCTS[target].image for target in targets}
    return {**manifest, "images": [image for image in manifest["images"] if image["name"] in wanted]}


def _check_release(options: Options, found: str) -> None:
    if options.release and options.release != found:
        reason = f"release = {options.release!r}: the tree is of Xen {found}"
        raise BuildError(reason, "name it for that release, or name another tree")


def _same_components(manifest: dict[str, Any], options: Options) -> bool:
    sums = manifest.get("components", {})
    return all(components.expected_sum(file, options) == sha256 for file, sha256 in sums.items())


def _compiler(options: Options, runner: Run) -> str:
    done = runner([*options.variables.get("CC", "gcc").split(), "--version"])
    return done.out.splitlines()[0] if done.rc == 0 and done.out else ""


def _jobs(options: Options) -> int:
    return options.jobs or len(os.sched_getaffinity(0))


def _path() -> str:
    return os.environ.get("PATH", os.defpath)


def _text(place: Path, name: str) -> str:
    return read_text(place / name) or ""
