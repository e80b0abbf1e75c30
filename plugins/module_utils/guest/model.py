# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define a guest, and read the list of definitions of one host (pure)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Iterable, Mapping, Sequence

from ..common.fields import Fields, kind_of
from ..common.problem import Problem
from ..xencfg.values import Value
from . import device_model, display
from .boot import Boot, read_boot
from .device_model import DeviceModel
from .device_strings import backends_in, is_driver_domain
from .devices import PLAIN_VDEV, Disk, Vif, read_disk, read_vif
from .display import Display
from .settings import extra_names, read_settings

TYPES = ("hvm", "pv", "pvh")
STATES = ("running", "paused", "stopped", "defined", "absent")
RESTARTS = ("never", "on_change")

DOM0 = "Domain-0"

# The default order, 0, leaves room on both sides.
MOST_ORDER = 1000
_MOST_DELAY = 3600

# HVM_MAX_VCPUS of Xen's public/hvm/hvm_info_table.h; it holds for PVH as well.
_MOST_VCPUS = {"pv": 512, "hvm": 128, "pvh": 128}

_BODY = """memory maxmem vcpus boot disks vifs display device_model settings extra_settings restart autostart order
start_delay needs""".split()

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}")
_NAME_HINT = "a name of letters, digits and . _ + -, at most 100 of them, the first a letter, a digit or _"


@dataclass(frozen=True)
class Guest:
    """Describe one guest. Memory is in MiB; ``maxmem`` is 0 when it is not given. Only an HVM guest has a display and a
    device model; the defaults of other guests are not used. ``extra`` are those ``settings`` that the collection does not
    know. Guests of a lower ``order`` start first and stop last; after a start ``start_delay`` seconds pass before the next
    one. ``needs`` has the names of guests of its host that must run before it starts."""

    name: str
    memory: int
    boot: Boot
    type: str = "pv"
    maxmem: int = 0
    vcpus: int = 1
    disks: list[Disk] = field(default_factory=list)
    vifs: list[Vif] = field(default_factory=list)
    display: Display = display.NONE
    device_model: DeviceModel = device_model.ANY
    settings: dict[str, Value] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()
    state: str = "running"
    restart: str = "never"
    autostart: bool = False
    order: int = 0
    start_delay: int = 0
    needs: list[str] = field(default_factory=list)

    @property
    def driver_domains(self) -> list[tuple[str, str]]:
        """Return the key and the name of each driver domain that serves one of its devices."""
        found = [(f"disks[{number}].backend", disk.backend) for number, disk in enumerate(self.disks) if disk.backend]
        found += [(f"vifs[{number}].backend", vif.backend) for number, vif in enumerate(self.vifs) if vif.backend]
        found += [(f"settings.{key}", backend) for key, backend in backends_in(self.settings)]
        return [(key, backend) for key, backend in found if is_driver_domain(backend)]

    @property
    def needed(self) -> list[str]:
        """Return the names of the domains that must run before it starts: those of ``needs``, and its driver domains. dom0, and
        a domain that is given by its id, always runs or is no guest of ours."""
        return list(dict.fromkeys([*self.needs, *(name for _key, name in self.driver_domains)]))

    @property
    def has_domain(self) -> bool:
        """Return whether it is to have a domain, running or paused, which uses memory, disks and addresses."""
        return self.state in ("running", "paused")


@dataclass(frozen=True)
class Definition:
    """Hold the result of reading one item of the list: the guest, or the problems of its definition. ``readable`` is the guest as
    far as it could be read, with defaults in place of what is wrong: only what the fleet shares is searched in it."""

    name: str
    guest: Guest | None
    problems: list[Problem]
    readable: Guest | None = None


def read_guests(items: Iterable[Any]) -> list[Definition]:
    """Return every definition of one host, in order. A name that is used twice is a problem of each of its users.

    >>> [problem.reason for problem in read_guests([{"name": "web1", "type": "lxc"}])[0].problems]
    ['is not one of the values it can have']
    """
    listed = list(items)
    definitions = [read_guest(item, number) for number, item in enumerate(listed)]
    uses = Counter(definition.name for definition in definitions)
    reason, remedy = "is used by more than one guest of this host", "give each guest a name of its own"
    once = [
        _refuse(definition, reason, remedy) if uses[definition.name] > 1 else definition for definition in definitions
    ]
    return _refuse_needs(_refuse_stub_domain_names(once, listed))


