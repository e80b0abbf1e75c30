# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.shared_disks import same_path
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.tests.unit.fleets import met, pair
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest


def disk(name: str, target: str, **changes: Any) -> Guest:
    return guest(name, disks=[{"target": target, "vdev": "xvda", **changes}])


QEMU = "device_model_args"


@pytest.mark.parametrize(
    "one, other, meets",
    [
        ("rbd:rbd/a:id=x:key=abc", "rbd:rbd/a", True),
        ("rbd:rbd/a:mon_host=10.0.0.1\\:6789:id=x", "rbd:rbd/a:id=y:mon_host=10.0.0.1\\:6789", True),
        ("rbd:rbd/a", "rbd:rbd/b", False),
        ("rbd:rbd/a", "rbd:rbd/a@snap", False),
        ("rbd:rbd/a:conf=/etc/ceph/one.conf", "rbd:rbd/a:conf=/etc/ceph/two.conf", False),
        ("iscsi://u%p@10.0.0.9/iqn.a/0", "iscsi://10.0.0.9:3260/iqn.a/0", True),
        ("iscsi://10.0.0.9/iqn.a/0", "iscsi://10.0.0.9/iqn.a/1", False),
        ("nbd://Store/a", "nbd:store:10809:exportname=a", True),
        ("nbd+tcp://store/a", "nbd://store:10809/a", True),
        ("nbd://store", "nbd:store:10809", True),
        ("nbd://store/a", "nbd://store:10810/a", False),
        ("nbd://[::1]/a", "nbd:[::1]:10809:exportname=a", True),
        ("nbd+unix:///a?socket=/run/n", "nbd+unix:///b?socket=/run/n", False),
        ("gluster://h/vol/a.img", "gluster+tcp://h:24007/vol/a.img", True),
    ],
)
def test_targets_of_qemu(one: str, other: str, meets: bool) -> None:
    guests = [("x", disk(name, target, backendtype="qdisk")) for name, target in (("a", one), ("b", other))]
    assert bool(met(*guests)) == meets


@pytest.mark.parametrize(
    "words, meets",
    [
        (["-drive", "file=/srv/a,if=virtio"], True),
        (["-drive", "if=none,file=/srv//a,readonly=off"], True),
        (["-blockdev", "driver=raw,file.driver=file,file.filename=/srv/a"], True),
        (["-hdb", "/srv/a"], True),
        # The other guest writes it.
        (["-drive", "file=/srv/b"], False),
        (["-drive", "file=rbd:rbd/a"], False),
        (["-drive", "media=cdrom,file=/srv/b"], False),
        (["-hdb"], False),
    ],
)
def test_drives_of_qemu(words: list[str], meets: bool) -> None:
    assert bool(met(("x", hvm_guest("a", settings={QEMU: words})), ("x", disk("b", "/srv/a")))) == meets


@pytest.mark.parametrize("more, meets", [
    ("", True), (",readonly=off", True), (",readonly=on", False), (",readonly", False), (",snapshot=on", False), (",media=cdrom", False),
])  # fmt: skip
def test_drives_that_qemu_only_reads(more: str, meets: bool) -> None:
    assert bool(pair(QEMU, ["-drive", f"file=/srv/a{more}"], ["-drive", f"file=/srv/a{more}"])) == meets


@pytest.mark.parametrize(
    "text, path",
    [
        ("/", "/"),
        ("//", "/"),
        ("/a/", "/a"),
        ("/a/../..", "/"),
        ("/dev/mapper/vg-web1", "/dev/vg/web1"),
        ("//dev/mapper//vg-web1", "/dev/vg/web1"),
        ("/dev/mapper/vg--0-web--1--data", "/dev/vg-0/web-1-data"),
        # Not of LVM, or a part of a volume that has no name below its group.
        ("/dev/mapper/mpatha", "/dev/mapper/mpatha"),
        ("/dev/mapper/vg-web1-real", "/dev/mapper/vg-web1-real"),
        ("/dev/mapper/vg--web1", "/dev/mapper/vg--web1"),
        ("/dev/mapper/vg-web1/x", "/dev/mapper/vg-web1/x"),
        ("/srv/mapper/vg-web1", "/srv/mapper/vg-web1"),
    ],
)
def test_same_path(text: str, path: str) -> None:
    assert same_path(text) == path


names = st.from_regex(r"[a-z0-9_.+]([a-z0-9_.+-]{0,6}[a-z0-9_.+])?", fullmatch=True).filter(lambda name: name not in (".", ".."))


@given(names, names)
def test_both_names_of_a_logical_volume_are_one(group: str, volume: str) -> None:
    mapped = f"/dev/mapper/{group.replace('-', '--')}-{volume.replace('-', '--')}"
    assert same_path(mapped) == same_path(f"/dev/{group}/{volume}") == f"/dev/{group}/{volume}"


@given(st.lists(names, min_size=1, max_size=4), st.lists(st.sampled_from(["", ".", "x/.."]), min_size=4, max_size=4))
def test_spellings_of_one_path_are_one_and_others_are_not(parts: list[str], fill: list[str]) -> None:
    plain = "/srv/" + "/".join(parts)
    assert same_path("//srv/" + "/".join(f"{empty}/{part}" for empty, part in zip(fill, parts))) == plain
    assert same_path(plain + "x") != plain


def test_the_names_of_a_logical_volume_meet() -> None:
    rows = met(("x", disk("a", "/dev/vg-0/web")), ("x", disk("b", "/dev/mapper/vg--0-web", access="ro")))
    assert [row[1:] for row in rows] == [("a", "disks[0].target", "b on x"), ("b", "disks[0].target", "a on x")]
    assert met(("x", disk("a", "/dev/vg-0/web")), ("x", disk("b", "/dev/mapper/vg-0-web"))) == []


def test_disks_of_different_driver_domains_do_not_meet() -> None:
    one = ("x", disk("a", "/dev/vg/web", backend="disks1"))
    assert met(one, ("x", disk("b", "/dev/vg/web"))) == met(one, ("x", disk("b", "/dev/vg/web", backend="disks2"))) == []
    assert len(met(one, ("x", disk("b", "/dev//vg/web", backend="disks1")))) == 2


def test_floppies_of_xm() -> None:
    assert [row[1:3] for row in pair("fda", "/srv/floppy.img", "/srv//floppy.img")] == [
        ("a", "settings.fda"),
        ("b", "settings.fda"),
    ]
    assert pair("fda", "/srv/a.img", "/srv/b.img") == pair("fda", "", "") == []
