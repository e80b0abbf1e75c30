# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold what a scheme makes of a guest: its files, and what the host itself has to be checked for (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ..common.problem import Problem
from ..guest.model import Guest
from ..xencfg.values import Value

#: What a host can be checked for; host/stub_domain_checks.py has a method for each.
SUBJECTS = (
    "kernel",  # the file ``path`` that a stub domain boots from, ``device_model.kernel`` of the definition
    "ramdisk",  # the same, ``device_model.ramdisk``
    "boot files",  # whether the image ``path`` holds the kernel and RAM disk of the guest's direct boot
)

#: The remedy where a mini-OS image, or what belongs to it, is missing.
MINIOS_REMEDY = (
    "declare the host's release in stubdom_host, name a source tree of it in stubdom_xen_sources and run the playbook "
    "deploy.yml, or install Xen's stubdom"
)


@dataclass(frozen=True)
class GuestFile:
    """Describe one configuration file: its name in the configuration folder and Xen's keys in their order.

    ``commented`` holds keys that are written as comments, as information for an operator.
    """

    name: str
    values: Mapping[str, Value]
    commented: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class HostCheck:
    """Describe one thing that only the host itself can show: ``subject`` is one of ``SUBJECTS``, ``path`` the file that is
    checked, "" for none. ``note`` is for the guest's result where the check is not made or cannot decide."""

    subject: str
    path: str = ""
    note: str = ""


@dataclass
class GuestFiles:
    """Hold the files of a guest, its own first, the problems that keep them from being written, and notes.

    ``kernel`` is the file that the guest itself boots from, "" where its firmware decides; ``stub_mib`` is the memory
    of its stub domain in MiB, 0 without one. ``checks`` are to be made on the host before the files are written.
    """

    scheme: str = ""
    kernel: str = ""
    stub_mib: int = 0
    files: list[GuestFile] = field(default_factory=list)
    checks: list[HostCheck] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def unchecked_notes(self) -> list[str]:
        """Return the notes where no host can be checked, those of the checks among them."""
        return [*self.notes, *(check.note for check in self.checks if check.note)]

    def refuse(self, guest: Guest, key: str, reason: str, remedy: str, value: Any = None, release: str = "") -> None:
        """Add a problem of a key of the guest's definition."""
        self.problems.append(Problem(reason, remedy, guest=guest.name, key=key, value=value, release=release))

    def note(self, guest: Guest, text: str) -> None:
        """Add a note about the guest."""
        self.notes.append(_about(guest, text))

    def check(self, guest: Guest, subject: str, path: str = "", note: str = "") -> None:
        """Add a check of the host; ``note`` is about the guest."""
        self.checks.append(HostCheck(subject, path, _about(guest, note) if note else ""))


def _about(guest: Guest, text: str) -> str:
    return f"guest {guest.name}: {text}"


def file_name(guest: Guest, toolstack: str) -> str:
    """Return the name of the guest's own file. ``xm create NAME`` finds a file of that name in /etc/xen; ``xl`` gets a
    path, and the ending marks its files.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
    >>> file_name(Guest("web1", 128, Boot("direct")), "xl"), file_name(Guest("web1", 128, Boot("direct")), "xm")
    ('web1.cfg', 'web1')
    """
    return guest.name if toolstack == "xm" else f"{guest.name}.cfg"
