# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the ``xm`` toolstack with xend, Xen 3.3 to 4.4.

Sources: Xen 3.3.0-rc7, 3.4.0-rc3 and 4.1, tools/python/xen/xm/main.py, xm/create.py, xend/image.py,
xend/XendDomainInfo.py; stubdom/stubdom-dm.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Collection, Mapping

from ..common.arguments import setting
from ..common.files import below, read_text
from ..common.paths import CONFIG_DIR, LOG_DIR, STUBDOMS_DIR
from ..xen.facts import STUBDOM_DM
from ..xen.releases import Release
from ..xen.stub_names import blocks
from ..xencfg import read_xm
from ..xencfg.values import ConfigSyntaxError
from . import sxp, xen_folders
from .base import BootFiles, Domain, DomainFacts, Identity, ToolstackError
from .command import Result, Run, run
from .program import READ_PAUSE, Program, failed, parse_row, seconds

ROOT = Path("/")

# xm lists guests that xend manages and that do not run, too: without id and state.
_INACTIVE = re.compile(r"^\S+\s+\d+\s+\d+\s+[\d.]+$")

# How often a stub domain is listed, once a second: until it exists, as xm create waits for the guest only (4.0 on: 10
# seconds), and until it is gone, as xend of 3.3 and 3.4 destroys it after the guest.
_START = 60
_END = 10

# Xen 4.4 prints this at each call; at the first one after the boot, a text follows.
_WARNING = re.compile(r"WARNING: xend/xm is deprecated\.\n(\nxend is deprecated .*?\(http://wiki\.xen\.org/wiki/XL\)\.\n\n?)?", re.DOTALL)

# xend restarts itself when it has no memory left, and refuses calls for some 10 seconds. How often a call is repeated,
# once a second: a call that was refused has not begun.
_RESTARTING = "Unable to connect to xend: Connection refused"
_RESTART = 30

# xend's name for a domain that was destroyed and still exists (Xen 3.3, XendConstants.py, ZOMBIE_PREFIX).
_ZOMBIE = "Zombie-"

_ROOT_ALONE = 0o700

_NO_BUTTON = "Invalid trigger"
_LOG = f"{LOG_DIR}/xend.log"


