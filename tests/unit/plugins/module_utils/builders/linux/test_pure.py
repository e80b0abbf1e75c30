# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of building a Linux stub domain's image."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    elf,
    firmware,
    kernel_modules,
    packages,
    sources,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.options import check
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.plan import Plan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.sbom import Part, sbom
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import options

PLAIN = "is no name. Remedy: give a plain name, as Debian writes it."
SHORT = "is no absolute path in its shortest form. Remedy: give it as the guest names it."


def refused(**changes: Any) -> list[str]:
    with pytest.raises(BuildError) as caught:
        check(options(**changes))
    return str(caught.value).splitlines()


def test_options_in_order() -> None:
    check(options())
    check(
        options(
            suite="trixie-backports",
            sources=["deb [signed-by=/k.gpg] http://m/debian trixie main", "deb\thttp://m trixie main"],
            kernel_package="",
            packages=["g++", "libxen=4.17.5+72-g0~deb12", "seabios"],
            kernel_release="6.12.117+deb13-amd64",
            modules=["8021q", "xen_scsiback"],
            boot_files={"/boot/vmlinuz": "/x", "/srv/a b/..c": "/y"},
        )
    )


@pytest.mark.parametrize("name", ["", "../etc", "-o", "a b", "a/b", "a\nb", "a;b", ".."])
@pytest.mark.parametrize("key", ["suite", "kernel_package", "packages", "kernel_release", "modules"])
def test_what_is_no_name(key: str, name: str) -> None:
    if not name and key in ("kernel_package", "kernel_release"):
        return  # Left out.
    value = [name] if key in ("packages", "modules") else name
    assert "\n".join(refused(**{key: value})) == f"{key}: {name!r} {PLAIN}"


@pytest.mark.parametrize("name", ["qemu-", "Qemu", "qemu=1=2", "qemu=", "qemu/sid"])
def test_what_is_no_package(name: str) -> None:
    assert refused(packages=["busybox", name]) == [f"packages: {name!r} {PLAIN}"]


@pytest.mark.parametrize(
    "line", ["http://m/debian b main", "deb-src http://m b main", "deb http://m b main\ndeb x", "debx", ""]
)
def test_what_is_no_source(line: str) -> None:
    remedy = "Remedy: give lines as of sources.list, beginning with deb."
    assert refused(sources=[line]) == [f"sources: {line!r} is no source. {remedy}"]


@pytest.mark.parametrize(
    "path", ["boot/vmlinuz", "/boot/../etc/x", "/boot//x", "//boot/x", "/boot/", "/a\nb", "/./a", "", ".."]
)
def test_a_boot_file_with_no_absolute_path(path: str) -> None:
    assert refused(boot_files={path: "/x"}) == [f"boot_files: {path!r} {SHORT}"]


@pytest.mark.parametrize("path", ["/", "/dev/x", "/proc/x", "/sys", "/run/x/y", "/tmp/vmlinuz"])
def test_a_boot_file_that_nobody_could_see(path: str) -> None:
    why = f"boot_files: {path!r} cannot be in the image, whose /{path.split('/')[1]} is something else."
    remedy = "Remedy: keep the guest's kernel elsewhere on the Xen host, below /boot or /srv."
    assert refused(boot_files={path: "/x"}) == [f"{why} {remedy}"]


def test_all_faults_at_once() -> None:
    assert len(refused(suite="-x", packages=["A"], modules=["b c"], sources=["d"], boot_files={"e": "f"})) == 5


KEY = "signed-by=/usr/share/keyrings/debian-archive-bookworm-stable.gpg"
LIST = f"""
# deb http://m/debian bookworm main
deb http://m/debian bookworm main contrib # a word
deb [arch=amd64 {KEY}] http://m/bookworm bookworm-security main
  deb\thttp://m/debian\tbookworm-updates\tmain
deb-src http://m/debian bookworm main
deb cdrom:[Debian 12 bookworm]/ bookworm main
deb cdrom:/x bookworm main
deb http://n/chrome stable main
deb http://n/other bookworms main
deb http://n/flat ./
deb http://n/half
"""


