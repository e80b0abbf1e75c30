# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""deploy.yml on a real Xen host: the controller is killed at every task, and modules and toolstack in their midst.

The host's name is in XENFLEET_INTERRUPTION_HOST; it is reset before each test, and has to be nobody else's.
"""

from __future__ import annotations

import time

import pytest

from interruptible import InterruptibleRun
from interruptions import (
    DOMAIN,
    FILE,
    IMAGE,
    NOTE,
    changed_by,
    check_after_interruption,
    converge,
    interrupt_at,
    print_line,
)
from real_host import PATIENCE, RealHost

# So many kills follow each other, each at the next task; then comes a run to its end, and the host is reset.
EACH = 6
# At least so many tasks have to be there to be killed at.
POINTS = 15


def test_at_every_task(host: RealHost) -> None:
    """The n-th run is killed when its n-th task begins, or a moment later. Before that, it does what the one before it
    was killed at, so that each has work to do where it is killed."""
    host.reset()
    number = 0
    while True:
        begun = time.monotonic()
        with host.deploy() as run:
            run.until(lambda count=number: len(run.starts()) > count or run.has_ended(), PATIENCE)  # type: ignore[misc]
            if run.has_ended():
                break
            # At its very begin, and while its module is on its way or at work.
            time.sleep(number % 3 * 2)
            run.kill()
            name = run.starts()[number].partition(": ")[2]
        there = host.look()
        check_after_interruption(there)
        number += 1
        print_line(f"{number}: {name}", there, time.monotonic() - begun, "interrupted")
        if number % EACH == 0:
            converge(host, f"{number}: {name}")
            host.reset()
    assert number >= POINTS
    converge(host, "the last")
    assert changed_by(host.finish()) == 0


class Kills:
    """What is killed when the module at work is frozen, with the controller."""

    def __init__(self, host: RealHost) -> None:
        self._host = host

    def module_and_programs(self, run: InterruptibleRun, processes: str) -> None:
        run.kill()
        self._host.shell(f"kill -KILL {processes}")

    def module_alone(self, run: InterruptibleRun, processes: str) -> None:
        """xl goes on."""
        run.kill()
        module, _blank, programs = processes.partition(" ")
        self._host.shell(f"kill -KILL {module}; kill -CONT {programs}")

    def controller_alone(self, run: InterruptibleRun, processes: str) -> None:
        """The next run meets the module of this one on the host."""
        run.kill()
        self._host.shell(f"kill -CONT {processes}")


@pytest.fixture
def kills(host: RealHost) -> Kills:
    return Kills(host)


def test_in_the_midst_of_each_piece_of_work(host: RealHost, kills: Kills) -> None:
    """Each run finishes what the one before was interrupted at, and is interrupted at the next."""
    host.reset()
    for what in (IMAGE, FILE, NOTE, DOMAIN):
        interrupt_at(host, what, kills.module_and_programs)
    converge(host, "a half-made domain")


def test_the_toolstack_goes_on(host: RealHost, kills: Kills) -> None:
    host.reset()
    interrupt_at(host, DOMAIN, kills.module_alone)
    converge(host, "an xl that goes on")


def test_the_module_goes_on(host: RealHost, kills: Kills) -> None:
    host.reset()
    interrupt_at(host, DOMAIN, kills.controller_alone)
    converge(host, "a module that goes on")
