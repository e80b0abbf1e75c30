# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page in Chromium without a window, driven through the two pipes of its own protocol (DevTools)."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, Self

LIMIT = 60.0  # seconds for one answer; a browser that starts on a busy machine takes some

_OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe", "about:blank"]


class Browser:
    """One page. ``events`` is what the browser told by itself; ``folder`` is for its profile."""

    def __init__(self, folder: Path, width: int = 1280, height: int = 900) -> None:
        self.events: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._left = b""
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Chromium reads file 3 and writes file 4: a shell puts them there, from numbers that are neither.
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (theirs_in, theirs_out)]
        shell = ["bash", "-c", f'exec "$@" 3<&{high[0]} 4>&{high[1]}', "bash"]
        home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
        command = [*shell, "chromium", f"--user-data-dir={folder / 'profile'}", *_OPTIONS]
        self._process = subprocess.Popen(command, env={**os.environ, **home}, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=high,
                                         start_new_session=True)
        for end in (theirs_in, theirs_out, *high):
            os.close(end)
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._out)
        self._process.kill()
        self._process.wait(20)
        os.close(self._in)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something; its answer."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        answer = self._next(lambda said: said.get("id") == number)
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file, to the end of its scripts."""
        # From another page, as a change of the fragment alone loads nothing.
        self._load("about:blank")
        self.events.clear()
        self._load(path.as_uri() + fragment)

    def _load(self, address: str) -> None:
        loader = self.call("Page.navigate", url=address)["loaderId"]

        def is_loaded(event: dict[str, Any]) -> bool:
            said = event.get("params", {})
            return event.get("method") == "Page.lifecycleEvent" and (said["loaderId"], said["name"]) == (loader, "load")

        if not any(is_loaded(event) for event in self.events):
            self._next(is_loaded)

    def run(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """Return what went wrong in the page: exceptions, errors on its console, and what its own rules refused."""
        wrong = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in wrong]

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for."""
        sent = [event["params"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in sent]

    def picture(self) -> bytes:
        """Return a picture of what is seen, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def _next(self, wanted: Any) -> dict[str, Any]:
        """Return the next message that is wanted; the others are kept as events."""
        end = time.monotonic() + LIMIT
        while True:
            while b"\0" in self._left:
                first, _zero, self._left = self._left.partition(b"\0")
                message: dict[str, Any] = json.loads(first)
                if "method" in message:
                    self.events.append(message)
                if wanted(message):
                    return message
            ready, _writable, _broken = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            piece = os.read(self._in, 1 << 16) if ready else b""
            assert piece, "the browser ended, or does not answer"
            self._left += piece
