#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# User space has no access to config space of a device that its driver resets in probe().
# modules: tests/intree/kmod
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" ready_flr_us=2000000
sim_live
device=${sim_bus[1]}:00.0
setpci -s "$device" CACHE_LINE_SIZE=10
vendor=$(setpci -s "$device" VENDOR_ID)
modprobe reset_in_probe any=1
bind "$device" reset_in_probe &
sleep 1
read_value=$(setpci -s "$device" VENDOR_ID)
setpci -s "$device" CACHE_LINE_SIZE=20
wait
written=$(setpci -s "$device" CACHE_LINE_SIZE)
shows 'setpci during a reset in probe(): read of a Vendor ID, write of 20' "$read_value; ${written/10/lost}"
count_log "$device: function reset in probe: 0"
is "$REPLY" 1 'the reset in probe() succeeds'
is "$read_value" "$vendor" 'a read waits for the end of the reset'
is "$written" 20 'a write waits, and is not lost'
plan
