#!/bin/sh
# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash
# /init of the initramfs: mount the real root, a squashfs, and switch to it. Compressed files stay compressed in memory.

/bin/busybox --install -s /bin
export PATH=/bin

stop() {
    echo "xenfleet-stubdom: FAILED: $*"
    poweroff -f
}

mount -t devtmpfs dev /dev || stop "cannot mount /dev"
while read -r module; do
    insmod "/modules/$module" || stop "the kernel refuses its module $module"
done < /modules/order
mount -t squashfs -o loop,ro /root.squashfs /root || stop "cannot mount the root file system: more memory may help"
umount /dev
exec switch_root /root /init
