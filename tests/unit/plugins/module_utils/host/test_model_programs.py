# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether dom0 has the programs of a device model where the host's toolstack looks for them, and their keymaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import BOOT, DEBIAN, ROM_BIOS, Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, written

GONE = "does not exist on the host"
QEMU, PROXY = "/usr/libexec/xen-qemu-system-i386", "/usr/bin/vchan-socket-proxy"
QEMU_DM = "/usr/lib/xen-4.17/bin/qemu-dm"
NO_CONSOLES = "dom0 has no QEMU where libxl looks for it, and nothing else serves the consoles of a stub domain"
NO_QEMU = f"device_model.scheme = 'linux': {NO_CONSOLES}"
NO_PROXY = (
    "device_model.scheme = 'linux': dom0 has no vchan-socket-proxy, by which libxl talks to the QEMU of a stub domain"
)
NO_QEMU_DM = f"device_model.scheme = 'minios': {NO_CONSOLES}: {QEMU_DM} {GONE}"
OWN = "is not an executable program, and nothing else serves the consoles of a stub domain"
KEYMAPS = "/usr/share/xen/qemu/keymaps"
HOST_TOOLS = {"xl": 'set host_tools: true for "4.17" in stubdom_xen_sources', "xm": "install Xen's own tools of"}


@pytest.fixture
def dom0(tmp_path: Path) -> Dom0:
    """Debian 12, with a hvmloader that has the ROM BIOS."""
    made = Dom0(tmp_path).debian()
    made.file(f"{BOOT}/hvmloader", ROM_BIOS)
    return made


def unknown(folder: Path) -> Dom0:
    """A host with a folder of Xen, whose libxl is not found."""
    made = Dom0(folder)
    made.file("/usr/lib/xen/bin/xenconsole", "#!", 0o755)
    return made


def minios(**changes: Any) -> Guest:
    return hvm_guest(device_model={"scheme": "minios"}, **{"display": {"type": "none"}, **changes})


def remedies(dom0: Dom0, guest: Guest, release: str = "4.17", toolstack: str = "xl") -> list[str]:
    problems, _notes = dom0.needs(release, toolstack).run(guest, written(guest, facts(release, toolstack)))
    return [problem.remedy for problem in problems]


# -- a Linux stub domain ----------------------------------------------------------------------------------------------


