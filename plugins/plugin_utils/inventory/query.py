# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the Xen hosts of an inventory what runs there, by the playbook ``running``, in a process of its own.

A process, as Ansible's own engine holds its settings in globals, which an inventory plugin shares with the command that
loads it: that may be in the middle of a play, has no options of a play, or prints JSON. A process can also be ended.
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
#: Set for that process: its inventory may have the plugin's own configuration file in it, which must not ask again.
NESTED = "XENFLEET_ASKED"
_CALLBACK = "xenfleet.stubdom.answers"
_LOOK = "xenfleet.stubdom.host_info"
# Seconds in which Ansible begins, reads its inventory, and brings a module to a host, beside the time to answer.
_MARGIN = 60.0
_ENDING = 10.0
_POLL = 0.1
_REASON_LENGTH = 500


class QueryError(XenfleetError):
    """No host could be asked; the message has what Ansible said."""


@dataclass
class HostReply:
    """What one host's variables and the host said, and ``failure``: why it did not say it, "" if it did."""

    definitions: Any = None
    scheme: Any = "auto"
    look: dict[str, Any] | None = None
    failure: str = ""


@dataclass(frozen=True)
class Query:
    """``timeout`` is in seconds, for each host. ``options`` are those of ansible-playbook for secrets of the inventory;
    ``collections`` are the folders in which collections are."""

    inventory: Sequence[str]
    pattern: str
    timeout: int
    options: Sequence[str] = ()
    collections: Sequence[str] = field(default_factory=tuple)

    def command(self, variables: Path) -> list[str]:
        """By the Python that runs already; -P keeps the current folder from passing for a package."""
        sources = [word for source in self.inventory for word in ("--inventory", source)]
        program = [sys.executable, "-P", "-m", "ansible", "playbook"]
        return [*program, *sources, *self.options, "--extra-vars", f"@{variables}", PLAYBOOK]

    def variables(self) -> dict[str, Any]:
        return {"running_pattern": self.pattern, "running_timeout": self.timeout}

    def environment(self, answers: Path, of: Mapping[str, str]) -> dict[str, str]:
        """The caller's, with its configuration; but nothing is shown, and no other callback hears of it."""
        changed = {
            NESTED: "1",
            "XENFLEET_ANSWERS": str(answers),
            "ANSIBLE_STDOUT_CALLBACK": _CALLBACK,
            # Instead of those that are enabled otherwise; nothing at all would be a name to ansible-core 2.19.
            "ANSIBLE_CALLBACKS_ENABLED": _CALLBACK,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VERBOSITY": "0",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
        }
        if self.collections:
            changed["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(self.collections)
        return {**{name: value for name, value in of.items() if name != "ANSIBLE_FORCE_COLOR"}, **changed}


def run_query(question: Query) -> dict[str, HostReply]:
    """The answer of every host that was asked, by its name. Raises QueryError, OSError."""
    with tempfile.TemporaryDirectory(prefix="xenfleet-") as name:
        folder = Path(name)
        variables, answers, said = folder / "variables.json", folder / "answers", folder / "said"
        variables.write_text(json.dumps(question.variables()), encoding="utf-8")
        answers.touch()
        env = question.environment(answers, os.environ)
        # Files and no pipes: what ssh leaves in the background for its next connection would keep a pipe open.
        with said.open("wb") as errors:
            in_time = run(question.command(variables), env, answers, errors.fileno(), question.timeout + _MARGIN)
        found = read_replies(answers.read_text(encoding="utf-8").splitlines())
        if not found:
            words = _one_line(said.read_text(encoding="utf-8", errors="replace"))
            raise QueryError(words or ("it matches no host" if in_time else "Ansible did not begin in time"))
    return found


def run(command: Sequence[str], env: Mapping[str, str], answers: Path, errors: int, patience: float) -> bool:
    """Runs a command until its end, or until it has written nothing into ``answers`` for so many seconds; whether it
    came to its end. It is never left running."""
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
    )
    size, last = 0, time.monotonic()
    try:
        while process.poll() is None:
            if answers.stat().st_size != size:
                size, last = answers.stat().st_size, time.monotonic()
            elif time.monotonic() - last > patience:
                return False
            time.sleep(_POLL)
    finally:
        _end(process)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ansible ends its own workers when it is asked to."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_ENDING)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def read_replies(lines: Sequence[str]) -> dict[str, HostReply]:
    """What the callback ``answers`` wrote. A host that was to be asked and is in no other line has not answered."""
    found: dict[str, HostReply] = {}
    for line in _whole(lines):
        answer = found.setdefault(line["host"], HostReply())
        result = line["result"]
        if not line["ok"]:
            answer.failure = _reason(result)
        elif line["action"] == _LOOK:
            answer.look = result
        else:
            # Only what was made on the controller may say who was asked and what is defined.
            facts = result.get("ansible_facts", {})
            for host in facts.get("running_hosts", []):
                found.setdefault(host, HostReply())
            answer.definitions = facts.get("running_definitions", answer.definitions)
            answer.scheme = facts.get("running_scheme", answer.scheme)
    for answer in found.values():
        if answer.look is None and not answer.failure:
            answer.failure = "it did not answer in time"
    return found


def _whole(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The last line is cut where the process was killed while it wrote."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return


def _reason(result: Mapping[str, Any]) -> str:
    return _one_line(str(result.get("msg") or "it gave no reason")).rstrip(".")


def _one_line(text: str) -> str:
    """Whatever a host has put into it. Of what Ansible said, the error counts, and not the warnings before it."""
    begin = max(text.find("ERROR"), 0)
    printable = "".join(letter if letter.isprintable() else " " for letter in text[begin:])
    return " ".join(printable.split())[:_REASON_LENGTH]
