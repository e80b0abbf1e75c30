# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role build_minios_stubdom costs against configure and make alone: `tests/run --install`,
then `.venv/bin/python tests/bench/minios_stubdom.py XEN_ROOT MIRROR [TARGET...]`.

Both start from a fresh copy of the operator's tree; the bare one has all that it wants in it before the clock runs. The
role runs by ansible-playbook, twice: the second time nothing has changed. The mirror's files are taken as they are.
Seconds by the clock say something where nobody else works, which the machine's load at the end of each row tells; those
of processors are of all processes that a row started. Nothing passes or fails by the times. Wants 1 GB below TMPDIR.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".build" / "links"), str(ROOT / "tests")]

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import build, components, tree, xen_tree
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.options import Options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.steps import BuildPlan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import sha256_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import run
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.minios import MINIOS_TARGETS
from runner.places import environment

JOBS = len(os.sched_getaffinity(0))
TASKS = [{"hosts": "localhost", "gather_facts": False, "roles": ["xenfleet.stubdom.build_minios_stubdom"]}]
SUBREAPER = 36  # prctl: a job of Ansible's leaves its parent; what it took is to be counted, too.


def bare(options: Options, folder: Path) -> Callable[[], None]:
    """Make a copy of the tree with all that it needs; return the calls that the role would make in it, alone."""
    place = folder / "bare"
    tree.copy_tree(tree.tree_entries(Path(options.tree)), place)
    recipe = xen_tree.recipe_of(xen_tree.version_of((place / "xen/Makefile").read_text())[0], options.targets)
    plan = BuildPlan(recipe, options.targets, JOBS, str(folder / "staging"))
    required = components.required_components(place, recipe, options.targets, plan.archive_goals())
    components.add_components(place, required, options, folder / "kept", run)
    tree.remove_products(place)
    steps = build.with_arguments(plan, options, place).steps()
    kept = {name: value for name, value in environment().items() if name in ("HOME", "PATH")}

    def calls() -> None:
        with (folder / "bare.log").open("wb") as log:
            for step in steps:
                env = {**kept, "LC_ALL": "C", **step.env}
                subprocess.run(step.argv, cwd=place, env=env, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    return calls


def role(options: Options, folder: Path) -> Callable[[], None]:
    """Run the role by a playbook, on this machine, with a cache and an installed collection of its own."""
    said: dict[str, Any] = {
        "tree": options.tree, "mirror": options.mirror, "checksums": options.checksums, "targets": options.targets,
        "jobs": JOBS, "dest": str(folder / "build"), "cache": str(folder / "cache"),
    }
    words = {f"build_minios_stubdom_{name}": value for name, value in said.items()}
    words |= {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3",
              "ansible_async_dir": str(folder / "async"), "ansible_remote_tmp": str(folder / "tmp")}
    (folder / "play.yml").write_text(json.dumps(TASKS))
    env = environment() | {"ANSIBLE_HOME": str(folder / "home"), "ANSIBLE_LOCAL_TEMP": str(folder / "tmp")}
    command = [str(ROOT / ".venv/bin/ansible-playbook"), "-i", "localhost,", "-e", json.dumps(words), "play.yml"]

    def play() -> None:
        with (folder / "role.log").open("ab") as log:
            subprocess.run(command, cwd=folder, env=env, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    return play


def measure(label: str, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of processors."""
    before, begun = _processors(), time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = _processors() - before
    print(f"{label:28}{seconds:9.1f}{used:12.1f}{os.getloadavg()[0]:6.1f}", flush=True)
    return seconds, used


def _processors() -> float:
    said = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in said)


def main(words: list[str]) -> None:
    """Measure and print the table."""
    root, mirror = (Path(word).resolve() for word in words[:2])
    sums = {path.name: sha256_of(path) for path in sorted(mirror.iterdir()) if path.is_file()}
    targets = tuple(name for name in MINIOS_TARGETS if name in (words[2:] or ("ioemu", "pvgrub")))
    options = Options(tree=str(root), mirror=str(mirror), checksums=sums, targets=targets)
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        calls, play = bare(options, folder), role(options, folder)
        print(f"{', '.join(options.targets)} of {root.name}, make -j{JOBS}\n{'':28}{'seconds':>9}{'processors':>12}{'load':>6}")
        alone = measure("configure and make alone", calls)
        first = measure("the role", play)
        print(f"{'ratio':28}{first[0] / alone[0]:9.2f}{first[1] / alone[1]:12.2f}")
        measure("the role, nothing changed", play)
        measure("its module, nothing changed", lambda: build.build(options, folder / "build"))


if __name__ == "__main__":
    main(sys.argv[1:])
