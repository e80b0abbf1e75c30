# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as proof, by the guest's type and state."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify.proof import (
    proof_of_running,
    proof_without_running,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest


@pytest.mark.parametrize(
    "state, domain, proof",
    [
        ("stopped", "off", "no domain"), ("stopped", "running", ""), ("absent", "off", "gone"), ("absent", "crashed", ""),
        ("paused", "paused", "paused"), ("paused", "running", ""), ("paused", "off", ""),
        ("defined", "off", "defined"), ("defined", "running", "defined"),
    ],
)
def test_a_guest_that_is_not_to_run(state: str, domain: str, proof: str) -> None:
    assert proof_without_running(guest(state=state), domain) == proof


def test_a_guest_that_runs() -> None:
    boot = {"method": "direct", "kernel": "/boot/vmlinuz", "expect": "login:"}
    assert proof_of_running(guest(boot=boot), "", with_console=True) == "kernel, console"
    assert proof_of_running(guest(boot=boot), "", with_console=False) == "kernel"
    assert proof_of_running(guest(boot={**boot, "expect": ""}), "", with_console=True) == "kernel"
    assert proof_of_running(hvm_guest(), "stub domain", with_console=False) == "stub domain"
    assert proof_of_running(hvm_guest(), "dom0", with_console=False) == "QEMU in dom0"
