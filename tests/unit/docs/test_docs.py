# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents say what the code does: the examples and their files, the keys, their words, and the links.

A test that fails shows the text that the page has to have.
"""

from __future__ import annotations

import re
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

import pytest
import yaml

import xlu
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.fields import Fields
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import plan_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.declared_host import (
    DeclaredHost,
    read_declared_host,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import read_fleet
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest import settings
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import METHODS, Boot
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import DeviceModel
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.display import Display
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guest, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import assumed
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import read_xl, read_xm
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT
from ansible_collections.xenfleet.stubdom.tests.unit.links import REPOSITORY, broken_links, links_of

DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples" / "guests"

SCHEME_PAGES = ["paired", "generated", "minios", "linux", "dom0", "pv"]
PAGES = [*(f"schemes/{name}.md" for name in SCHEME_PAGES), "guests.md"]

# What the store of the examples' hosts holds, beside what Xen's own build installs.
STORE = "/var/lib/xenfleet/images"
IMAGES = {
    "qemu-stubdom-linux-kernel": f"{STORE}/qemu-stubdom-linux/1c0f4b7a92d3e586/qemu-stubdom-linux-kernel",
    "qemu-stubdom-linux-rootfs": f"{STORE}/qemu-stubdom-linux/1c0f4b7a92d3e586/qemu-stubdom-linux-rootfs",
    "pvgrub2-x86_64": f"{STORE}/pvgrub2-x86_64/1d605c9200849ce1/pvgrub2-x86_64.bin",
    "pvgrub2-pvh": f"{STORE}/pvgrub2-pvh/f10a0441bda5c61e/pvgrub2-pvh.bin",
}
# Xen 4.17 builds it only when it is asked to, so that nobody can assume where it is.
PV_GRUB = {"schemes/pv.md": {"pv-grub-x86_64.gz": "/usr/lib/xen-4.17/boot/pv-grub-x86_64.gz"}}

# The tables of docs/guests.md, and the part of the model that each is about.
TABLES = {
    "The guest": Guest,
    "Boot": Boot,
    "Disks": Disk,
    "Network interfaces": Vif,
    "Display": Display,
    "Device model": DeviceModel,
    "The host": DeclaredHost,
}
# The key that says what a field of another name holds.
SAID_AS = {"extra": "extra_settings", "direct_io_safe": "direct-io-safe", "kind": "backend", "sdl": "type"}
SECTION_OF = {
    "": "The guest",
    "boot": "Boot",
    "disks": "Disks",
    "vifs": "Network interfaces",
    "display": "Display",
    "device_model": "Device model",
    "stubdom_host": "The host",
}


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def section_of(text: str, title: str) -> str:
    """What stands below a heading, up to the next of the second level. A comment in a fence is no heading."""
    found = re.search(rf"(?ms)^##+ {re.escape(title)}\n(.*?)(?=^## |\Z)", text)
    assert found, f"there is no heading {title!r}"
    return found.group(1)


def example_of(page: str) -> str:
    """The definition that the page's files are made from."""
    title = "A full example" if page == "guests.md" else "An example"
    found = re.search(r"(?ms)^```yaml\n(.*?)^```$", section_of(text_of(page), title))
    assert found, f"docs/{page} has no example"
    return found.group(1)


def shown_files(page: str) -> dict[str, str]:
    """Each fence that stands below a line with a path, by that path."""
    return dict(re.findall(r"(?ms)^`(/[^`\n]+)`:\n\n```\n(.*?)^```$", text_of(page)))


def expected_of(page: str) -> tuple[dict[str, str], list[str]]:
    """Each file of the example as guest_config writes it, by its path, and what is noted."""
    data = yaml.safe_load(example_of(page))
    declared, problems = read_declared_host(data["stubdom_host"], "xen1")
    assert not problems and declared.release
    facts = assumed(declared.release, declared.toolstack, {**IMAGES, **PV_GRUB.get(page, {})})
    texts: dict[str, str] = {}
    notes: list[str] = []
    for definition in read_guests(data["stubdom_guests"]):
        assert definition.guest, [problem.text() for problem in definition.problems]
        if definition.guest.state == "absent":
            continue
        rendered = render_guest(definition.guest, facts, declared.scheme)
        assert not rendered.problems, [problem.text() for problem in rendered.problems]
        notes += rendered.notes
        # The private name is the one place that knows head and seal of a file.
        texts.update(plan_guests._texts(definition.guest, rendered, facts.toolstack))
    return {f"/etc/xen/{name}": text for name, text in texts.items()}, notes


