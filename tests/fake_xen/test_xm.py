# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen of xm and stubdom-dm against what Xen's own sources of 3.3 to 4.1 say, and what real hosts printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api import FakeXen

HEADER = "Name                                        ID   Mem VCPUs      State   Time(s)\n"


class Host(FakeXen):
    """A fake host with files of its own."""

    def __init__(self, folder: Path, release: tuple[int, int], dm_config: str) -> None:
        super().__init__(folder / "host", ["xm"])
        self.setup_xm(release, dm_config)
        self.etc = folder / "etc"
        self.etc.mkdir()
        self.kernel = folder / "ioemu-stubdom.gz"
        self.kernel.write_bytes(b"kernel")
        self.set_option(config_dir=str(self.etc), firmware_dir=str(folder))

    def file(self, name: str, *lines: str) -> str:
        path = self.etc / name
        path.write_text("\n".join([f"kernel = '{self.kernel}'", *lines, ""]), encoding="utf-8")
        return str(path)

    def hvm(self, name: str = "win1") -> str:
        return self.file(name, f"name = '{name}'", "builder = 'hvm'", "memory = 256",
                         "device_model = '/usr/lib/xen/bin/stubdom-dm'")

    def answer(self, *words: str) -> tuple[int, str, str]:
        done = self.run("xm", *words)
        return done.returncode, done.stdout, done.stderr

    def names(self) -> list[str]:
        return sorted(self.domains())

    def log(self, name: str = "win1") -> str:
        return Path(self.path, "log", f"qemu-dm-{name}.log").read_text(encoding="utf-8")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Xen 4.1."""
    return Host(tmp_path, (4, 1), "")


@pytest.fixture
def old(tmp_path: Path) -> Host:
    """Xen 3.3.0."""
    return Host(tmp_path, (3, 3), "{}-dm")


# -- looking --------------------------------------------------------------------------------------------------------

def test_list(host: Host) -> None:
    host.add_domain("web1", memory=256, vcpus=2)
    host.add_domain("x" * 45, state="p")
    host.add_domain("crashed", state="s", reason="crash")
    host.add_domain("atwork", kind="hvm", state="-")
    host.add_managed("managed", 512)
    code, out, err = host.answer("list")
    assert (code, err) == (0, "")
    assert re.sub(r" +\d+\.\d$", " T", out, flags=re.MULTILINE) == HEADER + (
        "Domain-0                                     0  1024     8     r----- T\n"
        "atwork                                       4   128     1     ------ T\n"
        "crashed                                      3   128     1     ---sc- T\n"
        "web1                                         1   256     2     -b---- T\n"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx     2   128     1     --p--- T\n"
        f"{'managed':<49}512     1 T\n")


def test_list_long(host: Host) -> None:
    host.add_domain("win1", kind="hvm", kernel="/usr/lib/xen/boot/hvmloader", uuid="b32876c1-f431-4e8b-a896-8933bbc166e7")
    _code, out, _err = host.answer("list", "--long", "win1")
    lines = [line.strip() for line in out.splitlines()]
    assert {"(domid 1)", "(name win1)", "(uuid b32876c1-f431-4e8b-a896-8933bbc166e7)", "(features '')"} < set(lines)
    assert "(kernel /usr/lib/xen/boot/hvmloader)" in lines
    assert host.answer("list", "-l")[1].count("(domain\n") == 2


def test_list_long_of_a_guest_that_was_made(host: Host) -> None:
    web1 = host.file("web1", "disk = ['phy:/dev/vg/web1,xvda,w']", "vif = ['bridge=xenbr0']", "on_poweroff = 'preserve'")
    host.set_option(check_disks=False)
    host.set_behaviour("web1", polls=0)
    host.answer("create", "-q", web1)
    out = " ".join(host.answer("list", "-l", "web1")[1].split()).replace(" )", ")")
    assert "(status 2) (state -b----)" in out
    assert "(device (vif (bridge xenbr0) (script /etc/xen/scripts/vif-bridge) (backend 0)))" in out
    assert "(dev xvda:disk) (uname phy:/dev/vg/web1) (mode w) (backend 0) (VDI '')" in out
    host.answer("shutdown", "web1")
    assert "(status 0) (state ---s--)" in " ".join(host.answer("list", "-l", "web1")[1].split())


@pytest.mark.parametrize("line", ["on_poweroff = 'preserve'", "on_crash = 'destroy'"])
def test_a_dry_run_prints_the_actions_that_the_file_has(host: Host, line: str) -> None:
    _code, out, _err = host.answer("create", "-n", host.file("web1"))
    assert "(on_poweroff" not in out and "(on_crash" not in out
    key, value = line.replace("'", "").split(" = ")
    assert f"({key} {value})" in host.answer("create", "-n", host.file("web1", line))[1]


def test_empty_values_of_4_0_have_no_quotes(tmp_path: Path) -> None:
    out = Host(tmp_path, (4, 0), "").answer("list", "-l")[1]
    assert "(bootloader )" in out
    assert "(image (linux (kernel ) (superpages 0)))" in out
    assert "pool_name" not in out


DESTROY = "Usage: xm destroy <Domain>\n\nTerminate a domain immediately.\n"
SHUTDOWN = "Usage: xm shutdown <Domain> [-waRH]\n\nShutdown a domain.\n"
TRIGGER = "Usage: xm trigger <Domain> <nmi|reset|init|s3resume|power> [<VCPU>]\n\nSend a trigger to a domain.\n"
CREATE = "Usage: xm create <ConfigFile> [options] [vars]\n\nCreate a domain based on <ConfigFile>.\n"
XM = "Usage: xm <subcommand> [args]\n\nControl, list, and manipulate Xen guest instances.\n"


@pytest.mark.parametrize("words, code, out, err", [
    ("domid Domain-0", 0, "0\n", ""),
    ("domname 0", 0, "Domain-0\n", ""),
    ("list nosuch", 3, "", "Error: Domain 'nosuch' does not exist.\n"),
    ("domid 99", 3, "", "Error: Domain '99' does not exist.\n"),
    ("destroy nosuch", 3, "", "Error: Domain 'nosuch' does not exist.\n"),
    ("destroy 99", 1, DESTROY, "Error: (3, 'No such process')\n"),
    ("shutdown 99", 3, "", "Error: Domain '99' does not exist.\n"),
    ("pause nosuch", 3, "", "Error: Domain 'nosuch' does not exist.\n"),
    ("destroy 0", 1, DESTROY, "Error: Cannot destroy privileged domain 0\n"),
    ("shutdown 0", 1, SHUTDOWN, "Error: Domain 0 cannot be shutdown\n"),
    ("trigger 0 fire", 1, TRIGGER, "Error: Invalid trigger: fire\n"),
    ("frob", 1, XM, "Error: Subcommand frob not found!\n"),
    ("create /no/such", 1, CREATE, "Error: Unable to open config file: /no/such\n"),
    ("create nosuch", 1, CREATE, "Error: Unable to open config file: nosuch\n"),
    ("create", 1, CREATE, "Error: Unable to open config file: xmdefconfig\n"),
    ("destroy", 1, DESTROY, "Error: 'xm destroy' requires 1 arguments.\n\n"),
    ("shutdown", 1, SHUTDOWN, "Error: 'xm shutdown' requires between 1 and 4 arguments.\n\n"),
    ("trigger", 1, TRIGGER, "Error: 'xm trigger' requires between 2 and 3 arguments.\n\n"),
    ("domid", 1, "Usage: xm domid <DomainName>\n\nConvert a domain name to domain id.\n",
     "Error: 'xm domid' requires 1 arguments.\n\n"),
    ("", 1, "Usage: xm <subcommand> [args]\n", ""),
])
def test_answers(host: Host, words: str, code: int, out: str, err: str) -> None:
    """As xm of 4.4 printed them, without its warning. A domain that does not exist has an exit code of its own."""
    assert host.answer(*words.split()) == (code, out, err)


def test_4_4_warns_at_each_call_and_explains_at_the_first(tmp_path: Path) -> None:
    host = Host(tmp_path, (4, 4), "")
    first, second = host.answer("list")[2], host.answer("list", "nosuch")[2]
    assert first.startswith("WARNING: xend/xm is deprecated.\n\nxend is deprecated and scheduled for removal.")
    assert second == "WARNING: xend/xm is deprecated.\nError: Domain 'nosuch' does not exist.\n"


def test_xend_that_restarts_refuses_and_counts_memory_anew(host: Host) -> None:
    host.add_domain("win1", kind="hvm")
    host.add_domain("web1")
    host.restart_xend(2)
    for _call in range(2):
        assert host.answer("list") == (1, "", "Error: Unable to connect to xend: Connection refused. Is xend running?\n")
    assert host.answer("list")[0] == 0
    assert [host.domains()[name]["memory"] for name in ("win1", "web1")] == [131, 127]


def test_new_without_its_library(host: Host) -> None:
    code, out, err = host.answer("new", host.file("web1"))
    assert (code, out.splitlines()[0]) == (1, "Unexpected error: <type 'exceptions.ImportError'>")
    assert err.startswith("Traceback ")


def test_exit_codes_before_3_4(old: Host) -> None:
    assert old.answer("domid", "nosuch") == (1, "", "Error: Domain 'nosuch' does not exist.\n")


@pytest.mark.parametrize("release, has_it", [((3, 3), False), ((3, 4), False), ((4, 0), True), ((4, 1), True)])
def test_info(release: tuple[int, int], has_it: bool, tmp_path: Path) -> None:
    """The hypervisor's command line is told since 4.0."""
    host = Host(tmp_path, release, "")
    out = host.answer("info")[1]
    assert f"xen_major              : {release[0]}\nxen_minor              : {release[1]}\n" in out
    assert ("xen_commandline" in out) == has_it
    assert "xen_version" not in out
    assert ("node_to_cpu            : node0:0-7\nnode_to_memory" in out) == (release <= (4, 0))
    assert ("node_to_dma32_mem" in out) == ("max_node_id" in out) == (release == (4, 0))


