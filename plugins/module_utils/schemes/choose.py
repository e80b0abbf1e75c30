# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scheme a guest gets on a host (pure)."""

from __future__ import annotations

from ..guest.device_model import ANY, DeviceModel
from ..xen.facts import Facts
from ..xen.releases import SCHEMES, from_to, shown, within
from . import generated, linux, minios, paired

_REFUSALS = {
    "linux": linux.refusal,
    "minios": minios.refusal,
    "generated": generated.refusal,
    "paired": paired.refusal,
}


def refusal(scheme: str, facts: Facts, model: DeviceModel = ANY) -> tuple[str, str] | None:
    """Why the host cannot run the scheme, and what to do; None when it can. ``model`` may name images of its own.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
    >>> refusal("minios", Facts((4, 21)))[0]
    'Xen 4.21 with xl does not have it: it is there from 4.2 to 4.20, with xl'
    """
    if scheme == "dom0":
        return None
    toolstack, span = SCHEMES[scheme]
    if toolstack != facts.toolstack or not within(facts.release, span):
        has = f"Xen {shown(facts.release)} with {facts.toolstack}"
        reason = f"{has} does not have it: it is there from {from_to(span)}, with {toolstack}"
        return reason, "use scheme: auto, or another host"
    return _REFUSALS[scheme](facts, model)


def choose(facts: Facts, model: DeviceModel = ANY) -> tuple[str, list[str]]:
    """The scheme of a guest that leaves it to the host, "" when the host can run none; then why, for each that its
    release has. QEMU in dom0 is never chosen: it is what a guest is to be kept from, so it has to be asked for."""
    reasons = []
    for scheme, (toolstack, span) in SCHEMES.items():
        found = refusal(scheme, facts, model)
        if found is None:
            return scheme, []
        if toolstack == facts.toolstack and within(facts.release, span):
            reasons.append(f"{scheme}: {found[0]}")
    return "", reasons
