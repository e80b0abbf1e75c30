#!/bin/sh
# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash
# /init of a Linux stub domain: connect the devices of this domain with one QEMU, and run it.
# All output goes to console 0, in dom0: /var/log/xen/qemu-dm-GUEST.log. The last line states how it ended.
# Source of the protocol: Xen, docs/misc/stubdom.txt, "Toolstack to Linux ioemu stubdomain protocol".

export PATH=/usr/bin:/run/bin

# Each line has the seconds since this kernel started.
say() { echo "xenfleet-stubdom: $(cut -d ' ' -f 1 /proc/uptime 2> /dev/null) $*"; }

memory() { awk -v key="$1:" '$1 == key { print int($2 / 1024) " MiB" }' /proc/meminfo; }

stop() {
    say "FAILED: $*"
    /bin/busybox poweroff -f
    /bin/busybox sleep 60 # The hypervisor ends this domain before that is over.
}

# Wait until a command succeeds; the toolstack waits 30 seconds from the start of this domain.
await() {
    what=$1
    shift
    for _try in $(seq 1 250); do
        "$@" && return
        usleep 100000
    done
    stop "$what did not appear within 25 seconds"
}

/bin/busybox mount -t tmpfs -o mode=0755 tmp /run || stop "cannot mount /run"
/bin/busybox mkdir /run/bin
/bin/busybox --install -s /run/bin
mount -t devtmpfs dev /dev || stop "cannot mount /dev"
mount -t proc proc /proc || stop "cannot mount /proc"
mount -t sysfs sys /sys || stop "cannot mount /sys"
mount -t tmpfs -o mode=0755 tmp /tmp || stop "cannot mount /tmp"
# When QEMU in dom0 leaves console 0 unconnected (10.0 of Debian 13 does), a program that fills it waits for ever.
log=/dev/null
[ "$(xenstore-read "$(xenstore-read console/backend)/state")" = 4 ] && log=/dev/hvc0
exec 0<> "$log" 1>&0 2>&1
say "Linux $(uname -r) leaves $(memory MemTotal), of which $(memory MemAvailable) are free"

# A line is a module and its parameters. A kernel ignores an unknown parameter; a kernel in lockdown refuses it.
while read -r module parameters; do
    # shellcheck disable=SC2086 # several parameters are several words
    insmod "/usr/lib/modules/$module" $parameters || insmod "/usr/lib/modules/$module" \
        || stop "the kernel refuses its module $module"
done < /usr/lib/modules/order
echo 1048576 > /sys/module/xen_gntalloc/parameters/limit
# QEMU 10 reserves more address space than this domain has memory, and never uses it.
echo 1 > /proc/sys/vm/overcommit_memory
# This kernel must not send anything of its own on the guest's network.
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6

guest=$(xenstore-read target) || stop "xenstore does not name the guest that this domain serves"
path=$(xenstore-read "/local/domain/$guest/vm")/image/dm-argv || stop "xenstore has no entry of domain $guest"

has_nic() {
    nic=$(grep -lsx "device/vif/$1" /sys/class/net/*/device/nodename) && nic=${nic#/sys/class/net/} && nic=${nic%%/*}
}

# The emulated card is connected to a tap, and the tap to the real interface. That interface has the guest's own
# address, for which the bridge would deliver the guest's packets locally, so it gets another one.
connect_nic() {
    tap=${1#*ifname=}
    tap=${tap%%,*}
    number=${1#*id=net}
    number=${number%%,*}
    await "network interface $number" has_nic "$number"
    bridge_nic || stop "cannot connect $tap with network interface $number"
}

bridge_nic() {
    tunctl -t "$tap" > /dev/null \
        && ip link add "bridge$number" type bridge mcast_snooping 0 \
        && ip link set "$nic" address fe:ff:ff:ff:ff:ff \
        && ip link set "$nic" master "bridge$number" \
        && ip link set "$tap" master "bridge$number" \
        && ip link set "bridge$number" up \
        && ip link set "$nic" up \
        && ip link set "$tap" up
}

connect_disk() {
    disk=${1#*file=}
    disk=${disk%%,*}
    await "disk $disk" test -b "$disk"
}

# The state of a guest that is restored arrives on console 2 as soon as that is opened, and a console changes what it
# reads until it is set to raw. With this priority nothing else runs on the one processor of this domain before that.
receive_state() {
    mkfifo /run/incoming
    chrt --fifo 1 socat -u OPEN:/dev/hvc2,rdonly,rawer OPEN:/run/incoming,wronly &
    exec 3< /run/incoming
}

# One call for all, as each takes long. A value is a line; in it, xenstore-read escapes special characters as the %b of
# printf reads them. The dot protects line ends that $() would remove.
# shellcheck disable=SC2046 # the keys are numbers
xenstore-read $(xenstore-list "$path" | sort | sed "s|^|$path/|") > /run/arguments \
    || stop "the toolstack gave QEMU no arguments in $path"
set --
while IFS= read -r word; do
    case $word in
        *\\*)
            word=$(printf '%b.' "$word")
            word=${word%.}
            ;;
    esac
    # shellcheck disable=SC2016 # the word itself, as the toolstack writes it
    case $word in
        '$STUBDOM_RESTORE_INCOMING_ARG')
            receive_state
            word=fd:3
            ;;
        *file=/dev/xvd*) connect_disk "$word" ;;
        *type=tap*ifname=*) connect_nic "$word" ;;
    esac
    set -- "$@" "$word"
done < /run/arguments

# The toolstack makes QEMU write its state to file descriptor set 1; the relay sends that to console 1. QEMU drops its
# sets when its last monitor is closed, so one more stays open, which no program can write to. The console stays raw
# only while a process has it open.
exec 5<> /dev/hvc1
stty raw -echo <&5 || stop "cannot use console 1"
exec 4> /run/state
echo 0 > /run/state.sent
say "starting QEMU for domain $guest"
qemu "$@" \
    -add-fd fd=4,set=1 \
    -chardev socket,id=monitor,path=/run/qemu.monitor,server=on,wait=off -mon chardev=monitor,mode=control \
    -chardev ringbuf,id=kept -mon chardev=kept,mode=control 5<&- &
qemu=$!
exec 3<&- 4>&-

ended() { ! kill -0 "$qemu" 2> /dev/null; }
monitor_or_end() { [ -S /run/qemu.monitor ] || ended; }
await "QEMU's monitor" monitor_or_end
say "QEMU has its monitor; $(memory MemAvailable) are free"

socat UNIX-LISTEN:/run/monitor,fork EXEC:/usr/bin/qmp-relay &
await "the monitor's relay" test -S /run/monitor
# The proxy serves one connection after another. 0 is the domain that the toolstack runs in.
until ended; do
    vchan-socket-proxy --mode=server 0 "device-model/$guest/qmp-vchan" /run/monitor
    sleep 1
done &

wait "$qemu"
status=$?
[ $status -eq 0 ] || stop "QEMU ended with status $status; its messages are above"
say "QEMU has ended; this domain ends, too"
poweroff -f
