# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one mapping of a definition is read: what each reader takes, and what it says of what it does not take."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fields import Fields
from ansible_collections.xenfleet.stubdom.plugins.module_utils.problem import Problem
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import told

Reader = Callable[[Fields], Any]

WORD = re.compile(r"[a-z]+")
WHAT_TEXT_TAKES = [
    ("abc", "abc"),
    ("", ""),
    (12, "12"),
    ("größer", "größer"),
    ("a,b;c'\"#", "a,b;c'\"#"),
]
BLANKS = "begins or ends with a blank", "remove the blank"
CONTROL = "holds a newline, NUL or another control character", "remove it"
QUOTE_IT = "quote the value"
DIGITS = "give digits only, without a unit"


def read(value: Any, reader: Reader) -> tuple[Any, list[Problem]]:
    """What a reader makes of the key ``k`` with that value, and what it says."""
    problems: list[Problem] = []
    return reader(Fields({"k": value}, "web1", problems)), problems


@pytest.mark.parametrize("value, taken", WHAT_TEXT_TAKES)
def test_text_takes(value: Any, taken: str) -> None:
    assert read(value, lambda fields: fields.text("k", "default")) == (taken, [])


@pytest.mark.parametrize(
    "value, options, reason, remedy",
    [
        (True, {}, "must be a string, not true or false", QUOTE_IT),
        (1.5, {}, "must be a string, not a decimal number", QUOTE_IT),
        (["a"], {}, "must be a string, not a list", QUOTE_IT),
        ({"a": 1}, {}, "must be a string, not a mapping", QUOTE_IT),
        ("a\nb", {}, *CONTROL),
        ("a\n", {}, *CONTROL),
        ("a\0b", {}, *CONTROL),
        ("a\x7fb", {}, *CONTROL),
        ("a\tb", {}, *CONTROL),
        (" a", {}, *BLANKS),
        ("a ", {}, *BLANKS),
        ("a\u00a0", {}, *BLANKS),
        ("c", {"choices": ("a", "b")}, "is not one of the values it can have", "use one of a, b"),
        ("A", {"pattern": WORD, "hint": "a word"}, "is not a word", "give a word"),
        ("", {"required": True}, "must not be empty", "give a value"),
        ("", {"required": True, "hint": "a word"}, "must not be empty", "give a word"),
    ],
)
def test_text_refuses(value: Any, options: dict[str, Any], reason: str, remedy: str) -> None:
    taken, problems = read(value, lambda fields: fields.text("k", "default", **options))
    assert taken == "default"
    assert told(problems) == [("web1", "k", value, reason, remedy)]


@pytest.mark.parametrize("value, taken", [(0, 0), (7, 7), ("7", 7), ("0", 0), (100, 100)])
def test_integer_takes(value: Any, taken: int) -> None:
    assert read(value, lambda fields: fields.integer("k", 5, minimum=0, maximum=100)) == (taken, [])


@pytest.mark.parametrize(
    "value, reason, remedy",
    [
        (True, "must be a whole number, not true or false", DIGITS),
        (False, "must be a whole number, not true or false", DIGITS),
        (1.0, "must be a whole number, not a decimal number", DIGITS),
        ("7M", "must be a whole number, not a string", DIGITS),
        ("007", "must be a whole number, not a string", DIGITS),
        ("0x10", "must be a whole number, not a string", DIGITS),
        ("-1", "must be a whole number, not a string", DIGITS),
        ("7\n", "must be a whole number, not a string", DIGITS),
        ("٧", "must be a whole number, not a string", DIGITS),
        ("", "must be a whole number, not a string", DIGITS),
        ([7], "must be a whole number, not a list", DIGITS),
        ("9" * 5000, "must be a whole number, not a string", DIGITS),
        (-1, "is outside 0 to 100", "give a number in that range"),
        (101, "is outside 0 to 100", "give a number in that range"),
        ("101", "is outside 0 to 100", "give a number in that range"),
    ],
)
def test_integer_refuses(value: Any, reason: str, remedy: str) -> None:
    taken, problems = read(value, lambda fields: fields.integer("k", 5, minimum=0, maximum=100))
    assert taken == 5
    assert told(problems) == [("web1", "k", value, reason, remedy)]


