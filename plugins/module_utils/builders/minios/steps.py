# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the calls that build and install the targets, in their order (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from ...xen.minios import MiniosBuild

# A target of tools/Makefile: qemu-dm, with its keymaps (4.3 to 4.20).
_QEMU = "qemu-xen-traditional-dir"

ARCHES = ("x86_64", "x86_32")


@dataclass(frozen=True)
class BuildStep:
    """Describe one call in the tree; ``env`` is added to the environment."""

    title: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BuildPlan:
    """Describe what is to be built, and how.

    ``recipe`` is how the release builds, ``flags`` are those of configure, ``variables`` those of make; ``staging`` is the
    folder of installed files, with a folder for each architecture.
    """

    recipe: MiniosBuild
    targets: tuple[str, ...]
    jobs: int
    staging: str
    flags: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    def steps(self) -> list[BuildStep]:
        """Return the steps, one architecture after the other, as they share folders.

        DESTDIR is set for installing only, and in the environment: on the command line newlib would get it, too.
        """
        made: list[BuildStep] = []
        if self.recipe.configure:
            made.append(BuildStep("configure", ["./configure", *self.flags]))
        if self.recipe.headers:
            made.append(self._make("public headers", ".", "build-tools-public-headers"))
        if "fs_back" in self.targets:
            # fs-backend is linked with the tree's own libraries.
            for folder, goals in (("include", []), ("libxc", []), ("xenstore", ["libxenstore.so"]), ("fs-back", [])):
                made.append(self._make(f"tools/{folder}", f"tools/{folder}", *goals))
            made.append(self._install("install fs-backend", "tools/fs-back", "x86_64", "install"))
        if "host_tools" in self.targets:
            made += self._host_tools()
        build, install = self.stubdom_goals()
        if build is not None:
            made.append(self._make("stubdom", "stubdom", *build))
            made.append(self._install("install stubdom", "stubdom", "x86_64", *install))
        if "pvgrub32" in self.targets:
            made.append(self._make("stubdom (x86_32)", "stubdom", "pv-grub", arch="x86_32"))
            made.append(self._install("install stubdom (x86_32)", "stubdom", "x86_32", "install-grub"))
        return made

    def _host_tools(self) -> list[BuildStep]:
        """Return the steps that make qemu-dm and hvmloader, and nothing else of the tools of dom0."""
        folders = self.recipe.libraries if self.recipe.headers else ("tools/include", *self.recipe.libraries)
        calls = [folder.split() for folder in folders]
        made = [self._make(folder, folder, *goals) for folder, *goals in calls]
        made.append(self._make("qemu-dm", "tools", f"subdir-all-{_QEMU}"))
        made.append(self._make("hvmloader", "tools/firmware"))
        made.append(self._install("install qemu-dm", "tools", "x86_64", f"subdir-install-{_QEMU}"))
        made.append(self._install("install hvmloader", "tools/firmware", "x86_64", "install"))
        return made

    def stubdom_goals(self) -> tuple[list[str] | None, list[str]]:
        """Return make's goals in stubdom/ for 64 bits, to build and to install; None when it has nothing to build.

        With configure, its arguments select the targets. Without, make builds and installs both targets by default; one
        alone must be named, or make would need the sources of the other.
        """
        wanted = [target for target in ("ioemu", "pvgrub") if target in self.targets]
        if not wanted:
            return None, []
        if self.recipe.configure:
            return ["build"], ["install"]
        if len(wanted) == 2:
            return [], ["install"]
        if wanted == ["pvgrub"]:
            return ["pv-grub"], ["install-grub"]
        return [*(["genpath"] if self.recipe.genpath else []), "ioemu-stubdom"], ["install-ioemu"]

    def archive_goals(self) -> list[str]:
        """Return the goals whose archives must be in the tree before make runs."""
        named = {"ioemu": "ioemu-stubdom", "pvgrub": "pv-grub", "pvgrub32": "pv-grub"}
        found = sorted({named[target] for target in self.targets if target in named})
        return found if len(found) < 2 or self.recipe.configure else [*found, "build"]

    def _make(self, title: str, folder: str, *goals: str, arch: str = "x86_64") -> BuildStep:
        return BuildStep(title, ["make", f"-j{self.jobs}", "-C", folder, *goals, *self.variables], {"XEN_TARGET_ARCH": arch})

    def _install(self, title: str, folder: str, arch: str, *goals: str) -> BuildStep:
        step = self._make(title, folder, *goals, arch=arch)
        return BuildStep(title, step.argv, {**step.env, "DESTDIR": f"{self.staging}/{arch}"})
