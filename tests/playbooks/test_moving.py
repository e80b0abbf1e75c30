# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest never runs on two hosts of a fleet: it moves, or its start is refused, and check mode says the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployment import CORE, made_once
from fleet_site import DOWN, FleetSite

ONE_WAVE = {"stubdom_serial": "100%"}


def deployed(folder: Path, core: str, count: int = 2, **more: Any) -> FleetSite:
    """Return a fleet whose first host runs web1."""
    site = FleetSite(folder, core, count)
    site.define(xen1=[site.guest("web1", **more)])
    ran = site.run(**ONE_WAVE)
    assert ran.status == 0, ran.text[-4000:]
    assert site.running()["xen1"] == ["web1"]
    for fake_xen in site.xens.values():
        fake_xen.forget_calls()
    return site


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], FleetSite]:
    """Deploy a fleet of two hosts once."""
    return made_once(tmp_path_factory.mktemp("fleet"), lambda folder: deployed(folder, CORE))


@pytest.fixture
def site(two_hosts: Callable[[], FleetSite]) -> FleetSite:
    """Return two hosts as they are after the deployment; the first one runs web1."""
    return two_hosts()


@pytest.mark.parametrize("old, new", [("xen1", "xen2"), ("xen2", "xen1")])
@pytest.mark.parametrize("waves", [{}, ONE_WAVE], ids=["waves", "one-wave"])
def test_a_guest_moves_whatever_the_order_of_the_waves(tmp_path: Path, core: str, old: str, new: str, waves: dict[str, str]) -> None:
    site = FleetSite(tmp_path, core)
    site.define(**{old: [site.guest("web1"), site.guest("db1")]})
    assert site.run(**ONE_WAVE).status == 0
    site.move("web1", old, new)
    check = site.run("--check", "--diff", **waves)
    assert check.status == 0, check.text[-6000:]
    assert site.running() == {old: ["db1", "web1"], new: []}
    ran = site.run(**waves)
    assert ran.status == 0, ran.text[-6000:]
    assert site.running() == {old: ["db1"], new: ["web1"]}
    assert site.files(old) == ["auto/db1.cfg", "db1.cfg"]
    assert site.files(new) == ["auto/web1.cfg", "web1.cfg"]
    for told in (check, ran):
        assert f"\n  {new}: guest web1: moves here from host {old} (note)" in told.text
        assert f"\n  {old}: guest web1: " in told.text
        assert ("would start" if told is check else "started") in told.line(new, "web1")
    again = site.run(**waves)
    assert (again.status, set(again.changed.values())) == (0, {0}), again.text[-6000:]
    assert site.running() == {old: ["db1"], new: ["web1"]}


def test_a_guest_that_was_left_out_of_the_old_list_is_refused_and_runs_on(site: FleetSite) -> None:
    site.define(xen1=[], xen2=[site.guest("web1"), site.guest("db2")])
    for options in (["--check"], []):
        ran = site.run(*options, **ONE_WAVE)
        assert ran.status == 2
        assert ("\n  xen2: guest web1: state = 'running': runs on host xen1, whose list does not say that it is to leave. Remedy: "
                "add {name: web1, state: absent} to the stubdom_guests of host xen1: ") in ran.text
        assert "Traceback" not in ran.text
    assert site.running() == {"xen1": ["web1"], "xen2": ["db2"]}
    # Its file is written, but the host would not start it when it boots.
    assert site.files("xen2") == ["auto/db2.cfg", "db2.cfg", "web1.cfg"]
    site.define(xen1=[{"name": "web1", "state": "absent"}])
    assert site.run().status == 0
    assert site.running() == {"xen1": [], "xen2": ["db2", "web1"]}
    assert "auto/web1.cfg" in site.files("xen2")


def test_a_host_outside_the_limit_is_asked_when_something_is_to_be_started(tmp_path: Path) -> None:
    site = deployed(tmp_path, CORE, 3)
    site.move("web1", "xen1", "xen2")
    ran = site.run("--limit", "xen2")
    assert ran.status == 2
    assert "runs on host xen1, which is not part of this run. Remedy: run this for both hosts (--limit xen1,xen2)." in ran.text
    assert ran.modules.count("host_info") == 3
    assert site.running() == {"xen1": ["web1"], "xen2": [], "xen3": []}
    assert all(fake_xen.mutating_calls() == [] for fake_xen in site.xens.values())
    assert site.run("--limit", "xen1,xen2").status == 0
    assert site.running() == {"xen1": [], "xen2": ["web1"], "xen3": []}
    # Where nothing is to be started, no other host is asked.
    assert site.run("--limit", "xen2").modules.count("host_info") == 1


