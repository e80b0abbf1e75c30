# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the measuring programs compute, and what they would have a host do; they themselves take minutes to hours."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import launch
import peers
import upgrade

OPTIONS = Namespace(guests=2, memory=80, repetitions=3, kernel="/k", ramdisk="/r", host="xen1")


def times(*seconds: float) -> list[peers.Times]:
    return [peers.Times(found, found * 2) for found in seconds]


def test_each_way_is_compared_with_ping_and_with_ours() -> None:
    taken = {"loop": [times(9, 6, 6), times(8, 4, 4), times(10, 5, 5)], peers.OURS: [times(4, 2, 1)] * 3}
    text = peers.table(times(1, 2, 3), taken, {"libvirt": "apt-get is not installed"}, "processors")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows[2:] == [
        [peers.WAYS["loop"], "9.0 (8.0 to 10.0); 4.5; 2.2", "5.0 (4.0 to 6.0); 2.5; 2.5", "5.0 (4.0 to 6.0); 2.5; 5.0"],
        [peers.WAYS["libvirt"], "not measured: apt-get is not installed", "", ""],
        [peers.WAYS[peers.OURS], "4.0 (4.0 to 4.0); 2.0; 1.0", "2.0 (2.0 to 2.0); 1.0; 1.0", "1.0 (1.0 to 1.0); 0.5; 1.0"],
    ]
    assert {len(row) for row in rows} == {4}
    assert text.splitlines()[-1] == "ping: 2.0 (1.0 to 3.0)"
    assert "ping: 4.0 (2.0 to 6.0)" in peers.table(times(1, 2, 3), taken, {}, "clock")


def test_a_way_alone_has_no_ratio_to_ours() -> None:
    assert "| 9.0 (9.0 to 9.0); 9.0 |" in peers.table(times(1), {"loop": [times(9, 6, 6)]}, {}, "processors")


def test_every_way_has_a_playbook() -> None:
    assert {path.stem for path in peers.PLAYBOOKS.glob("*.yml")} - {"guest"} == peers.WAYS.keys() - {peers.OURS}


def test_the_loop_is_compared_by_both_clocks() -> None:
    tasks = {"loop": [10.0, 12.0, 11.0], **{f"guest_state, {parallel} at once": [22.0 / parallel] for parallel in launch.PARALLEL}}
    lines = launch.table(OPTIONS, tasks, [8.0, 8.0, 9.0]).splitlines()
    assert [line.split()[-2:] for line in lines[3:]] == [["1.00", "1.38"], ["2.00", "2.75"], ["0.50", "0.69"], ["0.25", "0.34"]]


def test_a_time_of_the_module_shell() -> None:
    assert launch.seconds("1:02:03.500000") == 3723.5


def test_the_line_of_a_boot() -> None:
    found = "Result=success\nInactiveExitTimestampMonotonic=20000000\nActiveEnterTimestampMonotonic=50500000\nguests=20\n"
    assert launch.booted(found, 61.0, 90.4) == (
        "boot: xl answered after 90 s; xendomains (success) took 30.5 s for 20 guests, 0.50 of a loop (61.0 s); "
        "guest_state then has nothing to do")


@pytest.mark.parametrize("left, status", [("", 0), ("bench1 7", 1), ("(null) 7", 1)])
def test_destroyed_means_gone(tmp_path: Path, left: str, status: int) -> None:
    for name, text in (("xl", f'#!/bin/sh\n[ "$1" = destroy ] || echo "Domain-0 0\n{left}"\n'), ("sleep", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(["sh", "-c", launch.destroy(OPTIONS)], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False)
    assert done.returncode == status


def test_the_restarts_are_what_lies_between_two_tasks(tmp_path: Path) -> None:
    file = tmp_path / "seconds"
    lines = [("before", 5.0), (upgrade.FIRST, 1.0), ("Restart", 2.5), (upgrade.AFTER, 9.0)]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert upgrade.restarts(file) == 3.5


def test_the_loop_restarts_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "xl").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n')
    (tmp_path / "xl").chmod(0o755)
    files = {"a": "/etc/xen/a.cfg", "b c": "/etc/xen/b c.cfg"}
    done = subprocess.run(["sh", "-c", upgrade.loop(files)], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True,
                          text=True, check=True)
    assert (tmp_path / "calls").read_text().splitlines() == [
        "shutdown -w a", "create -q /etc/xen/a.cfg", "shutdown -w b c", "create -q /etc/xen/b c.cfg"]
    assert 0 <= upgrade.seconds_of(done.stdout) < 60
    with pytest.raises(SystemExit):
        upgrade.seconds_of("")


def test_a_batch_starts_at_most_eight_at_once() -> None:
    assert [upgrade.sizes(batch)["guests_start_parallel"] for batch in (1, 4, 20)] == [1, 4, 8]
