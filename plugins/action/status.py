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
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.host_variables import HostVariables
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import status_page, status_table
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.metrics import status_metrics
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import model
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.variables import status_finding

# The page has its JSON without blanks.
_TIME = re.compile(r'"time": ?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')
_SECONDS = re.compile(r"^xenfleet_status_timestamp_seconds (\d+)$", re.MULTILINE)
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_UNCHANGED, _TIME_ONLY = "unchanged", "only its time updated"
_REMEDY = "read the report above; stubdom_status_fail_on has what this run fails because of"
# What a run can fail because of: the sum of the model, and its name for one and for more.
_SUMS = {
    "problems": ("problems", "problem", "problems"),
    "stale": ("stale", "stale guest", "stale guests"),
    "pending": ("pending", "pending definition", "pending definitions"),
    "not_seen": ("hosts_not_seen", "host that was not seen", "hosts that were not seen"),
}
_SPEC = {
    "hosts": {"type": "dict"},
    "json": {"type": "path"},
    "html": {"type": "path"},
    "textfile": {"type": "path"},
    "fail_on": {"type": "list", "elements": "str", "default": [], "choices": list(_SUMS)},
}


class ActionModule(ActionBase):
    """Run on the controller only, so that the status includes hosts that cannot be reached."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the model and its table, print the table, and write the files."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._task.args = _with_words(self._task.args)
        _validation, args = self.validate_argument_spec(argument_spec=_SPEC)
        now = datetime.now(UTC).strftime(_FORM)
        found = model(_findings(self._loader, task_vars or {}) if args["hosts"] is None else args["hosts"], now)
        text = status_table.status_table(found)
        Display().display(f"\n{text}\n")
        files = [
            {"path": args[key], "action": _write(Path(args[key]), make, found, self._task.check_mode)}
            for key, make in _FILES.items()
            if args[key]
        ]
        for file in files:
            Display().display(f"{file['path']}: {file['action']}")
        changed = any(file["action"] not in (_UNCHANGED, _TIME_ONLY) for file in files)
        result = {**result, "changed": changed, "files": files}
        failures = _failures(found["summary"], args["fail_on"])
        if failures:
            # Ansible prints the whole result of a task that failed: the report would stand there a second time.
            return {**result, "failed": True, "msg": with_remedy(f"the fleet has {', '.join(failures)}", _REMEDY)}
        return {**result, "report": text, "status": found}


def _with_words(args: dict[str, Any]) -> dict[str, Any]:
    """Return the options with a list in ``fail_on``, which the command line gives as text. Raise AnsibleActionFail."""
    given = args.get("fail_on")
    if given is None:
        return args
    words = [word.strip() for word in given.split(",")] if isinstance(given, str) else given
    items = [word for word in words if word != ""] if isinstance(words, list) else [words]
    for word in items:
        if not isinstance(word, str) or word not in _SUMS:
            remedy = f"give some of {', '.join(_SUMS)}"
            problem = Problem("is unknown", remedy, key="fail_on (stubdom_status_fail_on)", value=word)
            raise AnsibleActionFail(problem.text())
    return {**args, "fail_on": items}


def _failures(sums: dict[str, int], fail_on: list[str]) -> list[str]:
    """Return in words what the run fails because of."""
    found = {name: sums[_SUMS[name][0]] for name in fail_on}
    return [f"{number} {_SUMS[name][1 if number == 1 else 2]}" for name, number in found.items() if number]


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


# What makes each of the files, by the option that names it.
_FILES: dict[str, Callable[[dict[str, Any]], str]] = {
    "json": _as_json,
    "html": status_page.status_page,
    "textfile": status_metrics,
}


def _time_of(old: str) -> str:
    """Return the time in a file that this wrote earlier, "" when there is none."""
    seconds, time = _SECONDS.search(old), _TIME.search(old)
    if seconds:
        return datetime.fromtimestamp(int(seconds[1][:10]), UTC).strftime(_FORM)
    return time[1] if time else ""


def _write(path: Path, make: Callable[[dict[str, Any]], str], found: dict[str, Any], check: bool) -> str:
    """Write one file. Return in words what was done. One that differs by its time only is left as it is, except the
    metrics: their time is how Prometheus knows that they are still made."""
    try:
        old = read_text(path) or ""
        time = _time_of(old)
        is_same = bool(time) and make({**found, "time": time}) == old
        if is_same and (check or make is not status_metrics):
            return _UNCHANGED
        if not check:
            write_atomic(path, make(found), 0o644)
    except OSError as error:
        remedy = "name a file in a folder of the controller that you may write to"
        reason = f"{path}: the status cannot be written: {error.strerror}"
        raise AnsibleActionFail(with_remedy(reason, remedy)) from error
    if check:
        return "not written, as this is check mode"
    return _TIME_ONLY if is_same else "written"
