# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts that the contract is asked of: the fakes of xl and xm, and real hosts of the lab.

Real hosts are named by XENFLEET_CONTRACT_HOST (xl) and XENFLEET_CONTRACT_XM_HOST (xm).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, Toolstack
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.program import Program
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm
from api import FakeXen

LAB = Path(__file__).resolve().parents[1] / "lab" / "lab"
NAME = "contract1"
MEMORY = 128
PATIENCE = 300.0

#: The variables of the environment that name a real host of each toolstack.
VARIABLES: dict[str, str] = {"xl": "XENFLEET_CONTRACT_HOST", "xm": "XENFLEET_CONTRACT_XM_HOST"}


def real_host(toolstack: str) -> str:
    """Return the name of the real host with that toolstack, "" for none."""
    return os.environ.get(VARIABLES[toolstack], "")


class BackEnd(ABC):
    """A host that has a toolstack, with a folder that guest files may lie in.

    ``oldest`` is the first release that has the toolstack; ``no_file`` are its words for a file that does not exist,
    and ``virtualises`` is what it says of the processor.
    """

    kernel = ""
    ramdisk = ""
    folder = ""
    oldest = (4, 2)
    no_file = "No such file or directory"
    virtualises = "pv"

    def __init__(self, program: type[Program]) -> None:
        self.toolstack: Toolstack = program(self.run, pause=1.0)
        if program is Xm:
            self.oldest, self.no_file, self.virtualises = (3, 3), "Unable to open config file", "hvm"

    @abstractmethod
    def run(self, argv: list[str]) -> Result:
        """Run a program on the host."""

    @abstractmethod
    def write(self, name: str, text: str) -> str:
        """Write a file into the folder; return its path on the host."""

    @abstractmethod
    def now(self) -> float:
        """Return the time of the host's clock."""

    def guest(self, file: str = f"{NAME}.cfg") -> str:
        """Write the file of the one guest, and return its path; it does not matter what the file is called."""
        lines = [f'name = "{NAME}"', 'type = "pv"', 'extra = "console=hvc0"', f"memory = {MEMORY}", f'kernel = "{self.kernel}"']
        return self.write(file, "\n".join([*lines, f'ramdisk = "{self.ramdisk}"', ""]))

    def found(self, name: str = NAME) -> list[Domain]:
        return [domain for domain in self.toolstack.domains() if domain.name == name]

    def gone(self) -> bool:
        """Return whether the guest ends in time."""
        end = time.monotonic() + PATIENCE
        while self.found():
            if time.monotonic() > end:
                return False
            time.sleep(1)
        return True


class FakeBackEnd(BackEnd):
    """The fake Xen of one toolstack."""

    def __init__(self, folder: Path, program: type[Program] = Xl) -> None:
        super().__init__(program)
        self.fake_xen = FakeXen(folder / "host", [program.name])
        if program is Xm:
            self.fake_xen.setup_xm()
        else:
            self.fake_xen.setup()
        self.folder = str(folder)
        for name in ("vmlinuz", "initrd.img"):
            (folder / name).write_bytes(b"kernel")
        self.kernel, self.ramdisk = str(folder / "vmlinuz"), str(folder / "initrd.img")

    def run(self, argv: list[str]) -> Result:
        done = self.fake_xen.run(*argv)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> str:
        path = Path(self.folder, name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def now(self) -> float:
        return time.time()


class Real(BackEnd):
    """A host of the lab, by SSH."""

    kernel, ramdisk = "/srv/guests/kernel/vmlinuz", "/srv/guests/kernel/initrd.img"

    def __init__(self, host: str, program: type[Program]) -> None:
        super().__init__(program)
        self._ssh = [str(LAB), "ssh", host, "--"]
        self.folder = self._shell("mktemp -d").strip()

    def run(self, argv: list[str]) -> Result:
        # The host's shell reads the words once more.
        done = subprocess.run([*self._ssh, "LC_ALL=C " + shlex.join(argv)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300, check=False)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> str:
        path = f"{self.folder}/{name}"
        self._shell(f"cat > {shlex.quote(path)}", text)
        return path

    def now(self) -> float:
        return float(self._shell("date +%s"))

    def restart_xend(self) -> None:
        """Give xend its memory back: it takes 60 MB with each guest that it makes, and one without memory is ended for good."""
        self._shell("systemctl restart xend")
        self.toolstack.info()

    def clear(self) -> None:
        """Destroy what is left of the guest, and take the folder away; the guest must be gone then."""
        for domain in self.found():
            self.toolstack.destroy(domain)
        ended = self.gone()
        self._shell(f"rm -r -- {shlex.quote(self.folder)}")
        assert ended, "the guest is still there"

    def _shell(self, words: str, text: str = "") -> str:
        done = subprocess.run([*self._ssh, words], input=text, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout
