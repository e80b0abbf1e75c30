# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configure apt to use its own folder, and of the machine only its archives and keys (pure)."""

from __future__ import annotations

import re

from ...common.errors import BuildError

# Of the build host's configuration only these settings are used: proxies, TLS, retries. Its hooks are programs that an
# update would run, and its index targets are lists that are not needed.
_SETTINGS = re.compile(r"Acquire::(http|https|ftp|tor|Retries|ForceIPv4|ForceIPv6|Check-Valid-Until|Max-FutureTime)\b")


def apt_conf(folder: str, settings: list[str]) -> str:
    """Return the configuration that keeps apt in ``folder``; ``settings`` are more lines. Raise BuildError.

    apt reads the file that APT_CONFIG names before /etc/apt/apt.conf.d, which it then does not read.
    """
    if re.search(r'["\\\n;]', folder):
        raise BuildError(f"dest: apt cannot work in {folder!r}", 'name a folder without " \\ ; in its path')
    lines = [
        f'Dir::Etc "{folder}/etc";',
        f'Dir::State "{folder}/state";',
        f'Dir::State::status "{folder}/state/status";',
        f'Dir::Cache "{folder}/cache";',
        f'Dir::Log "{folder}/log";',
        'Dir::Etc::trusted "/etc/apt/trusted.gpg";',
        'Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";',
        'Dir::Etc::netrc "/etc/apt/auth.conf";',
        'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";',
        'APT::Sandbox::User "";',
        'APT::Architecture "amd64";',
        'APT::Architectures { "amd64"; };',
        'APT::Install-Recommends "false";',
        # An archive that does not answer would otherwise be a warning, and the image would be built from old lists.
        'APT::Update::Error-Mode "any";',
        'Acquire::Languages "none";',
    ]
    return "\n".join(lines + settings) + "\n"


def archive_settings(dump: str) -> list[str]:
    """Return the lines of ``apt-config dump`` that define how the build host reaches its archives.

    >>> archive_settings('Acquire::http::Proxy "http://proxy:3128";\\nDPkg::Pre-Invoke "";\\nAcquire::Languages:: "de";')
    ['Acquire::http::Proxy "http://proxy:3128";']
    """
    return [line for line in dump.splitlines() if _SETTINGS.match(line)]


def codename(os_release: str) -> str:
    """Return the suite of a machine, from its /etc/os-release; "" when it names none (Debian's testing)."""
    found = re.search(r"^VERSION_CODENAME=[\"']?([A-Za-z0-9._-]+)", os_release, re.MULTILINE)
    return found.group(1) if found else ""


def sources_for_suite(files: dict[str, str], own: str, wanted: str) -> dict[str, str]:
    """Return the build host's sources, changed to name another suite.

    ``files`` are texts by file name, as in sources.list.d; ``own`` is the suite's name in them. Sources of other suites,
    sources without binary packages, and CDs are left out. Raise BuildError when nothing remains.
    """
    made = {}
    for name, text in sorted(files.items()):
        lines = _deb822(text, own, wanted) if name.endswith(".sources") else _one_line(text, own, wanted)
        if lines:
            made[name] = "\n".join(lines) + "\n"
    if not made:
        raise BuildError(
            f"the build host's apt sources name no archive of its own suite ({own or 'which has no name'}), so it "
            f"is unknown where {wanted} is",
            "name the archives in sources",
        )
    return made


def _one_line(text: str, own: str, wanted: str) -> list[str]:
    made = []
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+((?:\[[^\]]*\]\s+)?)(\S+)\s+(\S+)((?:\s+[^\s#]+)*)", line)
        if found and not found.group(2).startswith("cdrom:"):
            suite = _renamed(found.group(3), own, wanted)
            if suite:
                parts = ["deb", *found.group(1).split(), found.group(2), suite, *found.group(4).split()]
                made.append(" ".join(parts))
    return made


def _deb822(text: str, own: str, wanted: str) -> list[str]:
    made: list[str] = []
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    for stanza in re.split(r"\n[ \t]*\n", text):
        # A field goes on in the lines that begin with white space.
        fields = re.findall(r"^([A-Za-z][A-Za-z0-9-]*):((?:.*)(?:\n[ \t]+.*)*)", stanza, re.MULTILINE)
        values = {key.lower(): value for key, value in fields}
        suites = [_renamed(suite, own, wanted) for suite in values.get("suites", "").split()]
        suites = [suite for suite in suites if suite]
        if "deb" in values.get("types", "").split() and suites:
            made += ["Types: deb", "Suites: " + " ".join(suites)]
            made += [f"{key}:{value}" for key, value in fields if key.lower() not in ("types", "suites")] + [""]
    return made


def _renamed(suite: str, own: str, wanted: str) -> str:
    """Return ``bookworm-security`` for another suite; "" for what is not of the own suite.

    >>> [_renamed(suite, "bookworm", "trixie") for suite in ("bookworm-security", "stable", "bookworms/")]
    ['trixie-security', '', '']
    """
    part = re.compile(rf"(?<![A-Za-z0-9]){re.escape(own)}(?![A-Za-z0-9])")
    return part.sub(wanted, suite) if own and part.search(suite) else ""
