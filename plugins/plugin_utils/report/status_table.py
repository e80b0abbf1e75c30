# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a table of the status of a fleet for a terminal (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils.common.errors import with_remedy
from ...module_utils.common.problem import counted
from ...module_utils.toolstack.base import Domain, nameless_words
from .deployment import table, without_empty
from .status import by_host, definition_words

_HEAD = ("HOST", "GUEST", "TYPE", "STATE", "DEVICE MODEL", "IMAGE", "DEFINITION", "PROOF")


def status_table(model: Mapping[str, Any]) -> str:
    """Return a line for each guest and for each host that could not be examined, the sums, all problems, and the notes."""
    rows: list[tuple[str, ...]] = [_HEAD]
    problems: list[str] = []
    notes: list[str] = []
    guests = by_host(model)
    for host in model["hosts"]:
        name = host["name"]
        if host["reason"]:
            rows.append((name, "-", "-", host["state"], "-", "-", "-", "PROBLEM"))
            problems.append(f"  {name}: {host['state']}: {host['reason']}")
        for guest in guests[name]:
            rows.append((name, *_cells(guest)))
            problems += [f"  {name}: {line}" for line in guest["problems"]]
            notes += [f"  {name}: {line} (note)" for line in guest["notes"]]
        if host["nameless"]:
            notes.append(f"  {name}: {nameless_domain_words(host['nameless'])} (note)")
        if host["changed_files"]:
            notes.append(f"  {name}: {changed_files_words(host['changed_files'])} (note)")
        if host["foreign"]:
            problems += [f"  {name}: {line}" for domain in host["foreign"] for line in domain["problems"]]
            notes.append(f"  {name}: not defined: {', '.join(_foreign(domain) for domain in host['foreign'])}")
    lines = table(without_empty([tuple(map(one_line, row)) for row in rows], "DEVICE MODEL")) if len(rows) > 1 else []
    return "\n".join([*(lines or ["No guests."]), "", *_sums(model["summary"]), *map(one_line, [*problems, *notes])])


def one_line(text: str) -> str:
    """Return a text of a host without characters that move the cursor or begin a line.

    >>> one_line("web1"), one_line("a\\x1b[2Jb\\n")
    ('web1', 'a\\\\x1b[2Jb\\\\n')
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _cells(guest: Mapping[str, Any]) -> tuple[str, ...]:
    model, image = guest["device_model"], guest["image"]
    texts = [f"{one['name']} {one['version'][:8]}" for one in image["started_from"]]
    stale = " (stale)" if image["stale"] else ""
    return (
        guest["name"],
        guest["type"] or "-",
        guest["state"],
        (guest["stub_domain"] if model == "stub domain" else model) or "-",
        ", ".join(texts) + stale or "-",
        definition_words(guest["definition"]),
        "PROBLEM" if guest["problems"] else guest["proof"] or "-",
    )


def nameless_domain_words(domains: Sequence[Mapping[str, Any]]) -> str:
    """Return the note on domains without a name."""
    left = [Domain(domain["domid"], "", domain["memory"], 0, "", 0.0) for domain in domains]
    return with_remedy(*nameless_words(left))


def changed_files_words(files: Sequence[Mapping[str, Any]]) -> str:
    """Return the note on files of the host that an upgrade of a package replaced."""
    found = ", ".join(f"{file['path']} ({file['state']})" for file in files)
    reason = f"{found}: not what this collection installed; an upgrade of a package replaces such files"
    return with_remedy(reason, "run deploy.yml, which installs them again")


def _foreign(domain: Mapping[str, Any]) -> str:
    elsewhere = f" (defined on {', '.join(domain['defined_on'])})" if domain["defined_on"] else ""
    return f"{domain['name']}{elsewhere}"


def _sums(summary: Mapping[str, int]) -> list[str]:
    hosts, guests = counted(summary["hosts"], "host"), counted(summary["guests"], "guest")
    first = f"{hosts}, {summary['hosts_not_seen']} of them not seen; {guests}, {summary['running']} running."
    models = f"Device models: {summary['in_stub_domains']} in stub domains, {summary['in_dom0']} in dom0."
    rest = f"{summary['stale']} stale, {summary['pending']} with a pending definition, {summary['unknown']} unknown"
    wrong, foreign = counted(summary["problems"], "problem"), counted(summary["foreign"], "domain")
    return [first, models, f"{rest}, {wrong}; {foreign} not defined."]
