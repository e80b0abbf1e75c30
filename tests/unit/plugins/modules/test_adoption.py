# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of another origin that means the same as its guest's definition stays, until one of them means something else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal import scan

BY_HAND = """\
# Made by an operator.
vcpus=1
memory = '128'
kernel = '{kernel}'   ; type = "pv"
name="web1"
"""
KEPT = "was not written by this collection; it means the same and stays as it is"


class Adoption:
    """A host with a guest's file by hand, and a definition of the same meaning."""

    def __init__(self, modules: Any, host: Any) -> None:
        self.modules, self.host = modules, host
        self.path: Path = modules.config / "web1.cfg"
        self.write(BY_HAND)
        self.path.chmod(0o644)

    def write(self, text: str) -> None:
        self.path.write_text(text.format(kernel=self.modules.kernel), encoding="utf-8")
        os.utime(self.path, (1_000_000_000, 1_000_000_000))

    def replace(self, old: str, new: str) -> None:
        text = self.path.read_text(encoding="utf-8")
        assert old in text
        self.path.write_text(text.replace(old, new), encoding="utf-8")

    def config(self, adopt: bool = False, check: bool = False, **changes: Any) -> dict[str, Any]:
        """The answer of guest_config, which check mode gives as well and without any change."""
        guests = [{"name": "web1", **changes} if changes.get("state") == "absent" else self.modules.guest("web1", **changes)]
        before = self.files()
        checked = self.modules.run("guest_config", check=True, guests=guests, adopt=adopt)
        assert self.files() == before
        self.answer: dict[str, Any] = checked if check else self.modules.run("guest_config", guests=guests, adopt=adopt)
        assert {**checked, "invocation": None} == {**self.answer, "invocation": None}
        found: dict[str, Any] = self.answer["guests"][0]
        assert self.answer["changed"] is (found["action"] != "none")
        return found

    def state(self, check: bool = False, configured: bool = True, **changes: Any) -> dict[str, Any]:
        given = {"configured": self.answer["guests"]} if configured else {}
        answer = self.modules.run("guest_state", check=check, guests=[self.modules.guest("web1", **changes)], **given)
        found: dict[str, Any] = answer["guests"][0]
        assert found["problems"] == []
        return found

    def files(self) -> dict[str, tuple[int, bytes]]:
        folders = self.modules.config, self.modules.folder / "records"
        return {
            str(path): (path.stat().st_mode, path.read_bytes())
            for folder in folders for path in folder.rglob("*") if path.is_file()
        }  # fmt: skip

    def asked(self) -> int:
        count = len(self.host.calls("create -n"))
        self.host.forget_calls()
        return count


@pytest.fixture
def by_hand(modules: Any, host: Any) -> Adoption:
    return Adoption(modules, host)


def test_it_stays_and_later_runs_ask_nothing(by_hand: Adoption) -> None:
    before = by_hand.path.read_bytes()
    assert "adopt: true" in by_hand.config()["problems"][0]["text"]
    assert by_hand.asked() == 0
    for adopt, asked in ((True, 4), (False, 0), (True, 0)):
        found = by_hand.config(adopt=adopt)
        assert (found["action"], found["changes"], found["backup"], found["problems"]) == ("none", [], "", [])
        assert found["notes"] == [f"guest web1: {by_hand.path} {KEPT}"]
        assert by_hand.asked() == asked  # both texts, in check mode and in the run
    assert (by_hand.path.read_bytes(), by_hand.path.stat().st_mode & 0o777) == (before, 0o644)
    assert os.listdir(by_hand.modules.config) == ["web1.cfg"]
    record = by_hand.modules.folder / "records" / "meaning" / "web1.json"
    assert record.stat().st_mode & 0o777 == 0o600
    # Without the record, it is as at first.
    record.unlink()
    assert len(by_hand.config()["problems"]) == 1


@pytest.mark.parametrize("configured", [True, False])
def test_the_guest_starts_from_it_and_needs_no_restart(configured: bool, by_hand: Adoption) -> None:
    by_hand.config(adopt=True)
    assert by_hand.state()["action"] == "started"
    by_hand.config()
    assert by_hand.state(configured=configured, restart="on_change")["restart_needed"] is False
    # A definition that is only spelled differently is compared once more.
    by_hand.asked()
    assert by_hand.config(settings={"on_poweroff": "destroy"})["action"] == "none"
    assert by_hand.asked() == 4
    assert by_hand.config(settings={"on_poweroff": "destroy"})["action"] == "none"
    assert by_hand.asked() == 0
    assert by_hand.state(configured=configured, restart="on_change", settings={"on_poweroff": "destroy"})["restart_needed"] is False


def test_a_domain_of_our_own_file_runs_on_when_a_file_of_the_same_meaning_takes_its_place(by_hand: Adoption) -> None:
    by_hand.path.unlink()
    by_hand.config()
    by_hand.state()
    by_hand.write(BY_HAND)
    assert by_hand.config(adopt=True)["action"] == "none"
    for configured in (True, False):
        assert by_hand.state(configured=configured, restart="on_change")["restart_needed"] is False


