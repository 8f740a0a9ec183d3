#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A driver can change the speed of its link in probe() as hfi1 does, in a hotplug slot: set the speed, reset the link, and find
# its registers restored.
# modules: tests/intree/kmod
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

speed() {
	cat "$file/current_link_speed"
}

# come_up_slowly: the card is inserted again, and its link trains at 2.5 GT/s.
come_up_slowly() {
	sim_set 01.0 present=0
	sleep 3
	sim_set 01.0 return_speed=1 present=1
	sleep 5
	sim_set 01.0 return_speed=0
}

sim_load
sim_node 01.0 kind=root-port hotplug=1 speed=4 dllla=1
sim_node 01.0/00.0 "${driverless[@]}" speed=4
sim_live
device=${sim_bus[1]}:00.0
file=/sys/bus/pci/devices/$device
come_up_slowly
like "$(speed)" '^2.5 GT/s' 'the link comes up at 2.5 GT/s'
setpci -s "$device" CACHE_LINE_SIZE=10
before=$(setpci -s "$device" BASE_ADDRESS_0 CACHE_LINE_SIZE)
modprobe reset_in_probe speed=3
bind "$device" reset_in_probe
sleep 3
count_log "$device: link reset in probe: 0"
resets=$REPLY
count_log "$device: removed"
after=$(setpci -s "$device" BASE_ADDRESS_0 CACHE_LINE_SIZE 2>&1)
shows 'change of the link speed in probe(), as hfi1' \
	"$(speed 2>&1 | sed 's/ PCIe//'), driver unbound $REPLY times, registers $([[ $after == "$before" ]] && echo restored || echo lost)"
like "$(speed 2>&1)" '^8.0 GT/s' 'the link has the speed that the driver has set'
is "$resets" 1 'the reset succeeded'
is "$REPLY" 0 'the driver was not unbound'
is "$after" "$before" 'its registers are restored'
plan
