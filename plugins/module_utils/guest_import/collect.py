# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make definitions of all guests that a host has by hand: the work of ``guest_import``. Read only.

What makes a definition, and what proves it, is loaded where there is a file to make one of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from ..common.problem import listed
from ..common.secrets import hide, long_secrets
from ..config.foreign_files import was_adopted
from ..config.meaning_record import adopted_files
from ..host.facts import read_facts
from ..toolstack.base import Domain, HostState, Toolstack, ToolstackError
from ..xen.facts import Facts
from ..xen.releases import shown
from ..xencfg.values import ConfigSyntaxError, Document, Read, texts
from .config_files import ConfigFile, Skipped, UnreadableFile, find_files, read_file
from .places import Places
from .running import Start, guest_domains, recorded_file, starts

if TYPE_CHECKING:
    from ..definitions.definition import Draft

# One of these is in every guest's file; other plain files of the folder have none.
_KEYS_OF_GUESTS = {"name", "kernel", "builder", "type", "bootloader", "memory", "disk"}
_HALF = re.compile("[\ud800-\udfff]")


@dataclass
class Found:
    """Hold one file of a guest with its draft. ``reasons`` are why its definition must not be used as it is, each as one line;
    ``notes`` change nothing."""

    file: ConfigFile
    document: Document
    draft: Draft
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the guest's name."""
        return self.draft.name

    def as_dict(self) -> dict[str, Any]:
        """Return the guest's part of the module's result. Its definition alone has the passwords: the rest is printed."""
        secrets = long_secrets(self.draft.definition)
        return {
            "name": self.name,
            "path": str(self.file.path),
            "understood": not self.reasons,
            "definition": self.draft.definition,
            "reasons": hide(self.reasons, secrets),
            "notes": hide(self.notes, secrets),
        }


