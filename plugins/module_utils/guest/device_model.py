# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read which device model an HVM guest is to have (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.fields import Fields

# The QEMU of a mini-OS stub domain.
TRADITIONAL = "qemu-xen-traditional"
# The QEMUs that the scheme dom0 can run.
VERSIONS = ("qemu-xen", TRADITIONAL)
SCHEMES = ("paired", "generated", "minios", "linux", "dom0")


@dataclass(frozen=True)
class DeviceModel:
    """Describe a device model. ``scheme`` is how its stub domain is set up, or ``auto`` for one that the host can run.

    ``memory`` (MiB, 0 for the scheme's default) is the stub domain's, as are ``kernel``, ``ramdisk`` (paths on the
    host, "" for the installed image) and ``cmdline``. ``version`` is which QEMU runs in dom0, "" for qemu-xen.
    """

    scheme: str = "auto"
    memory: int = 0
    kernel: str = ""
    ramdisk: str = ""
    cmdline: str = ""
    version: str = ""

    def scheme_or(self, default: str) -> str:
        """Return its own scheme, or ``default``, that of the host or the run, where it is left at auto.

        >>> DeviceModel().scheme_or("linux"), DeviceModel("dom0").scheme_or("linux")
        ('linux', 'dom0')
        """
        return self.scheme if self.scheme != "auto" else default


ANY = DeviceModel()


def read_device_model(fields: Fields) -> DeviceModel:
    """Return the device model. Each scheme refuses the keys that it cannot use."""
    model = DeviceModel(
        scheme=fields.text("scheme", "auto", choices=("auto", *SCHEMES)),
        memory=fields.integer("memory", minimum=16, maximum=2**20),
        kernel=fields.path_name("kernel"),
        ramdisk=fields.path_name("ramdisk"),
        cmdline=fields.text("cmdline"),
        version=fields.text("version", choices=VERSIONS),
    )
    fields.done()
    return model
