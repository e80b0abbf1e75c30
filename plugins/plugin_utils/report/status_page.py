# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make one HTML page of the status of a fleet that needs no other file. Runs on the controller, which has jinja2.

Everything that a host reports is text: the template escapes it, and the page's Content-Security-Policy runs no script
but the one of the template, and loads nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import counted
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import attention
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import by_host, definition_words, marks

_FOLDER = Path(__file__).parent
# Fleets with no more guests are shown open; in larger ones, only the hosts with problems are, up to as many guests.
_OPEN = 100
# How many entries a list shows, and how many guests an entry; more of them are folded.
_ENTRIES, _NAMES = 20, 12


def status_page(model: Mapping[str, Any]) -> str:
    """Return the page of a model, with the model itself as JSON."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    # Keep the order of the model, which is made for reading.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":")}
    environment.filters.update(
        marks=marks, more_marks=_more_marks, definition_words=definition_words, source_of=_source_of
    )
    environment.tests["to_be_something_else"] = _is_to_be_something_else
    problems, changes = attention.problems(model), attention.changes(model)
    page = environment.from_string(_text("html.j2")).render(
        model=model,
        headline=attention.headline(model),
        problems=problems,
        changes=changes,
        many=_NAMES,
        shown=_ENTRIES,
        links=_links({"problem": problems, "change": changes}),
        hosts=_hosts(model),
        numbers={host["name"]: number for number, host in enumerate(model["hosts"], 1)},
        # They are this collection's own; the template escapes all that hosts report.
        style=Markup(_text("css")),
        script=Markup(_text("js")),
    )
    return f"{page}\n"


def _text(suffix: str) -> str:
    return (_FOLDER / f"status_page.{suffix}").read_text(encoding="utf-8")


def _links(lists: Mapping[str, Sequence[attention.Entry]]) -> Mapping[tuple[str, str], dict[str, list[int]]]:
    """Return the numbers of the entries of each list that name a guest, by its host and its name, "" for the host itself."""
    found: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: {name: [] for name in lists})
    for kind, entries in lists.items():
        for number, entry in enumerate(entries, 1):
            for host, names in entry.places.items():
                for name in names or [""]:
                    found[host, name][kind].append(number)
    return found


def _hosts(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the hosts with their guests, those with problems first, and which of them are shown open."""
    guests = by_host(model)
    order = sorted(model["hosts"], key=lambda host: attention.rank(host, guests[host["name"]]))
    room, rows = _OPEN, []
    for host in order:
        own = sorted(guests[host["name"]], key=attention.guest_rank)
        is_open = len(model["guests"]) <= _OPEN or (room > 0 and attention.rank(host, own) == 0)
        room -= len(own) if is_open else 0
        badges = list(_badges(own))
        rows.append({**host, "guests": own, "is_open": is_open, "badges": badges, "marks": _marks_of_host(host)})
    return rows


def _badges(guests: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield what a host's line says of its guests, and the colour of each."""
    problems = sum(len(guest["problems"]) for guest in guests)
    if problems:
        yield counted(problems, "problem"), "bad"
    counts = Counter(mark for guest in guests for mark in marks(guest))
    for mark in ("stale", "pending", "unknown"):
        if counts[mark]:
            yield f"{counts[mark]} {mark}", "warn"


def _marks_of_host(host: Mapping[str, Any]) -> str:
    """Return the marks of the filter that a host has itself, whatever its guests have."""
    found = {
        "problem": host["reason"] or any(domain["problems"] for domain in host["foreign"]),
        "notseen": host["reason"],
        "foreign": host["foreign"],
    }
    return " ".join(mark for mark, holds in found.items() if holds)


def _more_marks(guest: Mapping[str, Any], host: Mapping[str, Any]) -> str:
    """Return the marks of the filter that need no attention of their own."""
    found = {
        "running": guest["state"] == "running",
        "stubdom": guest["device_model"] == "stub domain",
        "notseen": host["reason"],
    }
    return "".join(f" {mark}" for mark, holds in found.items() if holds)


def _is_to_be_something_else(guest: Mapping[str, Any]) -> bool:
    """Return whether a guest is in another state than its definition wants."""
    is_off = guest["wanted"] in ("stopped", "absent") and guest["state"] == "off"
    return guest["state"] != "unknown" and guest["wanted"] not in ("", "defined", guest["state"]) and not is_off


def _source_of(text: str) -> str:
    """Return the name of an inline script or style in a Content-Security-Policy."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(str(text).encode()).digest()).decode() + "'"
