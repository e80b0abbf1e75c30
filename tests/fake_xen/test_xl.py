# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen against what Xen 4.17's tools were seen to print, and its own fault injection."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import xlu
from api import FakeXen

try:
    xlu.find_library()
except xlu.LibraryMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

HEADER = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
GONE = """\
libxl: error: libxl_domain.c:1183:libxl__destroy_domid: Domain {0}:Non-existant domain
libxl: error: libxl_domain.c:1137:domain_destroy_callback: Domain {0}:Unable to destroy guest
libxl: error: libxl_domain.c:1064:domain_destroy_cb: Domain {0}:Destruction of domain failed
"""
NO_TYPE = "libxl: error: libxl_dom.c:37:libxl__domain_type: unable to get domain type for domid=99\n"
NO_PAUSE = "libxl: error: libxl_domain.c:587:libxl_domain_pause: Domain 99:Pausing domain: No such process\n"
TAKEN = """\
libxl: error: libxl_domain.c:81:libxl__domain_rename: Domain 2:Domain with name "web1" already exists.
libxl: error: libxl_create.c:1296:initiate_domain_create: Domain 2:cannot make domain: -6
"""
SILENT = """\
Shutting down domain 2
libxl: error: libxl_domain.c:854:pvcontrol_cb: guest didn't acknowledge control request: -9
shutdown failed (rc=-9)
"""
NO_DRIVERS = """\
Shutting down domain 3
PV control interface not available: external graceful shutdown not possible.
Use "-F" to fallback to ACPI power event.
shutdown failed (rc=-10)
"""


@pytest.fixture
def host(tmp_path: Path) -> FakeXen:
    """A host without guests."""
    fake_xen = FakeXen(tmp_path / "host")
    fake_xen.setup()
    return fake_xen


@pytest.fixture
def kernel(tmp_path: Path) -> str:
    """A file that a guest can boot from."""
    path = tmp_path / "vmlinuz"
    path.write_bytes(b"kernel")
    return str(path)


@pytest.fixture
def web1(tmp_path: Path, kernel: str) -> str:
    """The file of a PV guest."""
    path = tmp_path / "web1.cfg"
    path.write_text(f'name = "web1"\nmemory = 256\nkernel = "{kernel}"\ncmdline = "console=hvc0"\nvcpus = 2\n')
    return str(path)


@pytest.fixture
def win1(tmp_path: Path, kernel: str) -> str:
    """The file of an HVM guest with a Linux stub domain."""
    path = tmp_path / "win1.cfg"
    path.write_text('name = "win1"\ntype = "hvm"\nmemory = 512\ndevice_model_stubdomain_override = 1\n'
                    f'device_model_version = "qemu-xen"\nstubdomain_kernel = "{kernel}"\n'
                    f'stubdomain_ramdisk = "{kernel}"\nvnc = 1\nvncpasswd = "geheim"\nvif = ["mac=00:16:3e:01:02:03"]\n')
    return str(path)


def answer(host: FakeXen, *argv: str) -> tuple[int, str, str]:
    """Exit code and both streams."""
    done = host.run(*argv)
    return done.returncode, done.stdout, done.stderr


# -- looking --------------------------------------------------------------------------------------------------------

def test_list(host: FakeXen) -> None:
    host.add_domain("web1", memory=256, vcpus=2)
    host.add_domain("x" * 45, state="p")
    host.add_domain("crashed", state="s", reason="crash")
    code, out, err = answer(host, "xl", "list")
    assert (code, err) == (0, "")
    assert re.sub(r" +\d+\.\d$", " T", out, flags=re.MULTILINE) == HEADER + (
        "Domain-0                                     0  1024     8     r----- T\n"
        "web1                                         1   256     2     -b---- T\n"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx     2   128     1     --p--- T\n"
        "crashed                                      3   128     1     ---sc- T\n")
    assert re.fullmatch(r".{58}     r-----  {1,8}\d+\.\d", out.splitlines()[1])


