# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Xen host of the lab for a measurement: it is brought up for it, and gone afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Self

LAB = Path(__file__).resolve().parents[1] / "lab" / "lab"


class LabHost:
    """A host by its name; a context manager. It has the lab's defaults, or another ``release`` of Debian."""

    def __init__(self, name: str, release: str = "") -> None:
        self.name, self.release = name, release

    def __enter__(self) -> Self:
        if any(line.split()[:1] == [self.name] for line in self.run("status").splitlines()):
            sys.exit(f"{self.name} is there already: end it with {LAB} down {self.name}")
        try:
            self.run("up", self.name, *(["--release", self.release] if self.release else []))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.run("down", self.name)

    def run(self, command: str, *words: str) -> str:
        """Run a command of the lab; return what it printed."""
        done = subprocess.run([sys.executable, str(LAB), command, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode:
            sys.exit(f"lab {command} ended with status {done.returncode}")
        return done.stdout

    def shell(self, script: str) -> str:
        """Run a script on the host; return what it printed."""
        done = subprocess.run([sys.executable, str(LAB), "ssh", self.name, "--", "sh", "-s"], input=script, capture_output=True,
                              text=True, check=False)
        if done.returncode:
            sys.exit(f"{self.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def write_inventory(self, folder: Path) -> Path:
        """Write how Ansible reaches the host, which changes with each boot; return the file."""
        path = folder / "lab.yml"
        path.write_text(self.run("inventory", self.name), encoding="utf-8")
        return path
