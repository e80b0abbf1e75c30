# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role console_log does nothing where all is in place, and restarts xenconsoled when it runs with other arguments,
whatever an earlier run has come to.

Its commands run with the system's paths replaced by those of a folder, and a fake start-stop-daemon and init script.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT

yaml = pytest.importorskip("yaml")

ROLE = ROOT / "roles" / "console_log"
NAME = "xenconsoled"


class Host:
    """A dom0 in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "run", "proc/42", "etc/init.d"):
            (folder / name).mkdir(parents=True)
        self.program("bin/start-stop-daemon", f'echo stop >> {folder}/calls')
        self.program("etc/init.d/xen", f'[ "$SYSTEMCTL_SKIP_REDIRECT" = 1 ] || exit 3\necho "$1" >> {folder}/calls')

    def program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (self.folder / name).chmod(0o755)

    def runs_with(self, *arguments: str) -> None:
        words = [f"/usr/lib/xen-4.17/bin/{NAME}", *arguments, "--pid-file", f"/run/{NAME}.pid", ""]
        (self.folder / "proc/42/cmdline").write_text("\0".join(words), encoding="utf-8")
        (self.folder / f"run/{NAME}.pid").write_text("42\n", encoding="utf-8")

    def fails_to_start(self) -> None:
        self.program("etc/init.d/xen", "exit 1")

    def run(self, arguments: str = "--log=guest") -> tuple[int, bool, list[str]]:
        """Exit status, whether it would be restarted, and what was called."""
        look, restart = self._command("check.yml", arguments), self._command("restart.yml", arguments)
        is_restarted = self._shell(look) != 0
        status = self._shell(restart) if is_restarted else 0
        calls = self.folder / "calls"
        return status, is_restarted, calls.read_text(encoding="utf-8").split() if calls.exists() else []

    def is_set_up(self, arguments: str = "--log=guest") -> bool:
        return self._shell(self._command("main.yml", arguments)) == 0

    @staticmethod
    def _command(file: str, arguments: str) -> str:
        """The one that a task file has, with the role's variables in it."""
        tasks = yaml.safe_load((ROLE / "tasks" / file).read_text(encoding="utf-8"))
        (command,) = [str(task["ansible.builtin.shell"]) for task in tasks if "ansible.builtin.shell" in task]
        variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))
        line = variables["console_log_line"].replace("{{ console_log_arguments }}", arguments)
        command = command.replace("{{ console_log_line | quote }}", shlex.quote(line))
        command = command.replace("{{ console_log_runs }}", variables["console_log_runs"])
        command = command.replace("{{ console_log_arguments }}", arguments)
        assert "{{" not in command
        return command

    def _shell(self, script: str) -> int:
        for place in ("/run/", "/proc/", "/etc/", "/var/"):
            script = script.replace(place, f"{self.folder}{place}")
        env = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        return subprocess.run(["/bin/sh", "-c", script], env=env, capture_output=True, check=False).returncode


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def logging(host: Host) -> Host:
    """One on which all is in place, and which belongs to whoever runs this."""
    logs, default = host.folder / "var/log/xen/console", host.folder / "etc/default/xen"
    logs.mkdir(parents=True)
    logs.chmod(0o2750)
    default.parent.mkdir()
    default.write_text('#XENCONSOLED_ARGS=\nXENCONSOLED_ARGS="--log=guest"\n', encoding="utf-8")
    owner, group = logs.owner(), logs.group()
    host.program("bin/stat", f'[ "$(/usr/bin/stat "$@")" = "{owner} {group} 2750" ] && echo root adm 2750 || echo other')
    host.runs_with("--log=guest")
    return host


def test_where_all_is_in_place_one_look_is_enough(logging: Host) -> None:
    assert logging.is_set_up()
    assert not logging.is_set_up("--log=all")


@pytest.mark.parametrize("text", ["", "#XENCONSOLED_ARGS=--log=guest", 'XENCONSOLED_ARGS="--log=guest"\nXENCONSOLED_ARGS=""'])
def test_another_line_is_seen(text: str, logging: Host) -> None:
    (logging.folder / "etc/default/xen").write_text(text, encoding="utf-8")
    assert not logging.is_set_up()


def test_a_missing_file_is_seen(logging: Host) -> None:
    (logging.folder / "etc/default/xen").unlink()
    assert not logging.is_set_up()


def test_another_folder_is_seen(logging: Host) -> None:
    logs = logging.folder / "var/log/xen/console"
    logs.chmod(0o755)
    assert not logging.is_set_up()
    logs.rmdir()
    assert not logging.is_set_up()


def test_another_process_is_seen(logging: Host) -> None:
    logging.runs_with("--log=all")
    assert not logging.is_set_up()


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
