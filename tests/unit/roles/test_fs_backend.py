# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service of the role fs_backend: its script and init script run with a fake fs-backend and xenstore, and the
unit of systemd says what the script needs.

The fake fs-backend does to xenstore what the real one does when it starts, and is seen in the real list of
processes; its name is another one in each test.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import policy
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT

FILES = ROOT / "roles" / "fs_backend" / "files"
SERVICE = FILES / "service.sh"
INIT = FILES / "init.sh"
UNIT = FILES / "xenfleet-fs-backend.service"
INSTALLED = f"{policy.PROGRAM}-service"

VFS = "local/domain/0/backend/vfs"
REFUSED = 75

# xenstore as folders and files. A file "down" stands for a xenstored that has ended.
XENSTORE = """#!/bin/sh
[ ! -e "{store}/down" ] || exit 1
case $0 in
    *-list) [ -d "{store}/tree$1" ] && ls "{store}/tree$1" ;;
    *-read) [ -f "{store}/tree$1" ] && cat "{store}/tree$1" ;;
    *-rm) [ -e "{store}/tree$1" ] && rm -r "{store}/tree$1" && echo "$1" >> "{store}/removed" ;;
esac
"""

FS_BACKEND = """#!/bin/sh
echo started >> "{store}/starts"
rm -rf "{store}/tree/{vfs}"
mkdir -p "{store}/tree/{vfs}/exports/0"
[ -e "{store}/mute" ] || echo default > "{store}/tree/{vfs}/exports/0/name"
while :; do read -r _ < "{store}/pause"; done
"""


