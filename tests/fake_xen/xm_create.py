# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen's `xm create`: executes the file, as xm does, and fails where and how xm and xend fail."""

from __future__ import annotations

import os
import re
import sys
import uuid
from typing import TYPE_CHECKING, Any

import xm_sxp
from xm_usage import usage

if TYPE_CHECKING:
    from store import Store

# XendDomainInfo.check_name
_NAME = re.compile(r"[A-Za-z0-9_\-.:/+]+")
# Where xend gives up a disk that does not exist, it names the device by its number.
_NUMBERS = {"hda": 768, "hdb": 832, "hdc": 5632, "hdd": 5696, "sda": 2048, "xvda": 51712}
# MiB that xend leaves to dom0, by its own configuration file (dom0-min-mem).
_DOM0_MIN = 196
_DEFAULTS = {"memory": 128, "vcpus": 1, "builder": "linux", "kernel": "", "ramdisk": "", "extra": "", "disk": [], "vif": [],
             "device_model": ""}


class Refused(Exception):
    """What xm prints after "Error: "."""


class Guest:
    """A configuration, executed: its file's variables, and those of the command line, which win."""

    def __init__(self, store: Store, file: str, given: dict[str, str]) -> None:
        self.path = _find(store, file)
        values: dict[str, Any] = {}
        try:
            with open(self.path, encoding="utf-8") as stream:
                exec(compile(stream.read(), self.path, "exec"), {"__builtins__": {}}, values)  # noqa: S102
        except Exception as error:
            raise Refused(_words_of(error, self.path)) from error
        self.values = {**_DEFAULTS, "name": os.path.basename(file), **values, **given}
        self.name = str(self.values["name"])
        self.type = "hvm" if self.values["builder"] == "hvm" else "pv"

    def number(self, key: str) -> int:
        """Return a number, which may be written as a text."""
        try:
            return int(self.values[key])
        except ValueError as error:
            raise Refused(str(error)) from error

    def has_stubdom(self) -> bool:
        """Return whether its device model is started by stubdom-dm."""
        return self.type == "hvm" and "stubdom-dm" in self.values["device_model"]

    def vifs(self) -> list[dict[str, str]]:
        """Return its interfaces, each with its keys."""
        return [dict(part.split("=", 1) for part in text.split(",") if "=" in part) for text in self.values["vif"]]

    def as_sxp(self) -> list[Any]:
        """Return the configuration as `xm create -n` prints it (make_config of xm/create.py), without what only some
        releases print; what the fake one does not know is printed as a key of the image."""
        values = self.values
        whole = [["name", self.name], *([key, values[key]] for key in ("memory", "maxmem", "on_poweroff", "on_crash", "target")
                                        if values.get(key)), ["vcpus", self.number("vcpus")]]
        whole += [["on_xend_start", "ignore"], ["on_xend_stop", "ignore"]]
        whole += [["uuid", values["uuid"]]] if values.get("uuid") else []
        image = [[name, values[key]] for key, name in (("kernel", "kernel"), ("ramdisk", "ramdisk"), ("extra", "args"))
                 if values[key]]
        known = {"name", "memory", "maxmem", "on_poweroff", "on_crash", "target", "vcpus", "uuid", "builder", "kernel", "ramdisk",
                 "extra", "disk", "vif"}
        image += [[key, value] for key, value in sorted(values.items()) if key not in known and value not in ("", [])]
        devices = [["vbd", *zip(("uname", "dev", "mode"), disk.split(","))] for disk in values["disk"]]
        devices += [["vif", *(part.strip().split("=", 1) for part in vif.split(",") if part)] for vif in values.get("vif", [])]
        return ["vm", *whole, ["image", ["hvm" if self.type == "hvm" else "linux", *image]],
                *(["device", device] for device in devices)]

    def record(self) -> dict[str, Any]:
        """Return the domain in the fake Xen's state, without its id."""
        target = self.values.get("target")
        return {"name": self.name, "uuid": self.values.get("uuid") or str(uuid.uuid4()), "type": self.type,
                "memory": self.number("memory"), "vcpus": self.number("vcpus"), "state": "b",
                "kernel": self.values["kernel"], "ramdisk": self.values["ramdisk"], "cmdline": self.values["extra"],
                "on_poweroff": self.values.get("on_poweroff", "destroy"), "on_crash": self.values.get("on_crash", "restart"),
                "device_model": self.values["device_model"], "disks": self.values["disk"], "vifs": self.vifs(), **({"target": int(target)} if target else {})}


def _words_of(error: Exception, path: str) -> str:
    """Return the words of Python 2 and of xm for what is wrong with a file."""
    if isinstance(error, SyntaxError):
        line = (error.text or "").rstrip("\n")
        return f"Errors were found at line {error.lineno} while processing {path}:\n\t{line}\n"
    if isinstance(error, ZeroDivisionError):
        return "integer division or modulo by zero"
    return str(error)


