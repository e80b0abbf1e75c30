# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify that each guest of a host is as defined: the work of ``guest_info``. Read only."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Collection, Mapping, Sequence

from ..common.processes import command_lines
from ..guest.model import Definition, Guest
from ..host import console_log
from ..host.device_models import DeviceModels, ObservedDeviceModel
from ..host.log_files import console_log_of
from ..host.processes import pygrub_of
from ..images.origin import StoreIndex
from ..lifecycle import records
from ..toolstack.base import Domain, DomainFacts, Toolstack
from ..xen.releases import PVGRUB_IMAGES
from .device_model import DeviceModelVerifier
from .evidence import Evidence
from .proof import proof_of_running, proof_without_running

_POLL_SECONDS = 2.0


@dataclass(frozen=True)
class VerifyOptions:
    """Describe where a host is observed, and the time, ``wait`` in seconds, that consoles have to show a boot.

    ``console_dir`` is None where consoles are not verified. ``scheme`` is that of HVM guests whose definition has
    scheme: auto, as in guest_config. ``processes`` is dom0's /proc.
    """

    store: Path
    records: Path
    console_dir: Path | None
    processes: Path = Path("/proc")
    wait: float = 0.0
    scheme: str = "auto"


class Verifier:
    """Collect the evidence of all guests of a host; a problem of one guest does not affect the others."""

    def __init__(
        self,
        toolstack: Toolstack,
        options: VerifyOptions,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        index: StoreIndex | None = None,
    ) -> None:
        """``index`` is that of the store, None where it has not been read yet."""
        self._toolstack = toolstack
        self._options = options
        self._clock = clock
        self._sleep = sleep
        self._installed = index or StoreIndex(options.store)
        self._device_models = DeviceModelVerifier(toolstack, self._installed, options.scheme)
        # By the guests' names.
        self._facts: dict[str, DomainFacts] = {}
        self._kernels: dict[str, str] = {}

    def run(self, definitions: Sequence[Definition], states: Mapping[str, Mapping[str, Any]]) -> list[Evidence]:
        """Return the evidence of each definition. Raise ToolstackError.

        ``states`` is what guest_state returned for each guest, by name.
        """
        found = [_evidence_of(definition) for definition in definitions]
        domains, unsettled = self._settled([guest for guest, _evidence in found if guest])
        lines = command_lines(self._options.processes).values()
        models = DeviceModels(self._toolstack, self._options.store, domains.values(), lines)
        self._read_facts([(guest, domains[guest.name]) for guest, _evidence in found if guest and guest.name in domains])
        waiting = []
        for guest, evidence in found:
            if guest is None:
                continue
            domain = domains.get(guest.name)
            model = models.of(domain.domid) if domain and guest.type == "hvm" else ObservedDeviceModel()
            self._observe(guest, evidence, domain, lines, model)
            if guest.name in unsettled:
                if not _is_reported(states.get(guest.name, {})):
                    evidence.add_problem(guest, unsettled[guest.name], "wait until that is over, then run this again")
            elif guest.state != "running":
                self._verify_not_running(guest, evidence, states.get(guest.name, {}))
            elif domain:
                restart_needed = self._verify_running(guest, evidence, states.get(guest.name, {}))
                if guest.type == "hvm":
                    self._device_models.verify(guest, evidence, domain, model, restart_needed)
                else:
                    self._verify_kernel(guest, evidence, restart_needed)
                # A domain that does not run proves nothing, whatever its console printed before.
                if evidence.state == "running":
                    waiting.append((guest, evidence))
            elif not _is_reported(states.get(guest.name, {})):
                remedy = f"read its console log and {self._toolstack.log_of(guest.name)}"
                evidence.add_problem(guest, "is not running", remedy)
        self._verify_consoles(waiting)
        return [evidence for _guest, evidence in found]

    def _settled(self, guests: list[Guest]) -> tuple[Mapping[str, Domain], Mapping[str, str]]:
        """Return the domains of the host, by name, and why the states of guests are not final, by their names.

        Wait for guests in the midst of a reboot, an end or a migration. Raise ToolstackError.
        """
        domains = self._toolstack.by_name()
        names = [guest.name for guest in guests if guest.state != "defined" and not _is_running(domains.get(guest.name))]
        if not names:
            return domains, {}
        # Loaded only where a guest does not run.
        from ..toolstack.transitions import settle

        found = settle(self._toolstack, domains, names, self._sleep, self._options.processes)
        return found.domains, found.unsettled

    def _read_facts(self, guests: list[tuple[Guest, Domain]]) -> None:
        """Read what the toolstack recorded of all domains at once. xenstore has the kernels of PV guests only."""
        facts = self._toolstack.facts_of_all([domain for _guest, domain in guests])
        files = self._toolstack.booted_from([domain for guest, domain in guests if guest.type == "pv"])
        self._facts = {guest.name: facts[domain.domid] for guest, domain in guests}
        self._kernels = {guest.name: files[domain.domid].kernel for guest, domain in guests if guest.type == "pv"}

    def _observe(
        self, guest: Guest, evidence: Evidence, domain: Domain | None, lines: Collection[list[str]], seen: ObservedDeviceModel
    ) -> None:
        """Put what the host shows into the evidence. ``lines`` are the command lines of dom0's processes."""
        if domain is None:
            return
        evidence.pygrub = pygrub_of(lines, domain.domid)
        evidence.device_model, evidence.stub_domain = seen.where, seen.stub.name if seen.stub else ""
        evidence.state, evidence.domid, evidence.memory = domain.condition, domain.domid, domain.memory
        evidence.uuid = self._facts[guest.name].uuid
        known = self._kernels.get(guest.name, "")
        evidence.kernel = self._toolstack.kernel_of(domain) if guest.type == "pvh" else known

    def _verify_not_running(self, guest: Guest, evidence: Evidence, state: Mapping[str, Any]) -> None:
        evidence.proof = proof_without_running(guest, evidence.state)
        # What guest_state has reported is one problem, not two.
        if evidence.proof or _is_reported(state):
            return
        if guest.state != "paused":
            evidence.add_problem(guest, f"its domain is {evidence.state}", "find out why it does not shut down")
        else:
            evidence.add_problem(guest, f"is {evidence.state}, not paused", "find out who changed it, then run this again")

    def _verify_running(self, guest: Guest, evidence: Evidence, state: Mapping[str, Any]) -> bool:
        """Return whether the guest waits for a restart, which may correct what else differs."""
        restart_needed = bool(state.get("restart_needed"))
        if evidence.state != "running" and not _is_reported(state):
            reason = f"its domain is {evidence.state}{self._logged(guest, evidence)}"
            evidence.add_problem(guest, reason, "read its console log")
        if restart_needed:
            evidence.note("runs an older definition; restart it to use the new one")
        return restart_needed

    def _logged(self, guest: Guest, evidence: Evidence) -> str:
        """Return what Xen logged of an HVM guest that has crashed, as the rest of a sentence; "" for nothing."""
        if guest.type != "hvm" or evidence.state != "crashed" or evidence.domid is None:
            return ""
        # Only for a failure.
        from ..host.failure_logs import logged_by_xen, shown

        return shown(logged_by_xen(self._toolstack, evidence.domid))

    def _verify_kernel(self, guest: Guest, evidence: Evidence, restart_needed: bool) -> None:
        """Verify that the domain's kernel is that of the definition, and that no boot loader of dom0 took part."""
        if guest.boot.method == "bootloader":
            return  # Its kernel came from the guest's disk, by a temporary file of dom0.
        if evidence.pygrub:
            evidence.add_problem(guest, "a pygrub process works for it in dom0", "remove the key bootloader from its file")
        if guest.boot.method == "direct":
            if evidence.kernel != guest.boot.kernel and not restart_needed:
                self._report_kernel(guest, evidence, guest.boot.kernel)
            return
        origin = self._installed.origin_of(evidence.kernel)
        names = [guest.boot.image] if guest.boot.image else PVGRUB_IMAGES[guest.boot.arch]
        if guest.boot.method == "pvgrub" and not origin.stored and Path(evidence.kernel).name in names:
            return  # One of Xen's own images, which the store does not hold.
        if not origin.stored or origin.stored[0][0]["name"] not in names:
            if not restart_needed:
                self._report_kernel(guest, evidence, f"an installed image {' or '.join(names)}")
            return
        evidence.image, evidence.stale = origin.text, bool(origin.stale)
        for name in origin.stale:
            evidence.note(f"was booted by an older {name} than the installed one")
        evidence.add_changed_files(guest, self._installed.changed_files(origin))

    def _report_kernel(self, guest: Guest, evidence: Evidence, wanted: str) -> None:
        reason = f"its domain was booted from {evidence.kernel or 'a kernel that the toolstack does not name'}"
        evidence.add_problem(guest, f"{reason}, not from {wanted}", "find out who started it, then restart it")

    def _verify_consoles(self, waiting: list[tuple[Guest, Evidence]]) -> None:
        """Verify all consoles together, each until it shows the guest's own boot or the time is over.

        The console of a guest without ``boot.expect`` is not read.
        """
        folder = self._options.console_dir
        deadline = self._clock() + self._options.wait
        asked = [(guest, evidence) for guest, evidence in waiting if guest.boot.expect]
        left = asked
        while folder and left:
            for guest, evidence in left:
                evidence.console = self._read_console(folder, guest)
            left = [(guest, evidence) for guest, evidence in left if not evidence.console.matched]
            if not left or self._clock() >= deadline:
                break
            self._sleep(_POLL_SECONDS)
        for guest, evidence in left if folder else []:
            evidence.add_problem(guest, *self._no_match(guest, evidence))
        for guest, evidence in waiting:
            if not evidence.problems:
                evidence.proof = proof_of_running(guest, evidence.device_model, with_console=folder is not None)

    def _read_console(self, folder: Path, guest: Guest) -> console_log.ConsoleOutput:
        """Return what this domain printed, as far as the log separates it from the guest's earlier boots."""
        facts = self._facts[guest.name]
        record = records.load(self._options.records, guest.name)
        offset = 0
        if record and record.uuid == facts.uuid:
            offset = record.console_offset
        else:
            log = console_log_of(folder, guest.name)
            if log.exists() and log.stat().st_mtime < facts.start_time:
                return console_log.ConsoleOutput(str(log))
        return console_log.read(folder, guest.name, offset, guest.boot.expect, guest.boot.loader)

    def _no_match(self, guest: Guest, evidence: Evidence) -> tuple[str, str]:
        if not evidence.console.log:
            remedy = "turn the log on with the role xenfleet.stubdom.console_log, then restart the guest"
            return "its console is not logged, so that nothing shows its boot", remedy
        if evidence.console.echo:
            reason = f"only its boot loader printed {evidence.console.echo!r}, which {guest.boot.expect!r} matches"
            return reason, f"read {evidence.console.log}, and set boot.expect to what the guest's own kernel prints"
        last = evidence.console.tail[-1] if evidence.console.tail else "nothing"
        reason = f"its console does not show {guest.boot.expect!r}; the last line is {last!r}"
        return reason, f"read {evidence.console.log}, or set boot.expect to what this guest prints"


def _evidence_of(definition: Definition) -> tuple[Guest | None, Evidence]:
    """Return the guest of a definition, None for one with problems, and the evidence to fill in."""
    guest = definition.guest
    return guest, Evidence(definition.name, boot=guest.boot.method if guest else "", problems=list(definition.problems))


def _is_running(domain: Domain | None) -> bool:
    return domain is not None and domain.condition == "running"


def _is_reported(state: Mapping[str, Any]) -> bool:
    """Return whether an earlier step has reported why the guest does not run: a second problem would count twice."""
    return bool(state.get("refused") or state.get("problems"))
