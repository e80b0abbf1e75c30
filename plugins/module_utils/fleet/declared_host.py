# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what an inventory declares of a Xen host, so that its guests are checked before it is reached (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ..common.fields import Fields
from ..common.problem import Problem
from ..guest.device_model import SCHEMES
from ..guest.model import Guest
from ..xen.facts import Facts, assumed
from ..xen.releases import IMAGE_FILES, TOOLSTACKS, Release, from_to, parse_release, shown, within
from ..xen.releases import SCHEMES as SPANS

_HINT = "a Xen release such as 4.17, in quotes"
# A release or a version: 4.17, 4.17.5, 4.2-rc1, 4.17.5+23-ga4e5191dc0. Two of them, or words, are neither.
_RELEASE = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}([.+~-][A-Za-z0-9.+~-]*)?")


@dataclass(frozen=True)
class DeclaredHost:
    """Hold the declaration of one host; ``release`` is None for a host that declares none. ``memory`` is the host's whole
    memory and ``dom0_memory`` dom0's part of it, in MiB, 0 where not declared. ``scheme`` holds for guests that leave
    theirs at auto."""

    release: Release | None = None
    toolstack: str = "xl"
    scheme: str = "auto"
    memory: int = 0
    dom0_memory: int = 0

    def has_stub_domain(self, guest: Guest) -> bool:
        """Return whether the guest's device model is to run in a stub domain, whatever the scheme."""
        wanted = guest.device_model.scheme_or(self.scheme)
        return guest.type == "hvm" and guest.state != "absent" and wanted != "dom0"

    def facts(self, guest: Guest) -> Facts | None:
        """Return the facts that are assumed: the release as declared, with every image that exists; None without a release.

        Which images the host has is checked later, on the host.
        """
        if self.release is None:
            return None
        names = [*IMAGE_FILES, *([guest.boot.image] if guest.boot.image else [])]
        wanted = guest.device_model.scheme_or(self.scheme)
        facts = assumed(self.release, self.toolstack, {name: f"/{name}" for name in names}, wanted)
        return replace(facts, own=facts.images, stubdom_dm="/stubdom-dm")


def read_declared_host(data: Any, host: str) -> tuple[DeclaredHost, list[Problem]]:
    """Return the declaration of one host, and its problems. None and an empty mapping declare nothing.

    What the host cannot be is a problem here, once, and left out of the declaration, so that no guest repeats it.
    """
    problems: list[Problem] = []
    fields = Fields({} if data is None else data, "", problems, "stubdom_host")
    declared = DeclaredHost(
        release=_read_release(fields),
        toolstack=fields.text("toolstack", "xl", choices=("xl", "xm")),
        scheme=fields.text("scheme", "auto", choices=("auto", *SCHEMES)),
        memory=fields.integer("memory", minimum=128),
        dom0_memory=fields.integer("dom0_memory"),
    )
    fields.done()
    if declared.memory and declared.dom0_memory > declared.memory:
        reason = f"is more than the host has, which is {declared.memory} MiB"
        fields.problem("dom0_memory", reason, "correct one of the two; both are in MiB")
        declared = replace(declared, memory=0)
    return _possible(declared, fields), [replace(problem, host=host) for problem in problems]


def _possible(declared: DeclaredHost, fields: Fields) -> DeclaredHost:
    """Return the declaration without a release that its toolstack does not have, and a scheme that its release does not."""
    release, toolstack = declared.release, declared.toolstack
    if release is None:
        return declared
    span = TOOLSTACKS[toolstack]
    if not within(release, span):
        reason = f"this collection writes files for {toolstack} of Xen {from_to(span)}, and the host has {shown(release)}"
        remedy = "declare the host's other toolstack, or correct the release"
        fields.problem("toolstack", reason, remedy, toolstack)
        return replace(declared, release=None)
    if declared.scheme in SPANS:
        needed, span = SPANS[declared.scheme]
        if toolstack != needed or not within(release, span):
            reason = f"Xen {shown(release)} with {toolstack} does not have it: it exists from {from_to(span)}, with {needed}"
            fields.problem("scheme", reason, "use scheme: auto, or correct the release or the toolstack")
            return replace(declared, scheme="auto")
    return declared


def _read_release(fields: Fields) -> Release | None:
    """Return the release. A number is refused: 4.2 and 4.20 are the same to YAML."""
    value = fields.raw("release")
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        fields.problem("release", "is a number, in which 4.2 and 4.20 are the same", f"give {_HINT}")
    elif not isinstance(value, str) or not _RELEASE.fullmatch(value):
        fields.problem("release", "is not a Xen release", f"give {_HINT}")
    else:
        return parse_release(value)
    return None
