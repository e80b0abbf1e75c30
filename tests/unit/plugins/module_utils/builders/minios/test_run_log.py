# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a build, and their log."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    run_log,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.steps import BuildStep
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import Host


def test_a_patch_that_fails_and_a_make_that_goes_on(old: Host) -> None:
    """The loop over GRUB's patches tells only what came of the last one."""
    old.tree.change("stubdom/grub.patches/00first", "-int library = 0", "-int library = 7")
    said = old.refused()
    assert said.startswith(
        "stubdom failed (a patch did not apply):\n  1 out of 1 hunk FAILED -- saving rejects to file library.c.rej\n"
    )
    assert not old.image.exists()


def test_a_build_that_fails(host: Host) -> None:
    """The lines that tell, the log, and nothing that the next run would take for done."""
    host.build()
    before = manifest(host.image)
    host.tree.change("stubdom/Makefile", '-DPLACE=\\"grub\\"', "-DPLACE=grub")
    said = host.refused()
    assert "<command-line>: error: 'grub' undeclared" in said and "make: *** [Makefile:" in said
    assert len(said.splitlines()) < 16
    assert f"{host.log} has the whole output" in said
    assert "failed: stubdom failed" in host.log.read_text(encoding="utf-8")
    assert manifest(host.image) == before
    host.tree.change("stubdom/Makefile", "-DPLACE=grub", '-DPLACE=\\"grub\\"')
    host.tree.calls()
    assert (host.build().changed, host.tree.calls()) == (False, [])


def test_make_fetches_nothing(host: Host) -> None:
    """What the tree would fetch beside what it was known to want is refused, whichever program it takes."""
    host.tree.change("stubdom/Makefile", "\tmkdir -p include/xen\n", "\twget -c http://m/x || git clone git://m/x\n")
    said = host.refused()
    assert "refused: wget -c http://m/x: the build fetches nothing" in said
    assert "refused: git clone git://m/x: the build fetches nothing" in said
    assert not host.asked.exists()
    # What fetches nothing is not in the way, whatever its arguments are called.
    host.tree.change(
        "stubdom/Makefile", "\twget -c http://m/x || git clone git://m/x\n", "\tgit check-ref-format a/clone\n"
    )
    assert host.build().changed


def test_a_step_that_outlives_an_interrupted_run_keeps_the_next_one_out(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        log = run_log.BuildLog(tmp_path / "log", lock.fileno())
        log.run_step(BuildStep("look", ["test", "-e", f"/proc/self/fd/{lock.fileno()}"]), tmp_path, dict(os.environ), 9)


def test_a_step_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, by force if need be, and if it heeds a word, by that."""
    program = tmp_path / "deaf"
    program.write_text(f"#!{sys.executable}\nimport signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(60)\n")
    program.chmod(0o755)
    with (tmp_path / "lock").open("w") as lock:
        log = run_log.BuildLog(tmp_path / "log", lock.fileno())
        for argv, patience in ([str(program)], 0.2), (["sleep", "60"], 30.0):
            monkeypatch.setattr(run_log, "_KILL_AFTER", patience)
            began = time.monotonic()
            with pytest.raises(BuildError) as caught:
                log.run_step(BuildStep("make", argv), tmp_path, dict(os.environ), 1)
            assert str(caught.value).startswith("make failed (it took more than 1 seconds):")
            assert time.monotonic() - began < 20
        with pytest.raises(BuildError) as caught:
            log.run_step(BuildStep("make", [str(tmp_path / "none")]), tmp_path, dict(os.environ), 1)
        assert "(it does not exist):\n  [Errno 2] No such file or directory" in str(caught.value)
