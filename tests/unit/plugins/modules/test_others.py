# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_info, image, pvgrub_image and fleet_validate."""

from __future__ import annotations

import hashlib
import importlib
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

SHA = hashlib.sha256(b"grub").hexdigest()
NAME = "pvgrub2-x86_64"


def test_host_info(modules: Any, host: Any) -> None:
    host.add_domain("web1", memory=256, kind="hvm", stub=True)
    answer = modules.run("host_info")
    assert answer["xen"]["release"] == "4.17"
    assert (answer["xen"]["toolstack"], answer["xen"]["free_memory"]) == ("xl", 4096 - 256 - 136)
    rows = [(one["name"], one["device_model"], one["stub_domain"], one["serves"]) for one in answer["domains"]]
    assert rows == [("web1", "stub domain", "web1-dm", None), ("web1-dm", "", "", 1)]
    assert host.mutating_calls() == []
    assert ["xl", "list", "-l"] not in host.calls(), "it leaves out stub domains"


def test_host_info_knows_installed_images(modules: Any) -> None:
    install(modules)
    image = modules.run("host_info")["images"]
    assert [(one["name"], one["version"], one["current"]) for one in image] == [(NAME, SHA[:16], True)]


def test_host_info_knows_what_domains_were_booted_from(modules: Any, host: Any) -> None:
    """By few processes, however many domains there are."""
    path = install(modules)["image"]["path"]
    host.add_domains([f"web{number}" for number in range(50)], kernel=path, memory=8)
    host.add_domain("win1", kind="hvm", stub={"kernel": path, "ramdisk": "/srv/rootfs"})
    host.add_domain("win2", kind="hvm", stub={"kernel": path, "ramdisk": path})
    found = {one["name"]: one["image"] for one in modules.run("host_info")["domains"]}
    image = f"{NAME} {SHA[:8]}"
    assert [found[name] for name in ("web0", "web49", "win1", "win2", "win2-dm")] == [image, image, "", image, image]
    # What each of two stub domains serves, where these are and their files, and the same of the others.
    assert len(host.calls("xenstore-read")) == 2 + 2 + 2


def install(modules: Any, check: bool = False, content: bytes = b"grub", **params: Any) -> dict[str, Any]:
    source = modules.folder / f"{NAME}.bin"
    source.write_bytes(content)
    given = {
        "name": NAME,
        "src": str(source),
        "sha256": hashlib.sha256(content).hexdigest(),
        "remote_src": True,
        **params,
    }
    answer: dict[str, Any] = modules.run("image", check=check, **given)
    return answer


def test_image(modules: Any) -> None:
    checked = install(modules, check=True)
    assert not (modules.folder / "store").exists()
    ran = install(modules)
    assert {key: checked[key] for key in ("changed", "image", "diff")} == {
        key: ran[key] for key in ("changed", "image", "diff")
    }
    assert (ran["changed"], ran["diff"]) == (True, {"before": "", "after": f"{NAME} {SHA[:16]}\n"})
    assert Path(ran["image"]["path"]).read_bytes() == b"grub"
    again = install(modules)
    assert (again["changed"], again["diff"]) == (False, {})
    newer = install(modules, content=b"newer")
    assert newer["diff"]["before"] == f"{NAME} {SHA[:16]}\n"


def test_image_is_documented(modules: Any) -> None:
    ran = install(modules)
    wanted = documented("image")
    assert {key: shape(ran[key]) for key in ("image", "removed")} == {key: shape(wanted[key]) for key in wanted}


def test_image_asks_before_anything_is_sent(modules: Any) -> None:
    """The call before the upload only answers, with a source that is on the controller alone."""
    answer = modules.run("image", name=NAME, src="/on/the/controller.bin", sha256=SHA)
    assert (answer["changed"], answer["missing"], (modules.folder / "store").exists()) == (True, True, False)
    assert answer["image"]["path"].endswith(f"/{NAME}/{SHA[:16]}/controller.bin")


@pytest.mark.parametrize(
    "params, words",
    [
        ({"name": "../evil"}, "name = '../evil': is not the name of an image. Remedy: use letters, digits and . _ + -, without a folder."),
        ({"sha256": "abc"}, f"image {NAME}: sha256 = 'abc': is not a sha256. Remedy: give the 64 hexadecimal digits of the file's sha256."),
        (
            {"sha256": "A" * 64},
            f"image {NAME}: sha256 = '{'A' * 64}': is not a sha256. Remedy: give the 64 hexadecimal digits of the file's sha256.",
        ),
    ],
)
def test_image_refuses(params: dict[str, str], words: str, modules: Any) -> None:
    answer = install(modules, **params)
    assert (answer["failed"], answer["msg"]) == (True, words)


