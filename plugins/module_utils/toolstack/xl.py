# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the ``xl`` toolstack, Xen 4.2 on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Collection, Mapping

from ..common.paths import LOG_DIR
from .base import BootFiles, Domain, DomainFacts, Identity, StubDomainLate, ToolstackError
from .command import Result
from .program import Program, failed, parse_row, seconds

# "Stubdom 8 for 7 startup: startup timed out", after 30 seconds (Xen 4.17, tools/libs/light/libxl_dm.c, and
# LIBXL_STUBDOM_START_TIMEOUT).
_LATE = "startup: startup timed out"

# The name of a domain that is out of xenstore: it is being destroyed, or was, and something holds its memory.
_NAMELESS = "(null)"


class Xl(Program):
    """Run xl and xenstore-read."""

    name = "xl"
    more_output = "xl -vvv create with the guest's file prints more"
    absent = (
        "this is not a Xen host: it has no xl",
        "install Xen and its tools (Debian: xen-system-amd64) and boot into it, or remove the host from the group",
    )

    def domains(self) -> list[Domain]:
        """Return the domains that exist now, and keep those without a name as ``nameless``."""
        found = [parse_row(self.name, line) for line in self.rows()]
        self.nameless = [domain for domain in found if domain.name == _NAMELESS]
        return [domain for domain in found if domain.name != _NAMELESS]

    def at_work(self, names: Collection[str], domains: Mapping[str, Domain], processes: str) -> dict[str, str]:
        """Return the guests that a process of xl monitors, which acts on the end of a domain, and those that one makes."""
        # Loaded only where the state of a guest may change.
        from . import monitors

        folder = Path(processes)
        monitored = monitors.monitored(folder)
        new = {name: domains[name].domid for name in names if name in domains and not domains[name].has_run}
        found = {
            name: f"process {monitored[name]} of xl"
            for name in names
            if name in monitored
            and not (name in new and monitors.waits_for(folder, monitored[name], new[name]))
            and not (name not in domains and _was_renamed(folder, monitored[name], domains))
        }
        maker = monitors.maker(folder, self.name) if any(name not in monitored for name in new) else 0
        return {**({name: f"process {maker} of xl" for name in new if name not in monitored} if maker else {}), **found}

    def create(self, path: str, uuid: str = "") -> None:
        """Start a guest: xl appends ``uuid`` to the file's text, where the last value of a key counts."""
        self.act("create", "-q", path, hidden=f'uuid="{uuid}"' if uuid else "")

    def error_of(self, result: Result) -> ToolstackError:
        """Return the error for a command that failed."""
        return StubDomainLate(failed(result)) if _LATE in result.err else super().error_of(result)

    def shutdown(self, domain: Domain) -> None:
        """Ask the guest to shut down."""
        # -F: an HVM guest without PV drivers gets an ACPI power event.
        self.act("shutdown", "-F", str(domain.domid))

    def destroy(self, domain: Domain) -> None:
        """Destroy a domain and its stub domain."""
        self.end(domain)

    def kernel_of(self, domain: Domain) -> str:
        """Return the kernel from libxl's own record: xenstore has the kernel of a PV guest only."""
        try:
            found = json.loads(self.read("list", "-l", str(domain.domid)).out)
            return str(found[0]["config"]["b_info"]["kernel"])
        except (ValueError, LookupError, TypeError):
            return ""  # The domain has ended since, or libxl keeps no record of it.

    def facts_of(self, domain: Domain) -> DomainFacts:
        """Return what libxl recorded of a domain."""
        return self.facts_of_all([domain])[domain.domid]

    def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
        """Return what libxl recorded of domains, by their ids."""
        places = self._places(domains)
        there = [place for place in places if place]
        started = dict(zip(there, self.xenstore_all([f"{place}/start_time" for place in there])))
        return {
            domain.domid: DomainFacts(place.rsplit("/", 1)[-1], seconds(started[place])) if place else DomainFacts()
            for domain, place in zip(domains, places)
        }

    def stub_domain_of(self, domain: Domain) -> int | None:
        """Return the id of the stub domain that an HVM guest got, None for none."""
        stub = self.xenstore(f"/local/domain/{domain.domid}/image/device-model-domid")
        return int(stub) if stub.isdigit() else None

    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        """Return the files that domains were booted from.

        xenstore has the kernel of a PV guest, and that of a stub domain, which libxl builds as any PV domain (Xen 4.17,
        tools/libs/light/libxl_create.c, libxl__domain_build).
        """
        places = self._places(domains)
        keys = [
            f"{place}/image/{part}"
            for domain, place in zip(domains, places)
            if place
            for part in (("kernel", "ramdisk") if self.may_be_stub(domain) else ("kernel",))
        ]
        values = dict(zip(keys, self.xenstore_all(keys)))
        return {
            domain.domid: BootFiles(values.get(f"{place}/image/kernel", ""), values.get(f"{place}/image/ramdisk", ""))
            for domain, place in zip(domains, places)
        }

    def identities(self, domains: list[Domain]) -> dict[int, Identity]:
        """Return what identifies domains. xl list -l would leave out stub domains, which have their guests' disks open."""
        # Only a fleet whose hosts share disks needs it.
        from . import open_disks

        # Driver domains have back ends, too, and libxl copies none of them to a place of its own before Xen 4.7.
        uuids, disks = open_disks.of_xenstore(self.tree("/local/domain"))
        missing = [domain for domain in domains if domain.domid not in uuids and domain.domid and domain.condition != "dying"]
        if missing:
            raise ToolstackError(f"xenstore does not know domain {missing[0].domid} ({missing[0].name}), which xl lists")
        return {
            domain.domid: Identity(uuids.get(domain.domid, ""), frozenset(disks.get(domain.domid, ())))
            for domain in domains
        }

    def _places(self, domains: list[Domain]) -> list[str]:
        """Return the path in xenstore of what libxl recorded of each domain, "" for one that is gone; it ends in the uuid."""
        return self.xenstore_all([f"/local/domain/{domain.domid}/vm" for domain in domains])

    def log_of(self, guest: str) -> str:
        """Return the path of xl's log of a guest."""
        return f"{LOG_DIR}/xl-{guest}.log"

    def may_be_stub(self, domain: Domain) -> bool:
        """Return whether the domain has the name that libxl gives stub domains."""
        return domain.name.endswith("-dm")

    def no_answer(self, result: Result) -> tuple[str, str]:
        """Return reason and remedy for an ``info`` that failed."""
        check = "check that xenstored runs (Debian: systemctl status xen)"
        return (
            f"this host has xl but does not run Xen: {' '.join(result.argv)} printed {result.summary()}",
            f"boot the host into Xen and {check}, or remove the host from the group",
        )


def _was_renamed(processes: Path, process: int, domains: Mapping[str, Domain]) -> bool:
    """Return whether a process that monitors a guest waits for a domain that has another name now: xl rename lets it keep its
    log. One that ended, and was renamed to be kept, is replaced by the process."""
    # Loaded already.
    from . import monitors

    awaited = monitors.awaited(processes, process)
    others = (domain for domain in domains.values() if domain.domid and domain.condition in ("running", "paused"))
    return any(domain.domid == awaited for domain in others)