def test_sources_of_one_line() -> None:
    made = sources.of_suite({"sources.list": LIST, "empty.list": "\n"}, "bookworm", "trixie")
    assert {name: text.splitlines() for name, text in made.items()} == {
        "sources.list": [
            "deb http://m/debian trixie main contrib",
            f"deb [arch=amd64 {KEY}] http://m/bookworm trixie-security main",
            "deb http://m/debian trixie-updates main",
        ]
    }


DEB822 = """# A comment
Types: deb deb-src
# in between
URIs: http://m/debian http://n/bookworm
Suites: bookworm bookworm-updates
 stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 bookworm

Types: deb-src
URIs: http://m/debian
Suites: bookworm
Components: main
\t
Types: deb
Suites: sid
URIs: http://m/debian

types: deb
suites: bookworm-security
Enabled: no
URIs: http://m/security
"""


def test_sources_of_stanzas() -> None:
    made = sources.of_suite({"debian.sources": DEB822}, "bookworm", "trixie")
    assert made == {
        "debian.sources": "Types: deb\nSuites: trixie trixie-updates\nURIs: http://m/debian http://n/bookworm\n"
        "Components: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n bookworm\n\n"
        "Types: deb\nSuites: trixie-security\nEnabled: no\nURIs: http://m/security\n\n"
    }


@pytest.mark.parametrize("own, said", [("jammy", "jammy"), ("", "which has no name")])
def test_sources_that_name_no_suite(own: str, said: str) -> None:
    with pytest.raises(BuildError) as caught:
        sources.of_suite({"sources.list": "deb http://m stable main\n"}, own, "trixie")
    assert str(caught.value) == (
        f"the build host's apt sources name no archive of its own suite ({said}), so it cannot be told where "
        "trixie is. Remedy: name the archives in sources."
    )


@pytest.mark.parametrize(
    "text, name",
    [('NAME="x"\nVERSION_CODENAME=bookworm\n', "bookworm"), ('VERSION_CODENAME="noble"', "noble"), ("ID=debian\n", "")],
)
def test_the_suite_of_a_machine(text: str, name: str) -> None:
    assert sources.codename(text) == name


def test_apt_keeps_to_its_folder() -> None:
    conf = sources.apt_conf("/home/a b/apt", ['Acquire::http::Proxy "http://p";'])
    said = dict(re.findall(r'^(\S+) "(.*)";$', conf, re.MULTILINE))
    # apt reads hooks from the folder Dir::Etc::parts, which lies below Dir::Etc; so do its sources and preferences.
    assert said["Dir::Etc"] == "/home/a b/apt/etc"
    assert [said[f"Dir::{name}"] for name in ("State", "State::status", "Cache", "Log")] == [
        "/home/a b/apt/state",
        "/home/a b/apt/state/status",
        "/home/a b/apt/cache",
        "/home/a b/apt/log",
    ]
    assert [value for value in said.values() if value.startswith("/etc/")] == [
        "/etc/apt/trusted.gpg",
        "/etc/apt/trusted.gpg.d",
        "/etc/apt/auth.conf",
        "/etc/apt/auth.conf.d",
    ]
    assert (said["APT::Update::Error-Mode"], said["Acquire::http::Proxy"]) == ("any", "http://p")


@pytest.mark.parametrize("folder", ['/a"b', "/a\\b", "/a\nb", "/a;b"])
def test_a_folder_that_apt_could_misread(folder: str) -> None:
    with pytest.raises(BuildError, match="apt cannot work in"):
        sources.apt_conf(folder, [])


