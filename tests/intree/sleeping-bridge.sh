#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A bridge that sleeps forwards nothing. reset_subordinate wakes it before the state of what is below it is saved, and lets it sleep
# again.
# append: pcie_port_pm=force
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

devices=/sys/bus/pci/devices

# all_sleep: the port sleeps when its function does.
all_sleep() {
	[[ $(<"$devices/$device/power/runtime_status") == suspended && $(<"$devices/$port/power/runtime_status") == suspended ]]
}

# set_power auto|on
set_power() {
	echo "$1" >"$devices/$port/power/control"
	echo "$1" >"$devices/$device/power/control"
}

# command_and_bar: sets REPLY to both of the function.
command_and_bar() {
	REPLY="$(setpci -s "$device" COMMAND) $(setpci -s "$device" BASE_ADDRESS_0)"
}

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
port=${sim_bus[0]}:01.0 device=${sim_bus[1]}:00.0
set_power on
setpci -s "$device" COMMAND=0006
command_and_bar
before=$REPLY
set_power auto
exits 0 'the port sleeps' wait_for all_sleep
run bash -c "echo 1 >$devices/$port/reset_subordinate"
shows 'reset_subordinate of a port that sleeps' "${output##*: }${output:+, }exit status $status"
is "$status" 0 'the reset succeeds'
sim_count 01.0/00.0 bus
is "$REPLY" 1 'the bus was reset'
exits 0 'the port sleeps again' wait_for all_sleep
set_power on
command_and_bar
is "$REPLY" "$before" 'the function below has its registers'
plan
