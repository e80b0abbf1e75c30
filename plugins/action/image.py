# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send an image to a host that lacks it; the module of the same name documents the options."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.sources import read_sources
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import ImageError

# Options that are replaced for the second call, whose files are those that were sent.
_OF_THE_CONTROLLER = ("src", "file", "sha256", "files", "remote_src")


class ActionModule(ActionBase):
    """Call the module first without the files: a file that the host has already is not sent."""

    TRANSFERS_FILES = True
    MODULE = "xenfleet.stubdom.image"
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module. Raise AnsibleActionFail when a file is missing on the controller."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            answer = self._call(self._task.args, task_vars)
            # The host reports whether it lacks the files, but the task alone decides which files are sent.
            if answer.pop("missing", False) and not answer.get("failed") and not self._task.check_mode:
                answer = self._call(self._send(), task_vars)
                answer.pop("missing", None)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        result.update(answer)
        return result

    def _call(self, args: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        answer: dict[str, Any] = self._execute_module(module_name=self.MODULE, module_args=args, task_vars=task_vars)
        return answer

    def _send(self) -> dict[str, Any]:
        """Send all files of the image. Return the options with which the module finds them on the host."""
        args = self._task.args
        try:
            sources = read_sources(args)
        except ImageError as error:
            raise AnsibleActionFail(str(error)) from error
        paths = [os.path.expanduser(source.path) for source in sources]
        absent = [path for path in paths if not os.path.isfile(path)]
        if absent:
            reason = f"image {args['name']}: {', '.join(absent)}: no such file on the controller"
            raise AnsibleActionFail(with_remedy(reason, "build the image first"))
        shell = self._connection._shell
        # Numbered, because the module alone checks whether a file's name is allowed.
        remote = [shell.join_path(shell.tmpdir, f"image{number}") for number in range(len(paths))]
        files = []
        for source, path, place in zip(sources, paths, remote, strict=True):
            self._transfer_file(path, place)
            files.append({"src": place, "file": source.file, "sha256": source.sha256})
        self._fixup_perms2((shell.tmpdir, *remote))
        kept = {key: value for key, value in args.items() if key not in _OF_THE_CONTROLLER}
        return {**kept, **self._sent(files), "remote_src": True}

    def _sent(self, files: list[dict[str, str]]) -> dict[str, Any]:
        """Return the options that name the files on the host."""
        return {"files": files}
