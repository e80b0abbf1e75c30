# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback answers: a line for each result, without passwords."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.


def result(host: str, **data: Any) -> Any:
    return SimpleNamespace(_host=SimpleNamespace(get_name=lambda: host), _task=SimpleNamespace(action="a.b.c"), _result=data)


def test_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from ansible_collections.xenfleet.stubdom.plugins.callback.answers import CallbackModule

    callback = CallbackModule()
    monkeypatch.setattr(callback, "get_option", lambda key: str(tmp_path / "answers") if key == "path" else None)
    callback.v2_runner_on_ok(result("xen1", guests=[{"passwd": "abc", "size": {1}}]))
    callback.v2_runner_on_failed(result("xen2", msg="odd"), ignore_errors=True)
    callback.v2_runner_on_unreachable(result("xen3", msg="down", unreachable=True))
    lines = [json.loads(line) for line in (tmp_path / "answers").read_text().splitlines()]
    assert [(line["host"], line["action"], line["ok"]) for line in lines] == [
        ("xen1", "a.b.c", True), ("xen2", "a.b.c", False), ("xen3", "a.b.c", False),
    ]  # fmt: skip
    assert lines[0]["result"] == {"guests": [{"passwd": "********", "size": "{1}"}]}
    assert capsys.readouterr().out == ""
