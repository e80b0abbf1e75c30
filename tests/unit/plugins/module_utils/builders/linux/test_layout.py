# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of an image, before they are written."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.layout import Layout
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError


def write(_path: Any) -> None:
    """Nothing is written."""


def plan() -> Layout:
    return Layout(("usr/bin", "usr/lib", "dev"), {"bin": "usr/bin", "lib": "usr/lib"})


def test_a_plan_puts_files_where_its_links_lead() -> None:
    made = plan()
    assert made.add_file("/lib/x86_64-linux-gnu/libc.so.6", write, 0o644) == "usr/lib/x86_64-linux-gnu/libc.so.6"
    assert made.add_link("usr/bin/sh", "busybox") == "usr/bin/sh"
    assert [path for path, entry in made.entries.items() if not entry.write and not entry.target] == [
        "usr",
        "usr/bin",
        "usr/lib",
        "dev",
        "usr/lib/x86_64-linux-gnu",
    ]


@pytest.mark.parametrize("path", ["/usr/bin/qemu", "/bin/qemu", "bin/../bin/qemu", "/usr/bin", "/lib"])
def test_a_plan_has_each_path_once(path: str) -> None:
    made = plan()
    made.add_file("usr/bin/qemu", write, 0o755)
    with pytest.raises(BuildError, match="the image has a file /.* already. Remedy: give the other one another path."):
        made.add_file(path, write, 0o644)


@pytest.mark.parametrize("path", ["/bin/qemu/x", "/usr/bin/sh/x/y"])
def test_a_plan_has_no_file_below_a_file(path: str) -> None:
    made = plan()
    made.add_file("usr/bin/qemu", write, 0o755)
    made.add_link("usr/bin/sh", "qemu")
    with pytest.raises(BuildError, match="which would have to be a folder. Remedy: rename one."):
        made.add_file(path, write, 0o644)


@pytest.mark.parametrize("path", ["..", "../x", ".", "/", ""])
def test_a_plan_keeps_to_the_image(path: str) -> None:
    with pytest.raises(BuildError, match="is not a path in the image"):
        plan().add_file(path, write, 0o644)