def test_of_the_hosts_configuration_only_the_way_to_archives_is_taken() -> None:
    dump = 'Acquire::https::Verify-Peer "1";\nAcquire::httpsomething "x";\nAcquire::Retries "3";\n'
    dump += 'Acquire::IndexTargets "";\n'
    assert sources.way_to_archives(dump + 'APT::Update::Post-Invoke:: "rm";\n') == [
        'Acquire::https::Verify-Peer "1";',
        'Acquire::Retries "3";',
    ]


RESOLVED = """NOTE: This is only a simulation!
Inst gcc-14-base (14.2.0-19 Debian:13.7/stable [amd64])
Inst libgcc-s1 (14.2.0-19 Debian:13.7/stable [amd64]) []
Inst busybox-static [1:1.0] (1:1.37.0-6+b9 Debian:13.7/stable, Debian-Security:13/stable-security [amd64])
Inst base (1.0 [all])
Conf base (1.0 [all])
"""


def test_resolved_packages() -> None:
    assert [(found.name, found.version, found.arch) for found in packages.resolved(RESOLVED)] == [
        ("base", "1.0", "all"),
        ("busybox-static", "1:1.37.0-6+b9", "amd64"),
        ("gcc-14-base", "14.2.0-19", "amd64"),
        ("libgcc-s1", "14.2.0-19", "amd64"),
    ]


def test_an_archive_without_xen() -> None:
    with pytest.raises(
        BuildError, match="the archives have no package xen-utils-X.Y. Remedy: name archives in sources"
    ):
        packages.newest_xen("xen-utils-common\nxen-utils-4.20-dbg\n")


@pytest.mark.parametrize(
    "said, source",
    [("", ("a", "1-1+b2")), ("\n", ("a", "1-1+b2")), ("xen\n", ("xen", "1-1+b2")), ("xen (1-1)\n", ("xen", "1-1"))],
)
def test_the_source_of_a_package(said: str, source: tuple[str, str]) -> None:
    assert packages.source_of(packages.Package("a", "1-1+b2", "amd64"), said) == source


# As readelf of binutils 2.40 says it, shortened.
READELF = """
File: /t/proxy

Elf file type is DYN (Position-Independent Executable file)
Entry point 0x2bb0

Program Headers:
  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align
  INTERP         0x000318 0x0000000000000318 0x0000000000000318 0x00001c 0x00001c R   0x1
      [Requesting program interpreter: /lib64/ld-linux-x86-64.so.2]

Dynamic section at offset 0x4c50 contains 30 entries:
  Tag        Type                         Name/Value
 0x0000000000000001 (NEEDED)             Shared library: [libxenvchan.so.4.17]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000e (SONAME)             Library soname: [libnothing.so.1]
 0x000000000000001d (RUNPATH)            Library runpath: [/usr/lib/xen-4.17/lib:$ORIGIN/../lib:]
 0x000000000000000c (INIT)               0x2000

File: /t/busybox

Elf file type is EXEC (Executable file)
Entry point 0x402530

There is no dynamic section in this file.

File: /t/script
"""


def test_what_readelf_says() -> None:
    found = elf.read(READELF, ["/t/busybox", "/t/proxy", "/t/script"])
    assert found == {
        "/t/proxy": elf.Elf(
            ["libxenvchan.so.4.17", "libc.so.6"],
            ["/usr/lib/xen-4.17/lib", "$ORIGIN/../lib"],
            "/lib64/ld-linux-x86-64.so.2",
        ),
        "/t/busybox": elf.Elf(),
    }


def test_readelf_does_not_name_a_single_file() -> None:
    said = "\nElf file type is DYN (Shared object file)\n 0x1 (NEEDED)             Shared library: [libc.so.6]\n"
    assert elf.read(said, ["/t/a"]) == {"/t/a": elf.Elf(["libc.so.6"])}


def test_where_the_loader_looks() -> None:
    made = elf.folders(elf.Elf(search=["${ORIGIN}/a", "/b", "$ORIGIN"]), "/usr/bin")
    assert made == [
        "/usr/bin/a",
        "/b",
        "/usr/bin",
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/lib",
        "/usr/lib",
    ]


