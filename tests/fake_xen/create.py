# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen's `xl create`: reads the file with Xen's own parser, and fails where and how libxl fails."""

from __future__ import annotations

import os
import re
import sys
import uuid
from typing import TYPE_CHECKING, Any

from program import destroy, die, json_text, log, options

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "xen_parser"))
import xlu  # found by the line before

if TYPE_CHECKING:
    from store import Store

_FAIL, _INVAL, _TIMEDOUT = -3, -6, -9
_LONG = {"defconfig": "f", "dryrun": "n", "quiet": "q", "ignore-global-affinity-masks": "i", "vncviewer": "V",
         "vncviewer-autopass": "A"}
_FIRMWARE = ('WARNING: you seem to be using "kernel" directive to override HVM guest firmware. Ignore that. Use '
             '"firmware_override" instead if you really want a non-default firmware\n')
_NO_FILE = "No such file or directory"
# Videoram in MiB of a guest that does not ask for any, by device model (libxl's default graphics card is Cirrus).
_VIDEORAM = {"qemu_xen": 8, "qemu_xen_traditional": 4}
_STUB_MEMORY = {"qemu_xen": 128, "qemu_xen_traditional": 28}
_ACTIONS = {"on_poweroff": "destroy", "on_reboot": "restart", "on_watchdog": "destroy", "on_crash": "destroy",
            "on_soft_reset": "soft_reset"}
_ACTION_WORDS = ("destroy", "restart", "rename_restart", "preserve", "coredump_destroy", "coredump_restart", "soft_reset")
_UUID = re.compile(r"-*".join(["[0-9a-fA-F]"] * 32))
_MAC = re.compile(":".join(["[0-9a-fA-F]{1,2}"] * 6))
_NIC_KEYS = {"type", "mac", "bridge", "netdev", "model", "rate", "accel", "vifname", "ip", "script", "backend", "gatewaydev",
             "mtu", "devid", "trusted", "untrusted"}
_KEY = re.compile(r"(?m)^[ \t]*([a-z][._0-9a-z]*)[ \t]*\+?=")
# The keys that Guest reads. The fake one does not know what xl makes of the others: its JSON has their own values.
_READ = {"type", "builder", "name", "uuid", "memory", "maxmem", "vcpus", "maxvcpus", "kernel", "ramdisk", "root", "extra",
         "cmdline", "bootloader", "disk", "vif", "device_model_stubdomain_override", "device_model_version", "videoram",
         "stubdomain_memory", "stubdomain_kernel", "stubdomain_ramdisk", "stubdomain_cmdline", "vnc", "vnclisten",
         "vncpasswd", *_ACTIONS}


def _arguments(args: list[str]) -> tuple[set[str], str | None, bytes]:
    """Return the flags, the file, and the `key=value` arguments, which xl appends to the file as they are."""
    flags, rest = options("create", args, "AFVcdefhinpq", _LONG)
    extra = "".join(f"{arg}\n" for arg in rest if "=" in arg)
    files = [arg for arg in rest if "=" not in arg]
    if len(files) > 1:
        sys.stdout.write("Usage: xl [-vtTfN] create <ConfigFile> [options] [vars]\n")
        sys.exit(2)
    return flags, files[0] if files else None, f"\n{extra}\n".encode("utf-8", "surrogateescape") if extra else b""


def _text(args: list[str]) -> tuple[set[str], str, bytes]:
    """Return the flags, the name of the file and the whole text that is parsed."""
    flags, file, extra = _arguments(args)
    if file is None:
        die(-_INVAL, "Config file not specified and none in save file\n")
    if file == "/dev/null":
        return flags, file, extra
    try:
        with open(file, "rb") as stream:
            return flags, file, stream.read() + extra
    except OSError as error:
        die(-_FAIL, f"Failed to read config file: {file}: {error.strerror}\n")


def name_of(args: list[str]) -> str | None:
    """Return the name of the guest that a call of create is about; None if xl itself would not get that far."""
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            errors, sys.stderr = sys.stderr, nowhere
            try:
                name = xlu.read_config(_text(args)[2], ["name"])["name"]
            finally:
                sys.stderr = errors
    except (SystemExit, xlu.ConfigError, xlu.LibraryMissing):
        return None
    return name if isinstance(name, str) else None


