# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes monitor domains; the command lines and logs are those of a real host of 4.17."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import ToolstackError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.monitors import (
    maker,
    monitored,
    refuse_beside_xend,
    waits_for,
)

XL = "/usr/lib/xen-4.17/bin/xl"


def process(folder: Path, number: int, words: list[str], output: str = "") -> None:
    """A process of dom0; ``output`` is what its standard output leads to."""
    own = folder / str(number)
    (own / "fd").mkdir(parents=True)
    (own / "cmdline").write_bytes("\0".join([*words, ""]).encode())
    if output:
        (own / "fd" / "1").symlink_to(output)


@pytest.mark.parametrize("log, name", [
    ("/var/log/xen/xl-web1.log", "web1"), ("/var/log/xen/xl-web1.log.1", "web1"), ("/var/log/xen/xl-web1.log-20261130", "web1"),
    ("/var/log/xen/xl-web1.log (deleted)", "web1"), ("/var/log/xen/xl-a.log.log", "a.log"), ("/var/log/xen/xl-a-dm.log", "a-dm"),
])  # fmt: skip
def test_the_log_names_the_guest(log: str, name: str, tmp_path: Path) -> None:
    process(tmp_path, 7, [XL, "create", "-q", "any.cfg"], log)
    assert monitored(tmp_path) == {name: 7}


@pytest.mark.parametrize("words, log", [
    ([XL, "create", "-q", "any.cfg"], "/dev/pts/0"), ([XL, "create"], ""), (["tail", "-f"], "/var/log/xen/xl-web1.log"),
    ([], "/var/log/xen/xl-web1.log"), (["xlx"], "/var/log/xen/xl-web1.log"), ([XL], "/var/log/xen/xl-.log"),
])  # fmt: skip
def test_what_monitors_nothing(words: list[str], log: str, tmp_path: Path) -> None:
    process(tmp_path, 7, words, log)
    assert monitored(tmp_path) == {}


@pytest.mark.parametrize("program, words, found", [
    ("xl", [XL, "create", "web1.cfg"], 7), ("xl", ["/bin/sh", "/usr/sbin/xl", "create", "x"], 7), ("xl", ["xl", "migrate-receive"], 7),
    ("xl", ["xl", "list"], 0), ("xl", ["xm", "create", "x"], 0), ("xm", ["/usr/bin/python", "/usr/sbin/xm", "create", "x"], 7),
])  # fmt: skip
def test_who_makes_a_domain_now(program: str, words: list[str], found: int, tmp_path: Path) -> None:
    process(tmp_path, 7, words, "/dev/null")
    assert maker(tmp_path, program) == found


def test_a_monitor_makes_no_domain_for_another_guest(tmp_path: Path) -> None:
    process(tmp_path, 7, [XL, "create", "web1.cfg"], "/var/log/xen/xl-web1.log")
    assert maker(tmp_path, "xl") == 0


def test_whether_a_monitor_has_made_a_domain(tmp_path: Path) -> None:
    log = tmp_path / "xl-g.log"
    log.write_text("Waiting for domain g (domid 22) to die [pid 3767]\nDone. Rebooting now\n" + "x" * 9000)
    process(tmp_path, 7, [XL], str(log))
    assert not waits_for(tmp_path, 7, 23)
    log.write_text(log.read_text() + "\nWaiting for domain g (domid 23) to die [pid 3767]\n")
    assert waits_for(tmp_path, 7, 23)
    assert not waits_for(tmp_path, 8, 23)


def test_a_guest_of_xl_beside_xend_is_refused(tmp_path: Path) -> None:
    process(tmp_path, 7, [XL, "create", "web1.cfg"], "/var/log/xen/xl-web1.log")
    refuse_beside_xend(tmp_path, {"Domain-0", "web2"})
    with pytest.raises(ToolstackError, match=r"xend acts on their ends, too: web1 \(process 7\). Remedy: shut them down"):
        refuse_beside_xend(tmp_path, {"Domain-0", "web1"})
