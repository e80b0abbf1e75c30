# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that build and install the targets, in their order (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from ...xen.minios import MiniosBuild

ARCHES = ("x86_64", "x86_32")


@dataclass(frozen=True)
class Step:
    """One call in the tree; ``env`` is added to the environment."""

    title: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """What is to be built, and how. ``flags`` are those of configure, ``staging`` is the folder that it is installed
    below, a folder for each architecture."""

    way: MiniosBuild
    targets: tuple[str, ...]
    jobs: int
    staging: str
    flags: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    def steps(self) -> list[Step]:
        """The steps. DESTDIR is set for installing only, and by the environment: on the command line it would be the
        newlib's, too. The architectures share folders, so they come one after the other."""
        made: list[Step] = []
        if self.way.configure:
            made.append(Step("configure", ["./configure", *self.flags]))
        if self.way.headers:
            made.append(self._make("public headers", ".", "build-tools-public-headers"))
        if "fs_back" in self.targets:
            # fs-backend is linked with the tree's own libraries.
            for folder, goals in (("include", []), ("libxc", []), ("xenstore", ["libxenstore.so"]), ("fs-back", [])):
                made.append(self._make(f"tools/{folder}", f"tools/{folder}", *goals))
            made.append(self._install("install fs-backend", "tools/fs-back", "x86_64", "install"))
        build, install = self.goals()
        if build is not None:
            made.append(self._make("stubdom", "stubdom", *build))
            made.append(self._install("install stubdom", "stubdom", "x86_64", *install))
        if "pvgrub32" in self.targets:
            made.append(self._make("stubdom (x86_32)", "stubdom", "pv-grub", arch="x86_32"))
            made.append(self._install("install stubdom (x86_32)", "stubdom", "x86_32", "install-grub"))
        return made

    def goals(self) -> tuple[list[str] | None, list[str]]:
        """Make's goals in stubdom/ for 64 bits, to build and to install; None where nothing is wanted of it.

        What configure was told is all that is built. Without one, make builds and installs both targets by itself;
        one alone has to be named, or make would want the sources of the other.
        """
        wanted = [target for target in ("ioemu", "pvgrub") if target in self.targets]
        if not wanted:
            return None, []
        if self.way.configure:
            return ["build"], ["install"]
        if len(wanted) == 2:
            return [], ["install"]
        if wanted == ["pvgrub"]:
            return ["pv-grub"], ["install-grub"]
        return [*(["genpath"] if self.way.genpath else []), "ioemu-stubdom"], ["install-ioemu"]

    def wanted_goals(self) -> list[str]:
        """The goals whose archives have to be there before make runs."""
        named = {"ioemu": "ioemu-stubdom", "pvgrub": "pv-grub", "pvgrub32": "pv-grub"}
        found = sorted({named[target] for target in self.targets if target in named})
        return found if len(found) < 2 or self.way.configure else [*found, "build"]

    def _make(self, title: str, folder: str, *goals: str, arch: str = "x86_64") -> Step:
        return Step(title, ["make", f"-j{self.jobs}", "-C", folder, *goals, *self.variables], {"XEN_TARGET_ARCH": arch})

    def _install(self, title: str, folder: str, arch: str, *goals: str) -> Step:
        step = self._make(title, folder, *goals, arch=arch)
        return Step(title, step.argv, {**step.env, "DESTDIR": f"{self.staging}/{arch}"})
