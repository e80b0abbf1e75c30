# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""boot_proof, against the fake Xen toolstacks; what the image says comes through a real terminal."""

from __future__ import annotations

import hashlib
import importlib
import os
import tempfile
from typing import Any, Iterator

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.program import Program

GRUB = b"a boot loader"
SHA = hashlib.sha256(GRUB).hexdigest()
NAME = f"xenfleet-proof-{SHA[:8]}"
PROMPT = b"\x1b[2J    GNU GRUB  version 0.97  (65536K lower / 0K upper memory)\r\n\r\ngrubdom> "


@pytest.fixture
def says(modules: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What the domain's console says when it runs."""
    master, slave = os.openpty()
    said: list[bytes] = [PROMPT]
    unpause = Program.unpause

    def speak(self: Program, domain: Any) -> None:
        unpause(self, domain)
        for text in said:
            os.write(master, text)

    monkeypatch.setattr(Program, "unpause", speak)
    monkeypatch.setattr(tempfile, "tempdir", str(modules.folder))
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "xen9", "", "", "x86_64")))
    host.set_xenstore(**{"/local/domain/1/console/tty": os.ttyname(slave)})
    (modules.folder / "image0").write_bytes(GRUB)
    yield said
    os.close(master)
    os.close(slave)


def prove(modules: Any, check: bool = False, **params: Any) -> dict[str, Any]:
    given = {"name": "pvgrub2-x86_64", "src": str(modules.folder / "image0"), "sha256": SHA, "remote_src": True, **params}
    answer: dict[str, Any] = modules.run("boot_proof", check=check, **given)
    return answer


def results(answer: dict[str, Any]) -> dict[str, Any]:
    plugin = importlib.import_module("ansible_collections.xenfleet.stubdom.plugins.modules.boot_proof")
    return {key: answer[key] for key in yaml.safe_load(plugin.RETURN) if key in answer}


def test_an_image_boots(modules: Any, host: Any, says: list[bytes]) -> None:
    answer = prove(modules)
    seen = "GNU GRUB  version 0.97  (65536K lower / 0K upper memory)"
    assert (answer["changed"], answer["missing"], answer["proven"], answer["xen"]) == (True, False, True, "4.17.5")
    assert answer["seen"] in (seen, "grubdom>")
    assert [call[1] for call in host.mutating_calls()] == ["create", "unpause", "destroy"]
    assert list(host.domains()) == ["Domain-0"]
    assert sorted(path.name for path in (modules.folder / "records").iterdir()) == [f"{SHA}.json", "lock"]


def test_the_second_time_costs_nothing(modules: Any, host: Any, says: list[bytes]) -> None:
    first = prove(modules)
    host.forget_calls()
    # Neither the file nor its place on the host is asked for.
    for check in (False, True):
        again = prove(modules, check, remote_src=False, src="/nonexistent")
        assert results(again) == results(first)
        assert (again["changed"], again["missing"]) == (False, False)
    assert [call[:2] for call in host.calls()] == [["xl", "info"]] * 2


def test_a_newer_xen_is_a_reason_to_try_again(modules: Any, host: Any, says: list[bytes]) -> None:
    prove(modules)
    host.set_info(xen_extra=".6")
    assert prove(modules, check=True)["changed"] is True


def test_check_mode_boots_nothing(modules: Any, host: Any, says: list[bytes]) -> None:
    (modules.folder / "image0").unlink()
    answer = prove(modules, check=True, remote_src=False)
    assert (answer["changed"], answer["proven"], answer["seen"]) == (True, False, "")
    assert (host.mutating_calls(), (modules.folder / "records").exists()) == ([], False)


def test_the_file_is_asked_for(modules: Any, host: Any, says: list[bytes]) -> None:
    answer = prove(modules, remote_src=False)
    assert (answer["changed"], answer["missing"], host.mutating_calls()) == (True, True, [])


def test_an_image_that_does_not_boot(modules: Any, host: Any, says: list[bytes]) -> None:
    says[:] = [b"Xen Minimal OS!\r\n", b"Page fault at linear address 0x0\r\n"]
    answer = prove(modules, timeout=1)
    assert (answer["failed"], answer["proven"], answer["lines"][1:]) == (True, False, ["Page fault at linear address 0x0"])
    assert answer["seconds"] >= 1
    assert answer["msg"].startswith(f"host xen9: image = 'pvgrub2-x86_64 {SHA[:16]}': showed no prompt and no menu within 1")
    assert "Xen Minimal OS! | Page fault at linear address 0x0. Remedy: read its output" in answer["msg"]
    assert (list(host.domains()), list((modules.folder / "records").glob("*.json"))) == (["Domain-0"], [])


def test_what_the_toolstack_says_is_told(modules: Any, host: Any, says: list[bytes]) -> None:
    host.add_fault("create", rc=3, stderr="libxl: error: no room\n")
    answer = prove(modules)
    assert (answer["failed"], answer["proven"]) == (True, False)
    assert answer["msg"].startswith("image pvgrub2-x86_64: xl create -q -p ")
    assert answer["msg"].endswith("failed with exit code 3: libxl: error: no room")


def test_a_machine_that_is_no_xen_host(modules: Any, host: Any, says: list[bytes]) -> None:
    host.not_xen()
    assert "Remedy:" in prove(modules)["msg"]


def test_with_xm(modules: Any, host: Any, says: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = host.run("xenstore-read", "/local/domain/1/console/tty").stdout.strip()
    host.toolstacks = ["xm"]
    host.setup_xm((3, 4), free_memory=4096)
    host.set_xenstore(**{"/local/domain/1/console/tty": terminal})
    monkeypatch.setenv("PATH", host.env()["PATH"])
    answer = prove(modules, name="pv-grub-x86_64.gz", toolstack="xm")
    assert (answer["proven"], answer["xen"]) == (True, "3.4.0"), answer
    assert [call[:2] for call in host.mutating_calls()] == [["xm", "create"], ["xm", "unpause"], ["xm", "destroy"]]
    assert list(host.domains()) == ["Domain-0"]
