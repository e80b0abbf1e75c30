# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's lock: who has it, who waits for it, and what is told of both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.host_lock import LockError, hold, hold_for_module

HOLDER = """
import sys, time
from pathlib import Path
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.host_lock import hold
with hold(Path(sys.argv[1]), 0, "guest_config"):
    print("held", flush=True)
    time.sleep(600)
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that has the lock."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SSH_CONNECTION": "10.0.0.1 5022 10.0.0.2 22"}
    found = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True, env=env)
    assert found.stdout is not None
    assert found.stdout.readline() == "held\n"
    return found


def test_who_holds_it_is_written_inside_and_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 5022 10.0.0.2 22")
    path = tmp_path / "folder" / "lock"
    with hold(path, 0, "guest_state"):
        said = json.loads(path.read_text())
        assert abs(said.pop("since") - time.time()) < 60
        assert said == {"module": "guest_state", "pid": os.getpid(), "user": "anna", "from": "10.0.0.1"}
    assert path.read_text() == ""


def test_a_user_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4242424)
    with hold(tmp_path / "lock", 0, "image"):
        assert json.loads((tmp_path / "lock").read_text())["user"] == "4242424"


def test_a_second_one_waits_and_then_names_owner_and_age(tmp_path: Path) -> None:
    path, slept = tmp_path / "lock", []
    with hold(path, 0, "guest_state"):
        said = json.loads(path.read_text())
        path.write_text(json.dumps({**said, "user": "anna", "from": "", "since": said["since"] - 75}))
        with pytest.raises(LockError) as caught, hold(path, 2, "image", slept.append):
            raise AssertionError("two have it")
    assert slept == [0.5] * 4
    words = str(caught.value)
    assert words.startswith(f"lock = '{path}': guest_state, process {os.getpid()} of user anna, has held it for ")
    assert int(words.split(" for ")[1].split()[0]) in range(75, 135)
    assert words.endswith(
        " seconds, and this run has waited 2 seconds for it. Remedy: let that run end, then run this again, or raise "
        "images_lock_timeout (option lock_timeout of image)."
    )


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"module": "x", "pid": 1, "user": "u", "from": "", "since": "y"}'])
@pytest.mark.parametrize("timeout", [0, -5])
def test_an_owner_that_has_not_told_yet(text: str, timeout: int, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path, 0, "guest_state"):
        path.write_text(text)
        with pytest.raises(LockError, match="another run holds it"), hold(path, timeout, "image"):
            raise AssertionError("two have it")


def test_it_is_had_as_soon_as_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    other = hold(path, 0, "guest_state")
    other.__enter__()
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            other.__exit__(None, None, None)

    with hold(path, 60, "image", sleep):
        assert json.loads(path.read_text())["module"] == "image"
    assert len(looks) == 3


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    other = holder(path)
    try:
        with pytest.raises(LockError, match=rf"guest_config, process {other.pid} of user \S+ from 10\.0\.0\.1, has held"), \
                hold(path, 0, "image"):
            raise AssertionError("two have it")
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()
    with hold(path, 0, "image"):
        assert json.loads(path.read_text())["module"] == "image"


def test_a_program_that_is_started_does_not_keep_it(tmp_path: Path) -> None:
    """As the monitor that xl leaves behind for each guest."""
    path = tmp_path / "lock"
    with hold(path, 0, "guest_state"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with hold(path, 0, "image"):
            pass
    finally:
        child.kill()
        child.wait()


def test_an_error_within_frees_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), hold(tmp_path / "lock", 0, "image"):
        raise RuntimeError
    assert (tmp_path / "lock").read_text() == "", "the next process would report this run"
    with hold(tmp_path / "lock", 0, "image"):
        pass


def test_a_place_where_no_lock_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name, words in (("file/lock", "File exists|Not a directory"), ("link", "Too many levels"), (".", "Is a directory")):
        with pytest.raises(LockError, match=f"cannot be taken: ({words}).*Remedy: check that root"), \
                hold(tmp_path / name, 0, "image"):
            raise AssertionError
    assert not (tmp_path / "elsewhere").exists()

    def refused(_handle: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(host_lock.fcntl, "flock", refused)
    with pytest.raises(LockError, match="cannot be taken: No locks available"), hold(tmp_path / "lock", 0, "image"):
        raise AssertionError


@pytest.mark.parametrize("comes_before", [False, True])
def test_who_waits_for_a_file_that_is_removed_gets_that_of_the_others(comes_before: bool, tmp_path: Path) -> None:
    """Two that hold two files would both change the host."""
    path = tmp_path / "xenfleet" / "lock"
    other = hold(path, 0, "removal")
    other.__enter__()
    third = hold(path, 0, "image")
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 1:
            host_lock.remove(path)
            path.parent.rmdir()
            other.__exit__(None, None, None)
            if comes_before:
                third.__enter__()
        if len(looks) == 3 and comes_before:
            assert json.loads(path.read_text())["module"] == "image"
            third.__exit__(None, None, None)

    with hold(path, 60, "guest_state", sleep):
        assert json.loads(path.read_text())["module"] == "guest_state"
    assert len(looks) == (3 if comes_before else 1)


def test_a_file_that_goes_between_its_opening_and_its_lock_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened = tmp_path / "lock", []

    def removed(handle: int, how: int) -> None:
        opened.append(handle)
        if len(opened) < 3:
            path.unlink()
        if len(opened) == 2:
            path.touch()

    monkeypatch.setattr(host_lock.fcntl, "flock", removed)
    with pytest.raises(LockError, match="another run holds it"), hold(path, 0, "image"):
        raise AssertionError("it was removed")
    with hold(path, 1, "image", lambda _seconds: None):
        assert json.loads(path.read_text())["module"] == "image"
    assert len(opened) == 3


def test_a_folder_that_goes_before_the_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, mkdir, made = tmp_path / "xenfleet" / "lock", Path.mkdir, []

    def once(folder: Path, *given: Any, **more: Any) -> None:
        made.append(folder)
        if len(made) > 1:
            mkdir(folder, *given, **more)

    monkeypatch.setattr(Path, "mkdir", once)
    with hold(path, 1, "image", lambda _seconds: None):
        assert path.exists()
    made.clear()
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(LockError, match="another run holds it"), hold(path, 0, "image"):
        raise AssertionError("there is no file")


@pytest.mark.parametrize("check, is_host, expected", [(False, True, True), (True, True, False), (False, False, False)])
def test_a_module_takes_it_when_it_changes_its_host(check: bool, is_host: bool, expected: bool, tmp_path: Path) -> None:
    params: dict[str, Any] = {"lock": str(tmp_path / "lock"), "lock_timeout": 0}
    with hold_for_module(SimpleNamespace(check_mode=check, params=params), "image", is_host):
        assert (tmp_path / "lock").exists() is expected
