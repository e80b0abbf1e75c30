# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the scheme that a guest gets on a host (pure)."""

from __future__ import annotations

from ..guest.device_model import ANY, DeviceModel
from ..xen.facts import Facts
from ..xen.releases import SCHEMES, from_to, shown, within


def refusal(scheme: str, facts: Facts, model: DeviceModel = ANY) -> tuple[str, str] | None:
    """Return why the host cannot run the scheme, and the remedy; None when it can. ``model`` may name its own images.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
    >>> refusal("minios", Facts((4, 21)))[0]
    'Xen 4.21 with xl does not have it: it exists from 4.2 to 4.20, with xl'
    """
    if scheme == "dom0":
        return None
    toolstack, span = SCHEMES[scheme]
    if toolstack != facts.toolstack or not within(facts.release, span):
        has = f"Xen {shown(facts.release)} with {facts.toolstack}"
        reason = f"{has} does not have it: it exists from {from_to(span)}, with {toolstack}"
        return reason, "use scheme: auto, or another host"
    return _own_refusal(scheme, facts, model)


def _own_refusal(scheme: str, facts: Facts, model: DeviceModel) -> tuple[str, str] | None:
    """Return what the scheme itself refuses the host for. Its file is loaded on hosts that can have the scheme only."""
    if scheme == "linux":
        from . import linux

        return linux.refusal(facts, model)
    if scheme == "minios":
        from . import minios

        return minios.refusal(facts, model)
    if scheme == "generated":
        from . import generated

        return generated.refusal(facts, model)
    from . import paired

    return paired.refusal(facts, model)


def choose(facts: Facts, model: DeviceModel = ANY) -> tuple[str, list[str]]:
    """Return the scheme of a guest that leaves it to the host, "" when the host can run none, and then the reason for each
    scheme that its release has. QEMU in dom0 is never chosen: the definition must ask for it."""
    reasons = []
    for scheme, (toolstack, span) in SCHEMES.items():
        found = refusal(scheme, facts, model)
        if found is None:
            return scheme, []
        if toolstack == facts.toolstack and within(facts.release, span):
            reasons.append(f"{scheme}: {found[0]}")
    return "", reasons
