# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query the Xen hosts of an inventory for what runs there, by the playbook ``running`` in a process of its own.

A process of its own, because Ansible holds its settings in globals, which an inventory plugin shares with the command
that loads it: that command may be in the middle of a play, has no options of a play, or prints JSON. A process can also
be ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...module_utils.common.errors import XenfleetError

PLAYBOOK = "xenfleet.stubdom.running"
#: Set in that process: its inventory may include the plugin's own configuration file, which must not query again.
NESTED = "XENFLEET_ASKED"
_CALLBACK = "xenfleet.stubdom.answers"
_HOST_INFO = "xenfleet.stubdom.host_info"
# Seconds for Ansible to start, read its inventory and copy a module to a host, added to the time to answer.
_MARGIN = 60.0
_TERMINATE_TIMEOUT = 10.0
_POLL = 0.1
_REASON_LENGTH = 500


class QueryError(XenfleetError):
    """Report that no host could be queried, with what Ansible printed."""


@dataclass
class HostReply:
    """Hold one host's variables and its host_info; ``failure`` is why there is none, "" where there is."""

    definitions: Any = None
    scheme: Any = "auto"
    host_info: dict[str, Any] | None = None
    failure: str = ""


@dataclass(frozen=True)
class Query:
    """Describe a query: the sources of an inventory, the pattern of its hosts, the timeout in seconds for each host.

    ``options`` are those of ansible-playbook for secrets of the inventory; ``collections`` are the folders of collections.
    """

    inventory: Sequence[str]
    pattern: str
    timeout: int
    options: Sequence[str] = ()
    collections: Sequence[str] = field(default_factory=tuple)

    def command(self, variables: Path) -> list[str]:
        """Return the command, for the Python that runs already; -P keeps the current folder off Python's path."""
        sources = [word for source in self.inventory for word in ("--inventory", source)]
        program = [sys.executable, "-P", "-m", "ansible", "playbook"]
        return [*program, *sources, *self.options, "--extra-vars", f"@{variables}", PLAYBOOK]

    def variables(self) -> dict[str, Any]:
        """Return the extra variables of the playbook."""
        return {"running_pattern": self.pattern, "running_timeout": self.timeout}

    def environment(self, answers: Path, of: Mapping[str, str]) -> dict[str, str]:
        """Return the caller's environment, changed so that the callback of this collection alone gets the results."""
        changed = {
            NESTED: "1",
            "XENFLEET_ANSWERS": str(answers),
            "ANSIBLE_STDOUT_CALLBACK": _CALLBACK,
            # In place of those that are enabled otherwise; ansible-core 2.19 would take an empty value for a name.
            "ANSIBLE_CALLBACKS_ENABLED": _CALLBACK,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VERBOSITY": "0",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
        }
        if self.collections:
            changed["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(self.collections)
        return {**{name: value for name, value in of.items() if name != "ANSIBLE_FORCE_COLOR"}, **changed}


def run_query(question: Query) -> dict[str, HostReply]:
    """Return the reply of every host of the query, by its name. Raise QueryError or OSError."""
    with tempfile.TemporaryDirectory(prefix="xenfleet-") as name:
        folder = Path(name)
        variables, answers, errors = folder / "variables.json", folder / "answers", folder / "errors"
        variables.write_text(json.dumps(question.variables()), encoding="utf-8")
        answers.touch()
        env = question.environment(answers, os.environ)
        # Files instead of pipes: the process that ssh leaves in the background for its next connection keeps a pipe open.
        with errors.open("wb") as stream:
            in_time = run(question.command(variables), env, answers, stream.fileno(), question.timeout + _MARGIN)
        found = read_replies(answers.read_text(encoding="utf-8").splitlines())
        if not found:
            words = _one_line(errors.read_text(encoding="utf-8", errors="replace"))
            raise QueryError(words or ("it matches no host" if in_time else "Ansible did not start in time"))
    return found


def run(command: Sequence[str], env: Mapping[str, str], answers: Path, errors: int, silence: float) -> bool:
    """Run a command until it ends, or has written nothing into ``answers`` for ``silence`` seconds; never leave it running.

    Return whether it ended by itself.
    """
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
    )
    size, last = 0, time.monotonic()
    try:
        while process.poll() is None:
            if answers.stat().st_size != size:
                size, last = answers.stat().st_size, time.monotonic()
            elif time.monotonic() - last > silence:
                return False
            time.sleep(_POLL)
    finally:
        _end(process)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process: by SIGTERM, upon which Ansible ends its workers, after ten seconds by SIGKILL."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_TERMINATE_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def read_replies(lines: Sequence[str]) -> dict[str, HostReply]:
    """Return the replies that the callback ``answers`` wrote. A host of the query without a line of its own did not answer."""
    found: dict[str, HostReply] = {}
    for line in _whole(lines):
        reply = found.setdefault(line["host"], HostReply())
        result = line["result"]
        if not line["ok"]:
            reply.failure = _reason(result)
        elif line["action"] == _HOST_INFO:
            reply.host_info = result
        else:
            # Only results of the controller may name the hosts of the query and the definitions.
            facts = result.get("ansible_facts", {})
            for host in facts.get("running_hosts", []):
                found.setdefault(host, HostReply())
            reply.definitions = facts.get("running_definitions", reply.definitions)
            reply.scheme = facts.get("running_scheme", reply.scheme)
    for reply in found.values():
        if reply.host_info is None and not reply.failure:
            reply.failure = "it did not answer in time"
    return found


def _whole(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the complete lines; the last one is incomplete where the process was ended while it wrote."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return


def _reason(result: Mapping[str, Any]) -> str:
    return _one_line(str(result.get("msg") or "it gave no reason")).rstrip(".")


def _one_line(text: str) -> str:
    """Return a text of a host or of Ansible as one printable line, without the warnings before Ansible's error."""
    begin = max(text.find("ERROR"), 0)
    printable = "".join(letter if letter.isprintable() else " " for letter in text[begin:])
    return " ".join(printable.split())[:_REASON_LENGTH]