class Xm(Program):
    """Run xm and xenstore-read. The host's files, stubdom-dm among them, lie below ``root``."""

    name = "xm"
    more_output = f"{_LOG} has more"
    absent = (
        "this is not a Xen host with xend: it has no xm",
        "use toolstack: auto, or install Xen and its tools and boot into it, or remove the host from the group",
    )

    def __init__(self, runner: Run = run, pause: float = READ_PAUSE, root: Path | None = None) -> None:
        super().__init__(self._ask, pause)
        self._runner = runner
        self._root = root
        # The release of Xen, and the name that stubdom-dm gives a stub domain's file; None until they are read.
        self._known_release: Release | None = None
        self._dm_config: str | None = None

    def _ask(self, argv: list[str]) -> Result:
        """Run a program, again while xend restarts. What xm prints of its own future is left out of the errors."""
        for attempt in range(_RESTART):
            if attempt:
                time.sleep(self._pause)
            result = self._runner(argv)
            if _RESTARTING not in result.err:
                break
        return replace(result, err=_WARNING.sub("", result.err))

    def domains(self) -> list[Domain]:
        """Return the domains that exist now, and keep what is left of destroyed ones as ``nameless``."""
        found = [parse_row(self.name, line) for line in self.rows() if not _INACTIVE.match(line)]
        self.nameless = [domain for domain in found if domain.name.startswith(_ZOMBIE)]
        return [domain for domain in found if not domain.name.startswith(_ZOMBIE)]

    def at_work(self, names: Collection[str], domains: Mapping[str, Domain], processes: str) -> dict[str, str]:
        """Return the guests whose end xend is about to act on, and those that it restarts or that a process makes."""
        # Loaded only where the state of a guest may change.
        from . import monitors, xend

        ended = [domains[name] for name in names if name in domains and domains[name].condition in ("crashed", "shutdown", "dying")]
        data = self._list_long() if ended else {}
        found = {domain.name for domain in ended if not xend.is_preserved(data.get(domain.domid, []))}
        others = [name for name in names if name not in domains or not domains[name].has_run]
        restarting = xend.restarting(self._run(["xenstore-ls", "/vm"]).out) if others else set()
        found.update(name for name in others if name in restarting)
        maker = any(name in domains for name in others) and monitors.maker(Path(processes), self.name)
        found.update(name for name in others if name in domains and maker)
        return {name: "xend" for name in names if name in found}

    def create(self, path: str, uuid: str = "") -> None:
        """Start a guest, and wait for its stub domain: stubdom-dm starts it in the background, and xm reports nothing of it."""
        name, has_stub = _read_guest(path)
        stub = self.stub_name_of(name) if has_stub else ""
        if stub:
            self._check_unblocked(stub)
            self._hide_stub_files(Path(path).parent)
        self.act("create", "-q", path, hidden=f"uuid={uuid}" if uuid else "")
        if stub:
            self._wait_for_stub(path, name, stub)

    def shutdown(self, domain: Domain) -> None:
        """Ask the guest to shut down; press the power button of an HVM guest.

        xm shutdown cuts the power of an HVM guest without PV drivers at once (XendDomainInfo.shutdown).
        """
        data = self._list_long(str(domain.domid)).get(domain.domid)
        if not data:
            raise ToolstackError(f"xm list --long {domain.domid} does not name the type of that domain")
        if _image(data)[:1] != ["hvm"]:
            self.act("shutdown", str(domain.domid))
            return
        result = self._run([self.name, "trigger", str(domain.domid), "power"])
        if _NO_BUTTON in result.err:
            raise ToolstackError(
                "Xen 3.3 has no power button for an HVM guest, and xm shutdown may cut its power at once",
                f"shut it down from inside, or set {setting('guest_state', 'stop_force', 'true')}",
            )
        if result.rc != 0:
            raise ToolstackError(failed(result))

    def destroy(self, domain: Domain) -> None:
        """Destroy a domain, and wait until its stub domain is gone, too."""
        stub = self._stub_of(domain)
        self.end(domain)
        for attempt in range(_END if stub else 0):
            if attempt:
                time.sleep(self._pause)
            if not self._exists(stub):
                return
        if stub:
            self.end(stub)

    def kernel_of(self, domain: Domain) -> str:
        """Return the file that a guest was booted from."""
        return self.booted_from([domain])[domain.domid].kernel

    def facts_of(self, domain: Domain) -> DomainFacts:
        """Return what xend recorded of a domain."""
        result = self._run([self.name, "list", "--long", str(domain.domid)])
        return _facts(_domains_of(result.out).get(domain.domid, []) if result.rc == 0 else [])

    def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
        """Return what xend recorded of domains, by their ids."""
        data = self._list_long() if domains else {}
        return {domain.domid: _facts(data.get(domain.domid, [])) for domain in domains}

    def stub_domain_of(self, domain: Domain) -> int | None:
        """Return the id of the stub domain that a guest has now: xend does not record one that is gone."""
        stub = self._stub_of(domain)
        return stub.domid if stub else None

    def booted_from(self, domains: list[Domain]) -> dict[int, BootFiles]:
        """Return the files that domains were booted from, by their ids."""
        data = self._list_long() if domains else {}
        found = {domain.domid: _files(data.get(domain.domid, [])) for domain in domains}
        return {
            domain.domid: found[domain.domid] if self.may_be_stub(domain) else BootFiles(found[domain.domid].kernel)
            for domain in domains
        }

    def identities(self, domains: list[Domain]) -> dict[int, Identity]:
        """Return what identifies domains, from what xend recorded of their devices."""
        from . import open_disks

        data = self._list_long()
        missing = [domain for domain in domains if domain.domid not in data and domain.domid and domain.condition != "dying"]
        if missing:
            raise ToolstackError(f"xm list --long does not name domain {missing[0].domid} ({missing[0].name})")
        return {
            domain.domid: Identity(_facts(known).uuid.lower(), frozenset(open_disks.of_xend(known)))
            for domain in domains
            for known in [data.get(domain.domid, [])]
        }

    def log_of(self, _guest: str) -> str:
        """Return the path of xend's log."""
        return _LOG

    def stub_name_of(self, guest: str) -> str:
        """Return the name of a guest's stub domain: xm names a domain as the file that it is started from."""
        return (self._stub_format() or "{}-dm").format(guest)

    def stub_file_of(self, guest: str) -> str:
        """Return the name of the configuration file of a guest's stub domain, "" where stubdom-dm writes it."""
        return self._stub_format().format(guest)

    def may_be_stub(self, domain: Domain) -> bool:
        """Return whether the domain has a name that stubdom-dm gives: ``stubdom-NAME`` before 3.3.0-rc3."""
        return domain.name.endswith("-dm") or domain.name.startswith("stubdom-")

    def no_answer(self, result: Result) -> tuple[str, str]:
        """Return reason and remedy for an ``info`` that failed."""
        return (
            f"this host has xm, but xend does not answer: {' '.join(result.argv)} printed {result.summary()}",
            "boot the host into Xen and start xend (xend start), or remove the host from the group",
        )

    def _stub_format(self) -> str:
        """Return how the installed stubdom-dm names the file of a stub domain, "" where it writes the file, or for unknown."""
        if self._dm_config is None:
            self._dm_config = xen_folders.find(self._release(), self._root or ROOT)[1] or ""
        return self._dm_config

    def _release(self) -> Release:
        if self._known_release is None:
            self._known_release = self.info().release
        return self._known_release

    def _list_long(self, *which: str) -> dict[int, sxp.Sxp]:
        """Return what xend knows of one domain, or of all, by their ids."""
        return _domains_of(self.read("list", "--long", *which).out)

    def _check_unblocked(self, stub: str) -> None:
        """Raise ToolstackError where stubdom-dm would wait for ever; see ``stub_names.blocks``."""
        for domain in self.domains():
            if blocks(domain.name, stub, self._release()):
                reason = f"stubdom-dm would wait for ever, as domain {domain.domid} ({domain.name}) exists"
                remedy = "examine it" if domain.name == stub else "rename one of the two guests"
                raise ToolstackError(f"{reason}, whose name contains {stub}", remedy)

    def _hide_stub_files(self, config_dir: Path) -> None:
        """Let root alone read the folder in which stubdom-dm writes its files: readable for all, with the display's password.

        The script makes the folder where it does not exist. It is made here for a guest of Xen's own folder only, so that
        guests with files elsewhere leave Xen's folder alone. Raise ToolstackError.
        """
        root = self._root or ROOT
        folder = below(root, STUBDOMS_DIR)
        try:
            if config_dir == below(root, CONFIG_DIR):
                folder.mkdir(mode=_ROOT_ALONE, exist_ok=True)
            if folder.is_dir() and folder.stat().st_mode & 0o077:
                folder.chmod(_ROOT_ALONE)
        except OSError as error:
            reason = f"{folder} cannot be hidden from other users: {error}"
            raise ToolstackError(reason, "make it a folder with mode 0700, as stubdom-dm writes passwords of displays there") from error

    def _wait_for_stub(self, path: str, name: str, stub: str) -> None:
        """Wait until the stub domain runs. Destroy a guest whose stub domain does not start, as xl does."""
        found: dict[str, Domain] = {}
        reason = f"does not run after {_START} seconds"
        for attempt in range(_START):
            if attempt:
                time.sleep(self._pause)
            was_there = stub in found
            found = {domain.name: domain for domain in self.domains()}
            if name not in found:
                return  # It ended at once, and its stub domain with it; the caller reports that.
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
        """Return the stub domain that serves a domain now, None for none."""
        if self.may_be_stub(domain) or domain.domid == 0:
            return None
        name = self.stub_name_of(domain.name)
        found = next((other for other in self.domains() if other.name == name), None)
        return found if found and self.target_of(found) == domain.domid else None

    def _exists(self, stub: Domain | None) -> bool:
        return any(stub and domain.domid == stub.domid for domain in self.domains())


