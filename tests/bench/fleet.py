# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the validation of a large fleet takes: `.venv/bin/python tests/bench/fleet.py`.

Guests of all types, on hosts of all schemes with their release declared: in order, and with one thing in common. Each
row is read_fleet in this process; `--inventory FOLDER` writes the fleet as an inventory instead, for the playbook
validate.yml. Nothing passes or fails by the times.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".build" / "links"))

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import message, read_fleet

GUESTS, HOSTS = 10_000, 100
BEST_OF = 3
# Release, toolstack and scheme of every fifth host.
KINDS = (("3.3", "xm", "paired"), ("4.1", "xm", "generated"), ("4.14", "xl", "minios"), ("4.20", "xl", "linux"),
         ("4.17", "xl", "auto"))


def guest(number: int, host: int, common: set[str]) -> dict[str, Any]:
    """One guest; what is in ``common`` is the same for all."""
    index = number % (GUESTS // HOSTS)
    release, toolstack, scheme = KINDS[host % len(KINDS)]
    kind = ("pv", "hvm", "pvh")[number % 3]
    if kind == "pvh" and toolstack == "xm":
        kind = "pv"
    mac = f"00:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    found: dict[str, Any] = {
        "name": f"guest{index}" if "name" in common else f"guest{number}", "type": kind, "memory": 512, "vcpus": 2,
        "disks": [{"target": "/srv/same" if "disk" in common else f"/dev/vg0/guest{number}", "backend": "phy",
                   "vdev": "hda" if kind == "hvm" else "xvda", "shared": "disk" in common}],
        "vifs": [{"mac": "00:16:3e:00:00:01" if "mac" in common else mac, "bridge": "xenbr0"}],
        "settings": {"on_crash": "destroy"},
    }
    if kind == "hvm" and scheme == "paired":
        address = "172.30.0.1" if "address" in common else f"172.30.{host + 1}.{index + 1}"
        found["display"] = {"type": "vnc", "where": "stubdom", "listen": address, "passwd": f"secret{number}"}
    elif kind == "hvm" and release in ("4.1", "4.14"):
        found["display"] = {"type": "vnc", "display": 1 if "port" in common else index, "passwd": f"secret{number}"}
    elif kind == "pv":
        found["boot"] = {"method": "pvgrub", "menu": "(hd0,0)/boot/grub/menu.lst"}
    elif kind == "pvh":
        found["boot"] = {"method": "pvgrub2"}
    return found


def fleet(common: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the guests of each host, and what it declares."""
    each = GUESTS // HOSTS
    hosts = {f"host{host:03}": [guest(host * each + index, host, common) for index in range(each)] for host in range(HOSTS)}
    declared = {}
    for host, name in enumerate(hosts):
        release, toolstack, scheme = KINDS[host % len(KINDS)]
        declared[name] = {"release": release, "toolstack": toolstack, "scheme": scheme, "memory": 200_000,
                          "dom0_memory": 2048}
    return hosts, declared


def measure(common: set[str]) -> tuple[float, int, int]:
    """Return the best time, how many problems there are, and the size of the message in bytes."""
    hosts, declared = fleet(common)
    times = []
    for _try in range(BEST_OF):
        start = time.perf_counter()
        found = read_fleet(hosts, declared)
        text = message(found.problems)
        times.append(time.perf_counter() - start)
        if len(found.guests) != GUESTS or bool(found.problems) != bool(common):
            sys.exit(f"{len(found.guests)} guests and {len(found.problems)} problems with {common or 'nothing'} in common")
    return min(times), len(found.problems), len(text)


def main(words: list[str]) -> None:
    """Measure and print the table, or write the inventory."""
    if words[:1] == ["--inventory"]:
        hosts, declared = fleet(set())
        said = {name: {"stubdom_guests": hosts[name], "stubdom_host": declared[name], "ansible_host": "192.0.2.1"}
                for name in hosts}
        Path(words[1], "hosts.json").write_text(json.dumps({"xen_hosts": {"hosts": said}}))
        return
    things = ("name", "mac", "disk", "address", "port")
    print(f"{GUESTS} guests on {HOSTS} hosts, seconds, best of {BEST_OF}")
    print(f"{'in common':14}{'seconds':>9}{'problems':>10}{'message':>10}")
    for common in (set(), *({thing} for thing in things), set(things)):
        seconds, problems, size = measure(common)
        label = "nothing" if not common else "everything" if len(common) == len(things) else "".join(common)
        print(f"{label:14}{seconds:9.2f}{problems:10}{size:10}")


if __name__ == "__main__":
    main(sys.argv[1:])