def test_list_verbose(host: FakeXen) -> None:
    host.add_domain("web1", state="s", uuid="b32876c1-f431-4e8b-a896-8933bbc166e7")
    header, _dom0, row = host.run("xl", "list", "-v").stdout.splitlines()
    assert header + "\n" == HEADER[:-1] + "   UUID                            Reason-Code\tSecurity Label\n"
    assert row.endswith(" b32876c1-f431-4e8b-a896-8933bbc166e7        0                -")


def test_list_long_leaves_stub_domains_out(host: FakeXen) -> None:
    host.add_domain("win1", kind="hvm", stub=True)
    code, out, err = answer(host, "xl", "list", "-l")
    assert [(entry["domid"], entry["config"]["c_info"]["name"]) for entry in json.loads(out)] == [
        (0, "Domain-0"), (1, "win1")]
    assert code == 0
    assert err == ("libxl: error: libxl_domain.c:2335:retrieve_domain_configuration_lock_acquired: "
                   "Domain 2:Fail to get domain configuration\n")
    assert answer(host, "xl", "list", "-l", "win1-dm")[:2] == (0, "[\n\n]\n\n")


@pytest.mark.parametrize("words, code, out, err", [
    ("list nosuch", 1, "", "nosuch is an invalid domain identifier (rc=-6)\n"),
    ("list 99", 1, "", "Error: Domain '99' does not exist.\n"),
    ("list -Q", 2, "", "option `Q' not supported.\n"),
    ("domid Domain-0", 0, "0\n", ""),
    ("domid nosuch", 1, "", "Can't get domid of domain name 'nosuch', maybe this domain does not exist.\n"),
    ("domname 0", 0, "Domain-0\n", ""),
    ("domname 99", 1, "", "Can't get domain name of domain id '99', maybe this domain does not exist.\n"),
    ("domname x", 1, "", "Invalid domain id.\n\n"),
    ("destroy nosuch", 1, "", "nosuch is an invalid domain identifier (rc=-6)\n"),
    ("destroy 99", 1, "", GONE.format(99) + "destroy failed (rc=-21)\n"),
    ("shutdown 99", 1, "", f"Shutting down domain 99\n{NO_TYPE}shutdown failed (rc=-3)\n"),
    ("shutdown", 1, "", "You must specify -a or a domain id.\n\n"),
    ("pause nosuch", 1, "", "nosuch is an invalid domain identifier (rc=-6)\n"),
    ("pause 99", 0, "", NO_PAUSE),
    ("unpause 99", 0, "", NO_TYPE),
    ("frob", 1, "", "command not implemented\n"),
    ("info xen_version", 0, "4.17.5\n", ""),
    ("info virt_caps", 0, "pv hvm hap shadow gnttab-v1 gnttab-v2\n", ""),
    ("info nosuch", 0, "", ""),
    ("info xen_m", 0, "4\n17\n", ""),
    ("create /no/such.cfg", 3, "", "Failed to read config file: /no/such.cfg: No such file or directory\n"),
])
def test_answers(host: FakeXen, words: str, code: int, out: str, err: str) -> None:
    assert answer(host, "xl", *words.split()) == (code, out, err)


def test_info(host: FakeXen) -> None:
    host.set_info(xen_minor=14, xen_extra=".6", free_memory=77)
    lines = host.run("xl", "info").stdout.splitlines()
    assert "xen_version            : 4.14.6" in lines
    assert "free_memory            : 77" in lines
    assert lines[-1] == "xend_config_format     : 4"


def test_not_a_xen_host(host: FakeXen) -> None:
    host.not_xen()
    assert answer(host, "xl", "list") == (1, "", (
        "xencall: error: Could not obtain handle on privileged command interface: No such file or directory\n"
        "libxl: error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: No such file or directory\n"
        "cannot init xl context\n"))
    assert answer(host, "xenstore-read", "/a") == (1, "", "xenstore-read: xs_open: No such file or directory\n")
    host.not_xen("debian")
    assert answer(host, "xl", "info") == (1, "", "ERROR:  Can't find hypervisor information in sysfs!\n")
    host.not_xen(None)
    assert host.run("xl", "info").returncode == 0


