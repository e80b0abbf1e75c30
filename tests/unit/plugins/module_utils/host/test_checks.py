# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the host has what a guest needs. The files here are real ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import checks
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    GONE,
    guest,
    host_state,
    hvm_guest,
    told,
)

CREATE = "create it on the host, or correct the path"


def block_device() -> str:
    """A block device of this machine, or a skip."""
    found = [path for path in sorted(Path("/dev").iterdir()) if path.is_block_device()]
    if not found:
        pytest.skip("this machine has no block device in /dev")
    return str(found[0])


def disk_guest(target: object, **more: Any) -> Any:
    return guest(disks=[{"target": str(target), "vdev": "xvda", **more}])


@pytest.mark.parametrize("backend", [GONE, "file"])
def test_a_file_is_a_disk(backend: Any, tmp_path: Path) -> None:
    (tmp_path / "web1.img").touch()
    more = {} if backend is GONE else {"backend": backend}
    assert checks.check_disks(disk_guest(tmp_path / "web1.img", **more)) == []


@pytest.mark.parametrize("backend", [GONE, "phy"])
def test_a_block_device_is_a_disk(backend: Any) -> None:
    more = {} if backend is GONE else {"backend": backend}
    assert checks.check_disks(disk_guest(block_device(), **more)) == []


def test_a_link_to_a_file_is_a_disk(tmp_path: Path) -> None:
    (tmp_path / "web1.img").touch()
    (tmp_path / "link").symlink_to("web1.img")
    assert checks.check_disks(disk_guest(tmp_path / "link", backend="file")) == []


def test_disks_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nothing")
    os.mkfifo(tmp_path / "fifo")
    cases = [
        ("none", {}, "cannot be used: No such file or directory"),
        ("file/x", {}, "cannot be used: Not a directory"),
        ("dangling", {}, "cannot be used: No such file or directory"),
        ("file", {"backend": "phy"}, "is a file, not a block device (backend: phy)"),
        (".", {}, "is neither a file nor a block device"),
        ("fifo", {"backend": "file"}, "is neither a file nor a block device"),
        ("none", {"script": "block-nbd"}, ""),
        ("none", {"backend": "diskdom"}, ""),
        ("none", {"backendtype": "qdisk"}, "cannot be used: No such file or directory"),
        ("file", {"backendtype": "qdisk"}, ""),
        ("file", {"backendtype": "phy"}, "is a file, not a block device (backendtype: phy)"),
        ("file", {"specification": "virtio"}, "is a file, not a block device (specification: virtio)"),
    ]
    disks = [{"target": f"{tmp_path}/{name}", "vdev": f"xvd{chr(97 + number)}", **more}
             for number, (name, more, _reason) in enumerate(cases)]
    assert told(checks.check_disks(guest(disks=disks))) == [
        ("web1", f"disks[{number}].target", f"{tmp_path}/{name}", reason, CREATE)
        for number, (name, _more, reason) in enumerate(cases)
        if reason
    ]


def test_what_qemu_and_scripts_open_is_not_looked_for() -> None:
    disks = [
        {"target": "rbd:pool/a", "vdev": "xvda", "backendtype": "qdisk"},
        {"target": "drbd:r0", "vdev": "xvdb"},
        {"target": "nbd://10.0.0.1/a", "vdev": "xvdc", "backendtype": "qdisk"},
    ]
    assert checks.check_disks(guest(disks=disks)) == []


def test_a_block_device_where_a_file_is_said_to_be() -> None:
    path = block_device()
    assert told(checks.check_disks(disk_guest(path, backend="file"))) == [
        ("web1", "disks[0].target", path, "is a block device, not a file (backend: file)", CREATE)
    ]


def test_an_empty_drive_needs_no_target(tmp_path: Path) -> None:
    disks = [{"vdev": "hdc", "cdrom": True, "access": "ro"}, {"target": f"{tmp_path}/none", "vdev": "hda"}]
    assert told(checks.check_disks(hvm_guest(disks=disks))) == [
        ("win1", "disks[1].target", f"{tmp_path}/none", "cannot be used: No such file or directory", CREATE)
    ]


def test_boot_files(tmp_path: Path) -> None:
    (tmp_path / "vmlinuz").touch()
    (tmp_path / "folder").mkdir()
    good = guest(boot={"method": "direct", "kernel": f"{tmp_path}/vmlinuz"})
    assert checks.check_boot_files(good) == []
    bad = guest(boot={"method": "direct", "kernel": f"{tmp_path}/folder", "ramdisk": f"{tmp_path}/none"})
    remedy = "copy it to the host, or correct the path"
    assert told(checks.check_boot_files(bad)) == [
        ("web1", "boot.kernel", f"{tmp_path}/folder", "does not exist on the host", remedy),
        ("web1", "boot.ramdisk", f"{tmp_path}/none", "does not exist on the host", remedy),
    ]
    assert checks.check_boot_files(guest(boot={"method": "pvgrub2"})) == []


