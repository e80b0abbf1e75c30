# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab is doing and how long it took, on standard error (standard output is for results)."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """One line without a duration."""
    print(f"           {text}", file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print `text` when the step starts and again, with the seconds it took, when it ends."""
    say(f"{text} ...")
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"[{time.monotonic() - start:6.1f} s] {text}: stopped", file=sys.stderr, flush=True)
        raise
    print(f"[{time.monotonic() - start:6.1f} s] {text}", file=sys.stderr, flush=True)
