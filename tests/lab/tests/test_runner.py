# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tests/run brings up the lab's hosts for its parts and counts, against a lab that only writes down what it was asked."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner import cli, count, host, lab, parts, work
from runner.parts import SHARED, Part
from runner.places import COLLECTIONS, LINKS

RELEASES = {"one": "bookworm", "two": "bookworm", "three": "trixie"}
SAYS = """#!/bin/sh
echo "$@" >> {asked}
case $1 in
    inventory) echo "the inventory of $*" ;;
    up) {up} ;;
esac
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Put a lab in the place of the real one, and return what it was asked; up is what it does then."""
    file, program = tmp_path / "asked", tmp_path / "lab"

    def put(up: str = "true") -> list[str]:
        if not program.exists():
            program.write_text(SAYS.format(asked=file, up=up))
            program.chmod(0o755)
        return sorted(file.read_text().splitlines()) if file.exists() else []

    monkeypatch.setattr(host, "LAB", program)
    monkeypatch.setattr(host, "ROOT", tmp_path)
    for module in (host, work):
        monkeypatch.setattr(module, "LOGS", tmp_path)
    for module in (cli, work):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(parts, "JUNIT", tmp_path / "junit")
    monkeypatch.setattr(parts, "LAB_INVENTORIES", tmp_path / "inventories")
    monkeypatch.setattr(lab, "lacking_memory", lambda hosts: "")
    monkeypatch.setattr(lab, "built", lambda: ["bookworm", "trixie"])
    return put


@pytest.fixture
def xen() -> str:
    """Return the version that the first release has."""
    return next(iter(lab.releases()))


def part(*command: str, **more: Any) -> Part:
    return Part("alone", command, frozenset({"fleet"}), hosts=tuple(RELEASES), **more)


def test_hosts_come_up_with_their_releases_and_have_an_inventory(tmp_path: Path, asked: Callable[..., list[str]]) -> None:
    asked()
    hosts = host.Hosts("lab-alone", {name: ("--release", release) for name, release in RELEASES.items()}, tmp_path / "folder" / "hosts.yml")
    up = hosts.wait()
    assert (up.word, up.note) == ("passed", "up: one, two (bookworm); three (trixie)")
    assert (tmp_path / "folder" / "hosts.yml").read_text() == "the inventory of inventory one two three\n"
    hosts.down()
    assert asked() == [
        "down one two three", "inventory one two three", "up one two --release bookworm", "up three --release trixie",
    ]


def test_a_part_does_not_run_without_its_hosts(tmp_path: Path, asked: Callable[..., list[str]], xen: str) -> None:
    asked(up="echo no room; exit 1")
    up, ran = cli.on_hosts([part("touch", "ran")], xen)
    assert (up.word, up.note) == ("FAILED", "lab up ended with status 1")
    assert (ran.word, ran.note) == ("skipped", "the lab's hosts did not come up")
    assert not (tmp_path / "ran").exists()
    assert "no room" in (tmp_path / "lab-one-two-three.log").read_text()
    assert "down one two three" in asked()


@pytest.mark.parametrize(("command", "word"), [("true", "passed"), ("false", "FAILED")])
def test_hosts_are_down_whatever_the_part_did(asked: Callable[..., list[str]], xen: str, command: str, word: str) -> None:
    asked()
    assert [result.word for result in cli.on_hosts([part(command)], xen)] == ["passed", word]
    assert asked()[0] == "down one two three"


def test_hosts_are_down_after_an_interruption(
    asked: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, xen: str
) -> None:
    def interrupt(_some: list[Part]) -> list[work.Result]:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run_lane", interrupt)
    before = signal.getsignal(signal.SIGINT)
    asked()
    with pytest.raises(KeyboardInterrupt):
        cli.on_hosts([part("true")], xen)
    assert asked()[0] == "down one two three"
    assert signal.getsignal(signal.SIGINT) == before


def test_lanes_run_side_by_side_and_beside_the_shared_host_and_other_hosts_follow(
    asked: Callable[..., list[str]], xen: str
) -> None:
    """Each part waits for a file of another one."""
    def made(name: str, needs: str, **more: Any) -> Part:
        wait = f"touch {name}; for _try in $(seq 600); do test -e {needs} && exit; sleep 0.1; done; exit 1"
        return Part(name, ["sh", "-c", wait], frozenset({"test"}), **more)

    asked()
    chosen = [made("shared", "second", hosts=SHARED), made("first", "shared", lane="pytest"),
              made("second", "fast", lane="pytest"), made("fast", "first", lane="tools"),
              made("last", "shared", hosts=("other",))]
    results = cli.run_all(chosen, xen)
    assert [(result.name, result.word) for result in results] == [
        (name, "passed") for name in ("first", "second", "fast", "lab-test", "shared", "lab-other", "last")]
    assert {"down test", "down other"} <= set(asked())


def test_without_memory_for_its_hosts_a_part_is_skipped_and_counted(
    asked: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, xen: str
) -> None:
    monkeypatch.setattr(lab, "lacking_memory", lambda hosts: f"no memory for {hosts} hosts")
    (ran,) = cli.on_hosts([part("touch", "ran")], xen)
    assert (ran.word, dict(ran.count.reasons)) == ("skipped", {"no memory for 3 hosts": 1})
    assert asked() == []


