#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Many devices in one command: as slow as the slowest, one reset for one link, and none holds up or harms another.
# topology: empty
# icount: yes
# quick: yes
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# card NUMBER KEY=VALUE...: that many functions, in devices of eight, below one port; "fns" are their names.
card() {
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 "${@:2}" "count=$1"
	sim_live
	fns=("${sim_bus[1]}":0{0..7}.{0..7})
	fns=("${fns[@]:0:$1}")
}

# results WORD: how many of the last command's resets ended that way.
results() {
	grep -c "\"result\": \"$1\"" <<<"$output"
}

# issued TYPE: how many resets of that type the functions have seen.
issued() {
	sim_count 01.0/00.0 "$1" && echo "$REPLY"
}

many_flrs() {
	local one

	card 64 "${driverless[@]}"
	sim_set 01.0/00.0 ready_flr_us=1000000
	started=$EPOCHREALTIME
	exits 0 'one FLR' pcireset reset "${fns[0]}" --type flr --quiet
	milliseconds_since "$started"
	one=$REPLY
	started=$EPOCHREALTIME
	exits 0 '64 FLRs: all verified' pcireset reset "${fns[@]}" --type flr --json
	is "$(results verified)" 64 'and all told of'
	# The emulated CPU has 64 times the registers to save and compare.
	took_less $((one + 2000)) 'in the time of one, and not of 64'
	is "$(issued flr)" 65 'each was reset once'
	sim_clear
}

# No more than 32: lockdep, in the kernels that have it, gives up where a task holds 48 locks.
one_reset_for_a_link() {
	card 32 "${driverless[@]}"
	exits 0 '32 times bus: all verified' pcireset reset "${fns[@]}" --type bus --json
	is "$(results verified)" 32 'and all told of'
	is "$(issued bus)" 32 'each was reset once: there was one reset of the link'
	sim_clear
}

# Two functions of one card with a switch above, and one on another port of it.
two_below_a_switch() {
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 kind=upstream
	sim_node 01.0/00.0/00.0 kind=downstream
	sim_node 01.0/00.0/00.0/00.0 "${driverless[@]}" count=2
	sim_node 01.0/00.0/01.0 kind=downstream
	sim_node 01.0/00.0/01.0/00.0 "${driverless[@]}"
	sim_live
	fns=("${sim_bus[3]}":00.{0,1} "${sim_bus[3]%:*}:$(printf %02x $((16#${sim_bus[3]#*:} + 1))):00.0")
	exits 0 'two links below a switch: all verified' pcireset reset "${fns[@]}" --type bus --json
	is "$(results verified)" 3 'and all told of'
	sim_count 01.0/00.0/00.0/00.0 bus
	is "$REPLY" 2 'both functions of the first link by one reset'
	sim_count 01.0/00.0/01.0/00.0 bus
	is "$REPLY" 1 'that of the other link by another one'
	sim_clear
}

dead_one_holds_up_nobody() {
	card 64 "${driverless[@]}"
	sim_set 01.0/00.0 only=7 ready_flr_us=never
	exits 64 'one of 64 never comes back: only some succeeded' pcireset reset "${fns[@]}" --type flr --timeout 3s --json
	is "$(results verified)" 63 '63 are verified'
	is "$(results failed)" 1 'one has failed'
	sed -nE '/"result": "verified"/,/"total_ms"/s/.*"total_ms": *([0-9]+).*/\1/p' <<<"$output" >totals
	is "$(awk '$1 < 2500' totals | wc -l)" 63 'none of them waited for it'
	sim_clear
}

slow_drivers_wait_side_by_side() {
	card 64
	echo 1000 >/sys/module/pcisim/parameters/done_ms
	started=$EPOCHREALTIME
	exits 0 '64 drivers that take 1 s in reset_done: all verified' pcireset reset "${fns[@]}" --type flr --json
	took_less 5000 'at once, not in turn'
	echo 0 >/sys/module/pcisim/parameters/done_ms
	sim_clear
}

# A PF and its VFs overlap, so that they are reset in turn: some have not begun when the signal comes.
interrupted() {
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0
	sim_node 01.0/00.0/vf count=8
	sim_live
	echo 8 >"$devices/${sim_bus[1]}:00.0/sriov_numvfs"
	sim_set 01.0/00.0/vf ready_flr_us=500000
	fns=("${sim_bus[1]}":01.{0..7} "${sim_bus[1]}:00.0")
	config_dump before "${fns[@]}"
	exits 64 'interrupted: only some succeeded' timeout -s INT 2 pcireset reset "${fns[@]}" --type flr --json
	is $(($(results verified) + $(results refused))) 9 'each is either verified or refused'
	like "$output" 'EINTR' 'refused by the signal'
	like "$output" 'cancelled before it began' 'in words'
	sim_count 01.0/00.0/vf flr
	((REPLY += $(issued flr)))
	is "$REPLY" "$(results verified)" 'what is refused was not reset'
	config_dump after "${fns[@]}"
	exits 0 'nothing is half done' config_is_same before after
	sim_clear
}

# ends_soon SECONDS DESC: the reset of all, killed after that time.
ends_soon() {
	pcireset reset "${fns[@]}" --type flr --quiet &
	sleep "$1"
	started=$EPOCHREALTIME
	kill -9 $!
	wait $! 2>/dev/null
	took_less 3000 "$2"
}

# A thread of the module goes on after the caller's end, for as long as the specification gives a function.
killed() {
	card 64 "${driverless[@]}"
	sim_set 01.0/00.0 ready_flr_us=600000
	config_dump before "${fns[@]}"
	ends_soon 0.7 'killed: it ends soon'
	config_dump after "${fns[@]}"
	exits 0 'and all is as it was before' config_is_same before after
	exits 0 'the next reset of all is verified' pcireset reset "${fns[@]}" --type flr --quiet
	sim_set 01.0/00.0 ready_flr_us=never
	ends_soon 2 'killed while none comes back: it ends soon'
	sim_clear
}

sim_load
many_flrs
one_reset_for_a_link
two_below_a_switch
dead_one_holds_up_nobody
slow_drivers_wait_side_by_side
interrupted
killed
plan
