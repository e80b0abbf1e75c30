# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: which parts, in what order, and the table at the end."""

import argparse
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from . import bootstrap, lab, package, parts, tree, work
from .host import SHARED, Hosts
from .junit import Count
from .places import CORES, LAB_INVENTORY, LOGS, ROOT
from .work import Result

GROUPS = ("lint", "sanity", "unit", "molecule")
# How ansible-playbook, pytest, ansible-test and the linters begin to tell of a failure.
FAILURE = re.compile(r"fatal: |failed: \[|FAILED |E   |ERROR: |_{4,} \S+ _{4,}$|\S+:\d+:\d+: |Traceback ")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    known = lab.releases()
    text = "Run the tests: those of the groups or parts named, or all but the few that are only run when asked for."
    top = argparse.ArgumentParser(prog="tests/run", description=text)
    top.add_argument("names", nargs="*", metavar="NAME", help=f"a group ({', '.join(GROUPS)}) or a part (see --list)")
    top.add_argument("--xen", choices=sorted(known), default=next(iter(known), None), help="Xen of the lab's host")
    top.add_argument("--core", choices=sorted(CORES), default="2.19", help="ansible-core of the molecule scenarios")
    top.add_argument("--list", action="store_true", help="print the parts and stop")
    top.add_argument("--prepare", choices=("tree", "collections"), help="refresh that copy of the checkout and stop")
    return top


def essence(log: str, lines: int = 80, each: int = 20) -> str:
    """What a person looks for first in the log of a part that failed: where it says so, else its end.

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
    """One line; what the log says of it when it failed."""
    if result.word == "FAILED" and result.log:
        print(f"----- {result.log.relative_to(ROOT)}, in short\n{essence(result.log.read_text(errors='replace'))}\n-----")
        for problem in result.problems:
            print(f"{result.name}: {problem}")
    print(f"{result.word:8}{result.seconds:7.1f} s  {result.name}: {result.note[:150]}", flush=True)


def one_after_the_other(some: list[parts.Part]) -> list[Result]:
    """Run parts, and tell of each as soon as it has ended."""
    results = []
    for part in some:
        results.append(work.skipped(part, part.skip) if part.skip else work.run(part))
        show(results[-1])
    return results


def on_hosts(hosts: Hosts, some: list[parts.Part]) -> list[Result]:
    """Run parts when their hosts are up. How these came up is a result of its own, before the others."""
    up = hosts.wait()
    show(up)
    down = "" if up.count.passed else "the lab's hosts did not come up"
    return [up, *one_after_the_other([replace(part, skip=part.skip or down) for part in some])]


def on_own_hosts(part: parts.Part, release: str) -> list[Result]:
    """Run a part on hosts that are up for it alone; not where they do not fit into the memory."""
    reason = part.skip or lab.lacking_memory(len(part.hosts))
    if reason:
        return one_after_the_other([replace(part, skip=reason)])
    releases = lab.mixed(part.hosts, release, lab.built())
    hosts = Hosts(f"lab-{part.name}", releases, part.inventory)
    try:
        return on_hosts(hosts, [part])
    finally:
        hosts.down()


def run_all(chosen: list[parts.Part], xen: str | None) -> list[Result]:
    """Run every part, whatever the others did, in two lanes: what must not meet its like, beside all the rest, which ends
    with what needs the host that parts share. That one is down before others come up, as each takes its memory."""
    release = lab.releases()[xen] if xen else ""
    own = [part for part in chosen if part.hosts]
    shared = [part for part in chosen if part.on_host]
    rest = [part for part in chosen if not part.hosts and not part.on_host]
    host = Hosts("lab-host", {SHARED: release}, LAB_INVENTORY) if release and shared else None

    def others() -> list[Result]:
        results = one_after_the_other([part for part in rest if not part.alone])
        return results + (on_hosts(host, shared) if host else [])

    try:
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(one_after_the_other, [part for part in rest if part.alone])
            try:
                last = others()
                results = beside.result() + last
            except BaseException:
                work.stop()
                raise
    finally:
        if host:
            host.down()
    if release:
        results += [result for part in own for result in on_own_hosts(part, release)]
    return results


def summary(results: list[Result], seconds: float) -> Count:
    """The table, why tests were skipped, and the last line that everything is judged by."""
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
    """End by an exception, so that the host is taken down."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def main(words: list[str]) -> int:
    """Exit status: 0 all passed, 1 something failed, 2 wrong usage, 130 interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    top = parser()
    arguments = top.parse_args(words)
    for folder in (LOGS, parts.JUNIT):
        folder.mkdir(parents=True, exist_ok=True)
    if arguments.prepare:
        tree.refresh() if arguments.prepare == "tree" else package.install()
        return 0
    known = parts.all_parts(arguments.core)
    if arguments.list:
        for part in known:
            print(f"{part.group:10}{part.name}{' (only when asked for)' if part.asked else ''}")
        return 0
    names = set(arguments.names)
    wanted = [part for part in known if ({part.name, part.group} & names if names else not part.asked)]
    unknown = names - {name for part in known for name in (part.name, part.group)}
    if unknown:
        top.error(f"no such group or part: {', '.join(sorted(unknown))}")
    start = time.monotonic()
    try:
        tree.refresh()
        bootstrap.provide()
        package.install()
        results = run_all(wanted, arguments.xen)
    except KeyboardInterrupt:
        print("tests/run: interrupted", file=sys.stderr)
        return 130
    return 1 if summary(results, time.monotonic() - start).failed else 0
