# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.modules import guest_config
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import OVS_STOCK, Dom0

XM = {"release": "3.3", "toolstack": "xm"}


def done(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(guest["name"], guest["action"]) for guest in answer["guests"]]


def without_invocation(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "invocation"}


def test_check_mode_says_what_the_run_does_and_a_second_run_does_nothing(modules: Any, host: Any) -> None:
    foreign = modules.config / "foreign.cfg"
    foreign.write_text('name = "foreign"\nvncpasswd = "s3cr3t"\n', encoding="utf-8")
    modules.run("guest_config", guests=[modules.guest("old", autostart=True), modules.guest("changed")])
    guests = [
        modules.guest("new", autostart=True),
        modules.guest("changed", memory=256),
        {"name": "old", "state": "absent"},
        modules.guest("foreign"),
        modules.guest("bad", memory="x"),
        "nonsense",
    ]
    before = modules.files()
    checked = modules.run("guest_config", check=True, guests=guests)
    assert modules.files() == before
    ran = modules.run("guest_config", guests=guests)
    assert without_invocation(checked) == without_invocation(ran)
    assert ran["changed"] is True
    assert done(ran) == [
        ("new", "created"),
        ("changed", "updated"),
        ("old", "removed"),
        ("foreign", "none"),
        ("bad", "none"),
        ("number 6 of the list", "none"),
    ]
    assert sorted(modules.files()) == ["auto/1000-00-new.cfg", "changed.cfg", "foreign.cfg", "new.cfg"]
    assert modules.files()["auto/1000-00-new.cfg"] == f"-> {modules.config}/new.cfg"
    assert modules.files()["foreign.cfg"] == before["foreign.cfg"]
    again = modules.run("guest_config", guests=guests)
    assert (again["changed"], again["diff"]) == (False, [])
    assert {action for _name, action in done(again)} == {"none"}
    assert host.mutating_calls() == []


def hvm(name: str = "win1", **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "hvm", "memory": 128, **changes}


def linux_images(modules: Any) -> list[dict[str, str]]:
    """What the module image would have said of the images of a Linux stub domain."""
    names = ("qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs")
    for name in names:
        (modules.folder / name).write_bytes(name.encode())
    return [{"name": name, "path": str(modules.folder / name)} for name in names]


def without_seal(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.startswith("# Seal: "))


def state_of(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Every file with what would tell that somebody touched it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_ino, status.st_mtime_ns, content)
    return found


def check_then_run(modules: Any, **params: Any) -> dict[str, Any]:
    """The run's answer. Check mode has to say the same and to touch nothing; a second run has nothing to do."""
    before = state_of(modules.config)
    checked = modules.run("guest_config", check=True, **params)
    assert state_of(modules.config) == before
    ran: dict[str, Any] = modules.run("guest_config", **params)
    assert without_invocation(checked) == without_invocation(ran)
    after = state_of(modules.config)
    again = modules.run("guest_config", **params)
    assert (again["changed"], again["diff"]) == (False, [])
    assert {action for _name, action in done(again)} <= {"none"}
    assert state_of(modules.config) == after
    return ran


def test_the_diff_is_that_of_the_files(modules: Any) -> None:
    modules.run("guest_config", guests=[modules.guest()])
    before = without_seal(modules.files()["web1.cfg"])
    answer = modules.run("guest_config", guests=[modules.guest(memory=256)])
    path = str(modules.config / "web1.cfg")
    assert answer["diff"] == [
        {"before_header": path, "after_header": path, "before": before, "after": before.replace("= 128", "= 256")}
    ]


def test_all_problems_are_in_the_message_and_the_good_guests_are_written(modules: Any) -> None:
    answer = modules.run(
        "guest_config",
        guests=[
            modules.guest("a", disks=[{"target": "/nonexistent", "vdev": "xvda"}], vifs=[{"bridge": "no-such-br"}]),
            modules.guest("b"),
            modules.guest("c", boot={"method": "direct", "kernel": "/nonexistent"}),
            modules.guest("d", boot={"method": "pvgrub2"}),
            modules.guest("1"),
        ],
    )
    assert answer["failed"] is True
    assert answer["msg"].splitlines() == [
        (
            "guest a: disks[0].target = '/nonexistent': cannot be used: No such file or directory. "
            "Remedy: create it on the host, or correct the path."
        ),
        (
            "guest a: vifs[0].bridge = 'no-such-br': does not exist on the host. "
            "Remedy: create the bridge, or name one that the host has."
        ),
        (
            "guest c: boot.kernel = '/nonexistent': does not exist on the host. "
            "Remedy: copy it to the host, or correct the path."
        ),
        (
            "guest d: boot.image = 'pvgrub2-x86_64': no such image is installed on the host. "
            "Remedy: install it with the role xenfleet.stubdom.images, or run the playbook deploy.yml."
        ),
        ("guest 1: name = '1': consists of digits only, which xl takes for a domain id (Xen 4.3 on). Remedy: add a letter."),
    ]
    assert list(modules.files()) == ["b.cfg"]
    assert answer["changed"] is True


