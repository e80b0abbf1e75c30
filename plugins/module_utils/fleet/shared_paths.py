# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find files, sockets, folders and users of a host that its guests' device models must not share (pure)."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..guest.device_strings import parts_of, server_of, texts_of
from ..guest.model import Guest
from ..xen.character_devices import Listener, Opened, device, of_arguments
from .collision_report import Collision, Use, by_thing
from .shared_disks import ARGUMENTS, same_path

# Settings whose texts are character devices of QEMU.
_WORDS = ("serial", "parallel", "monitor_path")
#: The settings that hold character devices.
DEVICES = frozenset((*_WORDS, *ARGUMENTS))


def taken_by_devices(guest: Guest) -> Iterator[tuple[Listener | Opened, str, object]]:
    """Yield what the guest's character devices take of the host, with their keys and what a problem shows of them."""
    for key in _WORDS:
        for text in texts_of(guest.settings.get(key)):
            found = device(text)
            if found:
                yield found, f"settings.{key}", text
    for key in sorted(ARGUMENTS):
        for found in of_arguments(texts_of(guest.settings.get(key))):
            # Not the argument itself: other parts of it may be passwords.
            yield found, f"settings.{key}", found.path if isinstance(found, Opened) else found.port


def device_files(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of files, pipes, sockets and terminals by character devices and by channels: two programs that open one
    write over each other, or take each other's place."""
    return by_thing(_file_uses(guests))


def _file_uses(guests: Sequence[tuple[str, Guest]]) -> Iterator[tuple[tuple[str, str], Use]]:
    for host, guest in guests:
        for found, key, value in taken_by_devices(guest):
            if isinstance(found, Opened):
                yield (host, same_path(found.path)), Use(host, guest.name, key, value)
        for text in texts_of(guest.settings.get("channel")):
            path = parts_of(text).get("path", "")
            if path:
                yield (host, same_path(path)), Use(host, guest.name, "settings.channel", path)


def folders(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of folders by 9pfs. xl has no key for a read-only one, so each guest writes, and each has a server of its
    own, which knows nothing of the locks and the cached data of the other (xl.cfg(5), p9; hw/9pfs of QEMU)."""
    return by_thing(
        ((host, server_of(parts.get("backend", "")), same_path(parts["path"])), Use(host, guest.name, "settings.p9", parts["path"]))
        for host, guest in guests
        for parts in map(parts_of, texts_of(guest.settings.get("p9")))
        if parts.get("path")
    )


def users(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of users that device models run as. When libxl destroys a guest, it kills all processes of that user
    (libxl_dm.c, libxl__domain_get_device_model_uid and kill_device_model_uid_child)."""
    return by_thing(
        ((host, user), Use(host, guest.name, "settings.device_model_user", user))
        for host, guest in guests
        for user in texts_of(guest.settings.get("device_model_user"))
        if user
    )