# -- xenstore -------------------------------------------------------------------------------------------------------

def test_xenstore(host: FakeXen, web1: str, kernel: str) -> None:
    assert host.run("xl", "create", web1).returncode == 0
    vm = host.run("xenstore-read", "/local/domain/1/vm").stdout.strip()
    assert answer(host, "xenstore-read", f"{vm}/image/kernel", f"{vm}/image/cmdline") == (
        0, f"{kernel}\nconsole=hvc0\n", "")
    assert host.run("xenstore-ls", "-f", "/local/domain/1/memory").stdout == (
        '/local/domain/1/memory/static-max = "262144"\n/local/domain/1/memory/target = "262144"\n'
        '/local/domain/1/memory/videoram = "0"\n')
    assert host.run("xenstore-ls", "/local/domain/1/cpu").stdout == (
        '0 = ""\n availability = "online"\n1 = ""\n availability = "online"\n')
    assert host.run("xenstore-list", "/local/domain").stdout == "0\n1\n"
    assert answer(host, "xenstore-read", "/local/domain/0/name", "/no/such") == (
        1, "Domain-0\n", "xenstore-read: couldn't read path /no/such\n")
    assert answer(host, "xenstore-list", "/no") == (1, "", "xenstore-list: could not list path /no\n")
    assert answer(host, "xenstore-ls", "/no") == (
        1, "", "xenstore-ls: xs_directory (/no): No such file or directory\n")
    host.set_xenstore(**{"/local/domain/1/name": None, "/tool/x": "a\nb"})
    assert host.run("xenstore-read", "/local/domain/1/name").returncode == 1
    assert host.run("xenstore-read", "/tool/x").stdout == "a\\nb\n"


# -- changing -------------------------------------------------------------------------------------------------------

def test_create_leaves_the_traces_of_the_real_one(host: FakeXen, web1: str) -> None:
    assert answer(host, "xl", "create", "-q", web1) == (0, "", "")
    domain = host.domains()["web1"]
    assert (domain["domid"], domain["memory"], domain["vcpus"], domain["state"]) == (1, 256, 2, "b")
    assert host.run("xl", "info", "free_memory").stdout == "62744\n"
    assert "Linux version" in host.console("web1")
    assert host.run("xl", "console", "web1").stdout == host.console("web1")
    lib = Path(host.path, "lib")
    assert [path.name for path in lib.iterdir()] == [f"userdata-d.1.{domain['uuid']}.libxl-json"]
    assert host.run("xl", "destroy", "web1").returncode == 0
    assert list(lib.iterdir()) == []
    assert host.run("xl", "info", "free_memory").stdout == "63000\n"


def test_create_keeps_the_file_itself_only_up_to_4_4(host: FakeXen, web1: str) -> None:
    host.set_option(userdata_xl=True)
    host.run("xl", "create", web1)
    uuid = host.domains()["web1"]["uuid"]
    assert Path(host.path, "lib", f"userdata-d.1.{uuid}.xl").read_bytes() == Path(web1).read_bytes()


def test_create_with_a_stub_domain(host: FakeXen, win1: str) -> None:
    assert answer(host, "xl", "create", "-p", win1) == (0, "", f"Parsing config from {win1}\n")
    assert (host.domains()["win1"]["state"], host.domains()["win1-dm"]["memory"]) == ("p", 136)
    assert host.run("xenstore-read", "/local/domain/1/image/device-model-domid").stdout == "2\n"
    assert host.run("xenstore-read", "/local/domain/2/target").stdout == "1\n"
    assert json.loads(host.run("xl", "list", "-l", "win1").stdout)[0]["config"]["b_info"]["type.hvm"]["vnc"][
        "passwd"] == "geheim"
    assert host.run("xl", "unpause", "win1").returncode == 0
    assert host.domains()["win1"]["state"] == "b"
    assert answer(host, "xl", "destroy", "win1") == (0, "", "")
    assert list(host.domains()) == ["Domain-0"]


