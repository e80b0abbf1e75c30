# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What definition each key of a file becomes, and what no definition says."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.definitions.definition import Draft, draft_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import read_xl, read_xm
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts

PV = 'name = "a"\nkernel = "/k"\nmemory = 64\n'
HVM = 'name = "a"\ntype = "hvm"\nmemory = 64\nvnc = 0\n'


LINUX = (
    'device_model_version = "qemu-xen"\ndevice_model_stubdomain_override = 1\nstubdomain_kernel = "/s"\nstubdomain_ramdisk = "/r"\n'
    'stubdomain_memory = 160\nstubdomain_cmdline = "a"\n'
)


def draft(text: str, release: str = "4.17", toolstack: str = "xl") -> Draft:
    read = read_xl.read(text) if toolstack == "xl" else read_xm.read(text)
    return draft_of(read, facts(release, toolstack, images={**facts().images, "hvmloader": "/h"}), "file")


def definition(text: str, *keys: str, **where: str) -> dict[str, Any]:
    """The keys of the definition that is made of the text, which says all of it."""
    made = draft(text, **where)
    assert (made.unsaid, bool(made.own_file)) == ([], True)
    assert list(made.definition) == sorted(made.definition, key=ORDER.index)
    return {key: made.definition[key] for key in keys or made.definition if key in made.definition}


ORDER = "name type memory maxmem vcpus boot disks vifs display device_model settings".split()


def test_a_file_with_what_it_must_have() -> None:
    assert definition(PV) == {
        "name": "a", "type": "pv", "memory": 64, "boot": {"method": "direct", "kernel": "/k", "expect": ""},
    }  # fmt: skip
    assert definition(HVM) == {"name": "a", "type": "hvm", "memory": 64, "device_model": {"scheme": "dom0"}}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("memory = 256\n", {"memory": 256}),
        ('memory = "0x100"\nvcpus = "2"\n', {"memory": 256, "vcpus": 2}),
        ("memory = 010\n", {"memory": 8}),
        ("memory = 64\nmaxmem = 128\nvcpus = 1\nmaxvcpus = 1\n", {"memory": 64, "maxmem": 128}),
        ("maxmem = 128\nmemory = 128\n", {"memory": 128}),
        ("memory = 64\nvcpus = 2\nmaxvcpus = 4\n", {"memory": 64, "vcpus": 2, "settings": {"maxvcpus": 4}}),
    ],
)
def test_memory_and_processors(text: str, expected: dict[str, Any]) -> None:
    found = definition('name = "a"\nkernel = "/k"\n' + text, "memory", "maxmem", "vcpus", "settings")
    assert found == expected


def test_memory_that_only_maxmem_gives() -> None:
    assert definition('name = "a"\nkernel = "/k"\nmaxmem = 128\n', "memory", "maxmem") == {"memory": 128}


@pytest.mark.parametrize(
    "text, kind",
    [
        ('builder = "hvm"\n', "hvm"), ('builder = "h"\n', "hvm"), ('type = "hvm"\nbuilder = "hvm"\n', "hvm"), ('type = "h"\n', "hvm"),
        ('builder = "generic"\nkernel = "/k"\n', "pv"), ('type = "p"\nkernel = "/k"\n', "pv"), ('type = "pvh"\nkernel = "/k"\n', "pvh"),
    ],
)  # fmt: skip
def test_the_type(text: str, kind: str) -> None:
    assert definition(f'name = "a"\nmemory = 64\nvnc = 0\n{text}', "type") == {"type": kind}


