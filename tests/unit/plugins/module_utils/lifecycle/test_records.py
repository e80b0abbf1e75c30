# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import meaning_record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.same_meaning import MeaningRecord
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record

RECORD = Record("5f0c2f5e", "7d86", 1234)


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


def test_a_start_that_is_under_way_is_no_start(tmp_path: Path) -> None:
    records.begin(tmp_path, "web1", RECORD)
    assert (records.begun(tmp_path, "web1"), records.load(tmp_path, "web1")) == (RECORD, None)
    records.save(tmp_path, "web1", RECORD)
    assert (records.begun(tmp_path, "web1"), records.load(tmp_path, "web1")) == (None, RECORD)


def test_a_pause_is_that_of_one_domain(tmp_path: Path) -> None:
    assert records.paused(tmp_path, "web1") == ""
    records.pause(tmp_path, "web1", "5f0c2f5e")
    assert records.paused(tmp_path, "web1") == "5f0c2f5e"
    records.forget_pause(tmp_path, "web1")
    assert records.paused(tmp_path, "web1") == ""


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_a_pause_that_cannot_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "paused").mkdir()
    (tmp_path / "paused" / "web1.json").write_text(text, encoding="utf-8")
    assert records.paused(tmp_path, "web1") == ""


def test_all_of_a_guest_is_forgotten_and_nothing_of_another(tmp_path: Path) -> None:
    for name in ("web1", "starting", "paused", "web1.json"):
        records.save(tmp_path, name, RECORD)
        records.begin(tmp_path, name, RECORD)
        records.pause(tmp_path, name, "uuid")
    records.forget(tmp_path, "web1")
    records.forget(tmp_path, "web1")
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json"))
    others = ("paused.json", "starting.json", "web1.json.json")
    assert found == sorted([*others, *(f"paused/{name}" for name in others), *(f"starting/{name}" for name in others)])
    for name in ("starting", "paused", "web1.json"):
        assert records.load(tmp_path, name) == records.begun(tmp_path, name) == RECORD


def test_what_is_ours_says_so(tmp_path: Path) -> None:
    records.save(tmp_path, "web1", RECORD)
    records.begin(tmp_path, "web2", RECORD)
    records.pause(tmp_path, "web1", "5f0c2f5e")
    meaning_record.save(tmp_path, "web1", MeaningRecord("0a1b"))
    (tmp_path / "paused" / ".web2.json.file.tmp").write_text('{"uu', encoding="utf-8")
    for name in ("note.txt", "web3.json", "starting/web3.json", "paused/web3.json", "meaning/web3.json", ".web3.txt.file.tmp"):
        (tmp_path / name).write_text('{"uuid": "x", "mine": true}', encoding="utf-8")
    (tmp_path / "web4.json").write_text('{"uuid": "x"}', encoding="utf-8")
    (tmp_path / "web5.json").symlink_to("web1.json")
    (tmp_path / "web6.json").mkdir()
    found = [path for folder in records.folders_of(tmp_path) for path in folder.iterdir() if records.is_record(path)]
    assert sorted(str(path.relative_to(tmp_path)) for path in found) == [
        "meaning/web1.json", "paused/.web2.json.file.tmp", "paused/web1.json", "starting/web2.json", "web1.json",
    ]  # fmt: skip
