# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible inventory of the lab's hosts, as YAML; pure."""

import json
from collections.abc import Mapping
from pathlib import Path

from .ssh import ADDRESS, OPTIONS, USER


def inventory(ports: Mapping[str, int], key: Path) -> str:
    """Return the YAML text for those hosts (name and SSH port). Values are quoted as JSON, which YAML reads alike."""
    common = {
        "ansible_host": ADDRESS,
        "ansible_user": USER,
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": " ".join(OPTIONS),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    lines = ["---", "xen_hosts:", "  hosts:"]
    for name, port in ports.items():
        lines.append(f"    {json.dumps(name)}:")
        lines.append(f"      ansible_port: {port}")
        lines += [f"      {variable}: {json.dumps(value)}" for variable, value in common.items()]
    return "\n".join(lines) + "\n"