def test_files_of_the_device_model(tmp_path: Path) -> None:
    (tmp_path / "kernel").touch()
    remedy = "copy it to the host, or correct the path"
    model = {"scheme": "linux", "kernel": f"{tmp_path}/kernel", "ramdisk": f"{tmp_path}/rootfs"}
    assert told(checks.check_boot_files(hvm_guest(device_model=model))) == [
        ("win1", "device_model.ramdisk", f"{tmp_path}/rootfs", "does not exist on the host", remedy)
    ]
    model["kernel"] = str(tmp_path)
    assert [one.key for one in checks.check_boot_files(hvm_guest(device_model=model))] == [
        "device_model.kernel",
        "device_model.ramdisk",
    ]
    (tmp_path / "rootfs").symlink_to("kernel")
    assert checks.check_boot_files(hvm_guest(device_model={**model, "kernel": f"{tmp_path}/rootfs"})) == []
    assert checks.check_boot_files(hvm_guest()) == []


@pytest.mark.parametrize(
    "kind, capabilities, runs",
    [
        ("hvm", ["xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_64"], True),
        ("hvm", ["xen-3.0-x86_64"], False),
        ("hvm", [], False),
        ("pvh", ["hvm-3.0-x86_64"], True),
        ("pvh", ["xen-3.0-x86_64", "xen-3.0-x86_32p"], False),
    ],
)
def test_guests_that_need_the_processor_s_help(kind: str, capabilities: Any, runs: bool) -> None:
    one = hvm_guest("a") if kind == "hvm" else guest("a", type="pvh")
    found = checks.check_arch(one, host_state(capabilities=capabilities))
    reason = f"this hypervisor does not run {kind.upper()} guests"
    remedy = "turn on VT-x or AMD-V in the host's firmware, or use another host"
    assert told(found) == ([] if runs else [("a", "type", kind, reason, remedy)])


def test_arch() -> None:
    both = host_state(capabilities=["xen-3.0-x86_64", "xen-3.0-x86_32p"])
    i386 = guest(boot={"method": "pvgrub2", "arch": "i386"})
    assert checks.check_arch(i386, both) == []
    assert checks.check_arch(guest(boot={"method": "pvgrub2"}), host_state()) == []
    # Nobody knows what a kernel file is for.
    assert checks.check_arch(guest(), host_state(capabilities=[])) == []
    found = checks.check_arch(i386, host_state())
    assert told(found) == [
        (
            "web1",
            "boot.arch",
            "i386",
            "this hypervisor does not run PV kernels of that kind",
            "use another arch, or a host whose xen_caps has xen-3.0-x86_32p",
        )
    ]
    assert found[0].release == "Xen 4.17.5"


def test_memory_is_given_out_in_the_order_of_the_list() -> None:
    guests = [
        guest("a", memory=256),  # takes 260
        guest("b", memory=1024),  # takes more than is left, and nothing is taken for it
        guest("c", memory=128),  # takes 132
        guest("d", memory=128),
        guest("e", memory=4096, state="defined"),
        guest("f", memory=4096, state="stopped"),
        guest("g", memory=4096),  # runs already
    ]
    remedy = "lower memory, stop another guest, or lower dom0's memory"
    assert told(checks.check_memory(guests, {"g"}, 260 + 132 + 131, {}, (4, 17))) == [
        ("b", "memory", 1024, "starting it takes 1030 MiB, and the host has 263 MiB left for it", remedy),
        ("d", "memory", 128, "starting it takes 132 MiB, and the host has 131 MiB left for it", remedy),
    ]


def test_memory_that_just_suffices() -> None:
    assert checks.check_memory([guest(memory=128)], set(), 132, {}, (4, 17)) == []


def test_a_stub_domain_takes_memory_too() -> None:
    """Xen has to have it before the guest can start."""
    one, two = hvm_guest("a", memory=128), guest("b", memory=128)
    stub = {"a": 256, "b": 0}
    assert checks.check_memory([one, two], set(), 388 + 132, stub, (4, 17)) == []
    (found,) = checks.check_memory([one, two], set(), 387, stub, (4, 17))
    assert (found.guest, found.reason) == ("a", "starting it takes 388 MiB, and the host has 387 MiB left for it")
    assert checks.check_memory([one], set(), 132, {}, (4, 17)) == []
