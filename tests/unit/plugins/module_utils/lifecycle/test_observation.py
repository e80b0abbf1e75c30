# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from an observation."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import (
    EarlierStart,
    Observation,
    Record,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import domain
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import half_made

START = EarlierStart(Record("uuid-7", "7d86", 0), half_made(), made_domain=True)


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Observation().paused_by_us = True  # type: ignore[misc]


def test_a_guest_that_is_off() -> None:
    found = Observation()
    assert (found.condition, found.process, found.is_half_made, found.is_stale) == ("", 0, False, False)


@pytest.mark.parametrize(
    "found, is_half_made",
    [
        (Observation(half_made(), START), True),
        # It is another start's, a process still works on it, it has run, or nothing is recorded of it.
        (Observation(half_made(), replace(START, made_domain=False)), False),
        (Observation(half_made(), replace(START, process=77)), False),
        (Observation(domain("web1", 7, "--p---"), START), False),
        (Observation(domain("web1", 7), START), False),
        (Observation(half_made()), False),
        (Observation(None, START), False),
    ],
)
def test_a_half_made_domain(found: Observation, is_half_made: bool) -> None:
    assert found.is_half_made is is_half_made


def test_a_process_that_still_starts_it() -> None:
    assert Observation(None, replace(START, process=77)).process == 77
    assert (START.is_over, replace(START, process=77).is_over) == (True, False)


@pytest.mark.parametrize(
    "older, file_names_older, expected",
    [({}, False, (False, False)), ({"grub": "1"}, False, (True, True)), ({"grub": "1"}, True, (True, False))],
)
def test_an_older_image(older: dict[str, str], file_names_older: bool, expected: tuple[bool, bool]) -> None:
    found = Observation(domain("web1", 7), older=older, file_names_older=file_names_older)
    assert (found.is_stale, found.restart_boots_newer) == expected