@pytest.mark.parametrize(
    "text, boot",
    [
        ('kernel = "/k"\nramdisk = "/r"\nextra = "ro"\n', {"method": "direct", "kernel": "/k", "ramdisk": "/r", "cmdline": "ro"}),
        ('kernel = "/k"\nroot = "/dev/xvda"\n', {"method": "direct", "kernel": "/k", "cmdline": "root=/dev/xvda"}),
        ('kernel = "/k"\nroot = "/d"\nextra = "ro"\n', {"method": "direct", "kernel": "/k", "cmdline": "root=/d ro"}),
        ('kernel = "/k"\ncmdline = "quiet"\nroot = "/d"\nextra = "ro"\n', {"method": "direct", "kernel": "/k", "cmdline": "quiet"}),
        ('bootloader = "pygrub"\nroot = "/d"\n', {"method": "bootloader", "bootloader": "pygrub", "cmdline": "root=/d"}),
        ('bootloader = "/x/pygrub"\nbootloader_args = [ "-q", "a b" ]\n',
         {"method": "bootloader", "bootloader": "/x/pygrub", "bootloader_args": ["-q", "a b"]}),
        ('bootloader = "pygrub"\nbootloader_args = "-q  -x"\n',
         {"method": "bootloader", "bootloader": "pygrub", "bootloader_args": ["-q", "-x"]}),
    ],
)  # fmt: skip
def test_how_a_pv_guest_boots(text: str, boot: dict[str, Any]) -> None:
    found = definition(f'name = "a"\nmemory = 64\ndisk = [ "/a,raw,xvda" ]\n{text}', "boot")
    assert found["boot"] == {**boot, "expect": ""}


@pytest.mark.parametrize(
    "text, expected",
    [
        ('boot = "dc"\nbios = "OVMF"\n', {"boot": {"method": "firmware", "order": "dc", "bios": "ovmf"}}),
        ('firmware = "uefi"\n', {"boot": {"method": "firmware", "bios": "ovmf"}}),
        ('firmware = "bios"\n', {}),
        ('firmware = "/f"\n', {"settings": {"firmware_override": "/f"}}),
        ('kernel = "/k"\nextra = "ro"\n', {"boot": {"method": "direct", "kernel": "/k", "cmdline": "ro"}}),
        ('kernel = "/usr/lib/xen/boot/hvmloader"\n', {}),
    ],
)
def test_how_an_hvm_guest_boots(text: str, expected: dict[str, Any]) -> None:
    assert definition(HVM + text, "boot", "settings") == expected


@pytest.mark.parametrize(
    "text, display",
    [
        ("", {"type": "vnc"}),
        ("vnc = 1\nsdl = 0\nvncunused = 1\n", {"type": "vnc"}),
        ('vnclisten = "0.0.0.0"\nvncpasswd = "secret"\nkeymap = "de"\n',
         {"type": "vnc", "listen": "0.0.0.0", "passwd": "secret", "keymap": "de"}),
        ("vncdisplay = 3\nvncunused = 0\n", {"type": "vnc", "display": 3}),
        ("vncunused = 0\n", {"type": "vnc", "unused": False}),
        ("vncdisplay = 3\n", {"type": "vnc", "display": 3, "unused": True}),
        ("vnclisten = '10.0.0.1:3'\nvncunused = 0\n", {"type": "vnc", "listen": "10.0.0.1", "display": 3}),
        ("vnclisten = '10.0.0.1:0'\n", {"type": "vnc", "listen": "10.0.0.1"}),
        ('vncpasswd = ""\n', {"type": "vnc"}),
        ("vnc = 0\nsdl = 1\nopengl = 1\n", {"type": "sdl", "opengl": True}),
        ("sdl = 1\nvncdisplay = 1\nvncunused = 0\n", {"type": ["vnc", "sdl"], "display": 1}),
        ("vnc = 0\n", None),
        ("vnc = 0\nspice = 1\nspiceport = 6000\nspicedisable_ticketing = 1\nkeymap = 'de'\n", {"type": "none", "keymap": "de"}),
        ('vnc = 0\nvnclisten = "0.0.0.0"\n', None),
    ],
)  # fmt: skip
def test_the_display(text: str, display: Any) -> None:
    assert definition('name = "a"\ntype = "hvm"\nmemory = 64\n' + text).get("display") == display


