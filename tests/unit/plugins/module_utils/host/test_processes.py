# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dom0's process list says of guests; the list is a folder here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.processes import command_lines
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.processes import device_model_of, made_by, pygrub_of

# As libxl of 4.17 starts them, shortened.
QEMU = "/usr/lib/xen-4.17/bin/qemu-system-i386 -xen-domid {} -no-shutdown -name web1 -machine {}".format
TRADITIONAL = "/usr/lib/xen-4.17/bin/qemu-dm -d {} -domain-name web1 -M {}".format


def line(number: int, folder: Path, content: bytes) -> None:
    (folder / str(number)).mkdir()
    (folder / str(number) / "cmdline").write_bytes(content)


@pytest.mark.parametrize(
    "words, found",
    [
        ("/usr/bin/python3 /usr/lib/xen-4.17/bin/pygrub --output=/run/xen/bootloader.7.out /srv/a.img", True),
        ("/usr/lib/xen-4.17/bin/pygrub --output=/run/xen/bootloader.7.out /srv/a.img", True),
        ("pygrub --output=/run/xen/bootloader.77.out /srv/bootloader.7", False),
        ("vi -R /usr/bin/pygrub /run/xen/bootloader.7.out", False),
        ("pygrub /srv/a.img", False),
        ("", False),
    ],
)
def test_pygrub(words: str, found: bool) -> None:
    assert pygrub_of([[], words.split()], 7) is found


@pytest.mark.parametrize(
    "words, found",
    [
        (QEMU(7, "xenfv,suppress-vmdesc=on"), True),
        (QEMU(7, "pc,accel=xen"), True),
        (QEMU(7, "xenpv"), False),
        (QEMU(7, "xenpv,suppress-vmdesc=on"), False),
        (QEMU(77, "xenfv"), False),
        (QEMU(7, "xenfv").replace("-machine", "-M"), True),
        (QEMU(7, "xenpv").replace("-machine", "-M"), False),
        ("qemu-system-i386 -xen-domid 7", True),
        ("qemu-system-i386 -xen-domid", False),
        ("qemu-system-i386 -name -xen-domid=7", False),
        (TRADITIONAL(7, "xenfv"), True),
        (TRADITIONAL(7, "xenpv"), False),
        (TRADITIONAL(70, "xenfv"), False),
        ("/bin/sh /usr/lib/xen/bin/stubdom-dm -d 7 -M xenfv", False),
        ("docker run -d 7", False),
        ("qemu-dm", False),
        ("", False),
    ],
)
def test_device_model(words: str, found: bool) -> None:
    assert device_model_of([[], words.split()], 7) is found
    assert device_model_of([words.split(), ["init"]], 7) is found


def test_the_processes_beside_a_linux_stub_domain() -> None:
    """Guest 29 and its stub domain 30, as dom0 of a Xen 4.17 host showed them: none is a device model."""
    vchan = "30 /local/domain/30/device-model/29/qmp-vchan /var/run/xen/qmp-libxl-29"
    lines = [
        words.split()
        for words in (
            "/usr/libexec/xen-qemu-system-i386 -xen-domid 30 -no-shutdown -name s1-dm -machine xenpv -m 256",
            "/usr/libexec/xen-qemu-system-i386 -xen-domid 0 -xen-attach -name dom0 -nographic -M xenpv -daemonize",
            f"/usr/lib/xen-4.17/bin/vchan-socket-proxy --state-path=/local/domain/29/qmp-proxy {vchan}",
        )
    ]
    assert [device_model_of(lines, domid) for domid in (0, 29, 30)] == [False, False, False]


def test_nobody_is_a_device_model() -> None:
    lines: list[list[str]] = []
    assert (device_model_of(lines, 7), pygrub_of(lines, 7)) == (False, False)


def test_many_lines(tmp_path: Path) -> None:
    for number in range(1, 200):
        line(number, tmp_path, QEMU(number, "xenfv").replace(" ", "\0").encode())
    lines = command_lines(tmp_path).values()
    assert [domid for domid in range(300) if device_model_of(lines, domid)] == list(range(1, 200))


def test_who_was_told_a_uuid(tmp_path: Path) -> None:
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "cmdline").symlink_to(tmp_path / "gone")
    (tmp_path / "6").mkdir()
    (tmp_path / "6" / "cmdline").write_bytes(b"xl\0create\0-q\0/etc/xen/web2.cfg\0uuid=\"uuid-2\"\0")
    assert made_by(tmp_path, "uuid-1") == 0
    (tmp_path / "77").mkdir()
    (tmp_path / "77" / "cmdline").write_bytes(b"xl\0create\0-q\0/etc/xen/web1.cfg\0uuid=\"uuid-1\"\0")
    assert made_by(tmp_path, "uuid-1") == 77
    (tmp_path / "77" / "cmdline").write_bytes(b"python\0/usr/sbin/xm\0create\0-q\0/etc/xen/web1.cfg\0uuid=uuid-1\0")
    assert made_by(tmp_path, "uuid-1") == 77
    for part in ("", "uuid", "uuid-", "1"):
        assert made_by(tmp_path, part) == 0
