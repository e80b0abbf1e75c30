# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The meaning of a configuration: what counts, and what does not. tests/xl_offline compares the same before the real xl."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.meaning import (
    MeaningError,
    differences,
    meaning_of,
    recorded,
)


def xl(data: Any, **values: Any) -> dict[str, Any]:
    return dict(meaning_of("xl", json.dumps(data), values))


def test_the_uuid_and_the_generation_id_count_only_where_the_text_gives_them() -> None:
    made_up = {"c_info": {"name": "a", "uuid": "1-2"}, "b_info": {"type.hvm": {"ms_vm_genid": [1, 2]}}}
    assert xl(made_up, ms_vm_genid="generate") == {"c_info.name": "a", "b_info.type.hvm.ms_vm_genid": "generate"}
    given = xl(made_up, uuid="1-2", ms_vm_genid="0102")
    assert given["c_info.uuid"] == "1-2" and given["b_info.type.hvm.ms_vm_genid"] == ("1", "2")


@pytest.mark.parametrize(
    "data",
    [
        {"b_info": {"max_vcpus": 1, "avail_vcpus": [0], "acpi": "True", "event_channels": 1023}},
        {"b_info": {"type.hvm": {"hpet": "True", "vnc": {"enable": "True", "listen": "127.0.0.1"}, "boot": "cda"}}},
        {"c_info": {"type": "hvm"}, "b_info": {"device_model_version": "qemu_xen", "type.hvm": {"bios": "seabios"}}},
        {"disks": [{"vdev": "xvda", "readwrite": 1, "discard_enable": "True", "backend_domname": "Domain-0"}]},
        {"nics": [{"devid": 0, "model": "rtl8139", "bridge": "xenbr0", "script": "/etc/xen/scripts/vif-bridge"}]},
        {"c_info": {"type": "hvm"}, "nics": [{"devid": 0, "nictype": "vif_ioemu"}]},
        {"c_info": {"type": "pv"}, "nics": [{"devid": 0, "nictype": "vif"}]},
        {"disks": [{"vdev": "hdc", "pdev_path": ""}]},
        {"b_info": {"type.hvm": {"vnc": {"passwd": ""}}}},
        {"nics": [{"devid": 0, "ip": ""}]},
        {"c_info": {"type": "hvm"}, "b_info": {"bootloader": "pygrub", "bootloader_args": ["-q"]}},
        {"b_info": {"type.hvm": {"vga": {"kind": "cirrus"}}}},
        {"vfbs": [{"devid": 0, "vnc": {"enable": "True"}, "sdl": {"enable": "False"}}]},
    ],
)
def test_a_default_that_is_spelled_out_means_nothing(data: dict[str, Any]) -> None:
    left = {place.rpartition(".")[2] for place in xl(data)}
    assert left <= {"type", "vdev", "readwrite", "device_model_version", "disks[0]", "nics[0]", "vfbs[0]"}


