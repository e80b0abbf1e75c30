# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's own xl as a judge of configuration files, on a machine without Xen.

The program comes from the Debian package xen-utils-4.17, which is unpacked below .build and never installed. It runs
under hypervisor.c, a preload library that answers what xl asks of Xen and xenstore.

    >>> parse('name = "web1"\\nmemory = 256\\nkernel = "/boot/vmlinuz"\\n')["b_info"]["target_memkb"]
    262144
    >>> check('name = "web1"\\nmemory = 256\\nkernel = "/boot/vmlinuz"\\n')
    ''
    >>> check('name = "web1"\\nmemory = 256\\nmaxmem = 512\\ntype = "hvm"\\npci = ["03:00.0"]\\n')
    'IOMMU required for device passthrough but not supported together with PoD'

``python xl.py`` prepares both, and does nothing when they are there.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE = "xen-utils-4.17"
_HERE = Path(__file__).resolve().parent
_BUILD = _HERE.parents[1] / ".build" / "xl-offline"
_PROGRAM = "usr/lib/xen-4.17/bin/xl"
_SOURCE = _HERE / "hypervisor.c"

# Exit codes of hypervisor.c.
_PASSED, _BROKEN = 80, 82
# One of xl's own, EXIT_FAILURE, and 0 of a dry run; libxl's errors end xl with their own number.
_OBJECTION = re.compile(r"(?:libxl|xen): error: [\w.]+:\d+:\w+: (?:Domain \S+?:)?(.*)")
# What xl prints beside the reason, and hypervisor.c.
_ASIDE = ("xl-offline: ", "WARNING: ", "got a tsc mode string: ")
_SECONDS = 30


class XlMissing(Exception):
    """xl cannot be run here: a package, the network or a compiler is missing."""


class XlRefused(Exception):
    """xl refuses the file; the message is xl's own."""


def prepare() -> tuple[Path, Path]:
    """Return the program and the preload library, after unpacking the one and compiling the other where needed."""
    if not glob.glob("/usr/lib/*/libxenlight.so.4.17"):
        raise XlMissing("libxenlight 4.17 is not installed: install the Debian package libxenmisc4.17")
    _BUILD.mkdir(parents=True, exist_ok=True)
    return _program(), _library()


def parse(text: str) -> dict[str, Any]:
    """Return libxl's JSON of a configuration, as ``xl create -n`` prints it. Raise XlRefused.

    What xl makes up at random is left out: the uuid and the generation id that the text does not give.
    """
    done = _run(text, "-n")
    if done.returncode:
        raise XlRefused(_words(done.stderr))
    found: dict[str, Any] = json.loads(done.stdout)
    if not re.search(r"(?m)^\s*uuid\s*=", text):
        del found["c_info"]["uuid"]
    if re.search(r"""(?m)^\s*ms_vm_genid\s*=\s*["']generate""", text):
        found["b_info"]["type.hvm"]["ms_vm_genid"] = "generated"
    return found


def warnings(text: str) -> list[str]:
    """Return the lines that ``xl create -n`` prints beside the JSON: what it ignores, and what it finds deprecated."""
    return [line for line in _run(text, "-n").stderr.splitlines() if line.strip()]


def check(text: str, domains: Iterable[str] = ()) -> str:
    """Return why ``xl create`` would refuse the file on every host, in xl's words; "" when it would not.

    ``domains`` are the names of driver domains that run.
    """
    done = _run(text, domains=domains)
    return "" if done.returncode == _PASSED else _words(done.stderr)


def _run(text: str, *options: str, domains: Iterable[str] = ()) -> subprocess.CompletedProcess[str]:
    program, library = prepare_once()
    file = os.memfd_create("xl-offline")
    try:
        os.write(file, text.encode("utf-8", "surrogateescape"))
        os.lseek(file, 0, os.SEEK_SET)
        done = subprocess.run(
            [str(program), "create", "-q", *options, f"/dev/fd/{file}"],
            env={"PATH": "/usr/bin:/bin", "LD_PRELOAD": str(library), "XL_OFFLINE_DOMAINS": ",".join(domains)},
            pass_fds=[file],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    finally:
        os.close(file)
    # xl ends with 0 for some refusals of libxl, such as that of max_grant_version.
    silent = done.returncode == 0 and not options and not _OBJECTION.search(done.stderr)
    if done.returncode == _BROKEN and "ended by signal" in done.stderr and (options or _crashes(text)):
        done.returncode, done.stderr = 1, "xl crashes while it reads the file"
    if done.returncode in (_BROKEN, 127) or done.returncode < 0 or silent:
        raise RuntimeError(f"xl did not answer (exit code {done.returncode}): {done.stderr}\n{text}")
    return done


def _crashes(text: str) -> bool:
    """Whether it is xl's own reading of the file that crashes, which no answer of hypervisor.c is needed for."""
    return _run(text, "-n").returncode != 0


prepare_once = lru_cache(maxsize=1)(prepare)


def _words(stderr: str) -> str:
    """The first objection: libxl's own is more exact than what its callers add; else what xl itself printed."""
    found = _OBJECTION.search(stderr)
    if found:
        return found.group(1).strip()
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith(_ASIDE)]
    return "\n".join(lines) or "xl failed without a word"


def _program() -> Path:
    installed = Path("/") / _PROGRAM
    unpacked = _BUILD / _PROGRAM
    if installed.exists():
        return installed
    if not unpacked.exists():
        with tempfile.TemporaryDirectory(dir=_BUILD) as folder:
            _command(["apt-get", "download", "-q", PACKAGE], folder, f"{PACKAGE} cannot be downloaded")
            (package,) = glob.glob(f"{folder}/{PACKAGE}_*.deb")
            _command(["dpkg-deb", "-x", package, f"{folder}/root"], folder, f"{PACKAGE} cannot be unpacked")
            unpacked.parent.mkdir(parents=True, exist_ok=True)
            os.replace(f"{folder}/root/{_PROGRAM}", unpacked)
    return unpacked


def _library() -> Path:
    library = _BUILD / "hypervisor.so"
    if not library.exists() or library.stat().st_mtime < _SOURCE.stat().st_mtime:
        with tempfile.TemporaryDirectory(dir=_BUILD) as folder:
            options = "-std=gnu11 -O1 -Wall -Wextra -Werror -fno-builtin -shared -fPIC".split()
            made = f"{folder}/hypervisor.so"
            _command(["gcc", *options, "-o", made, str(_SOURCE), "-ldl"], folder, f"{_SOURCE.name} cannot be compiled")
            os.replace(made, library)
    return library


def _command(command: list[str], folder: str, problem: str) -> None:
    if not shutil.which(command[0]):
        raise XlMissing(f"{problem}: {command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise XlMissing(f"{problem}: {done.stderr.strip()}")


if __name__ == "__main__":
    print(*prepare(), sep="\n")