def test_an_unreachable_host_keeps_guests_with_shared_disks_off_unless_it_is_declared_off(tmp_path: Path) -> None:
    site = FleetSite(tmp_path, CORE)
    site.define(xen1=[site.guest("web1"), site.guest("own1", shared=False)])
    site.hosts["xen2"] |= DOWN
    ran = site.run("--limit", "xen1")
    assert ran.status == 2
    assert "guest web1: state = 'running': has a shared disk, and may run on host xen2: it cannot be reached: " in ran.text
    assert "Remedy: bring host xen2 back, or name it in stubdom_hosts_off if its power is off." in ran.text
    assert site.running()["xen1"] == ["own1"]
    ran = site.run("--limit", "xen1", stubdom_hosts_off=["xen2"])
    assert ran.status == 0, ran.text[-4000:]
    assert "guest web1: host xen2 was not asked, as stubdom_hosts_off names it; before it boots again, " in ran.text
    assert site.running()["xen1"] == ["own1", "web1"]
    # What runs is not affected.
    again = site.run("--limit", "xen1")
    assert (again.status, again.changed["xen1"]) == (0, 0)
    wrong = site.run(stubdom_hosts_off=["xen9"])
    assert "stubdom_hosts_off = 'xen9': is not a host of the fleet. Remedy: correct the name." in wrong.text


def test_a_guest_that_does_not_stop_on_the_old_host_is_not_started_on_the_new_one(site: FleetSite) -> None:
    site.move("web1", "xen1", "xen2")
    site.xens["xen1"].set_behaviour("web1", ignore=True)
    ran = site.run()
    assert ran.status == 2
    assert "runs on host xen1, and was not stopped there: did not shut down within 2 seconds, and is running" in ran.text
    assert site.running() == {"xen1": ["web1"], "xen2": []}
    site.hosts["xen1"]["guests_stop_force"] = True
    assert site.run().status == 0
    assert site.running() == {"xen1": [], "xen2": ["web1"]}


def test_a_guest_that_cannot_be_started_on_the_new_host_is_not_stopped_on_the_old_one(site: FleetSite) -> None:
    site.move("web1", "xen1", "xen2")
    site.hosts["xen2"]["stubdom_guests"][0]["boot"] = {"method": "direct", "kernel": "/nonexistent/vmlinuz"}
    for waves in ({}, ONE_WAVE):
        assert site.run(**waves).status == 2
        assert site.running() == {"xen1": ["web1"], "xen2": []}
    assert site.files("xen1") == ["auto/web1.cfg", "web1.cfg"]
    assert site.xens["xen1"].mutating_calls() == []


def test_a_guest_without_one_that_it_needs_is_not_stopped_on_the_old_host(site: FleetSite) -> None:
    site.move("web1", "xen1", "xen2")
    guests = site.hosts["xen2"]["stubdom_guests"]
    guests[0]["needs"] = ["net1"]
    guests.append(site.guest("net1", shared=False, boot={"method": "direct", "kernel": "/nonexistent/vmlinuz"}))
    ran = site.run(**ONE_WAVE)
    assert ran.status == 2
    assert "runs on host xen1, and was not stopped there: net1, which it needs, is off. Remedy: see that net1 runs" in ran.text
    assert site.running() == {"xen1": ["web1"], "xen2": []}
    assert site.files("xen1") == ["auto/web1.cfg", "web1.cfg"]
    assert site.xens["xen1"].mutating_calls() == []
    # What this run starts is there in time.
    guests[1] = site.guest("net1", shared=False)
    assert site.run(**ONE_WAVE).status == 0
    assert site.running() == {"xen1": [], "xen2": ["net1", "web1"]}


def test_a_start_that_fails_after_the_move_is_reported_and_done_by_the_next_run(site: FleetSite) -> None:
    site.move("web1", "xen1", "xen2")
    site.xens["xen2"].add_fault("create", rc=3, stderr="libxl: error: out of luck\n", times=1)
    ran = site.run()
    assert (ran.status, "out of luck" in ran.text) == (2, True)
    assert site.running() == {"xen1": [], "xen2": []}
    assert site.run().status == 0
    assert site.running() == {"xen1": [], "xen2": ["web1"]}


def test_a_file_of_another_origin_on_the_old_host_leaves_the_guest_running_there(tmp_path: Path) -> None:
    site = FleetSite(tmp_path, CORE)
    site.define(xen1=[{"name": "web1", "state": "absent"}], xen2=[site.guest("web1")])
    site.xens["xen1"].add_domain("web1")
    (tmp_path / "xen1" / "xen" / "web1.cfg").write_text('name = "web1"\n')
    ran = site.run()
    assert ran.status == 2
    assert "was not stopped there: exists and was not written by this collection. Remedy: move it away" in ran.text
    assert site.running() == {"xen1": ["web1"], "xen2": []}


def test_a_guest_that_runs_twice_is_told_on_both_hosts_and_nothing_is_touched(site: FleetSite) -> None:
    site.move("web1", "xen1", "xen2")
    site.xens["xen2"].add_domain("web1")
    for waves in ({}, ONE_WAVE):
        ran = site.run(**waves)
        assert ran.status == 2
        assert "guest web1: runs on xen1 and xen2 at the same time, and nothing of it is touched. Remedy: decide" in ran.text
    assert all(f"\n  {host}: guest web1: runs on xen1 and xen2" in ran.text for host in ("xen1", "xen2"))
    assert site.running() == {"xen1": ["web1"], "xen2": ["web1"]}
    assert all(fake_xen.mutating_calls() == [] for fake_xen in site.xens.values())
    assert site.files("xen2") == []


@pytest.mark.parametrize("shown", [True, False], ids=["same-path", "other-path"])
def test_a_domain_of_another_name_that_has_the_disk_open_keeps_the_guest_off(tmp_path: Path, shown: bool) -> None:
    site = FleetSite(tmp_path, CORE)
    guest = site.guest("web1")
    site.define(xen1=[guest])
    path = guest["disks"][0]["target"]
    if not shown:
        other = tmp_path / "san" / "other-name.img"
        other.symlink_to(path)
        path = str(other)
    site.xens["xen2"].add_domain("byhand", disks=[{"pdev_path": path, "vdev": "xvda", "readwrite": 1}])
    ran = site.run()
    assert ran.status == 2
    assert f"its shared disk {guest['disks'][0]['target']} is open for writing in domain 1 (byhand) on host xen2" in ran.text
    assert site.running() == {"xen1": [], "xen2": ["byhand"]}


def test_a_host_that_answers_half_counts_as_unknown(tmp_path: Path) -> None:
    site = FleetSite(tmp_path, CORE)
    site.define(xen1=[site.guest("web1"), site.guest("own1", shared=False)])
    site.xens["xen2"].add_fault("xenstore-ls", rc=1, stderr="xenstore-ls: xs_open: Connection refused\n")
    ran = site.run("--limit", "xen1")
    assert ran.status == 2
    assert "it is unknown which disks the domains of host xen2 have open: xenstore-ls -f /local/domain failed" in ran.text
    assert site.running()["xen1"] == ["own1"]


def test_an_old_host_that_is_lost_in_the_midst_of_the_move(site: FleetSite) -> None:
    """After guest_config has removed the file there, nothing can be brought to it any more."""
    site.move("web1", "xen1", "xen2")
    room = site.folder / "xen1" / "tmp"
    lost = f'/usr/bin/python3 "$@"; status=$?; mv {room} {room}.gone; touch {room}; exit $status'
    before = f'case "$*" in *_guest_config.py*) {lost};; esac'
    site.xens["xen1"].interpreter(site.folder / "xen1" / "python", before)
    ran = site.run("--limit", "xen2,xen1", **ONE_WAVE)
    assert ran.status == 2
    assert site.running() == {"xen1": ["web1"], "xen2": []}
    assert "Traceback" not in ran.text


def test_an_upgrade_before_the_move_leaves_the_guest_to_its_old_host(tmp_path: Path) -> None:
    """A link on the new host would start the guest there when that boots."""
    site = FleetSite(tmp_path, CORE)
    site.define(xen1=[site.guest("web1")], xen2=[site.guest("db1"), site.guest("off1", state="stopped")])
    assert site.run(**ONE_WAVE).status == 0
    site.move("web1", "xen1", "xen2")
    before = {host: site.files(host) for host in site.hosts}
    ran = site.run(**ONE_WAVE, playbook="upgrade")
    assert {host: site.files(host) for host in site.hosts} == before
    assert site.running() == {"xen1": ["web1"], "xen2": ["db1"]}
    # It is not where it is to be.
    assert ran.status == 2
    assert "\n  xen2: guest web1: " in ran.text
    assert "\n  xen1: guest web1: " not in ran.text
    # What is to be off gets its file.
    site.hosts["xen2"]["stubdom_guests"][1]["memory"] = 192
    site.run(**ONE_WAVE, playbook="upgrade")
    assert "memory = 192" in (tmp_path / "xen2" / "xen" / "off1.cfg").read_text()


def test_the_status_has_a_guest_that_runs_where_no_list_has_it(site: FleetSite) -> None:
    site.define(xen1=[], xen2=[site.guest("web1"), site.guest("db1")])
    disk = site.guest("db1")["disks"][0]["target"]
    site.xens["xen1"].add_domain("byhand", disks=[{"pdev_path": disk, "vdev": "xvda", "readwrite": 1}])
    site.xens["xen1"].add_domain("scratch")
    ran = site.run(playbook="status")
    assert ran.status == 0, ran.text[-4000:]
    assert "\n  xen1: guest web1: runs on host xen1, and is defined on xen2. Remedy: add {name: web1, state: absent} to " in ran.text
    assert f"\n  xen1: guest db1: its shared disk {disk} is open for writing in domain 2 (byhand) on host xen1. Remedy: " in ran.text
    assert "\n  xen1: not defined: web1 (defined on xen2), byhand, scratch\n" in ran.text
    site.xens["xen2"].add_domain("web1")
    ran = site.run(playbook="status")
    assert all(f"\n  {host}: guest web1: runs on xen1 and xen2 at the same time" in ran.text for host in ("xen1", "xen2"))
