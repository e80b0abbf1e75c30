# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the links by which a host starts its guests when it boots, and find what else there starts a guest."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Sequence

from ..common.files import is_link_to, owner_of, read_text
from ..common.problem import Problem

if TYPE_CHECKING:
    from ..guest.model import Guest
    from .file_plan import FilePlan

_MOST_DEPTH = 99
_NUMBERED = re.compile(r"[0-9]{4}-[0-9]{2}-(.+)")
# The guest of a configuration file. xl and xm take the last value.
NAME = re.compile(r"""(?m)^[ \t]*name[ \t]*=[ \t]*(["'])(.*?)\1""")


class LinkPlan(NamedTuple):
    """Describe a link for autostart that changes: it is made where ``wanted``, removed otherwise."""

    link: Path
    target: Path
    wanted: bool


def link_name(guest: Guest, depth: int, file: str) -> str:
    """Return the name of the link to a guest's file. ``depth`` is its place within its ``order`` (``guest/needs.py``).

    xendomains starts the files of the folder as the shell sorts their names (Xen 3.3 on, tools/hotplug/Linux/init.d/
    xendomains; Debian's /etc/init.d/xendomains). The numbers have a fixed width, so that each locale sorts them so.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Boot, Guest
    >>> link_name(Guest("web1", 64, Boot("direct"), order=-5), 0, "web1.cfg")
    '0995-00-web1.cfg'
    """
    from ..guest.model import MOST_ORDER

    return f"{guest.order + MOST_ORDER:04d}-{min(depth, _MOST_DEPTH):02d}-{file}"


class AutostartFolder:
    """Hold what is in the folder that the host starts its guests from. Raise OSError where it cannot be read.

    ``is_ordered``: the guests of the host start in an order, which the names of their links have to follow.
    """

    def __init__(self, folder: Path, config_dir: Path, is_ordered: bool = True) -> None:
        self._folder = folder
        self._is_ordered = is_ordered
        self._config_dir = config_dir
        # A shell leaves out names that begin with a dot.
        self._names = sorted(name for name in os.listdir(folder) if not name.startswith(".")) if folder.is_dir() else []
        # The symbolic links, by the files that they lead to.
        self._links: dict[str, list[Path]] = defaultdict(list)
        # What this collection did not make, by the guests that it starts.
        self._foreign: dict[str, list[Path]] = defaultdict(list)
        for name in self._names:
            self._sort(folder / name)

    def own_links(self, file: Path) -> list[Path]:
        """Return the links of this collection to a file: with a number, and without one, as earlier versions made them."""
        return [link for link in self._links.get(os.path.normpath(file), []) if _file_of(link.name) == file.name]

    def plan(self, guest: Guest, depth: int, files: Sequence[FilePlan]) -> list[LinkPlan]:
        """Return the links that are to change: that of the guest's own file, which comes first, and those to files that are
        removed. A link gets another name by a new one beside it, so that there is no moment without one."""
        own = files[0].path
        wanted = self._link_of(guest, depth, own)
        found = [LinkPlan(wanted, own, True)] if wanted and not is_link_to(wanted, own) else []
        for file in files:
            if file is files[0] or file.after is None:
                found += [LinkPlan(link, file.path, False) for link in self.own_links(file.path) if link != wanted]
        return found

    def _link_of(self, guest: Guest, depth: int, own: Path) -> Path | None:
        """Return the link of this collection that is to lead to the guest's file, None for none.

        Where the order does not matter, a link without a number is as good as one with it, whoever made it.
        """
        if not guest.autostart:
            return None
        ours = self.own_links(own)
        if not self._is_ordered and ours and not any(_NUMBERED.fullmatch(link.name) for link in ours):
            return ours[0]
        if not self._is_ordered and not ours and self._leading(guest, own):
            return None
        return self._folder / link_name(guest, depth, own.name)

    def problems(self, guest: Guest, depth: int, own: Path) -> list[Problem]:
        """Return why the guest's link cannot be made, and what else starts the guest from another file than its own."""
        found: dict[Path, str] = {}
        if guest.autostart and os.path.lexists(self._folder) and not self._folder.is_dir():
            found[self._folder] = "is not a folder"
        for name in {own.name, link_name(guest, depth, own.name)} & set(self._names):
            if not is_link_to(self._folder / name, own):
                found[self._folder / name] = "exists and is not a link to the guest's file"
        for path in self._foreign.get(guest.name, []):
            if not _leads_to(path, own):
                found.setdefault(path, "is another configuration of this guest, from which the host starts it when it boots")
        return [
            Problem(reason, "move it away", guest=guest.name, key="autostart", value=str(path))
            for path, reason in sorted(found.items())
        ]

    def notes(self, guest: Guest, own: Path) -> list[str]:
        """Return a note for each link to the guest's file that this collection did not make."""
        ours = self.own_links(own)
        links = [link for link in self._leading(guest, own) if link not in ours]
        if guest.autostart and not self._is_ordered and not ours:
            # The first one does what a link of this collection would do.
            links = links[1:]
        advice = "remove it" if guest.autostart or guest.state == "absent" else "remove it, or set autostart: true"
        text = "leads to its file as well, and this collection did not make it: the host starts the guest by it when it boots"
        return [f"guest {guest.name}: {link} {text}; {advice}" for link in links]

    def _leading(self, guest: Guest, own: Path) -> list[Path]:
        """Return the symbolic links to the guest's file."""
        links = [*self._links.get(os.path.normpath(own), []), *self._foreign.get(guest.name, [])]
        return [link for link in sorted(set(links)) if _leads_to(link, own)]

    def _sort(self, path: Path) -> None:
        if path.is_symlink():
            target = os.path.normpath(path.parent / os.readlink(path))
            self._links[target].append(path)
            if Path(target) == self._config_dir / _file_of(path.name):
                # A link of this collection leads to the file of its guest: there is no need to read it.
                return
        text = (read_text(path) if path.is_file() else None) or ""
        names = NAME.findall(text)
        guest = names[-1][1] if names else owner_of(text)
        if guest:
            self._foreign[guest].append(path)


def _leads_to(path: Path, file: Path) -> bool:
    """Return whether a symbolic link leads to a file in the end; a copy or a hard link is a file of its own."""
    return path.is_symlink() and os.path.realpath(path) == os.path.realpath(file)


def _file_of(link: str) -> str:
    """Return the name of the file that a link of this collection leads to.

    >>> _file_of("1000-00-web1.cfg"), _file_of("web1.cfg")
    ('web1.cfg', 'web1.cfg')
    """
    numbered = _NUMBERED.fullmatch(link)
    return numbered.group(1) if numbered else link