class Host:
    """A dom0 in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        (self.store / "tree" / "local" / "domain" / "0").mkdir(parents=True)
        # What nobody writes to. A process that waits by a command would be there twice for a moment, as the shell forks.
        os.mkfifo(self.store / "pause")
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in ("list", "read", "rm"):
            self.script(self.bin / f"xenstore-{tool}", XENSTORE.format(store=self.store))
        self.script(self.bin / "logger", f'#!/bin/sh\nexec cat >> "{folder}/log"\n')
        self.program = folder / f"fsb-{uuid.uuid4().hex[:10]}"
        self.script(self.program, FS_BACKEND.format(store=self.store, vfs=VFS))
        self.env = {
            **os.environ,
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "XENFLEET_FS_BACKEND": str(self.program),
            "XENFLEET_FS_BACKEND_RUN": str(folder / "run"),
            "XENFLEET_FS_BACKEND_PAUSE": "0.2",
            "XENFLEET_FS_BACKEND_PATIENCE": "10",
        }
        # Programs as on a host: the files of the role are not executable.
        self.service = folder / "fs-backend-service"
        self.script(self.service, SERVICE.read_text(encoding="utf-8"))
        self.init = folder / "xenfleet-fs-backend"
        self.script(self.init, INIT.read_text(encoding="utf-8"))
        self.env["XENFLEET_FS_BACKEND_SERVICE"] = str(self.service)
        self.started: list[subprocess.Popen[bytes]] = []

    @staticmethod
    def script(path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def node(self, path: str, value: str) -> None:
        place = self.store / "tree" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{value}\n", encoding="utf-8")

    def guest(self, domid: int, name: str, stub: str = "", target: bool = True) -> None:
        """A guest, and its stub domain, which uses fs-backend."""
        self.node(f"local/domain/{domid}/name", name)
        if stub:
            self.node(f"local/domain/{domid + 1}/name", stub)
            self.node(f"local/domain/{domid + 1}/device/vfs/0/state", "ready")
            if target:
                self.node(f"local/domain/{domid + 1}/target", str(domid))

    def call(self, *words: str, program: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program or self.service), *words], env=self.env, capture_output=True, text=True, timeout=60, check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """What goes on running, as under systemd; what it says is in the log."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(list(words), env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def pids(self) -> list[int]:
        """The fs-backends that run."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                words = stat.read_text(encoding="utf-8", errors="replace").split()
            except OSError:
                continue
            if words[1] == f"({self.program.name})" and words[2] != "Z":
                found.append(int(words[0]))
        return found

    def wait_until_ready(self) -> None:
        """Its own start is over then, during which it starts commands and is there twice for a moment."""
        wait_for(lambda: self.call("ready").returncode == 0, "the start of fs-backend")

    def starts(self) -> int:
        """How often fs-backend has started, and removed what was in xenstore."""
        file = self.store / "starts"
        return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0

    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def down(self) -> None:
        (self.store / "down").touch()

    def end(self) -> None:
        supervisor = self.folder / "run" / "supervisor"
        if supervisor.exists() and supervisor.read_text().strip():
            self.call("stop", program=self.init)
        for process in self.started:
            process.kill()
            process.wait()
        # A script with a fault may leave its supervisor, which would go on for ever.
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if f"{self.folder}/" in path.read_text(encoding="utf-8", errors="replace"):
                    os.kill(int(path.parent.name), signal.SIGKILL)
            except OSError:
                pass  # It has ended since it was listed.


@pytest.fixture
def dom0(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.end()


def wait_for(condition: Callable[[], Any], what: str) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit, f"{what} did not happen within 30 seconds"
        time.sleep(0.02)


def test_a_check_without_anything_in_the_way(dom0: Host) -> None:
    done = dom0.call("check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_program(dom0: Host) -> None:
    dom0.program.chmod(0o644)
    done = dom0.call("check")
    assert done.returncode == REFUSED
    assert done.stderr == (
        f"fs-backend: not started: {dom0.program} is not an executable program. "
        "Remedy: run the role fs_backend again.\n"
    )


@pytest.mark.parametrize("command", ["check", "run"])
def test_not_before_xenstored(command: str, dom0: Host) -> None:
    dom0.down()
    done = dom0.call(command)
    assert done.returncode == REFUSED
    assert "not started: xenstored does not answer. Remedy: make sure that the host runs Xen and xenstored." in done.stderr
    assert dom0.starts() == 0


@pytest.mark.parametrize("command", ["check", "run"])
def test_never_beside_one_that_was_started_by_hand(command: str, dom0: Host) -> None:
    """As the README does it: /usr/sbin/fs-backend &"""
    by_hand = dom0.start(str(dom0.program))
    dom0.wait_until_ready()
    done = dom0.call(command)
    assert done.returncode == REFUSED
    assert f"not started: it runs already, with pid {by_hand.pid}, and a second one would take their files" in done.stderr
    assert (dom0.starts(), dom0.pids()) == (1, [by_hand.pid])
    assert not (dom0.store / "removed").exists()


def test_never_beside_itself(dom0: Host) -> None:
    """Many at the same moment: one starts."""
    for _number in range(8):
        dom0.start(str(dom0.service), "run")
    wait_for(lambda: [one.poll() for one in dom0.started].count(REFUSED) == 7, "the refusal of seven")
    dom0.wait_until_ready()
    assert (dom0.starts(), len(dom0.pids())) == (1, 1)


def test_the_lock_is_held_by_fs_backend_itself(dom0: Host) -> None:
    """By which the module fs_backend knows the service's own; a name that somebody took would not be enough."""
    process = dom0.start(str(dom0.service), "run")
    wait_for(lambda: dom0.pids() == [process.pid], "its start")
    lock = dom0.folder / "run" / "lock"
    assert os.readlink(f"/proc/{process.pid}/fd/{policy.LOCK_FD}") == str(lock)
    expected = hashlib.sha256(dom0.program.read_bytes()).hexdigest()
    assert lock.read_text(encoding="utf-8") == f"{expected}\n"
    # Who is refused, or tells of an end, leaves it as it is.
    dom0.call("run")
    dom0.call("ended", "exited", "1")
    assert lock.read_text(encoding="utf-8") == f"{expected}\n"


def test_what_an_earlier_one_left_does_not_look_ready(dom0: Host) -> None:
    dom0.node(f"{VFS}/exports/0/name", "default")
    (dom0.store / "mute").touch()
    dom0.start(str(dom0.service), "run")
    wait_for(lambda: dom0.starts() == 1, "its start")
    assert (dom0.store / "removed").read_text(encoding="utf-8") == f"/{VFS}\n"
    dom0.env["XENFLEET_FS_BACKEND_PATIENCE"] = "1"
    started = time.monotonic()
    done = dom0.call("ready")
    said = "fs-backend: it has exported nothing within 1 seconds. Remedy: see what it printed.\n"
    assert (done.returncode, done.stderr) == (1, said)
    assert time.monotonic() - started >= 0.9


