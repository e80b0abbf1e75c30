# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dry run of the fake Xen before Debian's own xl: both refuse and warn with the same words, and both take the corpus."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import xl
from api import FakeXen

try:
    xl.prepare()
except xl.XlMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.cfg"))
PV = 'name = "b"\ntype = "pv"\nkernel = "/boot/vmlinuz"\nmemory = 64\n'
TEXTS = {
    "no end of a string": 'name = "b\nmemory = 3\n',
    "no value": PV + "vcpus =\n",
    "an unknown key": PV + "nonsense = 3\n",
    "no kernel": 'name = "b"\ntype = "pv"\nmemory = 64\n',
    "no name": 'type = "pv"\nkernel = "/k"\nmemory = 64\n',
    "an unknown parameter of a disk": PV + 'disk = ["file:/x,xvda,w,foo=bar"]\n',
    "an unknown format of a disk": PV + 'disk = ["/x,foo,xvda,w"]\n',
    "an unknown type": 'name = "b"\ntype = "foo"\nmemory = 64\n',
    "fewer processors than there are": PV + "vcpus = 4\nmaxvcpus = 2\n",
    "less memory than there is": PV + "maxmem = 32\n",
    "an unknown action": PV + 'on_crash = "foo"\n',
    "an unknown address": PV + 'vif = ["mac=zz"]\n',
    "an unknown parameter of a card": PV + 'vif = ["foo=zz,bridge=nobridge"]\n',
    "a wrong uuid": PV + 'uuid = "123"\n',
    "an unknown device model": 'name = "b"\ntype = "hvm"\nmemory = 64\ndevice_model_version = "foo"\n',
    "firmware as a kernel": 'name = "b"\ntype = "hvm"\nmemory = 64\nkernel = "/usr/lib/xen/boot/hvmloader"\n',
    "a word for a number": PV + 'vcpus = "two"\n',
}


def real(text: str) -> tuple[int, str, str]:
    """Exit code, output and errors of Debian's xl, its name of the file left out."""
    done = xl._run(text, "-n")
    return done.returncode, done.stdout, re.sub(r"/dev/fd/\d+", "FILE", done.stderr)


def fake(host: FakeXen, folder: Path, text: str) -> tuple[int, str, str]:
    path = folder / "guest.cfg"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(["xl", "create", "-q", "-n", str(path)], env=host.env(), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr.replace(str(path), "FILE")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> FakeXen:
    made = FakeXen(tmp_path_factory.mktemp("host"))
    made.setup()
    return made


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_both_refuse_and_warn_with_the_same_words(host: FakeXen, tmp_path: Path, text: str) -> None:
    code, output, errors = fake(host, tmp_path, text)
    assert (code, bool(output), errors) == (real(text)[0], bool(real(text)[1]), real(text)[2])


def _shared(output: str) -> dict[str, Any]:
    """What the fake Xen reads as xl does; of other keys it prints the values of the file."""
    data = json.loads(output)
    build = data["b_info"]
    return {
        "name": data["c_info"]["name"], "type": data["c_info"]["type"], "disks": data.get("disks"),
        "nics": len(data.get("nics", [])), "memory": (build["max_memkb"], build["target_memkb"]),
        "vcpus": build.get("max_vcpus"), "kernel": build.get("kernel"), "cmdline": build.get("cmdline"),
        "actions": {key: data.get(key) for key in ("on_poweroff", "on_reboot", "on_crash", "on_watchdog")},
    }  # fmt: skip


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_both_read_the_files_of_the_corpus(host: FakeXen, tmp_path: Path, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code, output, errors = fake(host, tmp_path, text)
    assert code == 0, errors
    assert _shared(output) == _shared(real(text)[1])
