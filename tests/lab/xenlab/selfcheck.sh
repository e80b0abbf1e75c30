#!/bin/sh
# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs in dom0: sh -s SHA256 ROUNDS TOOLSTACK. Hashes the same data again and again while a PV guest starts and is destroyed.
# With a CPU model whose vector registers the emulator loses between domains, some of these sums come out wrong.
# Exit status: 0 fine, 1 a sum was wrong, 3 the sums were right but a guest did not come up (in any of its tries).
set -u
expected=$1
rounds=$2
toolstack=$3
data=$(echo /boot/initrd.img-*)
work=$(mktemp -d)
guest=xenfleet-selfcheck
right=0
wrong=0

check_once() {
    one=$(sha256sum <"$data") && one=${one%% *}
    two=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$data")
    for sum in "$one" "$two"; do
        if [ "$sum" = "$expected" ]; then
            right=$((right + 1))
        else
            wrong=$((wrong + 1))
            echo "self check: wrong SHA-256 '$sum'"
        fi
    done
}

# One guest's life, hashing all the while. Its words are in $work/*.log.
try_guest() {
    rm -f "$work"/*.log
    "$toolstack" create "$work/guest.cfg" >"$work/create.log" 2>&1 &
    creating=$!
    while kill -0 "$creating" 2>/dev/null; do check_once; done
    wait "$creating" || return 1
    timeout 180 "$toolstack" console "$guest" <&3 >"$work/console.log" 2>&1 &
    console=$!
    while kill -0 "$console" 2>/dev/null; do
        check_once
        grep -q 'xenfleet-guest: up' "$work/console.log" && break
    done
    "$toolstack" destroy "$guest" >"$work/destroy.log" 2>&1 || return 1
    wait "$console" 2>/dev/null
    check_once
    grep 'xenfleet-guest: up' "$work/console.log" | grep -q 'disk=xenfleet-disk: db1'
}

cat >"$work/guest.cfg" <<END
name = "$guest"
type = "pv"
memory = 128
kernel = "/srv/guests/kernel/vmlinuz"
ramdisk = "/srv/guests/kernel/initrd.img"
extra = "console=hvc0 xenfleet.boot=selfcheck"
disk = ["file:/srv/guests/db1.img,xvda,r"]
vif = ["bridge=xenbr0"]
END

# The console ends when its input does: give it one that never ends.
mkfifo "$work/input"
exec 3<>"$work/input"

status=0
round=0
while [ "$round" -lt "$rounds" ] && [ "$status" -eq 0 ]; do
    round=$((round + 1))
    tries=3
    until try_guest; do
        tries=$((tries - 1))
        "$toolstack" destroy "$guest" >/dev/null 2>&1
        # On a busy machine a hotplug script may take longer than the toolstack waits for it.
        echo "self check: the guest did not come up, $tries tries left"
        if [ "$tries" -eq 0 ]; then
            tail -n 20 "$work"/*.log
            status=3
            break
        fi
    done
done
rm -rf "$work" /var/log/xen/*"$guest"*
echo "self check: $right sums right, $wrong wrong, in $round rounds"
[ "$wrong" -eq 0 ] || exit 1
exit "$status"
