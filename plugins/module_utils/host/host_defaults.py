# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the host's own files have for guests whose definition has nothing: xl.conf, or xend-config.sxp. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..common.errors import XenfleetError, with_remedy
from ..common.files import below, read_text
from ..common.paths import CONFIG_DIR
from ..xencfg.values import Read

XL_CONF = f"{CONFIG_DIR}/xl.conf"
XEND_CONFIG = f"{CONFIG_DIR}/xend-config.sxp"

# Of each xl from 4.2 on (libxl__device_nic_setdefault of libxl.c or libxl_nic.c), and of xend (XendOptions.py).
_SCRIPT = "vif-bridge"
_XL_BRIDGE = "xenbr0"

# Xen's own network scripts that leave cards and addresses as they are; the second and the third set up forwarding only.
_KEEP_NETWORK = ("network-dummy", "network-route", "network-nat")

# Keys of xl.conf, the older name first: where both are given, the later one counts (tools/xl/xl.c, parse_global_config).
# The names with dots came with 4.3, vif.default.backend with 4.4. The others of 4.22 do not decide whether a guest starts:
# run_hotplug_scripts, lockfile, output_format, blkdev_start, claim_mode, vif.default.gatewaydev, remus.default.netbufscript,
# colo.default.proxyscript, max_grant_frames, max_maptrack_frames, max_grant_version, vm.cpumask, vm.hvm.cpumask,
# vm.pv.cpumask, domid_policy, bootloader_restrict.
_XL_KEYS = {
    "script": ("vifscript", "vif.default.script"),
    "bridge": ("defaultbridge", "vif.default.bridge"),
    "backend": ("vif.default.backend",),
    "autoballoon": ("autoballoon",),
}
_BALLOON = {"on": "on", "1": "on", "off": "off", "0": "off", "auto": "auto"}


@dataclass(frozen=True)
class HostDefaults:
    """Hold what an interface has that its definition leaves out.

    ``bridge`` is "" where the script looks for a bridge itself; ``backend`` is "" for dom0. ``source`` is the file.
    ``autoballoon`` is "on", "off" or "auto", as xl.conf has it; "" where it does not. ``unreadable`` is why the file
    cannot be read, "" for a file that can or does not exist: then its defaults are not known.
    """

    source: str
    script: str = _SCRIPT
    bridge: str = ""
    backend: str = ""
    autoballoon: str = ""
    unreadable: str = ""


def xend_network(root: Path) -> str:
    """Return why xend would break the network of this host when it starts, as a sentence with its remedy; "" for nothing.

    A script such as network-bridge renames a network card and moves its addresses to a bridge of its own. Where the host has a
    bridge with a card already, that takes the host from its network (tools/hotplug/Linux/network-bridge). xend has done so
    where a card is called peth.
    """
    try:
        words = _xend_words(read_text(below(root, XEND_CONFIG)) or "", "network-script")
    except (OSError, XenfleetError):
        return ""
    name = words[0].rsplit("/", 1)[-1] if words else ""
    if not name.startswith("network-") or name in _KEEP_NETWORK:
        return ""
    net = below(root, "/sys/class/net")
    cards = {path.parent.parent.name for path in net.glob("*/brif/*") if (net / path.name / "device").exists()}
    if not cards or any(net.glob("peth*")):
        return ""
    reason = f"{XEND_CONFIG} has network-script {words[0]}, which takes this host from its network when xend starts"
    return with_remedy(f"{reason}: bridge {min(cards)} is there already", "take the line out before xend starts again")


def read(toolstack: str, root: Path) -> HostDefaults:
    """Return the defaults of this host."""
    source = XEND_CONFIG if toolstack == "xm" else XL_CONF
    builtin = HostDefaults(source, bridge="" if toolstack == "xm" else _XL_BRIDGE)
    try:
        text = read_text(below(root, source))
        if text is None:
            return builtin
        return _of_xend(text) if toolstack == "xm" else _of_xl(text, builtin)
    except OSError as error:
        return HostDefaults(source, unreadable=error.strerror or "it cannot be opened")
    except XenfleetError as error:
        return HostDefaults(source, unreadable=str(error))


def _of_xl(text: str, builtin: HostDefaults) -> HostDefaults:
    from ..xencfg import read_xl

    values = read_xl.read(text).values
    given = {name: _last(values, keys) for name, keys in _XL_KEYS.items()}
    return HostDefaults(
        builtin.source,
        script=given["script"] or builtin.script,
        bridge=given["bridge"] or builtin.bridge,
        backend=given["backend"],
        autoballoon=_BALLOON.get(given["autoballoon"], ""),
    )


def _last(values: dict[str, Read], keys: tuple[str, ...]) -> str:
    found = [value for value in map(values.get, keys) if isinstance(value, str)]
    return found[-1] if found else ""


def _of_xend(text: str) -> HostDefaults:
    """Return those of ``(vif-script 'vif-bridge bridge=xenbr1')``: the words after the script are variables of it."""
    words = _xend_words(text, "vif-script")
    script = words[0] if words else _SCRIPT
    bridge = next((word[len("bridge=") :] for word in words[1:] if word.startswith("bridge=")), "")
    return HostDefaults(XEND_CONFIG, script=script, bridge=bridge)


def _xend_words(text: str, key: str) -> list[str]:
    """Return the words of a key of xend's file; of several lines with that key, xend reads the first (xend/sxp.py, child)."""
    from ..toolstack import sxp

    for item in sxp.read(text):
        if isinstance(item, list) and item and item[0] == key:
            return item[1].split() if len(item) > 1 and isinstance(item[1], str) else []
    return []
