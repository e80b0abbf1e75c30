# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fake says at one moment, told again by programs that answer about as fast as the real ones.

For measurements only: each program of the fake Xen takes the start of a Python, some 0.03 s; xl and xenstore-read take
a few milliseconds. What these here were not asked before, they refuse.
"""

from __future__ import annotations

from pathlib import Path

from api import FakeXen
from store import Store
from xenstore import tree

_XL = """#!/bin/sh
case "$*" in list|info) exec cat '{folder}'/"$1" ;; esac
echo "no recorded answer: xl $*" >&2
exit 1
"""
# As the real one: it stops at the first key that does not exist. The shell does it alone, without a process for each key.
_READ = """#!/bin/sh
for key; do
    if ! read -r value 2>/dev/null <'{folder}/keys'"$key/value"; then
        echo "xenstore-read: couldn't read path $key" >&2
        exit 1
    fi
    echo "$value"
done
"""


def record(fake_xen: FakeXen, folder: Path) -> str:
    """Write xl and xenstore-read for the host as it is now; return the folder that PATH has to begin with."""
    with Store(fake_xen.path) as store:
        keys = tree(store)
    for key, value in keys.items():
        path = folder / "keys" / key[1:]
        path.mkdir(parents=True, exist_ok=True)
        (path / "value").write_text(f"{value}\n")
    programs = folder / "bin"
    programs.mkdir()
    for command in ("list", "info"):
        (folder / command).write_text(fake_xen.run("xl", command).stdout)
    for name, text in (("xl", _XL), ("xenstore-read", _READ)):
        (programs / name).write_text(text.replace("{folder}", str(folder)))
        (programs / name).chmod(0o755)
    return str(programs)
