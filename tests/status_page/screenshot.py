# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the page: `.venv/bin/python tests/status_page/screenshot.py FOLDER` writes fleet.png, which docs/status.md
shows as docs/status.png, and the ones that a change of the design is judged by: phone, dark, thousand.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".build" / "links"))

from chromium import FleetPage, chromium
from invented import fleet, thousand_hosts

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True}
# The name of each picture: the fleet, the window, and whether all of the page is in it.
PICTURES: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "fleet": (fleet, {"viewport": {"width": 1200, "height": 900}}, True),
    "phone": (fleet, PHONE, True),
    "dark": (fleet, {"color_scheme": "dark"}, True),
    "thousand": (thousand_hosts, {}, False),
}


def main(target: Path) -> None:
    """Write the pictures."""
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for name, (facts, window, is_full) in PICTURES.items():
            shown = FleetPage(browser, Path(folder), facts(), **window)
            shown.page.screenshot(path=target / f"{name}.png", full_page=is_full)
            shown.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
