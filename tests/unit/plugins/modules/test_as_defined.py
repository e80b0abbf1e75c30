# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_info with the options of the steps: a host is as defined if, and only if, no step has anything to do or to report."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest import model
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import retention, store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import monitors

IMAGE = b"boot loader"
SECRET = "not-for-logs"


@pytest.fixture(autouse=True)
def only_this_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_PLACES", ())
    monkeypatch.setattr(retention, "CONFIG_DIR", "/nonexistent/xen")
    # Tests beside this one start guests on the same machine.
    monkeypatch.setattr(monitors, "maker", lambda *_given: 0)


def image_row() -> dict[str, Any]:
    """As a role that builds gives it to the role images."""
    sha256 = hashlib.sha256(IMAGE).hexdigest()
    return {"name": "pvgrub2-x86_64", "files": [{"file": "pvgrub2-x86_64.bin", "sha256": sha256}], "manifest": {}}


def guests_of(modules: Any) -> list[dict[str, Any]]:
    """One for each state, and one that boots from the image."""
    return [
        modules.guest("runs", autostart=True, boot={"method": "direct", "kernel": str(modules.kernel), "expect": "login:"}),
        modules.guest("grub", boot={"method": "pvgrub2", "expect": ""}),
        modules.guest("off", state="stopped"),
        modules.guest("paused", state="paused"),
        modules.guest("gone", state="absent"),
        modules.guest("defined", state="defined"),
    ]


def options_of(modules: Any, guests: list[Any], **more: Any) -> dict[str, Any]:
    places = {**modules.places("guest_config"), **modules.places("guest_state")}
    images = {"images_store": places["store"], "images_config_dir": places["config_dir"], "images_lock": places["lock"]}
    return {"guests": guests, **places, **images, "images": [image_row()], "images_keep": 2, "console": False, **more}


def observe(modules: Any, guests: list[Any], **more: Any) -> dict[str, Any]:
    answer = modules.run("host_info", deployment=options_of(modules, guests, **more))
    assert "msg" not in answer, answer
    found: dict[str, Any] = answer["deployment"]
    return found


def difference(modules: Any, guests: list[Any], **more: Any) -> str:
    """Return the first difference, "" for none."""
    found = observe(modules, guests, **more)
    assert found["as_defined"] is not ("difference" in found)
    return str(found.get("difference", ""))


