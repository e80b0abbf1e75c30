# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules run as on a host, through their ``main``, against the fake Xen toolstack."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Callable

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import program as fsprogram
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import needs
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import minios_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal import scan

_RUN = """
import importlib, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.stdin.buffer.read(), "legacy"
importlib.import_module("ansible_collections.xenfleet.stubdom.plugins.modules." + sys.argv[1]).main()
"""


class Modules:
    """A host's folders, and the modules that work on them; ``output`` is what the last run printed. ``sleep`` is what the
    modules do to wait: nothing, as the fake Xen needs no time."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.kernel = folder / "vmlinuz"
        self.kernel.write_bytes(b"kernel")
        self.config = folder / "xen"
        self.config.mkdir()
        self.output = ""
        self.sleep: Callable[[float], object] = lambda _seconds: None
        self._patch = patch
        self._capsys = capsys

    def places(self, name: str) -> dict[str, str]:
        """The folders that a module is told of."""
        where = {
            "config_dir": str(self.config),
            "autostart_dir": str(self.config / "auto"),
            "store": str(self.folder / "store"),
            "records": str(self.folder / "records"),
            # Where the fake Xen's guests and stub domains print.
            "console_dir": str(self.folder / "host" / "console"),
            "log_dir": str(self.folder / "host" / "log"),
            "lock": str(self.folder / "lock"),
            "proofs": str(self.folder / "proofs"),
        }
        has = {
            "exports": ("lock",),
            "fs_backend": ("lock",),
            "guest_config": ("config_dir", "autostart_dir", "records", "store", "lock"),
            "guest_state": ("config_dir", "records", "store", "console_dir", "log_dir", "lock"),
            "guest_info": ("store", "records", "console_dir"),
            "host_info": ("store",),
            "image": ("store", "config_dir", "lock"),
            "boot_proof": ("records",),
            "minios_stubdom_install": ("lock",),
            "removal": ("config_dir", "autostart_dir", "store", "records", "proofs", "lock"),
        }
        return {key: where[key] for key in has.get(name, ())}

    def arguments(self, module: str, check: bool, params: dict[str, Any]) -> dict[str, Any]:
        """What Ansible tells a module."""
        internal = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": str(self.folder)}
        return {"ANSIBLE_MODULE_ARGS": {**self.places(module), **params, **internal}}

    def begin(self, module: str, **params: Any) -> subprocess.Popen[str]:
        """A run as a process, which leads a group of its own; it has begun, and not ended."""
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        begun = subprocess.Popen(
            [sys.executable, "-c", _RUN, module], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        assert begun.stdin is not None
        begun.stdin.write(json.dumps(self.arguments(module, False, params)))
        begun.stdin.close()
        return begun

    def run(self, module: str, check: bool = False, **params: Any) -> dict[str, Any]:
        """The answer of one run."""
        arguments = self.arguments(module, check, params)
        with self._patch.context() as patch:
            patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(arguments).encode())
            # ansible-core 2.19 wants to know how its arguments were written; older ones do not look.
            patch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
            patch.setattr("time.sleep", self.sleep)
            # A module is a process of its own, which begins without the warnings of another one.
            warnings._global_warnings.clear()
            main = importlib.import_module(f"ansible_collections.xenfleet.stubdom.plugins.modules.{module}").main
            self._capsys.readouterr()
            with pytest.raises(SystemExit):
                main()
        self.output = self._capsys.readouterr().out
        answer: dict[str, Any] = json.loads(self.output)
        return answer

    @staticmethod
    def until(what: Callable[[], bool]) -> None:
        """In real seconds, whatever ``sleep`` is."""
        end = monotonic() + 120
        while not what():
            assert monotonic() < end, "it does not come"
            sleep(0.02)

    def program(self, path: str) -> Path:
        """A program of the host, below a folder of its own."""
        place = self.folder / "dom0" / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("#!/bin/sh\n", encoding="utf-8")
        place.chmod(0o755)
        return place

    def guest(self, name: str = "web1", **changes: Any) -> dict[str, Any]:
        """A definition that is in order on this host."""
        boot = {"method": "direct", "kernel": str(self.kernel)}
        return {"name": name, "type": "pv", "memory": 128, "boot": boot, **changes}

    def files(self) -> dict[str, str]:
        """All that lies in the folder of configurations, links with an arrow."""
        found = {}
        for path in sorted(self.config.rglob("*")):
            key = str(path.relative_to(self.config))
            if path.is_symlink():
                found[key] = f"-> {path.readlink() if hasattr(path, 'readlink') else path.resolve()}"
            elif path.is_file():
                found[key] = path.read_text(encoding="utf-8")
        return found


@pytest.fixture
def modules(
    tmp_path: Path, host: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Modules:
    """The modules on the pretended host ``host``."""
    host.set_behaviour("*", polls=0)
    made = Modules(tmp_path, monkeypatch, capsys)
    monkeypatch.setattr(needs, "ROOT", tmp_path / "dom0")
    (tmp_path / "dom0/sys/class/net").mkdir(parents=True)
    monkeypatch.setattr(fsprogram, "ROOT", tmp_path / "dom0")
    monkeypatch.setattr(minios_install, "ROOT", tmp_path / "dom0")
    monkeypatch.setattr(scan, "ROOT", tmp_path / "dom0")
    folder = "/usr/lib/xen-4.17/bin"
    for path in ("/usr/libexec/xen-qemu-system-i386", f"{folder}/vchan-socket-proxy", f"{folder}/qemu-dm"):
        made.program(path)
    return made