@pytest.mark.parametrize("name", SCHEME_PAGES)
def test_the_example_is_the_file_of_the_examples(name: str) -> None:
    lines = (EXAMPLES / f"{name}.yml").read_text(encoding="utf-8").splitlines(keepends=True)
    expected = "".join(lines[lines.index("---\n") + 1 :])
    assert example_of(f"schemes/{name}.md") == expected, f"docs/schemes/{name}.md has to show:\n{expected}"


@pytest.mark.parametrize("page", PAGES)
def test_the_files_of_the_example_are_as_they_are_written(page: str) -> None:
    expected, _notes = expected_of(page)
    shown = shown_files(page)
    assert list(shown) == list(expected), f"docs/{page} has to show the files {', '.join(expected)}"
    for path, text in expected.items():
        assert shown[path] == text, f"docs/{page} has to show {path} as:\n{text}"


@pytest.mark.parametrize("page", PAGES)
def test_the_files_shown_are_read(page: str) -> None:
    """By Xen's own parser those of xl, by Python's those of xm."""
    for path, text in shown_files(page).items():
        if not path.endswith(".cfg"):
            assert read_xm.read(text).values
            continue
        try:
            xlu.find_library()
        except xlu.LibraryMissing as missing:
            pytest.skip(str(missing))
        values = read_xl.read(text).values
        assert xlu.read_config(text, values) == values


@pytest.mark.parametrize("page", PAGES)
def test_the_notes_of_the_example_are_told(page: str) -> None:
    _files, notes = expected_of(page)
    told = " ".join(text_of(page).split())
    for note in notes:
        assert note in told, f"docs/{page} does not tell: {note}"


@pytest.mark.parametrize("page", PAGES)
def test_the_example_is_in_order_in_a_fleet(page: str) -> None:
    data = yaml.safe_load(example_of(page))
    fleet = read_fleet({"xen1": data["stubdom_guests"]}, {"xen1": data["stubdom_host"]})
    assert [problem.text() for problem in fleet.problems] == []


def rows_of(section: str) -> dict[str, str]:
    """The rows of the tables whose first column is ``key``, by the key."""
    rows: dict[str, str] = {}
    inside = False
    for line in section_of(text_of("guests.md"), section).splitlines():
        inside = line.startswith("| key |") or (inside and line.startswith("|"))
        found = re.match(r"\| `([^`]+)` \|", line)
        if inside and found:
            rows[found.group(1)] = line
    return rows


@pytest.mark.parametrize("section", TABLES)
def test_each_key_has_a_row_and_each_row_a_key(section: str) -> None:
    assert sorted(rows_of(section)) == sorted({SAID_AS.get(found.name, found.name) for found in fields_of(TABLES[section])})


def definitions() -> list[dict[str, Any]]:
    """One for each way through the readers."""
    common = {"name": "a", "memory": 256, "disks": [{}], "vifs": [{}]}
    boots = [{**common, "type": kind, "boot": {"method": way}} for kind, ways in METHODS.items() for way in ways]
    screens = [{"type": "sdl"}, {"type": "vnc"}, {"type": "vnc", "where": "stubdom"}]
    return boots + [{**common, "type": "hvm", "display": screen, "device_model": {}} for screen in screens]


def test_each_word_of_a_key_is_in_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    words: dict[tuple[str, str], set[str]] = {}
    read = Fields.text

    def recording(self: Fields, key: str, *args: Any, **options: Any) -> str:
        place = re.sub(r"\[\d+\]", "", self.path)
        words.setdefault((place, key), set()).update(options.get("choices", ()))
        return read(self, key, *args, **options)

    monkeypatch.setattr(Fields, "text", recording)
    for definition in definitions():
        read_guest(definition)
    read_declared_host({}, "xen1")
    assert words["boot", "method"] == {way for ways in METHODS.values() for way in ways}
    for (place, key), choices in words.items():
        row = rows_of(SECTION_OF[place])[key]
        assert sorted(word for word in choices if f"`{word}`" not in row) == [], f"{place} {key}"


