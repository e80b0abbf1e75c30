# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the tools of a release: those of .venv-publish, which requirements-publish.txt pins."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".venv-publish" / "bin"


def environment(**changed: str) -> dict[str, str]:
    """Return the caller's environment, in which these tools are found first and Ansible finds no other collection."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON", "VIRTUAL_ENV"))}
    return kept | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"} | changed


def run(program: str, *arguments: str, cwd: Path, fails: bool = False, env: Mapping[str, str] = MappingProxyType({}),
        **changed: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder and return its result; what it printed is in the error when it fails, or does not."""
    assert PROGRAMS.is_dir(), "there is no .venv-publish: run `make .venv-publish/stamp`"
    done = subprocess.run([program, *arguments], cwd=cwd, env={**environment(**changed), **env}, text=True, capture_output=True,
                          check=False, umask=0o077)
    assert bool(done.returncode) == fails, f"{program} {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done
