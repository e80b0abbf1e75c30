# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Xen's parser really does with a configuration: the rules, and above all the traps, of its syntax."""

from __future__ import annotations

import ctypes.util
import glob
from typing import Any

import pytest

import xlu
from xlu import Config, ConfigError, LibraryMissing, read_config, read_disk, read_long

if not glob.glob("/usr/lib/*/libxlutil.so.4.*"):
    pytest.skip("libxlutil is not installed (Debian: libxenmisc4.17)", allow_module_level=True)


def one(text: bytes | str, key: str = "a") -> Any:
    """The value of one key."""
    return read_config(text, [key])[key]


@pytest.mark.parametrize("text, value", [
    ("a = 1\n", "1"),
    ("a = 1", "1"),                                # an assignment may end the file without a newline
    ("a = 'it has \"quotes\"'\n", 'it has "quotes"'),
    ('a = "tab\\t newline\\n quote\\" backslash\\\\"\n', 'tab\t newline\n quote" backslash\\'),
    ('a = "# not a comment"  # a comment\n', "# not a comment"),
    ('a = "caf\u00e9"\n', "caf\u00e9"),
    (b'a = "\xff"\n', "\udcff"),                   # no encoding is checked: any byte but NUL passes
    ("a = 1; b = 2\n", "1"),
    ("a = []\n", []),
    ('a = ["x", 2,]\n', ["x", "2"]),
    ('a = [\n  "x",  # first\n  "y"\n]\n', ["x", "y"]),
    ('a = [["x", "y"], "z"]\n', [["x", "y"], "z"]),
    ('a = "x"\na += "y"\n', "xy"),
    ("", None),
])
def test_values(text: bytes | str, value: str | list[Any] | None) -> None:
    assert one(text) == value


def test_keys_may_hold_dots_and_digits() -> None:
    assert one("a.b_9 = 1\n", "a.b_9") == "1"


def test_unknown_keys_are_accepted_in_silence() -> None:
    with Config("stubdomain_memroy = 128\n") as config:
        assert config.get("stubdomain_memory") is None
        assert config.report() == ""


@pytest.mark.parametrize("text, complaint", [
    ('a = "\\x41"\n', "invalid digit after backslash hex"),          # \x never works
    ('a = "\\1"\n', "invalid digit after backslash octal"),
    ('a = "\\q"\n', "invalid character after backlash"),             # sic
    ("a = 1  # no newline at the end", "lexical error"),
    ("A = 1\n", "lexical error"),
    ("a = True\n", "lexical error"),
    ("a = -1\n", "Arbitrary Python is no longer supported"),
    ("a = 0x1F\n", "lexical error"),                                 # hexadecimal digits in lower case only
    ("a = 1.5\n", "lexical error"),
    ('a = "x" + "y"\n', "lexical error"),
    ('a = ["x" "y"]\n', "syntax error"),
    ('a = "two\nlines"\n', "lexical error"),
    ("a = 1\r\n", "lexical error"),                                  # CRLF, except at the end of a comment
    ('a = ["x"]\na += "y"\n', "can't add [list] to \"string\""),
])
def test_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        one(text)
    assert complaint in str(error.value)


def test_crlf_is_accepted_after_a_comment() -> None:
    assert one("# comment\r\na = 1\n") == "1"


def test_octal_escapes_vanish() -> None:
    assert one('a = "<\\101>"\n') == "<>"


def test_the_last_of_equal_keys_wins() -> None:
    assert one("a = 1\na = 2\n") == "2"


def test_messages_name_source_and_line() -> None:
    with pytest.raises(ConfigError, match=r"^/etc/xen/web1\.cfg:2: config parsing error near `True'"):
        Config("a = 1\nb = True\n", "/etc/xen/web1.cfg")


def test_nul_is_refused_before_the_library_aborts() -> None:
    with pytest.raises(ConfigError, match="NUL"):
        one('a = "\0"\n')


@pytest.mark.parametrize("text, value", [
    ("a = 512\n", 512),
    ("a = 0512\n", 330),          # a leading zero means octal
    ('a = "0512"\n', 330),        # in quotes, too
    ("a = 0x1f\n", 31),
    ('a = "-1"\n', -1),
    ("b = 1\n", None),
])
def test_numbers(text: str, value: int | None) -> None:
    assert read_long(text, "a") == value


@pytest.mark.parametrize("text, complaint", [
    ("a = 08\n", "not a valid number"),                  # xl prints this and goes on without the key
    ('a = "yes"\n', "not a valid number"),
    ("a = [1]\n", "is a list but should be a single value"),
    ("a = 99999999999999999999\n", "could not be parsed as a number"),
])
def test_bad_numbers(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_long(text, "a")


@pytest.mark.parametrize("spec, expected", [
    ("/dev/x,raw,hda,w", {"pdev_path": "/dev/x", "format": "raw", "vdev": "hda", "readwrite": 1}),
    ("phy:/dev/sda6,hda,w", {"pdev_path": "/dev/sda6", "backend": "unknown", "readwrite": 1}),
    ("file:/a.qcow2,xvda,r", {"pdev_path": "/a.qcow2", "format": "raw", "readwrite": 0}),   # prefix: format is raw
    ("format=qcow2,vdev=xvda,access=rw,target=/a,b=c d", {"pdev_path": "/a,b=c d", "format": "qcow2"}),
    ("vdev=xvda,backendtype=phy,target=/x", {"backend": "phy"}),
    (",hdc:cdrom,r", {"format": "empty", "is_cdrom": 1, "removable": 1, "readwrite": 0}),
    ("script=block-nbd,vdev=xvda,target=x", {"script": "block-nbd"}),
])
def test_disks(spec: str, expected: Any) -> None:
    disk = read_disk(spec)
    assert {key: disk[key] for key in expected} == expected


@pytest.mark.parametrize("spec, complaint", [
    ("/dev/x,hda,w", "unknown value for format"),        # without a prefix the format has to be there
    ("vdev=xvda", "no target specified"),
    ("/a,raw", "no vdev specified"),
    ("/a,raw,xvda,x", "unknown value for access"),
    ("/a,raw,xvda,w,bogus=1", "unknown parameter"),
    ("/a\n,raw,xvda,w", "newline"),                      # the library would end this process
])
def test_refused_disks(spec: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_disk(spec)


def test_a_missing_library_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glob, "glob", lambda _pattern: [])
    monkeypatch.setattr(ctypes.util, "find_library", lambda _name: None)
    with pytest.raises(LibraryMissing, match="libxenmisc4.17"):
        xlu.find_library()


def test_the_newest_library_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlu, "_FOLDERS", ("/x",))
    monkeypatch.setattr(glob, "glob", lambda _pattern: ["/x/libxlutil.so.4.9", "/x/libxlutil.so.4.17"])
    assert xlu.find_library() == "/x/libxlutil.so.4.17"
