# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module that changes a host takes the host's lock, and none does in check mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import program

MODULES = ["exports", "fs_backend", "guest_config", "guest_state", "image", "removal"]


def params(modules: Any, name: str) -> dict[str, Any]:
    """With which it would change something."""
    file = modules.folder / "file"
    file.write_bytes(b"x")
    if name == "guest_state":
        (modules.config / "web1.cfg").write_text(f'name = "web1"\nkernel = "{modules.kernel}"\n', encoding="utf-8")
    if name == "removal":
        (modules.folder / "store" / "some" / "2d711642b726b044").mkdir(parents=True)
    sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    given: dict[str, dict[str, Any]] = {
        "exports": {"path": str(modules.folder / "exports"), "links": [{"name": "etc"}]},
        "fs_backend": {"release": "3.4", "program": str(file), "store": str(modules.folder / "store")},
        "guest_config": {"guests": [modules.guest()]},
        "guest_state": {"guests": [modules.guest()]},
        "image": {"name": "some", "src": str(file), "sha256": sha256, "remote_src": True},
        "removal": {},
    }
    return given[name]


@pytest.fixture
def ready(modules: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(program, "service_manager", lambda: "systemd")
    return modules


def state_of(folder: Path) -> set[str]:
    """All files but those of the fake Xen, and what a call leaves of itself."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "host" not in path.parts}


@pytest.mark.parametrize("name", MODULES)
def test_while_another_run_has_it_nothing_is_changed(name: str, ready: Any, host: Any) -> None:
    given = params(ready, name)
    with host_lock.hold(ready.folder / "lock", 0, "guest_config"):
        before = state_of(ready.folder)
        answer = ready.run(name, lock_timeout=0, **given)
        assert answer["failed"] is True
        assert answer["msg"].startswith(f"lock = '{ready.folder}/lock': guest_config, process ")
        assert "Remedy: let that run end" in answer["msg"]
        assert state_of(ready.folder) == before
        assert host.mutating_calls() == []
        assert ready.run(name, check=True, lock_timeout=0, **given)["changed"] is True
    assert ready.run(name, lock_timeout=0, **given)["changed"] is True


@pytest.mark.parametrize("name", MODULES)
def test_check_mode_makes_no_lock(name: str, ready: Any) -> None:
    ready.run(name, check=True, **params(ready, name))
    assert not (ready.folder / "lock").exists()


def test_what_is_written_for_another_machine_needs_no_lock(ready: Any) -> None:
    ready.run("guest_config", release="4.17", guests=[ready.guest("other")])
    assert not (ready.folder / "lock").exists()
    assert (ready.config / "other.cfg").exists()
