# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``xm`` toolstack with xend, Xen 3.3 to 4.4.

Sources: Xen 3.3.0-rc7, 3.4.0-rc3 and 4.1, tools/python/xen/xm/main.py, xm/create.py, xend/image.py,
xend/XendDomainInfo.py; stubdom/stubdom-dm.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from ..common.files import read_text
from ..common.paths import LOG_DIR
from ..xen.facts import STUBDOM_DM
from ..xen.releases import Release
from ..xen.stub_names import blocks
from ..xencfg import read_xm
from ..xencfg.values import ConfigSyntaxError
from . import sxp, xen_folders
from .base import BootFiles, Domain, DomainFacts, ToolstackError
from .command import Result, Run, run
from .program import READ_PAUSE, Program, failed, parse_row, seconds

ROOT = Path("/")

# Guests that xend manages and that do not run are listed, too: without id and state.
_INACTIVE = re.compile(r"^\S+\s+\d+\s+\d+\s+[\d.]+$")

# How often a stub domain is looked for, once a second: until it is there after its guest, as xm create waits for no more
# than the guest (4.0 on: 10 seconds), and until it is gone after it, as xend of 3.3 and 3.4 has it destroyed later.
_COMING = 60
_GOING = 10

_NO_BUTTON = "Invalid trigger"
_LOG = f"{LOG_DIR}/xend.log"


class Xm(Program):
    """Runs xm and xenstore-read. ``root`` is where the host's files lie; stubdom-dm is looked for there."""

    name = "xm"
    more_output = f"{_LOG} has more"
    absent = (
        "this is no Xen host with xend: it has no xm. Remedy: use toolstack: auto, or install Xen and its tools "
        "and boot into it, or take the host out of the group."
    )

    def __init__(self, runner: Run = run, pause: float = READ_PAUSE, root: Path | None = None) -> None:
        super().__init__(runner, pause)
        self._root = root
        # Xen's, and how stubdom-dm names a stub domain's file; None as long as nobody asked.
        self._known_release: Release | None = None
        self._dm_config: str | None = None

    def domains(self) -> list[Domain]:
        return [parse_row(self.name, line) for line in self.rows() if not _INACTIVE.match(line)]

    def create(self, path: str, uuid: str = "") -> None:
        """A stub domain is started by stubdom-dm, in the background: xm tells nothing of how that goes."""
        name, has_stub = _look(path)
        stub = self.stub_name_of(name) if has_stub else ""
        if stub:
            self._check_unblocked(stub)
        self.act("create", "-q", path, unsaid=f"uuid={uuid}" if uuid else "")
        if stub:
            self._wait_for_stub(path, name, stub)

    def shutdown(self, domain: Domain) -> None:
        """Of an HVM guest the power button is pressed: xm shutdown cuts the power of one that has no PV drivers, at once
        (XendDomainInfo.shutdown)."""
        said = self._told(str(domain.domid)).get(domain.domid)
        if not said:
            raise ToolstackError(f"xm list --long {domain.domid} does not tell what kind of domain that is")
        if _image(said)[:1] != ["hvm"]:
            self.act("shutdown", str(domain.domid))
            return
        result = self._run([self.name, "trigger", str(domain.domid), "power"])
        if _NO_BUTTON in result.err:
            raise ToolstackError(
                "Xen 3.3 has no power button for an HVM guest, and xm shutdown may cut its power at once. Remedy: shut it "
                "down from inside, or set stop_force: true."
            )
        if result.rc != 0:
            raise ToolstackError(failed(result))

    def destroy(self, domain: Domain) -> None:
        stub = self._stub_of(domain)
        self.act("destroy", str(domain.domid))
        for attempt in range(_GOING if stub else 0):
            if attempt:
                time.sleep(self._pause)
            if not self._is_there(stub):
                return
        if stub:
            self._destroy_rest(stub)

    def kernel_of(self, domain: Domain) -> str:
        return self.booted_from([domain])[domain.domid].kernel

    def facts_of(self, domain: Domain) -> DomainFacts:
        result = self._run([self.name, "list", "--long", str(domain.domid)])
        return _facts(_domains_of(result.out).get(domain.domid, []) if result.rc == 0 else [])

    def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
        said = self._told() if domains else {}
        return {domain.domid: _facts(said.get(domain.domid, [])) for domain in domains}

    def stub_domain_of(self, domain: Domain) -> int | None:
        """xend does not note which one a guest was given: one that is gone cannot be told."""
        stub = self._stub_of(domain)
        return stub.domid if stub else None

    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        said = self._told() if domains else {}
        found = {domain.domid: _files(said.get(domain.domid, [])) for domain in domains}
        return {
            domain.domid: found[domain.domid] if self.may_be_stub(domain) else BootFiles(found[domain.domid].kernel)
            for domain in domains
        }

    def log_of(self, _guest: str) -> str:
        return _LOG

    def stub_name_of(self, guest: str) -> str:
        """xm calls a domain as the file that it is started from."""
        return (self._named() or "{}-dm").format(guest)

    def stub_file_of(self, guest: str) -> str:
        return self._named().format(guest)

    def may_be_stub(self, domain: Domain) -> bool:
        """The names that stubdom-dm gave: ``stubdom-NAME`` before 3.3.0-rc3."""
        return domain.name.endswith("-dm") or domain.name.startswith("stubdom-")

    def no_answer(self, result: Result) -> str:
        return (
            f"this host has xm, but xend does not answer: {' '.join(result.argv)} says {result.said()}. Remedy: boot the "
            "host into Xen and start xend (xend start), or take the host out of the group."
        )

    def _named(self) -> str:
        """What the installed stubdom-dm says, "" where it writes the file itself or nobody can tell."""
        if self._dm_config is None:
            self._dm_config = xen_folders.find(self._release(), self._root or ROOT)[1] or ""
        return self._dm_config

    def _release(self) -> Release:
        if self._known_release is None:
            self._known_release = self.info().release
        return self._known_release

    def _told(self, *which: str) -> dict[int, sxp.Sxp]:
        """What xend knows of one domain, or of all, by their ids."""
        return _domains_of(self.read("list", "--long", *which).out)

    def _check_unblocked(self, stub: str) -> None:
        """stubdom-dm would wait for ever; see ``stubnames.blocks``."""
        for domain in self.domains():
            if blocks(domain.name, stub, self._release()):
                reason = f"stubdom-dm would wait for ever, as domain {domain.domid} ({domain.name}) is there"
                remedy = "look at it" if domain.name == stub else "rename one of the two guests"
                raise ToolstackError(f"{reason}, whose name has {stub} in it. Remedy: {remedy}.")

    def _wait_for_stub(self, path: str, name: str, stub: str) -> None:
        """Of a guest whose stub domain does not come, nothing is left, as with xl."""
        found: dict[str, Domain] = {}
        reason = f"does not run after {_COMING} seconds"
        for attempt in range(_COMING):
            if attempt:
                time.sleep(self._pause)
            was_there = stub in found
            found = {domain.name: domain for domain in self.domains()}
            if name not in found:
                return  # It ended at once, and its stub domain with it; the caller sees that.
            helper = found.get(stub)
            if helper and helper.condition == "running" and self.target_of(helper) == found[name].domid:
                return
            if was_there and not helper:
                reason = "has ended"
                break
        text = f"xm create -q {path} started the guest, but its stub domain {stub} {reason}"
        try:
            self.destroy(found[name])
        except ToolstackError as error:
            raise ToolstackError(f"{text}; {error}") from error
        raise ToolstackError(text)

    def _stub_of(self, domain: Domain) -> Domain | None:
        """The stub domain that serves a domain now."""
        if self.may_be_stub(domain) or domain.domid == 0:
            return None
        name = self.stub_name_of(domain.name)
        found = next((other for other in self.domains() if other.name == name), None)
        return found if found and self.target_of(found) == domain.domid else None

    def _is_there(self, stub: Domain | None) -> bool:
        return any(stub and domain.domid == stub.domid for domain in self.domains())

    def _destroy_rest(self, stub: Domain) -> None:
        """A stub domain that somebody else ends at this moment is as good as destroyed."""
        try:
            self.act("destroy", str(stub.domid))
        except ToolstackError:
            if self._is_there(stub):
                raise


