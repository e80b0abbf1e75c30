# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derive what a fleet needs of mini-OS, and read the source trees of Xen that it is built from (pure)."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..common.fields import Fields
from ..common.problem import Problem
from ..guest.device_model import TRADITIONAL
from ..guest.model import Guest
from ..schemes.choose import choose
from ..xen.minios import MINIOS_TARGETS, MINIOS_TARGETS_BEFORE, TREE_SOURCES
from ..xen.releases import MINIOS_SCHEMES, PVGRUB_IMAGES, Release, ReleaseError, from_to, parse_release, shown, within
from .declared_host import DeclaredHost

KEY = "stubdom_xen_sources"

# Whether the parts that dom0 needs are built, too: they replace files of the host's Xen, so they are asked for.
_HOST_TOOLS = "host_tools"
# The other keys of a source and their defaults: options of the module minios_stubdom_image.
_DEFAULTS: dict[str, Any] = {
    "tree": "",
    "archive": "",
    "sha256": "",
    "repository": "",
    "revision": "",
    "mirror": "",
    "checksums": {},
    "configure": [],
    "variables": {},
    "jobs": 0,
    "timeout": 7200,
}


def read_sources(data: Any) -> tuple[dict[Release, dict[str, Any]], list[Problem]]:
    """Return the source tree of each release, with all keys, and the problems. The builder checks the values.

    A release must be text: 4.2 and 4.20 are the same number.
    """
    problems: list[Problem] = []
    top = Fields({} if data is None else data, "", problems, KEY)
    sources: dict[Release, dict[str, Any]] = {}
    for name in data if isinstance(data, Mapping) else ():
        try:
            release = parse_release(name if isinstance(name, str) else "")
        except ReleaseError:
            release = (0, 0)
        if shown(release) != name:
            top.problem(str(name), "is not a Xen release", "name the source by one such as 4.17, in quotes", name)
        elif not any(within(release, span) for span, _why in MINIOS_TARGETS.values()):
            top.problem(name, "names a Xen release that has no mini-OS images", "remove it", name)
        else:
            fields = top.mapping(name) or Fields({}, "", problems, f"{KEY}.{name}")
            sources[release] = _read_source(fields, release)
    return ({}, problems) if problems else (sources, [])


def _read_source(fields: Fields, release: Release) -> dict[str, Any]:
    source = {key: fields.raw(key) for key in _DEFAULTS}
    host_tools = fields.boolean(_HOST_TOOLS)
    fields.done()
    span, after = MINIOS_TARGETS[_HOST_TOOLS]
    if host_tools and not within(release, span):
        why = after if release > span[0] else MINIOS_TARGETS_BEFORE[_HOST_TOOLS]
        reason = f"Xen {shown(release)} has no such target, which is part of Xen {from_to(span)}: {why}"
        fields.problem(_HOST_TOOLS, reason, "remove it", True)
    given = [key for key in TREE_SOURCES if source[key]]
    for key in given[:1]:
        if TREE_SOURCES[key] and not source[TREE_SOURCES[key]]:
            wanted = TREE_SOURCES[key]
            fields.problem(wanted, f"is missing, and {key} alone does not identify one tree", f"give {wanted}")
    if len(given) != 1:
        reason = f"one source is required, and {' and '.join(given) or 'none'} is given"
        fields.problem("tree", reason, f"give one of {', '.join(TREE_SOURCES)}")
    complete = {key: _DEFAULTS[key] if value is None else value for key, value in source.items()}
    return {**complete, _HOST_TOOLS: host_tools}


def targets(
    guests: Iterable[tuple[str, Guest]],
    declared: Mapping[str, DeclaredHost],
    with_tools: Iterable[str] = (),
) -> dict[Release, set[str]]:
    """Return what is needed of each release, by the names of ``MINIOS_TARGETS``. A host that declares no release needs
    nothing: it is unknown from which tree its images would be built. ``with_tools`` are the ``host_tools_hosts``."""
    found: dict[Release, set[str]] = {}
    for host, guest in guests:
        about = declared.get(host, DeclaredHost())
        if about.release and guest.state != "absent":
            found.setdefault(about.release, set()).update(_targets_of(guest, about, about.release))
    for host in with_tools:
        found[declared[host].release or (0, 0)].add(_HOST_TOOLS)
    return {release: names for release, names in found.items() if names}


def host_tools_hosts(
    guests: Iterable[tuple[str, Guest]],
    declared: Mapping[str, DeclaredHost],
    sources: Mapping[Release, Mapping[str, Any]],
) -> list[str]:
    """Return the hosts whose dom0 gets qemu-dm, hvmloader and keymaps: those of a release whose source asks for it, with a
    guest that needs qemu-xen-traditional there."""
    found = set()
    for host, guest in guests:
        about = declared.get(host, DeclaredHost())
        is_asked = about.release and about.toolstack == "xl" and sources.get(about.release, {}).get(_HOST_TOOLS)
        if is_asked and guest.type == "hvm" and guest.state != "absent" and _is_traditional(guest, about):
            found.add(host)
    return sorted(found)


def _is_traditional(guest: Guest, about: DeclaredHost) -> bool:
    """Return whether the guest's device model, or what serves the consoles of its stub domain, is qemu-dm in dom0."""
    scheme = _scheme(guest, about)
    return scheme == "minios" or scheme == "dom0" and guest.device_model.version == TRADITIONAL


def _scheme(guest: Guest, about: DeclaredHost) -> str:
    """Return the scheme of an HVM guest on a host that declares its release; an automatic one is chosen."""
    facts = about.facts(guest)
    scheme = guest.device_model.scheme_or(about.scheme)
    return choose(facts, guest.device_model)[0] if scheme == "auto" and facts else scheme


def _targets_of(guest: Guest, about: DeclaredHost, release: Release) -> set[str]:
    names: set[str] = set()
    boot, model = guest.boot, guest.device_model
    if boot.method == "pvgrub" and boot.image in ("", *PVGRUB_IMAGES[boot.arch]):
        names.add("pvgrub" if boot.arch == "x86_64" else "pvgrub32")
    if about.has_stub_domain(guest):
        scheme = _scheme(guest, about)
        # With xm, stubdom-dm is needed whatever the image is.
        if scheme in MINIOS_SCHEMES and not (scheme == "minios" and model.kernel):
            names.update(("ioemu", "fs_back"))
    return {name for name in names if within(release, MINIOS_TARGETS[name][0])}


def builds(sources: Mapping[Release, Mapping[str, Any]], needed: Mapping[Release, set[str]]) -> list[dict[str, Any]]:
    """Return what is to be built: for each release that has a source and is needed, the source and the targets."""
    return [
        {
            **{key: source[key] for key in _DEFAULTS},
            "release": shown(release),
            "targets": [name for name in MINIOS_TARGETS if name in needed[release]],
        }
        for release, source in sorted(sources.items())
        if release in needed
    ]


def unused(sources: Iterable[Release], needed: Iterable[Release]) -> list[str]:
    """Return a note for each source that nothing is built from."""
    return [
        f"{KEY}: nothing is built of {shown(release)}, as no host that declares this release in stubdom_host needs it"
        for release in sorted(set(sources) - set(needed))
    ]


def stub_domain_hosts(guests: Iterable[tuple[str, Guest]], declared: Mapping[str, DeclaredHost]) -> list[str]:
    """Return the hosts with a guest whose device model is to run in a stub domain, whatever their release."""
    return sorted({host for host, guest in guests if declared.get(host, DeclaredHost()).has_stub_domain(guest)})
