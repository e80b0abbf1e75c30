# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of building from Xen's source tree."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    failure,
    needs,
    progress,
    tree,
    xen_tree,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.options import Options, check
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.steps import Job
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import (
    MINIOS_BUILDS,
    MINIOS_COMPONENTS,
    MINIOS_TARGETS,
    Release,
    parse_release,
)

SUM = "0123456789abcdef" * 4


def refused(dest: str = "/build", **changes: Any) -> list[str]:
    with pytest.raises(BuildError) as caught:
        check(replace(Options(tree="/usr/src/xen"), **changes), dest)
    return str(caught.value).splitlines()


# -- what an operator asks ---------------------------------------------------------------------------------------------


def test_options_in_order() -> None:
    check(Options(tree="/usr/src/xen-4.17.5"), "/root/.cache/xenfleet/build")
    check(Options(archive="https://m/xen-4.0.4.tar.gz", sha256=SUM), "/b")
    check(Options(repository="git://xenbits.xen.org/xen.git", revision="0" * 40), "/b")
    check(
        Options(
            name="xen-4.0",
            archive="/srv/xen.tar.xz",
            sha256=SUM,
            targets=("fs_back",),
            mirror="http://m/x",
            checksums={"mini-os-a.tar.gz": SUM},
            configure=("--prefix=/usr",),
            variables={"PYTHON": "/usr/bin/python2 -s", "EMPTY": ""},
            jobs=64,
            timeout=1,
        ),
        "/b",
    )


ONE_OF = "Remedy: give one of tree (XEN_ROOT), archive with sha256, repository with revision."


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"tree": ""}, f"no source given: {ONE_OF}"),
        ({"archive": "/a", "sha256": SUM}, f"tree and archive given: {ONE_OF}"),
        ({"tree": "xen"}, "tree = 'xen': give the absolute path of Xen's source tree on the build host."),
        ({"tree": "/usr/.."}, "tree = '/usr/..': give the absolute path of Xen's source tree on the build host."),
        ({"sha256": SUM}, "sha256 goes with archive, revision with repository, not with tree. Remedy: leave it out."),
        (
            {"revision": "0" * 40},
            "sha256 goes with archive, revision with repository, not with tree. Remedy: leave it out.",
        ),
        (
            {"tree": "", "archive": "xen.tar", "sha256": SUM},
            "archive = 'xen.tar': give an absolute path on the build host, or a URL.",
        ),
        (
            {"tree": "", "archive": "/xen.tar", "sha256": "abc"},
            "sha256 = 'abc': give the archive's sha256, 64 hexadecimal digits.",
        ),
        (
            {"tree": "", "repository": "--upload-pack=x", "revision": "0" * 40},
            "repository = '--upload-pack=x': give a URL, or an absolute path on the build host.",
        ),
        (
            {"tree": "", "repository": "/r", "revision": "RELEASE-4.17.5"},
            (
                "revision = 'RELEASE-4.17.5': give a commit, 40 hexadecimal digits, as tags and branches can move. "
                "Remedy: git ls-remote /r tells those of its tags."
            ),
        ),
        ({"name": "../x"}, "name = '../x': use letters, digits and . _ + -, without a folder."),
        (
            {"dest": "/my build"},
            "dest = '/my build': make cannot work there. Remedy: name a folder without blanks, quotes and $.",
        ),
        (
            {"targets": ("caml",)},
            "targets = 'caml': is no target. Remedy: choose from ioemu, pvgrub, pvgrub32, fs_back.",
        ),
        (
            {"targets": ()},
            "targets = []: nothing is to be built. Remedy: choose from ioemu, pvgrub, pvgrub32, fs_back.",
        ),
        ({"mirror": "m/x"}, "mirror = 'm/x': give the absolute path of a folder, or a URL."),
        (
            {"checksums": {"a/b": SUM}},
            f"checksums: 'a/b' = '{SUM}': give a file's name and its sha256, 64 hexadecimal digits.",
        ),
        (
            {"checksums": {"a": "md5"}},
            "checksums: 'a' = 'md5': give a file's name and its sha256, 64 hexadecimal digits.",
        ),
        ({"configure": ("CC=x",)}, "configure = 'CC=x': give arguments of configure, which begin with --."),
        (
            {"variables": {"-f": "x"}},
            "variables: '-f' = 'x': give variables of make, such as PYTHON, on one line.",
        ),
        (
            {"variables": {"A": "x\ny"}},
            "variables: 'A' = 'x\\ny': give variables of make, such as PYTHON, on one line.",
        ),
        (
            {"variables": {"LDFLAGS": ""}},
            "variables: LDFLAGS is not for choosing: the build needs its own. Remedy: leave it out.",
        ),
        ({"jobs": -1}, "jobs = -1: give 0 or more."),
        ({"timeout": 0}, "timeout = 0: give 1 or more."),
    ],
)
def test_what_is_wrong_with_options(changes: dict[str, Any], said: str) -> None:
    assert refused(**changes) == [said]