def test_a_guest_that_lost_its_stub_domain(host: FakeXen, win1: str) -> None:
    host.run("xl", "create", win1)
    assert host.run("xl", "destroy", "win1-dm").returncode == 0
    code, _out, err = answer(host, "xl", "destroy", "win1")
    assert code == 1
    assert "Domain 1:Unable to destroy stubdom with domid 2\n" in err
    assert list(host.domains()) == ["Domain-0"]


def test_what_a_stub_domain_was_booted_from(host: FakeXen, win1: str, kernel: str) -> None:
    host.run("xl", "create", "-q", win1)
    vm = host.run("xenstore-read", "/local/domain/2/vm").stdout.strip()
    both = answer(host, "xenstore-read", f"{vm}/image/kernel", f"{vm}/image/ramdisk")
    assert both == (0, f"{kernel}\n{kernel}\n", "")
    guest = host.run("xenstore-read", "/local/domain/1/vm").stdout.strip()
    assert host.run("xenstore-read", f"{guest}/image/kernel").returncode == 1


def test_a_stub_domain_that_does_not_come_up_stays_behind(host: FakeXen, win1: str) -> None:
    """As seen on Xen 4.17 with too little memory for it."""
    host.run("xl", "create", "-q", win1)
    host.run("xl", "destroy", "win1")
    host.add_fault("create", name="win1", kind="stub_dies", log="Kernel panic\n", times=1)
    code, _out, err = answer(host, "xl", "create", "-q", win1)
    assert code == 3
    assert "Domain 4:Stubdom 4 for 3 startup: startup timed out\n" in err
    assert "Domain 3:device model did not start: -9\n" in err
    left = host.domains()["win1-dm"]
    assert (sorted(host.domains()), left["state"], left["vcpus"]) == (["Domain-0", "win1-dm"], "p", 0)
    row = host.run("xl", "list").stdout.splitlines()[-1]
    assert row.split()[:5] == ["win1-dm", "4", "136", "0", "--p---"]
    assert host.run("xenstore-read", "/local/domain/4/target").stdout == "3\n"
    assert answer(host, "xl", "list", "-l", "win1-dm")[1].split() == ["[", "]"]
    log = Path(host.path, "log", "qemu-dm-win1.log")
    assert log.read_text() == "Kernel panic\n"
    assert "Linux version" in Path(f"{log}.1").read_text()
    # No start succeeds until it is gone.
    code, _out, err = answer(host, "xl", "create", "-q", win1)
    assert code == 3
    assert 'Domain with name "win1-dm" already exists.\n' in err
    assert "Domain 5:device model did not start: -6\n" in err
    assert answer(host, "xl", "destroy", str(left["domid"])) == (0, "", "")
    assert answer(host, "xl", "create", "-q", win1) == (0, "", "")


def test_a_stub_domain_that_leaves_nothing_or_no_target(host: FakeXen, win1: str) -> None:
    host.add_fault("create", name="win1", kind="stub_dies", leaves=False, times=1)
    host.add_fault("create", name="win1", kind="stub_dies", target=False, times=1)
    assert host.run("xl", "create", "-q", win1).returncode == 3
    assert list(host.domains()) == ["Domain-0"]
    assert host.run("xl", "create", "-q", win1).returncode == 3
    domid = host.domains()["win1-dm"]["domid"]
    assert host.run("xenstore-read", f"/local/domain/{domid}/target").returncode == 1


