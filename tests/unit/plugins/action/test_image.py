# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugins of image and boot_proof: what they send to the host, and when. The host is a list of answers."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.

TMP = "/remote/ansible-tmp-1"
MISSING = {"changed": True, "missing": True, "image": {}, "removed": []}
DONE = {"changed": True, "missing": False, "image": {"name": "linux"}, "removed": ["v0"], "diff": {"after": "x"}}


class Host:
    """Answers the module's calls one after the other; ``did`` is all that happened, in order."""

    def __init__(self, *answers: Any, module: str = "image") -> None:
        self.answers = list(answers)
        self.module = module
        self.calls: list[dict[str, Any]] = []
        self.did: list[Any] = []

    def execute(self, module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        assert (module_name, task_vars) == (f"xenfleet.stubdom.{self.module}", {"a": 1})
        self.did.append("call")
        self.calls.append(module_args)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def run(host: Host, args: dict[str, Any], monkeypatch: pytest.MonkeyPatch, check: bool = False) -> dict[str, Any]:
    plugin = importlib.import_module(f"ansible_collections.xenfleet.stubdom.plugins.action.{host.module}")
    task = SimpleNamespace(args=args, check_mode=check, async_val=0, diff=False)
    shell = SimpleNamespace(tmpdir=TMP, join_path=lambda *parts: "/".join(parts))
    action = plugin.ActionModule(task, SimpleNamespace(_shell=shell), SimpleNamespace(), None, None, None)
    replaced = {
        "_execute_module": host.execute,
        "_transfer_file": lambda local, remote: host.did.append((local, remote)),
        "_fixup_perms2": host.did.append,
        "_remove_tmp_path": lambda path: host.did.append(("removed", path)),
    }
    for name, function in replaced.items():
        monkeypatch.setattr(action, name, function)
    answer: dict[str, Any] = action.run(None, {"a": 1})
    return answer


def refusal() -> type[Exception]:
    from ansible.errors import AnsibleActionFail

    failed: type[Exception] = AnsibleActionFail
    return failed


@pytest.fixture
def args(tmp_path: Path) -> dict[str, Any]:
    """Two files on the controller, in a folder that both lie in."""
    for name in ("kernel", "rootfs"):
        (tmp_path / name).write_bytes(b"x")
    files = [{"file": name, "sha256": name * 8, "path": f"/build/{name}"} for name in ("kernel", "rootfs")]
    return {"name": "linux", "src": str(tmp_path), "files": files, "keep": 2, "manifest": {"a": 1}}


def test_what_the_host_lacks_is_sent(args: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(MISSING, DONE)
    answer = run(host, args, monkeypatch)
    remote = [f"{TMP}/image0", f"{TMP}/image1"]
    assert host.did == [
        "call",
        (str(tmp_path / "kernel"), remote[0]),
        (str(tmp_path / "rootfs"), remote[1]),
        (TMP, *remote),
        "call",
        ("removed", TMP),
    ]
    assert host.calls == [
        args,
        {
            "name": "linux",
            "keep": 2,
            "manifest": {"a": 1},
            "files": [
                {"src": remote[0], "file": "kernel", "sha256": "kernel" * 8},
                {"src": remote[1], "file": "rootfs", "sha256": "rootfs" * 8},
            ],
            "remote_src": True,
        },
    ]
    assert {key: answer[key] for key in ("changed", "image", "removed", "diff")} == {
        key: DONE[key] for key in ("changed", "image", "removed", "diff")
    }
    assert "missing" not in answer


def test_a_single_file_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "grub.bin").write_bytes(b"x")
    host = Host(MISSING, DONE)
    run(host, {"name": "grub", "src": "~/grub.bin", "sha256": "s", "store": "/s"}, monkeypatch)
    assert host.did[1] == (str(tmp_path / "grub.bin"), f"{TMP}/image0")
    files = [{"src": f"{TMP}/image0", "file": "grub.bin", "sha256": "s"}]
    assert host.calls[1] == {"name": "grub", "store": "/s", "files": files, "remote_src": True}


def test_an_image_is_sent_to_be_booted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "pvgrub2-pvh.bin"
    source.write_bytes(b"x")
    host = Host(MISSING, {"changed": True, "proven": True}, module="boot_proof")
    args = {"name": "pvgrub2-pvh", "src": str(source), "sha256": "s", "timeout": 60}
    assert run(host, args, monkeypatch)["proven"] is True
    assert host.did[1] == (str(source), f"{TMP}/image0")
    assert host.calls == [args, {**args, "src": f"{TMP}/image0", "remote_src": True}]
    assert host.did[-1] == ("removed", TMP)


def test_a_proven_image_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host({"changed": False, "missing": False, "proven": True}, module="boot_proof")
    run(host, {"name": "pvgrub2-pvh", "src": "/nonexistent", "sha256": "s"}, monkeypatch)
    assert host.did == ["call", ("removed", TMP)]


@pytest.mark.parametrize(
    "answer, check",
    [
        (DONE, False),
        ({"changed": False, "missing": False}, False),
        (MISSING, True),
        ({**MISSING, "failed": True, "msg": "no"}, False),
        ({"failed": True, "msg": "no"}, False),
    ],
)
def test_nothing_is_sent(answer: Any, check: bool, args: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(answer)
    said = run(host, args, monkeypatch, check)
    assert host.did == ["call", ("removed", TMP)]
    assert said == {**said, **{key: value for key, value in answer.items() if key != "missing"}}
    assert "missing" not in said


def test_a_pin_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(DONE)
    run(host, {"name": "linux", "version": "0" * 16}, monkeypatch)
    assert host.did == ["call", ("removed", TMP)]


def test_all_missing_files_are_named(args: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kernel", "rootfs"):
        (tmp_path / name).unlink()
    host = Host(MISSING)
    with pytest.raises(refusal()) as caught:
        run(host, args, monkeypatch)
    assert str(caught.value) == (
        f"image linux: {tmp_path}/kernel, {tmp_path}/rootfs: no such file on the controller. Remedy: build the image first."
    )
    assert host.did == ["call", ("removed", TMP)]


def test_the_host_does_not_choose_what_is_sent(
    args: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    host = Host({**MISSING, "missing": [str(secret)], "files": [{"src": str(secret)}]}, DONE)
    run(host, args, monkeypatch)
    assert [what[0] for what in host.did if isinstance(what, tuple) and len(what) == 2 and what[0] != "removed"] == [
        str(tmp_path / "kernel"),
        str(tmp_path / "rootfs"),
    ]


@pytest.mark.parametrize("second", [{"failed": True, "msg": "disk full"}, RuntimeError("gone")])
def test_what_was_sent_is_removed_also_on_failure(
    second: Any, args: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(MISSING, second)
    if isinstance(second, Exception):
        with pytest.raises(RuntimeError, match="gone"):
            run(host, args, monkeypatch)
    else:
        assert run(host, args, monkeypatch)["msg"] == "disk full"
    assert host.did[-1] == ("removed", TMP)


def test_files_that_are_none(args: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(refusal(), match="must be a mapping. Remedy: give src, file and sha256"):
        run(Host(MISSING), {**args, "files": ["x"]}, monkeypatch)
