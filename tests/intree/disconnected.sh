#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A driver whose device was unplugged in its probe() is told so at once, and no method is tried.
# modules: tests/intree/kmod
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

sim_load
sim_node 01.0 kind=root-port hotplug=1
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
device=${sim_bus[1]}:00.0
echo 'format "reset via" +p' >/proc/dynamic_debug/control
modprobe reset_in_probe any=1 wait_ms=5000
bind "$device" reset_in_probe &
sleep 1
# pciehp finds the device disconnected, and its removal waits for the driver.
sim_set 01.0 present=0
wait
result=$(dmesg | sed -n "s/.*$device: function reset in probe: //p" | head -n 1)
methods=$(dmesg | sed -n "s/.*$device: reset via //p" | paste -sd ' ')
shows 'reset in probe() of a device that was unplugged' "returns $result, methods tried: ${methods:-none}"
is "$result" -19 'the reset says that the device is gone'
is "$methods" '' 'no method is tried'
plan