class Guest:
    """A parsed configuration: what the fake Xen needs of it, read with xl's own rules and messages."""

    def __init__(self, config: xlu.Config, text: bytes = b"") -> None:
        self.config = config
        self.others = {key: config.get(key) for key in _KEY.findall(text.decode("utf-8", "surrogateescape"))
                       if key not in _READ}
        kind = self.text("type") or {"hvm": "hvm", "generic": "pv"}.get(self.text("builder") or "", "pv")
        for known in ("hvm", "pv", "pvh"):  # xl compares only as far as the given text goes
            if known.startswith(kind):
                self.type = known
                break
        else:
            die(1, f"Invalid domain type {kind}.\n")
        self.name = self.text("name")
        if self.name is None:
            die(1, "Domain name must be specified.\n")
        self.uuid = self.text("uuid") or str(uuid.uuid4())
        if not _UUID.fullmatch(self.uuid):
            die(1, f"Failed to parse UUID: {self.uuid}\n")
        self.memory = self.number("memory", 0) or self.number("maxmem", 0) or 32
        self.vcpus = self.number("vcpus", 1)
        if self.number("maxvcpus", self.vcpus) < self.vcpus:
            die(1, "xl: maxvcpus < vcpus\n")
        self.actions = {key: self._action(key, default) for key, default in _ACTIONS.items()}
        self.kernel, self.ramdisk = self.text("kernel"), self.text("ramdisk")
        if self.type == "hvm" and os.path.basename(self.kernel or "") == "hvmloader":
            sys.stderr.write(_FIRMWARE)
            self.kernel = None
        root, extra = self.text("root"), self.text("extra")
        self.cmdline = self.text("cmdline") or " ".join(
            part for part in (root and f"root={root}", extra) if part) or None
        if self.type != "hvm" and not self.kernel and not self.text("bootloader"):
            die(1, "Neither kernel nor bootloader specified\n")
        self.disks: list[dict[str, Any]] = []
        for spec in self.texts("disk"):
            try:
                self.disks.append(config.disk(spec))
            except xlu.ConfigError as error:
                die(1, str(error))
        self.stubdom = self.type == "hvm" and bool(self.number("device_model_stubdomain_override", 0))
        self.dm_version = (self.text("device_model_version") or "").replace("-", "_")
        if self.dm_version not in ("", *_VIDEORAM):
            die(1, f'Unknown device_model_version "{self.text("device_model_version")}" specified\n')
        self.dm_version = self.dm_version or ("qemu_xen_traditional" if self.stubdom else "qemu_xen")
        self.videoram = self.number("videoram", _VIDEORAM[self.dm_version]) if self.type == "hvm" else 0
        self.stub_memory = self.number("stubdomain_memory", _STUB_MEMORY[self.dm_version])

    def _action(self, key: str, default: str) -> str:
        value = self.text(key) or default
        if value.replace("-", "_") not in _ACTION_WORDS:
            die(1, f'Unknown {key} action "{value}" specified\n')
        return value.replace("-", "_")

    def text(self, key: str) -> str | None:
        """Return the value of a key that holds one."""
        value = self.config.get(key)
        return value if isinstance(value, str) else None

    def texts(self, key: str) -> list[str]:
        """Return the value of a key that holds a list; as in xl the first value that is not a text ends it."""
        value = self.config.get(key)
        found: list[str] = []
        for item in value if isinstance(value, list) else []:
            if not isinstance(item, str):
                break
            found.append(item)
        return found

    def number(self, key: str, default: int) -> int:
        """Return the value of a key that holds a number; xl prints a warning about any other and goes on without it."""
        try:
            value = self.config.get_long(key)
        except xlu.ConfigError as error:
            sys.stderr.write(str(error))
            value = None
        return default if value is None else value

    def stub_files(self, firmware: str) -> tuple[str, str | None]:
        """Kernel and ramdisk of the stub domain, with libxl's defaults."""
        linux = self.dm_version == "qemu_xen"
        kernel = self.text("stubdomain_kernel") or os.path.join(
            firmware, "qemu-stubdom-linux-kernel" if linux else "ioemu-stubdom.gz")
        ramdisk = self.text("stubdomain_ramdisk") or (
            os.path.join(firmware, "qemu-stubdom-linux-rootfs") if linux else None)
        return kernel, ramdisk

    def as_json(self, running: bool = False) -> dict[str, Any]:
        """Print the configuration as `xl create -n` shows it, defaults left out; or as libxl records it of a domain."""
        build: dict[str, Any] = {}
        vcpus = max(self.vcpus, self.number("maxvcpus", 0))
        if self.text("vcpus") or vcpus != 1:
            build.update(max_vcpus=vcpus, avail_vcpus=list(range(self.vcpus)))
        build.update(max_memkb=(self.number("maxmem", 0) or self.memory) << 10, target_memkb=self.memory << 10)
        if self.stubdom or self.text("device_model_version"):
            build["device_model_version"] = self.dm_version
        if self.stubdom:
            build["device_model_stubdomain"] = "True"
        for key in ("kernel", "ramdisk", "cmdline"):
            build["stubdomain_" + key] = self.text("stubdomain_" + key)
        if self.text("stubdomain_memory"):
            build["stubdomain_memkb"] = self.stub_memory << 10
        if running:
            build["video_memkb"] = self.videoram << 10
        build.update(sched_params={}, claim_mode="True", kernel=self.kernel, cmdline=self.cmdline, ramdisk=self.ramdisk)
        build[f"type.{self.type}"] = self._hvm() if self.type == "hvm" else {}
        build.update(self.others)
        build.update(arch_arm={}, arch_x86={"msr_relaxed": "False"} if running else {})
        # libxl's word for "any id"
        create = {"type": self.type, "name": self.name, **({"domid": 0xffffffff} if running else {}),
                  "uuid": self.uuid, "run_hotplug_scripts": "True"}
        whole: dict[str, Any] = {
            "c_info": create, "b_info": {key: value for key, value in build.items() if value is not None}}
        if self.disks:
            whole["disks"] = self.disks
        nics = [_nic(vif) for vif in self.texts("vif")]
        if nics:
            whole["nics"] = [{"devid": number, **nic} for number, nic in enumerate(nics)]
        whole.update((key, value) for key, value in self.actions.items() if value != "destroy")
        return whole

    def _hvm(self) -> dict[str, Any]:
        vnc: dict[str, Any] = {}
        for key, field in (("vnc", "enable"), ("vnclisten", "listen"), ("vncpasswd", "passwd")):
            value = self.text(key)
            if value is not None:
                vnc[field] = str(value != "0") if key == "vnc" else value
        return {"vga": {}, "vnc": vnc, "sdl": {}, "spice": {}, "rdm": {}}

    def record(self) -> dict[str, Any]:
        """Return the domain in the fake Xen's state, without its id."""
        record = {"name": self.name, "uuid": self.uuid, "type": self.type, "memory": self.memory, "vcpus": self.vcpus,
                  "state": "b", "disks": self.disks, "kernel": self.kernel, "ramdisk": self.ramdisk, "cmdline": self.cmdline,
                  "videoram": self.videoram, "on_poweroff": self.actions["on_poweroff"], "on_crash": self.actions["on_crash"]}
        if self.type == "hvm":
            record["dm_version"] = self.dm_version
        return record


