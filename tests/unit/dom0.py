# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dom0 in a folder: what the checks of a host look at, in the forms that real hosts have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.needs import HostNeeds
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, host_state, written

XL = "/usr/sbin/xl"
SCRIPTS = "/etc/xen/scripts"
BOOT = "/usr/lib/xen-4.17/boot"
#: Where Debian's libxl of 4.17 looks: strings of its libxenlight.so.4.17.0.
DEBIAN = (
    SCRIPTS,
    BOOT,
    "/usr/lib/xen-4.17/bin",
    "/usr/bin/vchan-socket-proxy",
    "/usr/libexec/xen-qemu-system-i386",
    "/usr/share/ovmf/OVMF.fd",
    "/usr/share/seabios/bios-256k.bin",
    "/var/lib/xen/qemu-save.%d",
)
ROM_BIOS = b"\0(c) 2002 MandrakeSoft S.A. Written by Kevin Lawton & the Bochs team.\xff"
OVS_STOCK = '#!/bin/bash\nfatal "No valid bridge was specified"\n'
STOCK = '#!/bin/bash\nfatal "Could not find bridge device $bridge"\n'


class Dom0:
    """A host below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "sys/class/net").mkdir(parents=True, exist_ok=True)

    def debian(self) -> Dom0:
        """Xen 4.17 with its scripts, firmware and QEMU, as Debian 12 installs them."""
        self.library(DEBIAN)
        self.script("vif-bridge", STOCK)
        for path in (f"{BOOT}/hvmloader", "/usr/share/seabios/bios-256k.bin"):
            self.file(path, "firmware")
        for path in ("/usr/libexec/xen-qemu-system-i386", "/usr/bin/vchan-socket-proxy"):
            self.file(path, "#!/bin/sh\n", 0o755)
        return self

    def qemu_dm(self, path: str = "/usr/lib/xen-4.17/bin/qemu-dm", share: str = "/usr/share/xen/qemu", mode: int = 0o755) -> None:
        """Xen's own QEMU, with the folder of its keymaps among its strings."""
        self.file(path, b"\x7fELF\0%s/keymaps/%s\0" + share.encode() + b"\0qemu", mode)

    def file(self, path: str, content: str | bytes, mode: int = 0o644) -> Path:
        """A file of the host."""
        made = self.root / path.lstrip("/")
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(content if isinstance(content, bytes) else content.encode())
        made.chmod(mode)
        return made

    def remove(self, path: str) -> None:
        (self.root / path.lstrip("/")).unlink()

    def library(self, strings: tuple[str, ...], path: str = "/usr/lib/x86_64-linux-gnu/libxenlight.so.4.17.0") -> None:
        """The library of xl, with strings among other bytes, and a sentence that only ends like a path."""
        texts = [text.encode() for text in ("%s/no/boot", "see /no/scripts", *strings)]
        self.file(path, b"\x7fELF\x02\0" + b"\0".join(texts) + b"\0\xff\xfe")

    def script(self, name: str, content: str = "#!/bin/sh\n", mode: int = 0o755) -> None:
        self.file(f"{SCRIPTS}/{name}", content, mode)

    def hotplug_rules(self) -> None:
        """A rule of udev that runs a script for each back end of Xen."""
        rule = 'SUBSYSTEM=="xen-backend", RUN+="/etc/xen/scripts/hotplug $env{ACTION}"\n'
        self.file("/etc/udev/rules.d/xen-backend.rules", rule)

    def interface(self, name: str, *parts: str, uevent: str = "") -> None:
        """A network interface; ``bridge`` is what a bridge of Linux has in its folder."""
        self.file(f"/sys/class/net/{name}/uevent", uevent)
        for part in parts:
            (self.root / "sys/class/net" / name / part).mkdir()

    def pci(self, name: str, driver: str = "") -> None:
        """A PCI device, and the driver that it is bound to."""
        device = self.root / "sys/bus/pci/devices" / name
        device.mkdir(parents=True)
        if driver:
            self.driver(driver)
            (device / "driver").symlink_to(self.root / "sys/bus/pci/drivers" / driver)

    def driver(self, name: str) -> None:
        (self.root / "sys/bus/pci/drivers" / name).mkdir(parents=True, exist_ok=True)

    def needs(
        self, release: str = "4.17", toolstack: str = "xl", program: str = XL, coming: tuple[str, ...] = (), **changes: Any
    ) -> HostNeeds:
        """The checks of this host; ``changes`` are of its state."""
        major, minor = release.split(".")
        state = host_state(release=(int(major), int(minor)), toolstack=toolstack, version=f"{release}.0", **changes)
        return HostNeeds(toolstack, state, self.root, program, coming)

    def found(
        self, guest: Guest, release: str = "4.17", toolstack: str = "xl", scheme: str = "auto", **changes: Any
    ) -> list[str]:
        """What is found of a guest, without its name: problems as KEY = VALUE: REASON, notes after a star."""
        result = written(guest, facts(release, toolstack), scheme)
        problems, notes = self.needs(release, toolstack, **changes).run(guest, result)
        assert all(problem.remedy and problem.guest == guest.name for problem in problems)
        about = f"guest {guest.name}: "
        assert all(note.startswith(about) for note in notes)
        told = [f"{one.key}{'' if one.value is None else f' = {one.value!r}'}: {one.reason}" for one in problems]
        return [*told, *(f"* {note[len(about):]}" for note in notes)]
