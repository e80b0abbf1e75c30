# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils import records

RECORD = records.Record("5f0c2f5e", "7d86", 1234)


def test_round_trip(tmp_path: Path) -> None:
    records.save(tmp_path / "guests", "web1", RECORD)
    assert records.load(tmp_path / "guests", "web1") == RECORD
    assert (tmp_path / "guests" / "web1.json").stat().st_mode & 0o777 == 0o600


def test_a_guest_that_was_never_started(tmp_path: Path) -> None:
    assert records.load(tmp_path, "web1") is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"uuid": "x", "digest": "y"}', '{"uuid": "x", "digest": "y", "console_offset": "z"}',
     '{"uuid": "x", "digest": "y", "console_offset": null}', "\udcff"],
)
def test_a_record_that_cannot_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "web1.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert records.load(tmp_path, "web1") is None
