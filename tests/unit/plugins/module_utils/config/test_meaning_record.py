# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import meaning_record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.same_meaning import (
    EarlierText,
    MeaningRecord,
    from_dict,
)

RECORD = MeaningRecord("0a", (EarlierText("0b", 12.5),), "1-2-3", True)


def test_a_record_is_read_as_it_was_written_and_only_root_may_read_it(tmp_path: Path) -> None:
    meaning_record.save(tmp_path, "web1", RECORD)
    path = meaning_record.path_of(tmp_path, "web1")
    assert path.stat().st_mode & 0o777 == 0o600
    assert meaning_record.load(tmp_path, "web1", "0a") == RECORD
    assert meaning_record.load(tmp_path, "web1", "0c") == MeaningRecord("0c"), "that of another text"
    assert meaning_record.load(tmp_path, "web2", "0a") == MeaningRecord("0a")
    assert RECORD.digests == {"0a", "0b"}


def test_what_guest_config_returned_comes_before_the_record(tmp_path: Path) -> None:
    meaning_record.save(tmp_path, "web1", MeaningRecord("0a", uuid="9"))
    through_json = json.loads(json.dumps(RECORD.as_dict()))
    assert meaning_record.load(tmp_path, "web1", "0a", through_json) == RECORD
    assert meaning_record.load(tmp_path, "web1", "0a", {}).uuid == "9"


@pytest.mark.parametrize("content", [None, [], "text", {}, {"digest": "0a"}, {**RECORD.as_dict(), "earlier": [1]},
                                     {**RECORD.as_dict(), "earlier": [{"digest": "0b", "changed_at": "x"}]}])  # fmt: skip
def test_anything_else_is_not_a_record(content: Any) -> None:
    assert from_dict(content) is None