def _nic(vif: str) -> dict[str, str]:
    """Return a network card; as xl does, leave out what cannot be read, with a word on stderr."""
    found = {}
    for part in filter(None, vif.split(",")):
        key, _sign, value = part.strip().partition("=")
        if key not in _NIC_KEYS:
            sys.stderr.write(f"unrecognized argument `{part.strip()}'\n")
        elif key == "mac" and not _MAC.fullmatch(value):
            sys.stderr.write("Invalid parameter `mac'.\n")
        elif key == "mac":
            found[key] = ":".join(f"{int(number, 16):02x}" for number in value.split(":"))
        else:
            found[key] = value
    return found


def main(store: Store, args: list[str]) -> int:
    """Run the command."""
    flags, source, text = _text(args)
    try:
        xlu.find_library()
    except xlu.LibraryMissing as error:
        die(70, f"fake: xl create needs Xen's own parser: {error}\n")
    if "q" not in flags:
        sys.stderr.write(f"Parsing config from {source}\n")
    try:
        config = xlu.Config(text, source)
    except xlu.ConfigError as error:
        die(1, f"{error}Failed to parse config: Invalid argument\n")
    with config:
        guest = Guest(config, text)
        if "n" in flags:
            print(json_text(guest.as_json()))
            return 0
        _launch(store, guest, text, "p" in flags)
    return 0