def test_a_host_without_xend(host: Host) -> None:
    host.not_xen()
    assert host.answer("list") == (1, "", "Error: Unable to connect to xend: Connection refused. Is xend running?\n")
    host.not_xen("never")
    words = "Error: Unable to connect to xend: No such file or directory. Is xend running?\n"
    assert host.answer("list") == (1, "", words)
    host.not_xen("user")
    assert host.answer("list") == (1, "", "Error: Most commands need root access. Please try again as root.\n")
    host.not_xen(None)
    assert host.answer("list")[0] == 0


def test_xenstore_is_xends(host: Host) -> None:
    host.answer("create", "-q", host.hvm())
    host.answer("list")
    assert host.run("xenstore-read", "/local/domain/2/target").stdout == "1\n"
    for key in ("/local/domain/1/image/device-model-domid", "/libxl/1/type"):
        assert host.run("xenstore-read", key).returncode == 1


# -- create ---------------------------------------------------------------------------------------------------------

def test_create_says_what_it_does(host: Host, tmp_path: Path) -> None:
    web1 = host.file("web1", "memory = 64 * 4", "extra = 'console=hvc0'")
    using = f'Using config file "{web1}".\n'
    assert host.answer("create", web1) == (0, f"{using}Started domain web1 (id=1)\n", "")
    assert host.domains()["web1"]["memory"] == 256
    assert host.answer("create", "web1", "name=web2", "memory=32") == (0, f"{using}Started domain web2 (id=2)\n", "")
    assert host.answer("create", "-qp", web1, "name=web3") == (0, "", "")
    assert host.domains()["web3"]["state"] == "p"
    assert "Linux version" in host.console("web1")


