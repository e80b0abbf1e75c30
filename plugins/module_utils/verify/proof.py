# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what counts as proof that a guest is as defined (pure).

A guest has a proof when no problem was found. The words are those of the column PROOF in the report.
"""

from __future__ import annotations

from ..guest.model import Guest


def proof_without_running(guest: Guest, state: str) -> str:
    """Return the proof for a guest that is not to run, "" where it is not as defined.

    ``state`` is the condition of its domain, "off" for none. A guest that is only defined may be in any state.
    """
    if guest.state == "paused":
        return "paused" if state == "paused" else ""
    if guest.state == "defined" or state == "off":
        return {"defined": "defined", "stopped": "no domain", "absent": "gone"}[guest.state]
    return ""


def proof_of_running(guest: Guest, device_model: str, with_console: bool) -> str:
    """Return the proof for a guest that runs, and of which every check has passed.

    For an HVM guest that is where its device model runs, for another one that its kernel is the expected one, or that the
    definition leaves the kernel to a boot loader of dom0; and that its console shows its own boot, where consoles are
    verified and the definition has ``boot.expect``.
    """
    place = "QEMU in dom0" if device_model == "dom0" else device_model
    kernel = "boot loader in dom0" if guest.boot.method == "bootloader" else "kernel"
    proven = [place if guest.type == "hvm" else kernel, "console" if with_console and guest.boot.expect else ""]
    return ", ".join(word for word in proven if word)
