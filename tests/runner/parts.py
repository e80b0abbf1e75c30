# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the tests, in the order in which they run. To add one, add it here."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .places import BUILD, COLLECTIONS, CORE, CORES, JUNIT, LAB_INVENTORIES, LINKS, NEWEST, PYTHONS, ROOT

LONG = 90 * 60.0  # seconds
# Scenarios that take long or need several hosts, with these hosts: the group fleet has them, test has the others.
FLEET = {"fleet": ("fleet1", "fleet2", "fleet3"), "moves": ("fleet1", "fleet2"), "undisturbed": ("fleet1",)}
# Scenarios on a host whose Xen was built by the user: the variable that names the folder it is installed in (DESTDIR).
XEN_DISTS = {"minios": "MINIOS_DIST", "xend": "XEND_DIST"}
SHARED = ("test",)  # the host of the parts that need just one; they use it one after the other


@dataclass(frozen=True)
class Part:
    """Describe one command that passes or fails."""

    name: str
    command: Sequence[str]
    groups: frozenset[str]  # what it runs in: check, test, a group of test-all
    lane: str = ""  # parts of one lane run one after the other, beside those of other lanes
    hosts: Sequence[str] = ()  # the lab's hosts that it needs; parts that name the same ones share them
    release: str = ""  # version of these hosts' Xen; "" for the one that was asked for
    xen_dist: str = ""  # the variable that names the installed Xen of these hosts; "" for Debian's
    report: Path | None = None  # nox's: its sessions are counted
    core: str = CORE
    collections: Path = LINKS  # where Ansible finds the collection
    env: dict[str, str] = field(default_factory=dict)
    limit: float = 30 * 60.0  # seconds; a part that hangs must not hang everything

    @property
    def junit(self) -> Path:
        """Return the folder of its JUnit files: their tests are counted one by one."""
        return JUNIT / self.name


def inventory_of(hosts: Sequence[str]) -> Path:
    """Return the file with the inventory of some hosts."""
    return LAB_INVENTORIES / f"{'-'.join(hosts)}.yml"


def nox(session: str, *groups: str, lane: str) -> Part:
    """Describe a session of noxfile.py."""
    report = BUILD / "nox" / f"{session}.json"
    return Part(session, ["nox", "--session", session, "--report", str(report)], frozenset(groups), lane=lane,
                report=report, core=NEWEST, limit=LONG)


def pytest(name: str, path: str, group: str, hosts: Sequence[str], variable: str, xen_dist: str = "") -> Part:
    """Describe tests that talk to a host of the lab, whose name the variable gives them."""
    return Part(name, ["pytest", "-q", "-s", path], frozenset({group}), hosts=hosts, env={variable: hosts[0]}, limit=LONG,
                xen_dist=xen_dist)


def molecule(scenario: str, group: str, hosts: Sequence[str], xen_dist: str = "") -> Part:
    """Describe a scenario, with the collection as users get it."""
    return Part(f"molecule-{scenario}", ["molecule", "test", "--scenario-name", scenario], frozenset({group}),
                hosts=hosts, collections=COLLECTIONS, limit=LONG, xen_dist=xen_dist)


def on_one_host() -> list[Part]:
    """Return what runs on one Xen host; the last part leaves it without guests and files."""
    scenarios = {path.parent.name for path in (ROOT / "extensions" / "molecule").glob("*/molecule.yml")}
    scenarios -= FLEET.keys() | XEN_DISTS.keys()
    return [*(molecule(name, "test", SHARED) for name in sorted(scenarios)),
            pytest("contract", "tests/contract", "test", SHARED, "XENFLEET_CONTRACT_HOST")]


def all_parts(other_xens: Sequence[str]) -> list[Part]:
    """Return all parts. `other_xens` are the versions of Xen that are not the one which was asked for."""
    variable = "XENFLEET_INTERRUPTION_HOST"
    return [
        nox("unit", "check", "test", lane="pytest"),
        nox("lint", "check", "test", lane="tools"),
        nox("types", "check", "test", lane="tools"),
        nox("playbooks", "test", lane="pytest"),
        nox("xen-parser", "test", lane="pytest"),
        nox("xl-offline", "test", lane="pytest"),
        nox("fake-xen", "test", lane="pytest"),
        nox("status-page", "test", lane="pytest"),
        nox("hvm-guest", "test", lane="pytest"),
        # What uses ansible-test's copy of the checkout has to be in one lane.
        nox("sanity", "test", lane="tools"),
        *on_one_host(),
        *(nox(f"units-{python}", "pythons", lane="tools") for python in PYTHONS),
        *(nox(f"core-{core}", "cores", lane="tools") for core in CORES if core != NEWEST),
        *(nox(f"playbooks-{core}", "cores", lane="pytest") for core in CORES if core != NEWEST),
        *(replace(part, name=f"{part.name}-{xen}", groups=frozenset({f"xen-{xen}"}), hosts=("other",), release=xen,
                  env=dict.fromkeys(part.env, "other")) for xen in other_xens for part in on_one_host()),
        nox("publish", "publish", lane="tools"),
        nox("interruption-fake-hosts", "interruption", lane="pytest"),
        *(molecule(name, "fleet", hosts) for name, hosts in FLEET.items()),
        *(molecule(name, name, (name,), dist) for name, dist in XEN_DISTS.items()),
        pytest("contract-xm", "tests/contract", "xend", ("xend",), "XENFLEET_CONTRACT_XM_HOST", XEN_DISTS["xend"]),
        pytest("interruption", "tests/interruption/test_real_host.py", "interruption", ("interrupt1",), variable),
        pytest("power-cut", "tests/interruption/test_power_cut.py", "interruption", ("interrupt1",), variable),
    ]
