# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start of each module costs a host, against ping's: `.venv/bin/python tests/bench/module_start.py [FOLDER]`.

FOLDER has the folder ansible_collections; by default .build/links of this checkout. Each module is a process of its own
that imports all that its first lines name, makes its argument spec and ends, as its options are wrong. No cache of
compiled files is read or written: a host has none for the archive that Ansible sends. What a module loads while it works,
and what is the same for all of them (the archive, the connection), is not in it.

Prints milliseconds of processors, median (least to most), and the ratio of the medians; modules take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import ansible

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
PING = "ping"
# A script's own folder is where Python looks first, and Ansible's has modules of Python's own names.
RUN = "import runpy, sys; runpy.run_path(sys.argv.pop(), run_name='__main__')"
ARGUMENTS = json.dumps({"ANSIBLE_MODULE_ARGS": {"no_such_option": 1}})


def modules(folder: Path) -> dict[str, Path]:
    """Return the files of the modules that are more than documentation, and of ping."""
    plugins = folder / "ansible_collections" / "xenfleet" / "stubdom" / "plugins" / "modules"
    found = {path.stem: path for path in sorted(plugins.glob("[!_]*.py")) if "\ndef main(" in path.read_text(encoding="utf-8")}
    return {PING: Path(ansible.__file__).parent / "modules" / "ping.py", **found}


def start(path: Path, folder: Path, cache: str) -> float:
    """Return the milliseconds of processors of one start."""
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": cache,
           "PYTHONPATH": f"{folder}:{Path(ansible.__file__).parents[1]}"}
    # The arguments are on the standard input, as in the archive that Ansible sends.
    process = subprocess.Popen([PYTHON, "-c", RUN, str(path)], env=env, cwd=cache, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdin and process.stdout
    process.stdin.write(ARGUMENTS.encode())
    process.stdin.close()
    said = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if b'"failed": true' not in said:
        sys.exit(f"{path.stem}: {said.decode()[-2000:]}")
    return (used.ru_utime + used.ru_stime) * 1000


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="the start of each module against ping's")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / ".build" / "links", metavar="FOLDER")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    folder = options.folder.resolve()
    files = modules(folder)
    taken: dict[str, list[float]] = {name: [] for name in files}
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as cache:
        for _repetition in range(options.repetitions):
            for name, path in files.items():
                taken[name].append(start(path, folder, cache))
    ping = statistics.median(taken[PING])
    print(f"{'module':<26}{'ms':>20}{'pings':>8}")
    for name, times in taken.items():
        shown = f"{statistics.median(times):.0f} ({min(times):.0f} to {max(times):.0f})"
        print(f"{name:<26}{shown:>20}{statistics.median(times) / ping:>8.2f}")
    print(f"{options.repetitions} repetitions, {os.cpu_count()} processors; load {before:.2f}, {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
