#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Kills the caller at every step of a reset. The reset ends within the second that a function may take, functions that
# return get their configuration back, no lock stays, and the module cannot be unloaded in the meantime.
# topology: empty
# icount: yes
# kcsan: yes
# nightly: 6.1 6.12
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# kill_after SECONDS TYPE: the reset takes about 0.6 s, most of it until the functions answer.
kill_after() {
	local job killed

	config_dump before "${card[@]}"
	pcireset reset "${card[0]}" --type "$2" --yes --quiet 2>/dev/null &
	job=$!
	sleep "$1"
	killed=$EPOCHREALTIME
	kill -9 "$job" 2>/dev/null
	wait "$job" 2>/dev/null
	milliseconds_since "$killed"
	((REPLY < 1200)) || wrong+=("killed after $1 s, it ended after $REPLY ms")
	config_dump after "${card[@]}"
	pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after >differences 2>&1 ||
		wrong+=("killed after $1 s: $(cat differences)")
	run pcireset reset "${card[0]}" --type "$2" --yes --quiet
	((status == 0)) || wrong+=("killed after $1 s, the next reset: $output")
}

# kills_everywhere TYPE: 20 ms apart, from before the process has opened the device until after its end; it has to start first.
kills_everywhere() {
	local at from=$((start_ms > 100 ? start_ms - 100 : 0)) wrong=()

	for ((at = from; at < from + 760; at += 20)); do
		in_seconds "$at"
		kill_after "$REPLY" "$1"
	done
	if ((${#wrong[@]} == 0)); then
		ok "$1: killed at 38 moments"
	else
		not_ok "$1: killed at 38 moments" "${wrong[@]}"
	fi
}

# A killed caller gives up a function that does not return in time, and writes nothing to it.
killed_while_it_is_dead() {
	local job killed

	sim_set 01.0/00.0 ready_flr_us=never
	watch_writes
	pcireset reset "${card[0]}" --type flr --timeout 60s --quiet 2>/dev/null &
	job=$!
	sleep 3
	exits 1 'it cannot be unloaded during a reset' rmmod pcireset
	killed=$EPOCHREALTIME
	kill -9 "$job"
	wait "$job" 2>/dev/null
	milliseconds_since "$killed"
	less_time "$REPLY" 200 'killed long after: it ends at once, in ms'
	is "$(writes_of pcireset | grep -c ' 1$')" 0 'nothing was written to what did not answer'
	exits 0 'the sibling can be reset' pcireset reset "${card[1]}" --type flr --quiet
}

sim_load
card=("${sim_bus[1]}:00.0" "${sim_bus[1]}:00.1")
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" && sim_node 01.0/00.1 "${driverless[@]}"
sim_live
for node in 01.0/00.0 01.0/00.1; do
	sim_set "$node" ready_flr_us=450000 ready_bus_us=350000
done
tool_start "${card[0]}"
kills_everywhere flr
kills_everywhere bus
killed_while_it_is_dead
sim_clear
exits 0 'and unloaded then' rmmod pcireset
plan