def test_all_faults_are_told() -> None:
    assert len(refused(dest="build", name="", jobs=-1, timeout=0, mirror="x", variables={"CFLAGS": ""})) == 6


# -- what the tree says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, first, last",
    [("ioemu", "3.3", "4.20"), ("pvgrub", "3.3", "4.22"), ("pvgrub32", "3.3", "4.22"), ("fs_back", "3.3", "4.0")],
)
def test_which_release_has_a_target(target: str, first: str, last: str) -> None:
    for release in (first, last):
        xen_tree.way(parse_release(release), [target])
    newer = (parse_release(last)[0], parse_release(last)[1] + 1)
    with pytest.raises(BuildError) as caught:
        xen_tree.way(newer, [target])
    said = str(caught.value)
    why = MINIOS_TARGETS[target][1]
    assert said.startswith(f"targets: Xen {newer[0]}.{newer[1]} has no {target}, which is part of Xen {first} to {last}: {why}. ")
    with pytest.raises(BuildError) as caught:
        xen_tree.way((3, 2), [target])
    assert f"which is part of Xen {first} to {last}. Remedy: leave {target} out" in str(caught.value)


def test_all_targets_that_a_release_lacks_are_told() -> None:
    with pytest.raises(BuildError) as caught:
        xen_tree.way((4, 23), MINIOS_TARGETS)
    assert len(str(caught.value).splitlines()) == len(MINIOS_TARGETS)


def test_every_release_with_a_target_has_a_way_and_no_more() -> None:
    releases = [(3, 3), (3, 4), *((4, minor) for minor in range(23))]
    ways = [[build for build in MINIOS_BUILDS if build.span[0] <= release <= (build.span[1] or release)] for release in releases]
    assert [len(found) for found in ways] == [1] * len(releases)
    assert xen_tree.way((4, 2), []).configure is False
    assert xen_tree.way((4, 3), []).configure is True


@pytest.mark.parametrize(
    "makefile, release, version",
    [
        ("export XEN_VERSION       = 3\nexport XEN_SUBVERSION    = 3\nexport XEN_EXTRAVERSION ?= .0-rc7$(X)\n", (3, 3), "3.3.0-rc7"),
        ("export XEN_VERSION = 4\nexport XEN_SUBVERSION = 22\nexport XEN_EXTRAVERSION ?= -unstable\n", (4, 22), "4.22-unstable"),
        ("export XEN_VERSION = 4\nexport XEN_SUBVERSION = 8\n", (4, 8), "4.8"),
    ],
)
def test_the_version_of_a_tree(makefile: str, release: Release, version: str) -> None:
    assert xen_tree.version(makefile) == (release, version)


@pytest.mark.parametrize("makefile", ["", "export XEN_VERSION = 4\n", "export XEN_VERSION = 4\nexport XEN_SUBVERSION = x\n"])
def test_a_tree_without_a_version(makefile: str) -> None:
    with pytest.raises(BuildError):
        xen_tree.version(makefile)


MAKEFILE = """
GRUB_VERSION?=0.97
URL=http://m/a:b
CFLAGS := -a
ioemu-stubdom: APP_OBJS=$(CURDIR)/ioemu/qemu.a
ioemu-stubdom: lwip-$(XEN_TARGET_ARCH) \\
    $(CROSS_ROOT)
\tdo: this
$(CROSS_ROOT): cross-a cross-b
cross-a cross-b: c # d
lwip-$(XEN_TARGET_ARCH): lwip-$(LWIP_VERSION).tar.gz
lwip-$(LWIP_VERSION).tar.gz:
pv-grub: grub
grub: grub-upstream
grub-upstream: grub-$(GRUB_VERSION).tar.gz grub-fixed.tar.gz
grub: pv-grub
"""


def test_what_make_would_see_to() -> None:
    assert sorted(xen_tree.closure(MAKEFILE, ["ioemu-stubdom"])) == [
        "$(CROSS_ROOT)",
        "cross-a",
        "cross-b",
        "ioemu-stubdom",
        "lwip-$(LWIP_VERSION).tar.gz",
        "lwip-$(XEN_TARGET_ARCH)",
    ]
    # A circle ends; a file without a version is part of the tree.
    found = xen_tree.closure(MAKEFILE, ["pv-grub"])
    assert xen_tree.archives(MAKEFILE, "", found) == ["grub-0.97.tar.gz"]


