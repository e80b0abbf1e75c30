# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the host has the PCI devices of a guest, and that its toolstack can give them away. Read only."""

from __future__ import annotations

import re
from pathlib import Path

from ..common.files import below
from ..toolstack.base import HostState
from ..xen.pci_address import ALL_FUNCTIONS, PciFunctions, pci_functions
from ..xen.releases import Release
from .findings import Findings

DEVICES = "/sys/bus/pci/devices"
DRIVERS = "/sys/bus/pci/drivers"

# The driver of the modules xen-pciback and pciback (SYSFS_PCIBACK_DRIVER of libxl_pci.c, Xen 4.2 on); xend of 4.0 on takes
# another one too (tools/python/xen/xend/server/pciif.py).
_PCIBACK = "pciback"
_XEND_DRIVERS = (_PCIBACK, "pci-stub")

# libxl reads seize from 4.5 on; older ones ignore it. It wants an IOMMU for PV guests from 4.13 on (libxl_create.c,
# libxl__domain_config_setdefault), for HVM guests always (xc_test_assign_device).
_SEIZE: Release = (4, 5)
_IOMMU_OF_ALL: Release = (4, 13)


def check(found: Findings, host: HostState, root: Path) -> None:
    """Refuse a device that the host does not have or that its driver keeps, and passthrough without an IOMMU.

    A device of a running guest is bound to pciback as well. xl and xend refuse all of it at each start, whatever the host.
    """
    items = found.values.get("pci")
    texts = [item for item in items if isinstance(item, str)] if isinstance(items, list) else []
    if not texts or not below(root, DEVICES).is_dir():
        return
    _check_iommu(found, host)
    for text in texts:
        _check_device(found, text, host, root)


def _check_iommu(found: Findings, host: HostState) -> None:
    # The words of virt_caps with an IOMMU: hvm_directio, and from 4.12 on pv_directio (xl_info.c). No words: not known.
    words = host.virt_capabilities
    needed = host.toolstack == "xl" and (found.guest.type == "hvm" or host.release >= _IOMMU_OF_ALL)
    if needed and words and not {"hvm_directio", "pv_directio"}.intersection(words):
        reason = "the hypervisor has no IOMMU, without which it gives no PCI device to this guest"
        remedy = "turn on VT-d or AMD-Vi in the host's firmware, and do not give Xen iommu=off; or remove pci"
        found.problem_of_file("pci", reason, remedy, found.values["pci"], "virt_caps without hvm_directio")


def _check_device(found: Findings, text: str, host: HostState, root: Path) -> None:
    named = pci_functions(text)
    if named is None or named.name:
        # A device of xl pci-assignable-add -n NAME, whose address xenstore has, or a text that has a problem already.
        return
    devices = _functions(named, root)
    if not devices:
        remedy = "name a device of lspci -D, or remove it"
        found.problem_of_file("pci", "is not a PCI device of this host", remedy, text)
        return
    names = [device.name for device in devices if not _is_free(device, host)]
    if not names:
        return
    is_loaded = below(root, f"{DRIVERS}/{_PCIBACK}").is_dir()
    if host.toolstack == "xl" and is_loaded and _seizes(found, text, host.release):
        return
    reason = f"{names[0]} is not bound to pciback, from which {host.toolstack} takes it"
    remedy = "" if is_loaded else "load the module xen-pciback, then "
    if host.toolstack == "xm":
        remedy += f"unbind it from its driver, and write its address into new_slot and bind of {DRIVERS}/{_PCIBACK}"
    else:
        remedy += "run " + " and ".join(f"xl pci-assignable-add {one}" for one in names)
        # Of several functions, libxl seizes the first one only.
        can_seize = is_loaded and host.release >= _SEIZE and len(named.functions) == 1
        remedy += f", or write {text},seize=1" if can_seize else ""
    if found.guest.has_domain:
        found.problem_of_file("pci", reason, remedy, text)
    else:
        # An operator may bind it when the guest is to start.
        found.note(f"{found.place_of('pci')} = {text!r}: {reason}: before a start, {remedy}")


def _functions(named: PciFunctions, root: Path) -> list[Path]:
    """Return the folders of the device's functions in sysfs; those that it has where all of them are named
    (pci_multifunction_check), none where it lacks one that is named."""
    folder = below(root, DEVICES)
    paths = [folder / address for address in named.addresses()]
    there = [path for path in paths if path.exists()]
    return there if named.functions == ALL_FUNCTIONS or len(there) == len(paths) else []


def _is_free(device: Path, host: HostState) -> bool:
    driver = device / "driver"
    bound = driver.resolve().name if driver.exists() else ""
    return bound in (_XEND_DRIVERS if host.toolstack == "xm" else (_PCIBACK,))


def _seizes(found: Findings, text: str, release: Release) -> bool:
    """Return whether libxl binds the device itself. Its own option counts more than pci_seize (xl_parse.c)."""
    own = re.search(r",seize=([^,]*)", text)
    wanted = own.group(1).strip("0 ") != "" if own else found.is_on("pci_seize")
    return release >= _SEIZE and wanted
