# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stub domain costs against a QEMU in dom0: `make demo`, then `/usr/bin/python3 tests/bench/device_model.py xen1`.

One guest is created by `xl create`, which returns when its device model runs, and destroyed, with one and the other in
turn, in one run on a host of the lab that has the image installed. Nothing passes or fails by the times.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

LAB = Path(__file__).resolve().parents[1] / "lab" / "lab"
ROUNDS = 5
# One line for each guest that was created: where its device model ran, seconds of xl create, and KiB that the device
# model takes: all of the stub domain's memory, or what the process in dom0 keeps resident.
SCRIPT = r"""
set -eu
image=/var/lib/xenfleet/images/qemu-stubdom-linux/current
stat -L -c '%n %s' "$image/qemu-stubdom-linux-kernel" "$image/qemu-stubdom-linux-rootfs"
disk=/root/bench.img
truncate -s 1M "$disk"
dom0() {
    cat <<END
name = "bench"
type = "hvm"
memory = 96
disk = [ "format=raw,vdev=hda,access=rw,target=$disk" ]
vnc = 0
sdl = 0
vga = "none"
serial = "null"
on_reboot = "destroy"
END
}
stub() {
    dom0
    cat <<END
device_model_version = "qemu-xen"
device_model_stubdomain_override = 1
stubdomain_kernel = "$image/qemu-stubdom-linux-kernel"
stubdomain_ramdisk = "$image/qemu-stubdom-linux-rootfs"
stubdomain_memory = 160
stubdomain_cmdline = "initcall_blacklist=boot_wait_for_devices loglevel=1"
END
}
for round in $(seq ROUNDS); do
    for place in dom0 stub; do
        "$place" >/root/bench.cfg
        begin=$(date +%s.%N)
        xl create -q /root/bench.cfg
        end=$(date +%s.%N)
        if [ "$place" = stub ]; then
            kib=$(xl list bench-dm | awk 'END { print $3 * 1024 }')
        else
            kib=$(awk '/^VmRSS/ { print $2 }' "/proc/$(pgrep -f -- "-xen-domid $(xl domid bench) ")/status")
        fi
        echo "$place $begin $end $kib"
        xl destroy bench
        while xl list | grep -q 'bench\|null'; do sleep 1; done
    done
done
rm -f "$disk" /root/bench.cfg
"""


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "xen1"
    command = [sys.executable, str(LAB), "ssh", name, "bash -s"]
    script = SCRIPT.replace("ROUNDS", str(ROUNDS))
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name}: {done.stderr.strip()}\n{done.stdout}")
    times: dict[str, list[float]] = {"dom0": [], "stub": []}
    kib: dict[str, list[float]] = {"dom0": [], "stub": []}
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] in times:
            times[words[0]].append(float(words[2]) - float(words[1]))
            kib[words[0]].append(float(words[3]))
        else:
            print(f"{words[0].rpartition('/')[2]}: {int(words[1]) / 1024 ** 2:.1f} MiB")
    print(f"{'device model in':<18}{'xl create, s: median':>22}{'least':>8}{'most':>8}{'memory, MiB':>14}")
    for place, label in (("dom0", "dom0"), ("stub", "a stub domain")):
        found = times[place]
        memory = statistics.median(kib[place]) / 1024
        print(f"{label:<18}{statistics.median(found):>22.1f}{min(found):>8.1f}{max(found):>8.1f}{memory:>14.0f}")
    ratio = statistics.median(times["stub"]) / statistics.median(times["dom0"])
    print(f"ratio of the medians: {ratio:.1f}; {ROUNDS} rounds")


if __name__ == "__main__":
    main()
