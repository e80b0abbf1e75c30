# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen's memory: a folder with the state of one fake host.

    state.json    the host and its domains; written atomically, under the lock
    faults.json   rules that make commands fail (see ``take_fault``)
    calls.log     every call, one JSON list of arguments a line
    console/      what guests printed; the files that xenconsoled writes to /var/log/xen/console
    log/          what xl and stub domains write to /var/log/xen
    lib/          what libxl leaves in /var/lib/xen

This module is imported by every fake command, so it loads as little of the standard library as it can.
"""

from __future__ import annotations

import fcntl
import json
import os
import time

TYPE_CHECKING = False  # as type checkers know it, without the time that loading typing takes
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

# `xl info` of Debian 12 (Xen 4.17.5), in the order in which xl prints it.
INFO: dict[str, Any] = {
    "host": "fake_xen", "release": "6.1.0-40-amd64",
    "version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)", "machine": "x86_64",
    "nr_cpus": 8, "max_cpu_id": 7, "nr_nodes": 1, "cores_per_socket": 8, "threads_per_core": 1, "cpu_mhz": "2794.748",
    "hw_caps": "178bf3ff:f6d8320b:2e500800:244037ff:0000000f:219c91a9:00400004:00000500",
    "virt_caps": "pv hvm hap shadow gnttab-v1 gnttab-v2", "total_memory": 65535, "free_memory": 63000,
    "sharing_freed_memory": 0, "sharing_used_memory": 0, "outfake_xeng_claims": 0, "free_cpus": 0,
    "xen_major": 4, "xen_minor": 17, "xen_extra": ".5", "xen_version": None,
    # The hypervisor itself ends this text with a blank.
    "xen_caps": "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
    "xen_scheduler": "credit2", "xen_pagesize": 4096, "platform_params": "virt_start=0xffff800000000000",
    "xen_changeset": "", "xen_commandline": "placeholder dom0_mem=1024M,max:1024M",
    "cc_compiler": "x86_64-linux-gnu-gcc (Debian 12.2.0-14+deb12u1) 12.2.0", "cc_compile_by": "pkg-xen-devel",
    "cc_compile_domain": "lists.alioth.debian.org", "cc_compile_date": "Sat Mar 15 12:00:00 UTC 2025",
    "build_id": "6d8c5b0e4f6ea1ddf5a4a0f6b1a3d3e1c0c8f7a2", "xend_config_format": 4,
}

# How guests behave unless `behaviour` in the state says otherwise, for a name or for "*".
BEHAVIOUR: dict[str, Any] = {
    "polls": 1,           # after `xl shutdown` the guest is seen by this many further calls ...
    "seconds": 0.0,       # ... and for at least this long
    "ignore": False,      # the guest acknowledges a shutdown and goes on running
    "no_ack": None,       # the guest does not even acknowledge: xl gives up after so many seconds (the real one: 60)
    "pv_drivers": None,   # whether an HVM guest has them; without, only `xl shutdown -F` reaches it
    "dies": None,         # a shutdown reason ("crash", "poweroff"): the guest ends by itself, as above, once started
    "console": None,      # what it prints when it starts
    "builds": 0.0,        # create takes so many seconds between making its domain, which is paused, and its end
    "stub_polls": 0,      # with xm: the guest's stub domain comes after this many further calls ...
    "leaks": False,       # ... and stays when the guest goes, as after a restart of xend
}


def initial_state() -> dict[str, Any]:
    """Return the state of a host that has just booted."""
    dom0 = {"domid": 0, "name": "Domain-0", "uuid": "00000000-0000-0000-0000-000000000000", "type": "pv",
            "memory": 1024, "vcpus": 8, "state": "r", "created": time.time(), "kernel": None}
    return {"info": dict(INFO), "next_domid": 1, "not_xen": None, "firmware_dir": "/usr/lib/xen-4.17/boot",
            "check_disks": True, "userdata_xl": False, "behaviour": {}, "domains": {"0": dom0}, "xenstore": {},
            # Of xm: how the installed stubdom-dm names a stub domain's file ("": it writes one itself), /etc/xen, a
            # folder that the host's own files may lie below, guests that xend manages, and stubdom-dm's that run.
            "toolstack": "xl", "dm_config": "", "config_dir": None, "root": "", "managed": [], "launches": [],
            # How many calls xend still refuses while it restarts, whether xm has printed its long warning since the
            # host booted, and the bridges that the host has (None: all that a guest wants).
            "restarting": 0, "advised": False, "bridges": None,
            # What Xen has logged.
            "dmesg": ""}


def command_of(call: list[str]) -> str | None:
    """Return the command of a call of xl or xm, "create -n" for a dry run, whose option can stand among other letters; None
    for another program."""
    if call[0] not in ("xl", "xm"):
        return None
    command = next((word for word in call[1:] if not word.startswith("-")), None)
    if command != "create":
        return command
    is_dry = any(word == "--dryrun" or (word.startswith("-") and not word.startswith("--") and "n" in word)
                 for word in call[call.index("create"):])
    return "create -n" if is_dry else command


def write_atomically(path: str, data: bytes) -> None:
    """Readers see the old or the new file, never half of one."""
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(data)
    os.replace(temporary, path)


class Store:
    """Hold the folder of one fake host. As a context manager it holds the lock, and saves the state if asked to."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.state: dict[str, Any] = {}
        self.dirty = False
        self._lock = -1

    def path(self, *names: str) -> str:
        """Return the path of a file in the folder; make its parent."""
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def __enter__(self) -> Self:
        self._lock = os.open(self.path("lock"), os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            with open(self.path("state.json"), "rb") as file:
                self.state = json.loads(file.read())
        except FileNotFoundError:
            self.state = initial_state()
            self.dirty = True
        return self

    def __exit__(self, kind: type[BaseException] | None, _value: BaseException | None,
                 _trace: TracebackType | None) -> None:
        try:
            if self.dirty and (kind is None or kind is SystemExit):
                write_atomically(self.path("state.json"), json.dumps(self.state).encode())
                self.dirty = False
        finally:
            os.close(self._lock)

    def release(self) -> tuple[int, int]:
        """Xen's."""
        return self.state["info"]["xen_major"], self.state["info"]["xen_minor"]

    def config_dir(self) -> str:
        """Return the folder that is /etc/xen."""
        return self.state["config_dir"] or self.path("etc", "xen")

    def has_file(self, path: str) -> bool:
        """Return whether the host has it."""
        return os.path.exists(path) or os.path.exists(self.state["root"] + path)

    def sleep(self, seconds: float) -> None:
        """Wait without the lock, so that other commands run meanwhile; what was read of the state is stale then."""
        self.__exit__(None, None, None)
        time.sleep(seconds)
        self.__enter__()

    def log_call(self, argv: list[str]) -> None:
        """Append a call; one write, so that calls at the same time do not mix."""
        line = (json.dumps(argv) + "\n").encode()
        log = os.open(self.path("calls.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(log, line)
        os.close(log)

    # -- domains --------------------------------------------------------------------------------------------------

    def domain(self, domid: int) -> dict[str, Any] | None:
        """Return the domain with an id."""
        found: dict[str, Any] | None = self.state["domains"].get(str(domid))
        return found

    def domains(self) -> list[dict[str, Any]]:
        """All domains, by rising id, as the hypervisor lists them."""
        found: list[dict[str, Any]] = sorted(self.state["domains"].values(), key=lambda domain: domain["domid"])
        return found

    def named(self, name: str) -> dict[str, Any] | None:
        """Return the domain with a name."""
        for domain in self.state["domains"].values():
            if domain["name"] == name:
                found: dict[str, Any] = domain
                return found
        return None

    def behaviour(self, name: str) -> dict[str, Any]:
        """How the guest of this name behaves."""
        rules = self.state["behaviour"]
        return {**BEHAVIOUR, **rules.get("*", {}), **rules.get(name, {})}

    def add(self, domain: dict[str, Any]) -> dict[str, Any]:
        """Give a domain its id and the memory it wants."""
        domain["domid"] = self.state["next_domid"]
        self.state["next_domid"] += 1
        self.state["info"]["free_memory"] -= domain["memory"]
        domain.setdefault("created", time.time())
        self.state["domains"][str(domain["domid"])] = domain
        self.dirty = True
        return domain

    def remove(self, domid: int) -> None:
        """Take a domain away, with its memory and its files."""
        domain = self.state["domains"].pop(str(domid))
        self.state["info"]["free_memory"] += domain["memory"]
        for kind in ("libxl-json", "xl"):
            path = self.userdata(domain, kind)
            if os.path.exists(path):
                os.unlink(path)
        self.dirty = True

    def remove_with_stub(self, domain: dict[str, Any]) -> None:
        """Take a guest and the stub domain that serves it away; xend of 3.3 and 3.4 has the latter go a moment later."""
        stub = self.domain(domain.get("stub") or -1)
        if stub and self.state["toolstack"] == "xm" and self.release() < (4, 0):
            if not self.behaviour(domain["name"])["leaks"]:
                self.start_ending(stub, "poweroff")
        elif stub and not self.behaviour(domain["name"])["leaks"]:
            self.remove(domain["stub"])
        self.remove(domain["domid"])

    def userdata(self, domain: dict[str, Any], kind: str) -> str:
        """Where libxl keeps what it knows of a domain."""
        return self.path("lib", f"userdata-d.{domain['domid']}.{domain['uuid']}.{kind}")

    def keep_config(self, domain: dict[str, Any], config: dict[str, Any], text: bytes | None) -> None:
        """Write what create leaves in /var/lib/xen: libxl's JSON since 4.5, the file itself up to 4.4."""
        write_atomically(self.userdata(domain, "libxl-json"), json.dumps(config).encode() + b"\0")
        if text is not None and (self.state["userdata_xl"] or self.release() < (4, 5)):
            write_atomically(self.userdata(domain, "xl"), text)

    def build(self, domain: dict[str, Any], paused: bool) -> dict[str, Any] | None:
        """Let a new domain be paused for as long as its creation takes; afterwards it runs, unless it is to stay paused.
        None for one that somebody destroyed meanwhile. A creation that is killed leaves it paused."""
        seconds = self.behaviour(domain["name"])["builds"]
        if paused or seconds:
            domain.update(state="p", unborn=True)
        if seconds:
            self.dirty = True
            self.sleep(seconds)
        found = self.domain(domain["domid"])
        if found and seconds and not paused:
            found.update(state="b")
            found.pop("unborn", None)
            self.dirty = True
        return found

    def start_ending(self, domain: dict[str, Any], reason: str) -> None:
        """From now on the guest is about to end, as its behaviour says."""
        rule = self.behaviour(domain["name"])
        domain["ending"] = {"polls": rule["polls"], "until": time.time() + rule["seconds"], "reason": reason}
        self.dirty = True

    def settle(self) -> None:
        """Let time pass: guests that are about to end do so once they were seen and have lived long enough."""
        for domain in self.domains():
            ending = domain.get("ending")
            if not ending or domain["state"] == "p":  # a paused guest ends once it runs again
                continue
            self.dirty = True
            if ending["polls"] > 0:
                ending["polls"] -= 1
            elif time.time() >= ending["until"]:
                self._end(domain, ending["reason"])

    def _end(self, domain: dict[str, Any], reason: str) -> None:
        if domain.get("on_" + reason, "destroy").endswith("preserve"):
            domain.update(state="s", reason=reason)
            del domain["ending"]
        else:
            self.remove_with_stub(domain)

    # -- faults ---------------------------------------------------------------------------------------------------

    def take_fault(self, command: str, name: str | None, kind: str = "fail") -> dict[str, Any] | None:
        """Return the first rule for this call, counted down; None when the call is to work.

        A rule is {command, name, kind, rc, stderr, stdout, times, sleep, effect}; all but ``command`` may be left
        out. ``times`` is how often it still fires (for ever when absent). Kind "fail": after ``sleep`` seconds the
        call prints ``stdout`` and ``stderr`` and ends with ``rc`` (default 0: with ``sleep`` alone the call is only
        slow); effect "before" (the default) means instead of doing its work, "after" means having done it. Kind
        "null_row": `xl list` shows a domain whose name is "(null)". Kind "stub_dies", of create: the guest's stub
        domain prints ``log`` and does not come up; it stays behind without a processor, and with a ``target`` that is
        gone (or, when ``target`` is false, with none), unless ``leaves`` is false. With xm it is the same, but for the
        guest, which runs on, and for ``target``, which is left.
        """
        try:
            with open(self.path("faults.json"), "rb") as file:
                rules: list[dict[str, Any]] = json.loads(file.read())
        except FileNotFoundError:
            return None
        for rule in rules:
            if (rule["command"] != command or rule.get("kind", "fail") != kind or rule.get("times", 1) < 1
                    or rule.get("name", name) != name):
                continue
            if "times" in rule:
                rule["times"] -= 1
                write_atomically(self.path("faults.json"), json.dumps(rules).encode())
            return rule
        return None
