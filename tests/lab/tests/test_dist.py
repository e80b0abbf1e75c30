# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed trees of Xen: what the lab reads in them, and what it refuses before it builds anything."""

import contextlib
import gzip
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import trees
from trees import elf, xl_tree, xm_tree

from xenlab import base, config, qemu, recipe, rootfs
from xenlab.cli import main, require_same_tree, source_of
from xenlab.dist import content, install, packages, release, services, settings
from xenlab.dist import elf as reader
from xenlab.dist.read import XenDist, read
from xenlab.errors import LabError
from xenlab.host import Host, State

BOOKWORM, BULLSEYE, TRIXIE = (config.release(name) for name in ("bookworm", "bullseye", "trixie"))


@pytest.fixture
def xl(tmp_path: Path) -> XenDist:
    return read(xl_tree(tmp_path / "dist"))


@pytest.fixture
def xm(tmp_path: Path) -> XenDist:
    return read(xm_tree(tmp_path / "xm"))


class TestElf:
    @pytest.mark.parametrize("bits", [32, 64])
    def test_what_is_made_is_read(self, bits: int) -> None:
        found = reader.read(elf(["libc.so.6", "libz.so.1"], soname="liba.so.1", glibc="2.36", bits=bits))
        assert found == reader.Elf(bits, "x86_64", True, "liba.so.1", ("libc.so.6", "libz.so.1"), (2, 36))

    def test_firmware_needs_nothing(self) -> None:
        found = reader.read(elf(machine=trees.I386, bits=32, dynamic=False))
        assert (found.machine, found.dynamic, found.needed, found.glibc) == ("i386", False, (), (0, 0))

    def test_a_real_program_is_read_as_readelf_reads_it(self) -> None:
        program = Path(shutil.which("ssh-keygen") or "/bin/sh").resolve()
        try:
            told = subprocess.run(["readelf", "-dV", str(program)], capture_output=True, text=True, check=True).stdout
        except FileNotFoundError:
            pytest.skip("no readelf")
        found = reader.read(program.read_bytes())
        assert found.needed
        assert list(found.needed) == [line.split("[")[1].rstrip("]") for line in told.splitlines() if "(NEEDED)" in line]
        assert f"GLIBC_{found.glibc[0]}.{found.glibc[1]}" in told

    @pytest.mark.parametrize("length", [0, 3, 10, 40, 63, 100, 180, 250])
    def test_one_that_is_cut_off(self, length: int) -> None:
        with pytest.raises(reader.ElfError):
            reader.read(elf()[:length])

    @pytest.mark.parametrize("tag", [5, 10])
    @pytest.mark.parametrize(("bits", "size"), [(32, 4), (64, 8)])
    def test_one_without_a_table_of_names(self, bits: int, size: int, tag: int) -> None:
        """Neither a library without a name, nor one that needs nothing: the tag of the table, or of its size, is not there."""
        whole = elf(["libc.so.6"], soname="liba.so.1", bits=bits)
        tags = len(whole) - 2 * size * 7
        place = next(at for at in range(tags, len(whole), 2 * size) if int.from_bytes(whole[at : at + size], "little") == tag)
        with pytest.raises(reader.ElfError, match="is cut off or broken"):
            reader.read(whole[:place] + (0x15).to_bytes(size, "little") + whole[place + size :])

    @pytest.mark.parametrize("value", [0x00, 0x41, 0xFF])
    @pytest.mark.parametrize("bits", [32, 64])
    def test_a_broken_byte_anywhere_is_no_other_error(self, bits: int, value: int) -> None:
        whole = elf(["libc.so.6"], soname="liba.so.1", glibc="2.36", bits=bits)
        read_all = 0
        for place in range(len(whole)):
            with contextlib.suppress(reader.ElfError):
                reader.read(whole[:place] + bytes([value]) + whole[place + 1 :])
                read_all += 1
        assert 0 < read_all < len(whole)


