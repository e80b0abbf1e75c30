# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin itself: which files are its own, and that it never asks itself. What it lists is tested by
tests/playbooks/test_inventory.py."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.


def plugin() -> Any:
    from ansible_collections.xenfleet.stubdom.plugins.inventory.guests import InventoryModule

    return InventoryModule()


@pytest.mark.parametrize("name,wanted", [("a.guests.yml", True), ("xen_guests.yaml", True), ("hosts.yml", False)])
def test_its_files(tmp_path: Path, name: str, wanted: bool) -> None:
    (tmp_path / name).touch()
    assert plugin().verify_file(str(tmp_path / name)) == wanted


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert not plugin().verify_file(str(tmp_path / "a.guests.yml"))


def test_vault_passwords_come_from_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible import context

    given: dict[str, Any] = {"vault_ids": ("dev@/v", "prod@prompt"), "vault_password_files": ["/p"]}
    monkeypatch.setattr(context, "CLIARGS", given)
    assert plugin()._vault_options() == ["--vault-id", "dev@/v", "--vault-password-file", "/p"]
    given.clear()
    assert plugin()._vault_options() == []


def test_in_the_process_that_it_starts_it_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = plugin()
    monkeypatch.setattr(type(module).__mro__[1], "parse", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(module, "_read", lambda _path: None)
    monkeypatch.setenv("XENFLEET_ASKED", "1")
    module.inventory = SimpleNamespace()
    module.parse(module.inventory, None, str(tmp_path / "a.guests.yml"))