def test_versions_of_both_files() -> None:
    names = xen_tree.closure(MAKEFILE, ["ioemu-stubdom", "pv-grub"])
    configure = "AX_STUBDOM_LIB([LWIP], [lwip], [1.3.0])\nAX_STUBDOM_LIB_NOEXT([GRUB], [g r], [1.0], [u])\n"
    assert xen_tree.archives(MAKEFILE, configure, names) == ["grub-1.0.tar.gz", "lwip-1.3.0.tar.gz"]
    with pytest.raises(BuildError) as caught:
        xen_tree.archives(MAKEFILE, "", names)
    assert str(caught.value).startswith("stubdom/Makefile wants lwip-$(LWIP_VERSION).tar.gz, and neither it nor ")


def test_no_revision() -> None:
    assert xen_tree.revision("QEMU_TAG ?= $(X)\nQEMU_TAG = a b\n", ["QEMU_TAG", "B"]) == ""


STUBDOM = """
AX_STUBDOM_CONDITIONAL([ioemu-stubdom], [ioemu])
AX_STUBDOM_DEFAULT_DISABLE([pv-grub], [grub])
AX_STUBDOM_DEFAULT_ENABLE([xenstore-stubdom], [xenstore])
AX_STUBDOM_CONDITIONAL_FINISH([ioemu-stubdom], [ioemu])
"""
TRADITIONAL = STUBDOM + "AC_ARG_ENABLE([qemu-traditional],,,[\n"
TOOLS = "AX_ARG_DEFAULT_ENABLE([monitors])\nAX_ARG_DEFAULT_ENABLE([debug])\nAC_ARG_WITH([system-qemu],\n"


def test_configure_is_told_just_what_is_wanted() -> None:
    assert xen_tree.flags("", STUBDOM, "", ["ioemu"]) == [
        "--enable-ioemu-stubdom",
        "--disable-pv-grub",
        "--disable-xenstore-stubdom",
    ]
    # --enable-ioemu-stubdom alone is an error of configure; both would build it twice.
    assert xen_tree.flags("", TRADITIONAL, "", ["ioemu", "pvgrub32"]) == [
        "--enable-pv-grub",
        "--disable-xenstore-stubdom",
        "--enable-qemu-traditional",
    ]
    assert xen_tree.flags("[docs]", TRADITIONAL, TOOLS, ["pvgrub", "fs_back"]) == [
        "--disable-ioemu-stubdom",
        "--enable-pv-grub",
        "--disable-xenstore-stubdom",
        "--disable-qemu-traditional",
        "--disable-monitors",
        "--disable-docs",
        "--with-system-qemu=/usr/bin/qemu-system-i386",
    ]


def test_sums_are_sums() -> None:
    assert all(len(sha256) == 64 and int(sha256, 16) for sha256 in MINIOS_COMPONENTS.values())
    assert len(set(MINIOS_COMPONENTS.values())) == len(MINIOS_COMPONENTS) == 6


# -- the calls ---------------------------------------------------------------------------------------------------------


def job(release: Release, *targets: str) -> Job:
    return Job(xen_tree.way(release, targets), targets, 4, "/staging", ("--flag",), ("A=1",))


@pytest.mark.parametrize(
    "release, targets, goals",
    [
        ((3, 3), ("ioemu", "pvgrub"), ([], ["install"])),
        ((3, 3), ("pvgrub",), (["pv-grub"], ["install-grub"])),
        ((3, 4), ("ioemu",), (["ioemu-stubdom"], ["install-ioemu"])),
        # stubdom-dm wants stubdompath.sh, which only a goal of its own makes.
        ((4, 2), ("ioemu",), (["genpath", "ioemu-stubdom"], ["install-ioemu"])),
        ((4, 0), ("pvgrub32", "fs_back"), (None, [])),
        ((4, 3), ("ioemu",), (["build"], ["install"])),
        ((4, 20), ("pvgrub",), (["build"], ["install"])),
        ((4, 20), ("pvgrub32",), (None, [])),
    ],
)
def test_goals(release: Release, targets: tuple[str, ...], goals: Any) -> None:
    assert job(release, *targets).goals() == goals