def test_memory_that_does_not_suffice(modules: Any, host: Any) -> None:
    host.set_info(free_memory=300)
    host.add_domain("c", memory=1)
    answer = modules.run("guest_config", guests=[modules.guest(name) for name in "abc"])
    assert done(answer) == [("a", "created"), ("b", "created"), ("c", "created")]
    host.set_info(free_memory=200)
    answer = modules.run("guest_config", guests=[modules.guest(name, vcpus=2) for name in "abc"])
    assert done(answer) == [("a", "updated"), ("b", "none"), ("c", "updated")]
    assert answer["msg"] == (
        "guest b: memory = 128: starting it takes 132 MiB, and the host has 68 MiB left for it. "
        "Remedy: lower memory, stop another guest, or lower dom0's memory."
    )


def test_memory_of_dom0_counts_as_xl_conf_says(modules: Any, host: Any) -> None:
    host.set_info(free_memory=100, xen_commandline="console=com1")
    one = [modules.guest("a", memory=200)]
    assert done(modules.run("guest_config", check=True, guests=one)) == [("a", "created")]
    dom0 = Dom0(modules.folder / "dom0")
    dom0.file("/etc/xen/xl.conf", 'autoballoon="off"\n')
    assert "the host has 100 MiB left for it" in modules.run("guest_config", check=True, guests=one)["msg"]
    host.set_info(xen_commandline="dom0_mem=1024M")
    dom0.file("/etc/xen/xl.conf", 'autoballoon="on"\n')
    assert done(modules.run("guest_config", check=True, guests=one)) == [("a", "created")]


def test_what_a_guest_needs_on_its_host(modules: Any, host: Any) -> None:
    """Each kind of need, before anything is written; the other guests are written, and a note refuses none."""
    dom0 = Dom0(modules.folder / "dom0").debian()
    dom0.interface("xenbr0", "bridge")
    dom0.interface("ovs0")
    dom0.script("vif-openvswitch", OVS_STOCK)
    dom0.pci("0000:03:00.0", "e1000e")
    guests = [
        modules.guest("good", vifs=[{}, {"bridge": "ovs0.100:200", "script": "vif-openvswitch"}]),
        modules.guest("bridge", vifs=[{"bridge": "ovs7.100", "script": "vif-openvswitch"}]),
        modules.guest("script", vifs=[{"script": "/opt/vif-none"}]),
        modules.guest("device", settings={"pci": ["03:00.0"]}),
        modules.guest("later", settings={"pci": ["03:00.0"]}, state="defined"),
        modules.guest("note", vifs=[{"bridge": "ovs0"}]),
    ]
    answer = check_then_run(modules, guests=guests)
    assert {guest["name"]: [problem["key"] for problem in guest["problems"]] for guest in answer["guests"]} == {
        "good": [],
        "bridge": ["vifs[0].bridge"],
        "script": ["vifs[0].script"],
        "device": ["settings.pci", "settings.pci"],
        "later": ["settings.pci"],
        "note": [],
    }
    assert sorted(modules.files()) == ["good.cfg", "note.cfg"]
    (note,) = answer["guests"][-1]["notes"]
    assert note.startswith("guest note: vifs[0].bridge = 'ovs0' is not a bridge of Linux")
    assert host.mutating_calls() == []


def test_a_default_back_end_that_does_not_run(modules: Any, host: Any) -> None:
    Dom0(modules.folder / "dom0").debian().file("/etc/xen/xl.conf", 'vif.default.backend="netdom"\n')
    guests = [
        modules.guest("a", vifs=[{}]), modules.guest("own", vifs=[{"backend": "other"}]), modules.guest("none"),
        modules.guest("later", vifs=[{}], state="stopped"), modules.guest("runs", vifs=[{}]),
    ]
    for name in ("runs", "other"):
        host.add_domain(name, memory=1)
    assert modules.run("guest_config", check=True, guests=guests)["msg"] == (
        "guest a: vifs: the host's default back end, netdom, does not run, and connects interfaces without a backend. "
        "Remedy: start that domain, give the interfaces backend: Domain-0, or correct /etc/xen/xl.conf."
    )
    assert not modules.run("guest_config", check=True, guests=[*guests, modules.guest("netdom")]).get("failed")
    host.add_domain("netdom", memory=1)
    assert not modules.run("guest_config", check=True, guests=guests).get("failed")