def _launch(store: Store, guest: Guest, text: bytes, paused: bool) -> None:
    """libxl_domain_create_new, in libxl's order."""
    free = store.state["info"]["free_memory"]
    if "dom0_mem=" not in str(store.state["info"]["xen_commandline"]) and free < guest.memory:
        # xl then tries to balloon dom0 down, which the fake one refuses.
        die(-_FAIL, "failed to free memory for the domain\n")
    taken = store.named(guest.name or "")
    domain = store.add(guest.record())
    domid = domain["domid"]
    if taken:
        log("libxl_domain.c:81:libxl__domain_rename", f'Domain with name "{guest.name}" already exists.', domid)
        log("libxl_create.c:1296:initiate_domain_create", f"cannot make domain: {_INVAL}", domid)
        _give_up(store, domid)
    for number, disk in enumerate(guest.disks if store.state["check_disks"] else []):
        path = disk.get("pdev_path", "")
        # libxl looks only where no script and no backend of its own would do so later.
        if disk.get("backend") not in ("qdisk", "tap") and "script" not in disk and path and not os.path.exists(path):
            log("libxl_device.c:455:libxl__device_disk_set_backend",
                f"Disk vdev={disk['vdev']} failed to stat: {path}: {_NO_FILE}")
            log("libxl_create.c:1318:initiate_domain_create", f"Unable to set disk defaults for disk {number}", domid)
            _give_up(store, domid)
    failure = _build_failure(guest, free)
    if failure:
        log("libxl_create.c:1640:domcreate_rebuild_done", f"cannot (re-)build domain: {failure}", domid)
        _give_up(store, domid)
    if guest.stubdom:
        _launch_stub(store, guest, domain)
    built = store.build(domain, paused)
    if built is None:
        die(-_FAIL, f"libxl: error: libxl_domain.c:1183:libxl__destroy_domid: Domain {domid}:Non-existant domain\n")
    domain = built
    store.keep_config(domain, guest.as_json(running=True), text)
    with open(store.path("log", f"xl-{guest.name}.log"), "a", encoding="utf-8") as stream:
        stream.write(f"Waiting for domain {guest.name} (domid {domid}) to die [pid {os.getpid()}]\n")
    rule = store.behaviour(domain["name"])
    _boot_text(store, domain, rule["console"])
    if rule["dies"]:
        store.start_ending(domain, rule["dies"])


def _build_failure(guest: Guest, free: int) -> int:
    """Return libxl's error code for a domain that cannot be built (0: it can), after its messages."""
    loads = [("kernel", guest.kernel), ("ramdisk", guest.ramdisk)] if guest.kernel else []
    for what, path in loads:
        if path and not os.path.exists(path):
            sys.stderr.write(f"xc: error: panic: xg_dom_core.c:205: failed to open file '{path}': {_NO_FILE}: "
                             "Internal error\n")
            if guest.type == "pv":
                line = {"kernel": 646, "ramdisk": 659}[what]
                log(f"libxl_dom.c:{line}:libxl__build_pv", f"xc_dom_{what}_file failed: {_NO_FILE}")
                return _FAIL
            line = {"kernel": 909, "ramdisk": 926}[what]
            log(f"libxl_dom.c:{line}:libxl__domain_firmware", f"xc_dom_{what}_file failed: {_NO_FILE}")
            log("libxl_dom.c:1075:libxl__build_hvm", "initializing domain firmware failed")
            return -1
    return _no_memory() if guest.memory > free else 0


