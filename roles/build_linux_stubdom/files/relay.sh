#!/bin/sh
# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash
# Relay one connection between the toolstack (standard input and output) and QEMU's monitor.
#
# To save the guest, the toolstack asks QEMU to write its state to file descriptor set 1, and reads the other end of
# console 1 as soon as QEMU reports the end. QEMU truncates what it writes to, which fails on a console, so it writes a
# file, and the file is sent to the console before QEMU's report is passed on.

export PATH=/usr/bin:/run/bin
state=/run/state
sent=/run/state.sent # bytes of the file that were sent: QEMU writes a second state where the first one ended

deliver() {
    size=$(stat -c %s "$state")
    read -r before < "$sent"
    [ "$size" -gt "$before" ] || return
    echo "xenfleet-stubdom: sending $((size - before)) bytes of QEMU's state" >&2
    tail -c "+$((before + 1))" "$state" > /dev/hvc1
    echo "$size" > "$sent"
}

socat - UNIX-CONNECT:/run/qemu.monitor | while IFS= read -r line; do
    deliver
    printf '%s\n' "$line"
done