class TestContent:
    def test_what_no_host_needs_is_left_out(self, xl: XenDist) -> None:
        assert not [name for name in xl.content.entries if "include" in name or name.endswith(".a")]
        assert "usr/local/sbin/xl" in xl.content.entries

    @pytest.mark.parametrize(
        ("target", "meant"),
        [("sbin/xl", "usr/local/sbin/xl"), ("/usr/local/sbin/xl", "usr/local/sbin/xl"), ("../nothing", None), ("x", None), ("/lib/none", None)],
    )
    def test_links_are_those_of_the_host(self, tmp_path: Path, target: str, meant: str | None) -> None:
        root = xl_tree(tmp_path / "dist")
        os.symlink(target, root / "usr/local/x")
        assert content.look(root).resolve("usr/local/x") == meant

    def test_a_link_to_a_folder(self, tmp_path: Path) -> None:
        root = xl_tree(tmp_path / "dist")
        os.symlink("local", root / "usr/here")
        assert content.look(root).resolve("usr/here/sbin/../sbin/xl") == "usr/local/sbin/xl"

    def change_mode(self, root: Path) -> None:
        (root / "usr/local/sbin/xl").chmod(0o700)

    def change_content(self, root: Path) -> None:
        status = (root / "etc/xen/xl.conf").stat()
        (root / "etc/xen/xl.conf").write_text("x")
        os.utime(root / "etc/xen/xl.conf", (status.st_atime, status.st_mtime))

    def add(self, root: Path) -> None:
        (root / "etc/xen/new").touch()

    def change_link(self, root: Path) -> None:
        (root / "boot/xen.gz").unlink()
        os.symlink("./xen-4.17.7.gz", root / "boot/xen.gz")

    @pytest.mark.parametrize("change", [change_mode, change_content, add, change_link])
    def test_the_digest_sees_each_change(self, change: Callable[["TestContent", Path], None], tmp_path: Path) -> None:
        root = xl_tree(tmp_path / "dist")
        before = content.look(root).digest()
        change(self, root)
        assert content.look(root).digest() != before

    def test_a_copy_has_the_same_digest(self, tmp_path: Path, xl: XenDist) -> None:
        shutil.copytree(xl.path, tmp_path / "elsewhere", symlinks=True)
        (tmp_path / "elsewhere/usr/local/include/new.h").touch()
        assert read(tmp_path / "elsewhere").digest == xl.digest

    def test_the_archive_is_roots(self, tmp_path: Path, xl: XenDist) -> None:
        xl.content.pack(tmp_path / "x.tar")
        with tarfile.open(tmp_path / "x.tar") as archive:
            members = {member.name: member for member in archive}
        assert {(member.uid, member.gid, member.uname) for member in members.values()} == {(0, 0, "root")}
        assert members["boot/xen.gz"].linkname == "xen-4.17.7.gz"
        assert (members["var/lib/xen"].mode, members["usr/local/sbin/xl"].mode) == (0o700, 0o755)

    @pytest.mark.parametrize("make", [os.mkfifo])
    def test_what_is_no_file(self, make: Callable[[Path], None], tmp_path: Path) -> None:
        make(xl_tree(tmp_path / "dist") / "etc/pipe")
        with pytest.raises(LabError, match="etc/pipe is a device, a pipe or a socket"):
            read(tmp_path / "dist")


