# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scheme a guest gets, and why it does not get another."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import DeviceModel
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.choose import choose, refusal
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import MINIOS_REMEDY
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import SCHEMES
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, told, written

MINIOS = {"ioemu-stubdom.gz": "/i"}
KERNEL, ROOTFS = {"qemu-stubdom-linux-kernel": "/k"}, {"qemu-stubdom-linux-rootfs": "/r"}
BOTH = {**KERNEL, **ROOTFS}

NO_MINIOS = "minios: ioemu-stubdom.gz is not installed"
NO_KERNEL = "linux: the host has no qemu-stubdom-linux-kernel (Xen ships none)"
NO_ROOTFS = "linux: the host has no qemu-stubdom-linux-rootfs (Xen ships none)"
NO_LINUX = "linux: the host has no qemu-stubdom-linux-kernel and no qemu-stubdom-linux-rootfs (Xen ships none)"
NO_SCRIPT = "stubdom-dm is not installed"


@pytest.mark.parametrize(
    "release, images, scheme, reasons",
    [
        # Both images: what Xen still supports comes first.
        ("4.14", {**MINIOS, **BOTH}, "linux", []),
        ("4.20", {**MINIOS, **BOTH}, "linux", []),
        # One of them.
        ("4.17", MINIOS, "minios", []),
        ("4.17", BOTH, "linux", []),
        ("4.17", {**MINIOS, **KERNEL}, "minios", []),
        ("4.17", {**MINIOS, **ROOTFS}, "minios", []),
        ("4.2", MINIOS, "minios", []),
        ("4.22", {**MINIOS, **BOTH}, "linux", []),
        # None that fits.
        ("4.17", {}, "", [NO_LINUX, NO_MINIOS]),
        ("4.17", KERNEL, "", [NO_ROOTFS, NO_MINIOS]),
        ("4.17", ROOTFS, "", [NO_KERNEL, NO_MINIOS]),
        ("4.13", BOTH, "", [NO_MINIOS]),
        ("4.21", MINIOS, "", [NO_LINUX]),
    ],
)
def test_choice_for_xl(release: str, images: dict[str, str], scheme: str, reasons: list[str]) -> None:
    assert choose(facts(release, images=images)) == (scheme, reasons)


@pytest.mark.parametrize(
    "release, changes, scheme, reasons",
    [
        ("3.3", {}, "paired", []),
        ("3.3", {"dm_config": "stubdom-{}"}, "paired", []),
        ("3.4", {"dm_config": "{}-dm"}, "paired", []),
        ("3.4", {}, "generated", []),
        ("4.0", {}, "generated", []),
        ("4.4", {}, "generated", []),
        ("3.3", {"stubdom_dm": ""}, "", [f"paired: {NO_SCRIPT}"]),
        ("3.3", {"images": {}}, "", ["paired: ioemu-stubdom.gz is not installed"]),
        ("3.3", {"dm_config": ""}, "", ["paired: the installed stubdom-dm writes the second file itself"]),
        (
            "3.4",
            {"dm_config": None},
            "",
            [
                "paired: it is unknown which file the installed stubdom-dm starts a stub domain from",
                "generated: it is unknown how the installed stubdom-dm starts a stub domain",
            ],
        ),
        ("4.1", {"stubdom_dm": ""}, "", [f"generated: {NO_SCRIPT}"]),
        ("4.1", {"own": {}}, "", ["generated: ioemu-stubdom.gz is not installed"]),
        ("4.1", {"dm_config": "{}-dm"}, "", ["generated: the installed stubdom-dm needs a second file for each guest"]),
    ],
)
def test_choice_for_xm(release: str, changes: dict[str, Any], scheme: str, reasons: list[str]) -> None:
    assert choose(facts(release, "xm", **changes)) == (scheme, reasons)


@pytest.mark.parametrize("release, toolstack", [("4.1", "xl"), ("4.5", "xm")])
def test_a_release_without_any_scheme(release: str, toolstack: str) -> None:
    assert choose(facts(release, toolstack)) == ("", [])


def test_dom0_is_never_chosen_and_never_refused() -> None:
    assert "dom0" not in SCHEMES
    assert refusal("dom0", facts("4.22", images={})) is None
    assert refusal("dom0", facts("3.3", "xm", images={})) is None


@pytest.mark.parametrize(
    "model, images, scheme",
    [
        (DeviceModel(kernel="/k", ramdisk="/r"), {}, "linux"),
        (DeviceModel(kernel="/k"), ROOTFS, "linux"),
        (DeviceModel(ramdisk="/r"), KERNEL, "linux"),
        # A kernel alone can be mini-OS only.
        (DeviceModel(kernel="/k"), {}, "minios"),
    ],
)
def test_images_of_the_user_instead_of_the_hosts(model: DeviceModel, images: dict[str, str], scheme: str) -> None:
    assert choose(facts("4.17", images=images), model) == (scheme, [])


