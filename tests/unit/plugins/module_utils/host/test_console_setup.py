# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xenconsoled logs the consoles on each kind of host, whatever an earlier run has come to; where that cannot be, a note
says so. A host is a folder, with programs that note that they were called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import (
    console_daemon,
    console_restart,
    console_setup,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.console_setup import remove, set_up

UNIT = """\
[Service]
Environment=XENCONSOLED_ARGS=
Environment=XENCONSOLED_TRACE=none
EnvironmentFile=-/etc/sysconfig/xencommons
ExecStart=/usr/local/sbin/xenconsoled -i --log=${XENCONSOLED_TRACE} --log-dir=/var/log/xen/console $XENCONSOLED_ARGS
"""
OLD_UNIT = UNIT.replace("Environment=XENCONSOLED_ARGS=\n", "").replace(" $XENCONSOLED_ARGS", "")
KINDS = {
    "debian": ("etc/init.d/xen", "xenconsoled $XENCONSOLED_ARGS", "etc/default/xen", 'XENCONSOLED_ARGS="--log=guest"'),
    "systemd": ("usr/lib/systemd/system/xenconsoled.service", UNIT, "etc/sysconfig/xencommons", 'XENCONSOLED_ARGS="--log=guest"'),
    "old unit": ("lib/systemd/system/xenconsoled.service", OLD_UNIT, "etc/sysconfig/xencommons", "XENCONSOLED_TRACE=guest"),
    "sysv": ("etc/init.d/xencommons", "--log=$XENCONSOLED_TRACE", "etc/default/xencommons", "XENCONSOLED_TRACE=guest"),
}


class Host:
    """A dom0 in a folder, whose xenconsoled is started in one of the ways of KINDS."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        script, text, defaults, self.line = KINDS[kind]
        (folder / "proc/42").mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / script).parent.mkdir(parents=True)
        (folder / script).write_text(text, encoding="utf-8")
        self.script = folder / script
        self.defaults = folder / defaults
        for name in ("start-stop-daemon", "systemctl", "xenconsoled"):
            self.program(folder / "bin" / name, f'echo {name} "$@" >> {folder}/calls')

    def program(self, path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n# XENCONSOLED_ARGS\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def runs_with(self, *arguments: str) -> None:
        words = [f"{self.folder}/bin/xenconsoled", *arguments, "--pid-file=/run/xenconsoled.pid", ""]
        (self.folder / "proc/42/cmdline").write_text("\0".join(words), encoding="utf-8")

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture(autouse=True)
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr(console_restart, "_end", lambda _pid, proc: (proc / "42/cmdline").unlink())


@pytest.fixture(params=KINDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(tmp_path, request.param)


@pytest.fixture
def debian(tmp_path: Path) -> Host:
    host = Host(tmp_path, "debian")
    host.program(host.script, f'[ "$SYSTEMCTL_SKIP_REDIRECT" = 1 ] || exit 3\necho "$1" >> {tmp_path}/calls')
    return host


def prepare_script(host: Host) -> None:
    if host.script.name == "xen":
        host.program(host.script, f'echo "$1" >> {host.folder}/calls')


def test_each_kind_of_host_is_set_up_in_its_way(host: Host) -> None:
    prepare_script(host)
    host.runs_with("--log=none", "-i")
    host.defaults.parent.mkdir(parents=True, exist_ok=True)
    host.defaults.write_text(f"A=1\n#{host.line}\n{host.line.split('=')[0]}=x\nB=2", encoding="utf-8")
    host.defaults.chmod(0o640)
    found = set_up("--log=guest", root=host.folder)
    assert (found.changed, found.logged, found.restarted, found.note) == (True, True, True, "")
    assert host.defaults.read_text() == f"A=1\n#{host.line}\n{host.line}\nB=2"
    assert host.defaults.stat().st_mode & 0o777 == 0o640
    assert (host.folder / "var/log/xen/console").stat().st_mode & 0o7777 == 0o2750
    called = {
        "xen": [f"{' '.join(console_restart._STOP)} --pidfile /run/xenconsoled.pid --name xenconsoled", "start"],
        "xenconsoled.service": ["systemctl restart xenconsoled.service"],
        "xencommons": ["xenconsoled -i --pid-file=/run/xenconsoled.pid --log=guest"],
    }
    assert host.calls() == called[host.script.name]


def test_a_second_run_changes_nothing(host: Host) -> None:
    prepare_script(host)
    set_up("--log=guest", root=host.folder)
    before = host.calls()
    host.runs_with("--log=none", "--log=guest")
    found = set_up("--log=guest", root=host.folder)
    assert (found.changed, found.logged, found.restarted, found.diffs) == (False, True, False, [])
    assert host.calls() == before


def test_check_mode_shows_it_and_changes_nothing(host: Host) -> None:
    host.runs_with()
    found = set_up("--log=guest", check=True, root=host.folder)
    assert (found.changed, found.logged, found.restarted) == (True, True, True)
    assert [diff["after"] for diff in found.diffs] == [f"{host.line}\n", "root:adm 2750\n"]
    assert not host.defaults.exists()
    assert not (host.folder / "var").exists()
    assert host.calls() == []


@pytest.mark.parametrize("arguments", [[], ["--log=hv"], ["--log=guest2"], ["-v", "--log=guests"], None])
def test_the_process_counts_and_not_the_file(arguments: list[str] | None, debian: Host) -> None:
    """A run was interrupted when it had written the file, or when it had stopped xenconsoled."""
    debian.defaults.parent.mkdir(parents=True)
    debian.defaults.write_text(f"{debian.line}\n")
    if arguments is not None:
        debian.runs_with(*arguments)
    assert set_up("--log=guest", root=debian.folder).restarted
    assert debian.calls()[-1:] == ["start"]


@pytest.mark.parametrize("arguments", [["--log=all"], ["--log", "all"], ["--log", "guest"], ["--log=hv", "--log=guest", "-i"]])
def test_what_logs_more_or_is_spelled_differently_logs_the_guests(arguments: list[str], debian: Host) -> None:
    """xend of 3.3 to 4.0 starts xenconsoled itself, with the value of XENCONSOLED_TRACE: often all."""
    debian.defaults.parent.mkdir(parents=True)
    debian.defaults.write_text(f"{debian.line}\n")
    debian.runs_with(*arguments)
    found = set_up("--log=guest", root=debian.folder)
    assert (found.logged, found.restarted, found.note) == (True, False, "")
    debian.script.unlink()
    found = set_up("--log=guest", root=debian.folder)
    assert (found.logged, found.note) == (True, "")


def test_the_last_line_counts(debian: Host) -> None:
    debian.defaults.parent.mkdir(parents=True)
    debian.defaults.write_text(f'{debian.line}\nXENCONSOLED_ARGS=""\n')
    debian.runs_with("--log=guest")
    found = set_up("--log=guest", root=debian.folder)
    assert (found.changed, found.restarted) == (True, False)
    assert debian.defaults.read_text() == f"{debian.line}\n{debian.line}\n"


def test_a_restart_that_fails_is_a_note(debian: Host) -> None:
    debian.program(debian.script, "echo no such file >&2\nexit 1")
    found = set_up("--log=guest", root=debian.folder)
    assert (found.logged, found.restarted) == (False, True)
    assert found.note == (
        "xenconsoled cannot be restarted: no such file. Remedy: start xenconsoled by hand, or set stubdom_console_log: false."
    )


def test_a_host_that_is_not_known_is_left_with_a_note(tmp_path: Path) -> None:
    found = set_up("--log=guest", root=tmp_path)
    assert (found.changed, found.logged, list(tmp_path.iterdir())) == (False, False, [])
    assert found.note == (
        "this host starts xenconsoled in a way that is not known, and it does not log the consoles. "
        "Remedy: have it log them (xenconsoled --log=guest), or set stubdom_console_log: false."
    )
    assert remove("--log=guest", root=tmp_path).note == ""


def test_a_host_that_is_not_known_may_log_by_itself(tmp_path: Path) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/cmdline").write_text("/opt/xen/sbin/xenconsoled\0--log=guest\0")
    found = set_up("--log=guest", root=tmp_path)
    assert (found.changed, found.logged, found.note) == (False, True, "")


def test_arguments_that_a_host_has_no_variable_for(tmp_path: Path) -> None:
    host = Host(tmp_path, "sysv")
    found = set_up("--log=guest --timestamp=all", root=host.folder)
    assert (found.changed, found.logged) == (False, False)
    assert "XENCONSOLED_TRACE takes one --log=, and cannot hold '--log=guest --timestamp=all'" in found.note


@pytest.mark.parametrize("arguments", ['--log=guest"', "--log=guest\nA=1", "--log=$(id)", "--log=`id`", "--log=guest\\"])
def test_arguments_that_would_be_more_than_a_value_are_not_written(arguments: str, debian: Host) -> None:
    found = set_up(arguments, root=debian.folder)
    assert (found.changed, debian.defaults.exists()) == (False, False)
    assert found.note.startswith(f"/etc/default/xen: XENCONSOLED_ARGS cannot hold {arguments!r}. Remedy: set console_log_arguments: ")


@pytest.mark.parametrize(
    "before, after",
    [
        (b"A=1", b"A=1\nLINE\n"),
        (b"A=1\r\nXENCONSOLED_ARGS=\r\nB=2\r\n", b"A=1\r\nLINE\nB=2\r\n"),
        (b"# \xe9\nA=1\x0cB\x0b\xe2\x80\xa8\x85C\n", b"# \xe9\nA=1\x0cB\x0b\xe2\x80\xa8\x85C\nLINE\n"),
        (b'XENCONSOLED_ARGS="--log=\\\nnone"\nB=2\n', b"LINE\nB=2\n"),
        (b'XENCONSOLED_ARGS="\n--log=none\n"\nB=2', b"LINE\nB=2"),
        (b"XENCONSOLED_ARGS=a\\\nb\n", b"LINE\n"),
        (b'XENCONSOLED_ARGS="never closed\nB=2\n', b"LINE\nB=2\n"),
        (b"XENCONSOLED_ARGS=a # it's a comment\nB='\n", b"LINE\nB='\n"),
    ],
)
def test_everything_else_of_a_file_of_defaults_stays(before: bytes, after: bytes, debian: Host) -> None:
    debian.defaults.parent.mkdir(parents=True)
    debian.defaults.write_bytes(before)
    debian.runs_with("--log=guest")
    assert set_up("--log=guest", root=debian.folder).changed
    assert debian.defaults.read_bytes() == after.replace(b"LINE", debian.line.encode())
    assert not set_up("--log=guest", root=debian.folder).changed


def test_a_link_in_the_place_of_the_defaults_stays_one(debian: Host) -> None:
    debian.defaults.parent.mkdir(parents=True)
    (debian.folder / "managed").write_text("A=1\n")
    debian.defaults.symlink_to("../../managed")
    set_up("--log=guest", root=debian.folder)
    assert debian.defaults.is_symlink()
    assert (debian.folder / "managed").read_text() == f"A=1\n{debian.line}\n"


@given(st.lists(st.sampled_from(["A=1\n", "XENCONSOLED_ARGS=x\n", "#\r\n", "\n", "B='XENCONSOLED_ARGS='\n", "\x0c\n"])), st.sampled_from(["", "C=3"]))
def test_the_line_is_set_and_taken_away_again(lines: list[str], last: str) -> None:
    text = "".join(lines) + last
    line = 'XENCONSOLED_ARGS="--log=guest"'
    there = console_daemon.with_line(text, "XENCONSOLED_ARGS", line)
    assert console_daemon.current_line(there, "XENCONSOLED_ARGS") == line
    assert console_daemon.with_line(there, "XENCONSOLED_ARGS", line) == there
    rest = [row for row in text.split("\n") if row and not row.startswith("XENCONSOLED_ARGS=")]
    without = console_daemon.with_line(there, "XENCONSOLED_ARGS", "")
    assert [row for row in without.split("\n") if row] == rest


def test_a_unit_that_reads_no_variable_is_not_known(tmp_path: Path) -> None:
    Host(tmp_path, "systemd").script.write_text("[Service]\nExecStart=/usr/sbin/xenconsoled\n")
    assert console_daemon.find(tmp_path) is None


def test_it_is_removed(host: Host) -> None:
    prepare_script(host)
    set_up("--log=guest", root=host.folder)
    host.runs_with("--log=guest")
    found = remove("--log=guest", root=host.folder)
    assert (found.changed, found.restarted, host.defaults.read_text()) == (True, True, "")
    host.runs_with()
    assert not remove("--log=guest", root=host.folder).changed


def test_a_line_of_an_operator_stays(host: Host) -> None:
    host.defaults.parent.mkdir(parents=True, exist_ok=True)
    text = f"{host.line.split('=')[0]}=all\n"
    host.defaults.write_text(text)
    assert not remove("--log=guest", root=host.folder).changed
    assert host.defaults.read_text() == text


def test_a_process_is_ended_and_killed_if_it_must(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(console_restart, "_END", 0)
    with subprocess.Popen(
        [sys.executable, "-c", "import signal,time\nsignal.signal(15, signal.SIG_IGN)\nprint(1, flush=True)\ntime.sleep(99)"],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        console_restart._end(process.pid, Path("/proc"))
        assert process.wait(30) == -9


def test_folders_without_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(tmp_path, "systemd")
    monkeypatch.setattr(console_setup, "_GROUP", "no-such-group")
    host.runs_with("--log=guest")
    set_up("--log=guest", root=host.folder)
    assert (host.folder / "var/log/xen/console").stat().st_gid == 0
