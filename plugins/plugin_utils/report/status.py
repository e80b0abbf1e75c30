# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a model of a fleet, what is defined, running and stale, from the results of the modules on each host (pure).

The model is data for JSON; the module ``status`` documents each of its keys. Other keys may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import deployment, misplaced

#: Increased when a key is removed or changes its meaning, not when one is added.
SCHEMA = 1
_STEPS = ("configured", "states", "verified")


def model(hosts: Mapping[str, Mapping[str, Any]], time: str) -> dict[str, Any]:
    """Return the model of the fleet. ``hosts`` is the option of that name of the module ``status``.

    A host whose results cannot be read counts as failed, so that the others are reported.
    """
    where = _defined_on(hosts)
    rows, guests = [], []
    for name in sorted(hosts):
        try:
            own = _guests(name, hosts[name])
            row = _host(name, hosts[name], where)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            reason = f"its results cannot be read ({type(error).__name__}: {error})"
            own, row = [], _host(name, {"failure": reason}, where)
        rows.append(row)
        guests += own
    try:
        wrong = misplaced.problems(hosts, where)
    except (AttributeError, KeyError, TypeError, ValueError):
        # A host whose results cannot be read is reported as such.
        wrong = {}
    _add_problems(rows, guests, wrong)
    found = {"schema": SCHEMA, "time": time, "summary": _summary(rows, guests), "hosts": rows, "guests": guests}
    plain: dict[str, Any] = _plain(found)
    return plain


