# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The meaning of a file, as Debian's own xl reads it: a file of another spelling has the same, a changed one another."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.key_places import keys_that_differ
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.dry_run import FileRefused, dry_run
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.meaning import Meaning, differences, meaning_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import read_xl, write_xl
from respelling import Respelling, disks_of

try:
    xl.prepare()
except xl.XlMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.cfg"))
some = settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def run(argv: list[str]) -> Result:
    """Run Debian's xl on the path that the collection gives it."""
    program, library = xl.prepare_once()
    env = {"PATH": "/usr/bin:/bin", "LD_PRELOAD": str(library)}
    done = subprocess.run([str(program), *argv[1:]], env=env, capture_output=True, text=True, errors="surrogateescape",
                          stdin=subprocess.DEVNULL, timeout=60, check=False)  # fmt: skip
    return Result(argv, done.returncode, done.stdout, done.stderr)


def asked(text: str) -> tuple[str, Meaning]:
    output = dry_run(Xl(), "/etc/xen/guest.cfg", text, run).output
    return output, meaning_of("xl", output, read_xl.read(text).values)


@lru_cache(maxsize=None)
def original(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]], Meaning]:
    text = path.read_text(encoding="utf-8")
    output, meaning = asked(text)
    return read_xl.read(text).values, disks_of(output), meaning


def plain(values: dict[str, Any]) -> str:
    return "".join(write_xl.assign(key, value) + "\n" for key, value in values.items())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_another_spelling_of_each_file_of_the_corpus_means_the_same(path: Path) -> None:
    values, disks, meaning = original(path)
    for seed in (path.stem, f"{path.stem} again"):
        text = Respelling(values, disks, Random(seed)).text()
        assert differences(meaning, asked(text)[1]) == [], text


@some
@given(path=st.sampled_from(CORPUS), seed=st.integers(0, 2**32))
def test_any_spelling_means_the_same(path: Path, seed: int) -> None:
    values, disks, meaning = original(path)
    text = Respelling(values, disks, Random(seed)).text()
    assert differences(meaning, asked(text)[1]) == [], text


def _other(key: str, value: Any, random: Random) -> Any:
    """Return another value of a key that means another thing, None where none is at hand."""
    if key == "memory":
        return str(int(value, 0) + 64)
    if key in ("kernel", "ramdisk", "extra", "cmdline"):
        return value + "2"
    if key == "vcpus":
        return str(int(value, 0) + 1)
    if key in ("on_crash", "on_poweroff"):
        return "preserve" if value != "preserve" else "destroy"
    if key == "disk" and isinstance(value, list) and value:
        left = list(value)
        left.pop(random.randrange(len(left)))
        return left
    if key == "vif" and isinstance(value, list):
        return [*value, "mac=00:16:3e:99:99:99"]
    if key in ("acpi", "hpet", "localtime", "vnc", "viridian", "nestedhvm", "usb") and value in ("0", "1"):
        return str(1 - int(value))
    return None


CHANGEABLE = [
    (path, key)
    for path in CORPUS
    for key, value in read_xl.read(path.read_text(encoding="utf-8")).values.items()
    if _other(key, value, Random(0)) is not None
]


@some
@given(case=st.sampled_from(CHANGEABLE), seed=st.integers(0, 2**32))
def test_a_change_in_another_spelling_is_found_and_named(case: tuple[Path, str], seed: int) -> None:
    path, key = case
    values, _disks, meaning = original(path)
    changed = {**values, key: _other(key, values[key], Random(seed))}
    try:
        output, _plain = asked(plain(changed))
    except FileRefused:
        return  # Such as more processors than maxvcpus.
    text = Respelling(changed, disks_of(output), Random(seed)).text(defaults=False)
    places = differences(meaning, asked(text)[1])
    assert places, text
    # An operator sees the keys that are spelled differently; of these only the changed one counts.
    now = read_xl.read(text).values
    keys = [name for name in {*values, *now} if values.get(name) != now.get(name)]
    assert keys_that_differ(keys, places) == [key], places
