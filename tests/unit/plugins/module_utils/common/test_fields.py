# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one mapping of a definition is read: what each reader takes, and what it says of what it does not take."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.fields import (
    Fields,
    address,
    is_omitted,
    kind_of,
    without_omitted,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    BLANK,
    CHOICE,
    CONTROL,
    DIGITS,
    HALF,
    IN_RANGE,
    LIST,
    PAIRS,
    QUOTE,
    told,
)

Reader = Callable[[Fields], Any]

WORD = re.compile(r"[a-z]+")
WHAT_TEXT_TAKES = [
    ("abc", "abc"),
    ("", ""),
    (12, "12"),
    ("größer", "größer"),
    ("a,b;c'\"#", "a,b;c'\"#"),
    (-(2**63), "-9223372036854775808"),
    (2**63 - 1, "9223372036854775807"),
    ("x" * 100_000, "x" * 100_000),
]
WORDS = {"choices": ("a", "b")}
A_WORD = {"pattern": WORD, "hint": "a word"}


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
        (True, {}, "must be a string, not true or false", QUOTE),
        (1.5, {}, "must be a string, not a decimal number", QUOTE),
        (2**63, {}, "must be a string, not a number", QUOTE),
        (-(2**63) - 1, {}, "must be a string, not a number", QUOTE),
        (b"a", {}, "must be a string, not bytes", QUOTE),
        (("a",), {}, "must be a string, not tuple", QUOTE),
        (["a"], {}, "must be a string, not a list", "give one string"),
        ({"a": 1}, {}, "must be a string, not a mapping", "give one string"),
        (False, WORDS, "must be a string, not true or false", "use one of a, b"),
        (["a"], WORDS, "must be a string, not a list", "use one of a, b"),
        ("a\nb", {}, *CONTROL),
        ("a\n", {}, *CONTROL),
        ("a\0b", {}, *CONTROL),
        ("a\x7fb", {}, *CONTROL),
        ("a\tb", {}, *CONTROL),
        ("a\ud800", {}, *HALF),
        ("\udfff", {}, *HALF),
        (" a", {}, *BLANK),
        ("a ", {}, *BLANK),
        ("a\u00a0", {}, *BLANK),
        ("c", WORDS, CHOICE, "use one of a, b"),
        ("", WORDS, CHOICE, "use one of a, b"),
        ("A", WORDS, CHOICE, "use one of a, b"),
        (7, WORDS, CHOICE, "use one of a, b"),
        ("c", {"choices": ("a",)}, CHOICE, "use a"),
        ("A", A_WORD, "is not a word", "give a word"),
        (7, A_WORD, "is not a word", "give a word, in quotes"),
        ("", A_WORD, "is empty", "give a word, or leave it out"),
        ("", {"required": True}, "must not be empty", "give a value"),
        ("", {"required": True, "hint": "a word"}, "must not be empty", "give a word"),
        ("", {"required": True, **A_WORD}, "must not be empty", "give a word"),
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
        (float("nan"), "must be a whole number, not a decimal number", DIGITS),
        (float("inf"), "must be a whole number, not a decimal number", DIGITS),
        (b"7", "must be a whole number, not bytes", DIGITS),
        ({}, "must be a whole number, not a mapping", DIGITS),
        (-1, "is outside 0 to 100", IN_RANGE),
        (101, "is outside 0 to 100", IN_RANGE),
        ("101", "is outside 0 to 100", IN_RANGE),
    ],
)
def test_integer_refuses(value: Any, reason: str, remedy: str) -> None:
    taken, problems = read(value, lambda fields: fields.integer("k", 5, minimum=0, maximum=100))
    assert taken == 5
    assert told(problems) == [("web1", "k", value, reason, remedy)]


def test_a_number_of_more_digits_than_python_writes() -> None:
    huge = 10**5000
    taken, problems = read(huge, lambda fields: (fields.text("k"), fields.integer("k", maximum=100)))
    assert taken == ("", 0)
    # Not by told(): pytest could not show a difference.
    assert [(found.reason, found.remedy) for found in problems] == [
        ("must be a string, not a number", QUOTE),
        ("is outside 0 to 100", IN_RANGE),
    ]
    fields = Fields({huge: 1}, "web1", problems)
    fields.done()
    assert all(found.text().startswith("guest web1: ") for found in problems)


@pytest.mark.parametrize(
    "value, taken",
    [(True, True), (False, False), ("yes", True), ("No", False), ("TRUE", True), ("off", False), ("on", True)],
)
def test_boolean_takes(value: Any, taken: bool) -> None:
    assert read(value, lambda fields: fields.boolean("k", not taken)) == (taken, [])


