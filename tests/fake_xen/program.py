# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the fake Xen: what runs as `xl` and as the xenstore tools.

They print and fail as those of Xen 4.17 in Debian 12 do: same texts, same streams, same exit codes; `xm` is in
xm_tools.py. They do not prove that something works on Xen; real hosts do. The environment variable XENFLEET_FAKE_XEN
names the folder of the fake host (see store.py); tests drive it through api.py.
"""

from __future__ import annotations

import os
import sys
import time

from store import Store, command_of

TYPE_CHECKING = False  # as type checkers know it, without the time that loading typing takes
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

REASONS = {"poweroff": 0, "reboot": 1, "suspend": 2, "crash": 3, "watchdog": 4, "soft_reset": 5}
_REASON_LETTERS = "-rscwS"
_INVALID, _NOPARAVIRT, _TIMEDOUT, _NOTFOUND = -6, -10, -9, -21

_NOT_XEN = {
    "upstream": "xencall: error: Could not obtain handle on privileged command interface: No such file or directory\n"
                "libxl: error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: No such file or directory\n"
                "cannot init xl context\n",
    # Debian's /usr/sbin/xl is a script that looks for the hypervisor before it starts the real xl.
    "debian": "ERROR:  Can't find hypervisor information in sysfs!\n",
}


def die(status: int, text: str = "") -> NoReturn:
    """End the command."""
    sys.stderr.write(text)
    sys.exit(status)


def log(place: str, text: str, domid: int | None = None) -> None:
    """Print an error of libxl's, with the place in its source that real ones carry, too."""
    domain = f"Domain {domid}:" if domid else ""
    sys.stderr.write(f"libxl: error: {place}: {domain}{text}\n")


def find(store: Store, name: str) -> int:
    """Return the id that a command's argument means. As in xl, digits (or nothing!) are an id that nobody checks."""
    if not name.strip("0123456789"):
        return int(name or 0)
    domain = store.named(name)
    if domain is None:
        die(1, f"{name} is an invalid domain identifier (rc={_INVALID})\n")
    return int(domain["domid"])


def options(command: str, args: list[str], letters: str, long: dict[str, str], required: int = 0
            ) -> tuple[set[str], list[str]]:
    """Split arguments into option letters and the rest, as getopt_long does for xl."""
    found, rest = set(), []
    for position, arg in enumerate(args):
        if arg == "--":
            rest += args[position + 1:]
            break
        if arg.startswith("--"):
            if arg[2:] not in long:
                die(2, f"option `{chr(0)}' not supported.\n")
            found.add(long[arg[2:]])
        elif arg.startswith("-") and arg != "-":
            for letter in arg[1:]:
                if letter not in letters:
                    die(2, f"option `{letter}' not supported.\n")
                found.add(letter)
        else:
            rest.append(arg)
    if len(rest) < required:
        sys.stdout.write(f"Usage: xl [-vtT] {command}\n")
        die(2, f"'xl {command}' requires at least {required} argument{'s' if required > 1 else ''}.\n\n")
    return found, rest


# -- looking --------------------------------------------------------------------------------------------------------

def _state(domain: dict[str, Any]) -> str:
    state = domain["state"]
    reason = _REASON_LETTERS[REASONS[domain["reason"]]] if state == "s" else "-"
    shown = state + ("p" if domain.get("pauses") else "")
    return "".join(letter if letter in shown else "-" for letter in "rbps") + reason + "-"


def _row(domain: dict[str, Any], name: str, verbose: bool, now: float) -> str:
    # What was never unpaused has not run.
    busy = 0.0 if domain.get("unborn") else 1.0 if domain["domid"] == 0 else 0.02
    # Until the guest's kernel runs only its first processor is on.
    vcpus = 1 if domain.get("unborn") else domain["vcpus"]
    row = (f"{name:<40} {domain['domid']:5d} {domain['memory']:5d} {vcpus:5d}     {_state(domain)}  "
           f"{(now - domain['created']) * busy:8.1f}")
    if verbose:
        code = f"{REASONS[domain['reason']]:x}" if domain["state"] == "s" else "-"
        row += f" {domain['uuid']} {code:>8} {'-':>16}"
    return row


def json_text(value: Any, indent: str = "") -> str:
    """JSON as libyajl writes it for libxl: even empty lists and objects take three lines."""
    import json
    deeper = indent + "    "
    if isinstance(value, dict):
        items = [f"{deeper}{json.dumps(key)}: {json_text(item, deeper)}" for key, item in value.items()]
    elif isinstance(value, list):
        items = [deeper + json_text(item, deeper) for item in value]
    else:
        return json.dumps(value, ensure_ascii=False)
    inside = ",\n".join(items)
    return f"{'{' if isinstance(value, dict) else '['}\n{inside}\n{indent}{'}' if isinstance(value, dict) else ']'}"


