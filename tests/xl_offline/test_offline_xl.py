# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's xl without a hypervisor: what it reads, what it refuses, and how far it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

import xl

try:
    xl.prepare()
except xl.XlMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

PV = 'name = "guest"\nmemory = 256\nkernel = "/boot/vmlinuz"\n'
HVM = 'name = "guest"\nmemory = 256\ntype = "hvm"\n'
STUB = HVM + 'device_model_version = "qemu-xen"\ndevice_model_stubdomain_override = 1\nvnc = 0\n'
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.cfg"))
DOMAINS = ["netdom", "diskdom", "vtpm-stub"]
#: Files of the corpus that run elsewhere, and that this xl refuses, with its words.
REFUSED = {"qubes-like-hvm": "qemu-xen doesn't support read-only IDE disk drivers"}  # Qubes patches libxl


def test_the_json_is_libxls() -> None:
    found = xl.parse(HVM + 'disk = ["/srv/a.img,raw,hda,rw"]\nvif = ["bridge=br0"]\nviridian = ["defaults"]\n')
    assert found["c_info"] == {"type": "hvm", "name": "guest", "run_hotplug_scripts": "True"}
    assert found["disks"] == [{"pdev_path": "/srv/a.img", "vdev": "hda", "format": "raw", "readwrite": 1}]
    assert found["nics"] == [{"devid": 0, "bridge": "br0"}]
    assert found["b_info"]["type.hvm"]["viridian"] == "True"


@pytest.mark.parametrize("one, other", [
    ('disk = ["phy:/dev/vg0/a,hda,w"]', 'disk = ["format=raw,vdev=hda,access=rw,target=/dev/vg0/a"]'),
    ('extra = "quiet"\nroot = "/dev/xvda"', 'cmdline = "root=/dev/xvda quiet"'),
    ("vcpus = 2", 'vcpus = "0x2" # two'),
    ("bogus = 1", ""),
])
def test_files_that_mean_the_same_have_the_same_json(one: str, other: str) -> None:
    assert xl.parse(f"{PV}{one}\n") == xl.parse(f"{PV}{other}\n")


def test_what_is_given_is_kept_and_what_is_drawn_is_left_out() -> None:
    uuid = "01234567-89ab-cdef-0123-456789abcdef"
    assert xl.parse(f'{PV}uuid = "{uuid}"\n')["c_info"]["uuid"] == uuid
    assert "uuid" not in xl.parse(PV)["c_info"]
    text = HVM + 'ms_vm_genid = "generate"\n'
    assert xl.parse(text) == xl.parse(text)


@pytest.mark.parametrize("text, words", [
    ("memory = True\n", "config parsing error near `True'"),
    ("memory = 1\n", "Domain name must be specified"),
    ('name = "guest"\n', "Neither kernel nor bootloader specified"),
    (PV + 'disk = ["a"]\n', "no vdev specified"),
    (PV + "maxvcpus = 1\nvcpus = 2\n", "xl: maxvcpus < vcpus"),
    (PV + "tsc_mode = 9\n", "invalid value 9"),
    (PV + 'vcpus = 1\ncpus = "0,^0"\n', "affinity map is empty"),
    (PV + 'channel = [""]\n', "xl crashes"),
])
def test_what_xl_itself_refuses(text: str, words: str) -> None:
    with pytest.raises(xl.XlRefused, match=words):
        xl.parse(text)
    assert words in xl.check(text)


@pytest.mark.parametrize("text, words", [
    (HVM + 'maxmem = 512\npci = ["03:00.0"]\n', "not supported together with PoD"),
    (PV + 'type = "pvh"\npci = ["03:00.0"]\n', "passthrough not yet supported for x86 PVH guests"),
    (HVM + "videoram = 7\n", "videoram must be at least 8 MB for CIRRUS"),
    # After the domain is made: the settings of its scheduler, its disks, its interfaces, its clock.
    (PV + "cpu_weight = 0\n", "Cpu weight out of range"),
    (PV + "cap = 101\n", "Cpu cap out of range, valid range is from 0 to 100"),
    (PV + 'disk = ["vdev=xvda,format=qcow2,backendtype=phy,target=/srv/a"]\n', "no suitable backend for disk xvda"),
    (PV + 'vif = ["backend=nowhere"]\n', "Unable to set nic defaults"),
    (PV + 'tsc_mode = "native_paravirt"\n', "has been removed"),
    # The arguments of a device model, in dom0 and in a stub domain.
    (HVM + 'disk = ["/srv/a,raw,hda,r"]\n', "read-only IDE"),
    (STUB + 'disk = ["/srv/a,raw,hda,r"]\n', "read-only IDE"),
    (HVM + "spice = 1\n", "at least one of the spiceport or tls_port"),
    (STUB + "usbversion = 4\n", "usbversion parameter is invalid"),
    # What the hypervisor refuses; hypervisor.c says it in Xen's place.
    (HVM + "maxvcpus = 129\n", "exceeds max"),
    (HVM + "nestedhvm = 1\nhap = 0\n", "Nested virt not supported without HAP"),
    # xl ends with 0 for it.
    (PV + "max_grant_version = 16\n", "max grant version 16 out of range"),
])
def test_what_libxl_refuses(text: str, words: str) -> None:
    assert xl.parse(text)
    assert words in xl.check(text)


@pytest.mark.parametrize("text", [
    PV, HVM, STUB,
    PV.replace("kernel", "bootloader") + 'disk = ["/srv/a,raw,xvda,w"]\n',
    PV + 'type = "pvh"\nvif = [""]\ndisk = ["/dev/vg0/a,raw,xvda,w", "/srv/b,qcow2,xvdb,r"]\n',
    PV + 'vfb = ["type=vnc"]\npci = ["03:00.0"]\n',
    HVM + 'device_model_version = "qemu-xen-traditional"\ndevice_model_stubdomain_override = 1\n',
    HVM + 'vif = ["bridge=br0"]\ndisk = ["/srv/a.iso,raw,hdc,devtype=cdrom"]\npci = ["03:00.0"]\ndm_restrict = 1\n',
])  # fmt: skip
def test_the_judge_goes_to_the_end(text: str) -> None:
    assert xl.check(text) == ""


def test_a_driver_domain_runs_when_it_is_named() -> None:
    text = PV + 'vif = ["backend=netdom"]\n'
    assert xl.check(text)
    assert xl.check(text, ["diskdom", "netdom"]) == ""


def test_warnings_are_told_apart() -> None:
    assert any("vncviewer" in line for line in xl.warnings(PV + "vncviewer = 1\n"))
    assert xl.warnings(PV) == []


def test_nothing_is_written_on_this_machine(tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime for path in map(Path, ("/run", "/var/lib", "/var/log", "/var/lock"))}
    xl.check(STUB + 'vif = [""]\nserial = "pty"\n')
    xl.check(HVM)
    assert {path: path.stat().st_mtime for path in before} == before


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CORPUS])
def test_the_corpus_is_read_and_would_start(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    name = xl.parse(text)["c_info"]["name"]
    assert xl.check(text, [domain for domain in DOMAINS if domain != name]) == REFUSED.get(path.stem, "")
