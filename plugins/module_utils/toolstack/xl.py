# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``xl`` toolstack, Xen 4.2 on."""

from __future__ import annotations

import json

from ..common.paths import LOG_DIR
from .base import BootFiles, Domain, DomainFacts, StubDomainLate, ToolstackError
from .command import Result
from .program import Program, failed, parse_row, seconds

# "Stubdom 8 for 7 startup: startup timed out", after 30 seconds (Xen 4.17, tools/libs/light/libxl_dm.c, and
# LIBXL_STUBDOM_START_TIMEOUT).
_LATE = "startup: startup timed out"


class Xl(Program):
    """Runs xl and xenstore-read."""

    name = "xl"
    more_output = "xl -vvv create with the guest's file prints more"
    absent = (
        "this is no Xen host: it has no xl. Remedy: install Xen and its tools (Debian: xen-system-amd64) "
        "and boot into it, or take the host out of the group."
    )

    def domains(self) -> list[Domain]:
        found = [parse_row(self.name, line) for line in self.rows()]
        # A domain on its way out is shown without a name, and is nobody's guest any more.
        return [domain for domain in found if domain.name != "(null)"]

    def create(self, path: str, uuid: str = "") -> None:
        # xl adds it to the file's text, where the last value of a key counts.
        self.act("create", "-q", path, unsaid=f'uuid="{uuid}"' if uuid else "")

    def fault_of(self, result: Result) -> ToolstackError:
        return StubDomainLate(failed(result)) if _LATE in result.err else super().fault_of(result)

    def shutdown(self, domain: Domain) -> None:
        # -F: an HVM guest without PV drivers is sent an ACPI power event; others are asked as without it.
        self.act("shutdown", "-F", str(domain.domid))

    def destroy(self, domain: Domain) -> None:
        self.act("destroy", str(domain.domid))

    def kernel_of(self, domain: Domain) -> str:
        """From libxl's own record: xenstore names the kernel of a PV guest only."""
        try:
            found = json.loads(self.read("list", "-l", str(domain.domid)).out)
            return str(found[0]["config"]["b_info"]["kernel"])
        except (ValueError, LookupError, TypeError):
            return ""  # The domain has ended since, or libxl keeps no record of it.

    def facts_of(self, domain: Domain) -> DomainFacts:
        return self.facts_of_all([domain])[domain.domid]

    def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
        places = self._places(domains)
        there = [place for place in places if place]
        started = dict(zip(there, self.xenstore_all([f"{place}/start_time" for place in there])))
        return {
            domain.domid: DomainFacts(place.rsplit("/", 1)[-1], seconds(started[place])) if place else DomainFacts()
            for domain, place in zip(domains, places)
        }

    def stub_domain_of(self, domain: Domain) -> int | None:
        stub = self.xenstore(f"/local/domain/{domain.domid}/image/device-model-domid")
        return int(stub) if stub.isdigit() else None

    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        """A guest's kernel is in its own part of xenstore, and so is that of a stub domain: libxl builds it as any PV
        domain (Xen 4.17, tools/libs/light/libxl_create.c, libxl__domain_build)."""
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

    def _places(self, domains: list[Domain]) -> list[str]:
        """Where xenstore keeps what libxl recorded of each domain, "" for one that is gone; the last word is its uuid."""
        return self.xenstore_all([f"/local/domain/{domain.domid}/vm" for domain in domains])

    def log_of(self, guest: str) -> str:
        return f"{LOG_DIR}/xl-{guest}.log"

    def may_be_stub(self, domain: Domain) -> bool:
        """libxl names stub domains so."""
        return domain.name.endswith("-dm")

    def no_answer(self, result: Result) -> str:
        return (
            f"this host has xl but does not run Xen: {' '.join(result.argv)} says {result.said()}. Remedy: boot the host "
            "into Xen and see that xenstored runs (Debian: systemctl status xen), or take the host out of the group."
        )
