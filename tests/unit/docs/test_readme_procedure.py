# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/readme-procedure.md covers stubdom/README of July 2008, and what it names exists in the collection."""

from __future__ import annotations

import re
from dataclasses import fields as fields_of

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import DeviceModel
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.display import Display
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT

PAGE = (ROOT / "docs" / "readme-procedure.md").read_text(encoding="utf-8")

#: The README's own words that somebody would type, by the section that they have to be in.
README = {
    "To compile": ["make -j 4", "make install", "$XEN_ROOT/tools/fs-back"],
    "General configuration of an HVM guest": [
        "device_model = '/usr/lib/xen/bin/stubdom-dm'",
        "disk",
        "serial",
        "/etc/xen/stubdom-hvmconfig",
        'kernel = "/usr/lib/xen/boot/ioemu-stubdom.gz"',
        "vif = [ '', 'ip=10.0.1.1,mac=aa:00:00:12:23:34']",
    ],
    "Display configuration": [
        "vnc = 0",
        "sdl = 0",
        "vfb = [ 'type=sdl' ]",
        "vnc = 1",
        'vnclisten = "172.30.206.1"',
        "127.0.0.1",
        "vif = [ 'ip=172.30.206.1', ...]",
        "vfb = [ 'type=vnc' ]",
    ],
    "To run": [
        "mkdir -p /exports/usr/share/xen/qemu",
        "ln -s /usr/share/xen/qemu/keymaps /exports/usr/share/xen/qemu",
        "mkdir -p /exports/var/lib",
        "ln -s /var/lib/xen /exports/var/lib",
        "/usr/sbin/fs-backend &",
        "xm create hvmconfig",
    ],
    "PV-GRUB": [
        'kernel = "/usr/lib/xen/boot/pv-grub.gz"',
        'extra = "(hd0,0)/boot/grub/menu.lst"',
        'extra = "(nd)/somepath/menu.lst"',
        "option 150",
    ],
    "Limitations": ["a PV-GRUB of 32 bits", "export XEN_TARGET_ARCH=x86_32", "a boot splash"],
}


def rows_of(section: str) -> list[list[str]]:
    """The cells of each row of a section's table: README, here, by, releases."""
    text = re.search(rf"(?ms)^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE)
    assert text, f"there is no section {section}"
    lines = [line for line in text.group(1).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def existing() -> set[str]:
    """Everything that can be named: playbooks, modules and their options, roles and their variables, keys of a guest."""
    names = {path.name for path in (ROOT / "playbooks").glob("*.yml")}
    for path in (ROOT / "plugins" / "modules").glob("*.py"):
        names.add(path.stem)
    for path in (ROOT / "roles").glob("*/defaults/main.yml"):
        names |= {path.parents[1].name, *yaml.safe_load(path.read_text(encoding="utf-8"))}
    parts = {"boot": Boot, "disks": Disk, "vifs": Vif, "display": Display, "device_model": DeviceModel}
    names |= {found.name for found in fields_of(Guest)}
    return names | {f"{part}.{found.name}" for part, model in parts.items() for found in fields_of(model)}


@pytest.mark.parametrize("section", README)
def test_each_row_is_whole(section: str) -> None:
    rows = rows_of(section)
    assert rows
    assert [row[0] for row in rows if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize("section", README)
def test_the_readme_is_covered(section: str) -> None:
    steps = " ".join(row[0] for row in rows_of(section))
    assert [words for words in README[section] if words not in steps] == []


@pytest.mark.parametrize("section", README)
def test_what_does_it_exists(section: str) -> None:
    known = existing()
    for row in rows_of(section):
        named = re.findall(r"`([^`]+)`", row[2])
        assert named, f"nothing is named for: {row[0]}"
        assert sorted(set(named) - known) == [], f"named for: {row[0]}"
        assert re.sub(r"`[^`]+`|[, ]", "", row[2]) == "", "the column has names alone"


def test_variables_and_modules_that_the_text_names_exist() -> None:
    """Beside the column: whatever looks like one of ours."""
    ours = re.compile(r"(build|fs_backend|guests|images|guest|host)_[a-z_]+")
    named = {word for word in re.findall(r"`([^`\s]+)`", PAGE) if ours.fullmatch(word)}
    assert named and sorted(named - existing()) == []


def test_no_section_is_left_out() -> None:
    assert re.findall(r"(?m)^## (.+)$", PAGE) == list(README)
