#!/bin/sh
# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash
# chkconfig: 345 98 01
# description: fs-backend, which serves files of dom0 to the stub domains of Xen 3.3 to 4.0
### BEGIN INIT INFO
# Provides:          xenfleet-fs-backend
# Required-Start:    $local_fs $remote_fs
# Required-Stop:     $local_fs $remote_fs
# Should-Start:      $syslog xen xencommons xenstored xend
# Should-Stop:       $syslog xen xencommons xenstored xend
# X-Start-Before:    xendomains
# X-Stop-After:      xendomains
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Files of dom0 for Xen's stub domains
# Description:       Runs fs-backend, one at a time, and again when it ends.
### END INIT INFO
# With chkconfig, the number and the name put it between S98xend, which starts xenstored, and S99xendomains.

service=${XENFLEET_FS_BACKEND_SERVICE:-/usr/local/lib/xenfleet/fs-backend-service}
name=xenfleet-fs-backend

start() {
    if pid=$("$service" supervisor); then
        echo "fs-backend is running (supervised by pid $pid)"
        return 0
    fi
    "$service" check || return 1
    # Its output goes to the system's log, with the names of guests that lose their files.
    # shellcheck disable=SC2016 # the inner shell is to expand it
    setsid sh -c '"$1" supervise 2>&1 < /dev/null | logger -t "$2"' sh "$service" "$name" > /dev/null 2>&1 &
    if ! "$service" ready; then
        stop
        return 1
    fi
    echo "fs-backend is running"
}

stop() {
    pid=$("$service" supervisor) || return 0
    kill "$pid"
    for _try in $(seq 1 150); do
        "$service" supervisor > /dev/null || return 0
        sleep 0.1
    done
    echo "fs-backend does not end (supervised by pid $pid)" >&2
    return 1
}

status() {
    if pid=$("$service" supervisor); then
        echo "fs-backend is running (supervised by pid $pid)"
    else
        echo "fs-backend is not running"
        return 3
    fi
}

case $1 in
    start | stop | status) "$1" ;;
    restart | force-reload) stop && start ;;
    *)
        echo "usage: $0 start|stop|restart|force-reload|status" >&2
        exit 2
        ;;
esac