def test_create_of_3_3_names_no_id(old: Host) -> None:
    web1 = old.file("web1")
    assert old.answer("create", web1)[1] == f'Using config file "{web1}".\nStarted domain web1\n'


def test_a_dry_run_starts_nothing(host: Host) -> None:
    code, out, _err = host.answer("create", "-q", "-n", host.hvm())
    assert (code, out.startswith("(vm\n"), host.names(), host.mutating_calls()) == (0, True, ["Domain-0"], [])


@pytest.mark.parametrize("line, err", [
    ("kernel = '/no/such'", 'Cannot find kernel "/no/such"'),
    ("ramdisk = '/no/such'", 'Cannot find ramdisk "/no/such"'),
    ("memory = 900000", ("I need 921600000 KiB, but dom0_min_mem is 200704 and shrinking to 200704 KiB would leave only "
                         "65228800 KiB free.")),
    ("memory = 'much'", "invalid literal for int() with base 10: 'much'"),
    ("disk = ['file:/no/such,hda,w']", "Device 768 (vbd) could not be connected. /no/such does not exist."),
    ("name = 'taken'", "Domain 'taken' already exists with ID '1'"),
    ("name = 'a b'", "Invalid VM Name"),
    ("vif = ['', 'bridge=nosuch']", "Device 1 (vif) could not be connected. Could not find bridge device nosuch"),
    ("name = 'managed'", "VM name 'managed' already exists"),
    ("target = 99", "(22, 'Invalid argument')"),
    ("1 / 0", "integer division or modulo by zero"),
])
def test_creates_that_fail(host: Host, line: str, err: str) -> None:
    host.set_option(bridges=["xenbr0"])
    host.add_domain("taken")
    host.add_managed("managed")
    assert host.answer("create", "-q", host.file("web1", line)) == (1, "", f"Error: {err}\n")
    assert host.names() == ["Domain-0", "taken"]