def depths_of(guests: Sequence[Guest]) -> dict[str, int]:
    """Return, by name, how many guests of the same order start one after the other before a guest (``needs.depths``)."""
    if not any(guest.needed for guest in guests):
        return {guest.name: 0 for guest in guests}
    # Few hosts have such guests.
    from .needs import depths

    return depths(guests)


def read_guest(item: Any, number: int = 0) -> Definition:
    """Return one definition, whatever the item is; ``number`` is its place in the list, from 0.

    The guest is None when there is a problem; nothing is raised.
    """
    problems: list[Problem] = []
    name = item.get("name") if isinstance(item, Mapping) else None
    # The place in the list identifies a guest without a usable name.
    label = name if isinstance(name, str) and _NAME.fullmatch(name) else f"number {number + 1} of the list"
    fields = Fields(item, label, problems, hint=partial(_hint, item))
    if not isinstance(item, Mapping):
        return Definition(label, None, problems)
    _check_name(fields, name)
    # A state that is none of them might have been meant as absent, which needs no type.
    state = fields.text("state", "" if fields.has("state") else "running", choices=STATES)
    kind = fields.text("type", required=state not in ("absent", ""), choices=TYPES)
    if state == "absent":
        guest = _read_absent(fields, label, kind)
    elif kind:
        guest = _read_body(fields, label, kind, state)
    else:
        # Without a type it is unknown which keys belong to it: one problem, not one for each key.
        return Definition(label, None, problems)
    fields.done()
    return Definition(label, None if problems else guest, problems, guest)


def _hint(item: Any, path: str, key: str) -> str:
    """Return where an unknown key of the definition belongs, "" where that is not known."""
    from . import key_hints

    kind = item.get("type")
    return key_hints.hint(path, kind if isinstance(kind, str) else "", key)


def _check_name(fields: Fields, name: Any) -> None:
    """Check the name: digits only are a domain id for xl, a slash leaves the folder, a quote ends a string."""
    if name is not None and not isinstance(name, str):
        fields.raw("name")
        fields.problem("name", f"is {kind_of(name)}, not a name", f"give {_NAME_HINT}, in quotes")
        return
    text = fields.text("name", required=True, pattern=_NAME, hint=_NAME_HINT)
    if text.isdigit():
        fields.problem("name", "consists of digits only, which xl takes for a domain id", "add a letter", release="Xen 4.3 on")
    elif text == DOM0:
        fields.problem("name", "is the name of dom0", "choose another name")


def _read_absent(fields: Fields, label: str, kind: str) -> Guest:
    """Return an absent guest, which needs its name only; the rest of its definition is neither read nor refused."""
    for key in _BODY:
        fields.raw(key)
    return Guest(label, memory=0, boot=Boot(""), type=kind or "pv", state="absent")


def _read_body(fields: Fields, label: str, kind: str, state: str) -> Guest:
    memory = fields.integer("memory", minimum=8, maximum=2**24, required=True)
    maxmem = fields.integer("maxmem", minimum=8, maximum=2**24)
    if maxmem and maxmem < memory:
        fields.problem("maxmem", f"is less than memory, which is {memory} MiB", "raise maxmem or leave it out")
    # By default an HVM guest boots from its disks; other guests need boot.
    boot = fields.mapping("boot", required=kind != "hvm")
    disks = [read_disk(item, kind) for item in fields.items("disks")]
    _check_vdevs(fields, disks)
    vifs = [read_vif(item, kind) for item in fields.items("vifs")]
    _check_vifs(fields, vifs)
    if kind == "hvm":
        screen, model = fields.mapping("display"), fields.mapping("device_model")
    else:
        screen = model = None
        _refuse_hvm_keys(fields, kind)
    return Guest(
        name=label,
        memory=memory,
        maxmem=maxmem,
        vcpus=fields.integer("vcpus", 1, minimum=1, maximum=_MOST_VCPUS[kind]),
        boot=read_boot(boot, kind) if boot else Boot("firmware", expect=""),
        type=kind,
        disks=disks,
        vifs=vifs,
        display=display.read_display(screen) if screen else display.NONE,
        device_model=device_model.read_device_model(model) if model else device_model.ANY,
        settings=read_settings(fields, kind),
        extra=extra_names(fields),
        state=state,
        restart=fields.text("restart", "never", choices=RESTARTS),
        autostart=fields.boolean("autostart"),
        order=fields.integer("order", minimum=-MOST_ORDER, maximum=MOST_ORDER),
        start_delay=fields.integer("start_delay", maximum=_MOST_DELAY),
        needs=_read_needs(fields, label),
    )


