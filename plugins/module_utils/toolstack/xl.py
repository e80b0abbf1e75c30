# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``xl`` toolstack, Xen 4.2 on."""

from __future__ import annotations

import json
import os
import re
import time

from ..releases import parse_release
from .base import BootFiles, Domain, DomainFacts, HostState, NotXenError, Toolstack, ToolstackError
from .command import Result, Run, run

# xl prints names unpadded beyond 40 characters and does not quote them, so a row is read from its right end
# (Xen 4.17, tools/xl/xl_info.c, list_domains).
_ROW = re.compile(r"^(?P<name>.*\S)\s+(?P<id>\d+)\s+(?P<mem>\d+)\s+(?P<cpus>\d+)\s+(?P<state>\S{6})\s+(?P<time>[\d.]+)$")

# Read-only commands can fail for a moment while a domain is destroyed; they are asked again.
_READ_TRIES = 4
_READ_PAUSE = 1.0


class Xl(Toolstack):
    """Runs xl and xenstore-read; ``runner`` and ``pause`` are there for tests."""

    name = "xl"

    def __init__(self, runner: Run = run, pause: float = _READ_PAUSE) -> None:
        self._run = runner
        self._pause = pause

    def info(self) -> HostState:
        result = self._run(["xl", "info"])
        if result.rc != 0:
            raise NotXenError(_not_xen(result))
        values = dict(_pairs(result.out))
        version = values.get("xen_version") or f"{values.get('xen_major')}.{values.get('xen_minor')}"
        try:
            return HostState(
                version=version,
                release=parse_release(version),
                toolstack=self.name,
                capabilities=values.get("xen_caps", "").split(),
                virt_capabilities=values.get("virt_caps", "").split(),
                free_memory=int(values.get("free_memory", "0")),
                total_memory=int(values.get("total_memory", "0")),
                cpus=int(values.get("nr_cpus", "0")),
                commandline=values.get("xen_commandline", ""),
            )
        except ValueError as error:
            raise NotXenError(f"xl info says something that cannot be read: {error}") from error

    def domains(self) -> list[Domain]:
        lines = self._read(["xl", "list"]).out.splitlines()[1:]
        found = [_parse_row(line) for line in lines if line.strip()]
        # A domain on its way out is shown without a name, and is nobody's guest any more.
        return [domain for domain in found if domain.name != "(null)"]

    def create(self, path: str) -> None:
        self._act(["xl", "create", "-q", path])

    def shutdown(self, domain: Domain) -> None:
        # -F: an HVM guest without PV drivers is sent an ACPI power event; others are asked as without it.
        self._act(["xl", "shutdown", "-F", str(domain.domid)])

    def destroy(self, domain: Domain) -> None:
        self._act(["xl", "destroy", str(domain.domid)])

    def kernel_of(self, domain: Domain) -> str:
        """From libxl's own record: xenstore names the kernel of a PV guest only."""
        try:
            found = json.loads(self._read(["xl", "list", "-l", str(domain.domid)]).out)
            return str(found[0]["config"]["b_info"]["kernel"])
        except (ValueError, LookupError, TypeError):
            return ""  # The domain has ended since, or libxl keeps no record of it.

    def facts_of(self, domain: Domain) -> DomainFacts:
        vm = self._xenstore(f"/local/domain/{domain.domid}/vm")
        if not vm:
            return DomainFacts()
        started = self._xenstore(f"{vm}/start_time")
        return DomainFacts(
            uuid=vm.rsplit("/", 1)[-1],
            kernel=self._xenstore(f"{vm}/image/kernel"),
            start_time=float(started) if re.fullmatch(r"\d+(\.\d+)?", started) else 0.0,
        )

    def target_of(self, domain: Domain) -> int | None:
        # Only they are asked, as each question starts a process.
        if not _may_be_stub(domain):
            return None
        target = self._xenstore(f"/local/domain/{domain.domid}/target")
        return int(target) if target.isdigit() else None

    def stub_domain_of(self, domain: Domain) -> int | None:
        stub = self._xenstore(f"/local/domain/{domain.domid}/image/device-model-domid")
        return int(stub) if stub.isdigit() else None

    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        """A guest's kernel is in its own part of xenstore, and so is that of a stub domain: libxl builds it as any PV
        domain (Xen 4.17, tools/libs/light/libxl_create.c, libxl__domain_build)."""
        places = self._xenstore_all([f"/local/domain/{domain.domid}/vm" for domain in domains])
        keys = [
            f"{place}/image/{part}"
            for domain, place in zip(domains, places)
            if place
            for part in (("kernel", "ramdisk") if _may_be_stub(domain) else ("kernel",))
        ]
        values = dict(zip(keys, self._xenstore_all(keys)))
        return {
            domain.domid: BootFiles(values.get(f"{place}/image/kernel", ""), values.get(f"{place}/image/ramdisk", ""))
            for domain, place in zip(domains, places)
        }

    def _xenstore(self, key: str) -> str:
        """One value; "" for a key that does not exist."""
        result = self._run(["xenstore-read", key])
        return result.out.strip() if result.rc == 0 else ""

    def _xenstore_all(self, keys: list[str]) -> list[str]:
        """Many values by few processes. xenstore-read prints each on a line and stops at the first key that does not
        exist, so that it is asked once more for each of these."""
        values: list[str] = []
        while len(values) < len(keys):
            result = self._run(["xenstore-read", *keys[len(values) :]])
            values += result.out.splitlines()
            if result.rc in (0, 127):
                break
            values.append("")
        return [value.strip() for value in values] + [""] * (len(keys) - len(values))

    def _read(self, argv: list[str]) -> Result:
        for attempt in range(_READ_TRIES):
            result = self._run(argv)
            if result.rc == 0:
                return result
            if attempt + 1 < _READ_TRIES:
                time.sleep(self._pause)
        raise ToolstackError(_failed(result))

    def _act(self, argv: list[str]) -> None:
        result = self._run(argv)
        if result.rc != 0:
            raise ToolstackError(_failed(result))


def _may_be_stub(domain: Domain) -> bool:
    """libxl names stub domains so."""
    return domain.name.endswith("-dm")


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(key.strip(), value.strip()) for key, sep, value in (line.partition(":") for line in text.splitlines()) if sep]


def _parse_row(line: str) -> Domain:
    row = _ROW.match(line)
    if not row:
        raise ToolstackError(f"xl list printed a row that cannot be read: {line!r}")
    return Domain(
        domid=int(row["id"]),
        name=row["name"],
        memory=int(row["mem"]),
        vcpus=int(row["cpus"]),
        state=row["state"],
        cpu_time=float(row["time"]),
    )


def _failed(result: Result) -> str:
    return f"{' '.join(result.argv)} failed with exit code {result.rc}: {result.said()}"


def _not_xen(result: Result) -> str:
    if result.rc == 127:
        return (
            "this is no Xen host: it has no xl. Remedy: install Xen and its tools (Debian: xen-system-amd64) "
            "and boot into it, or take the host out of the group."
        )
    if os.geteuid() != 0:
        return f"xl does not work for an ordinary user ({result.said()}). Remedy: set become: true."
    return (
        f"this host has xl but does not run Xen: {' '.join(result.argv)} says {result.said()}. Remedy: boot the host "
        "into Xen and see that xenstored runs (Debian: systemctl status xen), or take the host out of the group."
    )
