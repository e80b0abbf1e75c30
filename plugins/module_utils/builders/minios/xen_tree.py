# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the files of a Xen source tree (pure)."""

from __future__ import annotations

import re
from typing import Iterable

from ...common.errors import BuildError, with_remedy
from ...xen.minios import (
    MINIOS_BUILDS,
    MINIOS_TARGETS,
    MINIOS_TARGETS_BEFORE,
    MINIOS_UNWANTED_TOOLS,
    MiniosBuild,
)
from ...xen.releases import Release, from_to, shown, within

# The names of targets in stubdom/configure.ac.
_CONFIGURED = {"ioemu": "ioemu-stubdom", "pvgrub": "pv-grub", "pvgrub32": "pv-grub"}
_ARCHIVE = re.compile(r"\.(tar\.\w+|tgz)$")
_VERSION = re.compile(r"\$\((\w+)_VERSION\)")


def version_of(makefile: str) -> tuple[Release, str]:
    """Return release and version, from xen/Makefile. Raise BuildError.

    >>> version_of("export XEN_VERSION = 4\\nexport XEN_SUBVERSION = 17\\nexport XEN_EXTRAVERSION ?= .5$(XEN_VENDORVERSION)")
    ((4, 17), '4.17.5')
    """
    values = dict(re.findall(r"^export XEN_(VERSION|SUBVERSION|EXTRAVERSION)\s*\??=\s*([^\s$]*)", makefile, re.MULTILINE))
    try:
        release = int(values["VERSION"]), int(values["SUBVERSION"])
    except (KeyError, ValueError):
        raise BuildError(
            "xen/Makefile does not state which Xen this is", "name the top folder of Xen's source tree"
        ) from None
    return release, shown(release) + values.get("EXTRAVERSION", "")


def recipe_of(release: Release, targets: Iterable[str]) -> MiniosBuild:
    """Return how this release is built. Raise BuildError with every target that it does not have, and why."""
    problems = []
    for target in targets:
        span, why = MINIOS_TARGETS[target]
        if not within(release, span):
            why = why if release > span[0] else MINIOS_TARGETS_BEFORE.get(target, "")
            why = f": {why}" if why else ""
            reason = f"targets: Xen {shown(release)} has no {target}, which is part of Xen {from_to(span)}{why}"
            problems.append(with_remedy(reason, f"leave {target} out, or build it from another release"))
    if problems:
        raise BuildError.of(problems)
    return next(build for build in MINIOS_BUILDS if within(release, build.span))


def prerequisites(makefile: str, goals: Iterable[str]) -> set[str]:
    """Return everything that make would make for these goals, by the rules of stubdom/Makefile, as written there.

    >>> sorted(prerequisites("pv-grub: grub\\ngrub: a-$(A_VERSION)\\nioemu: b\\n", ["pv-grub"]))
    ['a-$(A_VERSION)', 'grub', 'pv-grub']
    """
    rules = _rules(makefile)
    seen: set[str] = set()
    left = list(goals)
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += rules.get(name, [])
    return seen


def archives_of(makefile: str, configure: str, names: Iterable[str]) -> list[str]:
    """Return the archives among these names, with the versions of stubdom/Makefile or stubdom/configure.ac.

    Raise BuildError.

    >>> archives_of("A_VERSION=1.2\\n", "", ["pv-grub", "a-$(A_VERSION).tar.gz"])
    ['a-1.2.tar.gz']
    """
    versions = dict(re.findall(r"^(\w+)_VERSION\s*[:?]?=\s*(\S+)", makefile, re.MULTILINE))
    versions.update(re.findall(r"AX_STUBDOM_LIB(?:_NOEXT)?\(\[(\w+)\],\s*\[[^]]*\],\s*\[([^]]+)\]", configure))
    found = []
    for name in sorted(names):
        if _ARCHIVE.search(name) and _VERSION.search(name):
            unknown = [key for key in _VERSION.findall(name) if key not in versions]
            if unknown:
                raise BuildError(
                    f"stubdom/Makefile needs {name}, and neither it nor stubdom/configure.ac states the version",
                    "use a complete source tree of a release",
                )
            found.append(_VERSION.sub(lambda match: versions[match.group(1)], name))
    return found


def revision_in(config: str, names: Iterable[str]) -> str:
    """Return the first of these variables that Config.mk sets to a plain word, "" for none.

    >>> revision_in("QEMU_TAG := $(X)\\nQEMU_TAG ?= xen-4.3.0\\n", ["QEMU_TRADITIONAL_REVISION", "QEMU_TAG"])
    'xen-4.3.0'
    """
    for name in names:
        found = re.search(rf"^\s*{name}\s*[:?]?=\s*([A-Za-z0-9][A-Za-z0-9._+-]*)\s*$", config, re.MULTILINE)
        if found:
            return found.group(1)
    return ""


def configure_flags(top: str, stubdom: str, tools: str, targets: Iterable[str]) -> list[str]:
    """Return the arguments of configure that make just these targets, from the three configure.ac.

    The other stub domains are switched off by the names that the tree has for them, as are tools that need packages.
    """
    asked = set(targets)
    wanted = {_CONFIGURED[target] for target in asked if target in _CONFIGURED}
    named = re.findall(r"AX_STUBDOM_(?:DEFAULT_ENABLE|DEFAULT_DISABLE|CONDITIONAL)\(\[([a-z0-9-]+)\]", stubdom)
    # With both, ioemu-stubdom would be in configure's list twice; without qemu-traditional configure refuses it.
    if "AC_ARG_ENABLE([qemu-traditional]" in stubdom:
        if "ioemu-stubdom" in wanted:
            wanted = (wanted - {"ioemu-stubdom"}) | {"qemu-traditional"}
            named = [name for name in named if name != "ioemu-stubdom"]
        named.append("qemu-traditional")
    if "host_tools" in asked:
        wanted |= {"qemu-traditional", "rombios"}
    named += [name for name in MINIOS_UNWANTED_TOOLS if f"[{name}]" in tools or f"[{name}]" in top]
    made = [f"--{'enable' if name in wanted else 'disable'}-{name}" for name in named]
    # QEMU for dom0 would need glib and pixman; a named path is not checked.
    return made + (["--with-system-qemu=/usr/bin/qemu-system-i386"] if "[system-qemu]" in tools else [])


def _rules(makefile: str) -> dict[str, list[str]]:
    """Return what each target depends on, as written: both sides name a file by the same variables."""
    rules: dict[str, list[str]] = {}
    for line in makefile.replace("\\\n", " ").splitlines():
        found = re.fullmatch(r"([^\t#=:][^#=:]*):([^#=:]*)", line)
        if found:
            for target in found.group(1).split():
                rules.setdefault(target, []).extend(found.group(2).split())
    return rules