def test_whose_archives_are_wanted() -> None:
    assert job((4, 0), "fs_back").wanted_goals() == []
    assert job((4, 0), "pvgrub", "pvgrub32").wanted_goals() == ["pv-grub"]
    assert job((4, 17), "ioemu", "pvgrub32").wanted_goals() == ["ioemu-stubdom", "pv-grub"]
    # Plain make builds the other stub domains, too.
    assert job((4, 2), "ioemu", "pvgrub").wanted_goals() == ["ioemu-stubdom", "pv-grub", "build"]


def test_no_release_installs_by_install_stubdom() -> None:
    """It would build and install all of dom0's programs."""
    for build in MINIOS_BUILDS:
        release = build.span[0]
        targets = [name for name, (span, _why) in MINIOS_TARGETS.items() if span[1] and release <= span[1]]
        for step in job(release, *targets).steps():
            assert "install-stubdom" not in step.argv
            # Only what is installed goes below the staging folder.
            assert bool(step.env.get("DESTDIR")) == step.title.startswith("install")


# -- why it failed -----------------------------------------------------------------------------------------------------

MAKE = "make[1]: *** [Makefile:7: x] Error 1"


@pytest.mark.parametrize(
    "line",
    [
        "a.c:1:2: error: unknown type name 'x'",
        "a.c:1:10: fatal error: uuid.h: No such file or directory",
        "main.o: in function `f': undefined reference to `g'",
        "/usr/bin/ld: cannot find -lz",
        "configure: error: Unable to find iasl, please install iasl",
        "/bin/sh: 1: python: not found",
        "3 out of 4 hunks FAILED -- saving rejects to file x.rej",
        "tar: a: Cannot write: No space left on device",
        "refused: wget -c http://m/x: the build fetches nothing",
        "SyntaxError: Missing parentheses in call to 'print'",
        "install: cannot create regular file 'a': Permission denied",
        "WARNING: `makeinfo' is missing on your system.  You should only need it if",
    ],
)
def test_lines_that_tell(line: str) -> None:
    assert failure.that_matter(["gcc -Werror -c error.c", line, "", MAKE, "make: *** [all] Error 2"]) == [line, MAKE]


def test_of_ten_thousand_lines_a_few() -> None:
    lines = [f"a.c:{number}:1: error: {'x' * 300}" for number in range(10000)]
    found = failure.that_matter([*lines, lines[0], MAKE])
    assert (len(found), found[0].startswith("a.c:0:1: error: "), found[-1]) == (11, True, MAKE)
    assert {len(line) for line in found[:-1]} == {200}


def test_nothing_tells() -> None:
    assert failure.that_matter([f"line {number}" for number in range(99)]) == [f"line {number}" for number in range(89, 99)]
    assert failure.that_matter([]) == []


# -- what a build leaves in a tree -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *("stubdom/newlib-1.16.0/", "stubdom/cross-root-x86_64/", "stubdom/ioemu/", "stubdom/grub-upstream/", "dist/"),
        *("stubdom/lwip/", "stubdom/grub-0.97/", "stubdom/grub-x86_64/", "stubdom/mini-os-x86_32-grub/", ".git/"),
        *("stubdom/mk-headers-x86_64", "stubdom/grub-minios-config.mk", "stubdom/stubdompath.sh", "config/Tools.mk"),
        *("tools/libxc/xc.o", "tools/libs/call/libxencall.a", "tools/libxc/.xc.o.d", "config.log", "extras/mini-os/.git"),
        *("tools/include/xen/", "tools/include/acpi/", "tools/include/xen-xsm/", "tools/include/xen-foreign/x86_64.h"),
        *("tools/include/xen-foreign/checker.c", "tools/include/xen-foreign/__pycache__/", "tools/qemu/.hg/"),
        *("tools/python/a.pyc", "extras/mini-os/include/mini-os", "extras/mini-os/include/x86/mini-os"),
    ],
)
def test_products(path: str) -> None:
    assert tree.is_product(path.rstrip("/"), path.endswith("/"))


@pytest.mark.parametrize(
    "path",
    [
        *("stubdom/grub/", "stubdom/grub.patches/", "stubdom/c/", "stubdom/vtpm/", "stubdom/newlib.patch", "tools/dist/"),
        *("stubdom/newlib-1.16.0.tar.gz", "stubdom/pciutils.patch", "config/Tools.mk.in", "config/StdGNU.mk", "xen/include/"),
        *("stubdom/newlib-chk.patch", "stubdom/polarssl.patch", "stubdom/ioemu-minios.cfg", "stubdom/grub/include/"),
        *("tools/include/xen-foreign/structs.py", "tools/include/xen-sys/", "xen/include/xen/", "tools/config.h.in"),
        *("tools/config.h", "extras/mini-os/include/list.h", "extras/mini-os/include/x86/os.h", "tools/hotplug/Linux/"),
        *("tools/init.d/", "stubdom/lwip-1.3.0.tar.gz", "stubdom/tpmemu-0.7.4.patch", "stubdom/grub.patches/zlib-1/"),
    ],
)
def test_sources(path: str) -> None:
    assert not tree.is_product(path.rstrip("/"), path.endswith("/"))


