# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written is what Xen reads: the files of any guest, for any host, whatever its strings are made of.

xl's are read back by Xen's own parser, xm's by Python's. For a night: pytest --hypothesis-profile=full of this file.
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Iterator

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

import xlu
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.plan_guests import HostContext, plan_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guest, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import GuestFile, GuestFiles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.libxl_rules import RULES
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import read_xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.tests.unit.guest_maker import HOSTS, PLANTED, Maker, hostile, line
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import DIRECT, definition, facts, hvm

try:
    xlu.find_library()
    MISSING = ""
except xlu.LibraryMissing as missing:
    MISSING = str(missing)
needs_judge = pytest.mark.skipif(bool(MISSING), reason=MISSING)

# Keys of a disk that the installed library is too old for.
NEWER = re.compile(r"(?<=,)(grant_usage=[01]|trusted|untrusted),(?=.*target=|$)")
# The origins of problems of guests that never start.
NEVER_STARTS = {rule.origin for rule in RULES}


def made_for(toolstack: str) -> Any:
    """A host's facts, and a definition that it can have."""
    def make(number: int, seed: int, strings: list[str]) -> tuple[Facts, dict[str, Any]]:
        host = HOSTS[toolstack][number]
        # xend takes ASCII only.
        possible = [text for text in strings if toolstack == "xl" or text.isascii()] or ["a b"]
        return host[1], Maker(host, Random(seed), possible).definition()

    numbers = st.integers(0, len(HOSTS[toolstack]) - 1)
    return st.builds(make, numbers, st.integers(0, 2**62), st.lists(hostile, min_size=1, max_size=3))


def as_read(value: Any) -> Any:
    """A value as the parser hands it out: texts, and lists of them."""
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return str(int(value)) if isinstance(value, (bool, int)) else value


def check_file(toolstack: str, file: GuestFile, guest: Guest) -> None:
    head = [f"Written for guest {guest.name}.\nevil = 1", "and\rx = 1"]
    text = config_text(toolstack, file.values, head, file.commented)
    (check_xl if toolstack == "xl" else check_xm)(text, file, guest)


def check_xl(text: str, file: GuestFile, guest: Guest) -> None:
    """Xen reads these keys with these values. Which keys a text has the judge cannot list; our own reader can."""
    expected = {key: as_read(value) for key, value in file.values.items()}
    document = read_xl.read(text)
    assert list(document.values.items()) == list(expected.items())
    with xlu.Config(text) as config:
        assert {key: config.get(key) for key in expected} == expected
        assert [key for key in PLANTED if config.get(key) is not None] == []
        for key, value in file.values.items():
            if isinstance(value, int):
                assert config.get_long(key) == value, key
        specs: Any = file.values["disk"]
        assert len(specs) == len(guest.disks)
        for disk, spec in zip(guest.disks, specs):
            check_xl_disk(disk, config.disk(NEWER.sub("", spec)))


def check_xl_disk(disk: Disk, seen: dict[str, Any]) -> None:
    """All that libxl knows of it; what libxl leaves out has its default."""
    expected = {
        "pdev_path": disk.target or None,
        "vdev": disk.vdev,
        "format": disk.format if disk.target else "empty",
        "readwrite": int(disk.writable),
        "is_cdrom": int(disk.cdrom),
        "removable": int(disk.cdrom),
        "script": disk.script or None,
        "backend_domname": disk.backend or None,
        "backend": disk.backendtype or None,
        "specification": disk.specification or None,
        "discard_enable": None if disk.discard is None else str(disk.discard),
        "direct_io_safe": disk.direct_io_safe or None,
    }
    seen = {key: value for key, value in seen.items() if value not in ("unknown", {}) or key not in expected}
    assert {key: seen.pop(key, 0 if key in ("readwrite", "is_cdrom", "removable") else None) for key in expected} == expected
    assert {key: value for key, value in seen.items() if value not in ("unknown", "", 0, None, {}, [])} == {}


