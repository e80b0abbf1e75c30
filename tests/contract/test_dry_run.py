# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What xl of a real host makes of the files of examples/guests: ``xl create -n`` tells it as libxl's own JSON.

The host's name is in XENFLEET_CONTRACT_HOST. Nothing is started; one folder of the host is made, and removed.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.declared_host import read_declared_host
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xl import VIF_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release, knows, parse_release
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import Value
from back_ends import LAB, VARIABLES, real_host

ROOT = Path(__file__).resolve().parents[2]

# One login for all files: each costs seconds on an emulated host.
DRY_RUN = r"""
set -e
folder=$(mktemp -d)
trap 'rm -r -- "$folder"' EXIT
cd "$folder"
tar -xmf -
xl info xen_version > xen_version
for file in *.cfg; do
    if xl create -n -q "$file" > "$file.json" 2> "$file.err"; then echo 0 > "$file.rc"; else echo $? > "$file.rc"; fi
done
tar -cf - .
"""

Rendered = Mapping[str, Value]


def examples() -> dict[str, tuple[Guest, Rendered]]:
    """Return the guests of the examples that are written for xl, and their own files' keys, by the name of a file."""
    found = {}
    for path in sorted((ROOT / "examples" / "guests").glob("*.yml")):
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        declared, problems = read_declared_host(said["stubdom_host"], path.stem)
        assert not problems
        for definition in read_guests(said["stubdom_guests"]):
            assert definition.guest is not None, definition.problems
            facts = declared.facts(definition.guest)
            if declared.toolstack != "xl" or definition.guest.state == "absent" or facts is None:
                continue
            rendered = render_guest(definition.guest, facts, declared.scheme)
            assert not rendered.problems
            found[f"{path.stem}-{rendered.files[0].name}"] = definition.guest, rendered.files[0].values
    return found