def _read_guest(path: str) -> tuple[str, bool]:
    """Return the name of the guest of a file, and whether stubdom-dm starts its stub domain. xm reports unreadable files."""
    try:
        values = read_xm.read(read_text(Path(path)) or "").values
    except (OSError, ConfigSyntaxError):
        values = {}
    name = values.get("name", Path(path).name)
    return str(name), STUBDOM_DM in str(values.get("device_model", ""))


def _domains_of(text: str) -> dict[int, sxp.Sxp]:
    """Return what ``list --long`` printed, by the domains' ids."""
    try:
        found = sxp.read(text)
    except sxp.SxpError as error:
        # The output can contain passwords: the message has none of it.
        raise ToolstackError(f"xm list --long printed something that cannot be read: {error}") from error
    return {int(domid): data for data in found for domid in [sxp.value_of(data, "domid")] if domid.isdigit()}


def _facts(data: sxp.Sxp) -> DomainFacts:
    return DomainFacts(sxp.value_of(data, "uuid"), seconds(sxp.value_of(data, "start_time")))


def _image(data: sxp.Sxp) -> list[sxp.Sxp]:
    """Return the kind of a domain's image, and its parts: ``["linux", ["kernel", "/boot/vmlinuz"]]``."""
    images = [item for item in data if isinstance(item, list) and item[:1] == ["image"]]
    kinds = [item for item in (images[0] if images else []) if isinstance(item, list) and item]
    return kinds[0] if kinds else []


def _files(data: sxp.Sxp) -> BootFiles:
    """Return the files that a domain was booted from: none for an HVM guest, whose image is hvmloader."""
    image = _image(data)
    if image[:1] == ["hvm"]:
        return BootFiles()
    return BootFiles(sxp.value_of(image, "kernel"), sxp.value_of(image, "ramdisk"))
