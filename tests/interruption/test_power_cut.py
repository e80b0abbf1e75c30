# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""deploy.yml on a real Xen host whose power is cut; it boots from the same disk, and a run finishes the work.

What a cut loses: tests/lab/xenlab/qemu.py, Machine.kill. The host's name is in XENFLEET_INTERRUPTION_HOST; it is reset, and has
to be nobody else's.
"""

from __future__ import annotations

from interruptible import InterruptibleRun
from interruptions import DOMAIN, IMAGE, changed_by, check_after_interruption, converge, interrupt_at
from real_host import RealHost


def test_while_an_image_is_installed_and_while_guests_start(host: RealHost) -> None:
    """At the boot, the host starts its guest with autostart, if its file and link have come that far."""
    def power_cut(run: InterruptibleRun, _processes: str) -> None:
        host.cut()
        run.kill()
        host.boot()

    host.reset()
    for what in (IMAGE, DOMAIN):
        interrupt_at(host, what, power_cut)
    converge(host, "a power cut while guests started")


def test_when_all_was_done(host: RealHost) -> None:
    """The run after the boot starts those guests that do not start by themselves."""
    converge(host, "whatever was before")
    host.cut()
    host.boot()
    check_after_interruption(host.look())
    converge(host, "a power cut of a host in order")
    assert changed_by(host.finish()) == 0