@pytest.mark.parametrize("text, key", [
    ("vif = [ 'bridge=br0,type=netfront' ]\n", "vif"),
    ("cpus = '0-3,^1'\n", "cpus"),
    ("cpus_soft = '2'\n", "cpus_soft"),
])
def test_what_xl_reads_in_vain_is_left_out_and_named(text: str, key: str) -> None:
    made = draft(HVM + text)
    assert (made.unsaid, [remark.key for remark in made.unused]) == ([], [key])
    assert "type" not in str(made.definition.get("vifs")) and "cpus" not in str(made.definition.get("settings"))


def test_processors_of_a_file_with_vcpus_are_kept() -> None:
    for count in ("vcpus = 2\n", "maxvcpus = 2\n"):
        assert draft(f"{HVM}{count}cpus = '0-3'\n").definition["settings"]["cpus"] == "0-3"


def test_keys_of_a_screen_that_is_off_are_left_out_and_named() -> None:
    made = draft(HVM + 'vnclisten = "0.0.0.0"\nvncpasswd = "x"\nopengl = 1\n')
    assert made.unsaid == []
    assert [(remark.key, remark.line) for remark in made.unused] == [("vnclisten", 5), ("vncpasswd", 6), ("opengl", 7)]


@pytest.mark.parametrize(
    "text, model",
    [
        ("", {"scheme": "dom0"}),
        ('device_model_version = "qemu-xen"\n', {"scheme": "dom0"}),
        ('device_model_version = "qemu-xen-traditional"\n', {"scheme": "dom0", "version": "qemu-xen-traditional"}),
        ('device_model_stubdomain_override = 1\nstubdomain_kernel = "/s"\n', {"scheme": "minios", "kernel": "/s"}),
        ('device_model = "/usr/lib/xen/bin/stubdom-dm"\n', {"scheme": "minios"}),
        (LINUX, {"scheme": "linux", "memory": 160, "kernel": "/s", "ramdisk": "/r", "cmdline": "a"}),
    ],
)  # fmt: skip
def test_the_device_model(text: str, model: dict[str, Any]) -> None:
    assert definition(HVM + text)["device_model"] == model


def test_a_device_that_a_guest_with_a_stub_domain_would_lose_is_named() -> None:
    text = HVM + 'device_model_version = "qemu-xen"\ndevice_model_stubdomain_override = 1\n'
    assert definition(text)["settings"] == {"vga": "cirrus", "vkb_device": True}
    assert definition(text + 'vga = "none"\nvkb_device = 0\n')["settings"] == {"vga": "none", "vkb_device": False}
    assert definition(text, release="4.14")["settings"] == {"vga": "cirrus", "vkb_device": True}
    assert definition(HVM + "device_model_stubdomain_override = 1\n", release="4.12").get("settings") is None


@pytest.mark.parametrize(
    "text, disk",
    [
        ("phy:/dev/a,xvda,w", {"target": "/dev/a", "vdev": "xvda"}),
        ("/a,qcow2,xvdb,r", {"target": "/a", "vdev": "xvdb", "access": "ro", "format": "qcow2"}),
        ("vdev=xvda,backend=d,no-discard,direct-io-safe,target=/a", {
            "target": "/a", "vdev": "xvda", "backend": "d", "discard": False, "direct-io-safe": True}),
        ("vdev=xvda,backendtype=qdisk,target=nbd:h:1", {"target": "nbd:h:1", "vdev": "xvda", "backendtype": "qdisk"}),
        ("script=block-iscsi,vdev=xvda,target=iqn=a,b", {"target": "iqn=a,b", "vdev": "xvda", "script": "block-iscsi"}),
        ("vdev=xvda,colo,colo-host=h,target=/a", {"target": "/a", "vdev": "xvda", "options": {"colo": True, "colo-host": "h"}}),
    ],
)  # fmt: skip
def test_disks(text: str, disk: dict[str, Any]) -> None:
    assert definition(f'{PV}disk = [ "{text}" ]\n')["disks"] == [disk]