class Collector:
    """Read one host: its files, its domains, and what a deployment would make of the definitions."""

    def __init__(self, toolstack: Toolstack, places: Places) -> None:
        self._toolstack = toolstack
        self._places = places
        self._host: HostState = toolstack.info()
        self._facts: Facts = read_facts(self._host, places.store, {}, places.root)
        self._skipped: list[Skipped] = []
        self._managed: dict[str, str] = {}
        # The files that were adopted and stay, with their guests.
        self._adopted = adopted_files(places.records)
        self._found: list[Found] = []
        self._problems: list[str] = []
        self._all_domains: list[Domain] = []

    def run(self) -> dict[str, Any]:
        """Return the result of the module. Raise OSError where a folder cannot be listed."""
        files, self._skipped = find_files(self._places.config_dir, self._places.autostart_dir)
        for file in files:
            self._read(file)
        domains = self._domains()
        self._find_running(domains)
        self._compare_names()
        for found in self._found:
            self._place(found, domains)
            self._prove(found, domains.get(found.name))
        self._deploy()
        return {
            "xen": {"release": shown(self._host.release), "toolstack": self._toolstack.name},
            "guests": [found.as_dict() for found in self._found],
            "managed": [{"name": name, "path": path} for name, path in sorted(self._managed.items())],
            "skipped": [vars(item) for item in self._skipped],
            "problems": self._problems,
        }

    def _read(self, file: ConfigFile) -> Found | None:
        """Read a file as a guest's, and add it; None for a file that is managed already, or that is no guest's."""
        owner = file.owner or self._adopted.get(file.path.name, "")
        if owner and (file.owner or was_adopted(self._places.records, owner, file.path.name, file.text)):
            self._managed[owner] = str(file.path)
            return None
        from ..definitions.definition import draft_of
        from ..toolstack.dry_run import read_config

        try:
            document = read_config(self._toolstack.name, file.text)
        except ConfigSyntaxError as error:
            self._skip(file, f"line {error.line}: {error.reason}")
            return None
        if not _KEYS_OF_GUESTS & document.values.keys():
            self._skip(file, "sets no key of a guest")
            return None
        line = next((document.lines.get(key, 0) for key, value in document.values.items() if _has_half(value)), None)
        if line is not None:
            self._skip(file, f"line {line}: contains bytes that are not UTF-8")
            return None
        if self._is_stub_file(file.path):
            self._skip(file, "is the file of a stub domain, which goes with its guest's")
            return None
        draft = draft_of(document, self._facts, file.path.name)
        found = Found(file, document, draft)
        found.reasons += [remark.text(str(file.path)) for remark in draft.unsaid]
        found.notes += [f"{remark.text(str(file.path))}; left out" for remark in draft.unused]
        found.notes += file.notes
        self._found.append(found)
        return found

    def _skip(self, file: ConfigFile, reason: str) -> None:
        self._skipped.append(Skipped(str(file.path), reason))

    def _is_stub_file(self, path: Path) -> bool:
        """Return whether the file is the second one of a guest of xm, which the README of 2008 has the operator write."""
        if self._toolstack.name != "xm":
            return False
        guest = path.name[: -len("-dm")] if path.name.endswith("-dm") else path.name.replace("stubdom-", "", 1)
        return guest != path.name and path.with_name(guest).is_file()

    def _domains(self) -> dict[str, Domain]:
        try:
            self._all_domains = self._toolstack.domains()
            return guest_domains(self._toolstack, self._all_domains)
        except ToolstackError as error:
            self._problems.append(
                f"it is unknown which guests run, so that no definition has the state running: {error}"
            )
            return {}

    def _find_running(self, domains: Mapping[str, Domain]) -> None:
        """Find the files of domains that have none where one would look."""
        known = {found.name for found in self._found} | self._managed.keys()
        missing = {name: domain for name, domain in domains.items() if name not in known}
        calls = starts(self._places.processes) if missing else []
        for start in calls:
            self._read_start(start, missing)
        named = {found.name for found in self._found}
        for name, domain in missing.items():
            file = None if name in named else recorded_file(domain, self._places.library)
            found = self._read(file) if file else None
            if found:
                found.notes.append("its domain runs, and the text that it was started from is in libxl's records only")
            elif name not in named:
                self._problems.append(
                    f"domain {name!a} runs, and no file of it was found: its configuration is in the toolstack's records only"
                )

    def _read_start(self, start: Start, missing: Mapping[str, Domain]) -> None:
        """Read the file that a domain was started from; it lies outside the configuration folder, or names another guest."""
        known = {str(found.file.path): found for found in self._found}
        found = known.get(str(start.path))
        if not found:
            try:
                found = self._read(ConfigFile(start.path, read_file(start.path)))
            except UnreadableFile as error:
                self._skipped.append(Skipped(str(start.path), str(error)))
        if not found:
            return
        if start.has_keys:
            found.reasons.append(f"{start.path}: a domain was started from it with other keys on the command line")
        elif found.name in missing and str(start.path) not in known:
            found.notes.append(
                f"its domain was started from {start.path}; a deployment writes a file in {self._places.config_dir}"
            )

    def _compare_names(self) -> None:
        """Report names that more than one file has. Of files with the same content, the one of the guest's name counts."""
        by_name: dict[str, list[Found]] = defaultdict(list)
        for found in self._found:
            # A file without a name has a reason of its own.
            if found.name:
                by_name[found.name].append(found)
        for name, same in by_name.items():
            if name in self._managed:
                for found in same:
                    found.reasons.append(
                        f"{found.file.path}: guest {name} is managed already, by {self._managed[name]}"
                    )
            if len(same) < 2:
                continue
            if all(found.document.values == same[0].document.values for found in same):
                self._keep_one(same)
                continue
            for found in same:
                others = ", ".join(str(other.file.path) for other in same if other is not found)
                found.reasons.append(f"{found.file.path}: {others} has the same name, and another content")

    def _keep_one(self, same: list[Found]) -> None:
        own = self._own_path(same[0].name)
        kept = next((found for found in same if found.file.path == own), same[0])
        for found in same:
            if found is not kept:
                self._found.remove(found)
                kept.file.links += found.file.links
                kept.notes.append(f"{found.file.path} has the same content")

    def _own_path(self, name: str) -> Path:
        """Return the path of the guest's file that a deployment writes."""
        return self._places.config_dir / (name if self._toolstack.name == "xm" else f"{name}.cfg")

    def _place(self, found: Found, domains: Mapping[str, Domain]) -> None:
        """Add to the definition in which state the guest is, and whether it starts at boot."""
        definition, own = found.draft.definition, self._own_path(found.name)
        domain = domains.get(found.name)
        if domain is None or domain.condition != "running":
            # The domain is not touched, whatever it does until the next deployment.
            definition["state"] = "defined"
        if domain and domain.condition != "running":
            found.notes.append(f"its domain is {domain.condition}")
        if found.file.links:
            definition["autostart"] = True
        if found.name and found.file.path != own:
            found.notes.append(f"a deployment writes {own}; move {found.file.path} away then")

    def _prove(self, found: Found, domain: Domain | None) -> None:
        if found.reasons:
            return
        from .meaning_proof import differences_from_domain, prove

        path = str(found.file.path)
        proof = prove(self._toolstack, path, found.file.text, found.document, found.draft)
        found.reasons += [remark.text(path) for remark in proof.remarks]
        if domain and not found.reasons and self._toolstack.name == "xl":
            places = differences_from_domain(domain, self._places.library, proof.meaning)
            if places:
                found.notes.append(
                    f"its domain was started from another configuration ({listed(places, 3)}), and needs a restart"
                )

    def _deploy(self) -> None:
        """Add what a deployment with adoption would refuse of the definitions that are left."""
        good = [found for found in self._found if not found.reasons]
        if not good:
            return
        from .deployment import refusals

        definitions = [found.draft.definition for found in good]
        problems = refusals(definitions, self._host, self._facts, self._places, self._all_domains)
        for found in good:
            found.reasons += problems.get(found.name, [])


def _has_half(value: Read) -> bool:
    return any(map(_HALF.search, texts(value)))
