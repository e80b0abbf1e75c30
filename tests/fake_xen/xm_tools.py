# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen's `xm`, and the xend behind it, of Xen 3.3 to 4.4: same texts, same streams, same exit codes.

Written from Xen's own sources (3.3.0-rc7, 3.4.0-rc3, 4.1: tools/python/xen/xm/main.py, create.py, shutdown.py; xend),
and corrected by what real hosts of 4.0.4 and 4.4.4 printed.
"""

from __future__ import annotations

import sys
import time

import stubdom_dm
import xm_sxp
from program import die
from xm_usage import GENERAL, USAGE, usage

TYPE_CHECKING = False  # as type checkers know it, without the time that loading typing takes
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from store import Store

_REFUSED = "Error: Unable to connect to xend: Connection refused. Is xend running?\n"
_NO_XEND = {"upstream": _REFUSED,  # xend has ended, and left its socket
            "never": "Error: Unable to connect to xend: No such file or directory. Is xend running?\n",
            "user": "Error: Most commands need root access. Please try again as root.\n"}
# xm of 4.4 prints the first line at each call, and the rest at the first call after the host has booted.
_DEPRECATED = "WARNING: xend/xm is deprecated.\n"
_ADVICE = """
xend is deprecated and scheduled for removal. Please migrate to another
toolstack ASAP.

