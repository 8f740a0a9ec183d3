#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A driver can reset its link in probe() in a hotplug slot, also while another process resets its device.
# modules: tests/intree/kmod
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

uptime_ms() {
	awk '{ print int($1 * 1000) }' /proc/uptime
}

registers() {
	setpci -s "$device" CACHE_LINE_SIZE COMMAND BASE_ADDRESS_0 | paste -sd ' '
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
echo reset_in_probe >"$file/driver_override"
echo "$device" >/sys/bus/pci/drivers_probe
sleep 3
like "$(dmesg)" "$device: link reset in probe: 0" 'the reset in probe() succeeds'
is "$(dmesg | grep -c "$device: removed")" 0 'the driver was not unbound'
is "$(stat -Lc %i "$file" 2>&1)" "$inode" 'the device was not removed'
is "$(registers)" "$before" 'config space is restored'

echo "$device" >/sys/bus/pci/drivers/reset_in_probe/unbind
echo 1000 >/sys/module/reset_in_probe/parameters/wait_ms
(sleep 0.3 && echo 1 >"$file/reset" && echo reset >other) &
(sleep 0.5 && start=$(uptime_ms) && setpci -s "${sim_bus[0]}:01.0" COMMAND >/dev/null && echo $(($(uptime_ms) - start)) >config) &
echo "$device" >/sys/bus/pci/drivers_probe
wait
is "$(dmesg | grep -c "$device: link reset in probe: 0")" 2 'it succeeds while another process wants to reset the device'
is "$(cat other)" reset 'the other reset follows'
less "$(cat config)" 450 'config space of the bridge can be read meanwhile'
plan
