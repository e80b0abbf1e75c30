# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the status of a fleet and write its files on the controller; the module of the same name documents the options."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import read_text, write_atomic
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.host_variables import HostVariables
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import status_page, status_table
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import model
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.variables import status_finding

# The page has its JSON without blanks.
_TIME = re.compile(r'"time": ?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')
_SPEC = {"hosts": {"type": "dict"}, "json": {"type": "path"}, "html": {"type": "path"}}


class ActionModule(ActionBase):
    """Run on the controller only, so that the status includes hosts that cannot be reached."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the model and its table, print the table, and write the files."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(argument_spec=_SPEC)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = model(_findings(self._loader, task_vars or {}) if args["hosts"] is None else args["hosts"], now)
        text = status_table.status_table(found)
        Display().display(f"\n{text}\n")
        files = [
            {"path": args[key], "action": _write(Path(args[key]), make, found, self._task.check_mode)}
            for key, make in (("json", _as_json), ("html", status_page.status_page))
            if args[key]
        ]
        for file in files:
            Display().display(f"{file['path']}: {file['action']}")
        changed = any(file["action"] != "unchanged" for file in files)
        return {**result, "changed": changed, "report": text, "status": found, "files": files}


def _findings(loader: Any, variables: dict[str, Any]) -> dict[str, Any]:
    """Return what status.yml found, by the name of the host; a definition that cannot be evaluated is the host's failure."""
    hostvars, found = variables["hostvars"], {}
    inventory = HostVariables(loader, hostvars)
    for host in variables["ansible_play_hosts_all"]:
        try:
            guests = inventory.read(host, ["stubdom_guests"]).get("stubdom_guests", [])
        except AnsibleActionFail as error:
            found[host] = {"failure": error.message}
        else:
            found[host] = status_finding(hostvars[host], guests)
    return found


def _as_json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2) + "\n"


def _write(path: Path, make: Callable[[dict[str, Any]], str], found: dict[str, Any], check: bool) -> str:
    """Write one file, unless the present one differs by its time only. Return in words what was done."""
    try:
        old = read_text(path) or ""
        time = _TIME.search(old)
        if time and make({**found, "time": time[1]}) == old:
            return "unchanged"
        if not check:
            write_atomic(path, make(found), 0o644)
    except OSError as error:
        remedy = "name a file in a folder of the controller that you may write to"
        reason = f"{path}: the status cannot be written: {error.strerror}"
        raise AnsibleActionFail(with_remedy(reason, remedy)) from error
    return "not written, as this is check mode" if check else "written"
