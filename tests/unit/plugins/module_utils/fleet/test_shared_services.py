# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.fleets import meet, met, pair, with_setting

ONE, TWO = "01234567-89ab-cdef-0123-456789abcdef", "11234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    "key, one, other, meets",
    [
        ("vtpm", [f"backend=mgr,uuid={ONE}"], [f"uuid={ONE.upper()},backend=mgr"], True),
        ("vtpm", [f"backend=mgr,uuid={ONE}"], [f"backend=mgr,uuid={TWO}"], False),
        ("vtpm", [f"backend=mgr,uuid={ONE}"], [f"backend=mgr2,uuid={ONE}"], False),
        # It may be the manager, at which libxl gives each of them a uuid of its own.
        ("vtpm", ["backend=mgr"], ["backend=mgr"], False),
        ("vtpm", ["backend=mgr"], [f"backend=mgr,uuid={ONE}"], False),
        ("vtpm", ["backend=0"], ["backend=0"], False),
        ("vtpm", ["instance=1,backend=0"], ["instance=1,backend=Domain-0"], True),
        ("vtpm", ["instance=1,backend=0"], ["instance=2,backend=0"], False),
        ("vkb", ["backend-type=linux,unique-id=k"], ["unique-id=k,backend-type=linux,backend=0"], True),
        ("vkb", ["backend-type=linux,unique-id=k"], ["backend-type=linux,unique-id=k,backend=io"], False),
        ("vkb", ["backend-type=qemu"], ["backend-type=qemu"], False),
        ("vdispl", ["backend=io,connectors=id0:1920x1080;id1:800x600"], ["backend=io,connectors=id1:640x480"], True),
        ("vdispl", ["backend=io,connectors=id0:1920x1080"], ["backend=io,connectors=id1:1920x1080"], False),
        ("vsnd", [["card,backend=io", "pcm,name=p", "stream,unique-id=s,type=P"]], [["card, backend=io", "stream,unique-id=s"]], True),
        ("vsnd", [["card,backend=io", "stream,unique-id=s"]], [["card", "stream,unique-id=s"]], False),
        ("vsnd", [["card,backend=io", "pcm"]], [["card,backend=io", "pcm"]], False),
        ("virtio", ["type=virtio,device22,transport=mmio"], ["type=virtio,device22,transport=mmio"], False),
        ("usbctrl", ["type=auto,version=2"], ["type=auto,version=2"], False),
    ],
)
def test_services(key: str, one: Any, other: Any, meets: bool) -> None:
    assert all(meet(key, *users) == meets for users in ((one, other), (other, one)))
    assert pair(key, one, other, host="y") == pair(key, one, other, state="stopped") == []


def test_a_domain_that_is_a_tpm_has_one_user() -> None:
    tpms = [("x", with_setting(f"tpm{number}", "vtpm", [f"backend=mgr,uuid={uuid}"])) for number, uuid in ((1, ONE), (2, TWO))]
    users = [("x", with_setting(name, "vtpm", [f"backend={server}"])) for name, server in (("a", "tpm1"), ("b", "tpm1"), ("c", "tpm2"))]
    assert met(*tpms, *users) == [("x", "a", "settings.vtpm", "b on x"), ("x", "b", "settings.vtpm", "a on x")]


@pytest.mark.parametrize(
    "key, values",
    [
        ("p9", ["tag=t,path=/a,security_model=none", "tag=t,path=/b,security_model=none"]),
        ("channel", ["connection=pty,name=n", "name=n,connection=socket,path=/run/a"]),
    ],
)
def test_names_in_one_guest(key: str, values: list[str]) -> None:
    rows = met(("x", with_setting("a", key, values)))
    assert rows == [("x", "a", f"settings.{key}", f"its own settings.{key}")] * 2
    assert met(("x", with_setting("a", key, values[:1])), ("x", with_setting("b", key, values[1:]))) == []