def test_the_keys_that_settings_cannot_have_are_listed() -> None:
    said = section_of(text_of("guests.md"), "Settings")
    missing = [key for key in [*settings._OWNED, *settings._OWNED_HVM] if f"`{key}`" not in said]
    assert missing == []


def all_pages() -> list[Path]:
    """Return every page of the checkout."""
    folders = ("docs", "examples", "roles", "tests", "extensions", "plugins", "playbooks")
    # tests/output is ansible-test's.
    found = [page for folder in folders for page in sorted((ROOT / folder).rglob("*.md")) if "output" not in page.parts]
    return [*sorted(ROOT.glob("*.md")), *found]


def test_every_link_has_a_page_and_a_heading() -> None:
    assert broken_links(all_pages(), ROOT) == []


def test_the_readme_has_absolute_links_because_it_is_shown_elsewhere() -> None:
    assert [target for target in links_of(ROOT / "README.md") if "://" not in target and not target.startswith("#")] == []


@pytest.mark.parametrize(
    "target",
    ["docs/none.md", "#none", "../outside.md", f"{REPOSITORY}/blob/main/docs/none.md", f"{REPOSITORY}/wiki/none",
     f"{REPOSITORY}/blob/main/docs/guests.md#none"],
)  # fmt: skip
def test_a_broken_link_is_found(target: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n[words]({target})\n[itself](#page)\n[Xen](https://xenproject.org)\n", encoding="utf-8")
    assert [line for line in broken_links([page], tmp_path) if target in line] and len(broken_links([page], tmp_path)) == 1


#: Words of the first edition that CONTRIBUTING.md replaces; a quoted message keeps its own words. "There is no" is right.
OLD_WORDS = re.compile(
    r"\b(nobody|somebody|told|tells|faults?|the way back|stand-in|mend(?:s|ed)?|fake of|no fault|look ahead|by whom"
    r"|a minute at most|renew(?:s|ed|al)?|t(?:ake|akes|aken|ook) back|generations?|(?<!there )is no(?! longer))\b",
    re.IGNORECASE,
)


def pages_for_readers() -> list[Path]:
    """Return the pages of the project itself, docs/, the roles' and the tests' README."""
    below = (ROOT / "docs", ROOT / "roles")
    return [path for path in all_pages() if path.parent in (ROOT, ROOT / "tests") or set(below) & set(path.parents)]


@pytest.mark.parametrize("page", pages_for_readers(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_uses_the_terms_of_contributing(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    if page.name == "CONTRIBUTING.md":
        # Its table names the words that are not used, and so does what follows a "not".
        text = re.sub(r'(?m)^\|.*\|$|\bnot\s+"[^"]*"', "", text)
    assert OLD_WORDS.findall(" ".join(text.split())) == []


@pytest.mark.parametrize(
    ("folder", "pattern", "shown"),
    [
        ("plugins/modules", "*.py", "../plugins/modules/{name}"),
        ("playbooks", "*.yml", "../playbooks/{name}"),
        ("roles", "*", "../roles/{name}/README.md"),
    ],
)
def test_the_reference_lists_all_that_the_collection_has(folder: str, pattern: str, shown: str) -> None:
    text = text_of("reference.md")
    names = sorted(path.name for path in (ROOT / folder).glob(pattern) if path.name != "__init__.py")
    assert names and [name for name in names if f"]({shown.format(name=name)})" not in text] == []


def test_the_readme_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT).as_posix() for path in sorted(DOCS.glob("*.md"))]
    assert [page for page in pages if f"]({REPOSITORY}/blob/main/{page})" not in text] == []


def test_every_variable_that_a_page_names_exists() -> None:
    prefixes = ["stubdom", *sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())]
    named = re.compile(rf"`((?:{'|'.join(prefixes)})_[a-z0-9_]+)\b")
    sources = [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").rglob("*.yml")]
    known = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in sources)))
    pages = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))]
    unknown = {
        f"{page.relative_to(ROOT)}: {name}"
        for page in pages
        for name in named.findall(page.read_text(encoding="utf-8"))
        if name not in known
    }
    assert sorted(unknown) == []