def test_firmware() -> None:
    named = b"\0linuxboot.bin\0efi-e1000.rom\0efi-rtl8139.rom\0pvh.bin\0vgabios.bin\0pxe-e1000.rom\0linuxboot_dma.bin\0"
    paths = [
        "usr/share/qemu/pvh.bin",
        "usr/share/qemu/linuxboot.bin",
        "usr/share/qemu/multiboot.bin",
        "usr/share/seabios/vgabios.bin",
        "usr/lib/ipxe/qemu/efi-e1000.rom",
        "usr/lib/ipxe/qemu/efi-virtio.rom",
        "usr/lib/ipxe/qemu/pxe-e1000.rom",
        "usr/share/doc/linuxboot.bin.gz",
    ]
    assert firmware.roms(paths, named) == [
        "usr/lib/ipxe/qemu/efi-e1000.rom",
        "usr/share/qemu/linuxboot.bin",
        "usr/share/qemu/pvh.bin",
    ]


@pytest.mark.parametrize(
    "paths, qemu", [([], b"linuxboot.bin"), (["usr/share/qemu/linuxboot.bin"], b"linuxboot_dma.bin")]
)
def test_without_linuxboot_no_guest_boots_a_kernel(paths: list[str], qemu: bytes) -> None:
    with pytest.raises(BuildError, match=r"linuxboot.bin, without which .* Remedy: .*qemu-system-data"):
        firmware.roms(paths, qemu)


def test_faults_of_a_kernels_configuration() -> None:
    config = "CONFIG_XEN_PV=y\n# CONFIG_HVC_XEN_FRONTEND is not set\nCONFIG_DEVTMPFS=m\nCONFIG_BLK_DEV_INITRD=y\n"
    assert [fault.split("CONFIG_")[1].split("=")[0] for fault in kernel_modules.config_faults("6", config)] == [
        "HVC_XEN_FRONTEND",
        "DEVTMPFS",
        "SQUASHFS_ZSTD",
    ]
    assert kernel_modules.config_faults("6", "") == []


def test_modules_to_load() -> None:
    said = "builtin llc\ninsmod /a b/lib/modules/6/stp.ko.xz \ninsmod /a b/lib/modules/6/bridge.ko \n"
    assert kernel_modules.to_load(said) == ["/a b/lib/modules/6/stp.ko.xz", "/a b/lib/modules/6/bridge.ko"]
    assert kernel_modules.order(["a.ko", "xen-privcmd.ko"]) == "a.ko\nxen-privcmd.ko unrestricted=1\n"


def write(_path: Any) -> None:
    """Nothing is written."""


def plan() -> Plan:
    return Plan(("usr/bin", "usr/lib", "dev"), {"bin": "usr/bin", "lib": "usr/lib"})


def test_a_plan_puts_files_where_its_links_lead() -> None:
    made = plan()
    assert made.file("/lib/x86_64-linux-gnu/libc.so.6", write, 0o644) == "usr/lib/x86_64-linux-gnu/libc.so.6"
    assert made.link("usr/bin/sh", "busybox") == "usr/bin/sh"
    assert [path for path, entry in made.entries.items() if not entry.write and not entry.target] == [
        "usr",
        "usr/bin",
        "usr/lib",
        "dev",
        "usr/lib/x86_64-linux-gnu",
    ]


@pytest.mark.parametrize("path", ["/usr/bin/qemu", "/bin/qemu", "bin/../bin/qemu", "/usr/bin", "/lib"])
def test_a_plan_has_each_path_once(path: str) -> None:
    made = plan()
    made.file("usr/bin/qemu", write, 0o755)
    with pytest.raises(BuildError, match="the image has a file /.* already. Remedy: give the other one another path."):
        made.file(path, write, 0o644)


