# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.pci_address import PciFunctions, pci_functions

Address = Tuple[int, int, int, int]
addresses = st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFF), st.integers(0, 0x1F), st.integers(0, 7))
options = st.sampled_from(["", "@5", "@1f,permissive=1", ",msitranslate=1,power_mgmt=0", ",rdm_policy=relaxed", ",seize=1"])


@st.composite
def spellings(draw: st.DrawFn, address: Address) -> str:
    domain, bus, device, function = address
    width = draw(st.sampled_from([(4, 2, 2), (1, 1, 1), (4, 1, 2)]))
    text = f"{bus:0{width[1]}x}:{device:0{width[2]}x}.{function}"
    if domain or draw(st.booleans()):
        text = f"{domain:0{width[0]}x}:{text}"
    text = text.upper() if draw(st.booleans()) else text
    if draw(st.booleans()):
        return text + draw(options)
    return f"permissive=1,bdf={text}"


@given(st.data(), addresses)
def test_spellings_of_one_device_are_one(data: st.DataObject, address: Address) -> None:
    one, other = data.draw(spellings(address)), data.draw(spellings(address))
    assert pci_functions(one) == pci_functions(other) == PciFunctions(address[:3], frozenset({address[3]}))


@given(st.data(), addresses, addresses)
def test_different_devices_do_not_meet(data: st.DataObject, one: Address, other: Address) -> None:
    first, second = pci_functions(data.draw(spellings(one))), pci_functions(data.draw(spellings(other)))
    assert first and second and first.meets(second) == (one == other)


@pytest.mark.parametrize(
    "text, functions",
    [
        ("03:00.*", set(range(8))),
        ("0000:03:00.*@5,permissive=1", set(range(8))),
        ("03:00.0,2", {0, 2}),
        ("03:00.1-3@5", {1, 2, 3}),
        ("03:00.0,permissive=1", {0}),
        ("0000,03,00.7", {7}),
    ],
)
def test_several_functions(text: str, functions: set[int]) -> None:
    found = pci_functions(text)
    assert found and (found.slot, found.functions) == ((0, 3, 0), functions)


def test_addresses_as_linux_writes_them() -> None:
    found = pci_functions("1:3:0.2,4")
    assert found and found.addresses() == ["0001:03:00.2", "0001:03:00.4"]


@pytest.mark.parametrize("text", ["", "03:00", "03:00.8", "g3:00.0", "permissive=1", "bdf=x", "name="])
def test_what_cannot_be_read(text: str) -> None:
    assert pci_functions(text) is None