def _no_memory() -> int:
    sys.stderr.write("xc: error: panic: xg_dom_boot.c:119: xc_dom_boot_mem_init: can't allocate low memory for domain: "
                     "Out of memory\n")
    log("libxl_dom.c:586:libxl__build_dom", "xc_dom_boot_mem_init failed: Cannot allocate memory")
    return _FAIL


def _launch_stub(store: Store, guest: Guest, domain: dict[str, Any]) -> None:
    """Make the stub domain that runs the guest's device model."""
    domid, (kernel, ramdisk) = domain["domid"], guest.stub_files(store.state["firmware_dir"])
    memory = guest.stub_memory + guest.videoram
    failure = 0
    for what, path, line in (("kernel", kernel, 2377), ("ramdisk", ramdisk, 2385)):
        if path and not os.path.exists(path):
            log(f"libxl_dm.c:{line}:libxl__spawn_stub_dm", f"could not access stubdomain {what} {path}: {_NO_FILE}",
                domid)
            log("libxl_dm.c:2780:stubdom_pvqemu_cb", f"error connecting nics devices: {_NO_FILE}", domid)
            failure = _INVAL
            break
    if not failure and memory > store.state["info"]["free_memory"]:
        failure = _no_memory()
    if not failure and store.named(f"{guest.name}-dm"):
        # The domain is made before it is given its name.
        log("libxl_domain.c:81:libxl__domain_rename", f'Domain with name "{guest.name}-dm" already exists.', domid + 1)
        failure = _INVAL
    if failure:
        _no_device_model(store, domid, failure)
    stub = store.add({
        "name": f"{guest.name}-dm", "uuid": str(uuid.uuid4()), "type": "pv", "memory": memory, "vcpus": 1,
        "state": "b", "kernel": kernel, "ramdisk": ramdisk, "cmdline": guest.text("stubdomain_cmdline"),
        "target": domid, "disks": guest.disks})
    fault = store.take_fault("create", guest.name, "stub_dies")
    _log_of_stub(store, guest, fault.get("log", "") if fault else _lines(stub))
    if fault:
        if fault.get("leaves", True):
            stub.update(state="p", vcpus=0, target=domid if fault.get("target", True) else None)
        else:
            store.remove(stub["domid"])
        log("libxl_dm.c:stubdom_xswait_cb", f"Stubdom {stub['domid']} for {domid} startup: startup timed out",
            stub["domid"])
        _no_device_model(store, domid, _TIMEDOUT)
    domain["stub"] = stub["domid"]


def _no_device_model(store: Store, domid: int, failure: int) -> None:
    log("libxl_create.c:1896:domcreate_devmodel_started", f"device model did not start: {failure}", domid)
    _give_up(store, domid)


def _log_of_stub(store: Store, guest: Guest, text: str) -> None:
    """Write the stub domain's first console; libxl begins a file for each start, and renames the one before."""
    path = store.path("log", f"qemu-dm-{guest.name}.log")
    if os.path.exists(path):
        os.replace(path, f"{path}.1")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


def _lines(domain: dict[str, Any]) -> str:
    return (f"[    0.000000] Linux version 6.1.0-40-amd64 (fake) #1 SMP PREEMPT_DYNAMIC\n"
            f"[    0.000000] Command line: {domain['cmdline'] or ''}\n"
            f"[    0.000000] Hypervisor detected: Xen {domain['type'].upper()}\n")


def _boot_text(store: Store, domain: dict[str, Any], text: str | None) -> None:
    """Write what the guest prints; xenconsoled appends it, so that the boots of all domains of a name follow each other."""
    with open(store.path("console", f"guest-{domain['name']}.log"), "a", encoding="utf-8") as stream:
        stream.write(_lines(domain) if text is None else text)
    store.dirty = True


def _give_up(store: Store, domid: int) -> None:
    """End with libxl's general failure. xl destroys the domain a second time, and complains that it is gone."""
    store.remove(domid)
    destroy(store, domid)
    sys.exit(-_FAIL)