@pytest.mark.parametrize("old, new, asked", [
    ("# Made by an operator.", "# Made by somebody else.", 0), ("vcpus=1\n", "vcpus=1\n\n  # one\n", 0),
    ("vcpus=1\n", "vcpus = 1 # one\n", 4), ("'128'", "0x80", 4),
])  # fmt: skip
@pytest.mark.parametrize("by_operator", [False, True])
def test_a_change_by_hand_that_means_the_same_is_no_reason_for_anything(
    by_operator: bool, old: str, new: str, asked: int, by_hand: Adoption
) -> None:
    if by_operator:
        assert by_hand.host.run("xl", "create", "-q", str(by_hand.path)).returncode == 0
    by_hand.config(adopt=True)
    assert by_hand.state()["action"] == ("none" if by_operator else "started")
    by_hand.asked()
    by_hand.replace(old, new)
    assert (by_hand.config()["action"], by_hand.asked()) == ("none", asked)
    assert (by_hand.config()["action"], by_hand.asked()) == ("none", 0)
    for configured in (True, False):
        assert by_hand.state(configured=configured, restart="on_change")["restart_needed"] is False


def test_a_change_by_hand_of_the_meaning_is_refused_or_replaced_with_a_copy(by_hand: Adoption) -> None:
    by_hand.config(adopt=True)
    by_hand.replace("'128'", "'64'")
    problem = by_hand.config()["problems"][0]
    assert problem["reason"] == "was not written by this collection, and no longer means the same as the definition (memory)"
    assert problem["remedy"].startswith("change it back, ") and "set guests_adopt: true" in problem["remedy"]
    assert os.listdir(by_hand.modules.config) == ["web1.cfg"]
    found = by_hand.config(adopt=True)
    assert (found["action"], found["backup"]) == ("updated", f"{by_hand.path}.orig")
    assert by_hand.config()["action"] == "none"


def test_a_text_that_cannot_be_read_any_more_is_refused(by_hand: Adoption) -> None:
    by_hand.config(adopt=True)
    by_hand.replace("'128'", "")
    assert "(it cannot be read)" in by_hand.config()["problems"][0]["reason"]


def test_another_definition_replaces_it_and_keeps_a_copy(by_hand: Adoption) -> None:
    before = by_hand.path.read_bytes()
    by_hand.config(adopt=True)
    by_hand.state()
    found = by_hand.config(memory=64)
    assert (found["action"], [change["key"] for change in found["changes"]]) == ("updated", ["memory"])
    assert Path(found["backup"]).read_bytes() == before
    assert by_hand.path.stat().st_mode & 0o777 == 0o600
    assert by_hand.state(memory=64)["restart_needed"] is True
    assert by_hand.state(memory=64, restart="on_change")["action"] == "restarted"
    # It is ours now.
    assert by_hand.config(memory=32)["backup"] == ""


def test_a_run_that_ended_before_it_replaced_the_file_needs_no_other_leave(by_hand: Adoption) -> None:
    by_hand.config(adopt=True)
    before = by_hand.path.read_bytes()
    by_hand.config(memory=64)
    by_hand.path.write_bytes(before)
    assert by_hand.config(memory=64)["action"] == "updated"


def test_another_release_of_xen_compares_once_more(by_hand: Adoption) -> None:
    by_hand.config(adopt=True)
    record = by_hand.modules.folder / "records" / "meaning" / "web1.json"
    record.write_text(record.read_text().replace('"judge": "xl ', '"judge": "xl 3'))
    by_hand.asked()
    assert (by_hand.config()["action"], by_hand.asked()) == ("none", 4)
    assert (by_hand.config()["action"], by_hand.asked()) == ("none", 0)


@pytest.mark.parametrize("case", ["adopted", "changed", "never"])
def test_absent_removes_only_what_was_adopted_and_is_unchanged(case: str, by_hand: Adoption) -> None:
    if case != "never":
        by_hand.config(adopt=True)
    if case == "changed":
        by_hand.replace("vcpus=1", "vcpus=2")
    found = by_hand.config(adopt=True, state="absent")
    if case == "adopted":
        assert (found["action"], found["backup"]) == ("removed", f"{by_hand.path}.orig")
        assert os.listdir(by_hand.modules.config) == ["web1.cfg.orig"]
    else:
        assert len(found["problems"]) == 1 and by_hand.path.is_file()


def test_a_password_that_others_may_read_is_told(by_hand: Adoption) -> None:
    password = {"settings": {"vfb": ["vnc=1,vncpasswd=sesame"]}}
    by_hand.write(BY_HAND + "vfb=[ 'vnc=1,vncpasswd=sesame' ]\n")
    for adopt in (True, False):
        found = by_hand.config(adopt=adopt, **password)
        assert (found["action"], found["notes"][1:]) == (
            "none", [f"guest web1: {by_hand.path} holds a password and has the mode 0644; set it to 0600"]
        )  # fmt: skip
    by_hand.path.chmod(0o600)
    assert len(by_hand.config(**password)["notes"]) == 1
    assert "sesame" not in (by_hand.modules.folder / "records" / "meaning" / "web1.json").read_text()


def test_removal_leaves_it_and_forgets_its_record(by_hand: Adoption, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "ROOT", str(by_hand.modules.folder / "exports"))
    monkeypatch.setattr(scan, "HOME", str(by_hand.modules.folder / "home"))
    guests = [by_hand.modules.guest("web1", autostart=True, order=1)]
    by_hand.modules.run("guest_config", guests=guests, adopt=True)
    by_hand.modules.run("guest_config", guests=guests)
    record = by_hand.modules.folder / "records" / "meaning" / "web1.json"
    assert record.is_file()
    answer = by_hand.modules.run("removal")
    link = by_hand.modules.folder / "auto" / "1001-00-web1.cfg"
    assert any(text.startswith(f"{by_hand.path}: was not written by this collection") for text in answer["left"])
    assert answer["guests"] == [] and str(record) in answer["files"]
    assert any(path.endswith(link.name) for path in answer["files"])
    assert by_hand.path.is_file() and not record.exists()
