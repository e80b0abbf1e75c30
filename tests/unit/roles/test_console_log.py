# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role console_log restarts xenconsoled when it runs with other arguments, whatever an earlier run has come to.

Its command runs with the system's paths replaced by those of a folder, and a pretended start-stop-daemon and init script.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROLE = Path(__file__).resolve().parents[3] / "roles" / "console_log"
NAME = "xenconsoled"


class Host:
    """A dom0 in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "run", "proc/42", "etc/init.d"):
            (folder / name).mkdir(parents=True)
        self._program("bin/start-stop-daemon", f'echo stop >> {folder}/calls')
        self._program("etc/init.d/xen", f'[ "$SYSTEMCTL_SKIP_REDIRECT" = 1 ] || exit 3\necho "$1" >> {folder}/calls')

    def _program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (self.folder / name).chmod(0o755)

    def runs_with(self, *arguments: str) -> None:
        words = [f"/usr/lib/xen-4.17/bin/{NAME}", *arguments, "--pid-file", f"/run/{NAME}.pid", ""]
        (self.folder / "proc/42/cmdline").write_text("\0".join(words), encoding="utf-8")
        (self.folder / f"run/{NAME}.pid").write_text("42\n", encoding="utf-8")

    def fails_to_start(self) -> None:
        self._program("etc/init.d/xen", "exit 1")

    def run(self, arguments: str = "--log=guest") -> tuple[int, bool, list[str]]:
        """Exit status, whether it would be restarted, and what was called."""
        look, restart = self._command("look.yml"), self._command("restart.yml")
        is_restarted = self._shell(look.replace("{{ console_log_arguments }}", arguments)) != 0
        status = self._shell(restart) if is_restarted else 0
        calls = self.folder / "calls"
        return status, is_restarted, calls.read_text(encoding="utf-8").split() if calls.exists() else []

    @staticmethod
    def _command(file: str) -> str:
        tasks = yaml.safe_load((ROLE / "tasks" / file).read_text(encoding="utf-8"))
        (command,) = [str(task["ansible.builtin.shell"]) for task in tasks if "ansible.builtin.shell" in task]
        return command

    def _shell(self, script: str) -> int:
        for place in ("/run/", "/proc/", "/etc/"):
            script = script.replace(place, f"{self.folder}{place}")
        env = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        return subprocess.run(["/bin/sh", "-c", script], env=env, capture_output=True, check=False).returncode


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize("arguments", ["--log=guest", "--log=guest  --timestamp=guest", ""])
def test_one_that_runs_as_it_should_is_left_alone(arguments: str, host: Host) -> None:
    host.runs_with(*arguments.split())
    assert host.run(arguments) == (0, False, [])


@pytest.mark.parametrize("arguments", [[], ["--log=all"], ["--log=guest2"], ["-v", "--log=guests"]])
def test_one_that_was_not_restarted_is(arguments: list[str], host: Host) -> None:
    """A run was killed when it had written the file."""
    host.runs_with(*arguments)
    assert host.run() == (0, True, ["stop", "start"])


def test_one_that_was_stopped_and_not_started_is(host: Host) -> None:
    """A run was killed at the restart. The file with its process id may be there still."""
    assert host.run() == (0, True, ["stop", "start"])
    (host.folder / f"run/{NAME}.pid").write_text("43\n", encoding="utf-8")
    assert host.run() == (0, True, ["stop", "start"] * 2)


def test_one_that_does_not_start_fails_the_task(host: Host) -> None:
    host.fails_to_start()
    status, changed, _called = host.run()
    assert (status != 0, changed) == (True, True)
