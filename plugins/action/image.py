# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings an image to a host that lacks it; see the module of the same name for its options."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

_MODULE = "xenfleet.stubdom.image"


class ActionModule(ActionBase):
    """Asks the host first, so that a file that it has already never crosses the network."""

    TRANSFERS_FILES = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        answer = self._execute_module(module_name=_MODULE, module_args=self._task.args, task_vars=task_vars)
        needs_upload = answer.get("changed") and not answer.get("failed") and not self._task.args.get("remote_src")
        if needs_upload and not self._task.check_mode:
            answer = self._upload(answer, task_vars)
        result.update(answer)
        return result

    def _upload(self, asked: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        source = os.path.expanduser(str(self._task.args["src"]))
        if not os.path.isfile(source):
            raise AnsibleActionFail(f"{source}: no such file on the controller. Remedy: build the image first.")
        remote = self._connection._shell.join_path(self._connection._shell.tmpdir, "image")
        self._transfer_file(source, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        file_name = self._task.args.get("file") or os.path.basename(source)
        args = {**self._task.args, "src": remote, "file": file_name, "remote_src": True}
        answer: dict[str, Any] = self._execute_module(module_name=_MODULE, module_args=args, task_vars=task_vars)
        self._remove_tmp_path(self._connection._shell.tmpdir)
        return {**answer, "diff": asked.get("diff", {})}
