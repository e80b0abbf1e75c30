# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Booting an image to see its prompt. Domains are in memory, the console is a real terminal, files are real ones."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof.proofs import Proof
from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof.run import BootVerifier, NotProven
from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof.trial import BootTrial
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import ToolstackError
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain, host_state

GRUB = b"a boot loader"
SHA = hashlib.sha256(GRUB).hexdigest()
NAME = f"xenfleet-proof-{SHA[:8]}"
TRIAL = BootTrial("pvgrub2-x86_64", SHA, timeout=30)
STATE = host_state()


class Host:
    """A Xen host with an image, and the end of a terminal at which xenconsoled would be."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.master, self._slave = os.openpty()
        self.toolstack = FakeToolstack()
        self.toolstack.terminals = [os.ttyname(self._slave)]
        self.records = folder / "records"
        self.image = folder / "image0"
        self.image.write_bytes(GRUB)
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        patch.setattr(tempfile, "tempdir", str(self.scratch))
        self.slept: list[float] = []
        patch.setattr("time.sleep", self.slept.append)

    @property
    def verifier(self) -> BootVerifier:
        return BootVerifier(self.toolstack, self.records, "xen9")

    def says(self, *texts: str) -> None:
        """When it runs."""
        self.toolstack.when_unpaused = lambda: [os.write(self.master, text.encode()) for text in texts]

    def hang_up(self) -> None:
        """As xenconsoled does when a domain is gone."""
        if self.master >= 0:
            os.close(self.master)
        self.master = -1

    def prove(self, trial: BootTrial = TRIAL, **state: Any) -> Proof:
        return self.verifier.prove(trial, self.image, host_state(**state))

    def refused(self, trial: BootTrial = TRIAL, **state: Any) -> str:
        with pytest.raises(NotProven) as caught:
            self.prove(trial, **state)
        self.caught = caught.value
        return str(caught.value)

    def is_clean(self) -> bool:
        """Whether there is no domain, no file and no proof."""
        return not self.toolstack.running and not any(self.scratch.iterdir()) and not list(self.records.glob("*.json"))

    def close(self) -> None:
        self.hang_up()
        os.close(self._slave)


@pytest.fixture
def xen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    host = Host(tmp_path, monkeypatch)
    yield host
    host.close()


@pytest.mark.parametrize(
    "pieces, seen",
    [
        (["GNU GRUB  version 0.97\r\n", "grubdom> "], "GNU GRUB  version 0.97"),
        (["MiniOS\r\n", "\x1b[1mgrub", "dom> "], "grubdom>"),
        (["\x1b[2J GNU GRUB  version 2.06\r\n | Linux |"], "GNU GRUB  version 2.06"),
    ],
)
def test_an_image_that_boots(pieces: list[str], seen: str, xen: Host) -> None:
    xen.says(*pieces)
    proof = xen.prove()
    assert proof.seen in (seen, "grubdom>")
    assert (proof.name, proof.sha256, proof.xen) == ("pvgrub2-x86_64", SHA, STATE.version)
    assert 0 <= proof.seconds < 30
    assert xen.toolstack.calls == [("create", NAME), ("unpause", NAME), ("destroy", NAME)]
    assert (xen.toolstack.running, list(xen.scratch.iterdir())) == ([], [])


def test_what_the_domain_is_made_of(xen: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that nobody else may look into, and the file itself as the kernel."""
    seen: list[Any] = []
    create = xen.toolstack.create

    def look(path: str) -> None:
        seen.append((Path(path).parent.stat().st_mode & 0o777, Path(path).read_text(encoding="utf-8")))
        create(path)

    monkeypatch.setattr(xen.toolstack, "create", look)
    xen.says("grub> ")
    xen.prove(replace(TRIAL, memory=96))
    mode, text = seen[0]
    assert mode == 0o700
    assert f'kernel = "{xen.image}"' in text.splitlines()
    assert "memory = 96" in text.splitlines()


def test_a_proof_is_remembered(xen: Host) -> None:
    assert xen.verifier.earlier_proof(TRIAL, STATE.version) is None
    xen.says("grub> ")
    proof = xen.prove()
    assert xen.verifier.earlier_proof(TRIAL, STATE.version) == proof
    assert json.loads((xen.records / f"{SHA}.json").read_text(encoding="utf-8"))["seen"] == "grub>"
    # Another version of Xen, or another kind of image, may not boot the same bytes.
    assert xen.verifier.earlier_proof(TRIAL, "4.20.0") is None
    assert xen.verifier.earlier_proof(replace(TRIAL, name="pvgrub2-pvh"), STATE.version) is None
    assert xen.verifier.earlier_proof(replace(TRIAL, sha256="0" * 64), STATE.version) is None


@pytest.mark.parametrize("damaged", ["", "null", "{}", '{"name": 1}', "[]"])
def test_a_damaged_record_proves_nothing(damaged: str, xen: Host) -> None:
    xen.records.mkdir()
    (xen.records / f"{SHA}.json").write_text(damaged, encoding="utf-8")
    assert xen.verifier.earlier_proof(TRIAL, STATE.version) is None


def test_silence(xen: Host) -> None:
    told = xen.refused(replace(TRIAL, timeout=1))
    assert told == (
        f"host xen9: image = 'pvgrub2-x86_64 {SHA[:16]}': showed no prompt and no menu within 1 seconds; its console printed "
        "nothing. Remedy: read its output (xl dmesg may have more), then build the image again, or give it more time or "
        "memory."
    )
    assert (xen.caught.lines, xen.caught.seconds >= 1, xen.is_clean()) == ([], True, True)