def check_xm(text: str, file: GuestFile, guest: Guest) -> None:
    """The file is an assignment of a literal for each key, and nothing else."""
    # xm reads bytes: what is no UTF-8 would not even be written.
    tree = ast.parse(text.encode())
    seen: dict[str, Any] = {}
    for statement in tree.body:
        assert isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        assert len(statement.targets) == 1
        seen[statement.targets[0].id] = ast.literal_eval(statement.value)
    assert len(tree.body) == len(seen) == len(file.values)
    assert list(seen.items()) == list(file.values.items())
    assert set(PLANTED).isdisjoint(seen)
    specs = seen.get("disk", file.commented.get("disk"))
    assert len(specs) == len(guest.disks)
    for disk, spec in zip(guest.disks, specs):
        # create.py, preprocess_disk; below it is the first colon that ends a prefix, and blktap's has a second one.
        uname, dev, mode, *domain = spec.split(",")
        assert (dev, mode) == (disk.vdev + ":cdrom" * disk.cdrom, "w" if disk.writable else "r")
        assert domain == ([disk.backend] if disk.backend else [])
        kind, _colon, rest = uname.partition(":")
        if not disk.target:
            assert uname == "" and disk.cdrom
        elif disk.format == "raw":
            assert (kind, rest) == (disk.kind or ("phy" if disk.target.startswith("/dev/") else "file"), disk.target)
        else:
            assert (kind, rest) == ("tap2" if disk.format == "vhd" else "tap", f"{disk.format}:{disk.target}")


def check_vifs(guest: Guest, specs: Any) -> None:
    """As both toolstacks do it: the string is cut at commas, then at the first '='."""
    assert len(specs) == len(guest.vifs)
    absent = {"devid": -1, "mtu": 0, "trusted": None}
    for vif, spec in zip(guest.vifs, specs):
        parts = [part.partition("=") for part in spec.split(",") if part]
        seen = {key: value for key, _sign, value in parts}
        assert len(seen) == len(parts)
        known = {key: value for key, value in vars(vif).items() if key != "options"}
        expected = {key: str(value) for key, value in known.items() if value != absent.get(key, "")}
        expected.update(vif.options)
        if vif.trusted is not None:
            del expected["trusted"]
            expected["trusted" if vif.trusted else "untrusted"] = ""
        assert seen == expected


def check_frame_buffer(guest: Guest, file: GuestFile) -> None:
    """create.py, comma_sep_kv_to_dict: cut like an interface, and each part stripped."""
    screen, specs = guest.display, file.values.get("vfb")
    if screen.type == "none" or screen.in_stubdom:
        assert specs is None
        return
    assert isinstance(specs, list) and len(specs) == 1
    seen = {key.strip(): value.strip() for key, _sign, value in (part.partition("=") for part in specs[0].split(","))}
    expected = {"type": screen.type, "vnclisten": screen.listen, "vncpasswd": screen.passwd, "keymap": screen.keymap}
    if screen.opengl is not None:
        expected["opengl"] = str(int(screen.opengl))
    if screen.display >= 0:
        expected.update(vncdisplay=str(screen.display), vncunused="0")
    if screen.unused is not None:
        expected["vncunused"] = str(int(screen.unused))
    assert seen == {key: value for key, value in expected.items() if value}


def check_rendered(guest: Guest, host: Facts, rendered: GuestFiles) -> None:
    """Every file as Xen reads it, and what the guest's own says of the guest."""
    own = rendered.files[0].values
    for file in rendered.files:
        check_file(host.toolstack, file, guest)
    paired = rendered.scheme == "paired"
    check_vifs(guest, own["vif"])
    assert (own["name"], own["memory"], own["vcpus"]) == (guest.name, guest.memory, guest.vcpus)
    assert own.get("maxmem", 0) == guest.maxmem
    if guest.boot.method == "direct":
        kernel = (own["kernel"], own.get("ramdisk", ""), own.get("extra", ""))
        assert kernel == (guest.boot.kernel, guest.boot.ramdisk, guest.boot.cmdline)
    assert {key: own[key] for key in guest.settings} == guest.settings
    assert len(rendered.files) == 1 + paired
    if paired:
        stub = rendered.files[1]
        first, *others = stub.values["vif"]  # type: ignore[misc, union-attr]
        assert first == (f"ip={guest.display.listen}" if guest.display.in_stubdom else "")
        assert others == own["vif"]
        assert stub.values["disk"] == rendered.files[0].commented["disk"]
        assert set(stub.values) <= {"kernel", "vif", "disk", "vfb"}
        check_frame_buffer(guest, stub)