@pytest.mark.parametrize(
    "value, kind",
    [
        (1, "a number"),
        (0, "a number"),
        (1.0, "a decimal number"),
        ("1", "a string"),
        ("y", "a string"),
        ("", "a string"),
        ([True], "a list"),
        (b"yes", "bytes"),
    ],
)
def test_boolean_refuses(value: Any, kind: str) -> None:
    taken, problems = read(value, lambda fields: fields.boolean("k", True))
    assert taken is True
    assert told(problems) == [("web1", "k", value, f"must be true or false, not {kind}", "write true or false")]


@pytest.mark.parametrize("value, taken", [(None, None), (True, True), ("off", False)])
def test_optional_boolean_tells_what_is_not_there_from_what_is_false(value: Any, taken: bool | None) -> None:
    assert read(value, lambda fields: fields.optional_boolean("k")) == (taken, [])


@pytest.mark.parametrize(
    "value, taken", [([], []), (["a", "b,c"], ["a", "b,c"]), ("a", ["a"]), (["a", "a"], ["a", "a"])]
)
def test_strings_takes(value: Any, taken: list[str]) -> None:
    assert read(value, lambda fields: fields.strings("k")) == (taken, [])


@pytest.mark.parametrize("value", ["", [""], ["a", 7], [["a"]], [None], {"a": 1}, 7, False, ["a\n"], [" a"], ["\ud800"]])
def test_strings_refuses(value: Any) -> None:
    reason = "must be a list of strings, none of them empty, with blanks around it, or with control characters"
    taken, problems = read(value, lambda fields: fields.strings("k"))
    assert (taken, told(problems)) == ([], [("web1", "k", value, reason, "write one '-' a string, in quotes")])


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
        (lambda fields: fields.strings("k"), []),
        (lambda fields: fields.has("k"), False),
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
    assert (taken, told(problems)) == ([], [("web1", "k", {"target": "/a"}, "must be a list, not a mapping", LIST)])


def test_nested_keys_are_named_in_full() -> None:
    problems: list[Problem] = []
    fields = Fields({"disks": [{"access": "rw"}, {"access": "wr"}, "web1.img"], "boot": "fast"}, "web1", problems)
    for item in fields.items("disks"):
        item.text("access", choices=("rw", "ro"))
    assert fields.mapping("boot") is not None
    assert told(problems) == [
        ("web1", "disks[2]", "web1.img", *PAIRS),
        ("web1", "disks[1].access", "wr", CHOICE, "use one of rw, ro"),
        ("web1", "boot", "fast", *PAIRS),
    ]


def test_done_reports_what_nobody_asked_for() -> None:
    problems: list[Problem] = []
    fields = Fields({"memory": 1, "memroy": 2, "zzz": 3, 7: "seven", None: 1, ("a\n",): 2}, "web1", problems)
    fields.integer("memory")
    fields.integer("vcpus")
    fields.done()
    unknown = "is not a key of the definition"
    assert told(problems) == [
        ("web1", "memroy", 2, unknown, "did you mean memory"),
        ("web1", "zzz", 3, unknown, "the keys are memory, vcpus"),
        ("web1", "7", "seven", unknown, "the keys are memory, vcpus"),
        ("web1", "None", 1, unknown, "the keys are memory, vcpus"),
        ("web1", r"('a\n',)", 2, unknown, "the keys are memory, vcpus"),
    ]


def test_a_key_that_is_right_elsewhere_is_no_typing_error() -> None:
    problems: list[Problem] = []
    fields = Fields({"kernel_arch": "i386", "listen": "::1", "zoom": 3}, "web1", problems, "display")
    fields.text("kernel")
    fields.done("type: sdl", {"listen": "type: vnc", "kernel_arch": "type: none"})
    assert told(problems) == [
        ("web1", "display.kernel_arch", "i386", "goes with type: none, not with type: sdl", "remove kernel_arch"),
        ("web1", "display.listen", "::1", "goes with type: vnc, not with type: sdl", "remove listen"),
        ("web1", "display.zoom", 3, "is not a key of the definition", "the keys are kernel"),
    ]


@pytest.mark.parametrize(
    "key, remedy",
    [
        ("pasword", "did you mean passwd"),
        ("passwort", "did you mean passwd"),
        ("my_password", "did you mean passwd"),
        ("the_password_of_vnc", "the keys are passwd"),
    ],
)
def test_a_password_below_a_misspelt_key_is_not_shown(key: str, remedy: str) -> None:
    problems: list[Problem] = []
    fields = Fields({key: "s3cret"}, "web1", problems)
    fields.text("passwd")
    fields.done()
    assert told(problems) == [("web1", key, "********", "is not a key of the definition", remedy)]