JUNIT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><error/></testcase>{skipped}
</testsuite></testsuites>"""
SKIPPED = '<testcase name="d"><skipped message="no chromium"/></testcase>'


def test_tests_are_counted_with_the_reasons_of_those_that_were_skipped(tmp_path: Path) -> None:
    (tmp_path / "pytest.xml").write_text(JUNIT.format(skipped=SKIPPED))
    found = count.tests(tmp_path)
    assert (str(found), dict(found.reasons)) == ("1 passed, 2 failed, 1 skipped", {"no chromium": 1})


def test_sessions_are_counted_with_the_reasons_of_those_that_were_skipped(tmp_path: Path) -> None:
    sessions = [("success", None), ("failed", "why"), ("aborted", None), ("skipped", "no python3.8 here")]
    (tmp_path / "report").write_text(json.dumps({"sessions": [
        {"result": result, "reason": reason} for result, reason in sessions]}))
    found = count.sessions(tmp_path / "report")
    assert (str(found), dict(found.reasons)) == ("1 passed, 2 failed, 1 skipped", {"no python3.8 here": 1})


@pytest.mark.parametrize("tests", ["", SKIPPED])
def test_a_part_that_ran_no_test_fails(asked: Callable[..., list[str]], tests: str) -> None:
    asked()
    results = f"<testsuites><testsuite>{tests}</testsuite></testsuites>"
    ran = work.run(part("sh", "-c", f"echo '{results}' > junit/alone/pytest.xml"))
    assert (ran.word, ran.note) == ("FAILED", "nothing ran")


def test_a_report_without_sessions_fails(asked: Callable[..., list[str]], tmp_path: Path) -> None:
    asked()
    ran = work.run(part("sh", "-c", "echo '{\"sessions\": []}' > report", report=tmp_path / "report"))
    assert (ran.word, ran.note) == ("FAILED", "nothing ran")


def test_a_part_on_a_xen_of_the_user_s_is_skipped_with_the_reason_when_none_is_named(
    asked: Callable[..., list[str]], xen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINIOS_DIST", raising=False)
    (ran,) = cli.on_hosts([part("touch", "ran", xen_dist="MINIOS_DIST")], xen)
    assert (ran.word, asked()) == ("skipped", [])
    assert ran.count.reasons == {"MINIOS_DIST does not name a folder with an installed Xen": 1}


def test_a_part_on_a_xen_of_the_user_s_gets_hosts_of_it(
    asked: Callable[..., list[str]], xen: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked()
    monkeypatch.setenv("MINIOS_DIST", "/srv/xen dist")
    script = part("sh", "-c", 'echo "$XENFLEET_XEN_DIST" > dist', xen_dist="MINIOS_DIST")
    assert [result.word for result in cli.on_hosts([script], xen)] == ["passed", "passed"]
    assert "up one two three --xen-dist /srv/xen dist" in asked()
    assert (tmp_path / "dist").read_text() == "/srv/xen dist\n"


@pytest.mark.parametrize("named", ["xen/dist", "~/xen/dist"])
def test_a_folder_that_is_named_from_here_is_the_same_for_parts_that_run_elsewhere(
    asked: Callable[..., list[str]], xen: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    asked()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MINIOS_DIST", named)
    script = part("sh", "-c", 'echo "$XENFLEET_XEN_DIST" > dist', xen_dist="MINIOS_DIST")
    assert [result.word for result in cli.on_hosts([script], xen)] == ["passed", "passed"]
    assert (tmp_path / "dist").read_text() == f"{tmp_path}/xen/dist\n"


def test_how_much_memory_hosts_take() -> None:
    assert lab.lacking_memory(0) == ""
    assert lab.lacking_memory(10**6).startswith("no memory for 1000000 hosts at once: ")


def test_the_last_host_is_of_another_release_when_that_needs_no_build() -> None:
    assert lab.mixed("abc", "trixie", ["bookworm", "trixie"]) == {"a": "trixie", "b": "trixie", "c": "bookworm"}
    assert lab.mixed("abc", "trixie", ["trixie"]) == dict.fromkeys("abc", "trixie")


def test_parts_have_names_of_their_own_and_the_hosts_that_they_need() -> None:
    known = {part.name: part for part in parts.all_parts(["4.20"])}
    assert len(known) == len(parts.all_parts(["4.20"]))
    assert [name for name, part in known.items() if bool(part.lane) == bool(part.hosts)] == []
    assert known["contract"].env == {"XENFLEET_CONTRACT_HOST": "test"}
    assert known["contract-4.20"].env == {"XENFLEET_CONTRACT_HOST": "other"}
    assert known["contract-xm"].env == {"XENFLEET_CONTRACT_XM_HOST": "xend"}
    of_users = {name: (part.hosts, part.xen_dist) for name, part in known.items() if part.xen_dist}
    assert of_users == {
        "molecule-minios": (("minios",), "MINIOS_DIST"),
        "molecule-xend": (("xend",), "XEND_DIST"),
        "contract-xm": (("xend",), "XEND_DIST"),
    }
    # Molecule has what users get; what is to fail at once on a broken checkout has the checkout itself.
    assert {part.collections for name, part in known.items() if name.startswith("molecule-")} == {COLLECTIONS}
    assert {part.collections for name, part in known.items() if not name.startswith("molecule-")} == {LINKS}


def test_a_part_that_hangs_is_ended(tmp_path: Path, asked: Callable[..., list[str]]) -> None:
    asked()
    ran = work.run(part("sleep", "600", limit=0.1))
    assert (ran.word, ran.note) == ("FAILED", "ended with status -1")
    assert ran.log and ran.log.read_text() == "\nstopped after 0 seconds\n"
