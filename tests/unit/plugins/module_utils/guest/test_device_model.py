# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which device model a definition asks for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import ANY, SCHEMES, DeviceModel
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    CHOICE,
    CONTROL,
    DIGITS,
    GONE,
    IN_RANGE,
    PAIRS,
    definition,
    hvm,
    hvm_guest,
    refusals,
)

PATH = "is not an absolute path on the host", "give an absolute path on the host"
ALL_SCHEMES = "use one of auto, paired, generated, minios, linux, dom0"
RANGE = f"is outside 16 to {2**20}"


@pytest.mark.parametrize(
    "model, expected",
    [
        (GONE, ANY),
        (None, ANY),
        ({}, DeviceModel("auto", 0, "", "", "")),
        *[({"scheme": scheme}, DeviceModel(scheme)) for scheme in ("auto", *SCHEMES)],
        ({"memory": 16}, DeviceModel(memory=16)),
        ({"memory": str(2**20)}, DeviceModel(memory=2**20)),
        (
            {"scheme": "linux", "kernel": "/k", "ramdisk": "/r", "cmdline": "console=hvc0 quiet"},
            DeviceModel("linux", 0, "/k", "/r", "console=hvc0 quiet"),
        ),
    ],
)
def test_what_a_device_model_takes(model: Any, expected: DeviceModel) -> None:
    assert hvm_guest(device_model=model).device_model == expected


@pytest.mark.parametrize(
    "model, key, value, reason, remedy",
    [
        ("linux", "", "linux", *PAIRS),
        (["linux"], "", ["linux"], *PAIRS),
        (True, "", True, *PAIRS),
        ({"scheme": "qemu"}, ".scheme", "qemu", CHOICE, ALL_SCHEMES),
        ({"scheme": ""}, ".scheme", "", CHOICE, ALL_SCHEMES),
        ({"scheme": False}, ".scheme", False, "must be a string, not true or false", ALL_SCHEMES),
        ({"memory": 15}, ".memory", 15, RANGE, IN_RANGE),
        ({"memory": 2**20 + 1}, ".memory", 2**20 + 1, RANGE, IN_RANGE),
        ({"memory": 0}, ".memory", 0, RANGE, IN_RANGE),
        ({"memory": "128M"}, ".memory", "128M", "must be a whole number, not a string", DIGITS),
        ({"memory": 128.0}, ".memory", 128.0, "must be a whole number, not a decimal number", DIGITS),
        ({"kernel": "stubdom.gz"}, ".kernel", "stubdom.gz", *PATH),
        ({"ramdisk": "~/rootfs"}, ".ramdisk", "~/rootfs", *PATH),
        ({"version": "qemu"}, ".version", "qemu", "is not one of the values it can have", "use one of qemu-xen, qemu-xen-traditional"),
        ({"cmdline": "a\nb"}, ".cmdline", "a\nb", *CONTROL),
        ({"release": "qemu-xen"}, ".release", "qemu-xen", "is not a key of the definition",
         "the keys are cmdline, kernel, memory, ramdisk, scheme, version"),
        ({"sheme": "linux"}, ".sheme", "linux", "is not a key of the definition", "did you mean scheme"),
    ],
)
def test_what_is_refused(model: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    assert refusals(hvm(device_model=model)) == [("win1", f"device_model{key}", value, reason, remedy)]


@pytest.mark.parametrize("kind", ["pv", "pvh"])
@pytest.mark.parametrize("model", [{}, {"scheme": "linux"}, {"scheme": "qemu", "memory": 0}, "linux", 7, False])
def test_other_guests_have_none(kind: str, model: Any) -> None:
    found = ("web1", "device_model", model, f"a {kind.upper()} guest has no device model", "remove device_model")
    assert refusals(definition(type=kind, device_model=model)) == [found]
