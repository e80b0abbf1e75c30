# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Xen host is and has: what ``host_info`` does. Looks, and changes nothing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import images
from .releases import IMAGE_FILES, XEN_DIRECTORIES
from .toolstack.base import Domain, HostState, Toolstack


def collect(toolstack: Toolstack, store: Path, root: Path = Path("/")) -> dict[str, Any]:
    """Everything at once. Raises NotXenError, ToolstackError."""
    state = toolstack.info()
    found_domains = toolstack.domains()
    folders = boot_folders(state, root)
    return {
        "xen": {**asdict(state), "release": "{}.{}".format(*state.release)},
        "directories": folders,
        "images": images.installed(store),
        "xen_images": [str(folder) for name in folders for folder in _image_files(Path(name), root)],
        "domains": domains(toolstack, found_domains),
    }


def boot_folders(state: HostState, root: Path) -> list[str]:
    """The folders that this host's Xen keeps images in, as they exist, Debian's versioned one first."""
    release = "{}.{}".format(*state.release)
    names = [f"{name.format(release=release)}/boot" for name in XEN_DIRECTORIES]
    return [name for name in names if _below(root, name).is_dir()]


def domains(toolstack: Toolstack, found: list[Domain]) -> list[dict[str, Any]]:
    """Every domain but dom0, each guest with its stub domain's name.

    They come from the text of ``xl list``: ``xl list -l`` leaves out stub domains, and now and then a guest that
    has one (Xen 4.5 on; before, it prints nothing at all).
    """
    targets = {domain.domid: toolstack.target_of(domain) for domain in found}
    stubs = {target: domain for domain in found for target in [targets[domain.domid]] if target is not None}
    return [
        {
            "name": domain.name,
            "domid": domain.domid,
            "memory": domain.memory,
            "vcpus": domain.vcpus,
            "state": domain.condition,
            "stub_domain": stubs[domain.domid].name if domain.domid in stubs else "",
            "serves": targets[domain.domid],
        }
        for domain in found
        if domain.domid != 0
    ]


def _image_files(folder: Path, root: Path) -> list[Path]:
    return [folder / name for name in IMAGE_FILES if _below(root, str(folder / name)).is_file()]


def _below(root: Path, name: str) -> Path:
    return root / name.lstrip("/")