def _find(store: Store, file: str) -> str:
    """Where xm looks, unless it is told a folder: in the current one, then in /etc/xen (``--path``, ".:/etc/xen")."""
    for path in (file,) if os.path.isabs(file) else (os.path.join(".", file), os.path.join(store.config_dir(), file)):
        if os.path.isfile(path):
            return path
    raise Refused(f"Unable to open config file: {file}")


def _words(args: list[str]) -> tuple[set[str], list[str], dict[str, str]]:
    """Letters of options, files, and variables."""
    letters = {letter for arg in args if arg.startswith("-") and not arg.startswith("--") for letter in arg[1:]}
    letters |= {"n" for arg in args if arg == "--dryrun"}
    rest = [arg for arg in args if not arg.startswith("-")]
    given = dict(arg.split("=", 1) for arg in rest if "=" in arg)
    return letters, [arg for arg in rest if "=" not in arg], given


def name_of(store: Store, args: list[str]) -> str | None:
    """Return the name of the guest that a call is about; None if xm itself would not get that far."""
    _letters, files, given = _words(args)
    try:
        return Guest(store, files[0], given).name if files else None
    except Refused:
        return None


def main(store: Store, args: list[str]) -> int:
    """Run the command."""
    letters, files, given = _words(args)
    try:
        path = _find(store, files[0] if files else "xmdefconfig")
    except Refused as error:
        usage("create", str(error))
    if "q" not in letters:
        print(f'Using config file "{path}".')
    try:
        guest = Guest(store, files[0], given)
        if store.release() >= (4, 0):
            _check_files(store, guest)
        if "n" in letters:
            print(xm_sxp.text(guest.as_sxp()))
            return 0
        domain = store.build(build(store, guest), "p" in letters)
        if domain is None:
            raise Refused(f"Domain '{guest.name}' does not exist.")
    except Refused as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    if "q" not in letters:
        print(f"Started domain {guest.name}" + (f" (id={domain['domid']})" if store.release() >= (4, 0) else ""))
    return 0


def _check_files(store: Store, guest: Guest) -> None:
    for what in ("kernel", "ramdisk"):
        path = guest.values[what]
        if path and not store.has_file(path):
            if store.release() >= (4, 0):
                raise Refused(f'Cannot find {what} "{path}"')
            raise Refused(f"Kernel {'image' if what == 'kernel' else what} does not exist: {path}")


def build(store: Store, guest: Guest) -> dict[str, Any]:
    """Do what xend does. Raise Refused when there is no domain then."""
    _check_files(store, guest)
    if not _NAME.fullmatch(guest.name):
        raise Refused("Invalid VM Name")
    taken = store.named(guest.name)
    if taken and store.release() < (3, 4):
        raise Refused(f"VM name '{guest.name}' already exists as domain {taken['domid']}")
    if taken:
        raise Refused(f"Domain '{guest.name}' already exists with ID '{taken['domid']}'")
    if any(managed["name"] == guest.name for managed in store.state["managed"]):
        raise Refused(f"VM name '{guest.name}' already exists")
    if "target" in guest.values and not store.domain(guest.number("target")):
        raise Refused("(22, 'Invalid argument')")
    free = store.state["info"]["free_memory"]
    if guest.number("memory") > free:
        left = (free + store.domains()[0]["memory"] - _DOM0_MIN) * 1024
        raise Refused(f"I need {guest.number('memory') * 1024} KiB, but dom0_min_mem is {_DOM0_MIN * 1024} and shrinking to "
                      f"{_DOM0_MIN * 1024} KiB would leave only {left} KiB free.")
    for disk in guest.values["disk"] if store.state["check_disks"] else []:
        target, device = disk.split(",")[:2]
        path = target.rpartition(":")[2]
        if path and not store.has_file(path):
            number = _NUMBERS.get(device.split(":")[0], 51712)
            raise Refused(f"Device {number} (vbd) could not be connected. {path} does not exist.")
    bridges = store.state["bridges"]
    for number, vif in enumerate(guest.vifs()):
        if bridges is not None and vif.get("bridge", bridges[0] if bridges else "") not in bridges:
            raise Refused(f"Device {number} (vif) could not be connected. "
                          f"Could not find bridge device {vif.get('bridge', 'xenbr0')}")
    domain = store.add(guest.record())
    if guest.has_stubdom():
        store.state["launches"].append({"guest": domain["domid"], "name": guest.name, "domid": None,
                                        "polls": store.behaviour(guest.name)["stub_polls"]})
    rule = store.behaviour(guest.name)
    with open(store.path("console", f"guest-{guest.name}.log"), "a", encoding="utf-8") as stream:
        said = "[    0.000000] Linux version 2.6.32-5-xen-amd64 (fake)\n" if rule["console"] is None else rule["console"]
        stream.write(said)
    if rule["dies"]:
        store.start_ending(domain, rule["dies"])
    return domain
