# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake Xen's xenstore holds, and the commands that read it.

The keys follow from the domains at each call, so that they cannot contradict `xl list`; ``xenstore`` in the state adds
or replaces keys (None removes one).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as type checkers know it, without the time that loading typing takes
if TYPE_CHECKING:
    from typing import Any

    from store import Store

_USAGE = {"read": "[-h] [-p] [-s] [-R] key [...]", "list": "[-h] [-p] [-s] key [...]",
          "ls": "[-h] [-f] [-p] [-s] [path]"}
_WIDTH = 80


def _domain_keys(domain: dict[str, Any]) -> dict[str, str]:
    """Return the keys of one domain, as libxl 4.17 leaves them."""
    home, domid = f"/local/domain/{domain['domid']}", str(domain["domid"])
    if domain["domid"] == 0:
        memory = str(domain["memory"] << 10)
        return {f"{home}/name": domain["name"], f"{home}/domid": "0", f"{home}/memory/static-max": memory,
                f"{home}/memory/target": memory, f"{home}/control/feature-poweroff": "1",
                f"{home}/control/feature-reboot": "1", f"{home}/control/feature-suspend": "1"}
    vm = f"/vm/{domain['uuid']}"
    started = f"{int(domain['created'])}.{int(domain['created'] % 1 * 100):02d}"
    keys = {
        f"{home}/vm": vm, f"{home}/name": domain["name"], f"{home}/domid": domid,
        f"{home}/memory/static-max": str(domain["memory"] << 10),
        f"{home}/memory/target": str((domain["memory"] - domain.get("videoram", 0)) << 10),
        f"{home}/memory/videoram": str(domain.get("videoram", 0) << 10),
        f"{home}/control/shutdown": "", f"{home}/control/platform-feature-multiprocessor-suspend": "1",
        f"{home}/control/platform-feature-xs_reset_watches": "1",
        f"{vm}/name": domain["name"], f"{vm}/uuid": domain["uuid"], f"{vm}/start_time": started,
        f"/libxl/{domid}/type": domain["type"], f"/libxl/{domid}/dm-version": domain.get("dm_version", "qemu_xen"),
        f"{home}/console/type": "xenconsoled", f"{home}/console/tty": f"/dev/pts/{domid}",
    }
    for feature in ("poweroff", "reboot", "suspend"):  # a guest's kernel announces them
        keys[f"{home}/control/feature-{feature}"] = "" if domain["type"] == "hvm" or domain.get("unborn") else "1"
    for key in ("attr", "control/sysrq", "data", "device/suspend/event-channel", "drivers", "error", "feature"):
        keys[f"{home}/{key}"] = ""
    for cpu in range(domain["vcpus"]):
        keys[f"{home}/cpu/{cpu}/availability"] = "online"
    if domain["type"] == "pv":
        keys[f"{vm}/image/ostype"] = "linux"
        for key in ("kernel", "ramdisk", "cmdline"):
            if domain.get(key):
                keys[f"{vm}/image/{key}"] = domain[key]
    elif domain["type"] == "hvm":
        keys[f"{vm}/image/ostype"] = "hvm"
        keys[f"{vm}/rtc/timeoffset"] = ""
    if domain.get("stub"):
        keys[f"{home}/image/device-model-domid"] = str(domain["stub"])
    if domain.get("target"):
        keys[f"{home}/target"] = str(domain["target"])
        if domain["state"] != "p":  # its QEMU writes this
            keys[f"{home}/device-model/{domain['target']}/state"] = "running"
    return keys


def _disk_keys(store: Store, domain: dict[str, Any]) -> dict[str, str]:
    """Return what libxl writes for the back end of each disk: of a file, that is a QEMU in dom0."""
    domid, keys = domain["domid"], {}
    for spec in domain.get("disks", []):
        disk = _of_xend(spec) if isinstance(spec, str) else spec
        path, name = disk.get("pdev_path", ""), disk.get("backend_domname")
        kind = "vbd" if "script" in disk or path.startswith("/dev/") else "qdisk"
        of_format = {"raw": "aio"}.get(disk.get("format", "raw"), disk.get("format"))
        backend = store.named(name) if name else {"domid": 0}
        base = f"/local/domain/{backend['domid'] if backend else 0}/backend/{kind}/{domid}/{_number(disk['vdev'])}"
        keys.update({
            f"{base}/frontend-id": str(domid), f"{base}/online": "1", f"{base}/state": "4",
            f"{base}/params": path if kind == "vbd" else f"{of_format}:{path}", f"{base}/type": "phy" if kind == "vbd" else kind,
            f"{base}/mode": "w" if disk.get("readwrite") else "r", f"{base}/dev": disk["vdev"]})
    return keys


