# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the steps of a build; all that they say goes to a log, which can be read while they run."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Mapping

from ...common.errors import BuildError
from . import failure
from .steps import Step

# The lines that this module writes itself. Without the time it would be those of Autoconf's configures, too.
_OWN = re.compile(r"=== (\d+:\d\d .*)")

# All that a build sees of the environment: LDFLAGS breaks the newlib's configure even when it is empty, and others of
# its kind, MAKEFLAGS for one, would change what is built.
_ENVIRONMENT = ("HOME", "LOGNAME", "PATH", "TMPDIR", "USER")

# Programs that make would fetch with, and the words that they do it by; none stands for whatever they are told.
# Everything is there before make runs; what is not is to fail, not to be fetched.
_FETCHERS = {
    "wget": (),
    "curl": (),
    "ftp": (),
    "git": ("clone", "fetch", "pull", "submodule", "ls-remote"),
    "hg": ("clone", "pull"),
}

_KILL_AFTER = 10.0


def said_by_us(line: str) -> str:
    """What this module wrote itself, "" for a line of a step.

    >>> said_by_us("=== 0:08 step 1 of 4: configure"), said_by_us("=== configuring in tools (/tree/tools)")
    ('0:08 step 1 of 4: configure', '')
    """
    found = _OWN.fullmatch(line)
    return found.group(1) if found else ""


def environment(own: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What the steps get of this process' environment; programs in ``folder`` come first."""
    kept = {name: own[name] for name in _ENVIRONMENT if name in own}
    return {**kept, "LC_ALL": "C", "PATH": os.pathsep.join([str(folder), kept.get("PATH", os.defpath)])}


def no_network(folder: Path, path: str) -> None:
    """Makes programs that fetch nothing, and say so. Raises OSError."""
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


class Log:
    """The log of one build. ``lock`` is a file descriptor that every step inherits, so that a step which outlives this
    process keeps the next build out of the folder."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock
        self._begun = time.monotonic()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
        path.chmod(0o644)

    def say(self, text: str) -> None:
        """Writes a line of this module's own. Raises OSError."""
        seconds = int(time.monotonic() - self._begun)
        with self.path.open("a", encoding="utf-8") as out:
            out.write(f"=== {seconds // 60}:{seconds % 60:02d} {text}\n")

    def run(self, step: Step, folder: Path, env: Mapping[str, str], timeout: int) -> None:
        """Runs a step to its end. Raises BuildError with the lines that tell why it failed, OSError."""
        before = self.path.stat().st_size
        rc = self._run(step, folder, env, timeout)
        with self.path.open("rb") as log:
            log.seek(before)
            said = log.read().decode("utf-8", "replace")
        if rc == 0 and not failure.half_patched(said):
            return
        why = {0: "a patch did not apply", 124: f"it took more than {timeout} seconds", 127: "it does not exist"}
        lines = "".join(f"\n  {line}" for line in failure.that_matter(said.splitlines()))
        raise BuildError(
            f"{step.title} failed ({why.get(rc, f'exit status {rc}')}):{lines}\n"
            f"Remedy: mend what these lines name and run it again; {self.path} has all of it."
        )

    def _run(self, step: Step, folder: Path, env: Mapping[str, str], timeout: int) -> int:
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
    """Make ends what it started when it is told to end."""
    if running.poll() is None:
        running.terminate()
        try:
            running.wait(_KILL_AFTER)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
