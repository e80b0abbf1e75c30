# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what apt and dpkg-deb print about packages (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...common.errors import BuildError


@dataclass(frozen=True)
class Package:
    """Describe one package that the image is made of."""

    name: str
    version: str
    arch: str

    @property
    def file(self) -> str:
        """Return its file's name in apt's cache; apt escapes the colon of an epoch.

        >>> Package("seabios", "1:1.16.2-1", "all").file
        'seabios_1%3a1.16.2-1_all.deb'
        """
        return f"{self.name}_{self.version.replace('%', '%25').replace(':', '%3a')}_{self.arch}.deb"


def resolved_packages(output: str) -> list[Package]:
    """Return the packages that ``apt-get -s install`` would install, sorted by name.

    >>> resolved_packages("Inst libc6 (2.36-9 Debian:12.1/stable [amd64]) []\\nConf libc6 (2.36-9 Debian:12.1/stable [amd64])")
    [Package(name='libc6', version='2.36-9', arch='amd64')]
    """
    found = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\w+)\]\)", output, re.MULTILINE)
    return sorted((Package(*one) for one in found), key=lambda package: package.name)


def newest_xen(names: str) -> str:
    """Return the newest Xen release of an archive, from the names of its packages, one a line. Raise BuildError.

    >>> newest_xen("xen-utils-common\\nxen-utils-4.9\\nxen-utils-4.20\\nxen-utils-4.20-dbg\\n")
    '4.20'
    """
    found = re.findall(r"^xen-utils-(\d+)\.(\d+)$", names, re.MULTILINE)
    if not found:
        reason = "the archives have no package xen-utils-X.Y"
        raise BuildError(reason, "name archives in sources that have Xen's packages")
    major, minor = max((int(major), int(minor)) for major, minor in found)
    return f"{major}.{minor}"


def source_of(package: Package, field: str) -> tuple[str, str]:
    """Return name and version of the source package, from what ``dpkg-deb -f FILE Source`` prints.

    The field is empty when both are the binary package's own; it has the version when that is another one.

    >>> source_of(Package("qemu-system-xen", "1:7.2+dfsg-7+b3", "amd64"), "qemu (1:7.2+dfsg-7)")
    ('qemu', '1:7.2+dfsg-7')
    """
    found = re.fullmatch(r"(\S+)(?: \((\S+)\))?", field.strip())
    if not found:
        return package.name, package.version
    return found.group(1), found.group(2) or package.version
