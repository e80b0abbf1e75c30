# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture in docs/status.md: `.venv/bin/python tests/status_page/screenshot.py docs/status.png`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".build" / "links"))

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import model
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status_page import status_page
from browser import Browser
from invented import TIME, fleet


def main(target: Path) -> None:
    """Write the picture of the invented fleet's page."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "fleet.html")
        page.write_text(status_page(model(fleet(), TIME)), encoding="utf-8")
        with Browser(Path(folder), 1200, 1420) as browser:
            browser.open(page)
            target.write_bytes(browser.picture())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