def do_list(store: Store, args: list[str]) -> int:
    """Run xl list."""
    flags, rest = options("list", args, "lvhZcn", {"long": "l", "verbose": "v"})
    if len(rest) > 1:
        sys.stdout.write("Usage: xl [-vtT] list [options] [Domain]\n")
        return 1
    domains = store.domains()
    if rest:
        one = store.domain(find(store, rest[0]))
        if one is None:
            die(1, f"Error: Domain '{rest[0]}' does not exist.\n")
        domains = [one]
    if "l" in flags:
        return _list_long(store, domains)
    now, verbose = time.time(), "v" in flags
    lines = ["Name                                        ID   Mem VCPUs\tState\tTime(s)"
             + ("   UUID                            Reason-Code\tSecurity Label" if verbose else "")]
    rule = store.take_fault("list", None, "null_row")
    lines += [_row(domain, domain["name"], verbose, now) for domain in domains]
    if rule:
        gone = {"domid": store.state["next_domid"], "memory": 0, "vcpus": 1, "state": "p", "created": now,
                "uuid": "00000000-0000-0000-0000-000000000000"}
        # A domain that is being torn down: out of xenstore already, still known to the hypervisor.
        lines.append(_row(gone, "(null)", verbose, now).replace("--p---", "--ps-d"))
    print("\n".join(lines))
    return 0


def _list_long(store: Store, domains: list[dict[str, Any]]) -> int:
    import json
    entries = []
    for domain in domains:
        try:
            with open(store.userdata(domain, "libxl-json"), encoding="utf-8") as file:
                config = json.loads(file.read().rstrip("\0"))
            # libxl asks for these; they are not in its record.
            if "sched_params" in config["b_info"]:
                config["b_info"]["sched_params"] = {"sched": "credit2", "weight": 256, "cap": 0}
            entries.append({"domid": domain["domid"], "config": config})
        except FileNotFoundError:
            if domain["domid"]:  # stub domains have none
                log("libxl_domain.c:2335:retrieve_domain_configuration_lock_acquired",
                    "Fail to get domain configuration", domain["domid"])
            else:
                entries.append({"domid": 0, "config": _dom0_config(domain)})
    print(json_text(entries) + "\n")
    return 0


def _dom0_config(domain: dict[str, Any]) -> dict[str, Any]:
    memory = domain["memory"] << 10
    return {"c_info": {"type": "pv", "name": "Domain-0"},
            "b_info": {"max_memkb": memory, "target_memkb": memory - 1,
                       "sched_params": {"sched": "credit2", "weight": 256, "cap": 0},
                       "type.pv": {}, "arch_arm": {}, "arch_x86": {}}}


def do_info(store: Store, args: list[str]) -> int:
    """Run xl info; with an argument, the values of all fields whose names begin with it."""
    _flags, rest = options("info", args, "nh", {"numa": "n"})
    info = dict(store.state["info"])
    if info["xen_version"] is None:
        info["xen_version"] = f"{info['xen_major']}.{info['xen_minor']}{info['xen_extra']}"
    for key, value in info.items():
        line = f"{key:<23}: {value}"
        if not rest:
            print(line)
        elif line.startswith(rest[0]):
            print(value)
    return 0


def do_dmesg(store: Store, args: list[str]) -> int:
    """Run xl dmesg: Xen's own lines, with those of guests where the host boots with guest_loglvl=all."""
    options("dmesg", args, "hc", {"clear": "c"})
    sys.stdout.write(store.state["dmesg"])
    return 0


def do_domid(store: Store, args: list[str]) -> int:
    """Run xl domid."""
    _flags, rest = options("domid", args, "h", {}, 1)
    domain = store.named(rest[0])
    if domain is None:
        die(1, f"Can't get domid of domain name '{rest[0]}', maybe this domain does not exist.\n")
    print(domain["domid"])
    return 0


def do_domname(store: Store, args: list[str]) -> int:
    """Run xl domname."""
    _flags, rest = options("domname", args, "h", {}, 1)
    if not rest[0][:1].isdigit():
        die(1, "Invalid domain id.\n\n")
    digits = rest[0][:len(rest[0]) - len(rest[0].lstrip("0123456789"))]
    domain = store.domain(int(digits))
    if domain is None:
        die(1, f"Can't get domain name of domain id '{digits}', maybe this domain does not exist.\n")
    print(domain["name"])
    return 0


