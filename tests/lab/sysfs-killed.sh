#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Kills a reset without the module at every step. "pcireset doctor" finds and restores each changed reset_method, and
# keeps values that another process has written later.
# topology: empty
# icount: yes
# nightly: 6.1 6.12
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

list='flr pm bus'

method_of() {
	read -r method <"$devices/$1/reset_method"
}

# kill_after MILLISECONDS: the journal names every change at that moment, and every change can be undone.
kill_after() {
	local job

	in_seconds "$1"
	pcireset reset "$card" --type flr --no-module --quiet 2>/dev/null &
	job=$!
	# A process that sleeps would take longer to start than there is time.
	read -r -t "$REPLY" -u "$silence"
	kill -9 "$job" 2>/dev/null
	wait "$job" 2>/dev/null
	method_of "$card"
	run pcireset doctor
	if [[ $method != "$list" ]]; then
		left=$((left + 1))
		((status == 1)) || wrong+=("killed after $1 ms, reset_method is \"$method\", and doctor: $output")
	fi
	run pcireset doctor --repair
	((status == 0)) || wrong+=("killed after $1 ms, doctor --repair: $output")
	method_of "$card"
	[[ $method == "$list" && -z $(ls /run/pcireset) ]] || wrong+=("killed after $1 ms, reset_method is \"$method\" for good")
	config_dump after "$card"
	pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after >differences 2>&1 || wrong+=("killed after $1 ms: $(<differences)")
}

# moments NR MILLISECONDS: prints so many, as far apart as the first is from the beginning.
moments() {
	local i

	for ((i = 1; i <= $1; i++)); do
		echo $((i * $2 / $1))
	done
}

# kill_at DESC MOMENT...: milliseconds after the beginning. DESC is the state of the function meanwhile.
kill_at() {
	local desc=$1 at wrong=() left=0 moments=$(($# - 1))

	shift
	for at; do
		kill_after "$at"
	done
	if ((${#wrong[@]} == 0)); then
		ok "$desc: killed at $moments moments, of which $left left a narrowed reset_method"
	else
		not_ok "$desc: killed at $moments moments" "${wrong[@]}"
	fi
	like "$left $((moments - left))" '^[1-9][0-9]* [1-9][0-9]*$' "$desc: some left something to repair, and some did not"
}

# left_behind: in the middle of a reset, so that reset_method stays narrowed.
left_behind() {
	pcireset reset "$card" --type flr --no-module --quiet 2>/dev/null &
	sleep_ms $((start_ms + 350))
	kill -9 $!
	wait $! 2>/dev/null
	method_of "$card"
	is "$method" flr 'a reset was killed, and reset_method stays narrowed'
}

sim_load
card=${sim_bus[1]}:00.0
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
sim_set 01.0/00.0 ready_flr_us=450000
mkdir -p /run/pcireset
config_dump before "$card"

tool_start "$card"
# Dense at first, when it starts, reads the machine, takes the lock, and writes one file after the other.
mkfifo silence
exec {silence}<>silence
# shellcheck disable=SC2046
kill_at 'it resets' $(moments 26 $((start_ms + 20))) $(seq $((start_ms + 60)) 60 $((start_ms + 720)))
# Then the bit that is to prove the reset is to be cleared as well.
sim_set 01.0/00.0 ignore=flr
started=$EPOCHREALTIME
pcireset reset "$card" --type flr --no-module --quiet 2>/dev/null
milliseconds_since "$started"
# shellcheck disable=SC2046
kill_at 'it does nothing' $(moments 30 $((REPLY * 5 / 4)))
sim_set 01.0/00.0 ignore=none

left_behind
exits 3 'no further reset before it is repaired' pcireset reset "$card" --type flr --no-module
like "$output" 'doctor --repair' 'and it is said what to do'
exits 1 'doctor finds it' pcireset doctor
exits 0 'doctor repairs it' pcireset doctor --repair
exits 0 'and then it can be reset' pcireset reset "$card" --type flr --no-module
left_behind
echo 'bus pm' >"$devices/$card/reset_method"
exits 0 'what somebody else wrote since: doctor tells' pcireset doctor
like "$output" 'has changed reset_method since' 'and says so'
exits 0 'and forgets it' pcireset doctor --repair
method_of "$card"
is "$method" 'bus pm' 'and leaves it alone'
is "$(ls /run/pcireset)" '' 'no journal is left'

# The same address, and another device: found again, it has a list of its own.
echo default >"$devices/$card/reset_method"
left_behind
echo 1 >"$devices/$card/remove"
exits 0 'of a function that is gone nothing is to be repaired' pcireset doctor
echo 1 >/sys/bus/pci/rescan
echo flr >"$devices/$card/reset_method"
exits 0 'nor of one that was found again' pcireset doctor --repair
method_of "$card"
is "$method" flr 'whose reset_method is its own'
sim_clear
plan
