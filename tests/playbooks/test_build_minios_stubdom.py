# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role build_minios_stubdom with a small source tree: its progress is seen while make runs, a failure is told in a
few lines, and a second run changes nothing. All of it is in a temporary folder, and nothing becomes another user."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from deployment import CHECKOUT, CORE, CORES, environment

sys.path.insert(0, str(CHECKOUT / "tests" / "unit"))

from xen_tree import XenTree

from api import FakeXen

RECAP = re.compile(r"^localhost\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=0\s+failed=(\d+)", re.MULTILINE)
PLAY = [{"hosts": "localhost", "gather_facts": False, "roles": ["xenfleet.stubdom.build_minios_stubdom"]}]
#: A rule that takes its time, so that somebody can look at it, after as many lines as a real tree's make writes.
SLOW = "\tyes gcc -c -o sched.o sched.c | head -n 15000\n\tfor second in 1 2 3 4 5 6 7 8 9; do echo looking at $$second; sleep 1; done\n\ttouch $@\n"


#: The same, and what the role has left for the role images, whatever came of it.
TOLD: list[dict[str, Any]] = [
    # What is proven is remembered in a folder of the host's; here it is the test's.
    {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"xenfleet.stubdom.boot_proof": {"records": "{{ playbook_dir }}/proofs"}},
        "tasks": [{
            "block": [{"ansible.builtin.include_role": {"name": "xenfleet.stubdom.build_minios_stubdom"}}],
            "always": [{"ansible.builtin.debug": {
                "msg": "released {{ build_minios_stubdom_images | default([]) | map(attribute='name') | list }}",
            }}],
        }],
    },
]


class Site:
    """A build host, which is the controller, with a tree of Xen 4.17."""

    def __init__(self, folder: Path, core: str, play: list[dict[str, Any]] | None = None, **variables: Any) -> None:
        self.folder = folder
        self.core = core
        self.variables = variables
        self.path = ""
        self.tree = XenTree(folder / "src", "4.17")
        self.tree.change("stubdom/Makefile", "$(ZLIB_STAMPFILE): zlib", "$(ZLIB_STAMPFILE): slow zlib")
        self.tree.change("stubdom/Makefile", "grub-upstream:", f"slow:\n{SLOW}\ngrub-upstream:")
        (folder / "play.yml").write_text(json.dumps(play or PLAY))
        for name in ("home", "tmp"):
            (folder / name).mkdir()

    def run(self, *options: str) -> tuple[int, int, str]:
        """How many tasks changed something, and failed; and what was seen."""
        variables = {
            "build_minios_stubdom_tree": str(self.tree.root), "build_minios_stubdom_mirror": str(self.tree.mirror),
            "build_minios_stubdom_checksums": self.tree.checksums, "build_minios_stubdom_progress": 1,
            "build_minios_stubdom_dest": str(self.folder / "build"),
            "build_minios_stubdom_cache": str(self.folder / "cache"), "ansible_remote_tmp": str(self.folder / "tmp"),
            "ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_async_dir": str(self.folder / "async"), **self.variables,
        }
        env = environment(self.core)
        env["PATH"] = f"{self.path}{self.tree.bin}:{env['PATH']}"
        env |= {"HOME": str(self.folder / "home"), "ANSIBLE_HOME": str(self.folder / "home"),
                "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp")}
        command = [str(CORES[self.core] / "bin" / "ansible-playbook"), "-i", "localhost,", "-e", json.dumps(variables),
                   *options, "play.yml"]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=300,
                              check=False, stdin=subprocess.DEVNULL)
        recap = RECAP.search(done.stdout)
        assert recap, done.stdout[-4000:] + done.stderr[-2000:]
        return int(recap.group(2)), int(recap.group(3)), done.stdout

    def cache(self) -> list[str]:
        """The files that came to the controller, without their versions."""
        return sorted(f"{path.parents[1].name}/{path.name}" for path in (self.folder / "cache").rglob("*") if path.is_file())


def test_a_build_and_what_is_seen_of_it(tmp_path: Path, core: str) -> None:
    site = Site(tmp_path, core)
    changed, failed, said = site.run()
    assert (changed, failed) == (2, 0), said  # the images are built, and fetched
    assert f"{tmp_path}/build/minios-stubdom.log on the build host" in said
    seen = re.findall(r"\(item=\d+:\d\d step 3 of 4: stubdom: looking at (\d)\)", said)
    assert len(set(seen)) >= 2, said
    assert site.cache() == [
        "ioemu-stubdom/ioemu-stubdom.gz", "ioemu-stubdom/stubdom-dm", "ioemu-stubdom/stubdompath.sh",
        "pv-grub-x86_64.gz/pv-grub-x86_64.gz",
    ]
    site.tree.calls()
    changed, failed, said = site.run()
    assert (changed, failed, site.tree.calls()) == (0, 0, []), said
    site.tree.change("stubdom/Makefile", "-DPLACE=\\\"grub\\\"", "-DPLACE=grub")
    changed, failed, said = site.run()
    assert (changed, failed) == (0, 1), said
    assert "error: 'grub' undeclared here" in said
    assert said.count("make: Entering directory") == 0


def test_check_mode_brings_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path, CORE)
    changed, failed, said = site.run("--check")
    assert (changed, failed) == (1, 0), said
    assert (site.cache(), (tmp_path / "build" / "minios-stubdom").exists()) == ([], False)


def test_without_a_proof_nothing_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PV-GRUB is booted by a fake of xl: its console is first none at all, then a terminal that shows a prompt."""
    site = Site(tmp_path, CORE, TOLD, build_minios_stubdom_proof_host="localhost", build_minios_stubdom_targets=["pvgrub"],
                build_minios_stubdom_proof_timeout=60)
    host = FakeXen(tmp_path / "host")
    host.setup()
    host.set_xenstore(**{"/local/domain/1/console/tty": str(tmp_path / "play.yml")})
    monkeypatch.setenv("XENFLEET_FAKE_XEN", host.path)
    site.path = f"{host.env()['PATH'].partition(os.pathsep)[0]}:"
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    changed, failed, said = site.run()
    assert failed == 1 and "is not a terminal" in said, said
    assert "released []" in said
    assert site.cache() == ["pv-grub-x86_64.gz/pv-grub-x86_64.gz"]
    assert list(host.domains()) == ["Domain-0"]

    master, slave = os.openpty()
    host.set_xenstore(**{"/local/domain/2/console/tty": os.ttyname(slave)})

    def speak() -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if any(name.startswith("xenfleet-proof") and one["state"] != "p" for name, one in host.domains().items()):
                os.write(master, b"\r\ngrubdom> ")
                return
            time.sleep(0.2)

    speaker = threading.Thread(target=speak)
    speaker.start()
    changed, failed, said = site.run()
    speaker.join()
    assert (changed, failed) == (1, 0), said
    assert "released ['pv-grub-x86_64.gz']" in said
    assert [path.suffix for path in (tmp_path / "proofs").iterdir() if path.name != "lock"] == [".json"]
    changed, failed, said = site.run()
    assert (changed, failed) == (0, 0), said
    os.close(master)
    os.close(slave)
