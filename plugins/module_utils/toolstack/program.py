# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ``xl`` or ``xm``, read what both print in the same form, and read xenstore."""

from __future__ import annotations

import os
import re
import time
from abc import abstractmethod
from dataclasses import replace

from ..xen.releases import ReleaseError, parse_release
from .base import Domain, HostState, NotXenError, Toolstack, ToolstackError
from .command import Result, Run, run

# Both print names unpadded beyond 40 characters and do not quote them, so a row is read from its right end
# (Xen 4.17, tools/xl/xl_info.c, list_domains; Xen 4.1, tools/python/xen/xm/main.py, xm_brief_list).
_ROW = re.compile(r"^(?P<name>.*\S)\s+(?P<id>\d+)\s+(?P<mem>\d+)\s+(?P<cpus>\d+)\s+(?P<state>\S{6})\s+(?P<time>[\d.]+)$")

# Read-only commands can fail for a moment while a domain is destroyed; they are asked again.
_READ_TRIES = 4
READ_PAUSE = 1.0


class Program(Toolstack):
    """Run the program ``name``, and xenstore-read. Tests replace ``runner`` and ``pause`` (seconds).

    ``absent`` is the reason and the remedy for a machine that does not have the program.
    """

    absent: tuple[str, str]

    def __init__(self, runner: Run = run, pause: float = READ_PAUSE) -> None:
        self._run = runner
        self._pause = pause

    def info(self) -> HostState:
        """Return the state of the host. Raise NotXenError where Xen does not answer."""
        result = self._run([self.name, "info"])
        if result.rc != 0:
            raise NotXenError(*self.not_xen(result))
        values = dict(_pairs(result.out))
        # xm names the version in parts only.
        parts = f"{values.get('xen_major')}.{values.get('xen_minor')}{values.get('xen_extra', '')}"
        version = values.get("xen_version") or parts
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
        except (ReleaseError, ValueError) as error:
            raise NotXenError(f"{self.name} info printed something that cannot be read: {error}") from error

    def hypervisor_log(self) -> str:
        """Return what Xen has logged, "" where it cannot be read."""
        result = self._run([self.name, "dmesg"])
        return result.out if result.rc == 0 else ""

    def create_paused(self, path: str) -> None:
        """Make a domain that has no stub domain, and leave it paused."""
        self.act("create", "-q", "-p", path)

    def console_of(self, domain: Domain) -> str:
        """Return the terminal of a domain's first console: xenconsoled writes it to xenstore (tools/console/daemon/io.c)."""
        return self.xenstore(f"/local/domain/{domain.domid}/console/tty")

    def target_of(self, domain: Domain) -> int | None:
        """Return the id of the domain that a stub domain serves, None for a domain that is not a stub domain."""
        # Each question starts a process: only domains with such a name are read.
        if not self.may_be_stub(domain):
            return None
        target = self.xenstore(f"/local/domain/{domain.domid}/target")
        return int(target) if target.isdigit() else None

    @abstractmethod
    def may_be_stub(self, domain: Domain) -> bool:
        """Return whether the domain has the name of a stub domain."""

    @abstractmethod
    def no_answer(self, result: Result) -> tuple[str, str]:
        """Return reason and remedy for an ``info`` that failed for root on a machine that has the program."""

    def not_xen(self, result: Result) -> tuple[str, str]:
        """Return reason and remedy for an ``info`` that failed."""
        if result.rc == 127:
            return self.absent
        if os.geteuid() != 0:
            return f"{self.name} does not work for an ordinary user ({result.summary()})", "set become: true"
        return self.no_answer(result)

    def tree(self, path: str) -> str:
        """Return a part of xenstore, a line with the whole path for each key. Raise ToolstackError."""
        return self._read(["xenstore-ls", "-f", path], is_secret=True).out

    def rows(self) -> list[str]:
        """Return the lines of ``list`` below its head."""
        return [line for line in self.read("list").out.splitlines()[1:] if line.strip()]

    def read(self, *words: str) -> Result:
        """Run a command that only reads, again if it fails for a moment. Raise ToolstackError."""
        return self._read([self.name, *words])

    def _read(self, argv: list[str], is_secret: bool = False) -> Result:
        """Run a program as ``read`` does. What it prints can have passwords where it ``is_secret``."""
        for attempt in range(_READ_TRIES):
            result = self._run(argv)
            if result.rc == 0:
                return result
            if attempt + 1 < _READ_TRIES:
                time.sleep(self._pause)
        raise ToolstackError(failed(replace(result, out="") if is_secret else result))

    def pause(self, domain: Domain) -> None:
        """Pause a domain."""
        self.act("pause", str(domain.domid))

    def unpause(self, domain: Domain) -> None:
        """Unpause a domain."""
        self.act("unpause", str(domain.domid))

    def act(self, *words: str, hidden: str = "") -> None:
        """Run a command that changes something, once. Raise ToolstackError.

        ``hidden`` is an argument that messages leave out, as an operator who repeats the command does not need it.
        """
        result = self._run([self.name, *words, *([hidden] if hidden else [])])
        if result.rc != 0:
            raise self.error_of(replace(result, argv=[self.name, *words]))

    def end(self, domain: Domain) -> None:
        """Destroy a domain. One that ends at this moment counts as destroyed. Raise ToolstackError."""
        try:
            self.act("destroy", str(domain.domid))
        except ToolstackError:
            if self._is_listed(domain.domid):
                raise

    def _is_listed(self, domid: int) -> bool:
        """Return whether a domain exists, with a name or without one, or that is unknown."""
        try:
            rows = [_ROW.match(line) for line in self.rows()]
        except ToolstackError:
            return True
        return any(row and int(row["id"]) == domid for row in rows)

    def error_of(self, result: Result) -> ToolstackError:
        """Return the error for a command that failed."""
        return ToolstackError(failed(result))

    def xenstore(self, key: str) -> str:
        """Return one value of xenstore, "" for a key that does not exist."""
        result = self._run(["xenstore-read", key])
        return result.out.strip() if result.rc == 0 else ""

    def xenstore_all(self, keys: list[str]) -> list[str]:
        """Return many values of xenstore, read by few processes.

        xenstore-read prints each value on a line, and stops at the first key that does not exist: it is run once more for
        each of these.
        """
        values: list[str] = []
        while len(values) < len(keys):
            result = self._run(["xenstore-read", *keys[len(values) :]])
            values += result.out.splitlines()
            if result.rc in (0, 127):
                break
            values.append("")
        return [value.strip() for value in values] + [""] * (len(keys) - len(values))


def parse_row(program: str, line: str) -> Domain:
    """Return the domain of a row of ``list``. Raise ToolstackError."""
    row = _ROW.match(line)
    if not row:
        raise ToolstackError(f"{program} list printed a row that cannot be read: {line!r}")
    return Domain(
        domid=int(row["id"]),
        name=row["name"],
        memory=int(row["mem"]),
        vcpus=int(row["cpus"]),
        state=row["state"],
        cpu_time=float(row["time"]),
    )


def seconds(text: str) -> float:
    """Return a time as a toolstack recorded it, 0 for text that is not a time."""
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def failed(result: Result) -> str:
    """Return the reason for a program that failed."""
    return f"{' '.join(result.argv)} failed with exit code {result.rc}: {result.summary()}"


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(key.strip(), value.strip()) for key, sep, value in (line.partition(":") for line in text.splitlines()) if sep]
