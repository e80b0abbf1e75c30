# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a build host must have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    build,
    needs,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.xen_tree import recipe_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import Host


def names(tools: str, *targets: str, release: tuple[int, int] = (4, 17), **variables: str) -> list[str]:
    return [need.name for need in needs.needs_of_tree(tools, variables, recipe_of(release, targets), targets)]


def test_needs() -> None:
    always = ["make", "gcc", "ld", "ar", "strip", "patch", "tar", "gzip", "bzip2", "perl"]
    assert names("") == [*always, "python"]
    assert names("[python3 python]") == [*always, "python3"]
    assert names("", PYTHON="python2", CC="gcc-4.8")[1:2] + names("", PYTHON="python2")[-1:] == ["gcc-4.8", "python2"]
    asks = "python3 AX_CHECK_PYTHON_DEVEL [FLEX] Could not find zlib"
    assert names(asks)[-4:] == ["python3", "flex", "zlib.h", "python3-config"]


def test_needs_of_host_tools() -> None:
    asked = "[IASL] Could not find lzma, needed to build rombios"
    assert names(asked, "ioemu") == names(asked)
    assert names(asked, "host_tools")[len(names(asked)) :] == ["as86", "ld86", "bcc", "zlib.h", "lzma.h"]
    assert names("", "host_tools", release=(4, 14))[-2:] == ["zlib.h", "gnu/stubs-32.h"]


def test_missing_packages_are_reported_at_once(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs and headers in one message."""
    path = tmp_path / "few"
    path.mkdir()
    for name in ("gcc", "ld", "ar", "strip", "tar", "gzip", "bzip2", "perl", "git", "sh"):
        (path / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(path))
    asks = host.tree.root / "tools/configure.ac"
    asks.write_text(
        asks.read_text() + "[IASL]\nAX_CHECK_UUID\nCould not find yajl\njson-c\nAX_CHECK_CURSES\n", encoding="utf-8"
    )
    # Whatever this machine has.
    monkeypatch.setattr(
        build,
        "run",
        lambda argv: Result(argv, 1, "", "") if "-include" in argv and "curses.h" not in argv else run(argv),
    )
    monkeypatch.setattr(build.build, "__defaults__", (False, build.run))
    said = host.refused_before_make()
    assert said == (
        "the build host has no make, patch, python3, iasl, uuid/uuid.h, yajl/yajl_parse.h. Remedy: install them "
        "(Debian: acpica-tools libyajl-dev make patch python3 uuid-dev), or name another one in variables in stubdom_xen_sources, or "
        "build_minios_stubdom_variables (option variables of minios_stubdom_image), as PYTHON."
    )


def test_one_of_two_headers_does(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = host.tree.root / "tools/configure.ac"
    asks.write_text(asks.read_text() + "Could not find yajl\njson-c\n", encoding="utf-8")
    asked = []

    def runner(argv: list[str]) -> Result:
        if "-include" not in argv:
            return run(argv)
        asked.append(argv[3])
        return Result(argv, int("yajl" in argv[3]), "", "")

    build.build(host.options(targets=("pvgrub",)), host.dest, runner=runner)
    assert asked == ["yajl/yajl_parse.h", "json-c/json.h"]
