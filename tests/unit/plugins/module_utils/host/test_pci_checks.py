# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the PCI devices of a guest are there, and can be given away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, guest, hvm_guest, written

IOMMU = ["pv", "hvm", "hvm_directio", "pv_directio"]
NO_DEVICE = "is not a PCI device of this host"
KEPT = "{} is not bound to pciback, from which xl takes it"


@pytest.fixture
def dom0(tmp_path: Path) -> Dom0:
    """A host with a device for guests, one that dom0 uses, one without a driver, and one with two functions."""
    made = Dom0(tmp_path).debian()
    made.pci("0000:03:00.0", "pciback")
    made.pci("0000:04:00.0", "e1000e")
    made.pci("0000:05:00.0")
    made.pci("0000:06:00.0", "pciback")
    made.pci("0000:06:00.1", "snd_hda_intel")
    made.pci("0001:07:00.0", "pciback")
    made.pci("0000:08:00.0", "pci-stub")
    return made


def pci(text: str, **changes: Any) -> Any:
    """A PV guest with a device."""
    return guest(settings={"pci": [text]}, **changes)


CASES: list[tuple[str, list[str]]] = [
    ("03:00.0", []),
    ("0000:03:00.0", []),
    ("3:0.0", []),
    ("03:00.0@5,permissive=1", []),
    ("bdf=0000:03:00.0,permissive=1", []),
    ("0001:07:00.0", []),
    ("07:00.0", [f"settings.pci = '07:00.0': {NO_DEVICE}"]),
    ("0a:00.0", [f"settings.pci = '0a:00.0': {NO_DEVICE}"]),
    ("0a:00.*", [f"settings.pci = '0a:00.*': {NO_DEVICE}"]),
    ("03:00.*", []),
    ("06:00.*@6", [f"settings.pci = '06:00.*@6': {KEPT.format('0000:06:00.1')}"]),
    ("04:00.0", [f"settings.pci = '04:00.0': {KEPT.format('0000:04:00.0')}"]),
    ("05:00.0", [f"settings.pci = '05:00.0': {KEPT.format('0000:05:00.0')}"]),
    ("08:00.0", [f"settings.pci = '08:00.0': {KEPT.format('0000:08:00.0')}"]),
    ("04:00.0,seize=1", []),
    ("04:00.0,seize=0", [f"settings.pci = '04:00.0,seize=0': {KEPT.format('0000:04:00.0')}"]),
    # Whose address xenstore has.
    ("name=card", []),
]


@pytest.mark.parametrize(("text", "found"), CASES, ids=[text for text, _found in CASES])
def test_devices(text: str, found: list[str], dom0: Dom0) -> None:
    assert dom0.found(pci(text), virt_capabilities=IOMMU) == found


def test_seize(dom0: Dom0) -> None:
    """A key for all devices, which an option of one overrules; libxl reads both from 4.5 on."""
    for settings, number in (
        ({"pci": ["04:00.0"], "pci_seize": 1}, 0),
        ({"pci": ["04:00.0"], "pci_seize": 0}, 1),
        ({"pci": ["04:00.0,seize=0"], "pci_seize": 1}, 1),
        # A device that does not exist cannot be seized.
        ({"pci": ["0a:00.0"], "pci_seize": 1}, 1),
    ):
        assert len(dom0.found(guest(settings=settings), virt_capabilities=IOMMU)) == number, settings
    assert len(dom0.found(pci("04:00.0,seize=1"), "4.4", virt_capabilities=IOMMU)) == 1


def test_without_the_module_nothing_is_seized(tmp_path: Path) -> None:
    """libxl asks for the driver's folder, and takes its absence for a device that is bound (pciback_dev_is_assigned)."""
    dom0 = Dom0(tmp_path).debian()
    dom0.pci("0000:04:00.0", "e1000e")
    made = pci("04:00.0,seize=1")
    (problem,), _notes = dom0.needs(virt_capabilities=IOMMU).run(made, written(made, facts()))
    assert problem.reason == KEPT.format("0000:04:00.0")
    assert problem.remedy == "load the module xen-pciback, then run xl pci-assignable-add 0000:04:00.0"


def test_the_remedy(dom0: Dom0) -> None:
    """Of several functions, libxl seizes the first one only."""
    dom0.pci("0000:06:00.2")
    add = "run xl pci-assignable-add"
    for text, remedy in (
        ("06:00.*", f"{add} 0000:06:00.1 and xl pci-assignable-add 0000:06:00.2"),
        ("04:00.0@5", f"{add} 0000:04:00.0, or write 04:00.0@5,seize=1"),
    ):
        made = pci(text)
        (problem,), _notes = dom0.needs(virt_capabilities=IOMMU).run(made, written(made, facts()))
        assert problem.remedy == remedy


@pytest.mark.parametrize("state", ["stopped", "defined"])
def test_a_guest_that_is_not_to_start_may_get_its_device_later(state: str, dom0: Dom0) -> None:
    assert dom0.found(pci("04:00.0", state=state), virt_capabilities=IOMMU) == [
        ("* settings.pci = '04:00.0': 0000:04:00.0 is not bound to pciback, from which xl takes it: "
         "before a start, run xl pci-assignable-add 0000:04:00.0, or write 04:00.0,seize=1")
    ]


NO_IOMMU = "settings.pci = ['03:00.0']: the hypervisor has no IOMMU, without which it gives no PCI device to this guest"


@pytest.mark.parametrize(
    ("kind", "release", "words", "refused"),
    [
        ("hvm", "4.17", ["pv", "hvm", "hap"], True),
        ("hvm", "4.17", ["hvm", "hvm_directio"], False),
        ("hvm", "4.6", ["hvm"], True),
        ("hvm", "4.6", ["hvm", "hvm_directio"], False),
        # A PV guest gets one without, until 4.12.
        ("pv", "4.12", ["pv", "hvm"], False),
        ("pv", "4.13", ["pv", "hvm"], True),
        ("pv", "4.13", ["pv", "pv_directio"], False),
        # No words: the hypervisor's features are not known.
        ("hvm", "4.17", [], False),
    ],
)
def test_iommu(kind: str, release: str, words: list[str], refused: bool, dom0: Dom0) -> None:
    settings = {"pci": ["03:00.0"]}
    if kind == "pv":
        made = guest(settings=settings)
    else:
        dom0.library((), f"/usr/lib/libxenlight.so.{release}.0")
        made = hvm_guest(settings=settings, device_model={"scheme": "dom0"})
    found = dom0.found(made, release, virt_capabilities=words)
    assert (NO_IOMMU in found) is refused


def test_with_xm(dom0: Dom0) -> None:
    """xend takes devices of pci-stub too, and has no seize."""
    dom0.pci("0000:06:00.2", "pciback")
    for text, number in (
        *(("03:00.0", 0), ("08:00.0", 0), ("04:00.0", 1), ("0a:00.0", 1)),
        # Several functions: all are free, one is not, one does not exist.
        *(("06:00.0,2", 0), ("06:00.0-2", 1), ("06:00.0,3", 1)),
    ):
        assert len(dom0.found(pci(text), "4.1", "xm")) == number, text


def test_a_host_that_shows_no_pci_devices_decides_nothing(tmp_path: Path) -> None:
    assert Dom0(tmp_path).debian().found(pci("03:00.0")) == []