def test_a_problem_of_a_reader_s_own() -> None:
    problems: list[Problem] = []
    fields = Fields({"ip": "10.0.0.256"}, "web1", problems, "vifs[0]")
    fields.problem("ip", "is wrong", "mend it")
    fields.problem("ip", "is wrong", "mend it", "10.0.0.256/8", "Xen 4.17")
    fields.problem("gone", "is wrong", "mend it")
    assert [(found.key, found.value, found.release) for found in problems] == [
        ("vifs[0].ip", "10.0.0.256", ""),
        ("vifs[0].ip", "10.0.0.256/8", "Xen 4.17"),
        ("vifs[0].gone", None, ""),
    ]


class Text(str):
    """As Ansible's own strings are."""


@pytest.mark.parametrize(
    "value, kind",
    [
        (True, "true or false"),
        (7, "a number"),
        (7.5, "a decimal number"),
        ("a", "a string"),
        (Text("a"), "a string"),
        ([], "a list"),
        ({}, "a mapping"),
        (b"", "bytes"),
        (None, "NoneType"),
    ],
)
def test_kind_of(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    "text, shown",
    [
        ("10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.1/8", "10.0.0.1/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("255.255.255.255", "255.255.255.255/32"),
        ("10.100.200.0", "10.100.200.0/32"),
        ("::", "::/128"),
        ("FE80::0001/64", "fe80::1/64"),
        ("0001::1000", "1::1000/128"),
        ("::ffff:10.0.0.1", "::ffff:a00:1/128"),
    ],
)
def test_address_takes(text: str, shown: str) -> None:
    assert address(text) == ipaddress.ip_interface(shown)


@pytest.mark.parametrize(
    "text",
    [
        "", "web1", "10.0.0", "10.0.0.256", "10.0.0.1.2", "10.0.0.1/33", "10.0.0.1/8/8", "::1/129", ":::", "1.2.3.4:5900",
        "010.0.0.1", "10.0.0.01", "10.00.0.1", "::ffff:10.0.0.01", "::ffff:010.0.0.1", "10.0.0.1 ", "١.0.0.1",
        # What Python 3.9 on takes for the zone of an address, and xl and xm for other keys.
        "fe80::1%eth0", "fe80::1%,script=/tmp/evil", "fe80::1%,vncpasswd=", "::1%", "[::1]", "10.0.0.1,bridge=b",
    ],
)
def test_address_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        address(text)


def test_readers_of_nested_mappings_share_the_list_of_problems() -> None:
    problems: list[Problem] = []
    nested = Fields({"a": {"b": {"c": "x"}}}, "web1", problems).mapping("a")
    assert nested is not None
    inner = nested.mapping("b")
    assert inner is not None
    inner.integer("c")
    assert told(problems) == [("web1", "a.b.c", "x", "must be a whole number, not a string", DIGITS)]


def test_what_is_no_mapping_has_no_keys() -> None:
    problems: list[Problem] = []
    fields = Fields(["name"], "number 1 of the list", problems)
    assert fields.text("name") == ""
    fields.done()
    assert told(problems) == [("number 1 of the list", "guest", ["name"], *PAIRS)]


# --- what the inventory left out

OMITTED = "__omit_place_holder__ed28966ace66b5f315410170c87f947b923373a6"
NEARLY = OMITTED[:-1]


@pytest.mark.parametrize(
    "value, left",
    [
        ({"a": OMITTED}, {}),
        ({"a": {"b": OMITTED, "c": 1}}, {"a": {"c": 1}}),
        ([OMITTED, "a", [OMITTED]], ["a", []]),
        ({"a": [OMITTED, {"b": OMITTED}]}, {"a": [{}]}),
        (f"x{OMITTED}y{OMITTED}", "xy"),
        (NEARLY, NEARLY),
        ({OMITTED: 1}, {OMITTED: 1}),
        ({"a": None, "b": "", "c": 0, 7: False}, {"a": None, "b": "", "c": 0, 7: False}),
        (1.5, 1.5),
        (None, None),
    ],
)
def test_without_omitted(value: Any, left: Any) -> None:
    before = repr(value)
    assert without_omitted(value) == left
    assert repr(value) == before


def test_is_omitted() -> None:
    assert [is_omitted(value) for value in (OMITTED, f"a{OMITTED}", NEARLY, "", None, 7)] == [True, False, False, False, False, False]


def test_what_is_nested_deeper_than_python_goes() -> None:
    deep: Any = []
    for _level in range(100_000):
        deep = [deep]
    assert isinstance(without_omitted(deep), list)
