# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""upgrade.yml and rollback.yml: who is restarted, in which order, with which hooks, and what becomes of a host whose guest
does not come back. PV-GRUB2 is built by a pretended grub-mkimage, whose version is what makes another image."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from api import FakeXen
from deployment import CORE, Site, made_once

IMAGE = "pvgrub2-x86_64"
MKIMAGE = """#!/bin/sh
version=$(cat "{folder}/grub-version")
[ "$1" = --version ] && echo "grub-mkimage $version" && exit
while [ "$1" != --output ]; do shift; done
echo "$version" > "$2"
"""
RECAP = re.compile(r"^(xen\d) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d+)", re.MULTILINE)


class Fleet(Site):
    """Two hosts with two guests each that boot through PV-GRUB2, and one that does not; ``more`` do, too, after these."""

    def __init__(self, folder: Path, core: str = CORE, more: tuple[str, ...] = ()) -> None:
        super().__init__(folder, core, 0)
        (folder / "bin").mkdir()
        mkimage = folder / "bin" / "grub-mkimage"
        mkimage.write_text(MKIMAGE.format(folder=folder))
        mkimage.chmod(0o755)
        (folder / "grub" / "x86_64-xen").mkdir(parents=True)
        (folder / "grub" / "x86_64-xen" / "moddep.lst").write_text("")
        self.hosts = {name: FakeXen(folder / name / "host") for name in ("xen1", "xen2")}
        self.changes: dict[str, Any] = {}
        self.names = [("web", 2), ("db", 1), ("own", 0), *((name, 3) for name in more)]
        for host in self.hosts.values():
            host.setup(free_memory=4096)
            host.set_behaviour("*", polls=0)
        self.grub("1")

    def grub(self, version: str) -> None:
        (self.folder / "grub-version").write_text(version)

    def guests(self, host: str) -> list[dict[str, Any]]:
        found = []
        for name, order in self.names:
            disk = self.folder / f"{host}-{name}.img"
            disk.write_bytes(b"")
            boot = {"method": "direct", "kernel": str(self.folder / "vmlinuz")} if name == "own" else {"method": "pvgrub2"}
            found.append({"name": f"{name}{host[-1]}", "type": "pv", "memory": 128, "order": order, "boot": boot,
                          "disks": [{"target": str(disk), "vdev": "xvda"}]})
        return found

    def play(self, playbook: str, *options: str, **variables: Any) -> tuple[int, dict[str, tuple[int, int]], str]:
        """Exit status, what changed and failed on each host, and what was printed."""
        below = ("images_store", "images_config_dir", "preflight_store", "guests_config_dir", "guests_autostart_dir",
                 "guests_store", "guests_records", "fs_backend_store", "guests_lock", "images_lock", "fs_backend_lock")
        hosts = {}
        for name, host in self.hosts.items():
            own = {key: value.replace(str(self.folder), f"{self.folder}/{name}") for key, value in self.variables().items()
                   if key in below}
            python = host.interpreter(self.folder / name / "python")
            hosts[name] = {**own, "stubdom_guests": self.guests(name), "ansible_python_interpreter": python}
        shared = {**self.variables(), "guests_console": False, "guests_stop_timeout": 60, **self.changes}
        self.inventory.write_text(json.dumps({"xen_hosts": {"hosts": hosts, "vars": shared}}))
        done = self.run(*options, "-e", json.dumps(variables), playbook=playbook)
        recap = {name: (int(changed), int(failed)) for name, changed, failed in RECAP.findall(done.stdout)}
        return done.returncode, recap, done.stdout + done.stderr

    def deployed(self) -> Fleet:
        """From the first image; then there is a newer GRUB."""
        status, recap, text = self.play("deploy")
        assert (status, {failed for _changed, failed in recap.values()}) == (0, {0}), text[-4000:]
        for host in self.hosts.values():
            host.forget_calls()
        self.grub("2")
        return self

    def did(self, host: str) -> list[str]:
        """What changed a domain there, in order; of what was created, the guest's name."""
        words = [" ".join(call[1:]) for call in self.hosts[host].mutating_calls()]
        return [re.sub(r"^create .*/(\w+)\.cfg.*", r"create \1", re.sub(r"^(shutdown|destroy) .*", r"\1", said)) for said in words]

    def current(self, host: str) -> str:
        return (self.folder / host / "store" / IMAGE / "current" / f"{IMAGE}.bin").read_text().strip()

    def kernels(self, host: str) -> dict[str, str]:
        """Which GRUB each guest was booted by."""
        domains = self.hosts[host].domains()
        return {name: Path(domain["kernel"]).read_text().strip() for name, domain in sorted(domains.items())
                if name != "Domain-0" and not name.startswith("own")}


