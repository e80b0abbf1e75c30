# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define what each toolstack offers; ``xl`` and ``xm`` implement it (pure)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ..common.errors import XenfleetError


class ToolstackError(XenfleetError):
    """A toolstack's program failed; the message says which, what it said, and what to do."""


class NotXenError(ToolstackError):
    """The machine does not run Xen, or its toolstack does not answer."""


class StubDomainLate(ToolstackError):
    """A start failed, as its stub domain did not tell in time that it is ready: on a busy host another one may do."""


@dataclass(frozen=True)
class Domain:
    """One running domain. ``memory`` in MiB; ``state`` as xl's letters, such as ``-b----``; ``cpu_time`` in seconds."""

    domid: int
    name: str
    memory: int
    vcpus: int
    state: str
    cpu_time: float

    @property
    def condition(self) -> str:
        """In one word: dying, crashed, shutdown, paused or running."""
        letters = {"d": "dying", "c": "crashed", "s": "shutdown", "p": "paused"}
        # The fifth letter is the reason of a shutdown: xl prints c for a crash, another letter for the rest.
        return next((word for letter, word in letters.items() if letter in self.state), "running")

    @property
    def has_run(self) -> bool:
        """Report whether it has run since it was made: both toolstacks make a domain paused, and unpause it at the end."""
        return self.condition != "paused" or self.cpu_time != 0.0


@dataclass(frozen=True)
class DomainFacts:
    """What the toolstack recorded when it made a domain; "" and 0 where it says nothing.

    ``start_time`` is in seconds since 1970.
    """

    uuid: str = ""
    start_time: float = 0.0


@dataclass(frozen=True)
class BootFiles:
    """The files that a PV domain was booted from, a stub domain among them; "" where the toolstack names none."""

    kernel: str = ""
    ramdisk: str = ""


@dataclass(frozen=True)
class HostState:
    """What ``info`` of the toolstack says. Memory in MiB."""

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
    """The commands of one toolstack. Each raises ToolstackError when its program fails.

    ``more_output`` tells an operator where to read more about a start that failed.
    """

    name = ""
    more_output = ""

    @abstractmethod
    def info(self) -> HostState:
        """The host's own state. Raises NotXenError where no Xen answers."""

    @abstractmethod
    def domains(self) -> list[Domain]:
        """Every domain that exists now, dom0 and stub domains included."""

    @abstractmethod
    def create(self, path: str, uuid: str = "") -> None:
        """Starts a guest from its configuration file and returns when its domain runs, and its stub domain if it has
        one. ``uuid`` is what its domain gets, whatever the file says; "" leaves it to the file. Raises StubDomainLate.
        """

    @abstractmethod
    def create_paused(self, path: str) -> None:
        """Makes a domain that has no stub domain, and does not let it run yet."""

    @abstractmethod
    def console_of(self, domain: Domain) -> str:
        """The terminal in dom0 that a domain's first console is connected with, "" as long as there is none."""

    @abstractmethod
    def shutdown(self, domain: Domain) -> None:
        """Asks the guest to shut down; it does not wait."""

    @abstractmethod
    def destroy(self, domain: Domain) -> None:
        """Ends a domain, and its stub domain with it, at once."""

    @abstractmethod
    def pause(self, domain: Domain) -> None:
        """Takes a domain its processors. Xen counts: what is paused twice has to be unpaused twice."""

    @abstractmethod
    def unpause(self, domain: Domain) -> None:
        """Gives a domain its processors back, or lets one run that was made paused."""

    @abstractmethod
    def facts_of(self, domain: Domain) -> DomainFacts:
        """What the toolstack recorded of a domain."""

    @abstractmethod
    def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
        """The same of many, by their ids: for all of them at once, as each question takes its time."""

    @abstractmethod
    def kernel_of(self, domain: Domain) -> str:
        """The file that a PVH guest was booted from, "" when nobody says."""

    @abstractmethod
    def target_of(self, domain: Domain) -> int | None:
        """The domain id that a stub domain serves; None for a domain that is no stub domain."""

    @abstractmethod
    def stub_domain_of(self, domain: Domain) -> int | None:
        """The id of the stub domain that an HVM guest was given, whether it is still there or not; None for none."""

    @abstractmethod
    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        """What domains were booted from, by their ids: for all of them at once, as each question takes its time. Only
        stub domains are asked for a RAM disk."""

    @abstractmethod
    def log_of(self, guest: str) -> str:
        """The file in which the toolstack writes what became of a guest."""

    def stub_name_of(self, guest: str) -> str:
        """How the stub domain of a guest is called."""
        return f"{guest}-dm"

    def stub_file_of(self, _guest: str) -> str:
        """The name of the configuration file that a guest's stub domain is started from, "" for none that a user has."""
        return ""
