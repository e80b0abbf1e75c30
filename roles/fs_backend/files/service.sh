#!/bin/sh
# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash
# Runs fs-backend, one at a time, and reports which guests lose their files when it ends. systemd's unit and the init
# script call it as /usr/local/lib/xenfleet/fs-backend-service:
#   check       fails, with the reason, when fs-backend cannot or must not be started
#   run         becomes fs-backend
#   ready       waits until stub domains find it
#   guests      prints the guests whose stub domains it serves, one a line
#   ended HOW   reports that it has ended, and which guests lost their files
#   supervise   runs it, and again when it ends, until this process is ended
#   supervisor  prints the pid of that process; fails when there is none
#
# fs-backend removes what is below backend/vfs in xenstore when it starts, has no lock, and cannot take over the stub
# domains of one that has ended (Xen 3.3 to 4.0, tools/fs-back/fs-backend.c, main).

PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C

program=${XENFLEET_FS_BACKEND:-/usr/local/lib/xenfleet/fs-backend}
folder=${XENFLEET_FS_BACKEND_RUN:-/run/xenfleet-fs-backend}
pause=${XENFLEET_FS_BACKEND_PAUSE:-2} # seconds between an end and the next start
patience=${XENFLEET_FS_BACKEND_PATIENCE:-10} # seconds for a start
node=/local/domain/0/backend/vfs
refused=75

say() { echo "fs-backend: $*" >&2; }

refuse() {
    say "not started: $*."
    exit "$refused"
}

# Without xenstored, its tools wait forever.
store() {
    tool=$1
    shift
    timeout 5 "xenstore-$tool" "$@" 2> /dev/null
}

value() { store read "$1" | head -n 1 | tr -cd '[:print:]'; }

# The pids of all processes of this name, whoever started them. A zombie does not run.
running() {
    name=$(basename "$program" | cut -c 1-15)
    for file in /proc/[0-9]*/stat; do
        { read -r pid command state _ < "$file"; } 2> /dev/null || continue
        if [ "$command" = "($name)" ] && [ "$state" != Z ]; then
            echo "$pid"
        fi
    done
}

# fs-backend inherits this lock and holds it while it lives.
lock() {
    mkdir -p "$folder"
    exec 9>> "$folder/lock"
    flock "$@" 9
}

check() {
    [ -x "$program" ] || refuse "$program is not an executable program. Remedy: run the role fs_backend again"
    store list / > /dev/null || refuse "xenstored does not answer. Remedy: make sure that the host runs Xen and xenstored"
    pids=$(running | tr '\n' ' ')
    [ -z "$pids" ] || refuse "it runs already, with pid ${pids% }, and a second one would take their files from all" \
        "stub domains. Remedy: stop the guests that it serves and end it, or leave it as it is"
}

# Leftovers of an earlier fs-backend would make stub domains wait for it forever; without them they report that there is
# none.
forget() { store rm "$node" || true; }

run() {
    lock -n || refuse "another one runs, or is being started. Remedy: see which with: ps -C fs-backend"
    check
    forget
    # From this the module fs_backend learns whether the installed program is the one that runs.
    sha256sum < "$program" | cut -d ' ' -f 1 > "$folder/lock"
    exec "$program"
}

ready() {
    for _try in $(seq 1 $((patience * 10))); do
        [ -z "$(value "$node/exports/0/name")" ] || return 0
        sleep 0.1
    done
    say "it has exported nothing within $patience seconds. Remedy: see what it printed."
    return 1
}

# device/vfs is the stub domain's own and stays in xenstore as long as that lives.
guests() {
    for domid in $(store list /local/domain); do
        [ -n "$(store list "/local/domain/$domid/device/vfs")" ] || continue
        stub=$(value "/local/domain/$domid/name")
        target=$(value "/local/domain/$domid/target")
        guest=
        case $target in
            '' | *[!0-9]*) ;;
            *) guest=$(value "/local/domain/$target/name") ;;
        esac
        # 3.3.0-rc1 and rc2 call it stubdom-NAME, all others NAME-dm.
        [ -n "$guest" ] || guest=${stub#stubdom-}
        [ "$guest" != "$stub" ] || guest=${stub%-dm}
        echo "$guest (stub domain $stub)"
    done
}

ended() {
    # Nothing was started, or another fs-backend runs, whose state must not be changed.
    case "$*" in '' | "exited $refused") return 0 ;; esac
    # Processes that it started can outlive it for a moment, with the lock.
    lock -w 2 || return 0
    [ -z "$(running)" ] || return 0
    if ! store list / > /dev/null; then
        say "it has ended ($*), and xenstored does not answer, so that it is unknown which guests it served."
        return 0
    fi
    lost=$(guests | awk 'NR > 1 { printf ", " } { printf "%s", $0 }')
    forget
    if [ -n "$lost" ]; then
        say "it has ended ($*). These guests have lost the files of their device models: $lost." \
            "Remedy: restart these guests; a new fs-backend cannot take them over."
    else
        say "it has ended ($*). It served no guest."
    fi
}

stop_supervising() {
    trap '' TERM INT
    [ -z "$child" ] || kill "$child" 2> /dev/null
    wait
    [ -z "$child" ] || "$0" ended stopped 8>&-
    exit 0
}

supervise() {
    mkdir -p "$folder"
    exec 8>> "$folder/supervisor"
    flock -n 8 || refuse "it is supervised already"
    echo $$ > "$folder/supervisor"
    child=
    trap stop_supervising TERM INT
    while :; do
        "$0" run 8>&- &
        child=$!
        wait "$child"
        status=$?
        child=
        "$0" ended exited "$status" 8>&-
        sleep "$pause" 8>&- &
        wait $!
    done
}

supervisor() {
    [ -e "$folder/supervisor" ] && ! flock -n "$folder/supervisor" true && cat "$folder/supervisor"
}

case $1 in
    check | run | ready | guests | ended | supervise | supervisor) "$@" ;;
    *)
        echo "usage: $0 check|run|ready|guests|ended HOW|supervise|supervisor" >&2
        exit 2
        ;;
esac