def hook(folder: Path, name: str, *tasks: dict[str, Any]) -> str:
    """A task file that notes when it ran, and for which guest, and then does more."""
    line = name + " {{ inventory_hostname }}" + (" {{ stubdom_guest.name }}" if "guest" in name else "")
    note = {"ansible.builtin.shell": f"echo '{line}' >> {folder}/hooks.log"}
    path = folder / f"{name}.yml"
    path.write_text(json.dumps([{"name": name, **note}, *({"name": "More", **task} for task in tasks)]))
    return str(path)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Fleet]:
    """Deploy the fleet once."""
    return made_once(tmp_path_factory.mktemp("fleet"), lambda folder: Fleet(folder).deployed())


@pytest.fixture
def fleet(deployed: Callable[[], Fleet]) -> Fleet:
    """Return the fleet as it is after the deployment, when there is a newer GRUB."""
    return deployed()


def test_just_the_stale_guests_are_restarted_in_their_order_with_hooks(tmp_path: Path, fleet: Fleet) -> None:
    fleet.changes["stubdom_hooks"] = {moment: hook(tmp_path, moment)
                                      for moment in ("before_host", "before_guest", "after_guest", "after_host")}
    status, _recap, text = fleet.play("upgrade", "--check")
    assert status == 0, text[-4000:]
    assert "db1:\n" in text or '"db1": {' in text
    assert (fleet.did("xen1"), fleet.current("xen1"), (tmp_path / "hooks.log").exists()) == ([], "1", False)
    status, recap, text = fleet.play("upgrade", stubdom_serial=1)
    assert (status, [failed for _changed, failed in recap.values()]) == (0, [0, 0]), text[-4000:]
    for number in "12":
        assert fleet.kernels(f"xen{number}") == {f"db{number}": "2", f"web{number}": "2"}
        assert fleet.did(f"xen{number}") == ["shutdown", f"create db{number}", "shutdown", f"create web{number}"]
    assert (tmp_path / "hooks.log").read_text().splitlines() == [
        f"{line.format(number)}" for number in "12" for line in (
            "before_host xen{0}", "before_guest xen{0} db{0}", "after_guest xen{0} db{0}", "before_guest xen{0} web{0}",
            "after_guest xen{0} web{0}", "after_host xen{0}")]
    (tmp_path / "hooks.log").unlink()
    status, recap, text = fleet.play("upgrade")
    assert (status, recap) == (0, {"xen1": (0, 0), "xen2": (0, 0)}), text[-4000:]
    assert not (tmp_path / "hooks.log").exists()


def test_a_guest_that_does_not_come_back_rolls_back_its_host_and_ends_the_rollout(fleet: Fleet) -> None:
    # The next start of a guest fails, as it would with a loader that is broken.
    fleet.hosts["xen1"].add_fault("create", name="web1", rc=3, stderr="libxl: error: no loader\n", times=1)
    status, recap, text = fleet.play("upgrade")
    assert status == 2
    assert recap["xen1"][1] == 1
    assert fleet.current("xen1") == "1"
    assert fleet.kernels("xen1") == {"db1": "2", "web1": "1"}, "what is proven runs on"
    assert fleet.did("xen1")[2:] == ["shutdown", "create web1", "create web1"]
    assert (fleet.did("xen2"), fleet.current("xen2")) == ([], "1")
    assert re.search(r"xen1: guest web1: .*no loader.* The host is back at pvgrub2-x86_64 [0-9a-f]{16}, and guest web1 runs as defined",
                     text)
    assert "1 host not begun: xen2." in text
    # Mended, the rollout begins where it was.
    status, recap, text = fleet.play("upgrade")
    assert (status, fleet.kernels("xen1"), fleet.kernels("xen2")) == (
        0, {"db1": "2", "web1": "2"}, {"db2": "2", "web2": "2"}), text[-4000:]


def test_a_hook_that_fails_rolls_back_the_guest_too(tmp_path: Path, fleet: Fleet) -> None:
    bad = {"ansible.builtin.fail": {"msg": "the shop is closed"}}
    fleet.changes["stubdom_hooks"] = {"after_guest": hook(tmp_path, "after_guest", bad)}
    status, _recap, text = fleet.play("upgrade")
    assert (status, fleet.current("xen1"), fleet.kernels("xen1")) == (2, "1", {"db1": "1", "web1": "1"})
    assert re.search(r"xen1: the shop is closed \(task '.*'\)\. The host is back at", text)
    fleet.changes["stubdom_hooks"] = {"before_host": hook(tmp_path, "before_host", bad)}
    fleet.hosts["xen1"].forget_calls()
    status, _recap, text = fleet.play("upgrade")
    assert (status, fleet.did("xen1")) == (2, [])
    assert re.search(r"xen1: the shop is closed \(task '.*'\)\n", text)


