# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: which parts, in what order, and the table at the end."""

import argparse
import json
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from . import lab, package, parts, work
from .count import Count
from .host import Hosts
from .parts import SHARED, Part
from .places import COLLECTIONS, LOGS, ROOT
from .work import Result

# How ansible-playbook, pytest, ansible-test and the linters begin to report a failure.
FAILURE = re.compile(r"fatal: |failed: \[|FAILED |E   |ERROR: |_{4,} \S+ _{4,}$|\S+:\d+:\d+: |Traceback ")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    known = lab.releases()
    text = "Run parts of the tests, by their names or those of their groups, and count what passed."
    top = argparse.ArgumentParser(prog="tests/run", description=text)
    top.add_argument("names", nargs="*", metavar="NAME", help="a part or a group (see --list), or all; test if none is given")
    top.add_argument("--xen", choices=sorted(known), default=next(iter(known)), help="Xen of the lab's hosts")
    top.add_argument("--list", action="store_true", help="print the parts and stop")
    top.add_argument("--groups", action="store_true", help="print the groups that test does not run and that need no Xen of yours, as JSON; stop")
    top.add_argument("--install", action="store_true", help="build the collection, install it into .build/collections, stop")
    return top


def essence(log: str, lines: int = 80, each: int = 20) -> str:
    """Return what a person looks for first in the log of a part that failed: where it says so, else its end.

    >>> essence("one\\nfatal: two\\nthree\\nfour", each=2)
    'fatal: two\\nthree'
    >>> essence("one\\ntwo\\nthree", lines=2)
    'two\\nthree'
    """
    found, left = [], 0
    for line in log.rstrip().splitlines():
        left = each if FAILURE.match(line) else left - 1
        if left > 0:
            found.append(line[:300])
    return "\n".join(found[:lines] or log.rstrip().splitlines()[-lines:])


def show(result: Result) -> None:
    """Print one line; what the log has of a failure before it."""
    if result.word == "FAILED" and result.log:
        print(f"----- {result.log.relative_to(ROOT)}, in short\n{essence(result.log.read_text(errors='replace'))}\n-----")
        for problem in result.problems:
            print(f"{result.name}: {problem}")
    print(f"{result.word:8}{result.seconds:7.1f} s  {result.name}: {result.note[:150]}", flush=True)


def run_lane(some: Sequence[Part]) -> list[Result]:
    """Run parts one after the other, and print each result at once."""
    results = []
    for part in some:
        results.append(work.run(part))
        show(results[-1])
    return results


def skip(some: Sequence[Part], reason: str) -> list[Result]:
    """Skip parts."""
    results = [work.skipped(part.name, reason) for part in some]
    for result in results:
        show(result)
    return results


def on_hosts(some: Sequence[Part], xen: str) -> list[Result]:
    """Run parts that share hosts, when these are up. How they came up is a result of its own, before the others."""
    names, variable = some[0].hosts, some[0].xen_dist
    xen_dist = os.environ.get(variable, "")
    reason = lab.lacking_memory(len(names))
    if variable and not xen_dist:
        reason = f"{variable} does not name a folder with an installed Xen"
    if reason:
        return skip(some, reason)
    if xen_dist:
        xen_dist = str(Path(xen_dist).expanduser().absolute())  # scenarios run in another folder
        sources = dict.fromkeys(names, ("--xen-dist", xen_dist))
        some = [replace(part, env={**part.env, "XENFLEET_XEN_DIST": xen_dist}) for part in some]
    else:
        mixed = lab.mixed(names, lab.releases()[some[0].release or xen], lab.built())
        sources = {name: ("--release", release) for name, release in mixed.items()}
    hosts = Hosts(f"lab-{'-'.join(names)}", sources, parts.inventory_of(names))
    try:
        up = hosts.wait()
        show(up)
        return [up, *(run_lane(some) if up.count.passed else skip(some, "the lab's hosts did not come up"))]
    finally:
        hosts.down()


def run_all(chosen: Sequence[Part], xen: str) -> list[Result]:
    """Run every part, whatever the others did: the lanes side by side, and beside them what needs the shared host. Other
    hosts follow one group after the other, as each takes its memory and its processors."""
    lanes = [[part for part in chosen if part.lane == lane] for lane in dict.fromkeys(part.lane for part in chosen) if lane]
    shared = [part for part in chosen if part.hosts == SHARED]
    others = [part for part in chosen if part.hosts and part.hosts != SHARED]
    with ThreadPoolExecutor(max_workers=len(lanes) or 1) as pool:
        beside = [pool.submit(run_lane, lane) for lane in lanes]
        try:
            last = on_hosts(shared, xen) if shared else []
            results = [result for lane in beside for result in lane.result()] + last
        except BaseException:
            work.stop()
            raise
    for _hosts, some in groupby(others, key=lambda part: (part.hosts, part.release)):
        results += on_hosts(list(some), xen)
    return results


def summary(results: list[Result], seconds: float) -> Count:
    """Print the table, why tests were skipped, and the last line, which CI reads."""
    total = Count()
    width = max(len(result.name) for result in results)
    print(f"\n{'PART'.ljust(width)}  {'RESULT':8}{'SECONDS':>8}{'PASSED':>8}{'FAILED':>8}{'SKIPPED':>8}")
    for result in results:
        total.add(result.count)
        numbers = "".join(f"{n:8}" for n in (result.count.passed, result.count.failed, result.count.skipped))
        print(f"{result.name.ljust(width)}  {result.word:8}{result.seconds:8.1f}{numbers}")
    for reason, times in sorted(total.reasons.items()):
        print(f"skipped {times} times: {reason}")
    print(f"{seconds:.0f} seconds; logs are in {LOGS.relative_to(ROOT)}\n")
    print(total, flush=True)
    return total


def interrupted(number: int, _frame: object) -> None:
    """End by an exception, so that hosts are taken down."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def main(words: list[str]) -> int:
    """Return the exit status: 0 all passed, 1 something failed, 2 wrong usage, 130 interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    top = parser()
    arguments = top.parse_args(words)
    LOGS.mkdir(parents=True, exist_ok=True)
    if arguments.install:
        package.install()
        return 0
    known = parts.all_parts(lab.others(arguments.xen))
    if arguments.list:
        for part in known:
            print(f"{part.name:30}{' '.join(sorted(part.groups))}")
        return 0
    if arguments.groups:
        print(json.dumps(sorted({group for part in known for group in part.groups} - {"check", "test", *parts.XEN_DISTS})))
        return 0
    names = set(arguments.names) or {"test"}
    unknown = names - {"all"} - {name for part in known for name in (part.name, *part.groups)}
    if unknown:
        top.error(f"no such group or part: {', '.join(sorted(unknown))}")
    chosen = [part for part in known if names & {"all", part.name, *part.groups}]
    start = time.monotonic()
    try:
        if any(part.collections == COLLECTIONS for part in chosen):
            package.install()
        results = run_all(chosen, arguments.xen)
    except KeyboardInterrupt:
        print("tests/run: interrupted", file=sys.stderr)
        return 130
    return 1 if summary(results, time.monotonic() - start).failed else 0