def test_with_a_release_only_bridges_are_looked_up(modules: Any) -> None:
    guests = [
        modules.guest("a", vifs=[{"script": "/opt/vif-none"}], settings={"pci": ["03:00.0"]}),
        modules.guest("b", vifs=[{"bridge": "br9"}]),
    ]
    Dom0(modules.folder / "dom0").pci("0000:04:00.0")
    answer = modules.run("guest_config", guests=guests, release="4.17")
    assert [len(guest["problems"]) for guest in answer["guests"]] == [0, 1]


def test_passwords_are_hidden_everywhere(modules: Any) -> None:
    def guests(secret: str, more: str) -> list[Any]:
        settings = {"vncpasswd": secret, "vfb": [f"vnc=1,vncpasswd={more}"]}
        return [modules.guest(settings=settings), modules.guest("bad", settings=settings, memory="x")]

    for given in (("hunter-eins", "hunter-zwei"), ('hunter"drei', "hunter vier")):
        answer = modules.run("guest_config", guests=guests(*given))
        assert answer["diff"], "the passwords are part of the change"
        assert [word for word in ("hunter", "eins", "zwei", "drei", "vier") if word in modules.output] == []
        assert given[1] in modules.files()["web1.cfg"]


def test_adopt(modules: Any) -> None:
    path = modules.config / "web1.cfg"
    path.write_text("name = 'web1'\n", encoding="utf-8")
    refused = modules.run("guest_config", guests=[modules.guest()])
    assert refused["msg"] == (
        f"guest web1: file = '{path}': exists and was not written by this collection. "
        "Remedy: move it away, or set guests_adopt: true (option adopt of guest_config), which keeps a copy beside it with the ending .orig."
    )
    checked = modules.run("guest_config", check=True, guests=[modules.guest()], adopt=True)
    ran = modules.run("guest_config", guests=[modules.guest()], adopt=True)
    assert without_invocation(checked) == without_invocation(ran)
    assert (done(ran), ran["guests"][0]["backup"]) == ([("web1", "updated")], f"{path}.orig")
    assert modules.files()["web1.cfg.orig"] == "name = 'web1'\n"
    assert modules.run("guest_config", guests=[modules.guest()], adopt=True)["changed"] is False


def test_what_a_killed_run_left_behind_is_no_hindrance(modules: Any) -> None:
    (modules.config / ".web1.cfg.file.tmp").write_text("half of a fi", encoding="utf-8")
    (modules.config / "auto").mkdir()
    answer = modules.run("guest_config", guests=[modules.guest(autostart=True)])
    assert (answer.get("failed", False), done(answer)) == (False, [("web1", "created")])
    # Killed between file and link.
    (modules.config / "auto" / "1000-00-web1.cfg").unlink()
    answer = modules.run("guest_config", guests=[modules.guest(autostart=True)])
    assert done(answer) == [("web1", "updated")]
    assert modules.run("guest_config", guests=[modules.guest(autostart=True)])["changed"] is False


def test_images_of_this_run_are_known_in_check_mode(modules: Any) -> None:
    image = {"name": "pvgrub2-x86_64", "path": "/store/pvgrub2.bin", "version": "x", "sha256": "y"}
    guests = [modules.guest(boot={"method": "pvgrub2"})]
    answer = modules.run("guest_config", check=True, guests=guests, images=[image])
    assert (done(answer), answer["guests"][0]["kernel"]) == ([("web1", "created")], "/store/pvgrub2.bin")


def test_files_of_an_image_of_this_run_are_known_in_check_mode(modules: Any) -> None:
    files = [{"file": one["name"], "path": one["path"]} for one in linux_images(modules)]
    image = {"name": "qemu-stubdom-linux", "path": str(modules.folder), "files": files}
    guests = [hvm(device_model={"scheme": "linux"})]
    given = {"check": True, "guests": guests, "release": "4.17"}
    answer = modules.run("guest_config", images=[image], **given)
    assert done(answer) == [("win1", "created")]
    assert f'stubdomain_kernel = "{files[0]["path"]}"' in answer["diff"][0]["after"]
    assert modules.run("guest_config", **given)["failed"] is True


def test_release_writes_without_a_host(modules: Any, host: Any) -> None:
    host.not_xen()
    answer = modules.run("guest_config", guests=[modules.guest(memory=2**20)], release="4.9")
    assert done(answer) == [("web1", "created")]
    assert "type =" not in modules.files()["web1.cfg"]
    assert host.calls() == []