def test_leftovers_on_demand(host: FakeXen) -> None:
    host.add_leftover("a")
    host.add_leftover("b", target=77)
    assert [row.split()[:2] + row.split()[3:5] for row in host.run("xl", "list").stdout.splitlines()[2:]] == [
        ["a-dm", "1", "0", "--p---"], ["b-dm", "2", "0", "--p---"]]
    assert host.run("xenstore-read", "/local/domain/2/target").stdout == "77\n"
    host.remove_domain("a-dm")
    assert list(host.domains()) == ["Domain-0", "b-dm"]


def test_dry_run(host: FakeXen, web1: str) -> None:
    code, out, err = answer(host, "xl", "create", "-n", web1, "memory=64")
    assert (code, err) == (0, f"Parsing config from {web1}\n")
    assert json.loads(out)["b_info"]["target_memkb"] == 65536
    assert '        "sched_params": {\n\n        },\n' in out
    assert "web1" not in host.domains()
    assert host.mutating_calls() == []


REBUILD = "libxl: error: libxl_create.c:1640:domcreate_rebuild_done: Domain 1:cannot (re-)build domain: "
OPEN = "xc: error: panic: xg_dom_core.c:205: failed to open file '/no/such': No such file or directory: Internal error\n"
NO_KERNEL = f"""\
{OPEN}libxl: error: libxl_dom.c:646:libxl__build_pv: xc_dom_kernel_file failed: No such file or directory
{REBUILD}-3
"""
NO_RAMDISK = f"""\
{OPEN}libxl: error: libxl_dom.c:659:libxl__build_pv: xc_dom_ramdisk_file failed: No such file or directory
{REBUILD}-3
"""
NO_PVH_KERNEL = f"""\
{OPEN}libxl: error: libxl_dom.c:909:libxl__domain_firmware: xc_dom_kernel_file failed: No such file or directory
libxl: error: libxl_dom.c:1075:libxl__build_hvm: initializing domain firmware failed
{REBUILD}-1
"""
NO_MEMORY = f"""\
xc: error: panic: xg_dom_boot.c:119: xc_dom_boot_mem_init: can't allocate low memory for domain: Out of memory
libxl: error: libxl_dom.c:586:libxl__build_dom: xc_dom_boot_mem_init failed: Cannot allocate memory
{REBUILD}-3
"""
NO_DISK = """\
libxl: error: libxl_device.c:455:libxl__device_disk_set_backend: Disk vdev=xvda failed to stat: /no/such: \
No such file or directory
libxl: error: libxl_create.c:1318:initiate_domain_create: Domain 1:Unable to set disk defaults for disk 0
"""
NO_STUB = """\
libxl: error: libxl_dm.c:2377:libxl__spawn_stub_dm: Domain 1:could not access stubdomain kernel /no/such: \
No such file or directory
libxl: error: libxl_dm.c:2780:stubdom_pvqemu_cb: Domain 1:error connecting nics devices: No such file or directory
libxl: error: libxl_create.c:1896:domcreate_devmodel_started: Domain 1:device model did not start: -6
"""