@pytest.mark.parametrize(
    "guest, stub, target, line",
    [
        ("win1", "win1-dm", True, "win1 (stub domain win1-dm)"),
        ("win1", "stubdom-win1", True, "win1 (stub domain stubdom-win1)"),
        # A xend that does not write the target.
        ("win1", "win1-dm", False, "win1 (stub domain win1-dm)"),
        ("win1", "stubdom-win1", False, "win1 (stub domain stubdom-win1)"),
    ],
)
def test_a_guest_that_is_served(guest: str, stub: str, target: bool, line: str, dom0: Host) -> None:
    dom0.guest(5, guest, stub, target)
    assert dom0.call("guests").stdout == f"{line}\n"


def test_guests_that_are_not_served(dom0: Host) -> None:
    dom0.guest(5, "web1")
    dom0.node("local/domain/6/name", "other-dm")
    (dom0.store / "tree" / "local" / "domain" / "6" / "device" / "vfs").mkdir(parents=True)
    assert dom0.call("guests").stdout == ""


def test_a_target_that_is_no_number_is_not_followed(dom0: Host) -> None:
    dom0.guest(5, "win1", "win1-dm")
    dom0.node("local/domain/6/target", "../domain/0")
    dom0.node("local/domain/0/name", "Domain-0")
    assert dom0.call("guests").stdout == "win1 (stub domain win1-dm)\n"


def test_a_name_cannot_add_a_line(dom0: Host) -> None:
    dom0.guest(5, "a\x1b[2J", "b\rc")
    assert dom0.call("guests").stdout == "a[2J (stub domain bc)\n"


def test_the_end_names_the_guests_and_tidies_up(dom0: Host) -> None:
    dom0.guest(5, "win1", "win1-dm")
    dom0.guest(7, "win2", "win2-dm")
    dom0.guest(9, "web1")
    dom0.node(f"{VFS}/exports/0/name", "default")
    done = dom0.call("ended", "killed", "ABRT")
    assert done.returncode == 0
    assert done.stderr == (
        "fs-backend: it has ended (killed ABRT). These guests have lost the files of their device models: "
        "win1 (stub domain win1-dm), win2 (stub domain win2-dm). "
        "Remedy: restart these guests; a new fs-backend cannot take them over.\n"
    )
    assert not (dom0.store / "tree" / VFS).exists()


def test_the_end_waits_for_what_still_holds_the_lock(dom0: Host) -> None:
    """A child of one that was killed can have inherited it."""
    (dom0.folder / "run").mkdir()
    dom0.start("flock", str(dom0.folder / "run" / "lock"), "sleep", "0.5")
    wait_for((dom0.folder / "run" / "lock").exists, "the lock")
    assert dom0.call("ended", "killed", "ABRT").stderr.startswith("fs-backend: it has ended (killed ABRT).")


def test_the_end_without_guests(dom0: Host) -> None:
    assert dom0.call("ended", "exited", "1").stderr == "fs-backend: it has ended (exited 1). It served no guest.\n"


def test_the_end_without_xenstored(dom0: Host) -> None:
    dom0.down()
    assert dom0.call("ended", "killed", "TERM").stderr == (
        "fs-backend: it has ended (killed TERM), and xenstored does not answer, so that it is unknown which guests it "
        "served.\n"
    )


@pytest.mark.parametrize("how", [(), ("exited", str(REFUSED))])
def test_nothing_has_ended_when_nothing_was_started(how: tuple[str, ...], dom0: Host) -> None:
    dom0.guest(5, "win1", "win1-dm")
    dom0.node(f"{VFS}/exports/0/name", "default")
    done = dom0.call("ended", *how)
    assert (done.returncode, done.stderr) == (0, "")
    assert (dom0.store / "tree" / VFS).exists()


