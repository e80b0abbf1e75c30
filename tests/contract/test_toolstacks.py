# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the classes of the toolstacks may rely on, asked of the fakes of xl and xm, and of real hosts of the lab.

Without a variable that names a real host (back_ends.py) only the fakes answer. On a real host, the guest and its files are
gone when the tests have ended; logs of the toolstack stay.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Iterator

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import (
    BootFiles,
    Domain,
    DomainFacts,
    NotXenError,
    ToolstackError,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.program import Program
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm
from back_ends import MEMORY, PATIENCE, VARIABLES, BackEnd, FakeBackEnd, Real, real_host

NO_DOMID = 32_000


PROGRAMS: dict[str, type[Program]] = {"xl": Xl, "xm": Xm}


@pytest.fixture(scope="module", params=["fake of xl", "fake of xm", "xl", "xm"])
def back(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackEnd]:
    """Each of the hosts, without guests at the start and at the end."""
    toolstack = request.param[-2:]
    if request.param != toolstack:
        yield FakeBackEnd(tmp_path_factory.mktemp("fake_xen"), PROGRAMS[toolstack])
        return
    host = real_host(toolstack)
    if not host:
        pytest.skip(f"{VARIABLES[toolstack]} names no host of the lab")
    real = Real(host, PROGRAMS[toolstack])
    try:
        yield real
    finally:
        real.clear()


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
