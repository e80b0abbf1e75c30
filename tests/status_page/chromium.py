# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's Chromium without a window, driven by Playwright, and the page of a fleet in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import model
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status_page import status_page
from invented import TIME

CHROMIUM = "/usr/bin/chromium"
# Playwright gives each start a profile of its own. The tests run as root, and nothing is to ask the network.
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS, headless=True)
        try:
            yield browser
        finally:
            browser.close()


class FleetPage:
    """The page of a fleet in a window of its own. ``complaints`` is what the browser found wrong with it."""

    def __init__(self, browser: Browser, folder: Path, facts: dict[str, Any], fragment: str = "", **window: Any) -> None:
        self.model = model(facts, TIME)
        self.path = folder / "fleet.html"
        self.path.write_text(status_page(self.model), encoding="utf-8")
        self._context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **window})
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.open(fragment)

    def open(self, fragment: str = "") -> None:
        """Load the page, to the end of its scripts."""
        # From another page, as a change of the fragment alone loads nothing.
        self.page.goto("about:blank")
        self.requests.clear()
        self.page.goto(self.path.as_uri() + fragment)

    def close(self) -> None:
        self._context.close()

    def guests(self) -> list[str]:
        """Return the names of the guests whose rows are shown, in the order of the page."""
        rows = self.page.locator("details.host:not([hidden]) tr[data-guest]:not([hidden])")
        return [str(name) for name in rows.evaluate_all("rows => rows.map((row) => row.dataset.guest)")]

    def hosts(self) -> list[str]:
        shown = self.page.locator("details.host:not([hidden])")
        return [str(name) for name in shown.evaluate_all("hosts => hosts.map((host) => host.dataset.host)")]

    def embedded(self) -> Any:
        """Return the model that the page has as JSON."""
        return json.loads(self.page.locator("#model").text_content() or "")
