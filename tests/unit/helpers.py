# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions and results as the tests write and read them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Collection, Iterable, Mapping

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import GuestFiles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import (
    BootFiles,
    Domain,
    DomainFacts,
    HostState,
    Identity,
    Toolstack,
    ToolstackError,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts, assumed
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import IMAGE_FILES, parse_release
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text

#: The root of the checkout, or of the copy that ansible-test makes of it.
ROOT = Path(__file__).resolve().parents[2]

#: A value that takes its key out of a definition.
GONE: Any = object()

DIRECT = {"method": "direct", "kernel": "/boot/vmlinuz"}


def definition(name: Any = "web1", **changes: Any) -> dict[str, Any]:
    """A PV guest's definition with nothing but what it must have, and ``changes``."""
    whole = {"name": name, "type": "pv", "memory": 256, "boot": dict(DIRECT), **changes}
    return {key: value for key, value in whole.items() if value is not GONE}


def hvm(name: Any = "win1", **changes: Any) -> dict[str, Any]:
    """The same for an HVM guest."""
    return definition(name, **{"type": "hvm", "boot": GONE, **changes})


def guest(name: str = "web1", **changes: Any) -> Guest:
    """The guest of a definition that is in order."""
    return _read(definition(name, **changes))


def hvm_guest(name: str = "win1", **changes: Any) -> Guest:
    """The HVM guest of a definition that is in order."""
    return _read(hvm(name, **changes))


def _read(data: dict[str, Any]) -> Guest:
    read = read_guest(data)
    assert read.guest is not None, [problem.text() for problem in read.problems]
    return read.guest


#: Every image that a host can have, by name.
IMAGES = {name: f"/boot/{name}" for name in (*IMAGE_FILES, "pvgrub2-x86_64", "pvgrub2-i386", "pvgrub2-pvh")}


def facts(release: str = "4.17", toolstack: str = "xl", **changes: Any) -> Facts:
    """A host that has every image, and for xm the stubdom-dm of its release."""
    return replace(assumed(parse_release(release), toolstack, IMAGES), **{"own": changes.get("images", IMAGES), **changes})


def told(problems: Iterable[Problem]) -> list[tuple[str, str, Any, str, str]]:
    """What each problem says: guest, key, value, reason, remedy."""
    return [(found.guest, found.key, found.value, found.reason, found.remedy) for found in problems]


def written(made: Guest, where: Facts, scheme: str = "auto") -> GuestFiles:
    """What is to be written for a guest that the host can have."""
    rendered = render_guest(made, where, scheme)
    assert rendered.problems == [], [problem.text() for problem in rendered.problems]
    return rendered


def own_keys(made: Guest, where: Facts, scheme: str = "auto") -> dict[str, Any]:
    """The keys of the guest's own file, in their order."""
    return dict(written(made, where, scheme).files[0].values)


def texts_of(rendered: GuestFiles, toolstack: str = "xl") -> dict[str, str]:
    """The files' texts, by their names."""
    return {file.name: config_text(toolstack, file.values, [], file.commented) for file in rendered.files}


#: Reason and remedy of values that no key accepts.
CONTROL = "contains a newline, NUL or another control character", "remove it"
HALF = "contains an unpaired surrogate (half of a character), which no file can hold", "remove it"
BLANK = "begins or ends with a blank", "remove the blank"
PAIRS = "must be a mapping of keys and values", "write it as key: value pairs"
#: The reason where a key has choices, and remedies.
CHOICE = "is not one of the values it can have"
QUOTE = "quote the value"
DIGITS = "give digits only, without a unit"
IN_RANGE = "give a number in that range"
LIST = "write it as a list, one '-' an item"


def refusals(data: Any) -> list[tuple[str, str, Any, str, str]]:
    """What is told of a definition that is refused: guest, key, value, reason, remedy."""
    read = read_guest(data)
    assert read.guest is None, "the definition is in order"
    return told(read.problems)


def domain(name: str, domid: int, state: str = "-b----", memory: int = 256) -> Domain:
    """A row of xl list."""
    return Domain(domid, name, memory, 1, state, 1.0)


def host_state(**changes: Any) -> HostState:
    """A host with Xen 4.17 as Debian has it."""
    said: dict[str, Any] = {
        "version": "4.17.5",
        "release": (4, 17),
        "toolstack": "xl",
        "capabilities": ["xen-3.0-x86_64", "hvm-3.0-x86_64"],
        "virt_capabilities": ["pv", "hvm"],
        "free_memory": 2000,
        "total_memory": 3071,
        "cpus": 2,
        "commandline": "dom0_mem=1024M,max:1024M",
    }
    return HostState(**{**said, **changes})


class FakeToolstack(Toolstack):
    """Domains in memory. ``failing`` maps a command and what it is about to the words that it fails with; guests in
    ``deaf`` do not shut down; ``patience`` is how often a domain is listed after it was asked to."""

    name = "xl"
    more_output = "xl -vvv create with the guest's file prints more"

    def __init__(self, *running: Domain) -> None:
        self.running = list(running)
        self.facts = {found.domid: DomainFacts(f"uuid-{found.domid}", 1000.0) for found in running}
        self.recorded: dict[int, str] = {}
        self.failing: dict[tuple[str, str], str] = {}
        self.deaf: set[str] = set()
        self.preserved: set[str] = set()
        self.short_lived: set[str] = set()
        #: Guests that pause and unpause do nothing to.
        self.stubborn: set[str] = set()
        #: Which domain a stub domain serves, by their ids.
        self.targets: dict[int, int] = {}
        #: What stub domains, and PV guests, were booted from; which stub domain a guest was given; by their ids.
        self.files = {found.domid: BootFiles(DIRECT["kernel"]) for found in running}
        self.given: dict[int, int] = {}
        self.known: dict[int, Identity] = {}
        #: The names of those that were asked what they were booted from, and whom they serve; how often all were listed.
        self.asked: list[str] = []
        self.asked_targets: list[str] = []
        self.lists = 0
        #: The terminals of the consoles, one for each time that somebody asks, the last for ever; and what happens when a
        #: domain that was made paused runs.
        self.terminals: list[str] = [""]
        self.when_unpaused: Callable[[], object] = lambda: None
        self.patience = 0
        #: What Xen has logged.
        self.dmesg = ""
        #: Guests that a process of the toolstack monitors.
        self.monitored: set[str] = set()
        self.calls: list[tuple[str, str]] = []
        self._ending: dict[int, int] = {}
        self._next = 1 + max([found.domid for found in running], default=0)

    def info(self) -> HostState:
        return host_state()

    def domains(self) -> list[Domain]:
        self.lists += 1
        self._check("list", "")
        for domid in list(self._ending):
            self._ending[domid] -= 1
            if self._ending[domid] < 0:
                self._end(domid)
        return list(self.running)

    def at_work(self, names: Collection[str], _domains: Mapping[str, Domain], _processes: str) -> dict[str, str]:
        return {name: "process 99 of xl" for name in names if name in self.monitored}

    def create(self, path: str, uuid: str = "") -> None:
        name = Path(path).name[: -len(".cfg")]
        self.calls.append(("create", name))
        self._check("create", name)
        if name in self.short_lived:
            return
        self.running.append(domain(name, self._next))
        self.facts[self._next] = DomainFacts(uuid or f"uuid-{self._next}", 2000.0)
        self.files[self._next] = BootFiles(DIRECT["kernel"])
        self._next += 1

    def create_paused(self, path: str) -> None:
        before = len(self.running)
        self.create(path)
        self.running[before:] = [replace(found, state="--p---") for found in self.running[before:]]

    def console_of(self, _domain: Domain) -> str:
        return self.terminals.pop(0) if len(self.terminals) > 1 else self.terminals[0]

    def shutdown(self, domain: Domain) -> None:
        self.calls.append(("shutdown", domain.name))
        self._check("shutdown", domain.name)
        if domain.name not in self.deaf:
            self._ending[domain.domid] = self.patience

    def destroy(self, domain: Domain) -> None:
        self.calls.append(("destroy", domain.name))
        self._check("destroy", domain.name)
        self.running = [found for found in self.running if found.domid != domain.domid]

    def pause(self, domain: Domain) -> None:
        self._switch("pause", domain, "--p---")

    def unpause(self, domain: Domain) -> None:
        self._switch("unpause", domain, "-b----")
        self.when_unpaused()

    def facts_of(self, domain: Domain) -> DomainFacts:
        return self.facts.get(domain.domid, DomainFacts())

    def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
        return {domain.domid: self.facts_of(domain) for domain in domains}

    def kernel_of(self, domain: Domain) -> str:
        return self.recorded.get(domain.domid, "")

    def target_of(self, domain: Domain) -> int | None:
        self.asked_targets.append(domain.name)
        return self.targets.get(domain.domid)

    def stub_domain_of(self, domain: Domain) -> int | None:
        return self.given.get(domain.domid)

    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        self.asked += [domain.name for domain in domains]
        return {domain.domid: self.files.get(domain.domid, BootFiles()) for domain in domains}

    def identities(self, domains: list[Domain]) -> dict[int, Identity]:
        self._check("identities", "")
        return {domain.domid: self.known.get(domain.domid, Identity()) for domain in domains}

    def hypervisor_log(self) -> str:
        self.calls.append(("dmesg", ""))
        return self.dmesg

    def log_of(self, guest: str) -> str:
        return f"/var/log/xen/xl-{guest}.log"

    def _switch(self, command: str, domain: Domain, state: str) -> None:
        self.calls.append((command, domain.name))
        self._check(command, domain.name)
        if domain.name not in self.stubborn:
            self.running = [replace(found, state=state) if found.domid == domain.domid else found for found in self.running]

    def ends_by_itself(self, domid: int, after: int) -> None:
        """The domain is gone when the domains have been listed ``after`` times."""
        self._ending[domid] = after

    def _end(self, domid: int) -> None:
        del self._ending[domid]
        kept = [found for found in self.running if found.domid == domid and found.name in self.preserved]
        self.running = [found for found in self.running if found.domid != domid]
        self.running += [domain(found.name, domid, "---s--") for found in kept]

    def _check(self, command: str, name: str) -> None:
        words = self.failing.get((command, name))
        if words:
            raise ToolstackError(words)


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an image's folder."""
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return read