@pytest.mark.parametrize("path", ["/bin/qemu/x", "/usr/bin/sh/x/y"])
def test_a_plan_has_no_file_below_a_file(path: str) -> None:
    made = plan()
    made.file("usr/bin/qemu", write, 0o755)
    made.link("usr/bin/sh", "qemu")
    with pytest.raises(BuildError, match="which would have to be a folder. Remedy: rename one."):
        made.file(path, write, 0o644)


@pytest.mark.parametrize("path", ["..", "../x", ".", "/", ""])
def test_a_plan_keeps_to_the_image(path: str) -> None:
    with pytest.raises(BuildError, match="is no path in the image"):
        plan().file(path, write, 0o644)


PARTS = [
    Part("qemu-system-xen", "1:7.2+dfsg-7+b3", "amd64", "qemu", "1:7.2+dfsg-7"),
    Part("libc6", "2.36-9~deb12", "amd64", "glibc", "2.36-9~deb12"),
]
MADE = {"qemu-stubdom-linux-rootfs": "2" * 64, "qemu-stubdom-linux-kernel": "3" * 64}
FILES = {"overlay:/usr/lib/é x.so": "0" * 64, "init_script": "1" * 64}


def test_the_list_of_parts() -> None:
    made = sbom("qemu-stubdom-linux", MADE, "bookworm", PARTS, FILES)
    assert (made["bomFormat"], made["specVersion"], made["version"]) == ("CycloneDX", "1.5", 1)
    image = made["metadata"]["component"]
    assert (image["name"], image["type"]) == ("qemu-stubdom-linux", "firmware")
    assert [(file["name"], file["hashes"][0]["content"]) for file in image["components"]] == sorted(MADE.items())
    assert [(part["type"], part["name"], part.get("purl", "")) for part in made["components"]] == [
        ("library", "libc6", "pkg:deb/debian/libc6@2.36-9~deb12?arch=amd64&distro=bookworm"),
        (
            "application",
            "qemu-system-xen",
            "pkg:deb/debian/qemu-system-xen@1:7.2%2Bdfsg-7%2Bb3?arch=amd64&distro=bookworm",
        ),
        ("file", "init_script", ""),
        ("file", "overlay:/usr/lib/é x.so", ""),
    ]
    assert made["components"][1]["properties"] == [
        {"name": "xenfleet:source-package:name", "value": "qemu"},
        {"name": "xenfleet:source-package:version", "value": "1:7.2+dfsg-7"},
    ]
    assert made["components"][2]["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]


def test_the_list_of_parts_is_one_as_cyclonedx_has_it() -> None:
    """The rules of the schema of CycloneDX 1.5 that concern what is used of it."""
    made = sbom("qemu-stubdom-linux", MADE, "bookworm", PARTS, FILES)
    assert set(made) <= {"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"}
    kinds = (
        "application framework library container platform operating-system device device-driver firmware file".split()
    )
    image = made["metadata"]["component"]
    parts = [image, *image["components"], *made["components"]]
    for part in parts:
        assert set(part) <= {"type", "bom-ref", "name", "version", "purl", "hashes", "properties", "components"}
        assert part["type"] in kinds
        assert part["name"]
        for found in part.get("hashes", []):
            assert found["alg"] == "SHA-256" and re.fullmatch(r"[a-fA-F0-9]{64}", found["content"])
        for found in part.get("properties", []):
            assert set(found) == {"name", "value"} and all(isinstance(value, str) for value in found.values())
    references = [part["bom-ref"] for part in parts]
    assert len(references) == len(set(references))


def backwards(files: dict[str, str]) -> dict[str, str]:
    return dict(reversed(list(files.items())))


def test_the_list_of_parts_does_not_depend_on_their_order() -> None:
    one, two = (
        sbom("a", made, "b", parts, files)
        for made, parts, files in ((MADE, PARTS, FILES), (backwards(MADE), PARTS[::-1], backwards(FILES)))
    )
    assert json.dumps(one) == json.dumps(two)