class TestWhole:
    def test_xl(self, xl: XenDist) -> None:
        assert (xl.xen, xl.version, xl.toolstack, xl.glibc) == ((4, 17), "4.17.7", "xl", (2, 34))
        assert xl.services.units == ("xen-qemu-dom0-disk-backend.service", "xenstored.service")
        assert xl.needed == {
            "libyajl.so.2": "usr/local/sbin/xl",
            "libsystemd.so.0": "usr/local/sbin/xenstored",
            "libc.so.6": "usr/local/lib/libxenctrl.so.4.17.0",
        }
        assert xl.library_folders == ("/usr/local/lib",)
        assert gzip.decompress(trees.hypervisor()) == xl.hypervisor.content

    def test_xm(self, xm: XenDist) -> None:
        assert (xm.xen, xm.version, xm.toolstack) == ((4, 4), "4.4.4", "xm")
        assert xm.services == services.Services((), ("xencommons", "xend", "xendomains"))
        assert xm.python_folders == ("/usr/lib/python2.7/site-packages",)

    def test_an_xend_that_starts_xenstored_itself(self, tmp_path: Path) -> None:
        changes = {"etc/init.d/xend": XEND_4_0}
        assert read(xm_tree(tmp_path / "dist", changes)).services.scripts == ("xend", "xendomains")

    def test_the_toolstack_of_init_scripts(self, tmp_path: Path) -> None:
        changes = {f"lib/systemd/system/{name}": None for name in ("proc-xen.mount", "xenstored.service")}
        assert read(xl_tree(tmp_path / "dist", changes)).services.scripts == ("xencommons",)

    def test_3_3_has_the_control_library_of_3_2(self, tmp_path: Path) -> None:
        changes: dict[str, bytes | str | None] = {"boot/xen-4.4.4.gz": None, "boot/xen-3.3.2.gz": trees.hypervisor(), "usr/sbin/xl": None}
        changes |= {"usr/lib/libxenctrl.so.4.4.0": None, "usr/lib/libxenctrl.so.3.2.0": elf(soname="libxenctrl.so.3.2"), "usr/lib/xen/bin/xenconsole": elf()}
        assert read(xm_tree(tmp_path / "dist", changes)).version == "3.3.2"

    def test_a_hypervisor_without_a_version_in_its_name(self, tmp_path: Path) -> None:
        for number, (version, known) in enumerate({"": "4.17", "4.17.7": "4.17.7", "4.17-unstable": "4.17-unstable"}.items()):
            changes = {"boot/xen-4.17.7.gz": None, "boot/xen.gz": trees.hypervisor(version=version)}
            assert read(xl_tree(tmp_path / str(number), changes)).version == known

    def test_without_qemu_dm_it_is_told(self, xl: XenDist, xm: XenDist, capsys: pytest.CaptureFixture[str]) -> None:
        assert (len(xl.notes), xm.notes) == (1, ())
        assert source_of(None, xl.path).dist
        assert "it has no qemu-dm (--enable-qemu-traditional)" in capsys.readouterr().err

    def test_one_that_cannot_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = xl_tree(tmp_path / "dist")

        def denied(_content: content.Content, path: str) -> bytes:
            raise PermissionError(13, "Permission denied", str(root / path))

        monkeypatch.setattr(content.Content, "read", denied)
        with pytest.raises(LabError, match="xen-4.17.7.gz cannot be read: Permission denied. Read the tree as root"):
            read(root)

    def test_of_two_hypervisors_the_one_that_xen_gz_means(self, tmp_path: Path) -> None:
        changes = {"boot/xen-4.17.6.gz": trees.hypervisor()}
        assert read(xl_tree(tmp_path / "dist", changes)).version == "4.17.7"


