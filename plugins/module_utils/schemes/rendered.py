# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a scheme makes of a guest (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ..common.problem import Problem
from ..guest.model import Guest
from ..xencfg.values import Value


@dataclass(frozen=True)
class File:
    """One configuration file: its name in the configuration folder and Xen's keys in their order.

    ``commented`` holds keys that are written as comments, for whoever reads the file.
    """

    name: str
    values: Mapping[str, Value]
    commented: Mapping[str, Value] = field(default_factory=dict)


@dataclass
class Rendered:
    """The files of a guest, its own first; what is wrong, and what is worth knowing and no fault.

    ``kernel`` is the file that the guest itself boots from, "" where its firmware decides; ``stub_mib`` is the memory
    of its stub domain in MiB, 0 without one.
    """

    scheme: str = ""
    kernel: str = ""
    stub_mib: int = 0
    files: list[File] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, guest: Guest, key: str, reason: str, remedy: str, value: Any = None, release: str = "") -> None:
        self.problems.append(Problem(reason, remedy, guest=guest.name, key=key, value=value, release=release))

    def note(self, guest: Guest, text: str) -> None:
        self.notes.append(f"guest {guest.name}: {text}")


def file_name(guest: Guest, toolstack: str) -> str:
    """``xm create NAME`` finds a file of just that name in /etc/xen; xl is given a path, and its files are told from
    others by their ending.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
    >>> file_name(Guest("web1", 128, Boot("direct")), "xl"), file_name(Guest("web1", 128, Boot("direct")), "xm")
    ('web1.cfg', 'web1')
    """
    return guest.name if toolstack == "xm" else f"{guest.name}.cfg"