def test_what_is_beside_a_file_tells_that_it_was_made() -> None:
    beside = ["config.h.in", "config.h", "configure", "configure.in", "doc.in", "doc", "list.h", "minios-external"]
    assert tree.is_product("tools/config.h", False, beside)
    assert not tree.is_product("tools/config.h.in", False, beside)
    # In a tree of Xen 4.0 it is what Autoconf has made for it.
    assert not tree.is_product("tools/configure", False, beside)
    assert not tree.is_product("tools/doc", True, beside)
    assert tree.is_product("extras/mini-os/include/list.h", False, beside)
    assert not tree.is_product("extras/mini-os/include/other.h", False, beside)


def test_a_user_without_a_name() -> None:
    assert tree._user(4_000_000) == "user 4000000"
    assert tree._user(0) == "root"


# -- what a build host must have ---------------------------------------------------------------------------------------


def names(tools: str, **variables: str) -> list[str]:
    return [need.name for need in needs.needs(tools, variables)]


def test_needs() -> None:
    always = ["make", "gcc", "ld", "ar", "strip", "patch", "tar", "gzip", "bzip2", "perl"]
    assert names("") == [*always, "python"]
    assert names("[python3 python]") == [*always, "python3"]
    assert names("", PYTHON="python2", CC="gcc-4.8")[1:2] + names("", PYTHON="python2")[-1:] == ["gcc-4.8", "python2"]
    asks = "python3 AX_CHECK_PYTHON_DEVEL [FLEX] Could not find zlib"
    assert names(asks)[-4:] == ["python3", "flex", "zlib.h", "python3-config"]


# -- progress ----------------------------------------------------------------------------------------------------------

STEP = "=== 0:08 step 2 of 3: stubdom"


@pytest.mark.parametrize(
    "text, said",
    [
        ("", ("", "")),
        (f"{STEP}\n", ("0:08 step 2 of 3: stubdom", "")),
        (f"=== 0:00 step 1 of 3: configure\na\n{STEP}\nb\n  gcc -c x.c  \n\n", ("0:08 step 2 of 3: stubdom", "gcc -c x.c")),
        # What a real tree's steps write: lines without end, so many that the step is far above, and Autoconf's own marks.
        (f"{STEP}\ngcc {'x' * 200} sched.c\n", ("0:08 step 2 of 3: stubdom", f"gcc {'x' * 26}...{'x' * 59} sched.c")),
        (f"{STEP}\n" + "gcc -c x.c\n" * 40000, ("0:08 step 2 of 3: stubdom", "gcc -c x.c")),
        (f"{STEP}\n=== configuring in tools (/t)\na\n", ("0:08 step 2 of 3: stubdom", "a")),
        (f"{STEP}\n=== configuring in tools (/t)\n", ("0:08 step 2 of 3: stubdom", "=== configuring in tools (/t)")),
        ("gcc\n", ("", "gcc")),
    ],
)
def test_the_end_of_a_log(text: str, said: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "log").write_text(text, encoding="utf-8")
    assert progress.last_of(tmp_path / "log") == said


def test_waiting_for_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job_file, log = tmp_path / "job", tmp_path / "log"
    assert progress.wait(log, job_file, 0) == progress.Progress(True)
    for text, ended in (
        (json.dumps({"started": 1, "finished": 0}), False),
        ('{"started": 1', False),
        (json.dumps({"started": 1, "finished": 1}), True),
        (json.dumps({"changed": True, "images": []}), True),
        ("[]", True),
    ):
        job_file.write_text(text, encoding="utf-8")
        assert progress.wait(log, job_file, 0).ended == ended
    # It ends as soon as the job does.
    job_file.write_text(json.dumps({"started": 1}), encoding="utf-8")
    log.write_text(f"{STEP}\ngcc\n", encoding="utf-8")
    assert progress.wait(log, job_file, 0.01) == progress.Progress(False, "0:08 step 2 of 3: stubdom", "gcc")
    monkeypatch.setattr(progress.time, "sleep", lambda _seconds: job_file.unlink())
    assert progress.wait(log, job_file, 60).ended is True
