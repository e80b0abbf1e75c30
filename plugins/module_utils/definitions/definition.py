# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the definition of a guest from a configuration file: the reverse of ``schemes`` (pure).

The judge of it is the way back: the definition is read and rendered as for a deployment, and what that refuses is listed
with its line. Whether the rendered file means the same is for the host's own toolstack to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..common.problem import Problem
from ..guest.model import Guest, read_guest
from ..schemes.files import GuestFile, GuestFiles
from ..schemes.render import render_guest
from ..xen.facts import Facts
from ..xen.releases import knows
from ..xencfg.values import Document
from .devices import disks_of, vifs_of
from .machine import boot_of, device_model_of, display_of
from .settings import settings_of
from .source import Remark, Source

# What a scheme with a stub domain takes away, unless the definition has it: where the file leaves it to xl, it is this.
_CARD = {"vga": "cirrus"}
_KEYBOARD = {"vkb_device": True}


@dataclass
class Draft:
    """Hold the definition of a guest as an operator would write it, and what it leaves out: ``unsaid`` is lost with it,
    ``unused`` is what the toolstack ignores. ``guest`` and ``files`` are None where a deployment would refuse it."""

    name: str
    definition: dict[str, Any] = field(default_factory=dict)
    unsaid: list[Remark] = field(default_factory=list)
    unused: list[Remark] = field(default_factory=list)
    guest: Guest | None = None
    files: GuestFiles | None = None

    @property
    def own_file(self) -> GuestFile | None:
        """Return the guest's own file as a deployment would write it."""
        return self.files.files[0] if self.files and self.files.files else None


def draft_of(document: Document, facts: Facts, default_name: str = "") -> Draft:
    """Return the draft of a file for a host with these facts. ``default_name`` is the name that xm gives a guest without one."""
    source = Source(document, facts.toolstack, facts.release)
    name = source.text("name", "name") or (default_name if facts.toolstack == "xm" else "")
    definition: dict[str, Any] = {"name": name}
    kind = _kind(source)
    definition["type"] = kind
    definition.update(_size(source))
    parts: dict[str, Any] = {"boot": boot_of(source, kind), "disks": disks_of(source), "vifs": vifs_of(source, kind)}
    if kind == "hvm":
        parts["display"] = display_of(source)
        parts["device_model"] = device_model_of(source)
        if facts.dm_config and parts["device_model"]["scheme"] == "generated":
            source.refuse("device_model", "its stub domain has a file of its own, which a definition would replace")
    parts["settings"] = settings_of(source, name, kind)
    parts["settings"].update(_kept(parts, facts))
    definition.update({key: value for key, value in parts.items() if value})
    draft = Draft(name, definition, source.unsaid, source.unused)
    if not name:
        source.refuse("name", "is missing")
        return draft
    _render(source, draft, facts)
    return draft


def _kept(parts: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """Return the settings without which the scheme of an HVM guest would give it other devices than the file does."""
    scheme = parts.get("device_model", {}).get("scheme")
    kept: dict[str, Any] = {}
    if scheme == "linux" and not {"vga", "stdvga"} & parts["settings"].keys():
        kept.update(_CARD)
    has_keyboard = facts.toolstack == "xl" and scheme in ("linux", "minios") and knows("vkb_device", facts.release)
    if has_keyboard and "vkb_device" not in parts["settings"]:
        kept.update(_KEYBOARD)
    return kept


def _render(source: Source, draft: Draft, facts: Facts) -> None:
    """Read and render the definition, and add what is refused."""
    found = read_guest(draft.definition)
    _refuse_all(source, found.problems)
    if not found.guest:
        return
    files = render_guest(found.guest, facts)
    _refuse_all(source, files.problems)
    if not files.problems:
        draft.guest, draft.files = found.guest, files


def _refuse_all(source: Source, problems: list[Problem]) -> None:
    for problem in problems:
        source.refuse_place(problem.key, problem.reason)


def _kind(source: Source) -> str:
    """Return the type of the guest: xl takes the beginning of a word for the word, and ``type`` goes before ``builder``."""
    given, builder = source.take("type", "type"), source.take("builder", "type")
    pvh = source.flag("pvh", "type")
    if isinstance(given, str):
        found = next((kind for kind in ("hvm", "pv", "pvh") if kind.startswith(given)), "")
        if not found:
            source.refuse("type", "is not a type of guest")
        return found or "pv"
    if isinstance(builder, str) and "hvm".startswith(builder):
        return "hvm"
    if pvh:
        source.refuse("pvh", "PVH guests of this release are not those of today")
    return "pv"


def _size(source: Source) -> dict[str, Any]:
    """Return memory and processors, as libxl derives them."""
    config = source.config
    # Without maxmem it is memory, or that of all virtual nodes.
    memory, most, vcpus = config.memory, config.number("maxmem"), config.vcpus or 1
    for key in ("memory", "maxmem", "vcpus"):
        source.number(key, key)
    size: dict[str, Any] = {"memory": memory}
    if most not in (None, memory):
        size["maxmem"] = most
    if vcpus != 1:
        size["vcpus"] = vcpus
    if source.config.number("maxvcpus") == vcpus:
        source.take("maxvcpus")
    return size