def refused_or_checked(host: Facts, item: dict[str, Any]) -> bool:
    """Whether it was written. Nothing is ever raised, and no refusal is without its words."""
    read = read_guest(item)
    rendered = render_guest(read.guest, host) if read.guest and read.guest.state != "absent" else GuestFiles()
    for problem in [*read.problems, *rendered.problems]:
        assert problem.guest and problem.key and problem.reason and problem.remedy
        assert problem.text().isprintable() or "\n" not in problem.text()
    if read.guest is None:
        assert read.problems, "a refusal without a reason"
        return False
    assert read.problems == []
    # What libxl refuses at every start is written right all the same.
    if any(problem.release not in NEVER_STARTS for problem in rendered.problems) or not rendered.files:
        return False
    check_rendered(read.guest, host, rendered)
    return True


@needs_judge
@given(made_for("xl"))
def test_xl_reads_what_is_written(made: tuple[Facts, dict[str, Any]]) -> None:
    """The full profile takes 26 minutes on one of two busy cores, for xm 25."""
    assert refused_or_checked(*made), "refused"


@given(made_for("xm"))
def test_xm_reads_what_is_written(made: tuple[Facts, dict[str, Any]]) -> None:
    assert refused_or_checked(*made), "refused"


@needs_judge
def test_the_examples_are_of_every_kind() -> None:
    """What the two tests above are made of: each scheme on each release, each type, each way to boot and each display."""
    seen: Counter[str] = Counter()
    for toolstack, hosts in HOSTS.items():
        for number, host in enumerate(hosts * 12):
            item = Maker(host, Random(number), ["a b", "a,b=c"]).definition()
            assert refused_or_checked(host[1], item), item
            boot, screen = item["boot"]["method"], item.get("display", {"type": "no"})
            shown = " ".join(screen["type"]) if isinstance(screen["type"], list) else screen["type"]
            seen.update([toolstack, item["type"], boot, f"{shown} {screen.get('where', '')}"])
            seen.update(f"{disk.get('format')} {disk.get('cdrom')} {disk.get('backend')}" for disk in item["disks"])
            seen.update(f"vif {key}" for vif in item["vifs"] for key in vif)
    assert len([key for key in seen if key.startswith("vif ")]) == 14
    expected = {
        "xl", "xm", "hvm", "pv", "pvh", "direct", "firmware", "pvgrub", "pvgrub2", "no ", "none ", "sdl ", "vnc dom0",
        "vnc stubdom", "raw None None", "qcow2 None None", "vhd None None", "None True None", "None None phy",
        "None None file",
    }  # fmt: skip
    assert expected <= set(seen)


