# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module fs_backend. Check mode says what the run then does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import program as fsprogram
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.policy import LOCK, LOCK_FD, PROGRAM
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store

KEYS = ("changed", "wanted", "reason", "exports", "service_manager", "files", "restart", "diff", "failed", "msg")


@pytest.fixture
def program(modules: Any) -> Path:
    """Where it is installed."""
    path: Path = modules.folder / "dom0" / PROGRAM.lstrip("/")
    return path


def own(modules: Any, content: bytes = b"one") -> str:
    """The operator's own file."""
    path = modules.folder / "own"
    path.write_bytes(content)
    return str(path)


def run(modules: Any, check: bool = False, **params: Any) -> dict[str, Any]:
    given = {"release": "3.4", "store": str(modules.folder / "store"), **params}
    answer: dict[str, Any] = modules.run("fs_backend", check=check, **{k: v for k, v in given.items() if v is not None})
    return answer


def check_then_run(modules: Any, **params: Any) -> dict[str, Any]:
    """What both say, and that check mode changed nothing."""
    program = modules.folder / "dom0" / PROGRAM.lstrip("/")
    before = program.read_bytes() if program.exists() else None
    checked = run(modules, check=True, **params)
    assert (program.read_bytes() if program.exists() else None) == before
    ran = run(modules, **params)
    assert {key: checked.get(key) for key in KEYS} == {key: ran.get(key) for key in KEYS}
    return ran


def running(modules: Any, lock: str, content: bytes) -> None:
    """One that was started when ``content`` was installed."""
    folder = modules.folder / "dom0" / "proc" / "77"
    (folder / "fd").mkdir(parents=True)
    (folder / "stat").write_text("77 (fs-backend) S 1", encoding="utf-8")
    (folder / "fd" / str(LOCK_FD)).symlink_to(lock)
    (modules.folder / "dom0" / LOCK.lstrip("/")).parent.mkdir(parents=True)
    (modules.folder / "dom0" / LOCK.lstrip("/")).write_text(hashlib.sha256(content).hexdigest(), encoding="utf-8")


def test_a_release_without_it(modules: Any, program: Path) -> None:
    answer = check_then_run(modules, release="4.17")
    assert (answer["changed"], answer["wanted"], answer["exports"], answer["files"]) == (False, False, False, [])
    assert answer["reason"].startswith("Xen 4.17 has no fs-backend: Xen 3.3 to 4.0 have it")
    assert not program.exists()


@pytest.mark.parametrize("release", [None, ""])
def test_the_toolstack_is_asked_for_a_release_that_is_not_given(release: str | None, modules: Any) -> None:
    assert check_then_run(modules, release=release)["reason"].startswith("Xen 4.17 has no fs-backend")


def test_what_an_earlier_release_left_is_told(modules: Any, program: Path) -> None:
    run(modules, program=own(modules))
    answer = check_then_run(modules, release="4.1")
    assert f"{PROGRAM} is a leftover of an earlier release: Xen 4.1 has no fs-backend" in str(answer["warnings"])
    assert program.exists()


@pytest.mark.parametrize("manager, last", [("systemd", "/etc/systemd/system/"), ("sysvinit", "/etc/init.d/")])
def test_a_file_of_the_host(manager: str, last: str, modules: Any, program: Path) -> None:
    if manager == "systemd":
        (modules.folder / "dom0" / "run" / "systemd" / "system").mkdir(parents=True)
    answer = check_then_run(modules, program=own(modules))
    assert (answer["changed"], answer["wanted"], answer["exports"], answer["restart"]) == (True, True, True, False)
    assert answer["diff"] == {"before": "", "after": f"{PROGRAM} {hashlib.sha256(b'one').hexdigest()[:16]}\n"}
    assert answer["service_manager"] == manager
    script, service = answer["files"]
    assert script["dest"] == f"{PROGRAM}-service"
    assert service["dest"].startswith(f"{last}xenfleet-fs-backend")
    assert program.read_bytes() == b"one"
    again = check_then_run(modules, program=own(modules))
    assert (again["changed"], again["diff"]) == (False, {})


