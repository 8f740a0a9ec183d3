#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows that a machine which is told to suspend during a reset does so after it, and that nothing is lost by either.
# icount: yes
# topology: empty
# timeout: 180
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# The kernel suspends all devices, waits 5 s and resumes them, without the firmware's part.
[[ -e /sys/power/pm_test ]] || skip_all 'this kernel cannot test suspend'
echo devices >/sys/power/pm_test

# suspends_during TYPE: the reset takes 2 s, and suspend is asked for after half of it.
suspends_during() {
	local job asked

	config_dump before "${card[@]}"
	pcireset reset "${card[1]}" --type "$1" --yes >report 2>&1 &
	job=$!
	sleep 1
	asked=$EPOCHREALTIME
	exits 0 "$1: the machine suspends" bash -c 'echo freeze >/sys/power/state'
	milliseconds_since "$asked"
	less 5000 "$REPLY" "$1: for 5 s, in ms"
	wait "$job"
	is "$?" 0 "$1: the reset is verified"
	config_dump after "${card[@]}"
	config_is_same before after "$1: everything has its configuration back"
	exits 0 "$1: the next reset is verified too" pcireset reset "${card[1]}" --type "$1" --yes --quiet
}

sim_load
card=("${sim_bus[0]}:01.0" "${sim_bus[1]}:00.0" "${sim_bus[1]}:00.1")
sim_node 01.0 kind=root-port hotplug=1
sim_node 01.0/00.0 && sim_node 01.0/00.1
sim_live
sim_set 01.0/00.0 ready_flr_us=2000000 ready_bus_us=2000000
suspends_during flr
suspends_during slot
exits 0 'the driver is bound still' test -e "$devices/${card[1]}/driver"
plan
