# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold the facts of a host that schemes are chosen by (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Mapping

from .releases import BUILT_BY_DEFAULT, MINIOS_IMAGE, Release, xen_directory

STUBDOM_DM = "stubdom-dm"
# How stubdom-dm names the file of the stub domain that it starts: "stubdom-$domname" before 3.3.0-rc3,
# "$domname-dm" until 3.4.0-rc2, and a file that it writes itself, below a folder of its own, after that.
_CREATES = re.compile(r"(?m)^[^#\n]*xm create -c (\S+) target=")
_OWN_FOLDER = re.compile(r"(/etc/xen/stubdoms|\$\{stubdom_configdir\})/\S+")
_DOMNAME = re.compile(r"\$(domname(?![A-Za-z0-9_])|\{domname\})")
# Not the bare name, which is the guest's own file.
_NAME = re.compile(r"(?!\{\}$)([A-Za-z0-9_][A-Za-z0-9._+-]*)?\{\}[A-Za-z0-9._+-]*")


@dataclass(frozen=True)
class Facts:
    """Hold what a scheme needs of a host. ``images`` are paths on the host by name: Xen's own, and the current ones of the
    store. ``own`` are Xen's own alone, from which a stub domain boots where Xen accepts no other.

    ``stubdom_dm`` is the path of that script, "" where there is none; ``dm_config`` is the name of the file that it
    starts a stub domain from, with {} for the guest's name, "" for a script that writes the file itself, and None where
    this is unknown.
    """

    release: Release
    toolstack: str = "xl"
    images: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    stubdom_dm: str = ""
    dm_config: str | None = ""


def assumed(release: Release, toolstack: str, images: Mapping[str, str], scheme: str = "auto") -> Facts:
    """Return the facts of a host that cannot be read: what its release builds by default, and where.

    ``images`` are further ones that are known to exist. The two ways of 3.4 differ by release candidate, which no version
    shows; the ``scheme`` decides.
    """
    folder = xen_directory(release)
    own = {name: f"{folder}/boot/{name}" for name, last in BUILT_BY_DEFAULT.items() if release <= last}
    return Facts(
        release,
        toolstack,
        {**own, **images},
        own,
        stubdom_dm=f"{folder}/bin/{STUBDOM_DM}" if release <= BUILT_BY_DEFAULT[MINIOS_IMAGE] else "",
        dm_config={"paired": "{}-dm", "generated": ""}.get(scheme, "{}-dm" if release < (3, 4) else ""),
    )


def dm_config_of(script: str) -> str | None:
    """Return ``Facts.dm_config`` from the text of an installed stubdom-dm; the version alone does not decide it.

    >>> dm_config_of('creation="xm create -c $domname-dm target=$domid memory=32"')
    '{}-dm'
    """
    names = set(_CREATES.findall(script))
    if len(names) != 1:
        return None
    name = names.pop().strip("\"'")
    if _OWN_FOLDER.fullmatch(name):
        return ""
    # Braces of the script's own would be places for the guest's name, too.
    named, count = _DOMNAME.subn("{}", name)
    return named if count == 1 and _NAME.fullmatch(named) else None
