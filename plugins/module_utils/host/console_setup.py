# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have xenconsoled log the consoles of guests, or no longer: its arguments, the folder of the logs, and its restart."""

from __future__ import annotations

import grp
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..common.errors import XenfleetError, with_remedy
from ..common.files import below, read_text, write_atomic
from ..common.paths import CONSOLE_DIR
from .console_daemon import FOLDER_MODE, TRACE, Daemon, current_line, find, processes, runs_with, with_line
from .console_restart import restart

_GROUP = "adm"
_DEFAULTS_MODE = 0o644
_REMEDY = "have it log them (xenconsoled --log=guest), or set stubdom_console_log: false"


@dataclass
class Setup:
    """Describe what was set up. ``logged``: xenconsoled runs with the arguments; ``note`` is what was left, and why."""

    defaults: str = ""
    logged: bool = False
    changed: bool = False
    restarted: bool = False
    note: str = ""
    diffs: list[dict[str, str]] = field(default_factory=list)


def set_up(arguments: str, check: bool = False, root: Path = Path("/")) -> Setup:
    """Set the arguments, create the folder of the logs, and restart xenconsoled where it runs without them.

    The process counts, not whether the file has changed: an interrupted run may have changed the file without a restart.
    Raise OSError.
    """
    daemon = find(root)
    runs = runs_with(processes(root / "proc"), arguments)
    if daemon is None:
        # An operator may have set it up in a way of his own.
        reason = "this host starts xenconsoled in a way that is not known, and it does not log the consoles"
        return Setup(logged=runs, note="" if runs else with_remedy(reason, _REMEDY))
    result = Setup(daemon.defaults, logged=True)
    line = daemon.line_for(arguments)
    if not line:
        limit = "takes one --log=, and " if daemon.variable == TRACE else ""
        reason = f"{daemon.defaults}: {daemon.variable} {limit}cannot hold {arguments!r}"
        result.logged, result.note = runs, with_remedy(reason, "set console_log_arguments: --log=guest")
        return result
    _set_line(result, daemon, line, check, root)
    _make_folder(result, check, below(root, CONSOLE_DIR))
    if not runs:
        _restart(result, daemon, arguments, check, root)
    return result


def remove(arguments: str, check: bool = False, root: Path = Path("/")) -> Setup:
    """Remove the line as ``set_up`` writes it, and restart xenconsoled without these arguments. Raise OSError."""
    daemon = find(root)
    if daemon is None:
        return Setup()
    result = Setup(daemon.defaults)
    line = daemon.line_for(arguments)
    if line and current_line(read_text(below(root, daemon.defaults)) or "", daemon.variable) == line:
        _set_line(result, daemon, "", check, root)
        if runs_with(processes(root / "proc"), arguments):
            _restart(result, daemon, "", check, root)
    return result


def _set_line(result: Setup, daemon: Daemon, line: str, check: bool, root: Path) -> None:
    # A link stays one: what manages the host's files may have made it.
    path = Path(os.path.realpath(below(root, daemon.defaults)))
    before = read_text(path) or ""
    after = with_line(before, daemon.variable, line)
    if current_line(before, daemon.variable) == line:
        return
    result.changed = True
    result.diffs.append({"before_header": str(path), "after_header": str(path), "before": before, "after": after})
    if not check:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else _DEFAULTS_MODE
        write_atomic(path, after, mode)


def _make_folder(result: Setup, check: bool, folder: Path) -> None:
    """Create the folder of the logs; correct its owner, group and mode."""
    try:
        group = grp.getgrnam(_GROUP).gr_gid
    except KeyError:
        group = 0
    found = folder.stat() if folder.is_dir() else None
    if found and (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (os.geteuid(), group, FOLDER_MODE):
        return
    result.changed = True
    heads = {"before_header": str(folder), "after_header": str(folder)}
    before = f"{stat.S_IMODE(found.st_mode):04o}\n" if found else ""
    result.diffs.append({**heads, "before": before, "after": f"root:{_GROUP} {FOLDER_MODE:04o}\n"})
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(str(folder), os.geteuid(), group)
        folder.chmod(FOLDER_MODE)


def _restart(result: Setup, daemon: Daemon, arguments: str, check: bool, root: Path) -> None:
    result.changed = result.restarted = True
    if check:
        return
    try:
        restart(daemon, arguments, root)
    except XenfleetError as error:
        result.logged, result.note = False, str(error)