@pytest.mark.parametrize("line, err", [
    ('kernel = "/no/such"', NO_KERNEL),
    ('ramdisk = "/no/such"', NO_RAMDISK),
    ('type = "pvh"; kernel = "/no/such"', NO_PVH_KERNEL),
    ("memory = 900000", NO_MEMORY),
    ('disk = ["/no/such,raw,xvda,w"]', NO_DISK),
    ('type = "hvm"; device_model_stubdomain_override = 1; stubdomain_kernel = "/no/such"', NO_STUB),
])
def test_creates_that_fail(host: FakeXen, web1: str, line: str, err: str) -> None:
    with open(web1, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert answer(host, "xl", "create", "-q", web1) == (3, "", err + GONE.format(1))
    assert list(host.domains()) == ["Domain-0"]
    assert host.run("xl", "info", "free_memory").stdout == "63000\n"


def test_a_name_that_is_taken(host: FakeXen, web1: str) -> None:
    host.run("xl", "create", web1)
    assert answer(host, "xl", "create", "-q", web1) == (3, "", TAKEN + GONE.format(2))


@pytest.mark.parametrize("text, err", [
    ("name = True\n",
     "{0}:1: config parsing error near `True': lexical error\nFailed to parse config: Invalid argument\n"),
    ("memory = 64\n", "Domain name must be specified.\n"),
    ('name = "a"\n', "Neither kernel nor bootloader specified\n"),
    ('name = "a"; type = "xen"\n', "Invalid domain type xen.\n"),
    ('name = "a"; kernel = "/k"; disk = ["/dev/x,hda,w"]\n',
     "{0}: config parsing error in disk specification: unknown value for format: near `hda' in `/dev/x,hda,w'\n"),
])
def test_files_that_xl_refuses(host: FakeXen, tmp_path: Path, text: str, err: str) -> None:
    path = tmp_path / "bad.cfg"
    path.write_text(text)
    assert answer(host, "xl", "create", str(path)) == (1, "", f"Parsing config from {path}\n" + err.format(path))


def test_shutdown_takes_its_time(host: FakeXen) -> None:
    host.add_domain("web1")
    host.set_behaviour(polls=2)
    assert answer(host, "xl", "shutdown", "web1") == (0, "", "Shutting down domain 1\n")
    assert [host.run("xl", "domid", "web1").returncode for _time in range(4)] == [0, 0, 1, 1]


def test_shutdown_and_wait(host: FakeXen) -> None:
    host.add_domain("web1")
    host.set_behaviour("web1", seconds=0.3)
    started = time.monotonic()
    assert answer(host, "xl", "shutdown", "-w", "web1") == (
        0, "", "Shutting down domain 1\nWaiting for 1 domains\nDomain 1 has been shut down, reason code 0\n")
    assert time.monotonic() - started > 0.3
    assert "web1" not in host.domains()


def test_guests_that_do_not_shut_down(host: FakeXen) -> None:
    host.add_domain("deaf")
    host.add_domain("silent")
    host.add_domain("win1", kind="hvm", stub=True)
    host.set_behaviour("deaf", ignore=True)
    host.set_behaviour("silent", no_ack=0.1)
    assert host.run("xl", "shutdown", "deaf").returncode == 0
    assert answer(host, "xl", "shutdown", "silent") == (1, "", SILENT)
    assert answer(host, "xl", "shutdown", "win1") == (1, "", NO_DRIVERS)
    assert host.run("xl", "shutdown", "-F", "win1").returncode == 0
    host.run("xl", "list")
    host.run("xl", "list")
    assert list(host.domains()) == ["Domain-0", "deaf", "silent"]


def test_pauses_are_counted(host: FakeXen) -> None:
    host.add_domain("web1")
    states = []
    for command in ("pause", "pause", "unpause", "unpause"):
        assert answer(host, "xl", command, "web1") == (0, "", "")
        states.append(host.domains()["web1"]["state"])
    assert states == ["p", "p", "p", "b"]
    assert answer(host, "xl", "unpause", "web1") == (
        0, "", "libxl: error: libxl_domain.c:688:domain_unpause_done: Domain 1:Unpausing domain: Invalid argument\n")


def test_a_paused_guest_shuts_down_once_it_runs_again(host: FakeXen) -> None:
    host.add_domain("web1", state="p")
    code, _out, err = answer(host, "xl", "shutdown", "web1")
    assert (code, err.splitlines()[-1]) == (1, "shutdown failed (rc=-9)")
    host.run("xl", "unpause", "web1")
    assert [host.run("xl", "domid", "web1").returncode for _time in range(2)] == [0, 1]


def test_guests_that_die_and_stay(host: FakeXen, web1: str) -> None:
    with open(web1, "a", encoding="utf-8") as file:
        file.write('on_crash = "preserve"\n')
    host.set_behaviour("web1", dies="crash")
    host.run("xl", "create", web1)
    host.run("xl", "list")
    assert "---sc-" in host.run("xl", "list").stdout
    host.run("xl", "pause", "web1")
    assert "--psc-" in host.run("xl", "list").stdout
    assert host.run("xl", "shutdown", "web1").returncode == 1


# -- faults, calls, speed -------------------------------------------------------------------------------------------

def test_faults(host: FakeXen, web1: str) -> None:
    host.add_fault("create", name="web1", rc=3, stderr="before\n", times=1)
    host.add_fault("create", name="web1", rc=1, stderr="after\n", times=1, effect="after")
    host.add_fault("create", name="other", rc=9)
    host.add_fault("xenstore-read", rc=1, stderr="no xenstore\n")
    assert answer(host, "xl", "create", "-q", web1) == (3, "", "before\n")
    assert "web1" not in host.domains()
    assert answer(host, "xl", "create", "-q", web1) == (1, "", "after\n")
    assert "web1" in host.domains()
    assert answer(host, "xenstore-read", "/local/domain/0/name") == (1, "", "no xenstore\n")
    host.clear_faults()
    assert host.run("xenstore-read", "/local/domain/0/name").returncode == 0


def test_a_slow_call_works_and_blocks_nobody(host: FakeXen) -> None:
    host.add_fault("list", sleep=1, times=1)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(answer, host, "xl", "list")
        while not host.calls("list"):
            time.sleep(0.01)
        time.sleep(0.2)
        assert host.run("xl", "domid", "Domain-0").returncode == 0
        assert not slow.done()
        assert slow.result()[0] == 0


def test_null_row(host: FakeXen) -> None:
    host.add_fault("list", kind="null_row", times=1)
    assert host.run("xl", "list").stdout.splitlines()[-1].startswith(
        "(null)                                       1     0     1     --ps-d  ")
    assert "(null)" not in host.run("xl", "list").stdout


def test_calls(host: FakeXen, web1: str) -> None:
    host.run("xl", "list", "-v")
    host.run("xl", "create", "-qn", web1)
    host.run("xl", "-f", "create", "-q", web1)
    host.run("xenstore-read", "/x")
    assert host.calls("list") == [["xl", "list", "-v"]]
    assert host.calls("create -n") == [["xl", "create", "-qn", web1]]
    assert host.calls("create") == [["xl", "-f", "create", "-q", web1]]
    assert host.calls("xenstore-read") == [["xenstore-read", "/x"]]
    assert host.mutating_calls() == [["xl", "-f", "create", "-q", web1]]
    host.forget_calls()
    assert host.calls() == []


def test_many_at_once(host: FakeXen, tmp_path: Path, kernel: str) -> None:
    for number in range(12):
        (tmp_path / f"g{number}.cfg").write_text(f'name = "g{number}"\nkernel = "{kernel}"\n')
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda number: host.run("xl", "create", str(tmp_path / f"g{number}.cfg")), range(12)))
    assert [one.returncode for one in done] == [0] * 12
    assert sorted(domain["domid"] for domain in host.domains().values()) == list(range(13))
    assert len(host.calls()) == 12


def test_without_xens_parser_create_says_so(host: FakeXen, web1: str) -> None:
    program = ("import sys; sys.path[:0] = [%r]; import create, program, xlu\n"
               "def missing():\n    raise xlu.LibraryMissing('gone')\n"
               "xlu.find_library = missing; sys.exit(program.main('xl', sys.argv[1:]))"
               .replace("%r", repr(str(Path(__file__).parent))))
    done = subprocess.run([sys.executable, "-c", program, "create", web1], env=host.env(), capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stderr) == (70, "fake: xl create needs Xen's own parser: gone\n")


def test_dmesg_prints_what_xen_has_logged(host: FakeXen) -> None:
    host.set_option(dmesg="(XEN) Xen version 4.17.7\n(d7) HVM Loader\n")
    assert answer(host, "xl", "dmesg") == (0, "(XEN) Xen version 4.17.7\n(d7) HVM Loader\n", "")