def test_words_that_prove_nothing(xen: Host) -> None:
    xen.says("\x1b[2JXen Minimal OS!\r\n", "out of memory\r\n")
    told = xen.refused(replace(TRIAL, timeout=1))
    assert "within 1 seconds; its console printed: Xen Minimal OS! | out of memory. Remedy:" in told
    assert (xen.caught.lines, xen.is_clean()) == (["Xen Minimal OS!", "out of memory"], True)


def test_a_rescue_shell_is_not_waited_for(xen: Host) -> None:
    xen.says("Entering rescue mode...\r\ngrub rescue> ")
    assert "GRUB does not find its own modules; its console printed: Entering" in xen.refused()
    assert xen.is_clean()


def test_a_domain_that_crashes(xen: Host) -> None:
    def crash() -> None:
        os.write(xen.master, b"Page fault\r\n")
        threading.Timer(0.3, xen.hang_up).start()

    xen.toolstack.when_unpaused = crash
    assert "the domain ended; its console printed: Page fault. Remedy:" in xen.refused()
    assert xen.is_clean()


def test_a_domain_that_is_gone_at_once(xen: Host) -> None:
    xen.toolstack.short_lived = {NAME}
    assert "the domain ended before it ran; its console printed nothing" in xen.refused()
    assert xen.is_clean()


def test_the_terminal_comes_later(xen: Host) -> None:
    xen.toolstack.terminals = ["", "", *xen.toolstack.terminals]
    xen.says("grub> ")
    assert xen.prove().seen == "grub>"
    assert len(xen.slept) == 2


def test_the_terminal_does_not_come(xen: Host) -> None:
    xen.toolstack.terminals = [""]
    assert "its console has no terminal: check that xenconsoled runs" in xen.refused(replace(TRIAL, timeout=1))
    assert xen.is_clean()
    assert ("unpause", NAME) not in xen.toolstack.calls


def test_a_terminal_that_is_none(xen: Host) -> None:
    xen.toolstack.terminals = [str(xen.image)]
    with pytest.raises(OSError, match="is not a terminal"):
        xen.prove()
    assert xen.is_clean()


def test_one_that_talks_and_talks(xen: Host) -> None:
    """Much more than a terminal holds; what is kept of it does not grow."""

    def talk() -> None:
        for _number in range(200):
            os.write(xen.master, b"x" * 500 + b"\r\n")
        os.write(xen.master, b"grubdom> ")

    speaker = threading.Thread(target=talk)
    xen.toolstack.when_unpaused = speaker.start
    assert xen.prove().seen == "grubdom>"
    speaker.join()


def test_what_is_there_when_the_time_is_over_is_read(xen: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once: one that talks on would be listened to for ever."""
    now = iter(range(0, 10_000, 100))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    xen.says("GNU GRUB  version 0.97\r\ngrubdom> ")
    assert xen.prove().seen == "grubdom>"


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), OSError("no"), ToolstackError("no")])
def test_nothing_is_left_however_it_ends(error: BaseException, xen: Host) -> None:
    xen.toolstack.when_unpaused = failing(error)
    with pytest.raises(type(error)):
        xen.prove()
    assert xen.is_clean()


def test_a_domain_that_cannot_be_made(xen: Host) -> None:
    xen.toolstack.failing["create", NAME] = "xl create failed"
    with pytest.raises(ToolstackError, match="xl create failed"):
        xen.prove()
    assert xen.is_clean()


def test_what_a_killed_run_left_is_ended_first(xen: Host) -> None:
    xen.toolstack.running = [domain(NAME, 4), domain("web1", 5)]
    xen.says("grub> ")
    xen.prove()
    assert xen.toolstack.calls == [("destroy", NAME), ("create", NAME), ("unpause", NAME), ("destroy", NAME)]
    assert [found.name for found in xen.toolstack.running] == ["web1"]


def test_a_domain_that_does_not_go(xen: Host) -> None:
    xen.toolstack.running = [replace(domain(NAME, 4), state="-----d")]
    with pytest.raises(ToolstackError) as caught:
        xen.prove()
    assert str(caught.value) == (
        f"domain 4 ({NAME}) was destroyed and still exists. Remedy: find out what holds it (xl dmesg), then run this again."
    )
    assert xen.toolstack.calls == []


@pytest.mark.parametrize(
    "trial, state, words",
    [
        (replace(TRIAL, name="ioemu-stubdom"), {}, "is not a boot loader that shows a prompt. Remedy: try one of"),
        (replace(TRIAL, name="pvgrub2-i386"), {}, "this hypervisor does not run PV kernels of that kind"),
        (replace(TRIAL, memory=4), {}, "memory = 4: is outside 8 to 16777216. Remedy: give a number in that range."),
        (replace(TRIAL, timeout=-1), {}, "timeout = -1 is too short"),
        (replace(TRIAL, name="pvgrub2-pvh"), {"release": (4, 9)}, "this host cannot run PVH guests"),
        (replace(TRIAL, sha256="1" * 64), {}, f"has another sha256 than {'1' * 64}. Remedy: build it again."),
    ],
)
def test_what_is_refused_before_anything_is_done(trial: BootTrial, state: Any, words: str, xen: Host) -> None:
    told = xen.refused(trial, **state)
    assert told.startswith(f"host xen9: image = '{trial.name} {trial.sha256[:16]}': ")
    assert words in told
    assert (xen.toolstack.calls, xen.records.exists()) == ([], False)
