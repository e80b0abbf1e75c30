# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""remove.yml takes away what deploy.yml made and an image, after a yes, and nothing that was not ours."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployment import CORE, Site, made_once

GUESTS = ["guest0", "guest1", "guest2"]
HOSTS = ("-e", "stubdom_remove_hosts=host1")
YES = (*HOSTS, "-e", "stubdom_remove_confirmed=true")
CHANGED = re.compile(r"^host1 +: .* changed=(\d+) ", re.MULTILINE)
FOREIGN = {
    "foreign.cfg": 'name = "foreign"\nmemory = 128\n',
    "guest0.cfg.by-hand-0f3c9a51": "# Written by Ansible (xenfleet.stubdom) for guest guest0.\nmemory = 1\n",
    "xl.conf": "autoballoon=0\n",
}


class Removed(Site):
    """Three guests, two of which run, and beside them the guest and the files of somebody else."""

    def __init__(self, folder: Path, core: str) -> None:
        super().__init__(folder, core, len(GUESTS))
        for name, text in FOREIGN.items():
            (folder / "xen" / name).write_text(text)
        (folder / "xen" / "auto").mkdir()
        (folder / "xen" / "auto" / "foreign.cfg").symlink_to("../foreign.cfg")
        self.fake_xen.add_domain("foreign")
        self.fake_xen.set_behaviour("*", polls=0)
        self.inventory.write_text(self.inventory.read_text().replace('"state": "stopped"', '"state": "running"', 1))
        self.deploy()
        self._image()
        self._records()
        self.ours = self.seen()
        self.fake_xen.forget_calls()

    def _image(self) -> None:
        """One image, as the module ``image`` installs it."""
        content = b"an image"
        sha256 = hashlib.sha256(content).hexdigest()
        version = self.folder / "store" / "pvgrub2-x86_64" / sha256[:16]
        version.mkdir(parents=True)
        (version / "pvgrub2.bin").write_bytes(content)
        (version.parent / "current").symlink_to(version.name)
        files = [{"file": "pvgrub2.bin", "sha256": sha256}]
        (version / "manifest.json").write_text(json.dumps({"name": "pvgrub2-x86_64", "files": files}))

    def _records(self) -> None:
        """What a start that was cut short, a pause and a boot proof leave."""
        sha256 = "a" * 64
        proof = {"name": "pvgrub2-x86_64", "sha256": sha256, "xen": "4.17.6", "seen": "grub>", "seconds": 9.4}
        said = {
            "records/starting/guest2.json": {"uuid": "u", "digest": "d", "console_offset": 0},
            "records/paused/guest1.json": {"uuid": "u"},
            f"proofs/{sha256}.json": proof,
        }
        for name, content in said.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(json.dumps(content))
        (self.folder / "proofs" / "lock").touch()

    def seen(self) -> dict[str, Any]:
        """All that lies in the folders that the collection writes to, byte for byte, and the domains by their ids."""
        paths = [path for name in ("xen", "store", "records", "proofs") for path in (self.folder / name).rglob("*")]
        files = {str(path.relative_to(self.folder)): path.read_bytes() for path in paths if path.is_file()}
        links = {str(path.relative_to(self.folder)): path.readlink() for path in paths if path.is_symlink()}
        return {"files": files, "links": links, "domains": {k: v["domid"] for k, v in self.fake_xen.domains().items()}}

    def answer(self, said: str) -> tuple[int, str]:
        """The same with somebody at a terminal who answers; exit status, and what was printed."""
        command, env = self.command(*HOSTS, playbook="remove"), self.environment()
        ours, theirs = pty.openpty()
        # Who asks looks whether somebody is at the terminal that it belongs to.
        command = ["setsid", "--ctty", "--wait", *command]
        done = subprocess.Popen(command, env=env, cwd=self.folder, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        text, answered, deadline = b"", 0.0, time.monotonic() + 900
        while time.monotonic() < deadline:
            _before, asked, after = text.partition(b"Type yes to remove this from host1")
            # Once more where nothing followed: Ansible forgets what came in before it began to read.
            if asked and b"TASK [" not in after and time.monotonic() > answered + 3:
                answered = time.monotonic()
                os.write(ours, f"{said}\r".encode())
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                text += os.read(ours, 65536)
            except OSError:
                break  # Nobody is at the other end any more.
        os.close(ours)
        return done.wait(60), text.decode()

    def remove(self, *options: str) -> tuple[int, int, str]:
        """Exit status, how many tasks changed something, and what was printed."""
        done = self.run(*options, playbook="remove")
        changed = CHANGED.search(done.stdout)
        return done.returncode, int(changed.group(1)) if changed else -1, done.stdout + done.stderr


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Removed]:
    """Deploy the guests once."""
    return made_once(tmp_path_factory.mktemp("removed"), lambda folder: Removed(folder, CORE))


@pytest.fixture
def site(deployed: Callable[[], Removed]) -> Removed:
    """Return the host as it is after the deployment."""
    return deployed()