@pytest.mark.parametrize("release, words", [("four", "'four' is not a Xen version. Remedy: write it as 4.17, in quotes.")])
def test_a_release_that_is_none(release: str, words: str, modules: Any) -> None:
    answer = modules.run("guest_config", guests=[], release=release)
    assert (answer["failed"], answer["msg"]) == (True, words)


@pytest.mark.parametrize(
    "style, says",
    [
        (
            "upstream",
            (
                "xencall: error: Could not obtain handle on privileged command interface: No such file or directory; libxl: "
                "error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: No such file or directory; cannot init xl context"
            ),
        ),
        ("debian", "ERROR:  Can't find hypervisor information in sysfs!"),
    ],
)
@pytest.mark.parametrize("module", ["guest_config", "host_info"])
def test_a_machine_that_does_not_run_xen(module: str, style: str, says: str, modules: Any, host: Any) -> None:
    import os

    if os.geteuid() != 0:
        pytest.skip("an ordinary user is told something else")
    host.not_xen(style)
    params = {} if module == "host_info" else {"guests": [modules.guest()]}
    answer = modules.run(module, **params)
    assert answer["failed"] is True
    assert answer["msg"] == (
        f"this host has xl but does not run Xen: xl info printed {says}. Remedy: boot the host into Xen and check that xenstored "
        "runs (Debian: systemctl status xen), or remove the host from the group."
    )
    assert modules.files() == {}