See http://wiki.xen.org/wiki/Choice_of_Toolstacks for information on
other alternatives, including xl which is designed to be a drop in
replacement for xm (http://wiki.xen.org/wiki/XL).

"""
# What xm info prints, in its order, and since when; the nodes until 4.0 (XendNode.py).
_INFO = {"host": (3, 3), "release": (3, 3), "version": (3, 3), "machine": (3, 3), "nr_cpus": (3, 3), "nr_nodes": (3, 3),
         "cores_per_socket": (3, 3), "threads_per_core": (3, 3), "cpu_mhz": (3, 3), "hw_caps": (3, 3),
         "virt_caps": (3, 3), "total_memory": (3, 3), "free_memory": (3, 3), "node_to_cpu": (3, 3),
         "node_to_memory": (3, 3), "node_to_dma32_mem": (4, 0), "max_node_id": (4, 0),
         "free_cpus": (4, 1), "xen_major": (3, 3),
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


def _one(command: str, args: list[str], least: int = 1) -> str:
    words = [arg for arg in args if not arg.startswith("-")]
    if len(words) < least:
        usage(command, f"'xm {command}' requires {USAGE[command][0]} arguments.\n")
    return words[0]


# -- looking --------------------------------------------------------------------------------------------------------

def _letters(domain: dict[str, Any]) -> str:
    shown = domain["state"] + ("p" if domain.get("pauses") else "")
    if domain["state"] == "s" and domain.get("reason") == "crash":
        shown += "c"
    return "".join(letter if letter in shown else "-" for letter in "rbpscd")


def do_list(store: Store, args: list[str]) -> int:
    """Run xm list: by name, and guests that xend manages and that do not run. A guest whose state is "-" has no letter:
    the hypervisor has one at work in the device model so for a moment."""
    words = [arg for arg in args if not arg.startswith("-")]
    domains = [_find(store, word) for word in words] or sorted(store.domains(), key=lambda domain: str(domain["name"]))
    if "-l" in args or "--long" in args:
        for domain in domains:
            print(xm_sxp.text(_sxp(store.release(), domain), plain=store.release() < (4, 1)))
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


def _sxp(release: tuple[int, int], domain: dict[str, Any]) -> list[Any]:
    """Return what xend tells of a domain. ``status`` is 2 for one that runs, and 0 for one that is kept after its end."""
    pool = [["pool_name", "Pool-0"]] if release >= (4, 1) else []
    said = [["domid", domain["domid"]], ["cpu_weight", 256], ["cpu_cap", 0], *pool, ["bootloader", ""],
            ["on_crash", domain.get("on_crash", "restart")], ["uuid", domain["uuid"]], ["bootloader_args", ""],
            ["vcpus", domain["vcpus"]], ["name", domain["name"]], ["on_poweroff", domain.get("on_poweroff", "destroy")],
            ["maxmem", domain["memory"]], ["memory", domain["memory"]], ["features", ""]]
    status = [["status", 0 if domain["state"] == "s" else 2], ["state", _letters(domain)]]
    if domain["domid"] == 0:
        return ["domain", *said, ["image", ["linux", ["kernel", ""], ["superpages", 0]]], *status]
    image = ["hvm" if domain["type"] == "hvm" else "linux", ["kernel", domain.get("kernel") or ""]]
    image += [[key, domain[from_key]] for key, from_key in (("ramdisk", "ramdisk"), ("args", "cmdline"))
              if domain.get(from_key)]
    if domain["type"] == "hvm":
        image += [["device_model", domain.get("device_model") or "/usr/lib/xen/bin/qemu-dm"], ["vncpasswd", "geheim"]]
    elif release >= (4, 1):
        image += [["notes", ["FEATURES", "!writable_page_tables|pae_pgdir_above_4gb"], ["GUEST_OS", "linux"]]]
    return ["domain", *said, ["start_time", round(domain["created"], 2)], ["cpu_time", 0.25], ["online_vcpus", 1],
            ["image", image], *status, ["store_mfn", 265216], *_devices(domain)]


def _devices(domain: dict[str, Any]) -> list[Any]:
    """Return the interfaces and the disks of a domain, each as xend made it."""
    found = [["vif", *[[key, value] for key, value in vif.items()],
              ["script", "/etc/xen/scripts/vif-bridge"], ["backend", 0]] for vif in domain.get("vifs", [])]
    for disk in domain.get("disks", []):
        uname, device, mode = [*disk.split(","), "", ""][:3]
        found.append(["vbd", ["bootable", 1], ["dev", device if ":" in device else f"{device}:disk"], ["uname", uname],
                      ["mode", mode], ["backend", 0], ["VDI", ""]])
    return [["device", device] for device in found]


def do_info(store: Store, _args: list[str]) -> int:
    """Run xm info."""
    info = store.state["info"]
    nodes = {"node_to_cpu": f"node0:0-{info['nr_cpus'] - 1}", "node_to_memory": f"node0:{info['free_memory']}",
             "node_to_dma32_mem": f"node0:{info['free_memory']}", "max_node_id": 0}
    for key, first in _INFO.items():
        if store.release() >= first and (key not in nodes or store.release() <= (4, 0)):
            print(f"{key:<23}:", {**info, **nodes}[key])
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
    if word.isdigit() and not store.domain(int(word)):
        # xend asks the hypervisor for an id that it does not know (XendDomain.domain_destroy).
        usage("destroy", "(3, 'No such process')")
    domain = _find(store, word)
    if domain["domid"] == 0:
        usage("destroy", f"Cannot destroy privileged domain {word}")
    store.remove_with_stub(domain)
    return 0


def do_shutdown(store: Store, args: list[str]) -> int:
    """Run xm shutdown; it cuts the power of an HVM guest without PV drivers. With -w it waits for the end."""
    domain = _find(store, _one("shutdown", args))
    if domain["domid"] == 0:
        usage("shutdown", "Domain 0 cannot be shutdown")
    if domain["state"] == "s":
        usage("shutdown", "Domain cannot be shutdown")
    rule = store.behaviour(domain["name"])
    is_cut = domain["type"] == "hvm" and not rule["pv_drivers"]
    if is_cut or (not rule["ignore"] and rule["no_ack"] is None):
        store.start_ending(domain, "poweroff")
        if "-w" in args:
            _wait(store, domain)
    return 0


def _wait(store: Store, domain: dict[str, Any]) -> None:
    """Let time pass until the guest has ended; xm prints so, whether xend keeps its domain or not."""
    while (found := store.domain(domain["domid"])) and found["state"] != "s":
        store.settle()
        store.sleep(0.05)
    print(f"Domain {domain['name']} terminated\nAll domains terminated")


def do_trigger(store: Store, args: list[str]) -> int:
    """Run xm trigger, of which only the power button does something."""
    word, button = _one("trigger", args, least=2), args[-1]
    domain = _find(store, word)
    if button != "power" or store.release() < (3, 4):
        usage("trigger", f"Invalid trigger: {button}")
    if domain["type"] != "hvm":
        usage("trigger", "(22, 'Invalid argument')")
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


def do_new(_store: Store, _args: list[str]) -> int:
    """Run xm new on a host without python-lxml, as those were that were seen: it writes the guest as XML."""
    print("Unexpected error: <type 'exceptions.ImportError'>\n\nPlease report to xen-devel@lists.xen.org")
    die(1, "Traceback (most recent call last):\nImportError: No module named lxml\n")


def do_dmesg(store: Store, _args: list[str]) -> int:
    """Run xm dmesg."""
    sys.stdout.write(store.state["dmesg"])
    return 0


COMMANDS: dict[str, Callable[[Store, list[str]], int]] = {
    "list": do_list, "dmesg": do_dmesg, "info": do_info, "domid": do_domid, "domname": do_domname, "create": do_create,
    "destroy": do_destroy, "shutdown": do_shutdown, "trigger": do_trigger, "pause": do_pause, "unpause": do_unpause, "new": do_new,
}


def main(store: Store, args: list[str]) -> int:
    """Run xm."""
    if store.release() >= (4, 4):
        sys.stderr.write(_DEPRECATED + ("" if store.state["advised"] else _ADVICE))
        store.state["advised"] = store.dirty = True
    if not args:
        sys.stdout.write("Usage: xm <subcommand> [args]\n")
        return 1
    if args[0] not in COMMANDS:
        sys.stdout.write(GENERAL)
        die(1, f"Error: Subcommand {args[0]} not found!\n")
    if store.state["restarting"]:
        store.state["restarting"] -= 1
        store.dirty = True
        if not store.state["restarting"]:
            _restarted(store)
        die(1, _REFUSED)
    if store.state["not_xen"]:
        die(1, _NO_XEND[store.state["not_xen"]])
    store.settle()
    stubdom_dm.settle(store)
    return COMMANDS[args[0]](store, args[1:])


def _restarted(store: Store) -> None:
    """Let xend run again: it computes the memory of what runs anew, and a little differently."""
    for domain in store.domains():
        if domain["domid"]:
            domain["memory"] += 3 if domain["type"] == "hvm" else -1
