# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module console_log never fails for a host that cannot log: it warns."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.console_setup import Setup
from ansible_collections.xenfleet.stubdom.plugins.modules import console_log


class Module:
    """In place of AnsibleModule: it keeps what it is given."""

    def __init__(self, **_spec: Any) -> None:
        self.params = {"arguments": "--log=guest", "state": "present"}
        self.check_mode = False
        self.warned: list[str] = []
        self.result: dict[str, Any] = {}

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def exit_json(self, **result: Any) -> None:
        self.result = result


NOT_SET = (
    "the arguments of xenconsoled cannot be set: [Errno 13] Permission denied. "
    "Remedy: correct that, or set stubdom_console_log: false."
)


@pytest.mark.parametrize(
    "outcome, logged, warned",
    [
        (Setup("/etc/default/xen", logged=True), True, []),
        (Setup(note="left. Remedy: none."), False, ["left. Remedy: none."]),
        (PermissionError(13, "Permission denied"), False, [NOT_SET]),
    ],
)
def test_it_warns(outcome: Any, logged: bool, warned: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def set_up(_arguments: str, _check: bool) -> Setup:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    made = Module()
    monkeypatch.setattr(console_log, "AnsibleModule", lambda **_spec: made)
    monkeypatch.setattr(console_log, "set_up", set_up)
    console_log.main()
    assert made.result["logged"] is logged
    assert made.warned == warned
