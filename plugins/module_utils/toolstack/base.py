# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define what each toolstack offers; ``xl`` and ``xm`` implement it (pure)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Collection, Iterable, Mapping, Sequence

from ..common.errors import XenfleetError

#: What a domain is called while its guest is migrated: {} is the guest's name. xl: Xen 4.17, tools/xl/xl_migrate.c; xend:
#: Xen 4.1, tools/python/xen/xend/XendCheckpoint.py.
MIGRATING_NAMES = ("{}--incoming", "{}--migratedaway", "migrating-{}")


class ToolstackError(XenfleetError):
    """Report a failed program of a toolstack: which one, its output, and the remedy."""


class NotXenError(ToolstackError):
    """Report a machine that does not run Xen, or whose toolstack does not answer."""


class StubDomainLate(ToolstackError):
    """Report a start whose stub domain was not ready in time: on a busy host a second start may succeed."""


@dataclass(frozen=True)
class Domain:
    """Describe a domain: ``memory`` in MiB, ``state`` in xl's letters, such as ``-b----``, ``cpu_time`` in seconds."""

    domid: int
    name: str
    memory: int
    vcpus: int
    state: str
    cpu_time: float

    @property
    def condition(self) -> str:
        """Return its state in one word: dying, crashed, suspended, shutdown, paused or running.

        A guest that is saved or migrated is suspended at the end of that. It has shut down for xl, which has the reason as
        the fifth letter: - for poweroff, r reboot, s suspend, c crash, w watchdog, S soft reset (Xen 4.17,
        tools/xl/xl_info.c); xm has only c there.
        """
        if self.state[3:5] == "ss":
            return "suspended"
        letters = {"d": "dying", "c": "crashed", "s": "shutdown", "p": "paused"}
        return next((word for letter, word in letters.items() if letter in self.state), "running")

    @property
    def has_run(self) -> bool:
        """Return whether it has run since it was made: both toolstacks make a domain paused, and unpause it at the end."""
        return self.condition != "paused" or self.cpu_time != 0.0


@dataclass(frozen=True)
class DomainFacts:
    """Describe what the toolstack recorded when it made a domain; "" and 0 for nothing.

    ``start_time`` is in seconds since 1970.
    """

    uuid: str = ""
    start_time: float = 0.0


@dataclass(frozen=True)
class Identity:
    """Describe what makes a domain the only one of its kind in a fleet: its uuid, in lower case, and the targets of the
    disks that it has open for writing."""

    uuid: str = ""
    writes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BootFiles:
    """Name the files that a PV domain or a stub domain was booted from; "" where the toolstack names none."""

    kernel: str = ""
    ramdisk: str = ""


@dataclass(frozen=True)
class HostState:
    """Describe the host, as ``info`` of the toolstack prints it. Memory is in MiB."""

    version: str
    release: tuple[int, int]
    toolstack: str
    capabilities: list[str]
    virt_capabilities: list[str]
    free_memory: int
    total_memory: int
    cpus: int
    commandline: str


