#!/bin/sh
# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash
# One connection between the toolstack (standard input and output) and QEMU's monitor.
#
# To save the guest, the toolstack asks QEMU to write its state to file descriptor set 1, and reads the other end of
# console 1 as soon as QEMU says that it is done. QEMU truncates what it writes to, which no console can bear, so it
# writes a file, and the file goes to the console before QEMU's word goes on.

export PATH=/usr/bin:/run/bin
state=/run/state
sent=/run/state.sent # how much of the file went out: QEMU writes a second state where the first one ended

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