def test_drives() -> None:
    text = HVM + 'disk = [ "/i.iso,raw,hdc,cdrom", ",hdd:cdrom,r" ]\n'
    assert definition(text)["disks"] == [{"target": "/i.iso", "vdev": "hdc", "cdrom": True}, {"vdev": "hdd", "cdrom": True}]


@pytest.mark.parametrize(
    "text, vif",
    [
        ("", {}),
        (" ", {}),
        ("bridge=br0, mac=0:16:3E:a:0b:0C ,script=vif-route", None),
        ("bridge=br0,mac=0:16:3E:a:0b:0C", {"mac": "00:16:3e:0a:0b:0c", "bridge": "br0"}),
        ("ip=10.0.0.1 10.0.0.2 ,rate=1000KB/s@20ms", {"ip": "10.0.0.1 10.0.0.2", "rate": "1000KB/s@20ms"}),
        ("type=vif,bridge=br0", {"bridge": "br0"}),
        ("netdev=eth0,devid=3,mtu=9000,untrusted", {"gatewaydev": "eth0", "devid": 3, "mtu": 9000, "trusted": False}),
        ("bridge=ovs0.100:200,script=vif-openvswitch,vifname=a", {
            "bridge": "ovs0.100:200", "script": "vif-openvswitch", "vifname": "a"}),
        ("colo_checkpoint_host=h", {"options": {"colo_checkpoint_host": "h"}}),
    ],
)  # fmt: skip
def test_network_interfaces(text: str, vif: Any) -> None:
    made = draft(f'{PV}vif = [ "{text}" ]\n')
    if vif is None:
        # The blank belongs to the address, which no card can have then.
        assert [(remark.line, remark.key) for remark in made.unsaid] == [(4, "vif")]
    else:
        assert (made.definition["vifs"], made.unsaid) == ([vif], [])


@pytest.mark.parametrize(
    "text, settings",
    [
        ("cpu_weight = 512\ncap = '0x10'\n", {"cap": 16, "cpu_weight": 512}),
        ('vcpus = 2\ncpus = "2-7"\n', {"cpus": "2-7"}),
        ('cpus = [ "0", "1" ]\n', {"cpus": [0, 1]}),
        ("pci = [ '03:00.0', '04:00.0' ]\n", {"pci": ["03:00.0", "04:00.0"]}),
        ("e820_host = 1\nlocaltime = 0\n", {"e820_host": True, "localtime": False}),
        ('on_reboot = "restart"\non_crash = "preserve"\n', {"on_crash": "preserve"}),
        ('uuid = "01234567-89ab-cdef-0123-456789abcdef"\n', {"uuid": "01234567-89ab-cdef-0123-456789abcdef"}),
        ('vfb = [ "type=vnc" ]\n', {"vfb": ["type=vnc"]}),
        ('pool = "1"\n', {"pool": "1"}),
    ],
)
def test_settings_have_their_types(text: str, settings: dict[str, Any]) -> None:
    assert definition(PV + text)["settings"] == settings


@pytest.mark.parametrize(
    "text, where, key",
    [
        ("dhcp = 'dhcp'\n", {}, "dhcp"),
        ("on_shutdown = 'destroy'\n", {}, "on_shutdown"),
        ("vpmu = 1\n", {"release": "4.15"}, "vpmu"),
        ("hap = 1\n", {}, "hap"),
        ("acpi = 'yes'\n", {}, "acpi"),
        ("memory = 64\nvif = 'bridge=br0'\n", {}, "vif"),
        ("vif = [ 'bridge=br0,speed=3' ]\n", {}, "vif"),
        ("cmdline = 'a'\nroot = 'b'\n", {}, "root"),
    ],
)
def test_what_xl_ignores_is_left_out_and_named(text: str, where: dict[str, str], key: str) -> None:
    made = draft(PV + text, **where)
    assert made.unsaid == []
    assert [remark.key for remark in made.unused] == [key]
    assert made.unused[0].line == 3 + text.count("\n")
    assert key not in made.definition.get("settings", {})