@pytest.mark.parametrize(
    "before, after",
    [
        ({"b_info": {"max_vcpus": 2}}, {"b_info": {}}),
        ({"b_info": {"acpi": "False"}}, {"b_info": {}}),
        ({"disks": [{"vdev": "a"}, {"vdev": "b"}]}, {"disks": [{"vdev": "b"}, {"vdev": "a"}]}),
        ({"nics": [{"devid": 0}]}, {"nics": []}),
        ({"nics": [{"devid": 0, "mac": "00:16:3e:00:00:01"}]}, {"nics": [{"devid": 0}]}),
        ({"nics": [{"nictype": "vif"}], "c_info": {"type": "hvm"}}, {"nics": [{}], "c_info": {"type": "hvm"}}),
        ({"disks": [{"discard_enable": "True"}]}, {"disks": [{}]}),
        ({"b_info": {"extra": ["a", "b"]}}, {"b_info": {"extra": ["b", "a"]}}),
        ({"b_info": {"device_model_stubdomain": "True", "type.hvm": {"bios": "seabios"}}},
         {"b_info": {"device_model_stubdomain": "True", "type.hvm": {}}}),
    ],
)  # fmt: skip
def test_what_differs_for_the_guest_differs(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert differences(xl(before), xl(after))


@pytest.mark.parametrize(
    "unused",
    [
        {"b_info": {"type.hvm": {"vnc": {"enable": "False", "listen": "0.0.0.0", "display": 3, "passwd": "x"}}}},
        {"b_info": {"type.hvm": {"vnc": {"enable": "False", "findunused": "False"}}}},
        {"b_info": {"type.hvm": {"vnc": {"enable": "False"}, "sdl": {"opengl": "True", "display": ":0"}}}},
        {"b_info": {"type.hvm": {"vnc": {"enable": "False"}, "spice": {"enable": "False", "port": 6000, "host": "0.0.0.0"}}}},
        {"b_info": {"type.hvm": {"vnc": {"enable": "False"}}, "stubdomain_memkb": 131072, "stubdomain_kernel": "/k"}},
        {"b_info": {"type.hvm": {"vnc": {"enable": "False"}}, "cmdline": ""}},
    ],
)
def test_what_libxl_never_reads_means_nothing(unused: dict[str, Any]) -> None:
    assert xl(unused) == {"b_info.type.hvm.vnc.enable": "False"}


def test_the_number_of_a_display_behind_its_address() -> None:
    def screen(**keys: Any) -> dict[str, Any]:
        return xl({"b_info": {"type.hvm": {"vnc": keys}}, "vfbs": [{"vnc": keys}]})

    assert screen(listen="10.0.0.1:3") == screen(listen="10.0.0.1", display=3)
    assert screen(listen="10.0.0.1:0") == screen(listen="10.0.0.1") != screen(listen="10.0.0.2")
    assert screen(listen="127.0.0.1:0") == screen()
    # libxl refuses both numbers.
    assert screen(listen="10.0.0.1:3", display=3) != screen(listen="10.0.0.1", display=3)


def test_a_display_that_is_on_has_all_of_its_values() -> None:
    screens = {"vnc": {"display": 3}, "sdl": {"enable": "True", "opengl": "True"}, "spice": {"enable": "True", "port": 6000}}
    assert {place[len("b_info.type.hvm.") :] for place in xl({"b_info": {"type.hvm": screens}})} == {
        "vnc.display", "sdl.enable", "sdl.opengl", "spice.enable", "spice.port",
    }  # fmt: skip
    stub = {"b_info": {"device_model_stubdomain": "True", "stubdomain_memkb": 131072}}
    assert xl(stub)["b_info.stubdomain_memkb"] == 131072


def test_the_qemu_of_a_guest_without_a_stub_domain_is_the_newer_one_by_default() -> None:
    spelled, stub = {"device_model_version": "qemu_xen"}, {"device_model_stubdomain": "True"}
    assert xl({"b_info": spelled}) == {}
    assert xl({"b_info": {**spelled, **stub}}) == {
        "b_info.device_model_version": "qemu_xen",
        "b_info.device_model_stubdomain": "True",
    }
    # Xen 4.2, which prints this form as 4.5 does, has the older one.
    assert xl({"config": {"b_info": spelled}}) == {"b_info.device_model_version": "qemu_xen"}


def test_blanks_around_an_address_mean_nothing() -> None:
    assert xl({"nics": [{"ip": "192.0.2.1 "}]}) == xl({"nics": [{"ip": "192.0.2.1"}]})


def test_releases_that_print_every_field_are_read_too() -> None:
    old = {"domid": None, "config": {"c_info": {"name": "a", "hap": "<default>", "pool_name": None},
                                     "b_info": {"shadow_memkb": 2**64 - 1, "kernel": "/k"}, "disks": []}}  # fmt: skip
    assert xl(old) == {"c_info.name": "a", "b_info.kernel": "/k"}


def test_the_record_of_libxl_ends_with_a_nul() -> None:
    assert recorded('{"c_info": {"name": "a"}}\0') == {"c_info.name": "a"}


@pytest.mark.parametrize("output", ["(domain (domid -1))", "", "[]", "1"])
def test_another_form_is_an_error_without_the_output(output: str) -> None:
    with pytest.raises(MeaningError) as caught:
        meaning_of("xl", output, {})
    assert "domid" not in str(caught.value)


def test_the_expressions_of_xm_are_compared_by_their_heads() -> None:
    first = meaning_of("xm", "(vm (name a) (memory 128) (device (vif (mac 1))) (device (vif (mac 2))))", {})
    second = meaning_of("xm", "(vm\n    (memory 128)\n (name a) (device (vif (mac 1))) (device (vif (mac 3))))", {})
    assert differences(first, second) == ["vm.device[1].vif.mac"]
    with pytest.raises(MeaningError):
        meaning_of("xm", "(vm (name a)", {})


def test_xend_joins_a_command_line_and_does_not_mind_the_letters_of_an_address() -> None:
    one = "(vm (name a) (image (linux (root '/dev/xvda ro') (args quiet))) (device (vif (mac 00:16:3E:00:00:0A))))"
    other = "(vm (name a) (image (linux (args 'root=/dev/xvda ro quiet'))) (device (vif (mac 00:16:3e:00:00:0a))))"
    assert differences(meaning_of("xm", one, {"uuid": "1"}), meaning_of("xm", other, {"uuid": "1"})) == []
    changed = other.replace("quiet", "loud")
    assert differences(meaning_of("xm", one, {"uuid": "1"}), meaning_of("xm", changed, {"uuid": "1"}))


@pytest.mark.parametrize(
    "data",
    [
        {"type.hvm": {"vnc": {"enable": "False", "listen": "0.0.0.0", "passwd": "a", "display": 3}}},
        {"type.hvm": {"vnc": {"enable": "False"}, "sdl": {"opengl": "True"}, "spice": {"port": 6000}}},
        {"type.hvm": {"vnc": {"enable": "False"}}, "stubdomain_memkb": 131072, "stubdomain_kernel": "/s"},
        {"type.hvm": {"vnc": {"enable": "False"}}, "cmdline": "", "ramdisk": ""},
    ],
)
def test_what_libxl_does_not_look_at_means_nothing(data: dict[str, Any]) -> None:
    assert xl({"b_info": data}) == xl({"b_info": {"type.hvm": {"vnc": {"enable": "False"}}}})


def test_what_belongs_to_a_screen_that_is_on_counts() -> None:
    assert xl({"b_info": {"type.hvm": {"vnc": {"listen": "0.0.0.0"}}}})
    assert xl({"b_info": {"type.hvm": {"sdl": {"enable": "True", "opengl": "True"}}}})["b_info.type.hvm.sdl.opengl"] == "True"
    assert "b_info.stubdomain_kernel" in xl({"b_info": {"device_model_stubdomain": "True", "stubdomain_kernel": "/s"}})
