# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab asks a host's toolstack, as shell; pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Toolstack:
    """One of xl and xm."""

    name: str
    version: str  # prints Xen's full version
    prefer_dom0: str  # gives dom0 the processor before guests

    @property
    def answers(self) -> str:
        """Return the script that succeeds when the toolstack works."""
        return f"{self.name} list >/dev/null"

    @property
    def ready(self) -> str:
        """Return the script that succeeds when the host is done with booting, and prints Xen's version.

        The toolstack may answer before systemd has started the rest; the snapshot is to be of a whole host.
        """
        return f"{self.answers} && ! systemctl list-jobs --no-legend | grep -q . && {self.version}"


# The default scheduler is credit2 from 4.12 on, credit before; 4.0 and older know no other.
TOOLSTACKS = {
    "xl": Toolstack(
        "xl", "xl info xen_version", "xl sched-credit2 -d 0 -w 65535 2>/dev/null || xl sched-credit -d 0 -w 65535"
    ),
    "xm": Toolstack(
        "xm",
        """xm info 2>/dev/null | awk '$1 ~ /^xen_(major|minor|extra)$/ { part[$1] = $3 }
            END { if (part["xen_major"] == "") exit 1; print part["xen_major"] "." part["xen_minor"] part["xen_extra"] }'""",
        "xm sched-credit -d 0 -w 65535 >/dev/null",
    ),
}
