# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the toolstack would ignore or refuse of a guest's settings; Xen's own parser judges the numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import xlu
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xl import XL_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xm import XM_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.setting_check import check_settings


def judged() -> bool:
    """Whether Xen's own parser is here."""
    try:
        return bool(xlu.find_library())
    except xlu.LibraryMissing:
        return False


def one(name: str, value: Any, release: tuple[int, int] = (4, 17), toolstack: str = "xl", kind: str = "") -> Problem:
    """The only problem of one setting."""
    (found,) = check_settings({name: value}, toolstack, release, "web1", kind)
    assert (found.guest, found.key) == ("web1", f"settings.{name}")
    return found


def fine(name: str, value: Any, release: tuple[int, int] = (4, 17), toolstack: str = "xl", kind: str = "") -> bool:
    return check_settings({name: value}, toolstack, release, "web1", kind) == []


def test_good_settings_have_no_problem() -> None:
    settings = {
        "on_crash": "restart",
        "cpus": ["0", "1"],
        "cpu_weight": 512,
        "nomigrate": True,
        "pci": ["01:00.0"],
        "tsc_mode": "native",
        "keymap": "de",
        "vnuma": [["pnode=0", "size=512"]],
    }
    assert check_settings(settings, "xl", (4, 17), "web1") == []


def test_an_unknown_key_and_the_one_that_was_meant() -> None:
    found = one("oncrash", "restart")
    assert found.reason == "is not a key of xl, which would ignore it silently"
    assert found.remedy == "did you mean on_crash? Correct or remove the key"
    assert (found.value, found.release) == ("restart", "Xen 4.17")


def test_an_unknown_key_that_is_like_no_other() -> None:
    assert one("zzz", 1).remedy == "correct or remove the key; if the host's own xl reads it, use extra_settings"
    assert one("cpu_capp", 1, (4, 4), "xm").remedy == "did you mean cpu_cap? Correct or remove the key"


def test_a_key_that_the_release_does_not_read_is_not_suggested() -> None:
    assert "stubdomain_cmdline" not in one("stubdomain_cmdlin", "x", (4, 15)).remedy
    assert "stubdomain_cmdline" in one("stubdomain_cmdlin", "x", (4, 16)).remedy
    assert one("device_modell", "x").remedy == "did you mean device_model_user? Correct or remove the key"


def test_what_a_newer_xen_may_know() -> None:
    assert fine("something_new", 1, (4, 23))
    assert fine("on_crash", "new-action", (4, 23))
    assert one("something_new", 1, (4, 22)).release == "Xen 4.22"
    # What the table does know holds there, too.
    assert one("pvh", True, (4, 23)).reason == "Xen 4.23 no longer reads this key"
    assert one("acpi", "yes", (5, 0)).reason == "is not a number for xl"


def test_a_key_that_is_too_new() -> None:
    found = one("vmtrace_buf_kb", 64, (4, 14))
    assert found.reason == "Xen 4.14 ignores this key"
    assert found.remedy == "remove it, or move the guest to a host with Xen 4.15 or newer"
    assert found.release == "Xen 4.15 on"
    assert fine("vmtrace_buf_kb", 64, (4, 15))


def test_a_key_that_was_dropped() -> None:
    found = one("pvh", True, (4, 9))
    assert (found.reason, found.remedy) == ("Xen 4.9 no longer reads this key", "remove it")
    assert found.release == "up to Xen 4.8"
    assert fine("pvh", True, (4, 8))
    assert one("device_model", "/usr/lib/xen/bin/qemu-dm", (4, 2)).remedy == "use device_model_override"
    assert one("vcpu_avail", 3, (4, 0), "xm").remedy == "use maxvcpus"


def test_a_key_for_another_type_of_guest() -> None:
    found = one("serial", "pty", kind="pv")
    assert found.reason == "xl does not use it for a guest of type pv, only of type hvm"
    assert (found.remedy, found.release, found.value) == ("remove it", "Xen 4.17", "pty")
    assert one("pvshim", True, kind="hvm").reason.endswith(" for a guest of type hvm, only of type pvh")
    assert one("timer_mode", 2, kind="pv").reason.endswith(" for a guest of type pv, only of type hvm or pvh")
    assert one("acpi", True, (4, 1), "xm", "pv").reason.startswith("xm does not use it")
    assert fine("serial", "pty", kind="hvm")
    assert fine("pvshim", True, kind="pvh")
    assert fine("serial", "pty")


