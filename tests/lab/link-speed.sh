#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# reset --link-speed: the link comes up at that speed, the report equals the simulated hardware, and the port is as before, also after a
# failure and without the caller. An impossible speed is refused, and nothing is touched.
# topology: empty
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# icount: yes
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# machine PORT-SETTING... [-- CARD-SETTING...]
machine() {
	local of_port=() of_card=()

	while (($#)) && [[ $1 != -- ]]; do
		of_port+=("$1") && shift
	done
	shift
	of_card=("$@")
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port speed=4 width=8 "${of_port[@]}" &&
		sim_set 01.0/00.0 "${driverless[@]}" speed=4 width=8 "${of_card[@]}" && sim_live || return
	before=$(control_2)
}

control_2() {
	setpci -s "$port" CAP_EXP+30.w
}

# has SPEED DESC: the code that the simulator's own register has, and all of Link Control 2 is as before.
has() {
	is $((0x$(setpci -s "$port" CAP_EXP+12.w) & 0xf)) "$1" "$2: the hardware has it"
	is "$(control_2)" "$before" "$2: Link Control 2 is as before"
}

# gives STATUS PATTERN DESC OPTION...
gives() {
	exits "$1" "$3" pcireset reset "$card" --yes --timeout 3s "${@:4}"
	like "$output" "$2" "$3: says so"
}

# refuses STATUS PATTERN DESC OPTION...: no reset.
refuses() {
	local resets

	sim_count 01.0/00.0 bus
	resets=$REPLY
	gives "$@"
	sim_count 01.0/00.0 bus
	is "$REPLY $(control_2)" "$resets $before" "$3: nothing was touched"
}

trains() {
	machine
	config_dump config "$port" "$card"
	gives 0 'bus, verified.*; the link has 8 GT/s x8' 'bus' --type bus --link-speed 8
	has 3 'bus'
	config_dump config-after "$port" "$card"
	config_is_same config config-after 'all else is as before'
	gives 0 'bus, verified.*the link has 8 GT/s' 'the same speed again, with its unit' --type bus --link-speed 8GT/s
	gives 0 'link_disable, verified.*the link has 16 GT/s x8' 'link_disable' --type link_disable --link-speed 16
	has 4 'link_disable'
	gives 0 '"link":' 'JSON' --type bus --link-speed 2.5 --json
	like "${output//[$'\n ']/}" '"link":\{"port":"'"$port"'","up":true,"speed_gts":2.5,"width":8,"target_speed_gts":16.0,"equalization":"none"\}' \
		'JSON: the link'
	has 1 'JSON'
	sim_set 01.0 retrain_us=200000
	gives 0 'the link has 5 GT/s' 'a link that is slow at first' --type bus --link-speed 5
	has 2 'a link that is slow at first'
	sim_set 01.0 retrain_us=0
	setpci -s "$port" CAP_EXP+30.w=22
	before=$(control_2)
	gives 0 'the link has 16 GT/s' 'a port with a lower target' --type bus --link-speed 16
	has 4 'a port with a lower target'
	sim_clear
	machine hotplug=1
	gives 0 'slot, verified.*the link has 5 GT/s' 'slot' --type slot --link-speed 5
	has 2 'slot'
	sim_clear
	machine cxl=1
	gives 0 'cxl_bus, verified.*the link has 5 GT/s' 'cxl_bus' --type cxl_bus --link-speed 5
	has 2 'cxl_bus'
	sim_clear
	machine -- count=2
	exits 0 'two functions' pcireset reset "$card" "${card%0}1" --type bus --link-speed 8
	sim_count 01.0/00.0 bus
	is "$REPLY" 2 'two functions: one reset for both'
	has 3 'two functions'
	sim_clear
}

fails() {
	machine
	sim_set 01.0 return_speed=1
	gives 4 'failed \(EIO\): .*; the link has 2.5 GT/s x8' 'a link that stays slow' --type bus --link-speed 8
	has 1 'a link that stays slow'
	sim_set 01.0 return_speed=4
	gives 4 'failed \(EIO\): .*; the link has 16 GT/s x8' 'a link that ignores the limit' --type bus --link-speed 8 --check proof
	has 4 'a link that ignores the limit'
	sim_set 01.0 return_speed=0 equalization=failed
	gives 4 'the link has 8 GT/s x8, its equalization failed' 'equalization that fails' --type bus --link-speed 8
	sim_set 01.0 equalization=requested
	gives 4 'the link has 8 GT/s x8, its equalization is not complete' 'equalization that is asked for again' \
		--type bus --link-speed 8
	sim_set 01.0 equalization=complete
	gives 0 'the link has 8 GT/s x8' 'equalization that is complete' --type bus --link-speed 8
	has 3 'equalization that is complete'
	sim_set 01.0 link_up_us=never
	gives 4 'did not come back.*; the link is down' 'a link that never comes up' --type bus --link-speed 8
	is "$(control_2)" "$before" 'a link that never comes up: Link Control 2 is as before'
	sim_clear
	machine lose_control=1
	before=$(control_2)
	gives 4 '; the link has 16 GT/s' 'a port that loses the limit' --type bus --link-speed 8
	is "$(control_2)" "$before" 'a port that loses the limit: Link Control 2 is as before'
	sim_clear
}

refusals() {
	machine -- speed=2
	refuses 3 'supports at most 5 GT/s' 'a speed that the card lacks' --type bus --link-speed 8
	refuses 3 'does not support 64 GT/s' 'a speed that the port lacks' --type bus --link-speed 64
	refuses 2 'is not a speed of PCI Express' 'no speed at all' --type bus --link-speed 7
	refuses 2 'flr would not' 'a type that trains no link' --type flr,bus --link-speed 5
	refuses 3 'only a current module' 'without the module' --type bus --link-speed 5 --no-module
	exits 2 'a mistake' pcireset reset "$card" --type bus --link-speed fast
	like "$output" "invalid speed 'fast'" 'a mistake: says so'
	sim_clear
}

killed() {
	local at job wrong=()

	machine
	sim_set 01.0 link_up_us=200000
	for ((at = 0; at < 500; at += 50)); do
		pcireset reset "$card" --type bus --link-speed 8 --yes --quiet 2>/dev/null &
		job=$!
		in_seconds "$at"
		sleep "$REPLY"
		kill -9 "$job" 2>/dev/null
		wait "$job" 2>/dev/null
		sleep 1
		[[ $(control_2) == "$before" ]] || wrong+=("$at ms: $(control_2)")
	done
	is "${wrong[*]}" '' 'killed at ten moments: Link Control 2 is as before'
	sim_clear
}

sim_load
port=${sim_bus[0]}:01.0 card=${sim_bus[1]}:00.0
trains
fails
refusals
killed
plan