def _look(path: str) -> tuple[str, bool]:
    """The name of a file's guest, and whether xend starts it by stubdom-dm. What cannot be read is xm's to tell."""
    try:
        values = read_xm.read(read_text(Path(path)) or "").values
    except (OSError, ConfigSyntaxError):
        values = {}
    name = values.get("name", Path(path).name)
    return str(name), STUBDOM_DM in str(values.get("device_model", ""))


def _domains_of(text: str) -> dict[int, sxp.Sxp]:
    """What ``list --long`` printed, by the domains' ids."""
    try:
        found = sxp.read(text)
    except ValueError as error:
        # There can be passwords in it.
        raise ToolstackError(f"xm list --long printed something that cannot be read: {error}") from error
    return {int(domid): said for said in found for domid in [sxp.value_of(said, "domid")] if domid.isdigit()}


def _facts(said: sxp.Sxp) -> DomainFacts:
    return DomainFacts(sxp.value_of(said, "uuid"), seconds(sxp.value_of(said, "start_time")))


def _image(said: sxp.Sxp) -> list[sxp.Sxp]:
    """The kind of a domain's image, and what it is made of: ``["linux", ["kernel", "/boot/vmlinuz"]]``."""
    images = [item for item in said if isinstance(item, list) and item[:1] == ["image"]]
    kinds = [item for item in (images[0] if images else []) if isinstance(item, list) and item]
    return kinds[0] if kinds else []


def _files(said: sxp.Sxp) -> BootFiles:
    """An HVM guest has hvmloader, which is nothing that it was booted from."""
    image = _image(said)
    if image[:1] == ["hvm"]:
        return BootFiles()
    return BootFiles(sxp.value_of(image, "kernel"), sxp.value_of(image, "ramdisk"))