def test_a_key_that_came_to_a_type_of_guest_later() -> None:
    found = one("acpi", True, (4, 7), kind="pv")
    assert found.remedy == "remove it, or move the guest to a host with Xen 4.8 or newer"
    assert found.release == "Xen 4.8 on"
    assert fine("acpi", True, (4, 8), kind="pv")


def test_a_key_that_a_type_of_guest_lost() -> None:
    assert fine("apic", False, (4, 10), kind="pvh")
    found = one("apic", False, (4, 11), kind="pvh")
    assert (found.remedy, found.release) == ("remove it", "up to Xen 4.10")


def test_a_screen_without_a_graphics_card_is_a_frame_buffer() -> None:
    assert one("vnc", True, kind="pvh").remedy == "use vfb"
    assert one("sdl", True, (4, 4), kind="pv").remedy == "use vfb"
    assert one("vnclisten", "127.0.0.1", (3, 3), "xm", "pv").remedy == "use vfb"
    assert fine("vnc", True, kind="pv")
    assert fine("vfb", ["vnc=1"], kind="pvh")


def test_the_type_comes_after_the_release_and_before_the_value() -> None:
    assert one("pvshim", True, (4, 9), kind="pv").reason == "Xen 4.9 ignores this key"
    assert one("vga", "no such card", kind="pv").reason.startswith("xl does not use it")


def test_a_newer_xen_may_use_a_key_for_more_types() -> None:
    assert one("serial", "pty", (4, 22), kind="pv").release == "Xen 4.22"
    assert fine("serial", "pty", (4, 23), kind="pv")


@pytest.mark.parametrize("toolstack, name", [("xl", "acpi"), ("xm", "acpi")])
def test_a_release_before_the_table_is_judged_as_its_oldest(toolstack: str, name: str) -> None:
    assert fine(name, True, (3, 0), toolstack)


@pytest.mark.parametrize(
    "name, value, reason, remedy",
    [
        ("pci", "01:00.0", "must be a list", "write it as a list, one text for each item"),
        ("vnuma", "pnode=0", "must be a list", "write it as a list, one text for each item"),
        ("vnuma", ["pnode=0"], "must be a list of lists", "write each item as a list"),
        ("pci", [["01:00.0"]], "must not contain a list within the list", "write one text for each item"),
        ("seclabel", ["a"], "must be one value, not a list", "write the value alone"),
        ("acpi", [1], "must be one value, not a list", "write the value alone"),
        ("acpi", "yes", "is not a number for xl", "write true or false, without quotes"),
        ("acpi", "True", "is not a number for xl", "write true or false, without quotes"),
        ("cap", "half", "is not a number for xl", "write a whole number"),
        ("cap", "", "is not a number for xl", "write a whole number"),
        ("cap", "\u0663", "is not a number for xl", "write a whole number"),
        ("cap", "08", "begins with a zero, which is octal for xl and decimal for xm", "write it without leading zeros"),
        ("cap", "0512", "begins with a zero, which is octal for xl and decimal for xm", "write it without leading zeros"),
        ("cap", 2**63, "is too large", "write a whole number"),
        ("cap", "9223372036854775808", "is too large", "write a whole number"),
        ("cap", "1" * 5000, "is not a number for xl", "write a whole number"),
        ("keymap", False, "must be text, not true or false", "put the word in quotes"),
    ],
)
def test_values_of_the_wrong_kind(name: str, value: Any, reason: str, remedy: str) -> None:
    found = one(name, value)
    assert (found.reason, found.remedy, found.release, found.value) == (reason, remedy, "libxlu_cfg.c", value)


@pytest.mark.parametrize(
    "name, value",
    [
        ("acpi", "1"),
        ("acpi", 0),
        ("cap", "50"),
        ("cap", "0x10"),
        ("cap", "-1"),
        ("cap", -1),
        ("cap", " 7"),
        ("cap", "0x" + "0" * 5000 + "7"),
        ("pci_seize", True),
        ("cpus", 3),
        ("cpus", "0-3"),
        ("usbdevice", ["tablet"]),
        ("bios", "OVMF"),  # libxl's enumerations have no case
        ("timer_mode", 2),
        ("gfx_passthru", "igd"),
        ("gfx_passthru", True),
        ("viridian", ["all"]),
        ("pci", []),
    ],
)
def test_values_of_the_right_kind(name: str, value: Any) -> None:
    assert fine(name, value)