def steps(modules: Any, guests: list[Any], **more: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Run the modules of all steps; return the answers and the evidence of the last one."""
    folder = modules.folder / "built"
    folder.mkdir(exist_ok=True)
    (folder / "pvgrub2-x86_64.bin").write_bytes(IMAGE)
    image = modules.run("image", src=str(folder), remote_src=True, keep=2, **image_row())
    answers = [image, modules.run("guest_config", guests=guests, images=[image["image"]])]
    configured = answers[1]["guests"]
    answers.append(modules.run("guest_state", guests=guests, images=[image["image"]], configured=configured, **more))
    answers.append(modules.run("guest_info", guests=guests, states=answers[2]["guests"], console=False))
    return answers, answers[3]["guests"]


@pytest.fixture
def deployed(modules: Any) -> list[dict[str, Any]]:
    guests = guests_of(modules)
    steps(modules, guests)
    return guests


def test_what_is_observed_is_what_the_steps_report(modules: Any, host: Any, deployed: list[dict[str, Any]]) -> None:
    host.forget_calls()
    before = modules.files()
    found = observe(modules, deployed)
    assert (found.get("difference"), found["as_defined"]) == (None, True)
    answers, evidence = steps(modules, deployed)
    assert host.mutating_calls() == [] and modules.files() == before
    keys = ("name", "state", "boot", "device_model", "stub_domain", "image", "proof")
    assert [[row[key] for key in keys] for row in found["guests"]] == [[row[key] for key in keys] for row in evidence]
    notes = [[answer["guests"][place]["notes"] for answer in answers[1:]] for place in range(len(deployed))]
    assert [row["notes"] for row in found["guests"]] == notes
    assert [row["proof"] for row in found["guests"]] == ["kernel", "kernel", "no domain", "paused", "gone", "defined"]


def test_a_host_is_asked_each_question_once_however_many_guests_it_has(modules: Any, host: Any) -> None:
    counts = []
    for number in (1, 3):
        guests = [modules.guest(f"guest{index}") for index in range(number)]
        steps(modules, guests)
        host.forget_calls()
        assert difference(modules, guests) == ""
        calls = [tuple(call) for call in host.calls()]
        assert len(calls) == len(set(calls))
        counts.append(len(calls))
    assert counts[0] == counts[1] <= 7


def test_definitions_and_images_are_read_once(modules: Any, deployed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    read, hashed = [], []
    read_guest, sha256_of = model.read_guest, store.sha256_of
    monkeypatch.setattr(model, "read_guest", lambda item, number: [read.append(item["name"]), read_guest(item, number)][1])
    monkeypatch.setattr(store, "sha256_of", lambda path: [hashed.append(path.name), sha256_of(path)][1])
    assert difference(modules, deployed) == ""
    assert read == [guest["name"] for guest in deployed]
    assert hashed == ["pvgrub2-x86_64.bin"]


def test_the_answer_holds_no_definition_and_no_password(modules: Any, deployed: list[dict[str, Any]]) -> None:
    guests = [*deployed, modules.guest("secret", disks=[{"target": f"rbd:pool/a:id=x:key={SECRET}", "vdev": "xvda"}])]
    observe(modules, guests)
    assert SECRET not in modules.output and "deployment" not in json.loads(modules.output)["invocation"]["module_args"]


def hand(modules: Any, _host: Any, _guests: Any) -> None:
    path = modules.config / "runs.cfg"
    path.write_text(path.read_text("utf-8").replace("128", "256"), "utf-8")


def link(modules: Any, _host: Any, _guests: Any) -> None:
    next((modules.config / "auto").iterdir()).unlink()


def starting(modules: Any, _host: Any, _guests: Any) -> None:
    folder = modules.folder / "records" / "starting"
    folder.mkdir(exist_ok=True)
    (folder / "off.json").write_text('{"uuid": "u", "digest": "d", "console_offset": 0}')


def left_record(modules: Any, _host: Any, _guests: Any) -> None:
    (modules.folder / "records" / "gone.json").write_text('{"uuid": "u", "digest": "d", "console_offset": 0}')


def damaged_image(modules: Any, _host: Any, _guests: Any) -> None:
    next((modules.folder / "store").glob("*/*/*.bin")).write_bytes(b"something else")


def interrupted_image(modules: Any, _host: Any, _guests: Any) -> None:
    (next((modules.folder / "store").iterdir()) / ".0123456789abcdef.tmp").mkdir()


def missing_kernel(modules: Any, _host: Any, _guests: Any) -> None:
    modules.kernel.unlink()


def definition(**changes: Any) -> Callable[[Any, Any, Any], None]:
    return lambda _modules, _host, guests: guests[0].update(changes)


def domain(name: str, **fields: Any) -> Callable[[Any, Any, Any], None]:
    return lambda _modules, host, _guests: host.change_domain(name, **fields)


DIFFERENCES: dict[str, Callable[[Any, Any, Any], None]] = {
    "a file was changed by hand": hand,
    "a link is missing": link,
    "a definition has changed": definition(memory=256),
    "a definition has changed and restarts": definition(memory=256, restart="on_change"),
    "a definition is wrong": definition(memory="much"),
    "a state has changed": definition(state="stopped"),
    "a guest was added": lambda modules, _host, guests: guests.append(modules.guest("new")),
    "a guest has gone": lambda _modules, host, _guests: host.remove_domain("runs"),
    "a guest has crashed": domain("runs", state="s", reason="crash"),
    "an operator paused a guest": domain("runs", state="p"),
    "a guest that is to be off runs": lambda _modules, host, _guests: host.add_domain("off"),
    "a paused guest runs": lambda _modules, host, _guests: host.run("xl", "unpause", "paused"),
    "a start was interrupted": starting,
    "a record of an absent guest is left": left_record,
    "an image is damaged": damaged_image,
    "an installation was interrupted": interrupted_image,
    "a kernel is missing": missing_kernel,
}


def test_a_host_on_which_a_step_has_something_to_do_is_not_as_defined(
    modules: Any, host: Any, deployed: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each difference is made on the same host, which is put back after it."""
    kept = tmp_path_factory.mktemp("kept") / "host"
    shutil.copytree(modules.folder, kept, symlinks=True)
    assert difference(modules, deployed) == ""
    found = {}
    for name, make in DIFFERENCES.items():
        guests = copy.deepcopy(deployed)
        make(modules, host, guests)
        host.forget_calls()
        before = modules.files()
        found[name] = difference(modules, guests)
        assert host.mutating_calls() == [] and modules.files() == before, name
        shutil.rmtree(modules.folder)
        shutil.copytree(kept, modules.folder, symlinks=True)
    assert [name for name, text in found.items() if not text] == []
    assert difference(modules, deployed) == ""


def test_options_that_a_step_acts_on_or_refuses(modules: Any, deployed: list[dict[str, Any]]) -> None:
    """The guest ``runs`` has printed nothing, so that it has no proof by its console."""
    given: list[dict[str, Any]] = [
        {"reboot": ["runs"]}, {"restart_batch": 0}, {"start_parallel": "many"}, {"stop_timeout": "long"}, {"no_such": 1},
        {"images_versions": {"pvgrub2-x86_64": "0123456789abcdef"}}, {"images_keep": -1}, {"console": True},
        {"images_versions": {"pvgrub2-x86_64": 1234567890123456}}, {"images": [{"name": "a"}]}, {"images": [{"files": []}]},
        {"images": [{**image_row(), "files": [{"file": "a"}]}]}, {"images": [{**image_row(), "manifest": "text"}]},
    ]  # fmt: skip
    assert [more for more in given if not difference(modules, deployed, **more)] == []


def test_a_host_on_which_another_run_works(modules: Any, deployed: list[dict[str, Any]]) -> None:
    lock = modules.folder / "lock"
    with host_lock.hold(lock, 0, "guest_config"):
        assert difference(modules, deployed)
    assert difference(modules, deployed) == ""
    lock.unlink()
    assert difference(modules, deployed)
    assert not lock.exists()


def test_no_run_begins_while_a_host_is_observed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with host_lock.hold(lock, 0, "image"):
        pass
    with host_lock.keep_out(lock) as is_free:
        assert is_free
        with pytest.raises(host_lock.LockError), host_lock.hold(lock, 0, "image"):
            pass
    with host_lock.hold(lock, 0, "image"), host_lock.keep_out(lock) as is_free:
        assert not is_free
