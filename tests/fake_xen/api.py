# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drive the fake Xen from tests.

    host = FakeXen(tmp_path / "host")
    host.setup(free_memory=4096)
    host.add_domain("web1", memory=256)
    host.add_fault("create", name="web2", rc=3, stderr="libxl: error: …\\n", times=1)
    subprocess.run(["xl", "list"], env=host.env())
    assert host.mutating_calls() == []
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import Store, command_of, initial_state, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable

_HERE = os.path.dirname(os.path.realpath(__file__))
_BIN = {"xl": os.path.join(_HERE, "bin"), "xm": os.path.join(_HERE, "bin_xm")}
#: The commands of xl and xm that change something; `create` only without -n.
MUTATING = frozenset({"create", "destroy", "shutdown", "trigger", "pause", "unpause"})


class Reboot:
    """Hold a reboot of a guest by itself, whose first phase has begun: see monitor.py. ``left`` phases are to come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.left = 3
        self._wait()

    def step(self) -> None:
        """Begin the next phase: no domain, a new one that is built, the new one at work."""
        assert self.process.stdin and self.left
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self.left -= 1
        self._wait()

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.communicate()

    def _wait(self) -> None:
        assert self.process.stderr
        said = self.process.stderr.readline()
        assert said == b"begun\n", said


class FakeXen:
    """Hold one fake Xen host, in a folder of its own, with the programs of its ``toolstacks``."""

    def __init__(self, path: str | os.PathLike[str], toolstacks: Iterable[str] = ("xl",)) -> None:
        self.path = os.fspath(path)
        self.toolstacks = tuple(toolstacks)

    # -- the host -------------------------------------------------------------------------------------------------

    def setup(self, **info: Any) -> None:
        """Boot a host without guests, faults or calls; ``info`` as for ``set_info``."""
        shutil.rmtree(self.path, ignore_errors=True)
        state = initial_state()
        state["info"].update(info)
        write_atomically(Store(self.path).path("state.json"), json.dumps(state).encode())

    def setup_xm(self, release: tuple[int, int] = (4, 1), dm_config: str = "", **info: Any) -> None:
        """Boot the same with xend. ``dm_config`` is how the installed stubdom-dm names a stub domain's file, with {} for the
        guest's name; "" for one that writes the file itself."""
        self.setup(xen_major=release[0], xen_minor=release[1], xen_extra=".0", virt_caps="hvm", **info)
        self.set_option(toolstack="xm", dm_config=dm_config, firmware_dir="/usr/lib/xen/boot")

    def env(self) -> dict[str, str]:
        """Return the environment in which `xl` and the xenstore tools are the fake ones.

        The interpreter of this process comes next in PATH: one that starts through a version manager's script would
        take several times as long.
        """
        own = [_BIN[toolstack] for toolstack in self.toolstacks]
        path = os.pathsep.join((*own, os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)))
        return {**os.environ, "PATH": path, "XENFLEET_FAKE_XEN": self.path}

    def interpreter(self, path: Path, before: str = "") -> str:
        """Write a Python for which this machine is the fake host: a shell in front of the system's own, so that each host
        of an inventory can be another one. ``before`` is a command of that shell; the file's path."""
        first = self.env()["PATH"].split(os.pathsep)[0]
        lines = ["#!/bin/sh", f"export XENFLEET_FAKE_XEN='{self.path}' PATH='{first}':\"$PATH\"", before]
        path.write_text("\n".join([*lines, 'exec /usr/bin/python3 "$@"', ""]))
        path.chmod(0o755)
        return str(path)

    def run(self, *argv: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run one of the fake programs: ``run("xl", "list")``."""
        return subprocess.run(argv, env=self.env(), capture_output=True, text=True, timeout=timeout, check=False,
                              errors="surrogateescape")

    def set_info(self, **info: Any) -> None:
        """Change fields of `xl info`: ``set_info(xen_minor=14, free_memory=100)``."""
        with Store(self.path) as store:
            store.state["info"].update(info)
            store.dirty = True

    def set_option(self, **options: Any) -> None:
        """Change how the host works: ``firmware_dir``, ``check_disks`` (whether missing disks fail a create),
        ``userdata_xl`` (create leaves the file that it read in lib/, which xl stopped to do in 4.5), and for xm those of
        ``store.initial_state``."""
        with Store(self.path) as store:
            unknown = options.keys() - store.state.keys()
            if unknown:
                raise KeyError(f"no such option: {sorted(unknown)}")
            store.state.update(options)
            store.dirty = True

    def not_xen(self, style: str | None = "upstream") -> None:
        """Make it a machine that does not run Xen. ``style``: the words of xl itself, or of "debian", where a script
        in front of xl finds out first; of xm, where xend has ended, "never", where it has not run since the boot, and to
        "user", whom it does not serve; None: it runs Xen again."""
        self.set_option(not_xen=style)

    def restart_xend(self, calls: int) -> None:
        """Let xend restart by itself, as it does when memory runs out: it refuses so many calls."""
        self.set_option(restarting=calls)

    # -- its guests -----------------------------------------------------------------------------------------------

    def add_domain(self, name: str, **settings: Any) -> int:
        """Add a domain that runs already; return its id. For the settings see ``add_domains``."""
        return self.add_domains([name], **settings)[0]

    def add_domains(self, names: Iterable[str], *, memory: int = 128, vcpus: int = 1, kind: str = "pv",
                    state: str = "b", stub: bool | dict[str, Any] = False, **fields: Any) -> list[int]:
        """Domains that run already; their ids. ``state`` is a letter of `xl list` (r, b, p; s with ``reason="crash"``
        and the like); ``stub`` adds a NAME-dm to each, with these fields when it has any; ``fields`` are kept as they
        are (kernel, cmdline, uuid …)."""
        with Store(self.path) as store:
            return [self._add(store, name, memory, vcpus, kind, state, stub, fields) for name in names]

    @staticmethod
    def _add(store: Store, name: str, memory: int, vcpus: int, kind: str, state: str,
             stub: bool | dict[str, Any], fields: dict[str, Any]) -> int:
        record = {"name": name, "uuid": str(uuid.uuid4()), "type": kind, "memory": memory, "vcpus": vcpus,
                  "state": state, "kernel": None, **fields}
        if state == "s":
            record.setdefault("reason", "poweroff")
        domain = store.add(record)
        kib = memory << 10
        store.keep_config(domain, {
            "c_info": {"type": kind, "name": name, "uuid": domain["uuid"], "run_hotplug_scripts": "True"},
            "b_info": {"max_memkb": kib, "target_memkb": kib, f"type.{kind}": {}},
            "on_reboot": "restart"}, None)
        if stub:
            helper = store.add({"name": f"{name}-dm", "uuid": str(uuid.uuid4()), "type": "pv", "memory": 136,
                                "vcpus": 1, "state": "b", "kernel": None, "target": domain["domid"],
                                **(stub if isinstance(stub, dict) else {})})
            domain["stub"] = helper["domid"]
        return int(domain["domid"])

    def add_leftover(self, name: str, target: int | None = None) -> int:
        """Add the stub domain that a failed start of a guest left: paused, without a processor, and serving nobody."""
        with Store(self.path) as store:
            left = store.add({"name": f"{name}-dm", "uuid": str(uuid.uuid4()), "type": "pv", "memory": 136, "vcpus": 0,
                              "state": "p", "kernel": None, "target": target})
            return int(left["domid"])

    def add_managed(self, name: str, memory: int = 128) -> None:
        """Add a guest that xend manages, and that does not run."""
        with Store(self.path) as store:
            store.state["managed"].append({"name": name, "memory": memory, "vcpus": 1})
            store.dirty = True

    def remove_domain(self, name: str) -> None:
        """Take a domain away behind xl's back, and nothing with it."""
        with Store(self.path) as store:
            domain = store.named(name)
            if domain is None:
                raise KeyError(name)
            store.remove(domain["domid"])

    def change_domain(self, name: str, **fields: Any) -> None:
        """Change a domain behind xl's back: ``change_domain("web1", state="s", reason="crash")``."""
        with Store(self.path) as store:
            domain = store.named(name)
            if domain is None:
                raise KeyError(name)
            domain.update(fields)
            store.dirty = True

    def set_behaviour(self, name: str = "*", **rules: Any) -> None:
        """How a guest (or "*": every guest) behaves, now and when it is created; see ``store.BEHAVIOUR``."""
        with Store(self.path) as store:
            store.state["behaviour"].setdefault(name, {}).update(rules)
            store.dirty = True

    def reboot_by_itself(self, name: str) -> Reboot:
        """Begin a reboot of a guest by itself, with the process of xl that monitors it. The process ends with the domain that
        it makes: kill it at the end of the test."""
        with open(Store(self.path).path("log", f"xl-{name}.log"), "ab") as log:
            words = ["xl", os.path.join(_HERE, "monitor.py"), self.path, name]
            pipe = subprocess.PIPE
            return Reboot(subprocess.Popen(words, executable=sys.executable, stdin=pipe, stdout=log, stderr=pipe))

    def set_xenstore(self, **keys: str | None) -> None:
        """Add or replace xenstore keys, or remove them (None): ``set_xenstore(**{"/local/domain/3/name": None})``."""
        with Store(self.path) as store:
            store.state["xenstore"].update(keys)
            store.dirty = True

    def domains(self) -> dict[str, dict[str, Any]]:
        """Return the domains by name, dom0 too, as they are at this moment; this does not let time pass."""
        with Store(self.path) as store:
            return {domain["name"]: domain for domain in store.domains()}

    def console(self, name: str) -> str:
        """All that guests of this name have printed."""
        try:
            with open(Store(self.path).path("console", f"guest-{name}.log"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # -- faults and calls -----------------------------------------------------------------------------------------

    def add_fault(self, command: str, **rule: Any) -> None:
        """Make calls fail: ``add_fault("create", name="web1", rc=3, stderr="…", times=1, effect="after")``.
        ``command`` is one of xl's, "create -n" for its dry run, or "xenstore-read" and so on; see ``Store.take_fault`` for the fields."""
        with Store(self.path) as store:
            path = store.path("faults.json")
            rules = self._faults(path)
            rules.append({"command": command, **rule})
            write_atomically(path, json.dumps(rules).encode())

    def clear_faults(self) -> None:
        """Let everything work again."""
        with Store(self.path) as store:
            write_atomically(store.path("faults.json"), b"[]")

    @staticmethod
    def _faults(path: str) -> list[dict[str, Any]]:
        try:
            with open(path, encoding="utf-8") as file:
                rules: list[dict[str, Any]] = json.load(file)
                return rules
        except FileNotFoundError:
            return []

    def calls(self, command: str | None = None) -> list[list[str]]:
        """All calls so far, as lists of arguments; of one of xl's commands only, or of a program like
        "xenstore-read", when ``command`` is given. A dry run is the command "create -n"."""
        try:
            with open(os.path.join(self.path, "calls.log"), encoding="utf-8") as file:
                calls: list[list[str]] = [json.loads(line) for line in file]
        except FileNotFoundError:
            return []
        return [call for call in calls if command is None or command in (call[0], command_of(call))]

    def mutating_calls(self) -> list[list[str]]:
        """Return the calls that were to change something; none of them may come from a run in check mode."""
        return [call for call in self.calls() if command_of(call) in MUTATING]

    def forget_calls(self) -> None:
        """Begin counting anew."""
        with open(os.path.join(self.path, "calls.log"), "w", encoding="utf-8"):
            pass
