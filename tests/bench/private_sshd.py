# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SSH server for measurements: Debian's sshd on a port of 127.0.0.1, with keys and a configuration of its own.

Nothing is installed: the packages are downloaded and unpacked into a folder. sshd never has rights of its own. Where root
runs this, it and the sessions are in a user namespace, where they are the user daemon for themselves: without that, sshd
would need an account and a folder of the system.
"""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PACKAGES = ("openssh-server", "libwrap0", "libnss-wrapper")
# The account of Debian that a session has in the namespace; its shell there is /bin/sh.
ACCOUNT, NUMBER = "daemon", 1
TICKS = os.sysconf("SC_CLK_TCK")
CONFIGURATION = """ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
MaxStartups 1000
Subsystem sftp internal-sftp
"""
OPTIONS = "-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o LogLevel=ERROR"


def install(root: Path) -> Path:
    """Download and unpack sshd, unless it is there; return the folder of it."""
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent) as name:
            subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=name, check=True, capture_output=True)
            for package in Path(name).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", str(package), f"{name}/root"], check=True)
            os.replace(f"{name}/root", root)
    return root


class PrivateSshd:
    """A server whose keys and sockets are in ``folder``."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._folder = folder
        self._is_root = os.geteuid() == 0
        folder.mkdir(mode=0o700)
        for name in ("host_key", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self._port = found.getsockname()[1]
        (folder / "config").write_text(CONFIGURATION.format(port=self._port, folder=folder))
        libraries = root / "usr" / "lib" / "x86_64-linux-gnu"
        env = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
        command = [str(root / "usr" / "sbin" / "sshd"), "-D", "-e", "-f", str(folder / "config")]
        if self._is_root:
            (folder / "passwd").write_text(f"{ACCOUNT}:x:{NUMBER}:{NUMBER}::{folder}:/bin/sh\n")
            (folder / "group").write_text(f"{ACCOUNT}:x:{NUMBER}:\n")
            env |= {"LD_PRELOAD": str(libraries / "libnss_wrapper.so"), "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
                    "NSS_WRAPPER_GROUP": str(folder / "group")}
            command = ["unshare", "--user", f"--map-user={NUMBER}", f"--map-group={NUMBER}", *command]
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"sshd does not answer: {(self._folder / 'log').read_text()}")

    def close(self) -> None:
        """End the server and its sessions."""
        # Sessions are groups of their own, and the clients keep their connections for a while.
        for pid in [*_below(self._process.pid), self._process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()

    def variables(self, host: str) -> dict[str, str | int]:
        """Return the inventory's variables of a host that is reached by it, each by a connection of its own."""
        return {
            "ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": self._port,
            "ansible_user": ACCOUNT if self._is_root else getpass.getuser(),
            "ansible_ssh_private_key_file": str(self._folder / "key"), "ansible_ssh_common_args": OPTIONS,
            # What a session used is lost with its end: none may end between two measurements.
            "ansible_ssh_args": "-C -o ControlMaster=auto -o ControlPersist=24h",
            # By default, hosts of one address, port and user would share a connection.
            "ansible_control_path": str(self._folder / host),
        }

    def used(self) -> float:
        """Return the seconds of processors of the server and of all that ran in its sessions."""
        return sum(_seconds(pid) for pid in [self._process.pid, *_below(self._process.pid)])


def _fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name; [] for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _seconds(pid: int) -> float:
    """Return the seconds of a process, and of its children that have ended."""
    return sum(int(ticks) for ticks in _fields(pid)[11:15]) / TICKS


def _below(parent: int) -> list[int]:
    """Return the processes that a process, or one below it, has started."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(path.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(path.name))
    found = list(children.get(parent, []))
    for pid in found:
        found += children.get(pid, [])
    return found
