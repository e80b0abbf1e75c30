# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""deploy.yml on fake hosts is killed with all of its processes, at each of its tasks and in the midst of what modules do,
each time on another untouched host. One run over all of these hosts then finishes the work, and one more changes nothing.

test_real_host.py does the like on a real host.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment import CORE, CORES, Site
from interruptible import InterruptibleRun, slow_writes

POINTS = 10
SECONDS = 300.0
IMAGE = b"image" * 100_000
RECAP = re.compile(r"^(host\w+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0 ", re.MULTILINE)


class Host(Site):
    """Hold a host with two guests to be started and one image to be installed, under a name of its own in the joint fleet."""

    def __init__(self, folder: Path, number: int) -> None:
        self.name = f"host{number}"
        super().__init__(folder, CORE, 2, running=1, prefix=f"{self.name}-")
        self.fake_xen.set_behaviour("*", polls=0)
        self.fast()

    def names(self) -> list[str]:
        return ["Domain-0", f"{self.name}-0", f"{self.name}-1"]

    def variables(self) -> dict[str, Any]:
        """With an image that was built, and brought to the controller."""
        sha256 = hashlib.sha256(IMAGE).hexdigest()
        name, version, file = "pvgrub2-x86_64", sha256[:16], "pvgrub2-x86_64.bin"
        built = self.folder / "cache" / name / version / file
        if not built.exists():
            built.parent.mkdir(parents=True)
            built.write_bytes(IMAGE)
        image = {"name": name, "version": version, "sha256": sha256, "files": [{"file": file, "sha256": sha256}], "manifest": {}}
        return {**super().variables(), "build_pvgrub_images": [image],
                "ansible_python_interpreter": str(self.folder / "python")}

    def write(self, inventory: Path, hosts: list[Host]) -> None:
        """The inventory of these hosts."""
        rows = {host.name: {"stubdom_guests": [host._guest(name, "running") for name in host.names()[1:]], **host.variables()}
                for host in hosts}
        inventory.write_text(json.dumps({"xen_hosts": {"hosts": rows}}))

    def fast(self) -> None:
        self.fake_xen.interpreter(self.folder / "python")

    def slow(self) -> None:
        """Every write of its modules takes a moment."""
        (self.folder / "slow").mkdir()
        (self.folder / "slow" / "sitecustomize.py").write_text(slow_writes(0.5))
        self.fake_xen.interpreter(self.folder / "python", f"export PYTHONPATH='{self.folder}/slow'")

    def begin(self, hosts: list[Host]) -> InterruptibleRun:
        """A run over these hosts."""
        self.write(self.inventory, hosts)
        command = [str(CORES[CORE] / "bin" / "ansible-playbook"), "-i", str(self.inventory), "-e", "stubdom_serial=100%",
                   "-f", "8", "xenfleet.stubdom.deploy"]
        return InterruptibleRun(command, self.environment(), self.folder)

    def finish(self, hosts: list[Host]) -> dict[str, int]:
        """How many changes a run to its end made, by host."""
        with self.begin(hosts) as run:
            status = run.wait(SECONDS)
            text = run.out.read_text()
        assert status == 0, text[-4000:]
        return {name: int(changed) for name, changed in RECAP.findall(text)}

    def domains(self) -> list[str]:
        """As xl lists them: a name that two have is there twice."""
        return [line.split()[0] for line in self.fake_xen.run("xl", "list").stdout.splitlines()[1:]]

    def files(self) -> dict[str, str]:
        """What deploy.yml is to make, as it is the same on each host: contents, or what links lead to."""
        found = {}
        for path in sorted(path for name in ("xen", "store", "records") for path in (self.folder / name).rglob("*")):
            if path.is_symlink():
                text = str(path.readlink())
            elif path.is_file():
                # Of a record, which has a new uuid and a place in a log, just that it is whole.
                text = " ".join(json.loads(path.read_text())) if "records" in path.parts else path.read_text()
            else:
                continue
            found[str(path.relative_to(self.folder))] = text.replace(str(self.folder), "").replace(self.name, "host")
        return {re.sub(self.name, "host", path): re.sub(r"(Seal|sha256).*", r"\1", text) for path, text in found.items()}

    def is_locked(self) -> bool:
        try:
            with (self.folder / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


@dataclass(frozen=True)
class Point:
    """Name where a run is killed: ``when`` says of its host and of the run that it is there."""

    name: str
    when: Callable[[Host, InterruptibleRun], bool]
    is_slow: bool = False


def at_start(number: int) -> Callable[[Host, InterruptibleRun], bool]:
    return lambda _host, run: len(run.starts()) > number


def at_file(pattern: str) -> Callable[[Host, InterruptibleRun], bool]:
    return lambda host, _run: any(host.folder.glob(pattern))


def at_half_made_domain(host: Host, _run: InterruptibleRun) -> bool:
    return any(domain["state"] == "p" for domain in host.fake_xen.domains().values())


# Pieces of work that leave something half done.
MIDST = [
    Point("the image's file", at_file("store/*/.*/pvgrub2-x86_64.bin"), is_slow=True),
    Point("a guest's file", at_file("xen/.*.cfg.*"), is_slow=True),
    Point("the second guest's file", at_file("xen/.*-1.cfg.*"), is_slow=True),
    Point("the note of a start", at_file("records/starting/.*"), is_slow=True),
    Point("the record of a start", at_file("records/.*.json.*"), is_slow=True),
    Point("a domain", at_half_made_domain),
]


def interrupt(host: Host, point: Point) -> tuple[str, dict[str, str]]:
    """Kill a run at a point. Return why the point was missed, "" for nothing; the host's files then. All of a run's processes are gone."""
    if point.is_slow:
        host.slow()
    if point.when is at_half_made_domain:
        host.fake_xen.set_behaviour("*", builds=SECONDS)
    with host.begin([host]) as run:
        try:
            run.until(lambda: point.when(host, run), SECONDS)
            problem = ""
        except AssertionError as error:
            problem = f"{point.name}: {error}"
        run.kill()
    host.fake_xen.set_behaviour("*", builds=0)
    host.fast()
    return problem, host.files()


def test_the_run_after_one_that_was_killed_finishes_its_work(tmp_path: Path) -> None:
    first = Host(tmp_path / "first", 0)
    with first.begin([first]) as run:
        assert run.wait(SECONDS) == 0, run.printed()
        tasks = run.starts()
    whole = first.files()
    assert (first.domains(), len(tasks) >= POINTS) == (first.names(), True)

    points = [*(Point(task, at_start(number)) for number, task in enumerate(tasks)), *MIDST]
    hosts = [Host(tmp_path / str(number), number + 1) for number in range(len(points))]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(interrupt, hosts, points))
    assert [problem for problem, _files in found if problem] == []
    for host, point, (_problem, files) in zip(hosts, points, found, strict=True):
        assert len(set(host.domains())) == len(host.domains()), point.name
        visible = {path: text for path, text in files.items() if "/." not in path and "/starting/" not in path}
        assert visible.items() <= whole.items(), f"{point.name}: a file is half written"
        assert not host.is_locked(), point.name
    hidden = [path for _problem, files in found for path in files if "/." in path]
    assert len(hidden) >= len(MIDST) - 1, "nothing was interrupted in its midst"

    changed = first.finish(hosts)
    assert sorted(changed) == sorted(host.name for host in hosts)
    for host, point in zip(hosts, points, strict=True):
        assert host.domains() == host.names(), point.name
        assert host.files() == whole, point.name
        assert not host.is_locked(), point.name
    assert set(first.finish(hosts).values()) == {0}
