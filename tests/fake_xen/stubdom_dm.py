# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake Xen's stubdom-dm: one for each guest that xm starts with it, as time passes.

It waits until no other domain has the name of its stub domain in its own (for ever, as the real one), starts the stub
domain with `xm create`, and ends with its guest or with the stub domain. xm does not hear of what it does; its words are
in the guest's log.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import xm_create

if TYPE_CHECKING:
    from store import Store

MEMORY = "32"


def settle(store: Store) -> None:
    """Let time pass for all of them."""
    left = []
    for launch in store.state["launches"]:
        store.dirty = True
        # xend of its guest has sent it a SIGHUP.
        if store.domain(launch["guest"]) and _go_on(store, launch):
            left.append(launch)
    store.state["launches"] = left


def stub_name(store: Store, guest: str) -> str:
    """Return what the installed script calls a guest's stub domain."""
    return str(store.state["dm_config"] or "{}-dm").format(guest)


def _go_on(store: Store, launch: dict[str, Any]) -> bool:
    """One step; whether it goes on running."""
    if launch["domid"] is not None:
        return store.domain(launch["domid"]) is not None
    if _is_blocked(store, stub_name(store, launch["name"])):
        return True
    if launch["polls"] > 0:
        launch["polls"] -= 1
        return True
    return _start(store, launch)


def _is_blocked(store: Store, stub: str) -> bool:
    """Return whether grep finds the name in the list of domains; it looks for words since 4.0, of which a hyphen is no part."""
    pattern = rf"(?<!\w){stub}(?!\w)" if store.release() >= (4, 0) else stub
    return any(re.search(pattern, domain["name"]) for domain in store.domains())


def _start(store: Store, launch: dict[str, Any]) -> bool:
    stub = stub_name(store, launch["name"])
    file = stub if store.state["dm_config"] else _generate(store, stub)
    given = {"target": str(launch["guest"]), "memory": MEMORY, "extra": f" -d {launch['guest']}"}
    fault = store.take_fault("create", launch["name"], "stub_dies")
    try:
        domain = xm_create.build(store, xm_create.Guest(store, file, given))
    except xm_create.Refused as error:
        _say(store, launch["name"], f"Error: {error}\n")
        return False
    _say(store, launch["name"], fault.get("log", "") if fault else f"Started domain {stub}\nXen Minimal OS!\n")
    guest = store.domain(launch["guest"])
    if guest:
        guest["stub"] = domain["domid"]
    launch["domid"] = domain["domid"]
    if fault and fault.get("leaves", True):
        domain.update(state="p", vcpus=0)
    elif fault:
        store.remove(domain["domid"])
    return True


def _generate(store: Store, stub: str) -> str:
    """Write the file that it writes itself since 3.4.0-rc3."""
    path = os.path.join(store.config_dir(), "stubdoms", stub)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(f"kernel = '{store.state['firmware_dir']}/ioemu-stubdom.gz'\nvfb = ['sdl=0, opengl=1']\n")
    return path


def _say(store: Store, guest: str, text: str) -> None:
    with open(store.path("log", f"qemu-dm-{guest}.log"), "a", encoding="utf-8") as stream:
        stream.write(text)