def do_console(store: Store, args: list[str]) -> int:
    """Run xl console: what the guest has printed; unlike the real one it does not stay attached."""
    _flags, rest = options("console", args, "nth", {}, 1)
    domain = store.domain(find(store, rest[-1]))
    path = store.path("console", f"guest-{domain['name']}.log") if domain else ""
    if not os.path.exists(path):
        die(1, "Unable to attach console\n")
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        sys.stdout.write(file.read())
    return 0


# -- changing -------------------------------------------------------------------------------------------------------

def do_create(store: Store, args: list[str]) -> int:
    """Run xl create."""
    import create
    return create.main(store, args)


def do_destroy(store: Store, args: list[str]) -> int:
    """Run xl destroy."""
    flags, rest = options("destroy", args, "fh", {}, 1)
    domid = find(store, rest[0])
    if domid == 0 and "f" not in flags:
        die(1, "Not destroying domain 0; use -f to force.\nThis can only be done when using a disaggregated "
               "hardware domain and toolstack.\n\n")
    if not destroy(store, domid):
        die(1, f"destroy failed (rc={_NOTFOUND})\n")
    return 0


def destroy(store: Store, domid: int) -> bool:
    """libxl_domain_destroy, with its messages; whether all went well."""
    domain, good = store.domain(domid), True
    stub = (domain or {}).get("stub")
    if stub and store.domain(stub):
        store.remove(stub)
    elif stub:
        log("libxl_domain.c:1183:libxl__destroy_domid", "Non-existant domain", stub)
        log("libxl_domain.c:1113:stubdom_destroy_callback", f"Unable to destroy stubdom with domid {stub}", domid)
        good = False
    if domain:
        store.remove(domid)
    else:
        log("libxl_domain.c:1183:libxl__destroy_domid", "Non-existant domain", domid)
        log("libxl_domain.c:1137:domain_destroy_callback", "Unable to destroy guest", domid)
        good = False
    if not good:
        log("libxl_domain.c:1064:domain_destroy_cb", "Destruction of domain failed", domid)
    return good


def _no_type(domid: int) -> None:
    log("libxl_dom.c:37:libxl__domain_type", f"unable to get domain type for domid={domid}")


def do_pause(store: Store, args: list[str]) -> int:
    """Run xl pause."""
    return _pause(store, "pause", args)


def do_unpause(store: Store, args: list[str]) -> int:
    """Run xl unpause."""
    return _pause(store, "unpause", args)


def _pause(store: Store, command: str, args: list[str]) -> int:
    """Both end with 0 even when there is no such domain."""
    _flags, rest = options(command, args, "h", {}, 1)
    domid = find(store, rest[0])
    domain = store.domain(domid)
    if domain is None:
        if command == "pause":
            log("libxl_domain.c:587:libxl_domain_pause", "Pausing domain: No such process", domid)
        else:
            _no_type(domid)
        return 0
    # Xen counts: after two pauses it takes two unpauses.
    pauses = domain.get("pauses", int(domain["state"] == "p")) + (1 if command == "pause" else -1)
    if pauses < 0:
        log("libxl_domain.c:688:domain_unpause_done", "Unpausing domain: Invalid argument", domid)
        return 0
    domain["pauses"] = pauses
    if domain["state"] != "s":
        domain["state"] = "p" if pauses else "b"
    if not pauses:
        domain.pop("unborn", None)
    store.dirty = True
    return 0


def do_shutdown(store: Store, args: list[str]) -> int:
    """Run xl shutdown."""
    flags, rest = options("shutdown", args, "awFh", {"all": "a", "wait": "w"})
    if not rest and "a" not in flags:
        die(1, "You must specify -a or a domain id.\n\n")
    # -a goes through all domains, stub domains too.
    domids = [domain["domid"] for domain in store.domains() if domain["domid"]] if "a" in flags \
        else [find(store, rest[0])]
    for domid in domids:
        _shutdown(store, domid, "F" in flags)
    if "w" in flags:
        until_death = sum(arg.count("w") for arg in args if arg.startswith("-") and not arg.startswith("--")) > 1
        _wait(store, domids, until_death)
    return 0


