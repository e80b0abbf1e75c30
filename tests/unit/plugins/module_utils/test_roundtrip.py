# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written is what Xen reads: every file is read back by Xen's own parser, whatever its strings are made of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

import xlu
from ansible_collections.xenfleet.stubdom.plugins.module_utils import xencfg
from ansible_collections.xenfleet.stubdom.plugins.module_utils.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest import Guest, read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes import pv
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import DIRECT, definition

try:
    xlu.find_library()
except xlu.LibraryMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

# Keys that an escape from a string would set; none of the definitions here has them.
PLANTED = ("evil", "bootloader", "device_model_override", "init", "x")
# What strings are cut from: quotes, ends of strings, lists and lines, comments, escapes, other keys.
PIECES = [
    *"\"'\\\n\r\t\0;#[],= /:a0-.%$`{}()",
    '"]\nevil="1', "']\nevil='1", '"\nbootloader="/bin/sh', '"; evil = 1 #', '",evil=1', "\\\"]\nevil=1", "\\", "\\n", "\\x41",
    "\\101", "/*", "//", '"""', "format=qcow2", ",script=evil", "target=", "vdev=xvdz", "\x7f", "\x1b[0m", "\u2028", "\u00a0",
    "é", "中", "\U0001f600", "\ufeff", "\ud800", "\x85",
]
hostile = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(max_size=20),
)
names = st.one_of(hostile, st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._+-]{0,12}\Z"))
paths = hostile.map(lambda text: "/" + text)
values = st.recursive(
    st.one_of(hostile, st.booleans(), st.integers(-(2**40), 2**40), st.floats(), st.none()),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
good_values = st.recursive(
    st.one_of(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=12), st.integers(), st.booleans()),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
good_words = st.from_regex(r"\A[A-Za-z0-9._/:@+-]{1,12}\Z")


def fixed(**keys: Any) -> Any:
    return st.fixed_dictionaries({}, optional=keys)


disks = st.fixed_dictionaries(
    {"target": paths, "vdev": st.sampled_from(["xvda", "xvdb1", "sdaa", "hda"])},
    optional={
        "access": st.sampled_from(["rw", "ro"]),
        "backend": st.sampled_from(["phy", "file"]),
        "format": st.sampled_from(["raw", "qcow2", "vhd"]),
        "script": st.one_of(hostile, good_words),
    },
)
vifs = fixed(
    mac=st.sampled_from(["00:16:3e:00:00:01", "AA:BB:CC:DD:EE:F0"]),
    bridge=st.one_of(hostile, good_words),
    ip=st.one_of(hostile, st.sampled_from(["10.0.0.1", "10.0.0.1/8 fe80::1"])),
    script=good_words,
    vifname=st.from_regex(r"\A[a-z0-9.]{1,15}\Z"),
    backend=good_words,
    rate=st.sampled_from(["10Mb/s", "1GB/s@20ms"]),
    mtu=st.integers(68, 9000),
)
boots = st.one_of(
    st.fixed_dictionaries({"method": st.just("direct"), "kernel": paths}, optional={"ramdisk": paths, "cmdline": hostile}),
    st.fixed_dictionaries({"method": st.just("pvgrub2")}, optional={"image": hostile, "expect": hostile}),
)
keys = st.one_of(st.from_regex(r"\Ao[a-z0-9_.]{0,8}\Z"), hostile)
definitions = st.fixed_dictionaries(
    {"name": st.one_of(st.just("web1"), names), "type": st.just("pv"), "memory": st.integers(8, 2**20), "boot": boots},
    optional={
        "maxmem": st.integers(2**20, 2**24),
        "vcpus": st.integers(1, 512),
        "disks": st.lists(disks, max_size=2),
        "vifs": st.lists(vifs, max_size=2),
        "settings": st.dictionaries(keys, st.one_of(values, good_values), max_size=3),
    },
)


def as_read(value: Any) -> Any:
    """A value as the parser hands it out: texts, and lists of them."""
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return str(int(value)) if isinstance(value, (bool, int)) else value


def read_back(values: dict[str, Any], comment: str = "") -> None:
    """The file of these values has these keys and values for Xen, and no others."""
    text = xencfg.render(values, comment)
    lines = [line for line in text.split("\n") if not line.startswith("#")]
    # One line an assignment: with every string read back whole, there is nothing left that could be another key.
    assert len(lines) == len(values) + 1 and lines[-1] == ""
    seen = xlu.read_config(text, [*values, *PLANTED])
    assert seen == {**dict.fromkeys(PLANTED), **{key: as_read(value) for key, value in values.items()}}


def check_disk(disk: Disk, spec: str) -> None:
    seen = xlu.read_disk(spec)
    assert (seen["pdev_path"], seen["vdev"], seen["readwrite"], seen["script"]) == (
        disk.target,
        disk.vdev,
        int(disk.writable),
        disk.script or None,
    )
    assert (seen["format"], seen["is_cdrom"], seen["backend"]) == (disk.format, 0, "unknown")


def check_vif(vif: Vif, spec: str) -> None:
    """As xl's parse_nic_config does: it cuts at commas, then at the first '='."""
    seen = dict(part.split("=", 1) for part in spec.split(",") if part)
    assert seen == {key: str(value) for key, value in vars(vif).items() if value}


def check_guest(guest: Guest) -> None:
    for release in ((4, 2), (4, 17)):
        written = pv.values(guest, "/store/pvgrub2.bin", release)
        read_back(written, f"for guest {guest.name}.\nsecond line")
        for disk, spec in zip(guest.disks, written["disk"]):  # type: ignore[arg-type]
            check_disk(disk, spec)
        for vif, spec in zip(guest.vifs, written["vif"]):  # type: ignore[arg-type]
            check_vif(vif, spec)
        assert (len(written["disk"]), len(written["vif"])) == (len(guest.disks), len(guest.vifs))  # type: ignore[arg-type]


@given(definitions)
@example(definition("web1", boot={**DIRECT, "cmdline": '"]\nkernel="evil'}))
@example(definition('web1"\nevil="1'))
@example(definition(disks=[{"target": '/srv/a",evil=1;#b', "vdev": "xvda"}]))
@example(definition(boot={**DIRECT, "cmdline": '" ; evil = "1'}, settings={"on_crash": '"]\nkernel="evil'}))
def test_refused_or_read_back(item: dict[str, Any]) -> None:
    read = read_guest(item)
    if read.guest is None:
        event("refused")
        assert read.problems, "a refusal without a reason"
        for problem in read.problems:
            assert problem.guest and problem.key and problem.reason and problem.remedy
            assert "\n" not in problem.text()
        return
    event("written")
    assert read.problems == []
    check_guest(read.guest)


@given(st.dictionaries(st.from_regex(r"\Ak[a-z0-9_.]{0,6}\Z"), st.one_of(values, good_values), max_size=4))
def test_every_value_that_can_be_expressed_is_read_back(settings: dict[str, Any]) -> None:
    good = {key: value for key, value in settings.items() if xencfg.check_value(value) == ""}
    event("all good" if len(good) == len(settings) else "some refused")
    read_back(good)
    for key in settings.keys() - good.keys():
        with pytest.raises(ValueError):
            xencfg.render_value(settings[key])


@given(hostile)
def test_a_string_is_quoted_or_refused(text: str) -> None:
    try:
        quoted = xencfg.quote(text)
    except ValueError:
        assert xencfg.check_value(text)
        return
    assert xlu.read_config(f"x = {quoted}\n", ["x", "evil"]) == {"x": text, "evil": None}


@given(hostile, hostile)
def test_no_password_is_seen_in_a_diff(before: str, after: str) -> None:
    """The secret keeps its place in all the trouble around it."""
    text = f"{before}S3CR3T{after}"
    if xencfg.check_value(text) or "," in text:
        return  # A comma ends a part of a vfb string, for Xen too.
    assert "S3CR3T" not in xencfg.redact(xencfg.render({"vncpasswd": text, "vfb": ["vnc=1,vncpasswd=" + text]}))


@pytest.mark.parametrize(
    "target",
    [
        "/srv/a,b.img", "/srv/a b.img", "/srv/a=b", "/srv/a:b", '/srv/a"b', "/srv/a'b", "/srv/a\\b", "/srv/a#b", "/srv/a;b",
        "/srv/[a]", "/srv/größe", "/srv/raw:/x", "/srv/x,format=qcow2", "/srv/x,vdev=xvdz,w", "/dev/vg0/a%b",
    ],
)
def test_targets_that_are_easily_misread(target: str) -> None:
    read = read_guest(definition(disks=[{"target": target, "vdev": "xvda"}]))
    assert read.guest is not None
    check_guest(read.guest)


def test_all_characters_of_one_string() -> None:
    """Each character that the syntax can express, next to each kind of neighbour."""
    expressible = [chr(number) for number in range(0x300) if not xencfg.check_value(chr(number))]
    assert len(expressible) == 0x300 - 7 - 18 - 1
    read_back({"k": "".join(f'a{char}{char}"{char}\\{char}' for char in expressible)})


def test_the_judge_can_say_no() -> None:
    """A writer that did not quote would be caught by it."""
    naive = 'on_crash = "{}"\n'.format('"\nevil="1')
    assert xlu.read_config(naive, ["on_crash", "evil"]) == {"on_crash": "", "evil": "1"}