def test_nothing_of_ours_is_left_and_all_that_was_not_ours(site: Removed) -> None:
    disks = {name: (site.folder / name).read_bytes() for name in ("guest0.img", "guest1.img", "guest2.img", "vmlinuz")}
    status, predicted, text = site.remove(*YES, "--check", "--diff")
    assert (status, site.seen(), site.fake_xen.mutating_calls()) == (0, site.ours, []), text[-3000:]
    status, changed, text = site.remove(*YES)
    assert status == 0, text[-3000:]
    assert changed == predicted == 3  # guests stopped, their files, all the rest
    assert site.seen() == {
        "files": {**{f"xen/{name}": body.encode() for name, body in FOREIGN.items()},
                  "xen/auto/foreign.cfg": FOREIGN["foreign.cfg"].encode()},
        "links": {"xen/auto/foreign.cfg": Path("../foreign.cfg")},
        "domains": {"Domain-0": 0, "foreign": site.ours["domains"]["foreign"]},
    }
    assert not (site.folder / "store").exists()
    for name in ("records", "proofs", "lock"):
        assert not (site.folder / name).exists()
    assert disks == {name: (site.folder / name).read_bytes() for name in disks}
    assert sorted({call[1] for call in site.fake_xen.mutating_calls()}) == ["shutdown"]
    site.fake_xen.forget_calls()
    status, changed, text = site.remove(*HOSTS)
    assert (status, changed, site.fake_xen.mutating_calls()) == (0, 0, []), "there is nothing to ask for"
    assert "\nhost1:\n  nothing to remove\n" in text
    assert not (site.folder / "lock").exists(), "a run that removes nothing makes no lock"


def test_the_plan_names_what_goes_and_what_stays(site: Removed) -> None:
    site.inventory.write_text(site.inventory.read_text().replace('"name": "guest2"', '"name": "other"'))
    _status, _changed, text = site.remove(*HOSTS, "--check")
    assert f"\n  removes guest guest0 (running; it is shut down first): {site.folder}/xen/guest0.cfg, " in text
    assert f"\n  removes guest guest2 (off; the inventory does not name it): {site.folder}/xen/guest2.cfg, " in text
    assert f"\n  removes {site.folder}/records/guest0.json\n" in text
    assert f"\n  leaves  {site.folder}/xen/guest0.cfg.by-hand-0f3c9a51: is a copy of a file of guest guest0\n" in text
    assert "\nGuests' disks, the logs of their consoles, and copies of files changed by hand stay.\n" in text
    assert "foreign" not in text.partition("TASK [Print the plan]")[2].partition("TASK [")[0]


def test_without_a_yes_nothing_is_touched(site: Removed) -> None:
    """Standard input is no terminal here, as in CI."""
    status, changed, text = site.remove(*HOSTS)
    assert (status, changed, site.seen(), site.fake_xen.mutating_calls()) == (2, 0, site.ours, [])
    assert "The removal was not confirmed, and nothing was changed." in text


@pytest.mark.parametrize("said", ["", "no", "y", "yes"])
def test_somebody_answers(said: str, site: Removed) -> None:
    status, text = site.answer(said)
    if said == "yes":
        assert status == 0, text[-3000:]
        assert not (site.folder / "store").exists()
    else:
        assert (status, site.seen(), site.fake_xen.mutating_calls()) == (2, site.ours, []), text[-3000:]
        assert "The removal was not confirmed, and nothing was changed." in text


def test_a_host_that_is_down_is_told_and_the_others_are_cleared(site: Removed) -> None:
    fleet = json.loads(site.inventory.read_text())
    down = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    fleet["xen_hosts"]["hosts"]["host2"] = {**site.variables(), **down}
    site.inventory.write_text(json.dumps(fleet))
    both = ("-e", "stubdom_remove_hosts=host1,host2", "-e", "stubdom_remove_confirmed=true")
    status, changed, text = site.remove(*both)
    assert (status, changed) == (4, 3), text[-3000:]
    assert "\nhost2: could not be examined; nothing is removed there\n" in text
    assert not (site.folder / "store").exists()
    status, changed, text = site.remove(*both, "--limit", "host1")
    assert (status, changed) == (0, 0), text[-3000:]
    assert "host2:" not in text.partition("PLAY [Remove]")[2]


def test_hosts_that_limit_leaves_out_are_not_touched(site: Removed) -> None:
    site.remove(*YES, "--limit", "host2")
    assert (site.seen(), site.fake_xen.mutating_calls()) == (site.ours, [])


@pytest.mark.parametrize("options, words", [
    ((), "stubdom_remove_hosts: is missing, and nothing was changed."),
    (("--limit", "host1"), "stubdom_remove_hosts: is missing, and nothing was changed."),
    (("-e", "stubdom_remove_hosts=hots1"), "stubdom_remove_hosts = 'hots1': no host of the inventory has this name."),
])
def test_hosts_that_are_not_named_are_not_touched(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    site = Site(tmp_path, CORE, 0)
    done = site.run(*options, "-e", "stubdom_remove_confirmed=true", playbook="remove")
    assert done.returncode == 2
    assert words in done.stdout
    assert site.fake_xen.calls() == []


def test_a_guest_that_never_stops_keeps_its_file_and_the_hosts_images(site: Removed) -> None:
    site.fake_xen.set_behaviour("guest0", ignore=True)
    status, _changed, text = site.remove(*YES, "-e", "guests_stop_timeout=2")
    assert status == 2
    assert "guest guest0: state = 'absent': did not shut down within 2 seconds" in text
    assert "The images and services of this host stay, because a guest does." in text
    left = site.seen()
    assert left["files"].keys() >= {name for name in site.ours["files"] if name.startswith(("store/", "proofs/"))}
    assert {"xen/guest0.cfg", "records/guest0.json"} <= left["files"].keys()
    assert "xen/auto/1000-00-guest0.cfg" in left["links"]
    assert sorted(left["domains"]) == ["Domain-0", "foreign", "guest0"]
    gone = site.ours["files"].keys() - left["files"].keys()
    assert {"xen/guest1.cfg", "xen/guest2.cfg"} <= gone
    assert not any("guest0" in name or name.startswith("store/") for name in gone)
    status, _changed, text = site.remove(*YES, "-e", "guests_stop_timeout=2", "-e", '{"guests_stop_force": true}')
    assert status == 0, text[-3000:]
    assert sorted(site.fake_xen.domains()) == ["Domain-0", "foreign"]
    assert not (site.folder / "store").exists()
