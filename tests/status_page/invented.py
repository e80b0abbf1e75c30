# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An invented fleet, as the modules would tell of it: three hosts, one of which is not reached, and twenty guests."""

from __future__ import annotations

import hashlib
from typing import Any

TIME = "2026-11-23T06:00:00Z"
STUBDOM, GRUB = "qemu-stubdom-linux", "pvgrub2-x86_64"


def image(name: str, build: int, current: bool) -> dict[str, Any]:
    """One version of an image, as host_info has it."""
    sha256 = hashlib.sha256(f"{name} {build}".encode()).hexdigest()
    return {"name": name, "version": sha256[:16], "sha256": sha256, "current": current}


OLD, NEW, MENU = image(STUBDOM, 1, False), image(STUBDOM, 2, True), image(GRUB, 1, True)


def short(one: dict[str, Any]) -> str:
    """Return an image as guest_info names it."""
    return f"{one['name']} {one['version'][:8]}"


class Host:
    """What the modules found on one host, guest by guest."""

    def __init__(self, *images: dict[str, Any]) -> None:
        self.defined: list[list[str]] = []
        self.configured: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self.verified: list[dict[str, Any]] = []
        self.images = list(images)
        self.domains: list[dict[str, Any]] = []

    def guest(self, name: str, kind: str = "pv", *, wanted: str = "running", state: str = "running",
              action: str = "none", restart_needed: bool | None = False, problem: str = "", **seen: Any) -> Host:
        """Add a guest, and its domains; ``seen`` is what guest_info says otherwise."""
        problems = [{"text": f"guest {name}: {problem}"}] if problem else []
        about = {"name": name, "state": state, "boot": "firmware" if kind == "hvm" else "pvgrub2", "image": "",
                 "stale": False, "device_model": "", "stub_domain": "",
                 "proof": "" if problems else "no domain" if state == "off" else "kernel, console",
                 "notes": [], "problems": problems, **seen}
        if restart_needed:
            about["notes"] = [*about["notes"], f"guest {name}: runs an older definition; restart it to use the new one"]
        if about["stale"]:
            what = "its stub domain was booted from" if kind == "hvm" else "was booted by"
            older = about["image"].split()[0]
            about["notes"] = [*about["notes"], f"guest {name}: {what} an older {older} than the installed one"]
        self.defined.append([name, kind, wanted])
        self.configured.append({"name": name, "action": action, "scheme": about.pop("scheme", ""), "problems": []})
        self.states.append({"name": name, "restart_needed": restart_needed, "problems": []})
        self.verified.append(about)
        if state != "off":
            self._domain(name, state, about)
        return self

    def hvm(self, name: str, where: str = "stub domain", is_old: bool = False, **more: Any) -> Host:
        """Add an HVM guest that runs."""
        stub, built = where == "stub domain", OLD if is_old else NEW
        seen = {"device_model": where, "stub_domain": f"{name}-dm" if stub else "",
                "image": short(built) if stub else "", "stale": stub and is_old,
                "scheme": "linux" if stub else "dom0",
                "proof": "" if more.get("problem") else "stub domain" if stub else "QEMU in dom0"}
        return self.guest(name, "hvm", **{**seen, **more})

    def foreign(self, name: str, **more: Any) -> Host:
        """Add a domain that the inventory does not name."""
        return self._domain(name, "running", {"device_model": "", "stub_domain": "", "image": "", **more})

    def _domain(self, name: str, state: str, about: dict[str, Any]) -> Host:
        kept = {key: about[key] for key in ("device_model", "stub_domain", "image")}
        domid = len(self.domains) + 1
        self.domains.append({"name": name, "domid": domid, "state": state, "serves": None, **kept})
        if about["stub_domain"]:
            self.domains.append({"name": about["stub_domain"], "domid": domid + 1, "state": "running", "serves": domid,
                                 "device_model": "", "stub_domain": "", "image": about["image"]})
        return self

    def facts(self) -> dict[str, Any]:
        """Return what the module status is given."""
        xen = {"version": "4.17.6", "release": "4.17", "toolstack": "xl"}
        return {"defined": self.defined, "host": {"xen": xen, "images": self.images, "domains": self.domains},
                "configured": self.configured, "states": self.states, "verified": self.verified}


def fleet() -> dict[str, Any]:
    """Return the hosts and their guests."""
    grub: dict[str, Any] = {"image": short(MENU)}
    first = Host(OLD, NEW, MENU).hvm("app1").hvm("app2", is_old=True).hvm("app3", is_old=True, restart_needed=True)
    first.hvm("legacy1", where="dom0")
    first.guest("web1", **grub).guest("web2", **grub).guest("db1", action="updated", restart_needed=True, **grub)
    first.guest("batch1", wanted="stopped", state="off").foreign("scratch")
    second = Host(NEW, MENU).hvm("mail1").hvm("mail2")
    both = "a QEMU in dom0 emulates its devices, too, beside its stub domain win1-dm"
    second.hvm("win1", problem=f"{both}. Remedy: find out who started that QEMU, then restart the guest.", device_model="dom0")
    second.hvm("win2").guest("cache1", **grub).guest("cache2", state="crashed", **grub,
                                                     problem="its domain is crashed. Remedy: read its console log.")
    second.guest("build1", state="off", action="created", problem="is not running. Remedy: read its console log and "
                 "/var/log/xen/xl-build1.log.").guest("dns1", **grub).foreign("rescue").foreign("test-old")
    lost = "Failed to connect to the host via ssh: connect to host xen3 port 22: No route to host"
    names = [["ci1", "pv", ""], ["ci2", "pv", ""], ["ci3", "hvm", "running"], ["git1", "hvm", "running"]]
    return {"xen1": first.facts(), "xen2": second.facts(), "xen3": {"defined": names, "unreachable": lost}}


def thousand_hosts() -> dict[str, Any]:
    """Return a fleet of 1,000 hosts with 10 guests each; some hosts are not reached, some guests need attention."""
    hosts: dict[str, Any] = {}
    for number in range(1000):
        name, host = f"xen{number:04}", Host(OLD, NEW, MENU)
        for place in range(10):
            _invent(host, f"vm{number}-{place}", (number * 10 + place) % 199)
        lost = f"Failed to connect to the host via ssh: connect to host {name} port 22: No route to host"
        hosts[name] = {"defined": host.defined, "unreachable": lost} if number % 97 == 5 else host.facts()
    return hosts


def _invent(host: Host, name: str, lot: int) -> None:
    if lot == 7:
        host.guest(name, state="crashed", image=short(MENU), problem="its domain is crashed. Remedy: read its console log.")
    elif lot in (20, 21, 22):
        host.hvm(name, is_old=True)
    elif lot == 40:
        host.guest(name, action="updated", restart_needed=True, image=short(MENU))
    elif lot % 2:
        host.hvm(name)
    else:
        host.guest(name, image=short(MENU))
