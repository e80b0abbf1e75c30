# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of status: the files that it writes, and when. The page itself is seen in tests/status_page."""

from __future__ import annotations

import importlib
import json
import re
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from invented import NEW, OLD, Host, fleet

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.

MODEL = re.compile(r'<script type="application/json" id="model">(.*?)</script>', re.DOTALL)


def run(folder: Path, hosts: Any = None, check: bool = False, **args: Any) -> dict[str, Any]:
    from ansible_collections.xenfleet.stubdom.plugins.action.status import ActionModule

    given = {"hosts": fleet() if hosts is None else hosts, "json": str(folder / "fleet.json"),
             "html": str(folder / "fleet.html"), **args}
    task = SimpleNamespace(args={key: value for key, value in given.items() if value}, check_mode=check, async_val=0,
                           diff=False, action="xenfleet.stubdom.status")
    shell = SimpleNamespace(tmpdir=None)
    action = ActionModule(task, SimpleNamespace(_shell=shell), SimpleNamespace(), None, None, None)
    answer: dict[str, Any] = action.run(None, {})
    return answer


def actions(answer: dict[str, Any]) -> list[str]:
    return [file["action"] for file in answer["files"]]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the time of a run."""
    from ansible_collections.xenfleet.stubdom.plugins.action import status

    def set_to(hour: int) -> None:
        text = f"2026-11-23T{hour:02}:00:00Z"
        now = SimpleNamespace(strftime=lambda _format: text)
        monkeypatch.setattr(status, "datetime", SimpleNamespace(now=lambda _zone: now, fromtimestamp=datetime.fromtimestamp))

    return set_to


def test_both_files_hold_the_model(tmp_path: Path) -> None:
    answer = run(tmp_path)
    assert (answer["changed"], actions(answer)) == (True, ["written", "written"])
    assert json.loads((tmp_path / "fleet.json").read_text()) == answer["status"]
    page = (tmp_path / "fleet.html").read_text()
    found = MODEL.search(page)
    assert found and json.loads(found[1]) == answer["status"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}
    assert answer["report"].startswith("HOST ")
    assert len(answer["status"]["guests"]) == 20


def test_nothing_is_written_unasked(tmp_path: Path) -> None:
    answer = run(tmp_path, json="", html="")
    assert (answer["changed"], answer["files"], list(tmp_path.iterdir())) == (False, [], [])


def test_the_time_alone_changes_no_file(tmp_path: Path, at: Any) -> None:
    at(1)
    run(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    at(2)
    answer = run(tmp_path)
    assert (answer["changed"], actions(answer)) == (False, ["unchanged", "unchanged"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    changed = run(tmp_path, {"xen1": Host().guest("web1").facts()})
    assert (changed["changed"], actions(changed)) == (True, ["written", "written"])
    assert "2026-11-23T02:00:00Z" in (tmp_path / "fleet.json").read_text()


def test_check_mode_says_what_it_would_do(tmp_path: Path) -> None:
    assert actions(run(tmp_path, check=True)) == ["not written, as this is check mode"] * 2
    assert list(tmp_path.iterdir()) == []
    run(tmp_path)
    again = run(tmp_path, check=True)
    assert (again["changed"], actions(again)) == (False, ["unchanged"] * 2)


@pytest.mark.parametrize("old", ["", "no page at all", '"time": "2026-11-23T01:00:00Z"'])
def test_what_is_no_page_of_ours_is_replaced(tmp_path: Path, old: str) -> None:
    (tmp_path / "fleet.html").write_text(old)
    assert actions(run(tmp_path)) == ["written", "written"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    from ansible.errors import AnsibleActionFail

    (tmp_path / "fleet.json").mkdir()
    with pytest.raises(AnsibleActionFail, match="fleet.json: the status cannot be written: Is a directory. Remedy: "):
        run(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fleet.json"]


def test_metrics_are_written_at_each_run_and_count_as_a_change_when_they_are_others(tmp_path: Path, at: Any) -> None:
    path = tmp_path / "fleet.prom"
    for hour, expected in ((1, (True, ["written"])), (2, (False, ["only its time updated"]))):
        at(hour)
        answer = run(tmp_path, json="", html="", textfile=str(path))
        assert (answer["changed"], actions(answer)) == expected
    at(3)
    assert actions(run(tmp_path, json="", html="", textfile=str(path), check=True)) == ["unchanged"]
    assert "xenfleet_status_timestamp_seconds 1795399200\n" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644
    other = run(tmp_path, {"xen1": Host().facts()}, json="", html="", textfile=str(path))
    assert (other["changed"], actions(other), [one.name for one in tmp_path.iterdir()]) == (True, ["written"], ["fleet.prom"])


@pytest.mark.parametrize("fail_on, words", [
    ("problems", "4 problems"),
    (["not_seen"], "1 host that was not seen"),
    ("stale, pending", "2 stale guests, 3 pending definitions"),
])
def test_it_fails_because_of_what_it_is_told(tmp_path: Path, fail_on: Any, words: str) -> None:
    answer = run(tmp_path, fail_on=fail_on)
    assert (answer["failed"], answer["msg"].startswith(f"the fleet has {words}. Remedy: ")) == (True, True)
    # The files are written all the same, and what was printed does not stand in the failure.
    assert actions(answer) == ["written", "written"]
    assert not {"report", "status"} & answer.keys()
    assert "failed" not in run(tmp_path, {"xen1": Host().guest("web1").facts()}, fail_on=fail_on)


@pytest.mark.parametrize("fail_on", ["", ",", []])
def test_it_fails_because_of_nothing_else(tmp_path: Path, fail_on: Any) -> None:
    assert "failed" not in run(tmp_path, fail_on=fail_on)


@pytest.mark.parametrize("fail_on, value", [("lots", "'lots'"), (["stale", 7], "7"), ({"stale": 1}, "{'stale': 1}"), (True, "True")])
def test_what_it_may_fail_because_of_is_checked_before_anything_is_written(tmp_path: Path, fail_on: Any, value: str) -> None:
    from ansible.errors import AnsibleActionFail

    expected = f"fail_on (stubdom_status_fail_on) = {value}: is unknown. Remedy: give some of problems, stale, pending, not_seen."
    with pytest.raises(AnsibleActionFail, match=re.escape(expected)):
        run(tmp_path, fail_on=fail_on)
    assert list(tmp_path.iterdir()) == []


def test_what_is_embedded_cannot_end_its_element(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><!--\u2028'\""
    run(tmp_path, {evil: Host(NEW).guest(evil, problem=evil).foreign(f"x{evil}").facts()})
    page = (tmp_path / "fleet.html").read_text()
    assert len(re.findall(r"<script", page)) == len(re.findall(r"</script", page)) == 2
    assert "alert(1)</" not in page
    assert "<!--" not in page


def test_the_documented_model_is_the_one_that_is_made(tmp_path: Path) -> None:
    module = importlib.import_module("ansible_collections.xenfleet.stubdom.plugins.modules.status")
    sample = {key: found["sample"] for key, found in yaml.safe_load(module.RETURN).items()}
    answer = run(tmp_path, {"xen1": Host(OLD, NEW).hvm("app1", is_old=True).foreign("scratch").facts()})
    assert answer.keys() - {"changed"} == sample.keys()
    assert shape(answer["status"]) == shape(sample["status"])
    assert shape(answer["files"]) == shape(sample["files"])


def test_the_options_are_those_of_the_documentation() -> None:
    from ansible_collections.xenfleet.stubdom.plugins.action.status import _SPEC

    module = importlib.import_module("ansible_collections.xenfleet.stubdom.plugins.modules.status")
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    told = {name: {key: value for key, value in said.items() if key != "description"} for name, said in options.items()}
    assert told == _SPEC


def shape(value: Any) -> Any:
    """The keys of a mapping, all the way down; of a list, of its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else ""