EXAMPLES = examples()


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, str]]:
    """Return what the host printed, by file name: NAME.cfg.rc, NAME.cfg.json and NAME.cfg.err; and its Xen, xen_version."""
    host = real_host("xl")
    if not host:
        pytest.skip(f"{VARIABLES['xl']} names no host of the lab")
    sent = io.BytesIO()
    with tarfile.open(fileobj=sent, mode="w") as tar:
        for name, (_guest, values) in EXAMPLES.items():
            content = config_text("xl", values, [name]).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    done = subprocess.run([str(LAB), "ssh", host, "--", DRY_RUN], input=sent.getvalue(), capture_output=True, timeout=300,
                          check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        files = {Path(entry.name).name: tar.extractfile(entry) for entry in tar.getmembers() if entry.isfile()}
        yield {name: file.read().decode() for name, file in files.items() if file is not None}


@pytest.mark.parametrize("name", EXAMPLES)
def test_xl_reads_every_value_as_it_was_defined(answers: dict[str, str], name: str) -> None:
    guest, values = EXAMPLES[name]
    assert answers[f"{name}.rc"].strip() == "0", answers[f"{name}.err"]
    said = json.loads(answers[f"{name}.json"])
    host = parse_release(answers["xen_version"].strip())
    wanted = _wanted_domain(guest, values)
    if not knows("stubdomain_cmdline", host):
        wanted["stub cmdline"] = ""  # the example is written for a newer Xen
    assert _domain(said) == wanted
    assert [_disk(disk) for disk in said.get("disks", [])] == [_wanted_disk(disk) for disk in guest.disks]
    assert [_nic(nic) for nic in said.get("nics", [])] == [_wanted_nic(vif, host) for vif in guest.vifs]
    if guest.type == "hvm":
        assert _screen(said["b_info"]["type.hvm"]) == _wanted_screen(guest)
    for key, value in guest.settings.items():
        assert _SETTINGS[key](said) == value, key


def test_the_examples_show_every_scheme_of_xl_and_every_type() -> None:
    assert {guest.type for guest, _values in EXAMPLES.values()} == {"hvm", "pv", "pvh"}
    assert {name.split("-")[0] for name in EXAMPLES} == {"linux", "minios", "dom0", "pv"}


def _domain(said: dict[str, Any]) -> dict[str, Any]:
    """What libxl leaves out of its JSON is the default."""
    info = said["b_info"]
    firmware = info.get("type.hvm", {})
    return {
        "name": said["c_info"]["name"],
        "type": said["c_info"]["type"],
        "vcpus": info["max_vcpus"],
        "memory": info["target_memkb"] / 1024,
        "maxmem": info["max_memkb"] / 1024,
        "kernel": info.get("kernel", ""),
        "ramdisk": info.get("ramdisk", ""),
        "cmdline": info.get("cmdline", ""),
        "boot": firmware.get("boot", ""),
        "bios": firmware.get("bios", ""),
        "version": info.get("device_model_version", ""),
        "stub domain": info.get("device_model_stubdomain", "False"),
        "stub kernel": info.get("stubdomain_kernel", ""),
        "stub ramdisk": info.get("stubdomain_ramdisk", ""),
        "stub cmdline": info.get("stubdomain_cmdline", ""),
        "stub memory": info.get("stubdomain_memkb", 0) / 1024,
    }


def _wanted_domain(guest: Guest, values: Rendered) -> dict[str, Any]:
    menu = f"(nd){guest.boot.tftp}" if guest.boot.tftp else guest.boot.menu
    return {
        "name": guest.name,
        "type": guest.type,
        "vcpus": guest.vcpus,
        "memory": guest.memory,
        "maxmem": guest.maxmem or guest.memory,
        # The image's path is the host's to tell, not the definition's.
        "kernel": guest.boot.kernel or values.get("kernel", ""),
        "ramdisk": guest.boot.ramdisk,
        "cmdline": guest.boot.cmdline or menu,
        "boot": guest.boot.order,
        "bios": guest.boot.bios,
        "version": str(values.get("device_model_version", "")).replace("-", "_"),
        "stub domain": "True" if "device_model_stubdomain_override" in values else "False",
        "stub kernel": values.get("stubdomain_kernel", ""),
        "stub ramdisk": values.get("stubdomain_ramdisk", ""),
        "stub cmdline": guest.device_model.cmdline or values.get("stubdomain_cmdline", ""),
        "stub memory": guest.device_model.memory or values.get("stubdomain_memory", 0),
    }


def _disk(said: dict[str, Any]) -> tuple[Any, ...]:
    return (said.get("pdev_path", ""), said["vdev"], said["format"], bool(said.get("readwrite")),
            bool(said.get("is_cdrom")), said.get("script", ""))


def _wanted_disk(disk: Disk) -> tuple[Any, ...]:
    kind = disk.format if disk.target else "empty"
    return disk.target, disk.vdev, kind, disk.writable, disk.cdrom, disk.script


def _nic(said: dict[str, Any]) -> dict[str, Any]:
    # The same rate in other units: libxl holds bytes in an interval.
    rate = said.get("rate_bytes_per_interval", 0) * 1_000_000 / said.get("rate_interval_usecs", 50_000)
    return {"mac": said.get("mac", ""), "bridge": said.get("bridge", ""), "ip": said.get("ip", ""),
            "model": said.get("model", ""), "script": said.get("script", ""), "vifname": said.get("ifname", ""),
            "mtu": said.get("mtu", 0), "trusted": said.get("trusted"), "rate": rate}


def _wanted_nic(vif: Vif, host: Release) -> dict[str, Any]:
    """Return what a host reads that knows these keys; an older one ignores the others."""
    known = {"": 0.0, "10Mb/s@20ms": 10e6 / 8}
    absent = {key: value for key, value in {"mtu": 0, "trusted": None}.items() if VIF_KEYS["xl"][key] > host}
    return {"mac": vif.mac, "bridge": vif.bridge, "ip": vif.ip, "model": vif.model, "script": vif.script,
            "vifname": vif.vifname, "mtu": vif.mtu, "trusted": None if vif.trusted is None else str(vif.trusted),
            "rate": known[vif.rate], **absent}


def _screen(said: dict[str, Any]) -> dict[str, Any]:
    vnc, sdl = said["vnc"], said["sdl"]
    return {"vnc": vnc.get("enable"), "sdl": sdl.get("enable"), "listen": vnc.get("listen", ""),
            "display": vnc.get("display", -1), "unused": vnc.get("findunused"), "passwd": vnc.get("passwd", ""),
            "opengl": sdl.get("opengl"), "keymap": said.get("keymap", "")}


def _wanted_screen(guest: Guest) -> dict[str, Any]:
    screen = guest.display
    return {
        "vnc": str(screen.type == "vnc"),
        # Nothing is said of SDL to a guest with VNC.
        "sdl": None if screen.type == "vnc" else str(screen.type == "sdl"),
        "listen": screen.listen,
        "display": screen.display,
        "unused": "False" if screen.display >= 0 else None,
        "passwd": screen.passwd,
        "opengl": None if screen.opengl is None else str(screen.opengl),
        "keymap": screen.keymap,
    }


def _vfb(said: dict[str, Any]) -> list[str]:
    return [f"vnc={int(vnc['enable'] == 'True')},vnclisten={vnc['listen']},vncdisplay={vnc['display']},"
            f"vncpasswd={vnc['passwd']}" for vnc in (buffer["vnc"] for buffer in said["vfbs"])]


def _cpuid(said: dict[str, Any]) -> list[str]:
    return [f"{leaf['leaf']:#x}:ecx={leaf['ecx']}" for leaf in said["b_info"]["cpuid"]["cpuid"]]


def _pci(said: dict[str, Any]) -> list[str]:
    return [f"{pci.get('domain', 0):04x}:{pci.get('bus', 0):02x}:{pci.get('dev', 0):02x}.{pci.get('func', 0):x}"
            for pci in said["pcidevs"]]


# Where libxl's JSON has the settings that the examples use, in the settings' own form.
_SETTINGS = {
    "cpu_weight": lambda said: said["b_info"]["sched_params"]["weight"],
    "cpuid": _cpuid,
    "cpus": lambda said: "-".join(map(str, said["b_info"]["vcpu_hard_affinity"][0])),
    "on_crash": lambda said: said["on_crash"],
    "pci": _pci,
    "serial": lambda said: said["b_info"]["type.hvm"]["serial"],
    "tsc_mode": lambda said: said["b_info"]["tsc_mode"],
    "usbdevice": lambda said: said["b_info"]["type.hvm"]["usbdevice"],
    "vfb": _vfb,
}
