# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which releases need fs-backend, and what is wrong with those that run."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import policy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.policy import Need, Process
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release


@pytest.mark.parametrize(
    "release, need",
    [
        ((3, 2), Need(False, False, "Xen 3.2 has no fs-backend: Xen 3.3 to 4.0 have it")),
        ((3, 3), Need(True, True, "stub domains of Xen 3.3 do not start without it; it serves /exports", True)),
        ((3, 4), Need(True, True, "stub domains of Xen 3.4 do not start without it; it serves /exports", True)),
        (
            (4, 0),
            Need(
                True,
                False,
                "stub domains of Xen 4.0 are not saved and restored without it; "
                "it serves /var/lib/xen itself, and /exports is not used",
            ),
        ),
        (
            (4, 1),
            Need(
                False,
                False,
                "Xen 4.1 has no fs-backend: Xen 3.3 to 4.0 have it, and later stub domains do not need it",
            ),
        ),
        (
            (4, 22),
            Need(
                False,
                False,
                "Xen 4.22 has no fs-backend: Xen 3.3 to 4.0 have it, and later stub domains do not need it",
            ),
        ),
    ],
)
def test_which_release_needs_it_and_why(release: Release, need: Need) -> None:
    assert policy.need_of(release) == need


def test_a_process_that_the_service_started_is_in_order() -> None:
    assert policy.check_running([Process(7, ours=True)]) == []
    assert policy.outdated_notes([Process(7, ours=True)], "a1", "a1") == []


def test_a_process_that_the_service_did_not_start_is_a_problem() -> None:
    problems = policy.check_running([Process(7, ours=False), Process(8, ours=True)])
    assert len(problems) == 1
    assert problems[0].text() == (
        "pid = 7: fs-backend runs already, and the service xenfleet-fs-backend did not start it; a second one would "
        "disconnect all stub domains from their files. Remedy: stop the guests whose stub domains it serves and end it, "
        "find what starts it at boot, and run again."
    )


def test_a_process_of_an_older_file_is_reported() -> None:
    assert policy.outdated_notes([], "a1", "b2") == []
    told = policy.outdated_notes([Process(7, ours=True), Process(8, ours=False)], "a1", "b2")
    assert len(told) == 1
    assert told[0] == (
        "fs-backend (pid 7) runs from an older file until it is restarted, which disconnects running stub "
        "domains from their files: /usr/local/lib/xenfleet/fs-backend-service guests names their guests"
    )


def test_a_leftover_of_an_earlier_release() -> None:
    assert policy.leftover_note(Need(False, False, "Xen 4.1 has no fs-backend")) == (
        "/usr/local/lib/xenfleet/fs-backend is a leftover of an earlier release: Xen 4.1 has no fs-backend. "
        "Remedy: end and disable the service xenfleet-fs-backend, and remove /usr/local/lib/xenfleet/fs-backend."
    )