def test_the_state_of_another_one_is_left_alone(dom0: Host) -> None:
    dom0.guest(5, "win1", "win1-dm")
    dom0.start(str(dom0.program))
    dom0.wait_until_ready()
    assert dom0.call("ended", "exited", "1").stderr == ""
    assert (dom0.store / "tree" / VFS).exists()


def init(dom0: Host, word: str) -> tuple[int, str]:
    done = dom0.call(word, program=dom0.init)
    return done.returncode, done.stdout + done.stderr


def test_the_init_script_starts_and_stops_it(dom0: Host) -> None:
    dom0.guest(5, "win1", "win1-dm")
    assert init(dom0, "status") == (3, "fs-backend is not running\n")
    assert init(dom0, "start") == (0, "fs-backend is running\n")
    pids = dom0.pids()
    assert len(pids) == 1
    code, said = init(dom0, "status")
    assert code == 0
    assert re.fullmatch(r"fs-backend is running \(supervised by pid \d+\)\n", said)
    assert init(dom0, "start") == (0, said), "a second start starts nothing"
    assert (dom0.pids(), dom0.starts()) == (pids, 1)
    assert init(dom0, "stop") == (0, "")
    assert dom0.pids() == []
    assert init(dom0, "status") == (3, "fs-backend is not running\n")
    lost = "it has ended (stopped). These guests have lost the files of their device models: win1 ("
    wait_for(lambda: lost in dom0.log(), "the line in the log")
    assert init(dom0, "stop") == (0, "")


def test_the_init_script_restarts_it(dom0: Host) -> None:
    init(dom0, "start")
    pids = dom0.pids()
    assert init(dom0, "restart") == (0, "fs-backend is running\n")
    assert (len(dom0.pids()), dom0.starts()) == (1, 2)
    assert dom0.pids() != pids


def test_it_is_run_again_when_it_dies_and_its_guests_are_named(dom0: Host) -> None:
    dom0.guest(5, "win1", "win1-dm")
    init(dom0, "start")
    for number in (1, 2):
        pids = dom0.pids()
        os.kill(pids[0], signal.SIGKILL)
        wait_for(lambda number=number: dom0.starts() == number + 1, "its next start")  # type: ignore[misc]
        dom0.wait_until_ready()
        assert len(dom0.pids()) == 1
    lost = "These guests have lost the files of their device models: win1 (stub domain win1-dm)."
    wait_for(lambda: dom0.log().count(f"it has ended (exited 137). {lost}") == 2, "the second line in the log")
    assert init(dom0, "status")[0] == 0


def test_the_init_script_does_not_start_a_second_one(dom0: Host) -> None:
    by_hand = dom0.start(str(dom0.program))
    dom0.wait_until_ready()
    code, said = init(dom0, "start")
    assert code == 1
    assert f"it runs already, with pid {by_hand.pid}" in said
    assert (dom0.pids(), init(dom0, "status")[0]) == ([by_hand.pid], 3)


def test_a_second_supervisor_is_refused(dom0: Host) -> None:
    init(dom0, "start")
    done = dom0.call("supervise")
    assert (done.returncode, done.stderr) == (REFUSED, "fs-backend: not started: it is supervised already.\n")
    assert dom0.starts() == 1


def test_one_whose_supervisor_was_killed_is_not_doubled(dom0: Host) -> None:
    init(dom0, "start")
    pids = dom0.pids()
    os.kill(int(dom0.call("supervisor").stdout), signal.SIGKILL)
    wait_for(lambda: init(dom0, "status")[0] == 3, "the end of the supervisor")
    code, said = init(dom0, "start")
    assert code == 1
    assert f"it runs already, with pid {pids[0]}" in said
    assert (dom0.pids(), dom0.starts()) == (pids, 1)


def test_one_that_exports_nothing_is_stopped_again(dom0: Host) -> None:
    (dom0.store / "mute").touch()
    dom0.env["XENFLEET_FS_BACKEND_PATIENCE"] = "1"
    code, said = init(dom0, "start")
    assert code == 1
    assert "it has exported nothing within 1 seconds" in said
    assert (dom0.pids(), init(dom0, "status")[0]) == ([], 3)


@pytest.mark.parametrize("program", ["service", "init"])
def test_words_that_are_none(program: str, dom0: Host) -> None:
    done = dom0.call("dance", program=getattr(dom0, program))
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


