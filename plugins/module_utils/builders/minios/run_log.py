# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the steps of a build; everything that they print goes to a log, which can be read while they run."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Mapping

from ...common.errors import BuildError
from . import failure
from .steps import BuildStep

# The lines that this module writes itself. Without the time the pattern would match those of Autoconf's configures, too.
_OWN = re.compile(r"=== (\d+:\d\d .*)")

# The only variables of the environment that a build gets: LDFLAGS breaks newlib's configure even when it is empty, and
# others, such as MAKEFLAGS, would change what is built.
_ENVIRONMENT = ("HOME", "LOGNAME", "PATH", "TMPDIR", "USER")

# Programs that make would fetch with, and their arguments that fetch; none stands for any argument. Everything is there
# before make runs; what is missing must fail, and not be fetched.
_FETCHERS = {
    "wget": (),
    "curl": (),
    "ftp": (),
    "git": ("clone", "fetch", "pull", "submodule", "ls-remote"),
    "hg": ("clone", "pull"),
}

_KILL_AFTER = 10.0


def own_text(line: str) -> str:
    """Return the text of a line that this module wrote itself, "" for a line of a step.

    >>> own_text("=== 0:08 step 1 of 4: configure"), own_text("=== configuring in tools (/tree/tools)")
    ('0:08 step 1 of 4: configure', '')
    """
    found = _OWN.fullmatch(line)
    return found.group(1) if found else ""


def step_environment(own: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of the steps, from this process' own; programs in ``folder`` come first."""
    kept = {name: own[name] for name in _ENVIRONMENT if name in own}
    return {**kept, "LC_ALL": "C", "PATH": os.pathsep.join([str(folder), kept.get("PATH", os.defpath)])}


def write_fetch_refusals(folder: Path, path: str) -> None:
    """Write programs that refuse to fetch, with a message. Raise OSError."""
    folder.mkdir(parents=True)
    for name, words in _FETCHERS.items():
        place = folder / name
        patterns = "|".join(f'*" {word} "*' for word in words) or "*"
        place.write_text(
            f'#!/bin/sh\ncase " $* " in\n'
            f'{patterns}) echo "{failure.REFUSED}{name} $*: the build fetches nothing" >&2; exit 1 ;;\n'
            f'esac\nPATH=\'{path}\' exec {name} "$@"\n',
            encoding="utf-8",
        )
        place.chmod(0o755)


class BuildLog:
    """Write the log of one build.

    ``lock`` is a file descriptor that every step inherits, so that a step which outlives this process keeps the next
    build out of the folder.
    """

    def __init__(self, path: Path, lock: int) -> None:
        """Start an empty log. Raise OSError."""
        self.path = path
        self._lock = lock
        self._begun = time.monotonic()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
        path.chmod(0o644)

    def write(self, text: str) -> None:
        """Write a line of this module's own. Raise OSError."""
        seconds = int(time.monotonic() - self._begun)
        with self.path.open("a", encoding="utf-8") as out:
            out.write(f"=== {seconds // 60}:{seconds % 60:02d} {text}\n")

    def run_step(self, step: BuildStep, folder: Path, env: Mapping[str, str], timeout: int) -> None:
        """Run a step to its end, at most ``timeout`` seconds. Raise BuildError with the lines that state the cause, OSError."""
        before = self.path.stat().st_size
        rc = self._run(step, folder, env, timeout)
        with self.path.open("rb") as log:
            log.seek(before)
            text = log.read().decode("utf-8", "replace")
        if rc == 0 and not failure.has_failed_patch(text):
            return
        why = {0: "a patch did not apply", 124: f"it took more than {timeout} seconds", 127: "it does not exist"}
        lines = "".join(f"\n  {line}" for line in failure.cause_lines(text.splitlines()))
        raise BuildError(
            f"{step.title} failed ({why.get(rc, f'exit status {rc}')}):{lines}\n  {self.path} has the whole output",
            "correct what these lines name and run it again",
        )

    def _run(self, step: BuildStep, folder: Path, env: Mapping[str, str], timeout: int) -> int:
        with self.path.open("ab") as out:
            try:
                # Without standard input, as patch asks questions.
                running = subprocess.Popen(
                    step.argv,
                    cwd=str(folder),
                    env={**env, **step.env},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    pass_fds=[self._lock],
                )
            except (FileNotFoundError, PermissionError) as error:
                out.write(f"{error}\n".encode())
                return 127
            try:
                return running.wait(timeout)
            except subprocess.TimeoutExpired:
                return 124
            finally:
                _end(running)


def _end(running: subprocess.Popen[bytes]) -> None:
    """End a process, by force after 10 seconds. Make ends its children when it is terminated."""
    if running.poll() is None:
        running.terminate()
        try:
            running.wait(_KILL_AFTER)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
