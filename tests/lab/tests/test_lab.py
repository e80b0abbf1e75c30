# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's pure parts: no QEMU, no root, no network."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from xenlab import base, cli, config, guests, process, qemu, recipe, requirements, selfcheck
from xenlab.base import Base
from xenlab.errors import LabError, tail
from xenlab.host import Host, State
from xenlab.inventory import inventory
from xenlab.ssh import Ssh

BOOKWORM = config.release("bookworm")


def make_recipe() -> recipe.Recipe:
    return recipe.recipe(BOOKWORM, "ssh-ed25519 KEY", "QEMU 7.2", qemu.machine_arguments((4, 17)), kvm_device=False)


class TestNames:
    @pytest.mark.parametrize("name", ["dev", "a", "xen-1", "1", "a" * 32])
    def test_good(self, name: str) -> None:
        assert config.check_name(name) == name

    @pytest.mark.parametrize("name", ["", "../x", "a b", "a/b", ".", "-a", "a-", "A", "a\n", "a" * 33, "é"])
    def test_refused(self, name: str) -> None:
        with pytest.raises(LabError, match="cannot be a host's name"):
            config.check_name(name)

    def test_unknown_release_names_those_there_are(self) -> None:
        with pytest.raises(LabError, match="bookworm, bullseye, trixie"):
            config.release("sid")


class TestPaths:
    def test_order_of_places(self) -> None:
        both = {"XENFLEET_LAB_DIR": "/l", "XDG_CACHE_HOME": "/c"}
        assert config.Paths.from_environment(both).root == Path("/l")
        assert config.Paths.from_environment({"XDG_CACHE_HOME": "/c"}).root == Path("/c/xenfleet-lab")
        assert config.Paths.from_environment({}).root == Path.home() / ".cache/xenfleet-lab"


class TestDigest:
    def test_same_inputs_same_digest(self) -> None:
        assert make_recipe().digest == make_recipe().digest
        assert make_recipe().folder == f"bookworm-{make_recipe().digest}"

    @pytest.mark.parametrize(
        "change",
        [
            {"packages": ("other",)},
            {"files": (("guest-init", "other"),)},
            {"etc": ()},
            {"qemu_version": "QEMU 10"},
            {"machine": ("-cpu", "other")},
            {"xen_args": "other"},
            {"kvm_device": True},
            {"version": 99},
        ],
    )
    def test_every_input_counts(self, change: dict[str, object]) -> None:
        assert replace(make_recipe(), **change).digest != make_recipe().digest  # type: ignore[arg-type]

    def test_packages_follow_the_xen_version(self) -> None:
        assert "xen-utils-4.17" in make_recipe().packages


class TestCommandLine:
    def command(self, folder: str = "/lab/hosts/dev", *, resume: bool = True, accelerator: str = "tcg") -> list[str]:
        return qemu.Machine(Path(folder), "dev").command(make_recipe(), accelerator, 2222, resume=resume)

    def test_cpu_model_without_vector_state(self) -> None:
        command = self.command()
        assert command[command.index("-cpu") + 1] == "qemu64,-monitor,+svm,+npt"
        assert command[command.index("-accel") + 1] == "tcg,thread=multi"

    def test_an_old_xen_gets_no_msi_x(self) -> None:
        made = replace(make_recipe(), xen="4.0", machine=qemu.machine_arguments((4, 0)))
        command = qemu.Machine(Path("/lab/hosts/dev"), "dev").command(made, "tcg", 2222, resume=False)
        assert [word for word in command if word.startswith("virtio") and "vectors=0" not in word] == []
        assert set(made.machine) >= {word for word in command if word.startswith("virtio")}
        assert not [word for word in self.command() if "vectors" in word]

    def test_only_the_loopback_is_listened_on(self) -> None:
        assert "user,id=uplink,hostfwd=tcp:127.0.0.1:2222-:22" in self.command()

    def test_snapshot_only_when_resuming(self) -> None:
        assert self.command()[-2:] == ["-loadvm", "booted"]
        assert "-loadvm" not in self.command(resume=False)

    def test_resume_and_first_boot_differ_in_nothing_else(self) -> None:
        assert self.command()[:-2] == self.command(resume=False)

    def test_commas_in_paths_are_doubled(self) -> None:
        joined = " ".join(self.command("/a,b/dev"))
        assert "file=/a,,b/dev/overlay.qcow2," in joined

    def test_arguments_of_the_digest_are_those_used(self) -> None:
        assert set(qemu.machine_arguments((4, 17))) >= set(self.command()) & {
            "-machine",
            "pc",
            "-smp",
            "2",
            "tcg,thread=multi",
        }