def test_the_qemu_of_the_host_s_own_libxl_counts(dom0: Dom0) -> None:
    """Another QEMU, which another libxl would take, does not serve this one."""
    assert dom0.found(hvm_guest(), scheme="linux") == []
    dom0.remove(QEMU)
    dom0.file("/usr/bin/qemu-system-i386", "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == [NO_QEMU]
    dom0.file(QEMU, "", 0o644)
    assert dom0.found(hvm_guest(), scheme="linux") == [NO_QEMU], "nobody may run it"


def test_the_proxy_of_the_host_s_own_libxl_counts(dom0: Dom0) -> None:
    dom0.remove(PROXY)
    dom0.file("/usr/local/bin/vchan-socket-proxy", "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == [NO_PROXY]


@pytest.mark.parametrize(
    "path",
    [
        "/usr/libexec/xen-qemu-system-i386",
        "/usr/lib/xen-4.17/bin/qemu-system-i386",
        "/usr/lib/xen/bin/qemu-system-i386",
        "/usr/local/lib/xen/bin/qemu-system-i386",
        "/usr/libexec/xen/bin/qemu-system-i386",
        "/usr/bin/qemu-system-i386",
        "/usr/local/bin/qemu-system-i386",
    ],
)
def test_where_an_unknown_libxl_may_look_for_its_qemu(path: str, tmp_path: Path) -> None:
    dom0 = unknown(tmp_path)
    dom0.file("/usr/bin/vchan-socket-proxy", "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == [NO_QEMU]
    dom0.file(path, "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == []


@pytest.mark.parametrize(
    "path", ["/usr/lib/xen-4.20/bin/qemu-system-i386", "/usr/bin/qemu-system-x86_64", "/bin/qemu-dm"]
)
def test_a_qemu_that_no_libxl_looks_for(path: str, tmp_path: Path) -> None:
    dom0 = unknown(tmp_path)
    dom0.file("/usr/bin/vchan-socket-proxy", "#!", 0o755)
    dom0.file(path, "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == [NO_QEMU]


@pytest.mark.parametrize(
    "path",
    [
        "/usr/lib/xen-4.17/bin/vchan-socket-proxy",
        "/usr/lib/xen/bin/vchan-socket-proxy",
        "/usr/local/lib/xen/bin/vchan-socket-proxy",
        "/usr/libexec/xen/bin/vchan-socket-proxy",
        "/usr/bin/vchan-socket-proxy",
        "/usr/local/bin/vchan-socket-proxy",
    ],
)
def test_where_an_unknown_libxl_may_look_for_the_proxy(path: str, tmp_path: Path) -> None:
    dom0 = unknown(tmp_path)
    dom0.file(QEMU, "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == [NO_PROXY]
    dom0.file(path, "", 0o600)
    assert dom0.found(hvm_guest(), scheme="linux") == [NO_PROXY]
    dom0.file(path, "#!", 0o755)
    assert dom0.found(hvm_guest(), scheme="linux") == []


@pytest.mark.parametrize("scheme", ["linux", "minios"])
def test_a_qemu_that_the_guest_names(scheme: str, dom0: Dom0) -> None:
    own = hvm_guest(settings={"device_model_override": "/opt/qemu"}, display={"type": "none"})
    assert dom0.found(own, scheme=scheme) == [f"settings.device_model_override = '/opt/qemu': {OWN}"]
    dom0.remove(QEMU)
    dom0.file("/opt/qemu", "#!", 0o755)
    assert dom0.found(own, scheme=scheme) == []


# -- qemu-dm ----------------------------------------------------------------------------------------------------------


def test_a_mini_os_has_its_consoles_served_by_a_qemu_of_its_own_kind(dom0: Dom0) -> None:
    assert dom0.found(minios()) == [NO_QEMU_DM]
    assert [HOST_TOOLS["xl"] in remedy for remedy in remedies(dom0, minios())] == [True]
    dom0.qemu_dm("/usr/local/lib/xen/bin/qemu-dm")
    assert dom0.found(minios()) == [NO_QEMU_DM], "the host's own libxl does not look there"
    dom0.qemu_dm(mode=0o644)
    assert dom0.found(minios()) == [NO_QEMU_DM.replace(GONE, "is not executable")]
    dom0.file(QEMU_DM, "", 0o755)
    assert dom0.found(minios()) == [NO_QEMU_DM.replace(GONE, "is empty")]
    dom0.qemu_dm()
    assert dom0.found(minios()) == []


@pytest.mark.parametrize("folder", ["/usr/lib/xen-4.17/bin", "/usr/lib/xen/bin", "/usr/local/lib/xen/bin"])
def test_where_an_unknown_libxl_may_look_for_qemu_dm(folder: str, tmp_path: Path) -> None:
    dom0 = unknown(tmp_path)
    assert dom0.found(minios()) == [NO_QEMU_DM]
    dom0.qemu_dm(f"{folder}/qemu-dm")
    assert dom0.found(minios()) == []


@pytest.mark.parametrize("scheme, release", [("paired", "3.3"), ("generated", "3.4"), ("generated", "4.4"), ("dom0", "4.1")])
@pytest.mark.parametrize("path", ["/usr/lib/xen/bin/qemu-dm", "/usr/lib64/xen/bin/qemu-dm", "/usr/local/lib/xen/bin/qemu-dm"])
def test_xend_starts_qemu_dm_for_each_of_its_guests(scheme: str, release: str, path: str, tmp_path: Path) -> None:
    dom0 = unknown(tmp_path)
    made = hvm_guest(display={"type": "none"}, vifs=[])
    (found,) = dom0.found(made, release, "xm", scheme=scheme)
    assert found.startswith(f"device_model.scheme = '{scheme}': none of Xen's folders has qemu-dm, which xend starts")
    dom0.qemu_dm(path)
    assert dom0.found(made, release, "xm", scheme=scheme) == []


# -- keymaps ----------------------------------------------------------------------------------------------------------

SCREENS: list[tuple[str, str, str]] = [
    ("minios", "4.17", "xl"), ("generated", "4.4", "xm"), ("paired", "3.3", "xm"), ("dom0", "4.1", "xm"),
]  # fmt: skip


def screen(scheme: str, toolstack: str, **display: Any) -> Guest:
    return hvm_guest(display={"type": "vnc", **display}, device_model={"scheme": scheme})


@pytest.mark.parametrize("scheme, release, toolstack", SCREENS)
@pytest.mark.parametrize("kind", ["vnc", "sdl"])
def test_a_display_needs_keymaps_where_qemu_dm_was_built_to_look(
    scheme: str, release: str, toolstack: str, kind: str, dom0: Dom0
) -> None:
    program = QEMU_DM if toolstack == "xl" else "/usr/lib/xen/bin/qemu-dm"
    made, folder = screen(scheme, toolstack, type=kind), "/opt/xen/share/xen/qemu/keymaps"
    dom0.qemu_dm(program, "/opt/xen/share/xen/qemu")
    # Those of another qemu-dm are of no use.
    dom0.file(f"{KEYMAPS}/en-us", "")
    assert dom0.found(made, release, toolstack) == [
        f"display.type = {kind!r}: {program} shows a display only with its keymaps: {folder} {GONE}"
    ]
    assert dom0.found(screen(scheme, toolstack, type="none"), release, toolstack) == []
    assert [HOST_TOOLS[toolstack] in remedy for remedy in remedies(dom0, made, release, toolstack)] == [True]
    dom0.file(f"{folder}/de", "")
    assert dom0.found(made, release, toolstack) == [
        f"display.type = {kind!r}: {folder} has no keymap en-us, which {program} loads for a display"
    ]
    dom0.file(f"{folder}/en-us", "")
    assert dom0.found(made, release, toolstack) == []


@pytest.mark.parametrize("scheme, release, toolstack", SCREENS)
def test_a_keymap_that_the_definition_names(scheme: str, release: str, toolstack: str, dom0: Dom0) -> None:
    program = QEMU_DM if toolstack == "xl" else "/usr/lib/xen/bin/qemu-dm"
    dom0.qemu_dm(program)
    dom0.file(f"{KEYMAPS}/en-us", "")
    made = screen(scheme, toolstack, keymap="de")
    assert dom0.found(made, release, toolstack) == [
        f"display.keymap = 'de': {KEYMAPS} has no such keymap for {program}"
    ]
    dom0.file(f"{KEYMAPS}/de", "")
    assert dom0.found(made, release, toolstack) == []


def test_the_older_qemu_in_dom0_needs_keymaps_too(dom0: Dom0) -> None:
    dom0.qemu_dm()
    made = hvm_guest(
        display={"type": "vnc"}, device_model={"scheme": "dom0", "version": "qemu-xen-traditional"}
    )
    assert dom0.found(made) == [f"display.type = 'vnc': {QEMU_DM} shows a display only with its keymaps: {KEYMAPS} {GONE}"]
    assert dom0.found(hvm_guest(display={"type": "vnc"}), scheme="dom0") == [], "it is another QEMU that shows this one"


@pytest.mark.parametrize("content", [b"\x7fELF", b"see /usr/share/xen/qemu\0"])
def test_a_qemu_dm_that_does_not_show_where_it_looks(content: bytes, dom0: Dom0) -> None:
    dom0.file(QEMU_DM, content, 0o755)
    assert dom0.found(screen("minios", "xl")) == []


def test_a_program_is_read_once(dom0: Dom0, monkeypatch: pytest.MonkeyPatch) -> None:
    dom0.qemu_dm()
    dom0.file(f"{KEYMAPS}/en-us", "")
    needs, read = dom0.needs(), []
    original = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: [read.append(path.name), original(path)][1])
    for name in "abc":
        made = hvm_guest(name, display={"type": "vnc"}, device_model={"scheme": "minios"})
        assert needs.run(made, written(made, facts())) == ([], [])
    assert sorted(read) == ["hvmloader", "libxenlight.so.4.17.0", "qemu-dm"]


# -- what a run installs ----------------------------------------------------------------------------------------------


def test_what_this_run_installs_counts(dom0: Dom0) -> None:
    """In check mode, the files are not there yet."""
    dom0.file(f"{BOOT}/hvmloader", "firmware")
    made = screen("minios", "xl")
    result = written(made, facts())
    assert len(dom0.needs().run(made, result)[0]) == 2
    assert dom0.needs(coming=(QEMU_DM,)).run(made, result)[0][0].key == "device_model.scheme"
    assert dom0.needs(coming=(QEMU_DM, f"{BOOT}/hvmloader")).run(made, result) == ([], [])


# -- the ROM BIOS of xend's guests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme, release", [("generated", "4.2"), ("generated", "4.0"), ("dom0", "4.4"), ("paired", "3.3")])
def test_xend_starts_guests_with_the_rom_bios(scheme: str, release: str, dom0: Dom0) -> None:
    dom0.qemu_dm("/usr/lib/xen/bin/qemu-dm")
    made = hvm_guest(display={"type": "none"}, device_model={"scheme": scheme})
    dom0.file("/boot/hvmloader", "built without")
    assert dom0.found(made, release, "xm") == [
        f"device_model.scheme = '{scheme}': the host's hvmloader contains no rombios, with which this guest boots"
    ]
    assert remedies(dom0, made, release, "xm") == [f"install Xen's own tools of {release}: its build makes these parts"]
    dom0.file("/boot/hvmloader", ROM_BIOS)
    assert dom0.found(made, release, "xm") == []


def test_a_host_that_shows_nothing_refuses_nothing(tmp_path: Path) -> None:
    for scheme, release, toolstack in (("linux", "4.17", "xl"), *SCREENS):
        made = hvm_guest(display={"type": "none"}, device_model={"scheme": scheme})
        assert Dom0(tmp_path).found(made, release, toolstack) == []


def test_debian_s_libxl_is_what_these_tests_assume() -> None:
    assert {PROXY, QEMU, BOOT} <= set(DEBIAN)
