# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send an image to the host that is to boot it; the module of the same name documents the options."""

from __future__ import annotations

from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.action import image


class ActionModule(image.ActionModule):
    """Call the module first without the file: an image that is proven on the host is not sent."""

    MODULE = "xenfleet.stubdom.boot_proof"

    def _sent(self, files: list[dict[str, str]]) -> dict[str, Any]:
        return {"src": files[0]["src"], "sha256": files[0]["sha256"]}
