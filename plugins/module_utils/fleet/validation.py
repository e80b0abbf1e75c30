# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a whole fleet, and list what it needs: the work of ``fleet_validate`` (pure)."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..common.problem import Problem
from . import guest_places, minios_builds, wave_sizes
from .validate import LINES, message, read_fleet

#: The options whose values may hold passwords.
CONFIDENTIAL = ("hosts", "declared", "image_urls")


def argument_spec(types: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the argument spec of ``fleet_validate``; ``types`` has those of the options in ``CONFIDENTIAL``."""
    return {
        # The action plugin gives the variables of its hosts in place of it.
        "group": {"type": "str"},
        "hosts": {"type": types["hosts"]},
        "declared": {"type": types["declared"], "default": {}},
        "serial": {"type": "raw", "default": 1},
        "max_fail_percentage": {"type": "raw", "default": 0},
        "hooks": {"type": "dict", "default": {}},
        "image_urls": {"type": types["image_urls"], "default": {}},
        "sources": {"type": "dict", "default": {}},
    }


def check(options: Mapping[str, Any], is_file: Callable[[str], bool]) -> dict[str, Any]:
    """Return the result of ``fleet_validate``: a failed one when there is a problem.

    ``options`` are those of the module, with the passwords. ``is_file`` returns whether a path of the controller is a file.
    """
    fleet = read_fleet(options["hosts"], options["declared"])
    sources, source_problems = minios_builds.read_sources(options["sources"])
    with_tools = minios_builds.host_tools_hosts(fleet.guests, fleet.declared, sources)
    needed = minios_builds.targets(fleet.guests, fleet.declared, with_tools)
    problems = [
        *wave_sizes.check(options["serial"], options["max_fail_percentage"]),
        *fleet.problems,
        *source_problems,
        *_check_hooks(options["hooks"], is_file),
        *_check_image_urls(options["image_urls"]),
    ]
    fleet.notes.extend(minios_builds.unused(sources, needed))
    result = {
        "changed": False,
        "guests": len(fleet.guests),
        "pvgrub2_archs": fleet.pvgrub2_archs(),
        "linux_suites": fleet.linux_suites(),
        "minios_builds": minios_builds.builds(sources, needed),
        "host_tools_hosts": with_tools,
        "stub_domain_hosts": minios_builds.stub_domain_hosts(fleet.guests, fleet.declared),
        "notes": fleet.notes,
        "problems": [problem.as_dict() for problem in problems],
    }
    if problems:
        return {**result, "failed": True, "msg": message(problems)}
    # A failure, which Ansible prints as a whole, needs no list of all guests.
    return {**result, "placement": guest_places.of_guests(fleet.guests).as_data()}


def warnings(notes: list[str]) -> list[str]:
    """Return the first notes, and how many others there are."""
    others = len(notes) - LINES
    return [*notes[:LINES], *([f"{others} more notes are in the result's list of notes"] if others > 0 else [])]


def _check_hooks(found: Mapping[str, Any], is_file: Callable[[str], bool]) -> list[Problem]:
    """Return the problems of hooks, which few fleets have."""
    if not found:
        return []
    from . import hooks

    return hooks.check(found, is_file)


def _check_image_urls(found: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of the sources of images, which few fleets have."""
    if not found:
        return []
    from ..common import urls

    return [problem for host, value in found.items() for problem in urls.read_sources(value, "stubdom_image_url", host)[1]]