def test_the_generated_file_names_xens_own_image_whatever_the_definition_names() -> None:
    assert refusal("generated", facts("4.1", "xm", own={}), DeviceModel(kernel="/k")) is not None
    assert refusal("paired", facts("3.3", "xm", images={}), DeviceModel(kernel="/k")) is None


@pytest.mark.parametrize(
    "scheme, release, toolstack, span",
    [
        ("paired", "4.0", "xm", "3.3 to 3.4, with xm"),
        ("generated", "3.3", "xm", "3.4 to 4.4, with xm"),
        ("generated", "4.4", "xl", "3.4 to 4.4, with xm"),
        ("minios", "4.21", "xl", "4.2 to 4.20, with xl"),
        ("minios", "4.4", "xm", "4.2 to 4.20, with xl"),
        ("linux", "4.13", "xl", "4.14 on, with xl"),
    ],
)
def test_a_release_or_toolstack_that_does_not_have_the_scheme(scheme: str, release: str, toolstack: str, span: str) -> None:
    reason = f"Xen {release} with {toolstack} does not have it: it exists from {span}"
    assert refusal(scheme, facts(release, toolstack)) == (reason, "use scheme: auto, or another host")


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_the_ends_of_each_span(scheme: str) -> None:
    toolstack, (first, last) = SCHEMES[scheme]
    for release in (first, last or (4, 22)):
        dm_config = "{}-dm" if scheme == "paired" else ""
        host = facts("{}.{}".format(*release), toolstack, dm_config=dm_config)
        assert refusal(scheme, host) is None


@pytest.mark.parametrize(
    "scheme, release, toolstack, changes, remedy",
    [
        ("paired", "3.3", "xm", {"stubdom_dm": ""}, MINIOS_REMEDY),
        ("paired", "3.3", "xm", {"dm_config": None}, "install Xen's own"),
        ("paired", "3.4", "xm", {}, "use scheme: generated"),
        ("paired", "3.3", "xm", {"images": {}}, f"{MINIOS_REMEDY}, or name the image in device_model.kernel"),
        ("generated", "4.1", "xm", {"stubdom_dm": ""}, MINIOS_REMEDY),
        ("generated", "4.1", "xm", {"dm_config": None}, "install Xen's own"),
        ("generated", "3.4", "xm", {"dm_config": "{}-dm"}, "use scheme: paired"),
        ("generated", "4.1", "xm", {"own": {}}, MINIOS_REMEDY),
        ("minios", "4.17", "xl", {"images": {}}, f"{MINIOS_REMEDY} (off by default since Xen 4.16: --enable-qemu-traditional)"),
        ("linux", "4.17", "xl", {"images": {}}, "build them (role build_linux_stubdom), or name files in device_model.kernel and device_model.ramdisk"),
    ],
)
def test_each_refusal_has_its_remedy(
    scheme: str, release: str, toolstack: str, changes: dict[str, Any], remedy: str
) -> None:
    found = refusal(scheme, facts(release, toolstack, **changes))
    assert found is not None
    assert found[0] and found[1] == remedy


def test_a_scheme_that_the_guest_names_is_refused_with_the_reason() -> None:
    made = hvm_guest(device_model={"scheme": "minios"})
    reason = "the host cannot run it: Xen 4.21 with xl does not have it: it exists from 4.2 to 4.20, with xl"
    remedy = "use scheme: auto, or another host"
    rendered = render_guest(made, facts("4.21"))
    assert told(rendered.problems) == [("win1", "device_model.scheme", "minios", reason, remedy)]
    assert rendered.files == []


def test_a_host_that_can_run_none_has_the_reasons() -> None:
    rendered = render_guest(hvm_guest(), facts("4.17", images={}))
    reason = f"the host can run no stub domain ({NO_LINUX}; {NO_MINIOS})"
    remedy = (
        "install what is missing (deploy.yml builds it; mini-OS images where stubdom_host declares the host's release and "
        "stubdom_xen_sources names a source tree of it), or give scheme: dom0 to run QEMU in dom0"
    )
    assert told(rendered.problems) == [("win1", "device_model.scheme", "auto", reason, remedy)]
    assert rendered.files == []


def test_the_guests_own_scheme_goes_before_the_hosts() -> None:
    assert written(hvm_guest(device_model={"scheme": "minios"}), facts(), "linux").scheme == "minios"
    assert written(hvm_guest(), facts(), "dom0").scheme == "dom0"
    assert written(hvm_guest(), facts(), "auto").scheme == "linux"


@pytest.mark.parametrize("release, toolstack, scheme", [("4.13", "xl", "minios"), ("4.1", "xm", "generated")])
def test_an_image_of_the_store_does_not_count_where_xen_accepts_only_its_own(release: str, toolstack: str, scheme: str) -> None:
    """libxl before 4.14 and stubdom-dm know one path, which they were built with."""
    assert refusal(scheme, facts(release, toolstack)) is None
    assert refusal(scheme, facts(release, toolstack, own={})) is not None
    assert refusal("minios", facts("4.14", own={})) is None