def _shutdown(store: Store, domid: int, button: bool) -> None:
    sys.stderr.write(f"Shutting down domain {domid}\n")
    domain = store.domain(domid)
    if domain is None:
        _no_type(domid)
        die(1, "shutdown failed (rc=-3)\n")
    rule = store.behaviour(domain["name"])
    if domain["type"] == "hvm" and not rule["pv_drivers"]:
        if not button:
            die(1, "PV control interface not available: external graceful shutdown not possible.\n"
                   "Use \"-F\" to fallback to ACPI power event.\n"
                   f"shutdown failed (rc={_NOPARAVIRT})\n")
        sys.stderr.write("PV control interface not available: sending ACPI power button event.\n")
    elif rule["no_ack"] is not None or domain["state"] in "ps":
        if domain["state"] == "p":
            store.start_ending(domain, "poweroff")  # it will find the request in xenstore when it runs again
        store.sleep(rule["no_ack"] or 0)
        log("libxl_domain.c:854:pvcontrol_cb", f"guest didn't acknowledge control request: {_TIMEDOUT}")
        die(1, f"shutdown failed (rc={_TIMEDOUT})\n")
    if not rule["ignore"] and domid and domain["state"] != "s":
        store.start_ending(domain, "poweroff")


def _wait(store: Store, domids: list[int], until_death: bool) -> None:
    """Wait as -w does. Other commands may run meanwhile: the lock is given back between looks."""
    sys.stderr.write(f"Waiting for {len(domids)} domains\n")
    waiting = set(domids)
    while waiting:
        for domid in sorted(waiting):
            domain = store.domain(domid)
            if domain is None or (domain["state"] == "s" and not until_death):
                sys.stderr.write(f"Domain {domid} has been shut down, reason code 0\n")
                if until_death:
                    sys.stderr.write(f"Domain {domid} continue waiting for death\n"
                                     f"Domain {domid} has been destroyed\n")
                waiting.discard(domid)
        if waiting:
            store.sleep(0.05)
            store.settle()


COMMANDS: dict[str, Callable[[Store, list[str]], int]] = {
    "list": do_list, "info": do_info, "domid": do_domid, "domname": do_domname, "console": do_console,
    "dmesg": do_dmesg,
    "create": do_create, "destroy": do_destroy, "pause": do_pause, "unpause": do_unpause, "shutdown": do_shutdown,
}


# -- the commands ---------------------------------------------------------------------------------------------------

def _xl(store: Store, args: list[str]) -> int:
    while args and args[0].startswith("-"):
        if args[0].strip("-vfNtT"):
            die(1, "unknown global option\n")
        args = args[1:]
    if not args:
        sys.stdout.write("Usage xl [-vfNtT] <subcommand> [args]\n")
        return 1
    if store.state["not_xen"]:
        die(1, _NOT_XEN[store.state["not_xen"]])
    if args[0] not in COMMANDS:
        die(1, "command not implemented\n")
    store.settle()
    return COMMANDS[args[0]](store, args[1:])


def _subject(store: Store, command: str, args: list[str]) -> str | None:
    """Return the name of the domain that a call is about, for faults that concern one guest only."""
    if command == "create" and store.state["toolstack"] == "xm":
        import xm_create
        return xm_create.name_of(store, args)
    if command == "create":
        import create
        return create.name_of(args)
    for arg in args:
        if not arg.startswith("-"):
            domain = store.domain(int(arg)) if arg.isdigit() else None
            return str(domain["name"]) if domain else arg
    return None


def main(program: str, args: list[str]) -> int:
    """Run one of the fake programs; the exit status."""
    folder = os.environ.get("XENFLEET_FAKE_XEN")
    if not folder:
        die(70, "fake: XENFLEET_FAKE_XEN does not name the folder of a fake host\n")
    store = Store(folder)
    store.log_call([program, *args])
    command, rest = program, args
    if program in ("xl", "xm"):
        words = [arg for arg in args if not arg.startswith("-")]
        command = words[0] if words else program
        rest = args[args.index(command) + 1:] if words else []
    with store:
        fault = store.take_fault(command_of([program, *args]) or program,
                                 _subject(store, command, rest) if program in ("xl", "xm") else None)
    if fault:
        time.sleep(fault.get("sleep", 0))
    status = 0
    if not fault or fault.get("effect") == "after" or "rc" not in fault:
        try:
            with store:
                if program == "xl":
                    status = _xl(store, args)
                elif program == "xm":
                    import xm_tools
                    status = xm_tools.main(store, args)
                else:
                    import xenstore
                    status = xenstore.main(store, program[len("xenstore-"):], args)
        except SystemExit as end:
            status = int(end.code or 0)
    if fault and "rc" in fault:
        sys.stdout.write(fault.get("stdout", ""))
        sys.stderr.write(fault.get("stderr", ""))
        status = fault["rc"]
    return status