def by_host(found: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the guests of each host of a model, by the host's name."""
    rows: dict[str, list[dict[str, Any]]] = {host["name"]: [] for host in found["hosts"]}
    for guest in found["guests"]:
        rows[guest["host"]].append(guest)
    return rows


def marks(guest: Mapping[str, Any]) -> list[str]:
    """Return a word for each thing of a guest that needs attention."""
    conditions = {
        "problem": guest["problems"],
        "stale": guest["image"]["stale"],
        "pending": guest["definition"]["inventory"] == "differs",
        "dom0": guest["device_model"] == "dom0",
        "unknown": "unknown" in (guest["state"], guest["definition"]["inventory"]),
    }
    return [word for word, holds in conditions.items() if holds]


def definition_words(definition: Mapping[str, str]) -> str:
    """Return in words how the file and the domain of a guest compare with its definition.

    >>> definition_words({"inventory": "differs", "file": "missing", "running": "differs"})
    'no file, restart needed'
    """
    file = {"differs": "file differs", "missing": "no file"}.get(definition["file"], "")
    running = "restart needed" if definition["running"] == "differs" else ""
    return ", ".join(word for word in (file, running) if word) or definition["inventory"]


def _add_problems(hosts: list[dict[str, Any]], guests: list[dict[str, Any]], wrong: misplaced.Problems) -> None:
    """Add the problems of domains to the rows of their guests, or to those of domains that their host does not define."""
    for guest in guests:
        guest["problems"] += wrong.get((guest["host"], guest["name"]), [])
    for host in hosts:
        for domain in host["foreign"]:
            domain["problems"] = wrong.get((host["name"], domain["name"]), [])


def _defined_on(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the hosts whose inventory defines a guest, by the guest's name."""
    found: dict[str, list[str]] = {}
    for host in sorted(hosts):
        for name, _type, wanted in hosts[host].get("defined") or []:
            if wanted != "absent":
                found.setdefault(str(name), []).append(host)
    return found


def _host(name: str, found: Mapping[str, Any], where: Mapping[str, list[str]]) -> dict[str, Any]:
    lost, failure = found.get("unreachable"), found.get("failure")
    about = found.get("host") or {}
    xen = about.get("xen") or {}
    return {
        "name": name,
        "state": "unreachable" if lost else "failed" if failure else "ok",
        "reason": str(lost or failure or ""),
        "xen": _texts(xen, ("version", "release", "toolstack")),
        "images": [{**_image(image), "current": bool(image["current"])} for image in about.get("images") or []],
        "foreign": _foreign(name, found, where),
        "changed_files": [_texts(file, ("path", "state")) for file in about.get("changed_files") or []],
        "nameless": [{key: int(domain[key]) for key in ("domid", "memory")} for domain in about.get("nameless") or []],
    }


def _foreign(host: str, found: Mapping[str, Any], where: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Return the domains that the host's inventory does not define. A stub domain belongs to the guest that it serves."""
    domains = (found.get("host") or {}).get("domains") or []
    ours = {str(name) for name, _type, _state in found.get("defined") or []}
    alive = {domain["domid"] for domain in domains}
    return [
        {
            **_texts(domain, ("name", "state", "device_model", "stub_domain", "image")),
            "defined_on": [other for other in where.get(str(domain["name"]), []) if other != host],
        }
        for domain in domains
        if domain["name"] not in ours and domain["serves"] not in alive
    ]


def _guests(host: str, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each guest that the host's inventory defines, but none for one that is to be absent and is."""
    steps = {step: {guest["name"]: guest for guest in found.get(step) or []} for step in _STEPS}
    defined = {str(name): (str(kind), str(wanted or "running")) for name, kind, wanted in found.get("defined") or []}
    # A definition without a usable name has one in the results only.
    names = list(dict.fromkeys([*defined, *(name for step in _STEPS for name in steps[step])]))
    images = (found.get("host") or {}).get("images") or []
    rows = []
    for name in names:
        kind, wanted = defined.get(name, ("", ""))
        parts = {step: steps[step].get(name, {}) for step in _STEPS}
        row = {"host": host, "name": str(name), "type": kind, "wanted": wanted, **_guest(wanted, parts, images)}
        is_there = row["state"] not in ("off", "unknown") or row["definition"]["file"] == "differs"
        if wanted != "absent" or is_there or row["problems"]:
            rows.append(row)
    return rows


def _guest(
    wanted: str, parts: Mapping[str, Mapping[str, Any]], images: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the row of a guest; ``parts`` has the result of each step, empty where the step did not reach the guest."""
    seen = parts["verified"]
    results = {step: [part] for step, part in parts.items() if part}
    state = str(seen.get("state", "unknown"))
    return {
        "state": state,
        **_texts(seen, ("boot", "device_model", "stub_domain", "proof")),
        **_texts(parts["configured"], ("scheme",)),
        "definition": _definition(wanted, state, parts["configured"], parts["states"]),
        "image": _images(seen, images),
        "notes": [str(note) for note in deployment.notes(results)],
        "problems": [str(problem) for problem in deployment.problems(results)],
    }


def _definition(
    wanted: str, state: str, configured: Mapping[str, Any], changed: Mapping[str, Any]
) -> dict[str, str]:
    """Return how the file and the domain compare with the inventory, and both together."""
    actions = {"none": "same", "created": "missing", "updated": "differs", "removed": "differs"}
    refused = not configured or bool(configured["problems"])
    file = "unknown" if refused else actions[configured["action"]]
    # guest_state reports what a domain was started from only where the guest runs and is to run.
    is_known = (wanted, state) == ("running", "running") and not refused and not changed.get("problems")
    needed = changed.get("restart_needed") if is_known else None
    running = "unknown" if needed is None else "differs" if needed else "same"
    if state == "off":
        running = "none"
    if {file, running} & {"differs", "missing"}:
        both = "differs"
    else:
        both = "unknown" if "unknown" in (file, running) else "same"
    return {"inventory": both, "file": file, "running": running}


def _images(seen: Mapping[str, Any], images: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the images that the domain or its stub domain was booted from, and the current ones of the same names."""
    texts = [text.rpartition(" ") for text in str(seen.get("image", "")).split(", ") if text]
    used = [
        image
        for name, _blank, version in texts
        for image in images
        if image["name"] == name and image["version"].startswith(version)
    ]
    names = {image["name"] for image in used}
    return {
        "started_from": [_image(image) for image in used],
        "installed": [_image(image) for image in images if image["current"] and image["name"] in names],
        "stale": bool(seen.get("stale")),
    }


def _image(image: Mapping[str, Any]) -> dict[str, Any]:
    return _texts(image, ("name", "version", "sha256"))


def _texts(found: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
    """Return these values as strings, whatever type the host reported."""
    return {key: str(found.get(key, "")) for key in keys}


def _summary(hosts: list[dict[str, Any]], guests: list[dict[str, Any]]) -> dict[str, int]:
    where = [guest["device_model"] for guest in guests]
    reasons = sum(1 for host in hosts if host["reason"])
    foreign = [domain for host in hosts for domain in host["foreign"]]
    found = [mark for guest in guests for mark in marks(guest)]
    return {
        "hosts": len(hosts),
        "hosts_not_seen": reasons,
        "guests": len(guests),
        "running": sum(1 for guest in guests if guest["state"] == "running"),
        "in_stub_domains": where.count("stub domain"),
        "in_dom0": where.count("dom0"),
        "stale": found.count("stale"),
        "pending": found.count("pending"),
        "unknown": found.count("unknown"),
        "foreign": len(foreign),
        "problems": reasons + sum(len(found["problems"]) for found in [*guests, *foreign]),
    }


def _plain(value: Any) -> Any:
    """Return the value with plain strings of valid UTF-8, in place of Ansible's own string types and surrogates."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return value
