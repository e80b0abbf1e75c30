# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen's `xm`, and the xend behind it, of Xen 3.3 to 4.4: same texts, same streams, same exit codes.

Written from Xen's own sources (3.3.0-rc7, 3.4.0-rc3, 4.1: tools/python/xen/xm/main.py, create.py, shutdown.py; xend).
"""

from __future__ import annotations

import sys
import time

import stubdom_dm
import xm_sxp
from program import die

TYPE_CHECKING = False  # as type checkers know it, without the time that loading typing takes
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from store import Store

_NO_XEND = {"upstream": "Error: Unable to connect to xend: Connection refused. Is xend running?\n",
            "user": "Error: Most commands need root access. Please try again as root.\n"}
# What xm info prints, in its order, and since when.
_INFO = {"host": (3, 3), "release": (3, 3), "version": (3, 3), "machine": (3, 3), "nr_cpus": (3, 3), "nr_nodes": (3, 3),
         "cores_per_socket": (3, 3), "threads_per_core": (3, 3), "cpu_mhz": (3, 3), "hw_caps": (3, 3),
         "virt_caps": (3, 3), "total_memory": (3, 3), "free_memory": (3, 3), "free_cpus": (4, 1), "xen_major": (3, 3),
         "xen_minor": (3, 3), "xen_extra": (3, 3), "xen_caps": (3, 3), "xen_scheduler": (3, 3), "xen_pagesize": (3, 3),
         "platform_params": (3, 3), "xen_changeset": (3, 3), "xen_commandline": (4, 0), "cc_compiler": (3, 3),
         "cc_compile_by": (3, 3), "cc_compile_domain": (3, 3), "cc_compile_date": (3, 3), "xend_config_format": (3, 3)}


def _find(store: Store, word: str) -> dict[str, Any]:
    """Return the domain that a name or an id means; a name is looked for first."""
    domain = store.named(word) or (store.domain(int(word)) if word.isdigit() else None)
    if domain is None:
        # Until 3.4.0-rc3 a fault was a fault; from there on its number is the exit code.
        die(3 if store.release() >= (3, 4) else 1, f"Error: Domain '{word}' does not exist.\n")
    return domain


def _one(command: str, args: list[str]) -> str:
    words = [arg for arg in args if not arg.startswith("-")]
    if not words:
        sys.stdout.write(f"Usage: xm {command} <Domain>\n")
        die(1, f"Error: 'xm {command}' requires 1 argument.\n\n")
    return words[0]


# -- looking --------------------------------------------------------------------------------------------------------

def _letters(domain: dict[str, Any]) -> str:
    shown = domain["state"] + ("p" if domain.get("pauses") else "")
    if domain["state"] == "s" and domain.get("reason") == "crash":
        shown += "c"
    return "".join(letter if letter in shown else "-" for letter in "rbpscd")


def do_list(store: Store, args: list[str]) -> int:
    """Run xm list: by name, and guests that xend manages and that do not run."""
    words = [arg for arg in args if not arg.startswith("-")]
    domains = [_find(store, word) for word in words] or sorted(store.domains(), key=lambda domain: str(domain["name"]))
    if "-l" in args or "--long" in args:
        for domain in domains:
            print(xm_sxp.text(_sxp(domain)))
        return 0
    print(f"{'Name':<40} {'ID':>5} {'Mem':>5} {'VCPUs':>5} {'State':>10} {'Time(s)':>9}")
    rows = [(domain["name"], domain["domid"], domain["memory"], domain["vcpus"], _letters(domain),
             (time.time() - domain["created"]) * (0.0 if domain.get("unborn") else 1.0 if domain["domid"] == 0 else 0.02))
            for domain in domains]
    if not words:
        rows += [(one["name"], "", one["memory"], one["vcpus"], "", 0.0) for one in store.state["managed"]]
    for name, domid, memory, vcpus, state, used in rows:
        print(f"{name:<40} {domid:>5} {memory:5d} {vcpus:5d} {state:>10} {used:8.1f}")
    return 0


def _sxp(domain: dict[str, Any]) -> list[Any]:
    said = [["domid", domain["domid"]], ["on_crash", domain.get("on_crash", "restart")], ["uuid", domain["uuid"]],
            ["vcpus", domain["vcpus"]], ["name", domain["name"]], ["on_poweroff", domain.get("on_poweroff", "destroy")],
            ["maxmem", domain["memory"]], ["memory", domain["memory"]], ["features", ""]]
    if domain["domid"] == 0:
        return ["domain", *said, ["image", ["linux", ["kernel", ""], ["superpages", 0]]], ["status", 2],
                ["state", _letters(domain)]]
    image = ["hvm" if domain["type"] == "hvm" else "linux", ["kernel", domain.get("kernel") or ""]]
    image += [[key, domain[from_key]] for key, from_key in (("ramdisk", "ramdisk"), ("args", "cmdline"))
              if domain.get(from_key)]
    if domain["type"] == "hvm":
        image += [["device_model", domain.get("device_model") or "/usr/lib/xen/bin/qemu-dm"], ["vncpasswd", "geheim"]]
    return ["domain", *said, ["start_time", round(domain["created"], 2)], ["cpu_time", 0.25], ["online_vcpus", 1],
            ["image", image], ["status", 2], ["state", _letters(domain)], ["store_mfn", 265216]]


def do_info(store: Store, _args: list[str]) -> int:
    """Run xm info."""
    for key, first in _INFO.items():
        if store.release() >= first:
            print(f"{key:<23}:", store.state["info"][key])
    return 0


def do_domid(store: Store, args: list[str]) -> int:
    """Run xm domid."""
    print(_find(store, _one("domid", args))["domid"])
    return 0


def do_domname(store: Store, args: list[str]) -> int:
    """Run xm domname."""
    print(_find(store, _one("domname", args))["name"])
    return 0


# -- changing -------------------------------------------------------------------------------------------------------

def do_create(store: Store, args: list[str]) -> int:
    """Run xm create."""
    import xm_create
    return xm_create.main(store, args)


def do_destroy(store: Store, args: list[str]) -> int:
    """Run xm destroy."""
    word = _one("destroy", args)
    domain = _find(store, word)
    if domain["domid"] == 0:
        die(1, f"Error: Cannot destroy privileged domain {word}\n")
    store.remove_with_stub(domain)
    return 0


def do_shutdown(store: Store, args: list[str]) -> int:
    """Run xm shutdown; it cuts the power of an HVM guest without PV drivers."""
    domain = _find(store, _one("shutdown", args))
    if domain["domid"] == 0:
        die(1, "Error: Domain 0 cannot be shutdown\n")
    if domain["state"] == "s":
        die(1, "Error: Domain cannot be shutdown\n")
    rule = store.behaviour(domain["name"])
    is_cut = domain["type"] == "hvm" and not rule["pv_drivers"]
    if is_cut or (not rule["ignore"] and rule["no_ack"] is None):
        store.start_ending(domain, "poweroff")
    return 0


def do_trigger(store: Store, args: list[str]) -> int:
    """Run xm trigger, of which only the power button does something."""
    word, button = _one("trigger", args), args[-1]
    domain = _find(store, word)
    if button != "power" or store.release() < (3, 4):
        die(1, f"Error: Invalid trigger: {button}\n")
    if not store.behaviour(domain["name"])["ignore"]:
        store.start_ending(domain, "poweroff")
    return 0


def do_pause(store: Store, args: list[str]) -> int:
    """Run xm pause."""
    return _pause(store, _find(store, _one("pause", args)), True)


def do_unpause(store: Store, args: list[str]) -> int:
    """Run xm unpause."""
    return _pause(store, _find(store, _one("unpause", args)), False)


def _pause(store: Store, domain: dict[str, Any], is_paused: bool) -> int:
    if domain["state"] != "s":
        domain["state"] = "p" if is_paused else "b"
        if not is_paused:
            domain.pop("unborn", None)
    store.dirty = True
    return 0


COMMANDS: dict[str, Callable[[Store, list[str]], int]] = {
    "list": do_list, "info": do_info, "domid": do_domid, "domname": do_domname, "create": do_create,
    "destroy": do_destroy, "shutdown": do_shutdown, "trigger": do_trigger, "pause": do_pause, "unpause": do_unpause,
}


def main(store: Store, args: list[str]) -> int:
    """Run xm."""
    if not args:
        sys.stdout.write("Usage: xm <subcommand> [args]\n")
        return 1
    if args[0] not in COMMANDS:
        die(1, f"Error: Subcommand {args[0]} not found!\n")
    if store.state["not_xen"]:
        die(1, _NO_XEND[store.state["not_xen"]])
    store.settle()
    stubdom_dm.settle(store)
    return COMMANDS[args[0]](store, args[1:])
