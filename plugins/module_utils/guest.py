# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guest model: what a definition says, and why it is refused (pure)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Iterable

from .boot import Boot, read_boot
from .devices import Disk, Vif, read_disk, read_vif
from .fields import Fields
from .problem import Problem
from .settings import read_settings
from .xencfg import Value

STATES = ("running", "stopped", "defined", "absent")
RESTARTS = ("never", "on_change")
HVM_KEYS = ("display", "device_model")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}")
_NAME_HINT = "a name of letters, digits and . _ + -, at most 100 of them, the first a letter, a digit or _"


@dataclass(frozen=True)
class Guest:
    """One PV guest. Memory is in MiB; ``maxmem`` is 0 when it is not given."""

    name: str
    memory: int
    boot: Boot
    type: str = "pv"
    maxmem: int = 0
    vcpus: int = 1
    disks: list[Disk] = field(default_factory=list)
    vifs: list[Vif] = field(default_factory=list)
    settings: dict[str, Value] = field(default_factory=dict)
    state: str = "running"
    restart: str = "never"
    autostart: bool = False


@dataclass(frozen=True)
class Definition:
    """What became of one item of the list: the guest, or the problems that keep it from being one."""

    name: str
    guest: Guest | None
    problems: list[Problem]


def read_guests(items: Iterable[Any]) -> list[Definition]:
    """Every definition of one host, in order. A name that is used twice spoils each of its users."""
    definitions = [read_guest(item, number) for number, item in enumerate(items)]
    uses = Counter(definition.name for definition in definitions)
    return [_refuse_duplicate(definition) if uses[definition.name] > 1 else definition for definition in definitions]


def read_guest(item: Any, number: int = 0) -> Definition:
    """One definition. Nothing is raised; the guest is None when there is a problem."""
    problems: list[Problem] = []
    name = item.get("name") if isinstance(item, dict) else None
    # A guest without a usable name is still told apart by its place in the list.
    label = name if isinstance(name, str) and _NAME.fullmatch(name) else f"number {number + 1} of the list"
    fields = Fields(item, label, problems)
    if not isinstance(item, dict):
        return Definition(label, None, problems)
    _check_name(fields, name)
    state = fields.text("state", "running", choices=STATES)
    kind = fields.text("type", required=state != "absent", choices=("pv", "hvm", "pvh"))
    if kind in ("hvm", "pvh") and state != "absent":
        fields.problem("type", "this version of the collection runs PV guests only", "use type: pv")
        return Definition(label, None, problems)
    guest = _read_absent(fields, label) if state == "absent" else _read_body(fields, label, state)
    fields.done()
    return Definition(label, None if problems else guest, problems)


def _check_name(fields: Fields, name: Any) -> None:
    """Why each rule: digits only is a domain id to xl; a slash leaves the folder; a quote ends a string."""
    if isinstance(name, bool) or (name is not None and not isinstance(name, str)):
        fields.raw("name")
        fields.problem("name", "is a number or a list, not a name", f"give {_NAME_HINT}, in quotes")
        return
    text = fields.text("name", required=True, pattern=_NAME, hint=_NAME_HINT)
    if text.isdigit():
        fields.problem("name", "is all digits, which xl takes as a domain id", "add a letter", release="Xen 4.3 on")
    elif text == "Domain-0":
        fields.problem("name", "is the name of dom0", "choose another name")


def _read_absent(fields: Fields, label: str) -> Guest:
    """An absent guest needs no more than its name; a definition that is left in place is not read, nor refused."""
    for key in ("memory", "maxmem", "vcpus", "boot", "disks", "vifs", "settings", "restart", "autostart", *HVM_KEYS):
        fields.raw(key)
    return Guest(label, memory=0, boot=Boot(""), state="absent")


def _read_body(fields: Fields, label: str, state: str) -> Guest:
    memory = fields.integer("memory", minimum=8, maximum=2**24, required=True)
    maxmem = fields.integer("maxmem", minimum=8, maximum=2**24)
    if maxmem and maxmem < memory:
        fields.problem("maxmem", f"is less than memory, which is {memory} MiB", "raise maxmem or leave it out")
    boot_fields = fields.mapping("boot", required=True)
    for key in HVM_KEYS:
        if fields.raw(key) is not None:
            fields.problem(key, "a PV guest has no device model", f"remove {key}")
    disks = [read_disk(item) for item in fields.items("disks")]
    _check_vdevs(fields, disks)
    return Guest(
        name=label,
        memory=memory,
        maxmem=maxmem,
        vcpus=fields.integer("vcpus", 1, minimum=1, maximum=512),
        boot=read_boot(boot_fields) if boot_fields else Boot(""),
        disks=disks,
        vifs=[read_vif(item) for item in fields.items("vifs")],
        settings=read_settings(fields),
        state=state,
        restart=fields.text("restart", "never", choices=RESTARTS),
        autostart=fields.boolean("autostart"),
    )


def _check_vdevs(fields: Fields, disks: list[Disk]) -> None:
    for vdev, count in Counter(disk.vdev for disk in disks if disk.vdev).items():
        if count > 1:
            fields.problem("disks", f"vdev {vdev} is used {count} times", "give each disk a vdev of its own", vdev)


def _refuse_duplicate(definition: Definition) -> Definition:
    problem = Problem(
        "is used by more than one guest of this host",
        "give each guest a name of its own",
        guest=definition.name,
        key="name",
        value=definition.name,
    )
    return Definition(definition.name, None, [*definition.problems, problem])