@pytest.mark.parametrize(
    "text, key, line, words",
    [
        ("kernel = './k'\n", "kernel", 4, "is not an absolute path"),
        ("disk = [ 'file:/a,xvda,w',\n 'a,b' ]\n", "disk", 5, "has an unknown format"),
        ("disk = [ 'file:/a,xvda,w',\n\n '/b,raw,vda,w' ]\n", "disk", 6, "is not a virtual device"),
        ("name = 'a b'\n", "name", 4, "is not a name of letters"),
        ("type = 'x'\n", "type", 4, "is not a type of guest"),
        ("extra = 'a'\nextra += '\\n'\n", "extra", 5, "contains a newline"),
        ("memory = 4\n", "memory", 4, "is outside 8 to"),
        ("uuid = 'x'\n", "uuid", 4, ""),
    ],
)
def test_what_no_definition_says_is_listed_with_its_line(text: str, key: str, line: int, words: str) -> None:
    made = draft(PV + text)
    assert [(remark.key, remark.line) for remark in made.unsaid] == [(key, line)]
    assert words in made.unsaid[0].reason
    assert made.unsaid[0].text("/etc/xen/a.cfg").startswith(f"/etc/xen/a.cfg:{line}: {key}: ")


@pytest.mark.parametrize(
    "text, key",
    [
        ("vfb = [ 'vnc=1' ]\n", "vfb"),
        ("kernel = '/k'\nboot = 'c'\n", "boot"),
        ("extra = 'ro'\n", "extra"),
        ("device_model_version = 'qemu-xen'\ndevice_model_stubdomain_override = 1\nvnc = 1\n", "vnc"),
    ],
)
def test_what_no_definition_of_an_hvm_guest_says(text: str, key: str) -> None:
    assert [remark.key for remark in draft(HVM + text).unsaid] == [key]


def test_a_guest_without_a_name() -> None:
    assert [remark.text("/f") for remark in draft('kernel = "/k"\nmemory = 64\n').unsaid] == ["/f: name: is missing"]
    # xm takes that of the file.
    assert draft('kernel = "/k"\nmemory = 64\n', "4.1", "xm").name == "file"


def test_a_file_of_xm() -> None:
    text = (
        "builder='hvm'\nname='a'\nkernel='/usr/lib/xen/boot/hvmloader'\nmemory=64\ndevice_model='/usr/lib/xen/bin/qemu-dm'\n"
        "disk=['phy:vg0/a,hda,w','file:/i.iso,hdc:cdrom,r']\nvif=['type=ioemu, bridge=xenbr0']\nvnc=1\nserial='pty'\n"
    )
    assert definition(text, release="4.1", toolstack="xm") == {
        "name": "a", "type": "hvm", "memory": 64, "display": {"type": "vnc"}, "device_model": {"scheme": "dom0"},
        "disks": [{"target": "/dev/vg0/a", "vdev": "hda"}, {"target": "/i.iso", "vdev": "hdc", "cdrom": True}],
        "vifs": [{"bridge": "xenbr0", "type": "ioemu"}], "settings": {"serial": "pty"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "text, key",
    [("disk=['tap:aio:/a,xvda,w']\n", "disk"), ("disk=['/a,xvda,w']\n", "disk"), ("vif=['accel=1']\n", "vif"), ("on_crash='x'\n", "on_crash")],
)
def test_what_no_definition_for_xm_says(text: str, key: str) -> None:
    made = draft("name='a'\nkernel='/k'\nmemory=64\n" + text, "4.1", "xm")
    assert [(remark.key, remark.line) for remark in made.unsaid] == [(key, 4)]


def test_the_stub_domain_of_xen_3_3_has_a_file_of_its_own() -> None:
    text = "builder='hvm'\nname='a'\nkernel='/h'\nmemory=64\ndevice_model='/usr/lib/xen/bin/stubdom-dm'\n"
    assert draft(text, "4.1", "xm").definition["device_model"] == {"scheme": "generated"}
    assert ("device_model", 5) in [(remark.key, remark.line) for remark in draft(text, "3.3", "xm").unsaid]
