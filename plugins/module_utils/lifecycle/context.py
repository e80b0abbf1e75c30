# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold what the steps of one run share, and how far the run is with each guest."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

from ..common import paths
from ..common.problem import Problem
from ..guest.model import Guest
from ..toolstack.base import Domain, Toolstack, ToolstackError, nameless_words
from .decide import Policy
from .domains import Destroyer, Waiter
from .observation import Observation
from .outcome import Outcome


@dataclass(frozen=True)
class Folders:
    """Name the folders of a host that a run reads and writes. ``log_dir`` has the logs of stub domains, ``processes``
    is dom0's /proc."""

    config_dir: Path = Path(paths.CONFIG_DIR)
    records: Path = Path(paths.RECORDS)
    console_dir: Path = Path(paths.CONSOLE_DIR)
    log_dir: Path = Path(paths.LOG_DIR)
    store: Path = Path(paths.STORE)
    processes: Path = Path("/proc")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Folders:
        """Return the folders that the options of the module guest_state name."""
        names = ("config_dir", "records", "console_dir", "log_dir", "store")
        return cls(**{name: Path(options[name]) for name in names})


@dataclass
class GuestRun:
    """Hold how far the run is with one guest.

    ``domain`` is the last one that was seen of it. ``done`` is the action that a later problem can no longer undo.
    ``scheme`` is that of its file, "" for unknown.
    """

    guest: Guest
    outcome: Outcome
    domain: Domain | None = None
    observation: Observation = field(default_factory=Observation)
    done: str = "none"
    scheme: str = ""

    @property
    def has_stub_domain(self) -> bool:
        """Return whether its device model runs in a stub domain; a definition can leave the scheme to the host."""
        return self.guest.type == "hvm" and (self.scheme or self.guest.device_model.scheme) != "dom0"

    def fail(self, reason: str, remedy: str, key: str = "state") -> None:
        """Report a problem of the guest; the action is what was done before it."""
        self.outcome.action = self.done
        self.outcome.problems.append(Problem(reason, remedy, guest=self.guest.name, key=key, value=self.guest.state))

    def set_off(self) -> None:
        """Report that the guest has no domain."""
        self.outcome.state, self.outcome.domid = "off", None


class Context:
    """Hold what all steps of one run share.

    ``domains`` are those of the host at the start of the run, by name, brought up to date by ``update``: a stub domain
    is found here, so that a guest without one starts no process. ``files_may_come``: in check mode guest_config has
    announced files that it did not write.
    """

    def __init__(
        self,
        toolstack: Toolstack,
        folders: Folders,
        policy: Policy,
        sleep: Callable[[float], None],
        files_may_come: bool = False,
    ) -> None:
        """List the domains of the host. Raise ToolstackError."""
        self.toolstack = toolstack
        self.folders = folders
        self.policy = policy
        self.waiter = Waiter(toolstack, sleep)
        self.destroyer = Destroyer(toolstack, self.waiter, policy.timeout)
        self.domains: dict[str, Domain] = self.list_domains()
        #: What was left of destroyed domains at the start of the run.
        self.nameless = list(toolstack.nameless)
        self.files_may_come = files_may_come
        #: The guests of the run, by name.
        self.runs: dict[str, GuestRun] = {}
        self.try_again = f"correct the cause and run this again ({toolstack.more_output})"

    def list_domains(self) -> dict[str, Domain]:
        """Return the domains that exist now, by name. Raise ToolstackError."""
        return self.toolstack.by_name()

    def settle(self, names: list[str]) -> Mapping[str, str]:
        """Wait until the states of guests are final, and list the domains again; return why the state of a guest is not
        final, by the names of these guests. Raise ToolstackError."""
        # Loaded only where a guest does not run.
        from ..toolstack.transitions import settle

        found = settle(self.toolstack, self.domains, names, self.waiter.sleep, self.folders.processes)
        self.domains = dict(found.domains)
        return found.unsettled

    def settled(self, name: str) -> Domain | None:
        """Return the domain that a guest has when its state is final, None for none. Raise ToolstackError."""
        self.domains = self.list_domains()
        self.settle([name])
        return self.domains.get(name)

    def left_behind(self) -> tuple[str, str] | None:
        """Return what is still left of domains that were destroyed before this run, and the remedy; None for nothing.

        Raise ToolstackError.
        """
        if not self.nameless:
            return None
        from ..toolstack.transitions import remaining

        self.nameless = remaining(self.toolstack, self.nameless)
        return nameless_words(self.nameless) if self.nameless else None

    def states(self) -> dict[str, str]:
        """Return the condition of each domain and of each guest of the run, by name; in check mode, as it would be now."""
        found = {name: domain.condition for name, domain in self.domains.items()}
        return {**found, **{name: run.outcome.state for name, run in self.runs.items()}}

    def refuse_without_needs(self, run: GuestRun) -> None:
        """Report each domain that the guest needs and that does not run as a problem of the guest."""
        if not run.guest.needed:
            return
        # Few guests need others.
        from .needs import missing

        problems = missing(run.guest, self.states())
        if problems:
            run.outcome.action = run.done
            run.outcome.problems += problems

    @contextmanager
    def guard(self, run: GuestRun) -> Iterator[None]:
        """Report an error of the toolstack or of the file system as a problem of this guest alone."""
        try:
            yield
        except (ToolstackError, OSError) as error:
            run.fail(str(error), self.try_again)

    def update(self, run: GuestRun, domain: Domain | None) -> None:
        """Take over the guest's domain as it is now, None for none."""
        run.domain = domain
        if domain:
            run.outcome.state, run.outcome.domid = domain.condition, domain.domid
            self.domains[domain.name] = domain
        else:
            run.set_off()
            self.domains.pop(run.guest.name, None)
