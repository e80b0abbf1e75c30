# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render a guest's files for a host: its scheme, and the checks that all schemes share (pure)."""

from __future__ import annotations

import re
from dataclasses import replace

from ..guest.model import Guest
from ..guest.settings import definition_key
from ..xen.facts import Facts
from ..xen.releases import TOOLSTACKS, from_to, shown, within
from ..xen.setting_check import check_extra, check_settings
from ..xencfg.config_text import check_assignment
from . import devices
from .choose import choose, refusal
from .files import GuestFiles


def render_guest(guest: Guest, facts: Facts, scheme: str = "auto") -> GuestFiles:
    """Return the guest's files for this host; with any problem they must not be written.

    ``scheme`` holds for guests whose own definition leaves it at auto.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
    >>> web1 = Guest("web1", memory=128, boot=Boot("direct", kernel="/boot/vmlinuz"))
    >>> [(file.name, file.values["kernel"]) for file in render_guest(web1, Facts((4, 17))).files]
    [('web1.cfg', '/boot/vmlinuz')]
    """
    refused = _check_toolstack(guest, facts)
    if refused:
        return refused
    if guest.type == "hvm":
        result = _render_hvm(guest, facts, scheme)
    else:
        from . import pv

        result = pv.files_of(guest, facts)
    result.problems += devices.check(guest, facts)
    known = {key: value for key, value in guest.settings.items() if key not in guest.extra}
    result.problems += check_settings(known, facts.toolstack, facts.release, guest.name, guest.type)
    if guest.extra:
        result.problems += check_extra(guest.settings, guest.extra, guest.name)
    _check_syntax(guest, facts, result)
    if facts.toolstack == "xl":
        _check_start(guest, facts, result)
    return result


def _check_start(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    """Refuse what libxl refuses at every start of the guest, but for keys that have a problem already."""
    # Hosts with xm do without the table.
    from ..xen.libxl_rules import check

    refused = {_top(problem.key) for problem in result.problems}
    for file in result.files:
        for problem in check(file.values, facts.release, guest.name):
            key = definition_key(problem.key, guest.type, guest.settings, guest.extra)
            if _top(key) not in refused:
                result.problems.append(replace(problem, key=key))


def _top(key: str) -> str:
    """Return the key of the definition that holds a key: boot for boot.kernel, settings.pci for settings.pci."""
    return key if key.startswith(("settings.", "extra_settings.")) else re.split(r"[.\[]", key)[0]


def _render_hvm(guest: Guest, facts: Facts, scheme: str) -> GuestFiles:
    wanted = guest.device_model.scheme_or(scheme)
    if wanted == "auto":
        wanted, reasons = choose(facts, guest.device_model)
        if not wanted:
            result = GuestFiles()
            why = "; ".join(reasons) or f"Xen {shown(facts.release)} with {facts.toolstack} has none"
            reason = f"the host can run no stub domain ({why})"
            remedy = (
                "install what is missing (deploy.yml builds it; mini-OS images where stubdom_host declares the host's release and "
                "stubdom_xen_sources names a source tree of it), or give scheme: dom0 to run QEMU in dom0"
            )
            result.refuse(guest, "device_model.scheme", reason, remedy, "auto")
            return result
    refused = refusal(wanted, facts, guest.device_model)
    if refused:
        result = GuestFiles()
        result.refuse(guest, "device_model.scheme", f"the host cannot run it: {refused[0]}", refused[1], wanted)
        return result
    return _files_of(wanted, guest, facts)


def _files_of(scheme: str, guest: Guest, facts: Facts) -> GuestFiles:
    """Return the files of an HVM guest. The file of a scheme is loaded for the guests that have it only."""
    if scheme == "linux":
        from . import linux

        return linux.files_of(guest, facts)
    if scheme == "minios":
        from . import minios

        return minios.files_of(guest, facts)
    if scheme == "generated":
        from . import generated

        return generated.files_of(guest, facts)
    if scheme == "paired":
        from . import paired

        return paired.files_of(guest, facts)
    from . import dom0

    return dom0.files_of(guest, facts)


def _check_toolstack(guest: Guest, facts: Facts) -> GuestFiles | None:
    """Return a refusal of the host's toolstack; None where this collection writes files for it."""
    span = TOOLSTACKS[facts.toolstack]
    if within(facts.release, span):
        return None
    result = GuestFiles()
    reason = f"this collection writes files for {facts.toolstack} of Xen {from_to(span)}"
    remedy = "use the other toolstack, or another host"
    result.refuse(guest, "toolstack", f"{reason}, and the host has {shown(facts.release)}", remedy, facts.toolstack)
    return result


def _check_syntax(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    """Refuse what the toolstack's syntax cannot express, but for keys that have a problem already."""
    refused = {_top(problem.key) for problem in result.problems}
    for file in result.files:
        for key, value in file.values.items():
            reason = check_assignment(facts.toolstack, key, value, facts.release)
            where = definition_key(key, guest.type, guest.settings, guest.extra)
            if reason and _top(where) not in refused:
                refused.add(_top(where))
                remedy = f"give a value that a file of {facts.toolstack} can express"
                result.refuse(guest, where, reason, remedy, value)
