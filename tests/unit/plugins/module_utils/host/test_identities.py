# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which disks domains have open for writing, as xenstore and xend show them, and under which paths of the host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.identities import SameDisks, identify
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.info import domains
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Identity
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain


def identified(toolstack: FakeToolstack, tmp_path: Path, *targets: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the result, and uuid and disks of each domain by its name."""
    found = toolstack.domains()
    rows = domains(toolstack, found, tmp_path / "store", tmp_path)
    result = identify(toolstack, found, rows, targets)
    return result, {row["name"]: (row.get("uuid"), row.get("writes")) for row in rows}


def test_the_disks_of_a_stub_domain_are_those_of_its_guest(tmp_path: Path) -> None:
    toolstack = FakeToolstack(domain("app1", 3), domain("app1-dm", 4), domain("web1", 5))
    toolstack.targets[4] = 3
    toolstack.known = {3: Identity("u3", frozenset({"/dev/b"})), 4: Identity("u4", frozenset({"/dev/a"})), 5: Identity("u5")}
    assert identified(toolstack, tmp_path) == ({"unidentified": ""}, {
        "app1": ("u3", ["/dev/a", "/dev/b"]), "app1-dm": ("u4", ["/dev/a"]), "web1": ("u5", [])})


def test_a_password_in_a_target_is_not_shown(tmp_path: Path) -> None:
    toolstack = FakeToolstack(domain("web1", 5))
    toolstack.known = {5: Identity("u5", frozenset({"rbd:pool/web1:id=x:key=AQDgeheim==:mon_host=h"}))}
    shown = "rbd:pool/web1:id=x:key=********:mon_host=h"
    assert identified(toolstack, tmp_path)[1] == {"web1": ("u5", [shown])}


def test_a_host_that_answers_half(tmp_path: Path) -> None:
    toolstack = FakeToolstack(domain("web1", 5))
    toolstack.failing["identities", ""] = "xenstore-ls failed"
    assert identified(toolstack, tmp_path) == ({"unidentified": "xenstore-ls failed"}, {"web1": (None, None)})


def test_another_path_of_the_same_disk_is_the_same_disk(tmp_path: Path) -> None:
    target, other, alias, hard = (str(tmp_path / name) for name in ("web1.img", "other.img", "alias.img", "hard.img"))
    Path(target).touch()
    Path(other).touch()
    os.symlink(target, alias)
    os.link(target, hard)
    same = SameDisks([target, "/nonexistent", "iqn.2026-11.test:web1"])
    assert same.with_targets([alias]) == {alias, target}
    assert same.with_targets([hard, other]) == {hard, other, target}
    assert same.with_targets([other]) == {other}
    assert same.with_targets(["/nonexistent", "iqn.2026-11.test:web1", "iqn.2026-11.test:db1"]) == {
        "/nonexistent", "iqn.2026-11.test:web1", "iqn.2026-11.test:db1"}
    assert same.with_targets([]) == set()


def test_a_block_device_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"/dev/san/web1": 64512, "/dev/dm-0": 64512, "/dev/dm-1": 64513}

    def stat(path: str) -> os.stat_result:
        return os.stat_result((0o60660, 1, 1, 1, 0, 0, 0, 0, 0, 0), {"st_rdev": numbers[path]})

    monkeypatch.setattr(os, "stat", stat)
    same = SameDisks(["/dev/san/web1"])
    assert same.with_targets(["/dev/dm-0"]) == {"/dev/dm-0", "/dev/san/web1"}
    assert same.with_targets(["/dev/dm-1"]) == {"/dev/dm-1"}
