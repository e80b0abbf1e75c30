# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the processes of dom0 that work for guests. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Collection

from ..common.processes import command_lines


def made_by(processes: Path, uuid: str) -> int:
    """Return the id of a process that makes a domain with that uuid, by ``create`` of xl or xm; 0 for none."""
    words_of_uuid = {f'uuid="{uuid}"', f"uuid={uuid}"}
    lines = command_lines(processes)
    return next((process for process, words in lines.items() if words_of_uuid.intersection(words)), 0)


def pygrub_of(lines: Collection[list[str]], domid: int) -> bool:
    """Return whether a pygrub works for the domain: libxl gives it a folder with the domain's id (Xen 4.17,
    tools/libs/light/libxl_bootloader.c)."""
    return any(
        any(word.rsplit("/", 1)[-1] == "pygrub" for word in words[:2])
        and any(f"/bootloader.{domid}." in word for word in words)
        for words in lines
    )


def device_model_of(lines: Collection[list[str]], domid: int) -> bool:
    """Return whether a QEMU in dom0 is the device model of the domain.

    A QEMU of the machine xenpv serves consoles and disks to a domain, a stub domain among them, and emulates nothing.
    Source: Xen 4.17, tools/libs/light/libxl_dm.c; qemu-xen-traditional (qemu-dm) gets the domain by -d.
    """
    return any(_value(words, "-xen-domid") == str(domid) and _machine(words) != "xenpv" for words in lines) or any(
        words[0].rsplit("/", 1)[-1] == "qemu-dm" and _value(words, "-d") == str(domid) and _machine(words) != "xenpv"
        for words in lines
        if words
    )


def _value(words: list[str], option: str) -> str:
    return next((value for word, value in zip(words, words[1:]) if word == option), "")


def _machine(words: list[str]) -> str:
    machine = _value(words, "-M") or _value(words, "-machine")
    return machine.split(",")[0]
