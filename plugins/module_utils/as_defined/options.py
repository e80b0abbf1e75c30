# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the options of the observation: those of the steps of deploy.yml, with the types that the steps' modules give them."""

from __future__ import annotations

from typing import Any, Mapping

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..common import arguments, paths
from ..guest.device_model import SCHEMES
from ..host.log_files import XENCONSOLED_ARGUMENTS
from .difference import Difference

_SPEC: arguments.Spec = {
    "guests": {"type": "list", "elements": "raw", "default": []},
    **arguments.CONFIG_DIR,
    **arguments.AUTOSTART_DIR,
    **arguments.RECORDS,
    **arguments.STORE,
    **arguments.CONSOLE_DIR,
    **arguments.scheme(SCHEMES),
    **arguments.LOCK,
    **arguments.LOG_DIR,
    **arguments.POLICY,
    "adopt": {"type": "bool", "default": False},
    "verify_wait": {"type": "int", "default": 120},
    "console": {"type": "bool", "default": True},
    "console_log": {"type": "bool", "default": False},
    "console_log_arguments": {"type": "str", "default": XENCONSOLED_ARGUMENTS},
    "fs_backend": {"type": "bool", "default": False},
    "images": {"type": "list", "elements": "dict", "default": []},
    "images_versions": {"type": "dict", "default": {}},
    "images_keep": {"type": "int"},
    "images_store": {"type": "path", "default": paths.STORE},
    "images_config_dir": {"type": "path", "default": paths.CONFIG_DIR},
    "images_lock": {"type": "path", "default": paths.LOCK},
    "images_lock_timeout": {"type": "int", "default": 60},
}


def read(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with their defaults. Raise Difference for a wrong one, which the step that has it reports."""
    # Definitions are read as they are, so that a password among them is in no message.
    rest = {key: value for key, value in given.items() if key != "guests"}
    result = ArgumentSpecValidator(_SPEC).validate(rest)
    if result.error_messages or not isinstance(given.get("guests", []), list):
        raise Difference("the options of a step are wrong")
    options: dict[str, Any] = {**result.validated_parameters, "guests": given.get("guests", [])}
    return options
