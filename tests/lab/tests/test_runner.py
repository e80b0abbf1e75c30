# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tests/run brings up the lab's hosts for its parts, against a lab that only writes down what it was asked."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from runner import cli, host, lab, work
from runner.parts import OWN_HOSTS, Part, molecule
from runner.places import LAB_INVENTORY

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
    """Puts a lab in the place of the real one, and tells what it was asked; up is what it does then."""
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
    # The log's name in short is told below the checkout.
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "lacking_memory", lambda hosts: "")
    monkeypatch.setattr(lab, "built", lambda: ["bookworm", "trixie"])
    return put


def part(tmp_path: Path, *command: str) -> Part:
    return Part("alone", "molecule", command, cwd=tmp_path, hosts=tuple(RELEASES))


def test_hosts_come_up_with_their_releases_and_have_an_inventory(tmp_path: Path, asked: Callable[..., list[str]]) -> None:
    asked()
    hosts = host.Hosts("lab-alone", RELEASES, tmp_path / "folder" / "hosts.yml")
    up = hosts.wait()
    assert (up.word, up.note) == ("passed", "up: one, two (bookworm); three (trixie)")
    assert (tmp_path / "folder" / "hosts.yml").read_text() == "the inventory of inventory one two three\n"
    hosts.down()
    assert asked() == [
        "down one two three", "inventory one two three", "up one two --release bookworm", "up three --release trixie",
    ]


def test_a_part_does_not_run_without_its_hosts(tmp_path: Path, asked: Callable[..., list[str]]) -> None:
    asked(up="echo no room; exit 1")
    up, ran = cli.on_own_hosts(part(tmp_path, "touch", "ran"), "bookworm")
    assert (up.word, up.note) == ("FAILED", "lab up ended with status 1")
    assert (ran.word, ran.note) == ("skipped", "the lab's hosts did not come up")
    assert not (tmp_path / "ran").exists()
    assert "no room" in (tmp_path / "lab-alone.log").read_text()
    assert "down one two three" in asked()


@pytest.mark.parametrize(("command", "word"), [("true", "passed"), ("false", "FAILED")])
def test_hosts_are_down_whatever_the_part_did(
    tmp_path: Path, asked: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, command: str, word: str
) -> None:
    monkeypatch.setattr(Part, "inventory", tmp_path / "hosts.yml")
    asked()
    assert [result.word for result in cli.on_own_hosts(part(tmp_path, command), "bookworm")] == ["passed", word]
    assert asked()[0] == "down one two three"


def test_hosts_are_down_after_an_interruption(
    tmp_path: Path, asked: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_some: list[Part]) -> list[work.Result]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Part, "inventory", tmp_path / "hosts.yml")
    monkeypatch.setattr(cli, "one_after_the_other", interrupt)
    before = signal.getsignal(signal.SIGINT)
    asked()
    with pytest.raises(KeyboardInterrupt):
        cli.on_own_hosts(part(tmp_path, "true"), "bookworm")
    assert asked()[0] == "down one two three"
    assert signal.getsignal(signal.SIGINT) == before


def test_what_is_alone_runs_beside_the_rest_which_ends_with_the_host(
    tmp_path: Path, asked: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part waits for a file of another one."""
    def made(name: str, needs: str, **more: bool) -> Part:
        wait = f"touch {name}; for _try in $(seq 600); do test -e {needs} && exit; sleep 0.1; done; exit 1"
        return Part(name, "unit", ["sh", "-c", wait], cwd=tmp_path, **more)

    monkeypatch.setattr(cli, "LAB_INVENTORY", tmp_path / "hosts.yml")
    asked()
    parts = [made("shared", "second", on_host=True), made("first", "shared", alone=True),
             made("second", "first", alone=True), made("fast", "first")]
    results = cli.run_all(parts, next(iter(lab.releases())))
    assert [(result.name, result.word) for result in results] == [
        (name, "passed") for name in ("first", "second", "fast", "lab-host", "shared")]
    assert asked()[0] == "down test"


def test_without_memory_for_its_hosts_a_part_is_skipped_and_counted(
    tmp_path: Path, asked: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "lacking_memory", lambda hosts: f"no memory for {hosts} hosts")
    (ran,) = cli.on_own_hosts(part(tmp_path, "touch", "ran"), "bookworm")
    assert (ran.word, dict(ran.count.reasons)) == ("skipped", {"no memory for 3 hosts": 1})
    assert asked() == []


def test_how_much_memory_hosts_take() -> None:
    assert lab.lacking_memory(0) == ""
    assert lab.lacking_memory(10**6).startswith("no memory for 1000000 hosts at once: ")


def test_the_last_host_is_of_another_release_when_that_needs_no_build() -> None:
    assert lab.mixed("abc", "trixie", ["bookworm", "trixie"]) == {"a": "trixie", "b": "trixie", "c": "bookworm"}
    assert lab.mixed("abc", "trixie", ["trixie"]) == dict.fromkeys("abc", "trixie")


def test_a_scenario_has_the_shared_host_or_its_own() -> None:
    parts = molecule("2.19")
    own = {part.name: part for part in parts if part.hosts}
    assert set(own) == {f"molecule-{name}" for name in OWN_HOSTS}
    assert [part.on_host for part in own.values()] == [False] * len(own)
    assert {part.inventory for part in parts if part.on_host} == {LAB_INVENTORY}
    assert LAB_INVENTORY not in {part.inventory for part in own.values()}


def test_a_part_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LOGS", tmp_path)
    ran = work.run(Part("hangs", "unit", ["sleep", "600"], cwd=tmp_path, limit=0.1))
    assert (ran.word, ran.note) == ("FAILED", "ended with status -1")
    assert ran.log and ran.log.read_text() == "\nstopped after 0 seconds\n"