@pytest.mark.parametrize(
    "name, value, reason, remedy",
    [
        ("usb", "0", "must be true or false, not text", "write true or false, without quotes"),
        ("cpu_cap", "0x10", "is not a number for xm", "write a whole number"),
        ("cpu_cap", "010", "begins with a zero, which is octal for xl and decimal for xm", "write it without leading zeros"),
        ("cpus", 3, "must be text", "put it in quotes"),
        ("irq", "7", "must be a list", "write it as a list, one text for each item"),
    ],
)
def test_values_of_the_wrong_kind_for_xm(name: str, value: Any, reason: str, remedy: str) -> None:
    found = one(name, value, (4, 1), "xm")
    assert (found.reason, found.remedy, found.release) == (reason, remedy, "xend/XendConfig.py")


def test_values_of_the_right_kind_for_xm() -> None:
    settings = {"usb": True, "cpu_cap": "50", "cpus": "1-2", "irq": [7], "serial": ["pty", "null"], "vnc": 1}
    assert check_settings(settings, "xm", (4, 1), "web1") == []
    assert one("serial", ["pty"], (3, 4), "xm").reason == "must be one value, not a list"


def test_a_word_that_is_not_a_choice() -> None:
    found = one("vga", "cirus")
    assert found.reason == "xl accepts only stdvga, cirrus, none, qxl"
    assert (found.remedy, found.release) == ("did you mean cirrus? Write one of them", "Xen 4.17")
    assert one("vga", "?").remedy == "write one of them"
    assert one("on_crash", "Restart").remedy == "did you mean restart? Write one of them"
    assert one("tsc_mode", 7).reason.endswith("native_paravirt, 0, 1, 2, 3")
    assert one("tsc_mode", 10**5000).reason.startswith("xl accepts only default,")


def test_a_word_of_another_release() -> None:
    assert one("on_crash", "soft-reset", (4, 6)).release == "Xen 4.7 on"
    found = one("device_model_version", "qemu-xen-traditional", (4, 21))
    assert (found.reason, found.release) == ("xl accepts only qemu-xen", "up to Xen 4.20")


def test_a_key_that_takes_words_and_lists() -> None:
    assert one("viridian", "all").reason == "is not a number for xl"
    assert one("on_crash", ["restart"]).reason == "must be one value, not a list"


@pytest.mark.parametrize(
    "name, value",
    [
        ("vncpasswd", ["hush"]),
        ("vncpasword", "hush"),
        ("vfb", "vnc=1,vncpasswd=hush"),
        ("vfb", [["vnc=1,vncpasswd=hush"]]),
        ("nonsense", ["vncpasswd=hush"]),
        ("VNCPASSWD", "hush"),
        ("spicepasswd", "hush"),
    ],
)
def test_no_password_is_shown(name: str, value: Any) -> None:
    found = one(name, value, kind="pv")
    assert "hush" not in f"{found} {found.text()}"


def test_all_problems_come_in_the_order_of_the_settings() -> None:
    found = check_settings({"zzz": 1, "acpi": True, "aaa": 1}, "xl", (4, 17), "web1")
    assert [problem.key for problem in found] == ["settings.zzz", "settings.aaa"]


values = st.recursive(
    st.one_of(st.text(), st.integers(), st.booleans(), st.sampled_from(["yes", "0512", "none", "0x", "10"])),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
names = st.one_of(st.sampled_from(sorted({*XL_KEYS, *XM_KEYS})), st.text())
releases = st.sampled_from([(3, 3), (3, 4), *((4, minor) for minor in range(24)), (5, 0)])


@given(
    st.dictionaries(names, values, max_size=4),
    st.sampled_from(["xl", "xm"]),
    releases,
    st.sampled_from(["", "pv", "hvm", "pvh"]),
)
def test_no_settings_crash_the_check(
    settings: dict[str, Any], toolstack: str, release: tuple[int, int], kind: str
) -> None:
    found = check_settings(settings, toolstack, release, "web1", kind)
    assert len(found) <= len(settings)
    assert all(problem.reason and problem.remedy and problem.release and problem.text() for problem in found)


@pytest.mark.skipif(not judged(), reason="libxlutil is not installed here")
@given(st.from_regex(r"[ +-]?(0x)?[0-9a-f]{0,20}[g ]?", fullmatch=True))
def test_xen_reads_the_same_numbers(text: str) -> None:
    reasons = [found.reason for found in check_settings({"cap": text}, "xl", (4, 17), "web1")]
    if any(reason.startswith("begins with a zero") for reason in reasons):
        return
    try:
        read = xlu.read_long(f'cap = "{text}"\n', "cap")
    except xlu.ConfigError:
        assert reasons
    else:
        assert not reasons and read == int(text, 0)