def test_image_with_another_sum(modules: Any) -> None:
    answer = install(modules, sha256="0" * 64)
    assert answer["failed"] is True
    assert f"has sha256 {SHA}, not {'0' * 64} as announced" in answer["msg"]


def test_image_without_its_source(modules: Any) -> None:
    answer = modules.run("image", name=NAME, src="/nonexistent", sha256=SHA, remote_src=True)
    assert answer["failed"] is True
    assert "No such file or directory: '/nonexistent'" in answer["msg"]


def test_pvgrub_image(modules: Any) -> None:
    if not os.path.exists("/usr/lib/grub/x86_64-xen/moddep.lst"):
        pytest.skip("grub-xen-bin is not installed here")
    dest = str(modules.folder / "build")
    checked = modules.run("pvgrub_image", check=True, dest=dest)
    assert not os.path.exists(dest)
    ran = modules.run("pvgrub_image", dest=dest)
    assert (checked["changed"], checked["image"]) == (ran["changed"], ran["image"])
    assert ran["image"]["sha256"] == hashlib.sha256(Path(ran["image"]["path"]).read_bytes()).hexdigest()
    assert shape(ran["image"]) == {**shape(documented("pvgrub_image")["image"]), "manifest": shape(ran["image"]["manifest"])}
    assert modules.run("pvgrub_image", dest=dest)["changed"] is False


def test_pvgrub_image_without_modules(modules: Any) -> None:
    answer = modules.run("pvgrub_image", dest=str(modules.folder / "build"), modules_dir="/nonexistent")
    assert answer["failed"] is True
    assert answer["msg"].startswith("/nonexistent/x86_64-xen does not contain GRUB's modules for Xen. Remedy:")


def test_fleet_validate(modules: Any) -> None:
    hosts = {"xen1": [modules.guest("a", boot={"method": "pvgrub2"})], "xen2": [modules.guest("b")]}
    answer = modules.run("fleet_validate", hosts=hosts)
    assert (answer["guests"], answer["pvgrub2_archs"], answer["problems"]) == (2, ["x86_64"], [])


def test_fleet_validate_tells_everything_and_no_password(modules: Any) -> None:
    settings = {"vncpasswd": "hunter2"}
    hosts = {
        "xen1": [modules.guest("a", memory="x", settings=settings), modules.guest("b")],
        "xen2": "nonsense",
        "xen3": [modules.guest("b")],
    }
    answer = modules.run("fleet_validate", hosts=hosts)
    assert answer["failed"] is True
    assert [line.split(": ")[0] for line in answer["msg"].splitlines()] == [
        "host xen1",
        "host xen2",
        "host xen1",
        "host xen3",
    ]
    assert len(answer["problems"]) == 4
    assert "hunter" not in modules.output


def test_fleet_validate_touches_no_host(modules: Any, host: Any) -> None:
    modules.run("fleet_validate", hosts={"xen1": [modules.guest()]})
    assert host.calls() == []


def test_a_value_that_holds_a_password_is_hidden_in_a_problem(modules: Any) -> None:
    guests = [modules.guest(settings={"vncpasswd": ["hunter2", 1.5]})]
    for module, params in (("guest_config", {"guests": guests}), ("fleet_validate", {"hosts": {"xen1": guests}})):
        answer = modules.run(module, **params)
        assert answer["failed"] is True
        assert "hunter" not in modules.output


# -- what is documented -------------------------------------------------------------------------------------------------


def shape(value: Any) -> Any:
    """The keys of a mapping, all the way down; of a list, of its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else ""


def documented(module: str) -> dict[str, Any]:
    plugin = importlib.import_module(f"ansible_collections.xenfleet.stubdom.plugins.modules.{module}")
    return {key: found["sample"] for key, found in yaml.safe_load(plugin.RETURN).items()}


def test_what_is_documented_is_what_is_returned(modules: Any, host: Any) -> None:
    install(modules)
    modules.run("guest_config", guests=[modules.guest()])
    states = modules.run("guest_state", guests=[modules.guest()])
    seen = modules.run("guest_info", guests=[modules.guest()])
    places = {**modules.places("guest_config"), "images_lock": str(modules.folder / "lock")}
    deployment = {**places, "guests": [modules.guest()], "images_store": places["store"], "console": False}
    info = modules.run("host_info", identify=True, deployment=deployment)
    for module, answer in (("guest_state", states), ("guest_info", seen), ("host_info", info)):
        # This host has no changed file: test_host_tools has one.
        wanted = {key: sample for key, sample in documented(module).items() if key != "changed_files"}
        assert {key: shape(answer[key]) for key in wanted} == {key: shape(value) for key, value in wanted.items()}
        assert set(answer) - set(wanted) <= {"changed", "changed_files", "diff", "invocation"}, module
    assert info["domains"][0].keys() == documented("host_info")["domains"][0].keys()