class TestInventory:
    def test_is_yaml_that_ansible_understands(self) -> None:
        yaml = pytest.importorskip("yaml")
        read = yaml.safe_load(inventory({"dev": 2222, "1": 2223}, Path("/lab/a key: #1")))
        assert list(read) == ["xen_hosts"]
        hosts = read["xen_hosts"]["hosts"]
        assert set(hosts) == {"dev", "1"}
        assert hosts["dev"]["ansible_port"] == 2222
        assert hosts["dev"]["ansible_host"] == "127.0.0.1"
        assert hosts["dev"]["ansible_user"] == "root"
        assert hosts["dev"]["ansible_ssh_private_key_file"] == "/lab/a key: #1"
        assert hosts["dev"]["ansible_python_interpreter"] == "/usr/bin/python3"
        words = shlex.split(hosts["dev"]["ansible_ssh_common_args"])
        assert {"StrictHostKeyChecking=no", "LogLevel=ERROR", "UserKnownHostsFile=/dev/null"} <= set(words)


class TestProcesses:
    def test_a_foreign_process_is_not_ours_and_not_stopped(self, tmp_path: Path) -> None:
        with subprocess.Popen(["sleep", "60"]) as foreign:
            try:
                host = Host(config.Paths(tmp_path), "dev")
                host.folder.mkdir(parents=True)
                host.write(State("bookworm", "4.17", "b", 1, ready=True))
                host.machine.pid_file.write_text(f"{foreign.pid}\n")
                assert host.machine.pid() is None
                assert host.condition() == "dead"
                assert host.down()
                process.stop(foreign.pid, host.folder)
                assert foreign.poll() is None
                assert host.condition() == "down"
            finally:
                foreign.kill()

    def test_a_host_whose_name_only_begins_alike_is_another(self, tmp_path: Path) -> None:
        (tmp_path / "1").mkdir()
        (tmp_path / "1/cmdline").write_bytes(b"qemu\0-pidfile\0/lab/hosts/dev2/qemu.pid\0")
        assert process.is_ours(1, Path("/lab/hosts/dev2"), tmp_path)
        assert not process.is_ours(1, Path("/lab/hosts/dev"), tmp_path)

    @pytest.mark.parametrize("text", ["", "x", "999999999"])
    def test_a_useless_pid_file(self, tmp_path: Path, text: str) -> None:
        machine = qemu.Machine(tmp_path, "dev")
        machine.pid_file.write_text(text)
        assert machine.pid() is None

    def test_a_half_written_state_is_none(self, tmp_path: Path) -> None:
        host = Host(config.Paths(tmp_path), "dev")
        host.folder.mkdir(parents=True)
        host.state_file.write_text('{"release": "book')
        assert host.state() is None

    def test_a_favoured_one_goes_on(self) -> None:
        """Return whether or not we may favour it: root in a container may not."""
        may = not subprocess.run(["nice", "-n", "-1", "true"], capture_output=True, check=True).stderr
        with subprocess.Popen(["sleep", "60"], start_new_session=True) as ours:
            try:
                process.favour(ours.pid)
                assert os.getpriority(os.PRIO_PROCESS, ours.pid) == (process.PRIORITY if may else 0)
                assert ours.poll() is None
            finally:
                ours.kill()
        process.favour(ours.pid)

    def test_a_failing_command_shows_its_log(self, tmp_path: Path) -> None:
        with pytest.raises(LabError, match="(?s)exit status 3.*words"):
            process.run(["sh", "-c", "echo words; exit 3"], tmp_path / "log")


