# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a build."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.options import Options, check_options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError

SUM = "0123456789abcdef" * 4


def refused(dest: str = "/build", **changes: Any) -> list[str]:
    with pytest.raises(BuildError) as caught:
        check_options(replace(Options(tree="/usr/src/xen"), **changes), dest)
    return str(caught.value).splitlines()


def test_options_in_order() -> None:
    check_options(Options(tree="/usr/src/xen-4.17.5"), "/root/.cache/xenfleet/build")
    check_options(Options(archive="https://m/xen-4.0.4.tar.gz", sha256=SUM), "/b")
    check_options(Options(repository="git://xenbits.xen.org/xen.git", revision="0" * 40), "/b")
    check_options(
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
        ({"tree": ""}, f"no source given. {ONE_OF}"),
        ({"archive": "/a", "sha256": SUM}, f"tree and archive given. {ONE_OF}"),
        (
            {"tree": "xen"},
            "tree = 'xen': is not the path of a source tree. Remedy: give the absolute path of Xen's source tree on the build host.",
        ),
        (
            {"tree": "/usr/.."},
            "tree = '/usr/..': is not the path of a source tree. Remedy: give the absolute path of Xen's source tree on the build host.",
        ),
        ({"sha256": SUM}, "sha256 goes with archive, revision with repository, not with tree. Remedy: remove it."),
        (
            {"revision": "0" * 40},
            "sha256 goes with archive, revision with repository, not with tree. Remedy: remove it.",
        ),
        (
            {"tree": "", "archive": "xen.tar", "sha256": SUM},
            "archive = 'xen.tar': is not absolute. Remedy: give an absolute path on the build host, or a URL.",
        ),
        (
            {"tree": "", "archive": "/xen.tar", "sha256": "abc"},
            "sha256 = 'abc': is not a sha256. Remedy: give the archive's sha256, 64 hexadecimal digits.",
        ),
        (
            {"tree": "", "repository": "--upload-pack=x", "revision": "0" * 40},
            "repository = '--upload-pack=x': is not a repository. Remedy: give a URL, or an absolute path on the build host.",
        ),
        (
            {"tree": "", "repository": "/r", "revision": "RELEASE-4.17.5"},
            (
                "revision = 'RELEASE-4.17.5': is not a commit, and tags and branches can move. "
                "Remedy: give the 40 hexadecimal digits of a commit; git ls-remote /r prints those of its tags."
            ),
        ),
        ({"name": "../x"}, "name = '../x': is not a name. Remedy: use letters, digits and . _ + -, without a folder."),
        (
            {"dest": "/my build"},
            "dest = '/my build': make cannot work there. Remedy: name a folder without blanks, quotes and $.",
        ),
        (
            {"targets": ("caml",)},
            "targets = 'caml': is not a target. Remedy: choose from ioemu, pvgrub, pvgrub32, fs_back, host_tools.",
        ),
        (
            {"targets": ()},
            "targets = []: must not be empty. Remedy: choose from ioemu, pvgrub, pvgrub32, fs_back, host_tools.",
        ),
        ({"mirror": "m/x"}, "mirror = 'm/x': is not absolute. Remedy: give the absolute path of a folder, or a URL."),
        (
            {"checksums": {"a/b": SUM}},
            f"checksums: 'a/b' = '{SUM}': is not a checksum. Remedy: give a file's name and its sha256, 64 hexadecimal digits.",
        ),
        (
            {"checksums": {"a": "md5"}},
            "checksums: 'a' = 'md5': is not a checksum. Remedy: give a file's name and its sha256, 64 hexadecimal digits.",
        ),
        (
            {"configure": ("CC=x",)},
            "configure = 'CC=x': is not an argument of configure. Remedy: give arguments that begin with --.",
        ),
        (
            {"variables": {"-f": "x"}},
            "variables: '-f' = 'x': is not a variable of make. Remedy: give variables such as PYTHON, on one line.",
        ),
        (
            {"variables": {"A": "x\ny"}},
            "variables: 'A' = 'x\\ny': is not a variable of make. Remedy: give variables such as PYTHON, on one line.",
        ),
        (
            {"variables": {"LDFLAGS": ""}},
            "variables: LDFLAGS cannot be changed: the build sets it. Remedy: remove it.",
        ),
        ({"jobs": -1}, "jobs = -1: is too small. Remedy: give 0 or more."),
        ({"timeout": 0}, "timeout = 0: is too small. Remedy: give 1 or more."),
    ],
)
def test_what_is_wrong_with_options(changes: dict[str, Any], said: str) -> None:
    assert refused(**changes) == [said]


def test_all_problems_are_reported() -> None:
    assert len(refused(dest="build", name="", jobs=-1, timeout=0, mirror="x", variables={"CFLAGS": ""})) == 6