def test_a_file_is_named_before_it_is_read(host: Host) -> None:
    bad = host.file("bad", "1 / 0")
    for options in ((), ("-n",)):
        assert host.answer("create", *options, bad) == (
            1, f'Using config file "{bad}".\n', "Error: integer division or modulo by zero\n")


def test_a_file_that_is_no_python(host: Host) -> None:
    bad = host.file("bad", "x = ")
    words = f"Error: Errors were found at line 2 while processing {bad}:\n\tx = \n\n"
    assert host.answer("create", "-q", bad) == (1, "", words)


def test_a_file_of_the_current_folder(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(host.etc.parent)
    Path("web1").write_text(f"kernel = '{host.kernel}'\n")
    assert host.answer("create", "web1")[1].startswith('Using config file "./web1".\n')


def test_a_dry_run_of_3_3_looks_for_no_kernel(old: Host) -> None:
    assert old.answer("create", "-q", "-n", old.file("web1", "kernel = '/no'"))[0] == 0


def test_a_name_that_runs_in_3_3(old: Host) -> None:
    old.add_domain("web1")
    assert old.answer("create", "-q", old.file("web1"))[2] == "Error: VM name 'web1' already exists as domain 1\n"


def test_files_that_are_missing_in_3_3(old: Host) -> None:
    for line, err in (("kernel = '/no'", "Kernel image does not exist: /no"),
                      ("ramdisk = '/no'", "Kernel ramdisk does not exist: /no")):
        assert old.answer("create", "-q", old.file("web1", line)) == (1, "", f"Error: {err}\n")


# -- stub domains ---------------------------------------------------------------------------------------------------

def test_stubdom_dm_starts_the_stub_domain_when_xm_has_ended(host: Host) -> None:
    host.set_behaviour("win1", stub_polls=1)
    host.answer("create", "-q", host.hvm())
    assert host.names() == ["Domain-0", "win1"]
    host.answer("list")
    assert host.names() == ["Domain-0", "win1"]
    host.answer("list")
    stub = host.domains()["win1-dm"]
    assert (stub["memory"], stub["target"], stub["cmdline"], stub["kernel"]) == (32, 1, " -d 1", str(host.kernel))
    assert (host.etc / "stubdoms" / "win1-dm").is_file()


def test_the_second_file_of_3_3_is_the_users(old: Host) -> None:
    old.answer("create", "-q", old.hvm())
    old.answer("list")
    assert (old.names(), old.log()) == (["Domain-0", "win1"], "Error: Unable to open config file: win1-dm\n")
    old.answer("destroy", "win1")
    old.file("win1-dm")
    old.answer("create", "-q", old.hvm())
    old.answer("list")
    assert old.names() == ["Domain-0", "win1", "win1-dm"]
    assert not (old.etc / "stubdoms").exists()


@pytest.mark.parametrize("release, other, waits", [
    ((3, 3), "win1-dm", True), ((3, 3), "old-win1-dm", True), ((3, 3), "oldwin1-dm", True), ((3, 3), "win1", False),
    ((4, 1), "win1-dm", True), ((4, 1), "old-win1-dm", True), ((4, 1), "oldwin1-dm", False),
])
def test_stubdom_dm_waits_for_ever(release: tuple[int, int], other: str, waits: bool, tmp_path: Path) -> None:
    """For every domain that grep finds; a hyphen ends a word for it, of which it takes whole ones since 4.0."""
    host = Host(tmp_path, release, "")
    name = "win1" if other != "win1" else "win11"
    host.add_domain(other)
    host.answer("create", "-q", host.hvm(name))
    for _time in range(5):
        host.answer("list")
    serving = [domain["name"] for domain in host.domains().values() if domain.get("target")]
    assert serving == ([] if waits else [f"{name}-dm"])
    host.remove_domain(other)
    host.answer("list")
    assert len(host.domains()) == 3


def test_stubdom_dm_ends_with_its_guest(host: Host) -> None:
    host.set_behaviour("win1", stub_polls=2)
    host.answer("create", "-q", host.hvm())
    host.answer("destroy", "win1")
    for _time in range(5):
        host.answer("list")
    assert host.names() == ["Domain-0"]


@pytest.mark.parametrize("release, names", [((3, 3), ["Domain-0", "win1-dm"]), ((4, 1), ["Domain-0"])])
def test_a_stub_domain_goes_with_its_guest_but_later_before_4_0(
        release: tuple[int, int], names: list[str], tmp_path: Path) -> None:
    host = Host(tmp_path, release, "")
    host.answer("create", "-q", host.hvm())
    host.answer("list")
    assert host.answer("destroy", "win1") == (0, "", "")
    assert host.names() == names
    host.answer("list")
    host.answer("list")
    assert host.names() == ["Domain-0"]


def test_a_stub_domain_leaks(host: Host) -> None:
    host.set_behaviour("win1", leaks=True)
    host.answer("create", "-q", host.hvm())
    host.answer("list")
    host.answer("destroy", "win1")
    host.answer("list")
    assert (host.names(), host.domains()["win1-dm"]["target"]) == (["Domain-0", "win1-dm"], 1)


def test_a_stub_domain_that_dies(host: Host) -> None:
    host.add_fault("create", name="win1", kind="stub_dies", log="Do_exit called!\n", leaves=False, times=1)
    host.add_fault("create", name="win1", kind="stub_dies", times=1)
    host.answer("create", "-q", host.hvm())
    host.answer("list")
    assert (host.names(), host.log()) == (["Domain-0", "win1"], "Do_exit called!\n")
    host.answer("destroy", "win1")
    host.answer("create", "-q", host.hvm())
    host.answer("list")
    stub = host.domains()["win1-dm"]
    assert (stub["state"], stub["vcpus"]) == ("p", 0)


# -- ending ---------------------------------------------------------------------------------------------------------

def test_shutdown(host: Host) -> None:
    """It cuts the power of an HVM guest without PV drivers, whatever that one wants; xend waits for no answer."""
    host.add_domains(["web1", "deaf", "silent"])
    host.add_domain("win1", kind="hvm")
    host.add_domain("win2", kind="hvm")
    host.set_behaviour("*", polls=0)
    host.set_behaviour("deaf", ignore=True)
    host.set_behaviour("silent", no_ack=60)
    host.set_behaviour("win1", ignore=True)
    host.set_behaviour("win2", ignore=True, pv_drivers=True)
    for name in ("web1", "deaf", "silent", "win1", "win2"):
        assert host.answer("shutdown", name) == (0, "", "")
    host.answer("list")
    assert host.names() == ["Domain-0", "deaf", "silent", "win2"]


def test_the_power_button(host: Host, tmp_path: Path) -> None:
    host.add_domain("win1", kind="hvm")
    host.add_domain("deaf", kind="hvm")
    host.set_behaviour("*", polls=0)
    host.set_behaviour("deaf", ignore=True)
    assert host.answer("trigger", "win1", "power") == (0, "", "")
    assert host.answer("trigger", "deaf", "power") == (0, "", "")
    host.answer("list")
    assert host.names() == ["Domain-0", "deaf"]


def test_3_3_has_no_power_button(old: Host) -> None:
    old.add_domain("win1", kind="hvm")
    assert old.answer("trigger", "win1", "power") == (1, TRIGGER, "Error: Invalid trigger: power\n")


def test_a_pv_guest_has_no_power_button(host: Host) -> None:
    host.add_domain("web1")
    assert host.answer("trigger", "web1", "power") == (1, TRIGGER, "Error: (22, 'Invalid argument')\n")
    assert "ending" not in host.domains()["web1"]


def test_shutdown_waits(host: Host) -> None:
    host.add_domain("web1")
    host.set_behaviour("web1", polls=2)
    assert host.answer("shutdown", "-w", "web1") == (0, "Domain web1 terminated\nAll domains terminated\n", "")
    assert host.names() == ["Domain-0"]


def test_pause_and_a_guest_that_is_kept(host: Host) -> None:
    host.add_domain("web1")
    host.add_domain("kept", state="s")
    assert host.answer("pause", "web1") == (0, "", "")
    assert host.domains()["web1"]["state"] == "p"
    assert host.answer("unpause", "web1") == (0, "", "")
    assert host.domains()["web1"]["state"] == "b"
    assert host.answer("pause", "kept")[0] == 0
    assert host.domains()["kept"]["state"] == "s"
    assert host.answer("shutdown", "kept") == (1, SHUTDOWN, "Error: Domain cannot be shutdown\n")


def test_faults_and_calls(host: Host) -> None:
    host.add_fault("create", name="web1", rc=1, stderr="Error: no\n", times=1)
    web1 = host.file("web1")
    assert host.answer("create", "-q", web1) == (1, "", "Error: no\n")
    assert host.answer("create", "-q", web1) == (0, "", "")
    assert host.answer("create", "/no/such")[0] == 1
    host.add_fault("list", rc=1, stderr="Error: busy\n")
    assert host.answer("list") == (1, "", "Error: busy\n")
    assert host.calls("create") == host.mutating_calls()
    assert len(host.calls("create")) == 3