def _read_needs(fields: Fields, label: str) -> list[str]:
    """Return the names of the guests that this one needs, each once."""
    names = list(dict.fromkeys(fields.strings("needs")))
    for name in names:
        if name == label:
            fields.problem("needs", "names the guest itself", f"remove {name}")
        elif name == DOM0:
            fields.problem("needs", f"{DOM0} always runs before any guest", f"remove {name}")
        elif not _NAME.fullmatch(name) or name.isdigit():
            fields.problem("needs", "has an item that is not the name of a guest", "give the names of guests of this host", name)
    return names


def _refuse_hvm_keys(fields: Fields, kind: str) -> None:
    for key in ("display", "device_model"):
        if fields.raw(key) is not None:
            fields.problem(key, f"a {kind.upper()} guest has no device model", f"remove {key}")


def _check_vdevs(fields: Fields, disks: list[Disk]) -> None:
    for vdev, count in Counter(disk.vdev for disk in disks if disk.vdev).items():
        if count > 1:
            fields.problem("disks", f"vdev {vdev} is used {count} times", "give each disk a vdev of its own", vdev)
    if all(PLAIN_VDEV.fullmatch(disk.vdev) for disk in disks):
        return  # Each of these names has a number of its own.
    from .vdevs import number

    names: dict[int | None, str] = {}
    for disk in disks:
        other = names.setdefault(number(disk.vdev), disk.vdev)
        if other != disk.vdev:
            reason = f"vdev {disk.vdev} is the same device as {other}: number {number(disk.vdev)}"
            fields.problem("disks", reason, "give each disk a vdev of its own", disk.vdev)


def _check_vifs(fields: Fields, vifs: list[Vif]) -> None:
    """Require unique numbers. By default xl numbers interfaces in their order, from 0 (tools/xl/xl_parse.c,
    ARRAY_EXTEND_INIT).

    fleet/collisions.py checks addresses, between guests too.
    """
    numbers = Counter(place if vif.devid < 0 else vif.devid for place, vif in enumerate(vifs))
    remedy = "give each interface a devid of its own; one without has its place in the list, from 0"
    for devid, count in numbers.items():
        if count > 1:
            fields.problem("vifs", f"devid {devid} is used {count} times", remedy, devid)


def _refuse_stub_domain_names(definitions: list[Definition], items: list[Any]) -> list[Definition]:
    """Refuse the names of stub domains: that of guest NAME is NAME-dm, before 3.3.0-rc3 stubdom-NAME (stubdom/stubdom-dm).

    An absent guest of such a name is refused as well: its removal would destroy the stub domain of the other guest.
    """
    taken = {
        stub: definition.name
        for definition, item in zip(definitions, items)
        # As it was written: a guest with another problem has a stub domain as soon as that is corrected.
        if isinstance(item, Mapping) and item.get("type") == "hvm" and item.get("state") != "absent"
        for stub in (f"{definition.name}-dm", f"stubdom-{definition.name}")
    }
    return [
        _refuse(
            definition,
            f"is the name that Xen gives to the stub domain of guest {taken[definition.name]}",
            "choose another name for one of the two",
        )
        if definition.name in taken
        else definition
        for definition in definitions
    ]


def _refuse_needs(definitions: list[Definition]) -> list[Definition]:
    """Refuse guests that can never have what they need."""
    guests = [definition.guest for definition in definitions if definition.guest]
    if not any(guest.needed for guest in guests):
        return definitions
    # Few hosts have such guests.
    from .needs import find

    problems = find(guests)
    return [
        replace(definition, guest=None, problems=[*definition.problems, *problems[definition.name]])
        if definition.guest and definition.name in problems
        else definition
        for definition in definitions
    ]


def _refuse(definition: Definition, reason: str, remedy: str) -> Definition:
    problem = Problem(reason, remedy, guest=definition.name, key="name", value=definition.name)
    return replace(definition, guest=None, problems=[*definition.problems, problem])