class TestPower:
    @pytest.fixture
    def host(self, tmp_path: Path) -> Host:
        host = Host(config.Paths(tmp_path), "dev")
        host.folder.mkdir(parents=True)
        host.write(State("bookworm", "4.17", "bookworm-1", 1, ready=True))
        host.machine.overlay.write_text("disk")
        return host

    def test_a_cut_is_a_kill_that_leaves_the_disk(self, host: Host) -> None:
        command = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done", f"{host.folder}/qemu"]
        with subprocess.Popen(command, start_new_session=True) as machine:
            try:
                host.machine.pid_file.write_text(f"{machine.pid}\n")
                # Between two programs a process has no command line for a moment.
                for _try in range(200):
                    if host.condition() == "up":
                        break
                    time.sleep(0.05)
                assert host.cut()
                assert machine.wait() == -signal.SIGKILL
            finally:
                machine.kill()
        assert (host.condition(), host.machine.overlay.read_text()) == ("dead", "disk")
        assert not host.cut()

    def test_it_boots_its_own_disk_and_not_the_snapshot(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        started: list[bool] = []
        monkeypatch.setattr(host.machine, "start", lambda *_args, resume: started.append(resume))
        host.boot(Base(Path("/lab/base/bookworm-1"), make_recipe(), "tcg", "4.17"))
        state = host.state()
        assert (started, host.machine.overlay.read_text()) == ([False], "disk")
        assert state and not state.ready

    @pytest.mark.parametrize("condition", ["up", "starting", "down"])
    def test_only_a_host_that_was_cut_is_booted(
        self, condition: str, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(host, "condition", lambda: condition)
        with pytest.raises(LabError, match=f"dev is {condition}, not dead"):
            host.boot(Base(Path("/lab/base/bookworm-1"), make_recipe(), "tcg", "4.17"))

    def test_a_disk_over_another_base_is_not_booted(self, host: Host) -> None:
        with pytest.raises(LabError, match="dev is a copy of bookworm-1, which is not the base"):
            host.boot(Base(Path("/lab/base/bookworm-2"), make_recipe(), "tcg", "4.17"))

    def test_no_other_base_is_built_for_a_disk_that_is_not_over_it(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        built: list[object] = []
        monkeypatch.setattr(base, "current_recipe", lambda *_arguments: make_recipe())
        monkeypatch.setattr(cli, "prepare", lambda *arguments, **_options: built.append(arguments))
        with pytest.raises(LabError, match="dev is a copy of bookworm-1, which is not the base of this lab: lab up dev$"):
            cli.boot(host.paths, "dev")
        assert built == []

    def test_the_remedy_names_the_installed_tree(self, host: Host) -> None:
        host.write(State("bookworm", "4.17", "bookworm-1", 1, True, "xl", "/srv/xen"))
        with pytest.raises(LabError, match="lab up dev --xen-dist /srv/xen$"):
            host.require_copy_of("bookworm-2")

    def test_a_foreign_process_is_not_killed(self, host: Host) -> None:
        with subprocess.Popen(["sleep", "60"]) as foreign:
            try:
                process.kill(foreign.pid, host.folder)
                assert foreign.poll() is None
            finally:
                foreign.kill()


class TestSharedDisk:
    class Answering(qemu.Machine):
        """A machine whose monitor echoes, answers from a list, and prompts again."""

        answers: tuple[str, ...] = ()

        def ask(self, line: str, seconds: float = 300.0) -> str:
            answer, *self.answers = self.answers
            return f"{line}\r\n{answer}(qemu) "

    def machine(self, *answers: str) -> "TestSharedDisk.Answering":
        made = self.Answering(Path("/lab/hosts/dev"), "dev")
        made.answers = answers
        return made

    def test_it_is_plugged_once(self) -> None:
        assert self.machine("disk (#block1): /overlay (qcow2)\r\n", "OK\r\n", "").plug(Path("/a/data.img"))
        assert not self.machine("disk (#block1): /overlay (qcow2)\r\n\r\ndata (#block2): /a/data.img (raw)\r\n").plug(
            Path("/a/data.img")
        )

    @pytest.mark.parametrize("answers", [("Could not open '/a/data.img'\r\n",), ("OK\r\n", "Error: no slot\r\n")])
    def test_what_qemu_refuses(self, answers: tuple[str, ...]) -> None:
        with pytest.raises(LabError, match=f"dev cannot have the disk /a/data.img: {answers[-1].strip()}"):
            self.machine("", *answers).plug(Path("/a/data.img"))

    @pytest.mark.parametrize("name", ["a,b.img", "abcdefghijklmnopqrstu.img", "noimg", "missing.img"])
    def test_only_a_file_that_dom0_can_name(self, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        if name != "missing.img":
            (tmp_path / name).touch()
        assert cli.main(["share", str(tmp_path / name), "dev"]) == 1
        assert "is not a disk: give a file whose name is" in capsys.readouterr().err


class TestFirstBoot:
    """Of a machine that is only simulated."""

    @pytest.fixture
    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> qemu.Machine:
        machine = qemu.Machine(tmp_path, "build")
        monkeypatch.setattr(base, "new_overlay", lambda of: of.overlay.write_text("new"))
        monkeypatch.setattr(machine, "start", lambda *_args, resume: machine.serial.write_text("(XEN)"))
        monkeypatch.setattr(machine, "pid", lambda: 1)
        return machine

    def waits(self, monkeypatch: pytest.MonkeyPatch, machine: qemu.Machine, hangs: int) -> list[str]:
        """So many boots hang; gets what was on the disk that each began with."""
        disks: list[str] = []

        def wait(_ssh: Ssh, _script: object, _seconds: float, alive: Callable[[], bool]) -> str:
            disks.append(machine.overlay.read_text())
            machine.overlay.write_text("half")
            assert alive()
            if len(disks) <= hangs:
                long_ago = time.time() - base.SILENCE - 1
                os.utime(machine.serial, (long_ago, long_ago))
                alive()
            return "4.17.7\n"

        monkeypatch.setattr(Ssh, "wait", wait)
        return disks

    def test_one_that_hangs_is_booted_again(self, machine: qemu.Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        disks = self.waits(monkeypatch, machine, hangs=2)
        _ssh, version = base.start(machine, Path("key"), make_recipe(), "tcg")
        assert (version, disks) == ("4.17.7", ["new"] * 3)

    def test_not_for_ever(self, machine: qemu.Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        disks = self.waits(monkeypatch, machine, hangs=9)
        with pytest.raises(LabError, match="no word on its serial console for 180 s"):
            base.start(machine, Path("key"), make_recipe(), "tcg")
        assert len(disks) == base.BOOT_TRIES


class TestRequirements:
    fine = requirements.Machine(
        root=True, missing_commands=frozenset(), keyring=True, free_disk=2**40, free_memory=2**40
    )
    root = Path("/lab")

    def test_nothing_missing(self) -> None:
        assert requirements.problems(self.fine, self.root, 2, build=True) == []

    def test_everything_is_said_at_once_with_the_remedy(self) -> None:
        bad = requirements.Machine(
            root=False,
            missing_commands=frozenset({"mmdebstrap", "qemu-img"}),
            keyring=False,
            free_disk=0,
            free_memory=2**30,
        )
        said = requirements.problems(bad, self.root, 2, build=True)
        assert len(said) == 4
        text = "\n".join(said)
        assert "sudo" in text
        assert "apt-get install debian-archive-keyring mmdebstrap qemu-utils" in text
        assert "XENFLEET_LAB_DIR" in text
        assert "1.0 GiB of memory are available, 6.5 GiB are needed" in text

    def test_root_is_for_building_only(self) -> None:
        assert requirements.problems(replace(self.fine, root=False), self.root, 1, build=False) == []

    def test_a_folder_too_deep_for_a_socket(self) -> None:
        assert "socket" in requirements.problems(self.fine, Path("/" + "x" * 80), 1, build=False)[0]

    def test_available_memory(self) -> None:
        assert requirements.available_memory("MemTotal: 9 kB\nMemAvailable:   2 kB\n") == 2048

    def test_lacking_memory(self) -> None:
        assert requirements.lacking_memory(3 * requirements.HOST_MEMORY, 3) == ""
        text = "9.8 GiB of memory are available, 13.0 GiB are needed"
        assert requirements.lacking_memory(3 * requirements.HOST_MEMORY, 4) == text


class TestSelfCheck:
    class Host(Ssh):
        """A host on which the check ends with a status."""

        status = 0

        def run(self, script: str, *arguments: str, seconds: float) -> "subprocess.CompletedProcess[str]":
            assert arguments[1:] == (str(selfcheck.ROUNDS), "xm")
            return subprocess.CompletedProcess([], self.status, "words of the guest\nself check: 9 sums right\n", "")

    def check(self, status: int, tmp_path: Path, *, must_start: bool) -> str:
        (tmp_path / "initrd.img").touch()
        host = self.Host(Path("key"), 1)
        object.__setattr__(host, "status", status)
        return selfcheck.self_check(host, tmp_path / "initrd.img", "xm", must_start=must_start)

    def test_all_right(self, tmp_path: Path) -> None:
        assert self.check(0, tmp_path, must_start=True) == "self check: 9 sums right"

    def test_no_guest_came_up(self, tmp_path: Path) -> None:
        with pytest.raises(LabError, match="(?s)no test guest came up.*words of the guest"):
            self.check(selfcheck.NO_GUEST, tmp_path, must_start=True)
        told = self.check(selfcheck.NO_GUEST, tmp_path, must_start=False)
        assert "no test guest came up" in told
        assert "words of the guest" in told

    @pytest.mark.parametrize("must_start", [True, False])
    def test_a_wrong_sum_is_never_kept(self, must_start: bool, tmp_path: Path) -> None:
        with pytest.raises(LabError, match="computes wrong things"):
            self.check(selfcheck.WRONG_SUM, tmp_path, must_start=must_start)


class TestGuests:
    def test_cpio_is_read_by_cpio(self, tmp_path: Path) -> None:
        archive = guests.cpio([("a", 0o040755, b""), ("a/file", 0o100644, b"text")])
        assert archive.startswith(b"070701")
        assert len(archive) % 4 == 0
        try:
            subprocess.run(["cpio", "-id", "--quiet"], input=archive, cwd=tmp_path, check=True)
        except FileNotFoundError:
            pytest.skip("no cpio command")
        assert (tmp_path / "a/file").read_text() == "text"

    def test_modules_come_after_what_they_need(self) -> None:
        dep = (
            "kernel/fs/ext4.ko.xz: kernel/jbd2.ko.xz kernel/crc16.ko.xz\nkernel/xen-blkfront.ko:\nkernel/crc16.ko.xz:\n"
        )
        order = guests.modules_in_order(dep, "kernel/net/xen-netfront.ko\n", ["xen-netfront", "ext4", "xen_blkfront"])
        assert order == ["kernel/crc16.ko.xz", "kernel/jbd2.ko.xz", "kernel/fs/ext4.ko.xz", "kernel/xen-blkfront.ko"]

    def test_an_unknown_module(self) -> None:
        with pytest.raises(LabError, match="no module foo"):
            guests.modules_in_order("", "", ["foo"])


class TestCommands:
    @pytest.fixture(autouse=True)
    def lab_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XENFLEET_LAB_DIR", str(tmp_path))

    @pytest.mark.parametrize("command", ["up", "cut", "boot", "down", "ssh", "inventory"])
    @pytest.mark.parametrize("name", ["../x", "", "a b"])
    def test_a_bogus_name(self, command: str, name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert cli.main([command, name]) == 1
        assert "cannot be a host's name" in capsys.readouterr().err
        assert os.listdir(tmp_path) == []

    def test_status_without_hosts(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["status"]) == 0
        assert " ".join(capsys.readouterr().out.split()) == "NAME RELEASE XEN XEN FROM PID SSH PORT STATE SERIAL LOG"

    def test_inventory_of_a_host_that_is_down(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["inventory", "dev"]) == 1
        assert "dev is down, not up: lab up dev" in capsys.readouterr().err

    def test_boot_of_a_host_that_is_down(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["boot", "dev"]) == 1
        assert "dev is down: only a host that was cut is booted" in capsys.readouterr().err

    def test_cut_of_a_host_that_is_down(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["cut", "dev"]) == 0
        assert "dev: was not up" in capsys.readouterr().err

    def test_up_with_another_release(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        host = Host(config.Paths(tmp_path), "dev")
        host.folder.mkdir(parents=True)
        host.write(State("trixie", "4.20", "b", 1, ready=True))
        monkeypatch.setattr(host.machine, "pid", lambda: 1)
        with pytest.raises(LabError, match="up with trixie, not bookworm"):
            host.up_as("bookworm")
        assert host.up_as("trixie")
        with pytest.raises(LabError, match="dev is up with the Xen of Debian, not of /my/dist"):
            host.up_as("trixie", "/my/dist")

    def test_deps(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["deps"]) == 0
        assert {"mmdebstrap", "qemu-system-x86"} <= set(capsys.readouterr().out.split())


def test_tail_of_no_file(tmp_path: Path) -> None:
    assert "cannot read" in tail(tmp_path / "none")