# What a definition can hold in any place: strings, as good as they can be and as bad, and other kinds of values.
junk = st.one_of(
    hostile,
    hostile.map(line),
    hostile.map(lambda text: "/" + line(text)),
    st.sampled_from([None, True, -1, 64, 2**40, 1.5, "", [], {}, ["a"], [["a"]], {"a": 1}]),
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place of a definition, as what it is in and the key or number there."""
    for key in range(len(value)) if isinstance(value, list) else value:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


def broken_for(toolstack: str) -> Any:
    """The same, with some of its values replaced by anything."""
    def spoil(made: tuple[Facts, dict[str, Any]], seed: int, values: list[Any]) -> tuple[Facts, dict[str, Any]]:
        host, item = made
        random = Random(seed)
        for value in values:
            place, key = random.choice(list(places(item)))
            # A copy: what is spoilt next may be within it.
            place[key] = copy.deepcopy(value)
        return host, item

    return st.builds(spoil, made_for(toolstack), st.integers(0, 2**62), st.lists(junk, min_size=1, max_size=2))


@needs_judge
@given(st.one_of(broken_for("xl"), broken_for("xm")))
@example((facts(), definition("web1", boot={**DIRECT, "cmdline": '"]\nkernel="evil'})))
@example((facts(), definition('web1"\nevil="1')))
@example((facts(), definition(disks=[{"target": '/srv/a",evil=1;#b', "vdev": "xvda"}])))
@example((facts(), definition(boot={**DIRECT, "cmdline": '" ; evil = "1'}, settings={"on_crash": '"]\nkernel="evil'})))
@example((facts("4.1", "xm"), definition(vifs=[{"ip": "fe80::1%x,script=evil"}])))
@example((facts("4.1", "xm"), hvm(disks=[{"target": "/a'+evil()+'", "vdev": "hda"}])))
@example((facts("3.3", "xm"), hvm(display={"type": "vnc", "listen": "fe80::1%x,type=sdl"})))
def test_a_hostile_definition_is_refused_or_read_back(made: tuple[Facts, dict[str, Any]]) -> None:
    event("written" if refused_or_checked(*made) else "refused")


@given(st.one_of(broken_for("xl"), broken_for("xm")))
def test_no_file_is_planned_for_a_guest_with_a_problem(made: tuple[Facts, dict[str, Any]]) -> None:
    host, item = made
    written, good = plan_guests(read_guests([item]), HostContext(Path("/nonexistent"), Path("/nonexistent"), host))
    for one in written:
        planned = [file for file in one.files if file.after is not None]
        assert not (one.problems and planned)
        assert bool(one.problems) or [guest.name for guest in good] == [one.name]


@needs_judge
@pytest.mark.parametrize(
    "target",
    [
        "/srv/a,b.img", "/srv/a b.img", "/srv/a=b", "/srv/a:b", '/srv/a"b', "/srv/a'b", "/srv/a\\b", "/srv/a#b", "/srv/a;b",
        "/srv/[a]", "/srv/größe", "/srv/raw:/x", "/srv/x,format=qcow2", "/srv/x,vdev=xvdz,w", "/dev/vg0/a%b", "/phy:/x", "/",
        "/srv/a,", "/srv/a,,", "/,",
    ],
)  # fmt: skip
def test_targets_that_are_easily_misread(target: str) -> None:
    assert refused_or_checked(facts(), definition(disks=[{"target": target, "vdev": "xvda"}]))
    taken = target.isascii() and "," not in target
    assert refused_or_checked(facts("4.1", "xm"), definition(disks=[{"target": target, "vdev": "xvda"}])) is taken


@needs_judge
def test_the_judge_can_say_no() -> None:
    """A writer that did not quote would be caught by it, for either toolstack."""
    naive = 'on_crash = "{}"\n'.format('"\nevil="1')
    assert xlu.read_config(naive, ["on_crash", "evil"]) == {"on_crash": "", "evil": "1"}
    file = GuestFile("web1", {"on_crash": '"\nevil="1', "disk": []})
    guest = read_guest(definition()).guest
    assert guest is not None
    for check in (check_xl, check_xm):
        with pytest.raises(AssertionError):
            check(naive + "disk = [ ]\n", file, guest)
        check(config_text("xl" if check is check_xl else "xm", file.values), file, guest)


def test_the_check_of_interfaces_can_say_no() -> None:
    guest = Guest("web1", 8, read_guest(definition()).guest.boot, vifs=[Vif(ip="10.0.0.1,script=evil")])  # type: ignore[union-attr]
    with pytest.raises(AssertionError):
        check_vifs(guest, ["ip=10.0.0.1,script=evil"])
