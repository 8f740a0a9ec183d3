#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A driver can reset its link in probe() in a hotplug slot, also while another process resets its device.
# modules: tests/intree/kmod
# shift: 0
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

registers() {
	setpci -s "$device" CACHE_LINE_SIZE COMMAND BASE_ADDRESS_0 2>&1 | paste -sd ' '
}

sim_load
sim_node 01.0 kind=root-port hotplug=1
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
device=${sim_bus[1]}:00.0
file=/sys/bus/pci/devices/$device
setpci -s "$device" CACHE_LINE_SIZE=10 COMMAND=2
before=$(registers)
inode=$(stat -Lc %i "$file")
modprobe reset_in_probe
bind "$device" reset_in_probe
sleep 3
result=$(dmesg | sed -n "s/.*$device: link reset in probe: //p" | head -n 1)
count_log "$device: removed"
shows 'reset by LINK in probe() in a hotplug slot' "returns $result, driver unbound $REPLY times"
is "$result" 0 'the reset in probe() succeeds'
is "$REPLY" 0 'the driver was not unbound'
is "$(stat -Lc %i "$file" 2>&1)" "$inode" 'the device was not removed'
is "$(registers)" "$before" 'config space is restored'

echo "$device" >/sys/bus/pci/drivers/reset_in_probe/unbind
echo 1000 >/sys/module/reset_in_probe/parameters/wait_ms
(sleep 0.3 && echo 1 >"$file/reset" && echo reset >other) &
(sleep 0.5 && started=$EPOCHREALTIME && setpci -s "${sim_bus[0]}:01.0" COMMAND >/dev/null && milliseconds_since "$started" && echo "$REPLY" >config) &
echo "$device" >/sys/bus/pci/drivers_probe
wait
count_log "$device: link reset in probe: 0"
is "$REPLY" 2 'it succeeds while another process wants to reset the device'
is "$(cat other)" reset 'the other reset follows'
less "$(cat config)" 450 'config space of the bridge can be read meanwhile'
plan
