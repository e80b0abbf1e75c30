# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that a definition means what the file means: the host's own toolstack reads both. Nothing is started."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ..definitions.definition import Draft
from ..definitions.source import Remark
from ..toolstack.base import Domain, Toolstack
from ..toolstack.domain_record import read_record
from ..toolstack.dry_run import FileRefused, NoAnswer, meaning_on_host
from ..toolstack.meaning import Meaning, MeaningError, differences, differences_from_record
from ..xencfg.config_text import config_text
from ..xencfg.values import ConfigSyntaxError, Document

_LISTS = {"disks": "disk", "nics": "vif", "vfbs": "vfb", "pcidevs": "pci"}
_PLACE = re.compile(r"(\w+)\[(\d+)\]")


@dataclass(frozen=True)
class Proof:
    """Hold why a draft is not proven to mean what its file means, nothing when it is, and then the meaning of both."""

    remarks: list[Remark]
    meaning: Meaning = field(default_factory=dict)


def prove(toolstack: Toolstack, path: str, text: str, document: Document, draft: Draft) -> Proof:
    """Return whether the draft means what the file ``path`` means. Raise OSError.

    The text of an xm host is executed for it, as xend's own tools do for every start; ``read_xm`` has refused anything but
    assignments of plain values before.
    """
    own = draft.own_file
    if own is None:
        return Proof([])
    try:
        before = meaning_on_host(toolstack, path, text)
    except FileRefused as error:
        return Proof([Remark(0, "", f"the host itself refuses the file: {error}")])
    except (NoAnswer, MeaningError, ConfigSyntaxError) as error:
        return Proof([Remark(0, "", f"its meaning is not proven: {error}")])
    try:
        after = meaning_on_host(toolstack, own.name, config_text(toolstack.name, own.values))
    except (FileRefused, NoAnswer, MeaningError, ConfigSyntaxError) as error:
        return Proof([Remark(0, "", f"its meaning is not proven: {error}")])
    return Proof([_remark(place, document) for place in differences(before, after)], after)


def differences_from_domain(domain: Domain, library: Path, meaning: Meaning) -> list[str]:
    """Return at which places libxl's record of a running domain differs; nothing where there is no record."""
    record = read_record(domain.domid, library)
    return differences_from_record(record.meaning, meaning) if record else []


def _remark(place: str, document: Document) -> Remark:
    """Return a remark at the line of the key that a place of the configuration was made of, as far as it can be told."""
    key = _key_of(place, document)
    line = next((document.lines[name] for name in (key, key.split("[")[0]) if name in document.lines), 0)
    return Remark(line, key.split("[")[0], f"the definition would mean something else here ({place})")


def _key_of(place: str, document: Document) -> str:
    found = _PLACE.match(place)
    if found and found.group(1) in _LISTS:
        return f"{_LISTS[found.group(1)]}[{found.group(2)}]"
    parts = re.sub(r"\[\d+\]", "", place).split(".")
    names = [parts[-1], "".join(parts[-2:]), "_".join(parts[-2:])]
    return next((name for name in names if name in document.values), "")
