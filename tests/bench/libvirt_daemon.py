# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt for the measurement of peers.py: Debian's daemon with the test driver, one for each host, and community.libvirt.

Nothing is installed: the packages are downloaded, unpacked into a folder, and started as the user nobody where root runs
this, so that a daemon finds no folder of the system that it may write to.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

PYTHON = "/usr/bin/python3"
# What a Debian 12 does not have by itself.
PACKAGES = ("libvirt0", "libvirt-daemon", "python3-libvirt", "libssh-4", "python3-lxml")
# The package of PyPI that has the collections of the measured ansible-core, and what is taken of it.
ANSIBLE = "ansible~=12.0"
COLLECTION = "ansible_collections/community/libvirt/"
# The domains of the test driver live as long as somebody is connected. Prints the running ones for each line that it reads.
KEEPER = """
import json, libvirt, sys
connection = libvirt.open(sys.argv[1])
connection.lookupByName("test").destroy()
connection.lookupByName("test").undefine()
print("ready", flush=True)
for _line in sys.stdin:
    running = connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
    print(json.dumps({domain.name(): domain.maxMemory() // 1024 for domain in running}), flush=True)
"""


class LibvirtMissing(Exception):
    """libvirt cannot be had here; the reason."""


@dataclass(frozen=True)
class Parts:
    """What was unpacked."""

    root: Path
    collections: Path

    def variables(self) -> dict[str, str]:
        """Return those with which its programs and the system's Python find their libraries."""
        return {"LD_LIBRARY_PATH": str(self.root / "usr/lib/x86_64-linux-gnu"),
                "PYTHONPATH": str(self.root / "usr/lib/python3/dist-packages")}


def install(folder: Path) -> Parts:
    """Download and unpack what is not there yet. Raise LibvirtMissing."""
    parts = Parts(folder / "root", folder / "collections")
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as name:
            made = Path(name, "peers")
            made.mkdir()
            _command(["apt-get", "download", "-q", *PACKAGES], name)
            for package in glob.glob(f"{name}/*.deb"):
                _command(["dpkg-deb", "-x", package, str(made / "root")], name)
            _command([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", ANSIBLE], name)
            (wheel,) = glob.glob(f"{name}/ansible-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(made / "collections", [one for one in archive.namelist() if one.startswith(COLLECTION)])
            os.replace(made, folder)
    done = subprocess.run([PYTHON, "-c", "import libvirt, lxml.etree"], env=os.environ | parts.variables(),
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise LibvirtMissing(done.stderr.strip().splitlines()[-1])
    return parts


def _command(command: list[str], folder: str) -> None:
    if not shutil.which(command[0]):
        raise LibvirtMissing(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LibvirtMissing(f"{command[0]}: {done.stderr.strip()}")


@dataclass
class _Daemon:
    """A host's libvirtd, and the connection that keeps its domains."""

    server: subprocess.Popen[bytes]
    keeper: subprocess.Popen[str]


@dataclass
class Libvirt:
    """A daemon for each host; ``stop`` ends all of them."""

    parts: Parts
    daemons: dict[str, _Daemon] = field(default_factory=dict)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="peers-")))

    @property
    def collections(self) -> Path:
        return self.parts.collections

    def exports(self) -> str:
        """Return the shell's command by which a host's Python finds libvirt."""
        return "export " + " ".join(f"{name}='{value}'" for name, value in self.parts.variables().items())

    def uri(self, host: str) -> str:
        return f"test+unix:///default?socket={self.folder / host}/libvirt-sock"

    def start(self, host: str) -> None:
        """Start the daemon of a host. Raise LibvirtMissing."""
        self.folder.chmod(0o755)
        place = self.folder / host
        place.mkdir()
        configuration = place / "libvirtd.conf"
        configuration.write_text(f'unix_sock_dir = "{place}"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n')
        command = [str(self.parts.root / "usr/sbin/libvirtd"), "-f", str(configuration), "-p", str(place / "pid")]
        if os.geteuid() == 0:
            shutil.chown(place, "nobody")
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        env = {"PATH": os.environ["PATH"], **self.parts.variables(), "LIBVIRT_DRIVER_DIR": str(place),
               **{name: str(place) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}}
        with open(place / "log", "wb") as log:
            server = subprocess.Popen(command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while not (place / "libvirt-sock").exists() and server.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        keeper = subprocess.Popen([PYTHON, "-c", KEEPER, self.uri(host)], env=os.environ | self.parts.variables(), text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.daemons[host] = _Daemon(server, keeper)
        if not keeper.stdout or keeper.stdout.readline() != "ready\n":
            raise LibvirtMissing(f"libvirtd does not answer: {(place / 'log').read_text()[-1000:]}")

    def domains(self, host: str) -> dict[str, int]:
        """Return the memory of the guests that run on a host, in MiB."""
        keeper = self.daemons[host].keeper
        assert keeper.stdin and keeper.stdout
        keeper.stdin.write("\n")
        keeper.stdin.flush()
        found: dict[str, int] = json.loads(keeper.stdout.readline())
        return found

    def stop(self) -> None:
        for daemon in self.daemons.values():
            for process in (daemon.keeper, daemon.server):
                process.terminate()
                process.wait()
        shutil.rmtree(self.folder)