def test_a_machine_without_xl(modules: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = modules.run("guest_config", guests=[modules.guest()])
    assert answer["msg"].startswith("this is not a Xen host: it has no xl. Remedy: install Xen and its tools")


def test_an_ordinary_user(modules: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host.not_xen()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    answer = modules.run("guest_config", guests=[modules.guest()])
    assert answer["msg"].startswith("xl does not work for an ordinary user (xencall: error:")
    assert answer["msg"].endswith("Remedy: set become: true.")


def test_a_folder_that_cannot_be_written(modules: Any) -> None:
    (modules.folder / "file").write_text("", encoding="utf-8")
    answer = modules.run("guest_config", guests=[modules.guest()], config_dir=str(modules.folder / "file"))
    assert answer["failed"] is True
    assert "Not a directory" in answer["msg"]


# -- check mode, for everything that can become of a file -----------------------------------------------------------------


def by_hand(modules: Any, name: str) -> None:
    path = modules.config / name
    path.write_text(path.read_text(encoding="utf-8") + "cpus = '0-3'\n# Ask Eva.\n", encoding="utf-8")


STEPS: dict[str, Any] = {
    "created": (None, lambda m: {}),
    "none": (None, lambda m: {}),
    "updated": (None, lambda m: {"memory": 64}),
    "removed": (None, lambda m: {"state": "absent"}),
    "by hand": (by_hand, lambda m: {}),
    "by hand, removed": (by_hand, lambda m: {"state": "absent"}),
    "foreign": (lambda m, name: (m.config / name).write_text("mine\n"), lambda m: {}),
    "foreign, removed": (lambda m, name: (m.config / name).write_text("mine\n"), lambda m: {"state": "absent"}),
    "folder": (lambda m, name: ((m.config / name).unlink(), (m.config / name).mkdir()), lambda m: {}),
    "link": (lambda m, name: ((m.config / name).unlink(), (m.config / name).symlink_to("x")), lambda m: {}),
    "pipe": (lambda m, name: ((m.config / name).unlink(), os.mkfifo(m.config / name)), lambda m: {}),
    "mode": (lambda m, name: (m.config / name).chmod(0o644), lambda m: {}),
    "gone": (lambda m, name: (m.config / name).unlink(), lambda m: {}),
    "gone, removed": (lambda m, name: (m.config / name).unlink(), lambda m: {"state": "absent"}),
    "no utf-8": (lambda m, name: (m.config / name).write_bytes(b"# \xff\n"), lambda m: {}),
    "autostart off": (None, lambda m: {"autostart": False}),
    "autostart foreign": (
        lambda m, name: ((m.config / "auto/a").exists() and (m.config / "auto/a").unlink(),
                         (m.config / "auto").mkdir(exist_ok=True), (m.config / "auto/a").write_text("mine")),
        lambda m: {},
    ),
    "problem": (by_hand, lambda m: {"disks": [{"target": "/nonexistent", "vdev": "hda"}]}),
    "scheme": (None, lambda m: {"device_model": {"scheme": "dom0"}}),
    "type": (None, lambda m: {"type": "pv", "boot": {"method": "direct", "kernel": str(m.kernel)}}),
}  # fmt: skip


@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_check_mode_is_true_of_two_files(step: str, second: bool, adopt: bool, modules: Any) -> None:
    """``second``: the change is in the stub domain's file."""
    spoil, change = STEPS[step]
    if step != "created":
        modules.run("guest_config", guests=[hvm("a", autostart=True), hvm("b")], **XM)
    if spoil:
        spoil(modules, "a-dm" if second else "a")
    guests = [{**hvm("a", autostart=True), **change(modules)}, hvm("b")]
    answer = check_then_run(modules, guests=guests, adopt=adopt, **XM)
    assert answer["guests"][1]["problems"] == []
    refused = step in ("folder", "link", "pipe", "problem", "autostart foreign") or (
        step in ("foreign", "no utf-8", "foreign, removed") and not (adopt and "removed" not in step)
    )
    if step == "foreign, removed" and second:
        refused = False  # It is not the guest's, and nobody wants it to be.
    assert bool(answer["guests"][0]["problems"]) is refused, answer["guests"][0]["problems"]


@pytest.mark.parametrize(
    "before, after",
    [
        (XM, {"release": "4.0", "toolstack": "xm"}),
        (XM, {"release": "4.2", "toolstack": "xl"}),
        ({"release": "4.2"}, XM),
        ({"release": "4.12"}, {"release": "4.14"}),
        ({"release": "4.13"}, {}),
        ({"scheme": "dom0"}, {"scheme": "linux"}),
    ],
)
def test_check_mode_is_true_of_another_scheme_or_toolstack(before: Any, after: Any, modules: Any, host: Any) -> None:
    images = linux_images(modules)
    guests = [hvm("a", autostart=True), modules.guest("p", autostart=True), hvm("b", device_model={"scheme": "dom0"})]
    modules.run("guest_config", guests=guests, images=images, **before)
    answer = check_then_run(modules, guests=guests, images=images, **after)
    assert [guest["problems"] for guest in answer["guests"]] == [[], [], []]
    names = {os.path.basename(guest["path"]) for guest in answer["guests"]}
    names |= {os.path.basename(guest["stub_domain_path"]) for guest in answer["guests"]} - {""}
    links = {f"auto/1000-00-{os.path.basename(guest['path'])}" for guest in answer["guests"][:2]}
    assert set(modules.files()) == names | links
    assert host.mutating_calls() == []


def test_check_mode_is_true_of_what_the_host_refuses(modules: Any, host: Any) -> None:
    host.set_info(free_memory=700, xen_caps="xen-3.0-x86_64")
    guests = [hvm("a"), modules.guest("b", type="pvh"), modules.guest("c"), modules.guest("d", memory=10**6)]
    answer = check_then_run(modules, guests=guests, images=linux_images(modules))
    assert [[one["key"] for one in guest["problems"]] for guest in answer["guests"]] == [
        ["type"], ["type"], [], ["memory"],
    ]  # fmt: skip


# -- what a Linux stub domain needs -----------------------------------------------------------------------------------


def test_what_a_stub_domain_lacks_is_told_at_once_and_keeps_no_other_guest(modules: Any, host: Any) -> None:
    images = linux_images(modules)
    (modules.folder / "qemu-stubdom-linux-rootfs").write_bytes(b"")
    modules.program("/usr/libexec/xen-qemu-system-i386").unlink()
    modules.program("/usr/lib/xen-4.17/bin/vchan-socket-proxy").chmod(0o644)
    bad = hvm("a", disks=[{"target": "/nonexistent", "vdev": "hda"}])
    guests = [bad, modules.guest(), hvm("c", device_model={"scheme": "dom0"})]
    answer = check_then_run(modules, guests=guests, images=images)
    assert done(answer) == [("a", "none"), ("web1", "created"), ("c", "created")]
    assert [[one["key"] for one in guest["problems"]] for guest in answer["guests"]] == [
        ["disks[0].target", "device_model.scheme", "device_model.scheme", "device_model.ramdisk"], [], [],
    ]  # fmt: skip
    assert host.mutating_calls() == []


def test_an_image_that_is_announced_has_to_be_there_when_it_is_no_check_mode(modules: Any) -> None:
    images = linux_images(modules)
    for one in images:
        Path(one["path"]).unlink()
    assert done(modules.run("guest_config", check=True, guests=[hvm()], images=images)) == [("win1", "created")]
    problems = modules.run("guest_config", guests=[hvm()], images=images)["guests"][0]["problems"]
    assert [one["reason"] for one in problems] == ["cannot be read: No such file or directory"] * 2


def test_dom0_is_not_looked_at_on_a_machine_that_is_not_the_host(modules: Any) -> None:
    modules.program("/usr/libexec/xen-qemu-system-i386").unlink()
    answer = modules.run("guest_config", guests=[hvm()], images=linux_images(modules), release="4.17")
    assert done(answer) == [("win1", "created")]


@pytest.mark.parametrize("caps, problem", [("xen-3.0-x86_64", "type"), ("xen-3.0-x86_64 hvm-3.0-x86_64", "memory")])
def test_the_memory_of_the_stub_domain_counts(caps: str, problem: str, modules: Any, host: Any) -> None:
    """The guest's own 700 MiB would fit; 256 MiB of its stub domain do not."""
    host.set_info(free_memory=800, xen_caps=caps)
    answer = modules.run("guest_config", guests=[hvm(memory=700)], images=linux_images(modules))
    assert [one["key"] for one in answer["guests"][0]["problems"]] == [problem]
    host.set_info(xen_caps="hvm-3.0-x86_64")
    alone = hvm(memory=700, device_model={"scheme": "dom0"})
    assert modules.run("guest_config", guests=[alone])["guests"][0]["problems"] == []


# -- what is returned ---------------------------------------------------------------------------------------------------


def documented() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(guest_config.RETURN)["guests"]["sample"][0]
    return found


def test_what_is_documented_is_what_is_returned(modules: Any) -> None:
    """Of a good guest, a bad one, and one that is none."""
    answer = modules.run("guest_config", guests=[modules.guest(), modules.guest("b", memory="x"), "nonsense"])
    for guest in answer["guests"]:
        assert guest.keys() == documented().keys()
        assert {key: type(value) for key, value in guest.items()} == {
            key: type(value) for key, value in documented().items()
        }
    changed = modules.run("guest_config", guests=[modules.guest(memory=256)])
    assert [change.keys() for change in changed["guests"][0]["changes"]] == [
        change.keys() for change in documented()["changes"]
    ]
    assert changed["guests"][0]["changes"][0] == {
        "path": str(modules.config / "web1.cfg"), "key": "memory", "before": "128", "after": "256",
    }  # fmt: skip


def test_every_key_that_is_described_is_one_that_is_returned() -> None:
    import re

    text = " ".join(yaml.safe_load(guest_config.RETURN)["guests"]["description"])
    assert set(re.findall(r"(?:C|RV)\((?:ignore:)?([a-z_]+)\)", text)) <= documented().keys()


# -- passwords ----------------------------------------------------------------------------------------------------------

SECRETS = ("hunter2", 'hun"ter', "hun'ter", "hun\\ter", "hunter,sdl=1", "hunter #1", "hunter ä", "hunter]", "hunter\\n")


@pytest.mark.parametrize("where", [XM, {"release": "4.0", "toolstack": "xm"}, {"release": "4.12"}], ids=str)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_display_s_password_is_shown_nowhere(secret: str, where: Any, modules: Any) -> None:
    for display in ({"type": "vnc", "passwd": "before"}, {"type": "vnc", "passwd": secret}, {"type": "none"}):
        guests = [hvm("a", display=display), hvm("bad", display=display, memory="x"), hvm("odd", display={**display, "listen": "?"})]
        for check in (True, False):
            modules.run("guest_config", check=check, guests=guests, **where)
            assert "hun" not in modules.output
    # Also what an operator wrote into the file.
    modules.run("guest_config", guests=[hvm("a", display={"type": "vnc", "passwd": secret})], **where)
    for name in list(modules.files()):
        by_hand(modules, name)
    answer = modules.run("guest_config", guests=[hvm("a")], **where)
    assert answer["guests"][0]["notes"] or answer["guests"][0]["problems"]
    assert "hun" not in modules.output


@pytest.mark.parametrize("where", [XM, {"release": "4.12"}], ids=str)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_setting_s_password_is_shown_nowhere(secret: str, where: Any, modules: Any) -> None:
    for settings in (
        {"vncpasswd": secret},
        {"vfb": [f"vnc=1,vncpasswd={secret}"]},
        {"vfb": [[f"vnc=1,vncpasswd={secret}"]]},
        {"vfb": f"vncpasswd={secret},vnc=1"},
        {"spicepasswd": secret},
        {"vfb": {"vncpasswd": secret}},
        {"VNCPASSWD": secret},
        {"vncpasswd": [secret, 1.5]},
    ):
        for guest in (modules.guest("a", settings=settings), modules.guest("b", settings=settings, memory="x")):
            modules.run("guest_config", guests=[guest], **where)
            assert "hun" not in modules.output, settings


# -- a release and no host ----------------------------------------------------------------------------------------------


def test_a_host_without_xm_is_no_host_with_xend(modules: Any, host: Any) -> None:
    """Its release is asked of xm, unless it is given."""
    answer = modules.run("guest_config", guests=[modules.guest()], toolstack="xm")
    assert answer["failed"] is True
    assert answer["msg"].startswith("this is not a Xen host with xend: it has no xm. Remedy: ")
    assert host.calls() == []


@pytest.mark.parametrize("toolstack, name", [("auto", "win1.cfg"), ("xl", "win1.cfg"), ("xm", "win1")])
def test_the_toolstack_of_a_release(toolstack: str, name: str, modules: Any, host: Any) -> None:
    host.not_xen()
    answer = modules.run("guest_config", guests=[hvm()], release="4.3", toolstack=toolstack)
    assert (answer["guests"][0]["problems"], list(modules.files())) == ([], [name])
    assert answer["guests"][0]["scheme"] == ("generated" if toolstack == "xm" else "minios")
    assert host.calls() == []


@pytest.mark.parametrize("release", ["four", "4", "", " 4.17", "v4.17", "4,17", "xen"])
def test_odd_releases(release: str, modules: Any, host: Any) -> None:
    answer = modules.run("guest_config", guests=[modules.guest()], release=release)
    if not release:
        # As if it were not given.
        assert done(answer) == [("web1", "created")] and host.calls()
        return
    assert (answer["failed"], answer["msg"]) == (True, f"{release!r} is not a Xen version. Remedy: write it as 4.17, in quotes.")
    assert modules.files() == {}


@pytest.mark.parametrize("release, toolstack", [("4.1", "xl"), ("3.2", "xm"), ("4.5", "xm"), ("0.0", "auto")])
def test_releases_without_the_toolstack(release: str, toolstack: str, modules: Any) -> None:
    answer = modules.run("guest_config", guests=[modules.guest()], release=release, toolstack=toolstack)
    assert [problem["key"] for problem in answer["guests"][0]["problems"]] == ["toolstack"]
    assert f"and the host has {release}" in answer["msg"]


@pytest.mark.parametrize(
    "scheme, words",
    [
        ("paired", "Xen 4.17 with xl does not have it: it exists from 3.3 to 3.4, with xm"),
        ("generated", "Xen 4.17 with xl does not have it: it exists from 3.4 to 4.4, with xm"),
        ("minios", "ioemu-stubdom.gz is not installed"),
        ("auto", "the host can run no stub domain"),
    ],
)
def test_a_scheme_that_the_host_cannot_run(scheme: str, words: str, modules: Any) -> None:
    answer = modules.run("guest_config", guests=[hvm(), modules.guest()], scheme=scheme)
    assert words in answer["msg"]
    assert done(answer) == [("win1", "none"), ("web1", "created")]


def test_no_such_scheme(modules: Any) -> None:
    answer = modules.run("guest_config", guests=[hvm()], scheme="none")
    assert "value of scheme must be one of: auto, paired, generated, minios, linux, dom0" in answer["msg"]


@pytest.mark.parametrize("image", [{}, {"name": "x"}, {"path": "/x"}, {"name": "", "path": "/x"}])
def test_an_image_that_says_too_little(image: Any, modules: Any) -> None:
    answer = modules.run("guest_config", guests=[modules.guest()], images=[{"name": "a", "path": "/a"}, image])
    assert answer["msg"] == "images[1] has no name or no path. Remedy: give what the module image returned as image."


@pytest.mark.parametrize("files", ["x", ["x"], [{"file": "a"}], [{"file": "a", "path": "/a"}, {"path": "/x"}]])
def test_a_file_of_an_image_that_says_too_little(files: Any, modules: Any) -> None:
    image = {"name": "a", "path": "/a", "files": files}
    answer = modules.run("guest_config", guests=[modules.guest()], images=[image])
    assert answer["msg"] == (
        "images[0].files has an element without file or path. Remedy: give what the module image returned as image."
    )


# -- hostile names ------------------------------------------------------------------------------------------------------

HOSTILE = (
    "../evil", "/etc/passwd", "a/b", "..", ".", "", "-n", ".hidden", "a b", "a\nb", "a\0b", "a'b", 'a"b', "a\\b", "$(id)",
    "`id`", "a;b", "a,b", "{}", "%s", "ä", "a\u202eb", "\ud800", "x" * 101, "7", None, 7, True, ["a"], {"a": 1},
)  # fmt: skip


@pytest.mark.parametrize("where", [{}, XM], ids=str)
@pytest.mark.parametrize("state", ["running", "absent"])
def test_hostile_names_write_and_remove_nothing(state: str, where: Any, modules: Any) -> None:
    (modules.folder / "evil.cfg").write_text("untouched", encoding="utf-8")
    before = state_of(modules.folder)
    for name in HOSTILE:
        answer = modules.run("guest_config", guests=[{**hvm(), "name": name, "state": state}], **where)
        assert answer["failed"] is True, name
        assert len(answer["guests"][0]["problems"]) == 1
    after = {path: found for path, found in state_of(modules.folder).items() if "/host/" not in path}
    after.pop(str(modules.folder / "lock"), None)
    assert after.keys() == {path for path in before if "/host/" not in path}
    assert modules.files() == {}


@pytest.mark.parametrize("name", ["a", "_", "a" * 100, "a..b", "web1.cfg", "a+b-c_d", "0x7", "a-dm", "stubdom-a", "xl.conf"])
def test_odd_names_that_are_in_order(name: str, modules: Any) -> None:
    for where, file in (({}, f"{name}.cfg"), (XM, name)):
        answer = check_then_run(modules, guests=[modules.guest(name)], **where)
        assert done(answer) == [(name, "created")]
        assert list(modules.files()) == [file]


# -- disks that refuse --------------------------------------------------------------------------------------------------


def test_a_disk_that_refuses_keeps_only_its_guest(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    modules.run("guest_config", guests=[modules.guest(name) for name in "abc"])
    before = modules.files()
    replace = os.replace

    def full(source: Any, target: Any) -> None:
        if str(target).endswith("/b.cfg"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    answer = modules.run("guest_config", guests=[modules.guest(name, memory=64) for name in "abc"])
    assert answer["msg"] == (
        f"guest b: file = '{modules.config}/b.cfg': cannot be written: No space left on device. "
        "Remedy: make room, and see that root may write there."
    )
    assert (answer["changed"], done(answer)) == (True, [("a", "updated"), ("b", "none"), ("c", "updated")])
    assert [diff["after_header"] for diff in answer["diff"]] == [f"{modules.config}/{name}.cfg" for name in "ac"]
    assert [name for name, text in modules.files().items() if text == before[name]] == ["b.cfg"]


def test_many_guests_at_once(modules: Any, record_property: Any) -> None:
    import time

    guests = [
        hvm(f"guest{number}", vifs=[{"mac": f"00:16:3e:00:{number // 256:02x}:{number % 256:02x}"}], autostart=True,
            device_model={"memory": 16})
        for number in range(400)
    ]  # fmt: skip
    seconds = []
    for check in (True, False, False):
        started = time.monotonic()
        answer = modules.run("guest_config", check=check, guests=guests, images=linux_images(modules), release="4.17")
        seconds.append(round(time.monotonic() - started, 2))
        assert answer.get("failed", False) is False
    record_property("seconds", str(seconds))
    print("400 HVM guests, checked, written, unchanged:", seconds)
    assert (answer["changed"], len(modules.files())) == (False, 800)


def test_a_short_password_hides_nothing_but_itself(modules: Any) -> None:
    """Ansible would hide the letters of it everywhere, and a guest without its name is another one."""
    answer = modules.run("guest_config", guests=[hvm("web1", display={"type": "vnc", "passwd": "web"}, device_model={"scheme": "dom0"})])
    assert answer["guests"][0]["name"] == "web1"
    assert answer["guests"][0]["path"].endswith("/web1.cfg")
    assert answer["invocation"]["module_args"]["guests"][0]["display"]["passwd"] == "********"
    assert "vncpasswd = \"web\"" in Path(answer["guests"][0]["path"]).read_text(encoding="utf-8")


def test_one_disk_by_two_names_and_a_driver_domain_that_does_not_run(modules: Any, host: Any, tmp_path: Path) -> None:
    (tmp_path / "a.img").touch()
    (tmp_path / "b.img").symlink_to(tmp_path / "a.img")
    guests = [
        modules.guest("a", disks=[{"target": str(tmp_path / "a.img"), "vdev": "xvda"}]),
        modules.guest("b", disks=[{"target": str(tmp_path / "b.img"), "vdev": "xvda", "access": "ro"}]),
        modules.guest("c", vifs=[{"backend": "netdom"}]),
    ]
    for check in (True, False):
        answer = modules.run("guest_config", check=check, guests=guests)
        assert done(answer) == [("a", "none"), ("b", "created"), ("c", "none")]
        keys = [problem["key"] for guest in answer["guests"] for problem in guest["problems"]]
        assert keys == ["disks[0].target", "vifs[0].backend"]
        assert f"{tmp_path}/b.img of guest b" in answer["guests"][0]["problems"][0]["text"]