def _of_xend(spec: str) -> dict[str, Any]:
    """Return a disk of xm in libxl's keys."""
    uname, device, mode = [*spec.split(","), "", ""][:3]
    return {"pdev_path": uname.rpartition(":")[2], "vdev": device.split(":")[0], "readwrite": int(mode.startswith("w"))}


def _number(vdev: str) -> int:
    """Return the number of a whole disk, as Linux has it (docs/man/xen-vbd-interface.7)."""
    first, step = {"xvd": (51712, 16), "sd": (2048, 16), "hd": (768, 64)}[vdev.rstrip("0123456789")[:-1]]
    return first + step * (ord(vdev.rstrip("0123456789")[-1]) - ord("a"))


def _of_libxl(domain: dict[str, Any]) -> list[str]:
    """Return the keys that xend does not write."""
    domid = domain["domid"]
    return [f"/libxl/{domid}/type", f"/libxl/{domid}/dm-version", f"/local/domain/{domid}/image/device-model-domid",
            f"/local/domain/{domid}/device-model/{domain.get('target')}/state"]


def tree(store: Store) -> dict[str, str]:
    """All keys with their values; folders without a value hold an empty text."""
    keys = {"/libxl": "", "/vm": "", "/local/pool/0/name": "Pool-0",
            "/tool/xenstored": "/usr/lib/xen-4.17/bin/oxenstored"}
    for domain in store.domains():
        keys.update(_domain_keys(domain))
        keys.update(_disk_keys(store, domain))
        if store.state["toolstack"] == "xm":
            for key in _of_libxl(domain):
                keys.pop(key, None)
    for key, value in store.state["xenstore"].items():
        if value is None:
            keys.pop(key, None)
        else:
            keys[key] = value
    for key in list(keys):
        while key != "/":
            key = os.path.dirname(key)
            keys.setdefault(key, "")
    return keys


def _plain(value: str) -> str:
    """Return a value as the tools print it: anything but printable ASCII is escaped."""
    named = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}
    text = []
    for byte in value.encode("utf-8", "surrogateescape"):
        character = chr(byte)
        if character in named:
            text.append(named[character])
        elif 0x20 <= byte <= 0x7e:
            text.append(character)
        else:
            text.append(f"\\{byte:03o}" if byte < 8 else f"\\x{byte:02x}")
    return "".join(text)


def _children(keys: dict[str, str]) -> dict[str, list[str]]:
    """For each folder the names in it."""
    found: dict[str, list[str]] = {}
    for key in sorted(keys):
        if key != "/":
            parent, name = os.path.split(key)
            found.setdefault(parent, []).append(name)
    return found


def _ls(keys: dict[str, str], children: dict[str, list[str]], path: str, depth: int, flat: bool) -> None:
    for name in children.get(path, []):
        key = os.path.join(path, name)
        line, value = (key if flat else " " * depth + name), _plain(keys[key])
        if not flat and len(line) + len(keys[key]) + 8 > _WIDTH:
            value = value[:max(0, _WIDTH - 8 - len(line))] + "\\..."
        print(f'{line} = "{value}"')
        _ls(keys, children, key, depth + 1, flat)


def main(store: Store, mode: str, args: list[str]) -> int:
    """`xenstore-read`, `xenstore-list` and `xenstore-ls`; ``mode`` is the part after the hyphen."""
    program = f"xenstore-{mode}"
    flags = {letter for arg in args if arg.startswith("-") for letter in arg[1:]}
    paths = [arg for arg in args if not arg.startswith("-")]
    if "h" in flags or flags - set("psRf" if mode == "ls" else "psR") or (not paths and mode != "ls"):
        print(f"{program}: Usage: {sys.argv[0]} {_USAGE[mode]}", file=sys.stderr)
        return 1
    if store.state["not_xen"]:
        print(f"{program}: xs_open: No such file or directory", file=sys.stderr)
        return 1
    keys = tree(store)
    children = _children(keys)
    status, output = 0, []
    for path in paths or ["/"]:
        if path not in keys:
            why = "Invalid argument" if path.endswith("/") else "No such file or directory"
            print({"read": f"{program}: couldn't read path {path}", "list": f"{program}: could not list path {path}",
                   "ls": f"{program}: xs_directory ({path}): {why}"}[mode], file=sys.stderr)
            status = 1
            break  # what was read before is printed all the same
        if mode == "read":
            value = keys[path] if "R" in flags else _plain(keys[path]) + "\n"
            output.append((f"{path}: " if "p" in flags else "") + value)
        elif mode == "list":
            output += [(f"{path}/" if "p" in flags else "") + name + "\n" for name in children.get(path, [])]
        else:
            _ls(keys, children, path, 0, "f" in flags)
    sys.stdout.write("".join(output))
    return status
