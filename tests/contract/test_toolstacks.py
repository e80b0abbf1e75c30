# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the classes of the toolstacks may rely on, asked of the fakes of xl and xm, and of the real xl of a lab host.

The host's name is in XENFLEET_CONTRACT_HOST; without it only the fakes answer. On the host, the guest and its files
are gone when the tests have ended; logs of xl stay.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Iterator

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import (
    BootFiles,
    Domain,
    DomainFacts,
    NotXenError,
    Toolstack,
    ToolstackError,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.program import Program
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm
from api import FakeXen

LAB = "tests/lab/lab"
NAME = "contract1"
MEMORY = 128
NO_DOMID = 32_000
PATIENCE = 300.0


class BackEnd(ABC):
    """A host that has a toolstack, with a folder that guest files may lie in.

    ``oldest`` is the first release that has the toolstack; ``no_file`` are its words for a file that does not exist,
    and ``virtualises`` is what it says of the processor.
    """

    kernel = ""
    ramdisk = ""
    folder = ""
    oldest = (4, 2)
    no_file = "No such file or directory"
    virtualises = "pv"

    def __init__(self, program: type[Program] = Xl) -> None:
        self.toolstack: Toolstack = program(self.run, pause=1.0)

    @abstractmethod
    def run(self, argv: list[str]) -> Result:
        """Run a program on the host."""

    @abstractmethod
    def write(self, name: str, text: str) -> str:
        """Write a file into the folder; return its path on the host."""

    @abstractmethod
    def now(self) -> float:
        """Return the time of the host's clock."""

    def guest(self, file: str = f"{NAME}.cfg") -> str:
        """Write the file of the one guest, and return its path; it does not matter what the file is called."""
        lines = [f'name = "{NAME}"', 'type = "pv"', 'extra = "console=hvc0"', f"memory = {MEMORY}", f'kernel = "{self.kernel}"']
        return self.write(file, "\n".join([*lines, f'ramdisk = "{self.ramdisk}"', ""]))

    def found(self, name: str = NAME) -> list[Domain]:
        return [domain for domain in self.toolstack.domains() if domain.name == name]

    def gone(self) -> bool:
        """Return whether the guest ends in time."""
        end = time.monotonic() + PATIENCE
        while self.found():
            if time.monotonic() > end:
                return False
            time.sleep(1)
        return True


class FakeBackEnd(BackEnd):
    """The fake Xen of one toolstack."""

    def __init__(self, folder: Path, program: type[Program] = Xl) -> None:
        super().__init__(program)
        self.fake_xen = FakeXen(folder / "host", [program.name])
        if program is Xm:
            self.fake_xen.setup_xm()
            self.oldest, self.no_file, self.virtualises = (3, 3), "Unable to open config file", "hvm"
        else:
            self.fake_xen.setup()
        self.folder = str(folder)
        for name in ("vmlinuz", "initrd.img"):
            (folder / name).write_bytes(b"kernel")
        self.kernel, self.ramdisk = str(folder / "vmlinuz"), str(folder / "initrd.img")

    def run(self, argv: list[str]) -> Result:
        done = self.fake_xen.run(*argv)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> str:
        path = Path(self.folder, name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def now(self) -> float:
        return time.time()


class Real(BackEnd):
    """A host of the lab, by SSH."""

    kernel, ramdisk = "/srv/guests/kernel/vmlinuz", "/srv/guests/kernel/initrd.img"

    def __init__(self, host: str) -> None:
        super().__init__()
        self._ssh = [str(_lab()), "ssh", host, "--"]
        self.folder = self._shell("mktemp -d").strip()

    def run(self, argv: list[str]) -> Result:
        # The host's shell reads the words once more.
        done = subprocess.run([*self._ssh, "LC_ALL=C " + shlex.join(argv)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300, check=False)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> str:
        path = f"{self.folder}/{name}"
        self._shell(f"cat > {shlex.quote(path)}", text)
        return path

    def now(self) -> float:
        return float(self._shell("date +%s"))

    def remove(self) -> None:
        """Take the folder away."""
        self._shell(f"rm -r -- {shlex.quote(self.folder)}")

    def _shell(self, words: str, text: str = "") -> str:
        done = subprocess.run([*self._ssh, words], input=text, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout


def _lab() -> Path:
    """Return the lab of the checkout."""
    return Path(__file__).resolve().parents[2] / LAB


@pytest.fixture(scope="module", params=["fake of xl", "fake of xm", "xl"])
def back(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackEnd]:
    """Each of the hosts, without guests at the start and at the end."""
    if request.param != "xl":
        yield FakeBackEnd(tmp_path_factory.mktemp("fake_xen"), Xm if request.param.endswith("xm") else Xl)
        return
    host = os.environ.get("XENFLEET_CONTRACT_HOST")
    if not host:
        pytest.skip("XENFLEET_CONTRACT_HOST names no host of the lab")
    real = Real(host)
    try:
        yield real
    finally:
        for domain in real.found():
            real.toolstack.destroy(domain)
        ended = real.gone()
        real.remove()
    assert ended, "the guest is still there"


@pytest.fixture
def guest(back: BackEnd) -> Iterator[Domain]:
    """Start the guest; it is destroyed afterwards if it is still there."""
    back.toolstack.create(back.guest())
    found = back.found()
    assert len(found) == 1
    yield found[0]
    for domain in back.found():
        back.toolstack.destroy(domain)
    assert back.gone()


def test_info_says_what_the_host_is(back: BackEnd) -> None:
    host = back.toolstack.info()
    assert host.release >= back.oldest
    assert host.version.startswith("{}.{}".format(*host.release))
    assert 0 < host.free_memory < host.total_memory
    assert host.cpus > 0
    assert any(cap.startswith("xen-3.0-x86_64") for cap in host.capabilities)
    assert back.virtualises in host.virt_capabilities
    assert "dom0_mem=" in host.commandline


def test_dom0_is_a_domain(back: BackEnd) -> None:
    found = back.found("Domain-0")
    assert [domain.domid for domain in found] == [0]
    assert found[0].memory > 0
    assert found[0].vcpus > 0
    assert found[0].condition == "running"
    assert found[0].cpu_time >= 0


def test_a_file_that_does_not_exist_is_told_by_its_name(back: BackEnd) -> None:
    before = back.toolstack.domains()
    missing = f"{back.folder}/missing file's.cfg"
    with pytest.raises(ToolstackError, match=back.no_file) as caught:
        back.toolstack.create(missing)
    assert missing in str(caught.value)
    assert [domain.name for domain in back.toolstack.domains()] == [domain.name for domain in before]


def test_nothing_is_known_of_a_domain_that_does_not_exist(back: BackEnd) -> None:
    nobody = Domain(NO_DOMID, "nobody", 0, 0, "------", 0.0)
    assert back.toolstack.facts_of(nobody) == DomainFacts()
    assert back.toolstack.stub_domain_of(nobody) is None
    assert back.toolstack.booted_from([nobody]) == {NO_DOMID: BootFiles()}
    assert back.toolstack.console_of(nobody) == ""


def test_a_domain_that_does_not_exist_cannot_be_shut_down_and_is_destroyed(back: BackEnd) -> None:
    nobody = Domain(NO_DOMID, "nobody", 0, 0, "------", 0.0)
    with pytest.raises(ToolstackError, match=str(NO_DOMID)):
        back.toolstack.shutdown(nobody)
    # What has just ended by itself is destroyed as well.
    back.toolstack.destroy(nobody)


def test_a_guest_is_listed_with_its_memory_and_facts(back: BackEnd, guest: Domain) -> None:
    assert guest.domid > 0
    assert guest.memory == MEMORY
    assert guest.vcpus == 1
    assert guest.condition == "running"
    facts = back.toolstack.facts_of(guest)
    assert len(facts.uuid) == 36
    assert abs(facts.start_time - back.now()) < 300
    assert back.toolstack.target_of(guest) is None
    assert back.toolstack.stub_domain_of(guest) is None
    # xenstore-read stops at the first key that does not exist; those after it are told all the same.
    nobody = Domain(NO_DOMID, "nobody", 0, 0, "------", 0.0)
    assert back.toolstack.facts_of_all([nobody, guest]) == {NO_DOMID: DomainFacts(), guest.domid: facts}
    found = back.toolstack.booted_from([guest, nobody, guest])
    assert found == {guest.domid: BootFiles(back.kernel), NO_DOMID: BootFiles()}


def test_a_paused_guest_has_a_console_before_it_runs(back: BackEnd) -> None:
    back.toolstack.create_paused(back.guest())
    try:
        found = back.found()
        assert [domain.condition for domain in found] == ["paused"]
        end = time.monotonic() + PATIENCE
        while not back.toolstack.console_of(found[0]):
            assert time.monotonic() < end, "no terminal comes"
            time.sleep(1)
        assert back.toolstack.console_of(found[0]).startswith("/dev/pts/")
        assert [domain.condition for domain in back.found()] == ["paused"]
        back.toolstack.unpause(found[0])
        assert [domain.condition for domain in back.found()] == ["running"]
    finally:
        for domain in back.found():
            back.toolstack.destroy(domain)
        assert back.gone()


def test_a_second_guest_of_that_name_is_refused(back: BackEnd, guest: Domain) -> None:
    with pytest.raises(ToolstackError, match="already exists"):
        back.toolstack.create(back.guest("again.cfg"))
    assert [domain.domid for domain in back.found()] == [guest.domid]


def test_a_guest_that_is_asked_to_shuts_down(back: BackEnd, guest: Domain) -> None:
    _boot(back, guest)
    back.toolstack.shutdown(guest)
    assert back.gone()
    assert back.toolstack.facts_of(guest) == DomainFacts()


def test_a_guest_gets_the_uuid_that_it_is_started_with(back: BackEnd) -> None:
    wanted = str(uuid.uuid4())
    back.toolstack.create(back.guest(), wanted)
    try:
        assert [back.toolstack.facts_of(domain).uuid for domain in back.found()] == [wanted]
    finally:
        for domain in back.found():
            back.toolstack.destroy(domain)
        assert back.gone()


def test_a_guest_is_paused_and_unpaused(back: BackEnd, guest: Domain) -> None:
    back.toolstack.pause(guest)
    assert [domain.condition for domain in back.found()] == ["paused"]
    back.toolstack.unpause(guest)
    assert [domain.condition for domain in back.found()] == ["running"]


def test_a_guest_that_is_destroyed_is_gone_at_once(back: BackEnd, guest: Domain) -> None:
    back.toolstack.destroy(guest)
    assert [domain for domain in back.found() if domain.condition != "dying"] == []


@pytest.mark.parametrize("program", [Xl, Xm])
def test_a_machine_without_xen_says_so(program: type[Program], tmp_path: Path) -> None:
    host = FakeBackEnd(tmp_path, program)
    host.fake_xen.not_xen()
    with pytest.raises(NotXenError, match="does not run Xen|xend does not answer|set become: true"):
        host.toolstack.info()


def _boot(back: BackEnd, guest: Domain) -> None:
    """A kernel that still boots does not listen; libxl's key says when one does."""
    if isinstance(back, FakeBackEnd):
        return
    end = time.monotonic() + PATIENCE
    key = f"/local/domain/{guest.domid}/control/feature-poweroff"
    while back.run(["xenstore-read", key]).out.strip() != "1":
        assert time.monotonic() < end, "the guest does not boot"
        time.sleep(1)