def lsb() -> dict[str, list[str]]:
    """The header of the init script."""
    text = INIT.read_text(encoding="utf-8")
    header = text.partition("### BEGIN INIT INFO\n")[2].partition("### END INIT INFO\n")[0]
    return {key: words.split() for key, words in re.findall(r"(?m)^# ([\w-]+):\s+(.*)$", header)}


def test_the_order_of_init_scripts() -> None:
    header = lsb()
    assert header["Provides"] == [policy.SERVICE]
    assert {"xen", "xencommons", "xend"} <= set(header["Should-Start"])
    assert header["X-Start-Before"] == header["X-Stop-After"] == ["xendomains"]
    assert (header["Default-Start"], header["Default-Stop"]) == (["2", "3", "4", "5"], ["0", "1", "6"])
    # What chkconfig sorts by: xend starts xenstored on Xen 3.3, and xendomains starts guests.
    number = re.findall(r"(?m)^# chkconfig: 345 (\d\d) \d\d$", INIT.read_text(encoding="utf-8"))
    assert "S98xend" < f"S{number[0]}{policy.SERVICE}" < "S99xendomains"


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT, encoding="utf-8")
    return parser


def test_the_order_of_units() -> None:
    found = unit()["Unit"]
    assert {"xenstored.service", "xen.service", "xencommons.service", "xend.service"} <= set(found["After"].split())
    assert found["Before"] == "xendomains.service"
    assert unit()["Install"]["WantedBy"] == "multi-user.target"


def test_the_unit_checks_runs_waits_and_tells() -> None:
    found = unit()["Service"]
    calls = {key: found[key] for key in found if key.startswith("Exec")}
    assert calls == {
        "ExecStartPre": f"{INSTALLED} check",
        "ExecStart": f"{INSTALLED} run",
        "ExecStartPost": f"{INSTALLED} ready",
        "ExecStopPost": f"{INSTALLED} ended $EXIT_CODE $EXIT_STATUS",
    }


def test_the_unit_restarts_it_however_often_a_guest_ends_it() -> None:
    found = unit()
    assert (found["Service"]["Restart"], found["Service"]["Type"]) == ("always", "simple")
    assert found["Unit"]["StartLimitIntervalSec"] == "0"


def test_the_unit_keeps_the_lock_and_lets_it_write_no_more_than_it_needs() -> None:
    found = unit()["Service"]
    assert f"/run/{found['RuntimeDirectory']}/lock" == policy.LOCK
    assert found["RuntimeDirectoryPreserve"] == "yes"
    assert (found["ProtectSystem"], found["ReadWritePaths"]) == ("strict", "-/var/lib/xen")


def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    service = tmp_path / "fs-backend-service"
    Host.script(service, "#!/bin/sh\n")
    file = tmp_path / UNIT.name
    file.write_text(UNIT.read_text(encoding="utf-8").replace(INSTALLED, str(service)), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert [line for line in (done.stdout + done.stderr).splitlines() if file.name in line] == []
    assert done.returncode == 0, done.stderr


def test_the_scripts_have_the_paths_of_the_module() -> None:
    service, script = SERVICE.read_text(encoding="utf-8"), INIT.read_text(encoding="utf-8")
    assert f"program=${{XENFLEET_FS_BACKEND:-{policy.PROGRAM}}}" in service
    assert f"folder=${{XENFLEET_FS_BACKEND_RUN:-{Path(policy.LOCK).parent}}}" in service
    assert f"exec {policy.LOCK_FD}>> " in service
    assert f"service=${{XENFLEET_FS_BACKEND_SERVICE:-{INSTALLED}}}" in script


@pytest.mark.parametrize("manager", ["systemd", "sysvinit"])
def test_each_file_that_is_installed_is_one_of_the_role(manager: str) -> None:
    files = policy.files_of(manager)
    assert all((FILES / file["file"]).is_file() for file in files)
    assert files[0] == {"file": "service.sh", "dest": INSTALLED, "mode": "0755"}


@pytest.mark.parametrize("script", [SERVICE, INIT], ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("there is no shellcheck")
    done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""
