#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Many devices in one command take as long as the slowest one. One reset serves all if possible, and no device delays or
# harms another.
# topology: empty
# icount: yes
# quick: yes
# nightly: 6.12
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

# issued TYPE [NODE]: how many resets of that type the functions have seen.
issued() {
	sim_count "${2:-01.0/00.0}" "$1" && echo "$REPLY"
}

# few_files COMMAND...: runs it with a hard limit of open files that is too low.
few_files() (
	ulimit -n 40
	"$@"
)

many_flrs() {
	local one

	card 64 "${driverless[@]}"
	sim_set 01.0/00.0 ready_flr_us=1000000
	started=$EPOCHREALTIME
	exits 0 'one FLR' pcireset reset "${fns[0]}" --type flr --quiet
	milliseconds_since "$started"
	one=$REPLY
	started=$EPOCHREALTIME
	exits 0 '64 FLRs, where 40 files may be open: all verified' few_files pcireset reset "${fns[@]}" --type flr --json
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
	# In turn they would take 64 s and more. The kernel's checkers make half a minute of work of the resets themselves.
	took_less $((${PCILAB_SLOWNESS:-1} > 1 ? 9000 : 5000)) 'at once, not in turn'
	echo 0 >/sys/module/pcisim/parameters/done_ms
	sim_clear
}

# All functions of the bus are named: one reset of the bus is fewer than eight of theirs.
chosen_for_all_of_a_bus() {
	local why='one bus reset instead of 8 flr: all functions that it affects are named'

	card 8 "${driverless[@]}"
	exits 0 'plan of all functions of a bus' pcireset plan "${fns[@]}" --type any
	like "$output" "^${fns[0]}: bus would affect 8 functions" 'the bus is chosen'
	like "$output" "$why" 'and it says why'
	exits 0 'plan as JSON' pcireset plan "${fns[@]}" --type any --json
	is "$(grep -c "\"chosen_why\": \"$why\"" <<<"$output")" 8 'each says why'
	is "$(grep -c "\"shares\": \"${fns[0]}\"" <<<"$output")" 7 'and which one it shares the reset of'
	like "$output" '"expected_ms": 102.0' 'and how long that takes at least'
	config_dump before "${fns[@]}"
	exits 0 'reset of all: verified' pcireset reset "${fns[@]}" --type any --check link,config,proof --json
	is "$(results verified)" 8 'and all told of'
	is "$(grep -c '"type": "bus"' <<<"$output")" 8 'by what was planned'
	is "$(issued bus) $(issued flr)" '8 0' 'there was one reset of the link, and no other'
	config_dump after "${fns[@]}"
	exits 0 'and all is as it was before' config_is_same before after
	exits 0 'the mask without bus' pcireset reset "${fns[@]}" --type func --quiet
	is "$(issued bus) $(issued flr)" '8 8' 'each by itself'
	sim_clear
}

# One function of the bus is not named, or not to be reached: it sees nothing of the others' resets.
chosen_for_nobody_else() {
	local others

	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 "${driverless[@]}" count=7
	sim_node 01.0/00.7 "${driverless[@]}"
	sim_live
	others=("${sim_bus[1]}":00.{0..6})
	exits 0 'one of eight is not named: all verified' pcireset reset "${others[@]}" --type any --json
	is "$(issued bus) $(issued flr)" '0 7' 'each of the seven by itself'
	is "$(issued bus 01.0/00.7) $(issued flr 01.0/00.7)" '0 0' 'the eighth was not reset'
	exits 0 'all are named, within the function: all verified' \
		pcireset reset "${others[@]}" "${sim_bus[1]}:00.7" --type any --max-scope function --json
	is "$(issued bus) $(issued flr) $(issued flr 01.0/00.7)" '0 14 1' 'each of the eight by itself'
	sim_clear
}

# A PF includes its VFs: one FLR resets all of them, and a function named twice is reset once.
chosen_for_vfs() {
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0
	sim_node 01.0/00.0/vf count=4
	sim_live
	echo 4 >"$devices/${sim_bus[1]}:00.0/sriov_numvfs"
	fns=("${sim_bus[1]}":01.{0..3} "${sim_bus[1]}:00.0")
	exits 0 'a PF and its VFs: all verified' pcireset reset "${fns[@]}" --type flr --json
	is "$(results verified)" 5 'and all told of'
	is "$(issued flr) $(issued flr 01.0/00.0/vf)" '1 0' 'by one FLR of the PF'
	exits 0 'the VFs alone: all verified' pcireset reset "${fns[@]:0:4}" --type any --json
	is "$(issued flr) $(issued flr 01.0/00.0/vf)" '1 4' 'by one FLR of each'
	is "$(issued bus)" 0 'and never by the bus, which would reach the PF'
	sim_clear
}

# The nine of sim_switch are reset in turn: some have not begun when the signal comes.
interrupted() {
	sim_switch
	config_dump before "${fns[@]}"
	exits 64 'interrupted: only some succeeded' timeout -s INT 2 pcireset reset "${fns[@]}" --type flr,pm --json --yes
	is $(($(results verified) + $(results refused))) 9 'each is either verified or refused'
	like "$output" 'EINTR' 'refused by the signal'
	like "$output" 'cancelled before it began' 'in words'
	REPLY=$(($(issued flr 01.0/00.0/00.0/00.0) + $(issued pm)))
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
chosen_for_all_of_a_bus
chosen_for_nobody_else
chosen_for_vfs
interrupted
killed
plan
