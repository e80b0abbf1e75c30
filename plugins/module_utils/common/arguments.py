# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the argument specs of options that several modules share (pure).

The doc fragment _options describes each of them in a section of the same name.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable

from . import paths

Spec = Dict[str, Dict[str, Any]]

AUTOSTART_DIR: Spec = {"autostart_dir": {"type": "path", "default": paths.AUTOSTART_DIR}}
CONFIG_DIR: Spec = {"config_dir": {"type": "path", "default": paths.CONFIG_DIR}}
CONSOLE_DIR: Spec = {"console_dir": {"type": "path", "default": paths.CONSOLE_DIR}}
#: Whether a module fails when a guest has a problem. An expression in the task (failed_when) would do the same, but cores from
#: 2.21 on print that expression in place of why a module crashed.
FAIL_FOR_GUESTS: Spec = {"fail_for_guests": {"type": "bool", "default": True}}
IMAGES: Spec = {"images": {"type": "list", "elements": "dict", "default": []}}
#: The lock of a host (``host_lock``); the timeout is in seconds.
LOCK: Spec = {"lock": {"type": "path", "default": paths.LOCK}, "lock_timeout": {"type": "int", "default": 60}}
LOG_DIR: Spec = {"log_dir": {"type": "path", "default": paths.LOG_DIR}}
#: How guests are started, stopped and restarted (``lifecycle.decide.Policy``); the timeout is in seconds.
POLICY: Spec = {
    "restart_stale": {"type": "bool", "default": False},
    "reboot": {"type": "list", "elements": "str", "default": []},
    "restart_batch": {"type": "int", "default": 1},
    "start_parallel": {"type": "int", "default": 1},
    "stop_timeout": {"type": "int", "default": 120},
    "stop_force": {"type": "bool", "default": False},
}
RECORDS: Spec = {"records": {"type": "path", "default": paths.RECORDS}}
STORE: Spec = {"store": {"type": "path", "default": paths.STORE}}
TOOLSTACK: Spec = {"toolstack": {"type": "str", "choices": ["auto", "xl", "xm"], "default": "auto"}}

#: The suboptions of a link of /exports.
LINK: Spec = {"name": {"type": "str", "required": True}, "target": {"type": "str"}}


def scheme(names: Iterable[str]) -> Spec:
    """Return the option ``scheme`` with these schemes as its choices."""
    return {"scheme": {"type": "str", "choices": ["auto", *names], "default": "auto"}}


# The variables by which playbooks give modules the options that remedies name. The builder of mini-OS gets them of a source tree.
_LOCK_USERS = {
    "exports": "fs_backend",
    "fs_backend": "fs_backend",
    "guest_config": "guests",
    "guest_state": "guests",
    "image": "images",
    "minios_stubdom_install": "images",
    "removal": "guests",
}
_SOURCE = "{0} in stubdom_xen_sources, or build_minios_stubdom_{0}"
VARIABLES = {
    **{(module, "lock_timeout"): f"{role}_lock_timeout" for module, role in _LOCK_USERS.items()},
    ("guest_config", "adopt"): "guests_adopt",
    ("guest_state", "stop_force"): "guests_stop_force",
    ("guest_state", "stop_timeout"): "guests_stop_timeout",
    ("linux_stubdom_image", "kernel_package"): "build_linux_stubdom_kernel_package",
    ("linux_stubdom_image", "kernel_release"): "build_linux_stubdom_kernel_release",
    ("linux_stubdom_image", "boot_files"): "build_linux_stubdom_boot_files",
    ("minios_stubdom_image", "dest"): "build_minios_stubdom_dest",
    **{("minios_stubdom_image", name): _SOURCE.format(name) for name in ("checksums", "configure", "mirror", "variables")},
}


def setting(module: str, option: str, value: str = "") -> str:
    """Return how a remedy names an option of a module, with its ``value`` if any: by the variable that playbooks have for it,
    then as the module has it; by its own name alone where they have none.

    >>> setting("guest_state", "stop_force", "true")
    'guests_stop_force: true (option stop_force of guest_state)'
    """
    given = f": {value}" if value else ""
    variable = VARIABLES.get((module, option))
    return f"{variable}{given} (option {option} of {module})" if variable else f"{option}{given}"
