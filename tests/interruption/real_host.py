# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host of the lab, deploy.yml on it, and what is seen on it, for the tests beside this file."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from interruptible import InterruptibleRun, slow_writes

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests"))

from runner.places import CORE, CORES, environment

LAB = CHECKOUT / "tests" / "lab" / "lab"
FREEZE = Path(__file__).resolve().parent / "freeze.py"
# Seconds; everything is slow in emulation.
PATIENCE = 900.0
KERNEL = {"kernel": "/srv/guests/kernel/vmlinuz", "ramdisk": "/srv/guests/kernel/initrd.img"}
# One boots by PV-GRUB2 from its own disk, and at the host's boot; the other a kernel of the host's.
GUESTS: list[dict[str, Any]] = [
    {"name": "web1", "type": "pv", "memory": 128, "autostart": True, "boot": {"method": "pvgrub2"},
     "disks": [{"target": "/srv/guests/web1.img", "vdev": "xvda"}]},
    {"name": "db1", "type": "pv", "memory": 128, "boot": {"method": "direct", **KERNEL, "cmdline": "console=hvc0"},
     "disks": [{"target": "/srv/guests/db1.img", "vdev": "xvda"}]},
]
NAMES = sorted(str(guest["name"]) for guest in GUESTS)

# On the host: a Python whose writes take their time.
SLOW = "/var/tmp/xenfleet-interruption"
# As JSON: the domains' names with their states, files, what is hidden, the loop devices' files, the lock.
LOOK = r"""
import glob, json, os, subprocess
def run(*words): return subprocess.run(words, capture_output=True, text=True).stdout
rows = [line.split() for line in run("xl", "list").splitlines()[1:]]
files = sorted(glob.glob("/etc/xen/*.cfg"))
hidden = run("find", "/etc/xen", "/var/lib/xenfleet", "-name", ".*").split()
print(json.dumps({
    "domains": sorted([row[0], row[4].strip("-")] for row in rows if row[0] != "Domain-0"),
    "files": {path: open(path).read() for path in files},
    "links": {path: os.readlink(path) for path in glob.glob("/etc/xen/auto/*")},
    "hidden": hidden,
    "starting": [os.path.basename(path) for path in glob.glob("/var/lib/xenfleet/guests/starting/*")],
    "images": sorted(glob.glob("/var/lib/xenfleet/images/*/*")),
    "loops": sorted(run("losetup", "-l", "-n", "-O", "BACK-FILE").split()),
    "console": "--log=guest" in run("sh", "-c", "tr '\\0' ' ' < /proc/$(cat /run/xenconsoled.pid)/cmdline"),
    "locked": subprocess.run(["flock", "-n", "/var/lib/xenfleet/lock", "true"]).returncode == 1,
}))
"""
# The host as deploy.yml finds it the first time. Only what the guests of these tests are is taken away.
RESET = r"""
for name in NAMES; do xl destroy $name 2>/dev/null; rm -f /etc/xen/$name.cfg /etc/xen/auto/*-$name.cfg; done
for try in $(seq 60); do losetup -l -n -O BACK-FILE | grep -q /srv/guests || break; sleep 1; done
rm -rf /var/lib/xenfleet /var/log/xen/console SLOW
sed -i /^XENCONSOLED_ARGS/d /etc/default/xen
start-stop-daemon --stop --quiet --oknodo --retry TERM/30/KILL/5 --pidfile /run/xenconsoled.pid --name xenconsoled
SYSTEMCTL_SKIP_REDIRECT=1 /etc/init.d/xen start >/dev/null
xl list | grep -cE "^($(echo NAMES | tr ' ' '|')) "
""".replace("NAMES", " ".join(NAMES)).replace("SLOW", SLOW)


class RealHost:
    """A host by its name in the lab; all that is written here is below ``folder``."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._env = {**environment(), "ANSIBLE_PIPELINING": "true",
                     "ANSIBLE_HOME": str(folder / "home")}
        folder.mkdir(parents=True, exist_ok=True)
        self.meet()

    def lab(self, *words: str, seconds: float = PATIENCE) -> str:
        """One of the lab's commands."""
        done = subprocess.run([str(LAB), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def meet(self) -> None:
        """Write down where the host is: its port changes with each boot."""
        (self.folder / "lab.yml").write_text(self.lab("inventory", self.name), encoding="utf-8")

    def cut(self) -> None:
        """InterruptibleRun the power."""
        self.lab("cut", self.name)

    def boot(self) -> None:
        """From its own disk."""
        self.lab("boot", self.name)
        self.meet()

    def shell(self, script: str) -> str:
        """Run a script, which may fail; return what it printed."""
        done = subprocess.run([str(LAB), "ssh", self.name, "--", "sh", "-s"], input=script, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        return done.stdout

    def look(self) -> dict[str, Any]:
        """Return what is there now; see LOOK."""
        done = subprocess.run([str(LAB), "ssh", self.name, "--", "python3", "-"], input=LOOK, capture_output=True,
                              text=True, timeout=PATIENCE, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def reset(self) -> None:
        """Without guests, images and records, and with nothing built on this machine."""
        assert self.shell(RESET).split()[-1:] == ["0"], "a guest of an earlier test is still there"
        subprocess.run(["rm", "-rf", "--", str(self.folder / "build"), str(self.folder / "cache")], check=True)

    def slow(self) -> dict[str, str]:
        """Variables for a run whose modules' writes take seconds each. Written anew: a power cut may have taken it."""
        wrapper = f"#!/bin/sh\nPYTHONPATH={SLOW} exec /usr/bin/python3 \"$@\"\n"
        files = {"sitecustomize.py": slow_writes(4), "python": wrapper}
        lines = [f"printf %s {shlex.quote(text)} > {SLOW}/{name}" for name, text in files.items()]
        self.shell("\n".join([f"mkdir -p {SLOW}", *lines, f"chmod 755 {SLOW}/python"]))
        return {"ansible_python_interpreter": f"{SLOW}/python"}

    def deploy(self, **more: str) -> InterruptibleRun:
        """Begin a run, with these variables of the host."""
        hosts = {"xen_hosts": {"hosts": {self.name: {"stubdom_guests": GUESTS, **more}}}}
        (self.folder / "guests.json").write_text(json.dumps(hosts), encoding="utf-8")
        places = {"build_pvgrub_dest": "build", "stubdom_image_cache": "cache"}
        paths = {name: str(self.folder / path) for name, path in places.items()}
        variables = json.dumps({**paths, "guests_start_parallel": len(GUESTS)})
        command = [str(CORES[CORE] / "bin" / "ansible-playbook"),
                   "xenfleet.stubdom.deploy", "-i", "lab.yml", "-i", "guests.json", "-e", variables]
        return InterruptibleRun(command, self._env, self.folder)

    def finish(self) -> str:
        """Run to the end; return what was printed."""
        with self.deploy() as run:
            status = run.wait(PATIENCE)
            text = run.out.read_text(encoding="utf-8", errors="replace")
        assert status == 0, text[-4000:]
        return text

    @contextmanager
    def frozen(self, kind: str, pattern: str = "") -> Iterator[subprocess.Popen[str]]:
        """freeze.py at work on the host; its next line is what it stopped."""
        script = shlex.quote(FREEZE.read_text(encoding="utf-8"))
        command = f"exec python3 -c {script} {kind} {shlex.quote(pattern)}"
        with subprocess.Popen([str(LAB), "ssh", self.name, "--", command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True) as watch:
            try:
                assert watch.stdout is not None and watch.stdout.readline() == "ready\n"
                yield watch
            finally:
                watch.kill()
