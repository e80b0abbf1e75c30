# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which toolstack a host has."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import detect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import NotXenError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm
from api import FakeXen


@pytest.mark.parametrize(
    "programs, xend_answers, name",
    [(["xl"], False, "xl"), (["xm"], True, "xm"), (["xm"], False, "xm"), (["xl", "xm"], True, "xm"),
     (["xl", "xm"], False, "xl")],
)
def test_detect(
    programs: list[str], xend_answers: bool, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """xm where xend runs the guests: there, xl changes nothing."""
    fake_xen = FakeXen(tmp_path, programs)
    fake_xen.setup_xm((4, 2))
    if not xend_answers:
        fake_xen.not_xen()
    monkeypatch.setenv("XENFLEET_FAKE_XEN", str(tmp_path))
    # The programs of this machine are not asked.
    own = fake_xen.env()["PATH"].split(os.pathsep)[: len(programs)]
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "python3").symlink_to(os.path.realpath(sys.executable))
    (tmp_path / "python" / "env").symlink_to("/usr/bin/env")
    monkeypatch.setenv("PATH", os.pathsep.join([*own, str(tmp_path / "python")]))
    assert detect.detect().name == name
    assert fake_xen.calls() == ([["xm", "info"]] if len(programs) > 1 else [])


def test_what_is_named_is_taken() -> None:
    assert isinstance(detect.detect("xm", run), Xm)


@pytest.mark.parametrize("wanted", ["auto", "xl"])
def test_a_host_without_xm_is_asked_nothing(wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def runner(argv: list[str]) -> Result:
        asked.append(argv)
        return Result(argv, 0, "", "")

    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(detect.detect(wanted, runner), Xl)
    assert asked == []


@pytest.mark.parametrize("wanted", ["auto", "xl"])
def test_xl_beside_xend_is_refused(wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """xend that answers decides for xm; one that does not, or a host that names xl, is refused."""
    for name in ("xl", "xm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(detect, "LOCKS", (str(tmp_path / "none"), str(tmp_path / "lock")))

    def silent(argv: list[str]) -> Result:
        return Result(argv, 1, "", "Unable to connect to xend")

    assert isinstance(detect.detect(wanted, silent), Xl)
    (tmp_path / "lock").touch()
    with pytest.raises(NotXenError, match=r"xl changes nothing on this host while xend runs.* Remedy: use toolstack: xm"):
        detect.detect(wanted, silent)
    assert isinstance(detect.detect("auto", lambda argv: Result(argv, 0, "", "")), Xm)
    (tmp_path / "xm").unlink()
    assert isinstance(detect.detect(wanted, silent), Xl), "no xend can be there"