@pytest.mark.parametrize(
    "value, taken",
    [(True, True), (False, False), ("yes", True), ("No", False), ("TRUE", True), ("off", False), ("on", True)],
)
def test_boolean_takes(value: Any, taken: bool) -> None:
    assert read(value, lambda fields: fields.boolean("k", not taken)) == (taken, [])


@pytest.mark.parametrize("value, kind", [(1, "a number"), ("1", "a string"), ("", "a string"), ([True], "a list")])
def test_boolean_refuses(value: Any, kind: str) -> None:
    taken, problems = read(value, lambda fields: fields.boolean("k", True))
    assert taken is True
    assert told(problems) == [("web1", "k", value, f"must be true or false, not {kind}", "write true or false")]


@pytest.mark.parametrize("path", ["/", "/dev/sda6", "/srv/a b,c"])
def test_path_name_takes(path: str) -> None:
    assert read(path, lambda fields: fields.path_name("k")) == (path, [])


@pytest.mark.parametrize("path", ["web1.img", "./web1.img", "~/web1.img"])
def test_path_name_refuses_what_means_another_file_in_another_folder(path: str) -> None:
    wanted = "an absolute path on the host"
    taken, problems = read(path, lambda fields: fields.path_name("k"))
    assert (taken, told(problems)) == ("", [("web1", "k", path, f"is not {wanted}", f"give {wanted}")])


@pytest.mark.parametrize(
    "reader, default",
    [
        (lambda fields: fields.text("k", "default"), "default"),
        (lambda fields: fields.integer("k", 5), 5),
        (lambda fields: fields.boolean("k", True), True),
        (lambda fields: fields.mapping("k"), None),
        (lambda fields: fields.items("k"), []),
        (lambda fields: fields.raw("k"), None),
    ],
)
def test_null_is_an_absent_key(reader: Reader, default: Any) -> None:
    assert read(None, reader) == (default, [])


@pytest.mark.parametrize(
    "reader",
    [
        lambda fields: fields.text("k", required=True),
        lambda fields: fields.integer("k", required=True),
        lambda fields: fields.mapping("k", required=True),
        lambda fields: fields.path_name("k", required=True),
    ],
)
def test_a_required_key_that_is_missing(reader: Reader) -> None:
    _taken, problems = read(None, reader)
    assert told(problems) == [("web1", "k", None, "is missing", "give k")]


def test_items_refuses_what_is_no_list() -> None:
    taken, problems = read({"target": "/a"}, lambda fields: fields.items("k"))
    remedy = "write it as a list, one '-' an item"
    assert (taken, told(problems)) == ([], [("web1", "k", {"target": "/a"}, "must be a list, not a mapping", remedy)])


def test_nested_keys_are_named_in_full() -> None:
    problems: list[Problem] = []
    fields = Fields({"disks": [{"access": "rw"}, {"access": "wr"}, "web1.img"], "boot": "fast"}, "web1", problems)
    for item in fields.items("disks"):
        item.text("access", choices=("rw", "ro"))
    assert fields.mapping("boot") is not None
    must = "must be a mapping of keys and values", "write it as key: value pairs"
    assert told(problems) == [
        ("web1", "disks[2]", "web1.img", *must),
        ("web1", "disks[1].access", "wr", "is not one of the values it can have", "use one of rw, ro"),
        ("web1", "boot", "fast", *must),
    ]


def test_done_reports_what_nobody_asked_for() -> None:
    problems: list[Problem] = []
    fields = Fields({"memory": 1, "memroy": 2, "zzz": 3, 7: "seven"}, "web1", problems)
    fields.integer("memory")
    fields.integer("vcpus")
    fields.done()
    unknown = "is not a key of the definition"
    assert told(problems) == [
        ("web1", "memroy", 2, unknown, "did you mean memory"),
        ("web1", "zzz", 3, unknown, "the keys are memory, vcpus"),
        ("web1", "7", "seven", unknown, "the keys are memory, vcpus"),
    ]


def test_what_is_no_mapping_has_no_keys() -> None:
    problems: list[Problem] = []
    fields = Fields(["name"], "number 1 of the list", problems)
    assert fields.text("name") == ""
    fields.done()
    must = "must be a mapping of keys and values", "write it as key: value pairs"
    assert told(problems) == [("number 1 of the list", "guest", ["name"], *must)]


def test_a_type_of_python_s_own_is_named() -> None:
    _taken, problems = read(b"7", lambda fields: fields.integer("k"))
    assert problems[0].reason == "must be a whole number, not bytes"
