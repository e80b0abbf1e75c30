# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a build."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.options import Options, check
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError

SUM = "0123456789abcdef" * 4


def refused(dest: str = "/build", **changes: Any) -> list[str]:
    with pytest.raises(BuildError) as caught:
        check(replace(Options(tree="/usr/src/xen"), **changes), dest)
    return str(caught.value).splitlines()


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
