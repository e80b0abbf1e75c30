# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That the fake of xm prints and fails as xm of a real host, call by call: exit code, output, errors.

The host's name is in XENFLEET_CONTRACT_XM_HOST. The fake is of the host's release. What only the host has is left out: its
figures, its folder, and the rest of a long usage, of which the fake prints the first lines.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import sxp
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm
from back_ends import NAME, VARIABLES, BackEnd, FakeBackEnd, Real, real_host

# The calls that name no guest that exists.
ALONE = [
    "list nosuch", "list a b", "domid nosuch", "domid", "domname nosuch", "domname", "domname 99",
    "destroy nosuch", "destroy 99", "destroy 0", "destroy", "shutdown nosuch", "shutdown 99", "shutdown 0", "shutdown",
    "trigger nosuch power", "trigger 0 fire", "trigger 0", "trigger", "pause nosuch", "pause 99", "pause",
    "unpause nosuch", "unpause 99", "unpause", "create nosuch", "create", "create -q nosuch", "frob", "",
]
# The calls that name the guest, in an order in which each leaves it as the next one expects it.
ON_GUEST = ["create -q {file}", f"domid {NAME}", f"trigger {NAME} power", f"trigger {NAME} fire", f"pause {NAME}", f"unpause {NAME}",
            f"destroy {NAME}", f"destroy {NAME}", f"list {NAME}"]
# Guests that cannot be started, by what is wrong with their files: lines that follow name, memory, kernel and ramdisk.
BROKEN = {
    "zero": "vcpus = 1/0",
    "syntax": "vcpus =",
    "unknown-name": "vcpus = nosuch",
    "no-kernel": "kernel = '/no/such'",
    "no-ramdisk": "ramdisk = '/no/such'",
    "name-with-blank": "name = 'a b'",
    "no-disk": "disk = ['file:/no/such,xvda,w']",
    "no-device": "disk = ['phy:/dev/no/such,xvda,w']",
    "no-bridge": "vif = ['bridge=nosuch']",
    "much-memory": "memory = 1000000",
    "no-number": "memory = 'much'",
}
NUMBERS = re.compile(r"\(id=\d+\)|ID '\d+'|only \d+ KiB")


class Both(NamedTuple):
    """The same host twice."""

    real: Real
    fake: FakeBackEnd


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """A real host without guests, and a fake one of its release."""
    name = real_host("xm")
    if not name:
        pytest.skip(f"{VARIABLES['xm']} names no host of the lab")
    real = Real(name, Xm)
    real.restart_xend()
    fake = FakeBackEnd(tmp_path_factory.mktemp("fake_xen"), Xm)
    known = real.toolstack.info()
    fake.fake_xen.set_info(xen_major=known.release[0], xen_minor=known.release[1], free_memory=known.free_memory)
    fake.fake_xen.set_option(check_disks=True, bridges=["xenbr0"], advised=True)
    try:
        yield Both(real, fake)
    finally:
        real.clear()


@pytest.mark.parametrize("words", ALONE)
def test_it_answers_as_the_real_one(both: Both, words: str) -> None:
    _compare(*(_told(host, words) for host in both))


@pytest.mark.parametrize("options", ["-q", "-n", ""])
@pytest.mark.parametrize("case", BROKEN)
def test_it_refuses_a_file_as_the_real_one(both: Both, case: str, options: str) -> None:
    if options == "-n" and case in ("name-with-blank", "no-disk", "no-device", "no-bridge", "much-memory"):
        pytest.skip("xend finds it, which a dry run does not ask")
    for host in both:
        _write(host, case, BROKEN[case])
    real, fake = (_told(host, f"create {options} {host.folder}/{case}") for host in both)
    if (options, real.rc) == ("-n", 0):
        # It prints the definition, of which xend has more.
        assert (fake.rc, fake.err, fake.out.splitlines()[0]) == (0, real.err, real.out.splitlines()[0])
        assert _keys_of(fake.out.partition("\n")[2]) - _keys_of(real.out.partition("\n")[2]) == set()
    else:
        _compare(real, fake)
    assert both.real.found() == []


def test_it_treats_a_guest_as_the_real_one(both: Both) -> None:
    files = [host.guest(NAME) for host in both]
    _compare(*(_told(host, f"create {file}") for host, file in zip(both, files)))
    for words in ON_GUEST:
        if words.startswith("domid"):
            assert [re.fullmatch(r"\d+\n", host.run(["xm", *words.split()]).out) is not None for host in both] == [True, True]
            _compare_listed(both)
            continue
        _compare(*(_told(host, words.format(file=file)) for host, file in zip(both, files)))


def _compare_listed(both: Both) -> None:
    """The columns of the list, and the keys that xend tells of a guest; xend has more than the fake."""
    (head, row), other = (host.run(["xm", "list", NAME]).out.splitlines() for host in both)
    assert [head, _columns(row)] == [other[0], *map(_columns, other[1:])]
    real, fake = (_keys_of(host.run(["xm", "list", "--long", NAME]).out) for host in both)
    assert fake - real == set()


def _columns(row: str) -> str:
    """Return where the columns of a row are: the numbers in them end below each other."""
    return re.sub(r" *\d+", lambda found: "#" * len(found[0]), row[:55])


def _keys_of(text: str) -> set[str]:
    return set(_keys(sxp.read(text)[0]))


def _keys(data: sxp.Sxp, place: str = "") -> Iterator[str]:
    """Yield the keys below each other, as a.b.c."""
    if isinstance(data, list) and data and isinstance(data[0], str):
        here = f"{place}.{data[0]}"
        yield here
        for item in data[1:]:
            yield from _keys(item, here)


def _write(host: BackEnd, name: str, line: str) -> None:
    lines = [f"name = '{NAME}'", "memory = 128", f"kernel = '{host.kernel}'", f"ramdisk = '{host.ramdisk}'", line, ""]
    host.write(name, "\n".join(lines))


def _told(host: BackEnd, words: str) -> Result:
    done = host.run(["xm", *words.split()])
    out, err = (NUMBERS.sub("ID", text.replace(host.folder, "FOLDER")) for text in (done.out, done.err))
    return Result(words.replace(host.folder, "FOLDER").split(), done.rc, out, err)


def _compare(real: Result, fake: Result) -> None:
    """Of a long usage, the fake prints the first lines."""
    assert (fake.rc, fake.err) == (real.rc, real.err)
    assert real.out.startswith(fake.out) if "Usage" in fake.out else real.out == fake.out