def test_batches_on_hosts_side_by_side_with_hooks_and_back(tmp_path: Path) -> None:
    """The guests of one order are down together, two at a time, on both hosts at once; their hooks one after the other."""
    fleet = Fleet(tmp_path, more=("app", "bus", "cat")).deployed()
    fleet.changes |= {"guests_restart_batch": 2, "stubdom_hooks": {
        moment: hook(tmp_path, moment) for moment in ("before_host", "before_guest", "after_guest", "after_host")}}
    status, _recap, text = fleet.play("upgrade", "-vvv", stubdom_serial="100%")
    assert status == 0, text[-4000:]
    # After each batch but the last one, the start_delay of its guests passes.
    assert text.count('"more_starts": true') == 2 * 3
    for number in "12":
        assert fleet.kernels(f"xen{number}") == {f"{name}{number}": "2" for name in ("app", "bus", "cat", "db", "web")}
        assert fleet.did(f"xen{number}") == [
            "shutdown", f"create db{number}", "shutdown", f"create web{number}",
            "shutdown", "shutdown", f"create app{number}", f"create bus{number}", "shutdown", f"create cat{number}"]
    lines = (tmp_path / "hooks.log").read_text().splitlines()
    batches = (("db",), ("web",), ("app", "bus"), ("cat",))
    for number in "12":
        assert [line for line in lines if f"xen{number}" in line] == [
            f"before_host xen{number}",
            *(f"{moment} xen{number} {name}{number}" for batch in batches for moment in ("before_guest", "after_guest")
              for name in batch),
            f"after_host xen{number}"]
    # Neither host waits for more than the same step of the other one.
    steps = [line.replace("xen1", "xen").replace("xen2", "xen").rstrip("12") for line in lines]
    assert [steps[2 * number] for number in range(len(steps) // 2)] == [steps[2 * number + 1] for number in range(len(steps) // 2)]
    for host in fleet.hosts.values():
        host.forget_calls()
    fleet.changes.pop("stubdom_hooks")
    status, _recap, text = fleet.play("rollback", stubdom_serial="100%", stubdom_rollback_image=IMAGE)
    assert status == 0, text[-4000:]
    for number in "12":
        assert set(fleet.kernels(f"xen{number}").values()) == {"1"}
        assert fleet.did(f"xen{number}")[4:8] == ["shutdown", "shutdown", f"create app{number}", f"create bus{number}"]


def test_what_fails_in_a_batch_concerns_this_guest_and_the_batches_after_it(tmp_path: Path) -> None:
    """On one host a guest does not start, on another one a hook before a guest fails, for one guest of a batch each."""
    fleet = Fleet(tmp_path, more=("app", "bus", "cat", "dog")).deployed()
    bad = {"ansible.builtin.fail": {"msg": "the shop is closed"}, "when": "stubdom_guest.name == 'app2'"}
    fleet.changes |= {"guests_restart_batch": 3, "stubdom_hooks": {
        "before_guest": hook(tmp_path, "before_guest", bad), "after_guest": hook(tmp_path, "after_guest"),
        "after_host": hook(tmp_path, "after_host")}}
    fleet.hosts["xen1"].add_fault("create", name="bus1", rc=3, stderr="libxl: error: no loader\n", times=1)
    status, recap, text = fleet.play("upgrade", stubdom_serial="100%")
    assert (status, recap["xen1"][1], recap["xen2"][1]) == (2, 1, 1)
    assert (fleet.current("xen1"), fleet.current("xen2")) == ("1", "1")
    older = {"bus1": "1", "dog1": "1", "app2": "1", "dog2": "1"}
    assert fleet.kernels("xen1") | fleet.kernels("xen2") == {
        f"{name}{number}": older.get(f"{name}{number}", "2") for name in ("app", "bus", "cat", "db", "dog", "web") for number in "12"}
    assert fleet.did("xen1")[4:] == ["shutdown"] * 3 + ["create app1", "create bus1", "create cat1", "create bus1"]
    assert fleet.did("xen2")[4:] == ["shutdown"] * 2 + ["create bus2", "create cat2"]
    lines = (tmp_path / "hooks.log").read_text().splitlines()
    batch = [line for line in lines if re.search("app|bus|cat|dog|host", line)]
    # The hosts write at the same time.
    assert [line for line in batch if "xen1" in line] == [
        "before_guest xen1 app1", "before_guest xen1 bus1", "before_guest xen1 cat1", "after_guest xen1 app1", "after_guest xen1 cat1"]
    assert [line for line in batch if "xen2" in line] == [
        "before_guest xen2 app2", "before_guest xen2 bus2", "before_guest xen2 cat2", "after_guest xen2 bus2", "after_guest xen2 cat2"]
    assert re.search(r"xen1: guest bus1: .*no loader.* The host is back at pvgrub2-x86_64 [0-9a-f]{16}, and guest bus1 runs as defined", text)
    assert re.search(r"xen2: the shop is closed \(task '.*'\)\. The host is back at .*, and guest app2 runs as defined", text)
    assert "2 hosts, 14 guests: 6 as defined, 8 with another definition or image, 2 problems." in text


def test_a_hook_that_does_not_exist_is_reported_before_anything_is_done(fleet: Fleet) -> None:
    fleet.changes["stubdom_hooks"] = {"before_guest": "/nonexistent/hook.yml"}
    status, recap, text = fleet.play("upgrade")
    assert (status, recap) == (2, {"xen1": (0, 1)})
    assert "host xen1: stubdom_hooks.before_guest = '/nonexistent/hook.yml': does not exist on the controller" in text


def test_rollback_by_one_version(fleet: Fleet) -> None:
    status, _recap, text = fleet.play("upgrade")
    assert status == 0, text[-4000:]
    for host in fleet.hosts.values():
        host.forget_calls()
    status, _recap, text = fleet.play("rollback", "--check", stubdom_rollback_image=IMAGE)
    assert (status, fleet.did("xen1"), fleet.current("xen1")) == (0, [], "2"), text[-4000:]
    status, _recap, text = fleet.play("rollback", stubdom_rollback_image=IMAGE)
    assert status == 0, text[-4000:]
    for number in "12":
        assert fleet.kernels(f"xen{number}") == {f"db{number}": "1", f"web{number}": "1"}
        assert fleet.current(f"xen{number}") == "1"
    assert "To stay, put this into the inventory: stubdom_image_versions: " in text
    status, recap, text = fleet.play("rollback", stubdom_rollback_image=IMAGE)
    assert (status, recap) == (0, {"xen1": (0, 0), "xen2": (0, 0)}), text[-4000:]


def test_what_a_tag_installs_is_built_for_it(tmp_path: Path) -> None:
    """The roles that build are included when the play runs, and have their tags from it."""
    fleet = Fleet(tmp_path)
    status, recap, text = fleet.play("deploy", "--tags", "images")
    assert (status, {failed for _changed, failed in recap.values()}) == (0, {0}), text[-4000:]
    assert (fleet.current("xen1"), fleet.current("xen2"), fleet.did("xen1")) == ("1", "1", [])


@contextmanager
def web_server(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder; yield the URL, and what was asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_args: Any) -> None:
            asked.append(self.path)

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_hosts_fetch_their_images_from_a_server_and_from_each_other(tmp_path: Path) -> None:
    """The store of the first host serves the other one, which asks the server for what it does not have there."""
    fleet = Fleet(tmp_path)
    with web_server(tmp_path / "cache") as (server, of_server), web_server(tmp_path / "xen1" / "store") as (peer, of_peer):
        fleet.changes["stubdom_image_url"] = f"{{{{ {{'xen1': '{server}', 'xen2': ['{peer}', '{server}']}}[inventory_hostname] }}}}"
        status, recap, text = fleet.play("deploy", "--tags", "images")
        assert (status, {failed for _changed, failed in recap.values()}) == (0, {0}), text[-4000:]
        assert (fleet.current("xen1"), fleet.current("xen2")) == ("1", "1")
        assert (len(of_server), of_peer) == (1, of_server)
        fleet.grub("2")
        status, recap, text = fleet.play("deploy", "--tags", "images", "--limit", "xen2")
        assert (status, recap["xen2"][1], fleet.current("xen2")) == (0, 0, "2"), text[-4000:]
        assert (len(of_server), len(of_peer)) == (2, 2)


@pytest.mark.parametrize("name, words", [
    ("", "stubdom_rollback_image: is missing. Remedy: name the image to roll back"),
    ("pvgrub", "stubdom_rollback_image = 'pvgrub': no host has such an image. Remedy: name one of these: pvgrub2-x86_64."),
])
def test_an_image_that_nobody_has(fleet: Fleet, name: str, words: str) -> None:
    status, _recap, text = fleet.play("rollback", stubdom_rollback_image=name)
    assert status == 2
    assert words in re.sub(r"\s+", " ", text)
    assert (fleet.did("xen1"), fleet.current("xen1")) == ([], "1")
