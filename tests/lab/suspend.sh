#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A suspend during a reset happens after the reset, and neither loses anything. A suspend waits for a late function
# while it may still return, but no longer than the caller.
# icount: yes
# topology: empty
# nightly: 6.1 6.12
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-kernel.sh"
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

# late_reset MICROSECONDS: resets the first function, which takes that long; the caller does not wait for it.
late_reset() {
	sim_set 01.0/00.0 ready_flr_us="$1"
	exits 4 'late: the caller does not wait' pcireset reset "${card[1]}" --type flr --timeout 500ms --yes --quiet
	log_mark
}

# ended_before_freeze WORDS DESC: the log says so before processes were frozen.
ended_before_freeze() {
	like "$(log_since | grep -oE "$1|Freezing user space|Freezing remaining" | head -n 1)" "^$1" "$2"
}

# suspends_after_late MICROSECONDS WORDS DESC: longer than the 20 s limit of the freezer.
suspends_after_late() {
	late_reset "$1"
	exits 0 "$3: the machine suspends" bash -c 'echo freeze >/sys/power/state'
	ended_before_freeze "$2" "$3: before that"
}

# The process that requested suspend is killed: it stops waiting, and the function is still restored.
killed_while_late() {
	local job

	late_reset 30000000
	(exec bash -c 'echo freeze >/sys/power/state') 2>/dev/null &
	job=$!
	sleep 2
	kill -9 "$job"
	wait "$job" 2>/dev/null
	is "$?" 137 'late, killed: suspend is not waited for any longer'
	is "$(log_since | grep -c 'Freezing user space')" 0 'late, killed: nothing was suspended'
	sleep 30
	like "$(log_since)" 'and restored' 'late, killed: it is restored'
}

sim_load
card=("${sim_bus[0]}:01.0" "${sim_bus[1]}:00.0" "${sim_bus[1]}:00.1")
sim_node 01.0 kind=root-port hotplug=1
sim_node 01.0/00.0 && sim_node 01.0/00.1
sim_live
sim_set 01.0/00.0 ready_flr_us=2000000 ready_bus_us=2000000
suspends_during flr
suspends_during slot
config_dump before "${card[@]}"
suspends_after_late 30000000 'back [0-9]+ ms after its reset, and restored' 'late'
killed_while_late
config_dump after "${card[@]}"
config_is_same before after 'late: everything has its configuration back'
suspends_after_late never 'not back [0-9]+ ms after its reset' 'never back'
exits 0 'the driver is bound still' test -e "$devices/${card[1]}/driver"
plan