XEND_4_0 = "#!/bin/bash\n# Provides: xend\n# Required-Start:    $syslog $remote_fs\n"
HALF = "is a half-installed Xen: "


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"boot/xen-4.17.7.gz": None}, "has no hypervisor: boot/xen-VERSION.gz does not exist"),
            ({"boot/xen-4.17.7.gz": b""}, "is damaged, or is for another architecture"),
            ({"boot/xen-4.17.7.gz": trees.hypervisor()[:60]}, "is damaged, or is for another architecture"),
            ({"boot/xen-4.17.7.gz": gzip.compress(b"MZ" + bytes(99))}, "is damaged, or is for another architecture"),
            ({"boot/xen-4.17.7.gz": trees.hypervisor(trees.ARM64, 64)}, "is for arm64: build Xen for x86_64"),
            ({"boot/xen-4.17.7.gz": trees.hypervisor(trees.X86_64, 64)}, "is not the file that a boot loader starts"),
            ({"boot/xen-4.17.7.gz": gzip.compress(gzip.decompress(trees.hypervisor()).replace(b"x86_64", b"x86_32"))}, "for x86 with 32 bits"),
            ({"etc/passwd": "root:"}, r"is a whole system \(it has etc/passwd\)"),
            (
                {"boot/xen-4.17.7.gz": None, "boot/xen-4.18.0.gz": trees.hypervisor()},
                r"hypervisor of Xen 4.18.0 \(boot/xen-4.18.0.gz\) and the tools of Xen 4.17",
            ),
            ({"boot/xen-4.17.7.gz": None, "boot/xen-4.1.7.gz": trees.hypervisor()}, "hypervisor of Xen 4.1.7"),
            ({"boot/xen-4.17.7.gz": trees.hypervisor(version="4.18.0")}, "has the hypervisor of Xen 4.18.0"),
            ({"usr/local/sbin/xl": None}, HALF + "it has neither xl nor xm"),
            ({"usr/local/sbin/xenstored": None}, HALF + "it has no xenstored or oxenstored"),
            ({"usr/local/sbin/xenconsoled": None}, HALF + "it has no xenconsoled"),
            ({"usr/local/lib/xen/bin/xenconsole": None}, HALF + "it has no xen/bin/xenconsole"),
            ({"usr/local/lib/xen/boot/hvmloader": None}, HALF + "it has no xen/boot/hvmloader"),
            ({"etc/xen/scripts/block": None}, HALF + "it has no xen/scripts/block"),
            ({"usr/local/sbin/xl": b""}, HALF + "usr/local/sbin/xl is empty"),
            ({"usr/local/lib/xen/boot/hvmloader": b""}, HALF + "usr/local/lib/xen/boot/hvmloader is empty"),
            ({"etc/xen/scripts/block": b""}, HALF + "etc/xen/scripts/block is empty"),
            ({"lib/systemd/system/xenstored.service": b""}, HALF + "lib/systemd/system/xenstored.service starts nothing"),
            ({"usr/local/sbin/xenstored": b"text"}, HALF + "usr/local/sbin/xenstored is neither a program nor a script"),
            ({"usr/local/sbin/xm": ""}, HALF + "it has xm, but not xend"),
            ({"usr/local/lib/libxenctrl.so.4.17.0": None}, HALF + "it has no libxenctrl.so"),
            ({"usr/local/lib/libxenlight.so.4.17.0": None}, HALF + "usr/local/sbin/xl needs libxenlight.so.4.17, which is not there"),
            ({"usr/local/lib/libxenctrl.so.4.18.0": elf()}, "has the tools of Xen 4.17 and 4.18"),
            ({"usr/local/sbin/xl": elf(machine=trees.ARM64)}, r"is for arm64 \(64 bits\): usr/local/sbin/xl"),
            ({"usr/local/sbin/xl": elf(machine=trees.I386, bits=32)}, r"is for i386 \(32 bits\): usr/local/sbin/xl"),
            ({"usr/local/sbin/xl": elf()[:90]}, HALF + "usr/local/sbin/xl is cut off or broken"),
            ({"lib/systemd/system/xenstored.service": None, "etc/init.d/xencommons": None}, "has nothing that starts Xen at boot"),
        ],
    )
    def test_of_xl(self, changes: dict[str, bytes | None], message: str, tmp_path: Path) -> None:
        with pytest.raises(LabError, match=message):
            read(xl_tree(tmp_path / "dist", changes))

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"usr/sbin/xend": None}, HALF + "it has xm, but not xend"),
            ({"usr/sbin/xm": None}, HALF + "it has xend, but not xm"),
            ({"usr/lib/python2.7/site-packages/xen/xm/main.py": None}, "it has xm and xend, but not their Python package xen"),
            ({"etc/init.d/xend": None}, "has nothing that starts Xen at boot: it has no etc/init.d/xend"),
            ({"boot/xen-4.4.3.gz": trees.hypervisor()}, "has more than one hypervisor: boot/xen-4.4.3.gz, boot/xen-4.4.4.gz"),
        ],
    )
    def test_of_xm(self, changes: dict[str, bytes | None], message: str, tmp_path: Path) -> None:
        with pytest.raises(LabError, match=message):
            read(xm_tree(tmp_path / "dist", changes))

    def test_a_program_that_cannot_be_executed(self, tmp_path: Path) -> None:
        (xl_tree(tmp_path / "dist") / "usr/local/sbin/xl").chmod(0o644)
        with pytest.raises(LabError, match=HALF + "usr/local/sbin/xl is not executable"):
            read(tmp_path / "dist")

    def test_what_is_no_folder_of_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("text")
        with tarfile.open(tmp_path / "dist.tar.gz", "w:gz") as archive:
            archive.add(xl_tree(tmp_path / "dist"), ".")
        (tmp_path / "empty").mkdir()
        (tmp_path / "source/xen").mkdir(parents=True)
        (tmp_path / "source/tools").mkdir()
        (tmp_path / "source/xen/Makefile").touch()
        shutil.move(tmp_path / "dist", tmp_path / "source2/dist/install")
        for name, message in {
            "none": "none does not exist",
            "file": "file is a file, not a folder",
            "dist.tar.gz": "dist.tar.gz is an archive, not a folder: unpack it",
            "empty": "empty has none of boot, usr and etc",
            "source": "is Xen's source tree, in which nothing is installed yet",
            "source2": "source2 holds an installed Xen in dist/install: give .*source2/dist/install",
            "../../../../../../../../../../..": "is this machine's own root",
        }.items():
            with pytest.raises(LabError, match=message):
                read(tmp_path / name)

    def test_each_of_them_is_told_by_the_command_before_anything_is_built(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("XENFLEET_LAB_DIR", str(tmp_path / "lab"))
        root = xl_tree(tmp_path / "dist", {"usr/local/sbin/xl": None})
        for words in (["up", "a"], ["build"]):
            assert main([*words, "--xen-dist", str(root)]) == 1
            assert "lab: " in (told := capsys.readouterr().err)
            assert HALF in told
            assert not (tmp_path / "lab").exists()


class TestRelease:
    @pytest.mark.parametrize(("glibc", "wanted"), [("2.28", "bullseye"), ("2.31", "bullseye"), ("2.36", "bookworm"), ("2.38", "trixie")])
    def test_the_oldest_one_that_has_what_it_needs(self, glibc: str, wanted: str, tmp_path: Path) -> None:
        changes = {"usr/local/sbin/xl": elf(["libxenctrl.so.4.17"], glibc=glibc)}
        assert release.suiting(read(xl_tree(tmp_path / "dist", changes)), None).name == wanted

    def test_xend_is_python_2(self, xm: XenDist) -> None:
        assert release.suiting(xm, None) is BULLSEYE
        with pytest.raises(LabError, match=r"(?s)which runs on bullseye.*bookworm: xm and xend need Python 2.7, .*give no --release".replace("give", "Give")):
            release.suiting(xm, BOOKWORM)

    def test_the_one_that_was_asked_for(self, xl: XenDist) -> None:
        assert release.suiting(xl, TRIXIE) is TRIXIE
        with pytest.raises(LabError, match="bullseye: it was built with glibc 2.34 or a newer one, and this release has 2.31"):
            release.suiting(xl, BULLSEYE)

    def test_none(self, tmp_path: Path) -> None:
        changes = {"usr/local/sbin/xl": elf(["libxenctrl.so.4.17"], glibc="2.99")}
        with pytest.raises(LabError, match=r"(?s)bookworm: it was built.*trixie: .*Build Xen on one of bookworm, trixie, bullseye"):
            release.suiting(read(xl_tree(tmp_path / "dist", changes)), None)


class TestPackages:
    def test_each_has_a_reason(self, xl: XenDist) -> None:
        assert packages.packages_for(xl, BOOKWORM)["libyajl2"] == "usr/local/sbin/xl needs libyajl.so.2"
        assert "" not in packages.packages_for(xl, BOOKWORM)

    def test_xend_needs_python_2_and_no_qemu_of_libxl(self, tmp_path: Path) -> None:
        xm = read(xm_tree(tmp_path / "dist", {"usr/lib/libxenlight.so.4.4.0": elf() + b"/usr/bin/qemu-system-i386\0"}))
        assert "qemu-system-x86" not in packages.packages_for(xm, BULLSEYE)
        assert {"python2", "python-is-python2"} <= packages.packages_for(xm, BULLSEYE).keys()

    def test_debians_qemu_when_libxl_starts_it(self, tmp_path: Path) -> None:
        library = elf(soname="libxenlight.so.4.17")
        for program, wanted in ((b"/usr/libexec/xen-qemu-system-i386\0", True), (b"/usr/bin/qemu-system-i386\0", False)):
            changes = {"usr/local/lib/libxenlight.so.4.17.0": library + program}
            dist = read(xl_tree(tmp_path / f"dist{wanted}", changes))
            assert ("qemu-system-xen" in packages.packages_for(dist, BOOKWORM)) == wanted
            assert not packages.has_disk_backend(dist, BOOKWORM)


class TestSettings:
    def test_of_xl(self, xl: XenDist) -> None:
        found = settings.files(xl, "xenbr0")
        assert found["etc/ld.so.conf.d/00-xen-dist.conf"] == "/usr/local/lib\n"
        assert found["etc/tmpfiles.d/xen-dist.conf"] == "d /run/xen 0700 root root\nd /run/xenstored 0755 root root\n"
        assert not found.keys() & {"etc/environment", settings.XEND_CONFIG, settings.PTH, "etc/default/xencommons"}

    def test_of_xm(self, xm: XenDist) -> None:
        found = settings.files(xm, "xenbr0")
        assert found[settings.XEND_CONFIG] == "# (network-script network-bridge)\n(dom0-min-mem 196)\n(vif-script 'vif-bridge bridge=xenbr0')\n"
        assert found[settings.PTH] == "/usr/lib/python2.7/site-packages\n"
        assert found["etc/default/xencommons"].startswith("#XENCONSOLED_TRACE=none\n")
        assert found["etc/default/xencommons"].endswith("QEMU_XEN=/bin/true\n")

    def test_xenfs_where_no_init_script_mounts_it(self, xm: XenDist, tmp_path: Path) -> None:
        old = read(xm_tree(tmp_path / "old", {"etc/init.d/xend": XEND_4_0}))
        assert "etc/fstab" not in settings.files(xm, "xenbr0")
        assert settings.files(old, "xenbr0")["etc/fstab"] == settings.XENFS
        made = recipe.recipe(BULLSEYE, "KEY", "QEMU 7.2", qemu.machine_arguments(old.xen), old, kvm_device=False)
        assert dict(made.etc)["etc/fstab"] == "/dev/vda / ext4 noatime 0 0\n" + settings.XENFS

    def test_another_prefix(self, tmp_path: Path) -> None:
        moved = {name.replace("usr/local", "opt/xen"): what for name, what in trees.XL_TREE.items()}
        links = {name.replace("usr/local", "opt/xen"): what for name, what in trees.XL_LINKS.items()}
        found = settings.files(read(trees.make_tree(tmp_path / "dist", moved, links)), "xenbr0")
        assert found["etc/environment"] == 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/xen/sbin"\n'
        assert found["etc/ld.so.conf.d/00-xen-dist.conf"] == "/opt/xen/lib\n"


class TestInstall:
    def test_a_tree_that_changes_meanwhile(self, xl: XenDist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[Sequence[str]] = []
        monkeypatch.setattr(install, "run", lambda command, _log: ran.append(command))
        (tmp_path / "root").mkdir()
        install.copy(xl, tmp_path / "root", tmp_path / "log")
        assert ran[0][:3] == ["chroot", str(tmp_path / "root"), "tar"]
        (xl.path / "etc/xen/xl.conf").write_text("x")
        for _change in range(2):
            with pytest.raises(LabError, match="has changed while the base was built"):
                install.copy(xl, tmp_path / "root", tmp_path / "log")
            (xl.path / "etc/xen/xl.conf").unlink(missing_ok=True)

    def test_init_scripts_start_in_their_order(self, xm: XenDist, tmp_path: Path) -> None:
        install.enable(xm.services, tmp_path, False, tmp_path / "log")
        assert os.readlink(tmp_path / "etc/rc3.d/S01xend") == "../init.d/xend"
        assert {link.name for link in (tmp_path / "etc/rc2.d").iterdir()} == {"S01xencommons", "S01xend", "S01xendomains"}
        drop_in = "etc/systemd/system/{}.service.d/order.conf"
        assert (tmp_path / drop_in.format("xend")).read_text() == "[Unit]\nAfter=xencommons.service\n"
        assert (tmp_path / drop_in.format("xendomains")).read_text() == "[Unit]\nAfter=xend.service\n"

    @pytest.mark.parametrize("disk_backend", [True, False])
    def test_units(self, disk_backend: bool, xl: XenDist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[list[str]] = []
        monkeypatch.setattr(install, "run", lambda command, _log: ran.append(list(command)))
        install.enable(xl.services, tmp_path, disk_backend, tmp_path / "log")
        backend = ["xen-qemu-dom0-disk-backend.service"] if disk_backend else []
        assert ran == [["chroot", str(tmp_path), "systemctl", "enable", *backend, "xenstored.service"]]
        assert not (tmp_path / "etc").exists()

    def test_a_library_that_is_nowhere(self, xl: XenDist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        known = "\tlibc.so.6 (libc6,x86-64) => /lib/libc.so.6\n\tlibyajl.so.22 (libc6,x86-64) => /lib/x\n\tlibsystemd.so.0 (libc6) => /x\n"
        monkeypatch.setattr(install, "run", lambda _command, _log: None)
        monkeypatch.setattr(subprocess, "run", lambda command, **_options: subprocess.CompletedProcess(command, 0, known, ""))
        with pytest.raises(LabError, match="(?s)neither it nor this Debian release has:.*- libyajl.so.2, which usr/local/sbin/xl needs\n  Build"):
            install.require_libraries(xl, tmp_path, tmp_path / "log")
        known += "\tlibyajl.so.2 (libc6,x86-64) => /lib/libyajl.so.2\n"
        install.require_libraries(xl, tmp_path, tmp_path / "log")

    @pytest.mark.parametrize(
        "words", ["E: Unable to locate package libfoo1", "E: Package 'libfoo1' has no installation candidate"]
    )
    def test_a_package_that_debian_lacks(self, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = recipe.recipe(BOOKWORM, "KEY", "QEMU 7.2", qemu.machine_arguments((4, 17)), kvm_device=False)
        log = tmp_path / "log"

        def fails(*_arguments: object, simulate: bool) -> None:
            assert simulate
            log.write_text(f"I: running apt-get update...\n{words}\nE: apt-get failed\n")
            raise LabError("mmdebstrap failed")

        monkeypatch.setattr(rootfs, "bootstrap", fails)
        with pytest.raises(LabError, match="(?s)Debian bookworm has no such packages.*- libfoo1: usr/sbin/xl needs libfoo.so.1\n"):
            rootfs.require_packages(made, {"libfoo1": "usr/sbin/xl needs libfoo.so.1"}, tmp_path / "work", log, 0)

    def test_an_archive_that_cannot_be_reached(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "log").write_text("Err:1 http://deb.debian.org/debian bookworm InRelease\n")

        def fails(*_arguments: object, simulate: bool) -> None:
            raise LabError("mmdebstrap failed")

        monkeypatch.setattr(rootfs, "bootstrap", fails)
        made = recipe.recipe(BOOKWORM, "KEY", "QEMU 7.2", qemu.machine_arguments((4, 17)), kvm_device=False)
        with pytest.raises(LabError, match="mmdebstrap failed"):
            rootfs.require_packages(made, {}, tmp_path / "work", tmp_path / "log", 0)


class TestRecipe:
    def make(self, dist: XenDist | None, of: config.Release = BULLSEYE) -> recipe.Recipe:
        return recipe.recipe(of, "ssh-ed25519 KEY", "QEMU 7.2", qemu.machine_arguments(dist.xen if dist else (4, 17)), dist, kvm_device=False)

    def test_debians_packages_of_xen_are_not_installed(self, xm: XenDist) -> None:
        made = self.make(xm)
        assert not [name for name in made.packages if name.startswith(("xen-", "xenstore"))]
        assert {"linux-image-amd64", "python2", "dnsmasq-base", "openssh-server"} <= set(made.packages)
        assert (made.xen, made.toolstack) == ("4.4", "xm")
        assert "dom0_mem=2048M,max:2048M" in made.xen_args

    def test_each_tree_has_a_base_of_its_own(self, xm: XenDist, tmp_path: Path) -> None:
        other = read(xm_tree(tmp_path / "other", {"etc/xen/xl.conf": "x"}))
        assert len({self.make(dist).folder for dist in (None, xm, other)}) == 3

    def test_the_bases_of_debians_xen_stay_valid(self) -> None:
        """The digest of before there were trees: every machine's cached base is found by it."""
        made = self.make(None, BOOKWORM)
        assert made.installed is None
        assert "installed" not in made.inputs()
        assert made.xen_args.startswith("dom0_mem=1024M,max:1024M com1=")
        assert made.packages[:6] == (
            "linux-image-amd64", "xen-hypervisor-4.17-amd64", "xen-utils-4.17", "xenstore-utils", "seabios", "qemu-system-xen",
        )

    def test_the_bases_of_what_was_in_the_tree_before(self, xm: XenDist, tmp_path: Path) -> None:
        """They go, but not those that a host uses, of another tree or release of Debian, or of Debian's Xen."""
        paths, new = config.Paths(tmp_path / "lab"), self.make(xm)
        places = {"old": "/dist", "used": "/dist", "other": "/other", "debian": ""}
        folders = {f"{new.release}-{name}": place for name, place in places.items()}
        for name, place in {**folders, new.folder: "/dist", "bookworm-old": "/dist"}.items():
            (paths.bases / name).mkdir(parents=True)
            (paths.bases / name / "meta.json").write_text(json.dumps({"xen_dist": place}))
        host = Host(paths, "dev")
        host.folder.mkdir(parents=True)
        host.write(State(new.release, "4.4", f"{new.release}-used", 1, ready=True))
        base.remove_older(paths, new, "/dist")
        kept = {new.folder, "bookworm-old", *(f"{new.release}-{name}" for name in ("used", "other", "debian"))}
        assert {folder.name for folder in paths.bases.iterdir()} == kept
        base.remove_older(paths, new, "")
        assert {folder.name for folder in paths.bases.iterdir()} == kept

    @pytest.mark.parametrize(("running", "right"), [("4.4.4", True), ("4.4", True), ("4.4-unstable", True), ("4.40.1", False), ("4.17.7", False)])
    def test_what_the_hypervisor_says(self, running: str, right: bool, xm: XenDist) -> None:
        if right:
            base.require_version(self.make(xm), running)
        else:
            with pytest.raises(LabError, match=f"the hypervisor says that it is Xen {running}, its tools are of 4.4"):
                base.require_version(self.make(xm), running)


class TestCommand:
    def test_dist_prints_what_a_host_gets(self, xm: XenDist, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dist", str(xm.path)]) == 0
        told = capsys.readouterr().out
        assert told.startswith("Xen 4.4.4 with xm, on bullseye\n")
        assert "started by: xencommons, xend, xendomains" in told
        assert "  libsdl1.2debian: usr/lib/xen/bin/qemu-dm needs libSDL-1.2.so.0" in told

    def test_a_host_of_a_tree_that_has_changed_since(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        source = source_of(None, xl_tree(tmp_path / "dist"))
        of_now = recipe.recipe(source.release, "KEY", "QEMU 7.2", qemu.machine_arguments((4, 17)), source.dist, kvm_device=False)
        monkeypatch.setattr(base, "current_recipe", lambda _paths, _source: of_now)
        host = Host(config.Paths(tmp_path), "dev")
        host.folder.mkdir(parents=True)
        host.write(State("bookworm", "4.17.7", of_now.folder, 1, ready=True, xen_dist=source.place))
        require_same_tree(host.paths, host, source)
        host.write(State("bookworm", "4.17.7", "bookworm-1", 1, ready=True, xen_dist=source.place))
        with pytest.raises(LabError, match="dev is up with another content of .*dist, which has changed since: take it down first"):
            require_same_tree(host.paths, host, source)

    def test_without_a_tree_the_default_release(self) -> None:
        assert source_of(None, None) == base.Source(BOOKWORM)
        assert source_of("bullseye", None).release is BULLSEYE