class Toolstack(ABC):
    """Run the commands of one toolstack. Each method raises ToolstackError when its program fails.

    ``more_output`` has where an operator can read more about a start that failed.
    """

    name = ""
    more_output = ""
    #: The domains of the last list that have no guest's name any more: what is left of domains that were destroyed, for a
    #: moment, or for as long as something in dom0 holds their memory.
    nameless: Sequence[Domain] = ()

    @abstractmethod
    def info(self) -> HostState:
        """Return the state of the host. Raise NotXenError where Xen does not answer."""

    @abstractmethod
    def domains(self) -> list[Domain]:
        """Return the domains that exist now, dom0 and stub domains included."""

    def by_name(self) -> dict[str, Domain]:
        """Return the domains that exist now, by name."""
        return {domain.name: domain for domain in self.domains()}

    @abstractmethod
    def at_work(self, names: Collection[str], domains: Mapping[str, Domain], processes: str) -> dict[str, str]:
        """Return those of the guests whose states the toolstack is about to change by itself, such as in a reboot, each with
        the process that does so, in words. ``domains`` are by name; ``processes`` is the path of dom0's /proc."""

    @abstractmethod
    def create(self, path: str, uuid: str = "") -> None:
        """Start a guest from its configuration file, and return when its domain and its stub domain run.

        ``uuid`` is that of the domain, whatever the file has; "" leaves it to the file. Raise StubDomainLate.
        """

    @abstractmethod
    def create_paused(self, path: str) -> None:
        """Make a domain that has no stub domain, and leave it paused."""

    @abstractmethod
    def console_of(self, domain: Domain) -> str:
        """Return the terminal in dom0 of a domain's first console, "" as long as there is none."""

    @abstractmethod
    def shutdown(self, domain: Domain) -> None:
        """Ask the guest to shut down; do not wait."""

    @abstractmethod
    def destroy(self, domain: Domain) -> None:
        """Destroy a domain and its stub domain."""

    @abstractmethod
    def pause(self, domain: Domain) -> None:
        """Pause a domain. Xen counts: a domain that is paused twice has to be unpaused twice."""

    @abstractmethod
    def unpause(self, domain: Domain) -> None:
        """Unpause a domain, or start one that was made paused."""

    @abstractmethod
    def facts_of(self, domain: Domain) -> DomainFacts:
        """Return what the toolstack recorded of a domain."""

    @abstractmethod
    def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
        """Return the same for many domains, by their ids. They are read together, as each call starts a process."""

    @abstractmethod
    def kernel_of(self, domain: Domain) -> str:
        """Return the file that a PVH guest was booted from, "" where that is unknown."""

    @abstractmethod
    def target_of(self, domain: Domain) -> int | None:
        """Return the id of the domain that a stub domain serves, None for a domain that is not a stub domain."""

    @abstractmethod
    def stub_domain_of(self, domain: Domain) -> int | None:
        """Return the id of the stub domain that an HVM guest got, even if that is gone; None for none."""

    @abstractmethod
    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        """Return the files that domains were booted from, by their ids, read together. Only stub domains have a RAM disk."""

    @abstractmethod
    def identities(self, domains: list[Domain]) -> dict[int, Identity]:
        """Return what identifies domains, by their ids, read by one process. Raise ToolstackError where it is not complete."""

    @abstractmethod
    def hypervisor_log(self) -> str:
        """Return what Xen has logged (``dmesg`` of the toolstack), "" where it cannot be read."""

    @abstractmethod
    def log_of(self, guest: str) -> str:
        """Return the path of the toolstack's log of a guest."""

    def stub_name_of(self, guest: str) -> str:
        """Return the name of a guest's stub domain."""
        return f"{guest}-dm"

    def stub_file_of(self, _guest: str) -> str:
        """Return the name of the configuration file of a guest's stub domain, "" where the toolstack needs none."""
        return ""


def nameless_words(domains: Iterable[Domain]) -> tuple[str, str]:
    """Return what nameless domains are, and the remedy.

    >>> nameless_words([Domain(7, "(null)", 512, 1, "--ps-d", 9.0)])[0]
    'domain 7 (512 MiB) has no name: it was destroyed, and still holds memory, and perhaps the disks of its guest'
    """
    shown = [f"{domain.domid} ({domain.memory} MiB)" for domain in domains]
    word, verb = ("domain", "has no name: it was") if len(shown) == 1 else ("domains", "have no names: they were")
    rest = "holds memory, and perhaps the disks of its guest" if len(shown) == 1 else "hold memory, and perhaps disks of guests"
    remedy = "end the processes of dom0 that serve it, such as a QEMU with that id in its arguments; if it stays, boot the host"
    return f"{word} {', '.join(shown)} {verb} destroyed, and still {rest}", remedy