def test_the_image_of_the_store(modules: Any, program: Path) -> None:
    source = Path(own(modules, b"image"))
    image = image_store.image_of(modules.folder / "store", "fs-backend", [("fs-backend", image_store.sha256_of(source))])
    # Check mode knows it from the module image only.
    coming = run(modules, check=True, images=[image.as_dict()])
    assert (coming["changed"], program.exists()) == (True, False)
    image_install.install(image, {"fs-backend": source}, {})
    answer = check_then_run(modules, images=[image.as_dict()])
    assert (answer["changed"], answer["diff"]) == (True, coming["diff"])
    assert program.read_bytes() == b"image"
    assert check_then_run(modules)["changed"] is False


def test_no_program_at_all(modules: Any) -> None:
    answer = check_then_run(modules)
    assert answer["failed"] is True
    assert answer["msg"].startswith("program: is not given; the store has no image fs-backend, and the host has no ")


def test_no_program_where_stub_domains_start_without(modules: Any, program: Path) -> None:
    answer = check_then_run(modules, release="4.0")
    assert (answer["changed"], answer["wanted"], answer["files"], program.exists()) == (False, False, [], False)
    assert answer["reason"].endswith("/exports is not used; there is none to be installed")
    assert "stubdom_xen_sources" in str(answer["warnings"])


def test_what_xen_s_own_build_installed(modules: Any, program: Path) -> None:
    modules.program("/usr/sbin/fs-backend").write_bytes(b"own")
    assert check_then_run(modules)["changed"] is True
    assert program.read_bytes() == b"own"


def test_a_program_that_is_not_there(modules: Any) -> None:
    answer = check_then_run(modules, program="/nonexistent/fs-backend")
    assert answer["msg"] == (
        "program = '/nonexistent/fs-backend': is not a file of the host. "
        "Remedy: correct the path, or leave it out for the image fs-backend."
    )


def test_one_that_somebody_else_started(modules: Any, program: Path) -> None:
    source = own(modules)
    running(modules, "/dev/null", b"one")
    answer = check_then_run(modules, program=source)
    assert answer["failed"] is True
    assert answer["msg"].startswith("pid = 77: fs-backend runs already, and the service xenfleet-fs-backend did not")
    assert not program.exists()


def test_one_that_runs_goes_on_with_its_file(modules: Any, program: Path) -> None:
    run(modules, program=own(modules))
    running(modules, LOCK, b"one")
    assert check_then_run(modules, program=own(modules))["restart"] is False
    answer = check_then_run(modules, program=own(modules, b"two"))
    assert (answer["changed"], answer["restart"]) == (True, True)
    assert "fs-backend (pid 77) runs from an older file until it is restarted" in str(answer["warnings"])
    later = check_then_run(modules, program=own(modules, b"two"))
    assert (later["changed"], later["restart"]) == (False, True)


@pytest.mark.parametrize(
    "params, msg",
    [
        ({"release": "four"}, "'four' is not a Xen version. Remedy: write it as 4.17, in quotes."),
        (
            {"images": [{"name": "fs-backend"}]},
            "images[0] has no name or no path. Remedy: give what the module image returned as image.",
        ),
    ],
)
def test_bad_options(params: dict[str, Any], msg: str, modules: Any) -> None:
    answer = check_then_run(modules, **params)
    assert (answer["failed"], answer["msg"]) == (True, msg)


def test_a_host_that_is_none(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    answer = run(modules, release=None)
    assert answer["msg"].startswith("this is not a Xen host: it has no xl.")


def test_a_disk_that_refuses(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fsprogram, "write_atomic", full)
    answer = run(modules, program=own(modules))
    assert answer["msg"] == (
        f"{PROGRAM}: No space left on device. Remedy: check that root may write there and that there is room."
    )
