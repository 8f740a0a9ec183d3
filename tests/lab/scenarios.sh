#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Known complaints about other ways to reset, one by one, on simulated hardware. The numbers are those of the list in
# the specification of the tool, and the end of the test counts them.
# nightly: 6.1 6.12
# topology: empty
# icount: yes
# quick: yes
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# complaint NUMBER: the checks that follow are of it.
complaints=()
complaint() {
	complaints+=("$1")
	diag "complaint $1"
}

# machine port|slot NODE...: a root port, and functions below it that have no driver.
machine() {
	local node hotplug=0

	[[ $1 != slot ]] || hotplug=1
	sim_node 01.0 kind=root-port "hotplug=$hotplug"
	for node in "${@:2}"; do
		sim_node "01.0/$node" "${driverless[@]}"
	done
	echo 'scenario: begin' >/dev/kmsg
	sim_live
}

log_of_scenario() {
	dmesg | tac | sed '/scenario: begin$/q'
}

# hits FUNCTION TYPE MEMBER...: the plan says that these would be hit, and no others.
hits() {
	local fn=$1 type=$2

	shift 2
	read_machine show "$fn"
	is "${scope[$fn $type]}" "$*" "$fn, $type: the plan names $*"
}

only_bus_but_flr_allowed() {
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 "${driverless[@]}" flr=0 pm=0
	sim_live
	watch_writes
	exits 3 'only bus would work and flr is allowed: refused' pcireset reset "$card" --type flr
	like "$output" 'no FLR in Device Capabilities' 'and says why'
	is "$(writes_of pcireset)" '' 'and nothing was written'
	sim_clear
}

card_with_audio() {
	machine port 00.0 00.1
	hits "$card" bus "$card" "$sibling"
	config_dump before "$card" "$sibling"
	exits 0 'graphics and audio: one bus reset' pcireset reset "$card" --type bus --yes
	config_dump after "$card" "$sibling"
	config_is_same before after 'both have their configuration back'
	sim_count 01.0/00.1 bus
	is "$REPLY" 1 'and both were reset'
	sim_clear
}

# The second function appears after the kernel has probed the first, and so after the kernel's list for it.
sibling_appears_later() {
	machine port 00.0 00.1
	sim_set 01.0/00.1 vanish=1
	pcireset reset "$sibling" --type flr --timeout 100ms >/dev/null 2>&1
	echo 1 >"$devices/$sibling/remove"
	echo 1 >"$devices/$card/remove"
	echo 1 >/sys/bus/pci/rescan
	like "$(<"$devices/$card/reset_method")" bus 'alone on its bus: the kernel would reset the bus'
	sim_set 01.0/00.1 vanish=0
	sim_set 01.0 present=0
	sim_set 01.0 present=1
	echo 1 >/sys/bus/pci/rescan
	like "$(<"$devices/$card/reset_method")" bus 'a sibling appears: the kernel still says so'
	hits "$card" bus "$card" "$sibling"
	sim_clear
}

slot_is_not_emptied() {
	machine slot 00.0 00.1
	exits 0 'in a hotplug slot: link is reset' pcireset reset "$card" --type link --yes
	exits 1 'and no card was taken out' grep -E 'Link Down|Card not present|Slot\(.*\): (Card|Link)' <(log_of_scenario)
	exits 0 'both functions are still there' test -e "$devices/$sibling"
	sim_clear
}

vanishes() {
	local started=$EPOCHREALTIME

	machine port 00.0
	sim_set 01.0/00.0 vanish=1
	exits 4 'it vanishes in its reset: failed' pcireset reset "$card" --type flr --timeout 2s
	like "$output" 'did not come back|ETIMEDOUT|in time' 'and says so'
	took_less 4000 'in bounded time'
	sim_clear
}

drops_later() {
	machine port 00.0
	sim_set 01.0/00.0 drop_us=1000000
	exits 4 'it forgets its configuration 1 s after it was ready: found' \
		pcireset reset "$card" --type flr --settle 1500ms
	config_dump before "$card"
	sim_set 01.0/00.0 drop_us=0
	exits 0 'the same without that: verified' pcireset reset "$card" --type flr --settle 1500ms
	config_dump after "$card"
	config_is_same before after 'and it had its configuration back both times'
	sim_clear
}

narrower() {
	machine port 00.0
	sim_set 01.0 return_width=4
	exits 4 'fewer lanes than before: failed' pcireset reset "$card" --type bus --yes
	like "$output" 'link' 'and it was the link'
	sim_clear
}

another_device() {
	machine port 00.0
	sim_set 01.0/00.0 identity=10ee:7038
	watch_writes
	exits 4 'it comes back as another device: failed' pcireset reset "$card" --type bus --yes
	is "$(writes_of pcireset | grep -c "^$card 0x10 ")" 0 'and its BAR was not written'
	sim_clear
}

many_vfs() {
	local started job jobs=() failed=0 vf

	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0
	sim_node 01.0/00.0/vf count=16
	sim_live
	echo 16 >"$devices/$card/sriov_numvfs"
	sim_set 01.0/00.0/vf ready_flr_us=1000000
	started=$EPOCHREALTIME
	for vf in "$devices/$card"/virtfn*; do
		pcireset reset "$(basename "$(readlink "$vf")")" --type func --quiet &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do
		wait "$job" || failed=$((failed + 1))
	done
	is "$failed" 0 '16 virtual functions at once: all verified'
	# A process costs almost 0.1 s on the emulated CPU; with checkers it costs seconds, more than its wait.
	if ((${PCILAB_SLOWNESS:-1} == 1)); then
		took_less 4000 'in less than a quarter of 16 times 1 s'
	else
		skip 'in less than a quarter of 16 times 1 s' 'this kernel is too slow for that to show'
	fi
	hits "$card" flr "$card" "${sim_bus[1]}":01.{0..7} "${sim_bus[1]}":02.{0..7}
	sim_clear
}

one_of_twenty_hangs() {
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 "${driverless[@]}" count=20
	sim_live
	sim_set 01.0/00.0 only=7 ready_flr_us=never
	exits 64 'one of 20 does not come back: only some succeeded' pcireset reset "${sim_bus[1]}":0{0,1}.{0..7} "${sim_bus[1]}":02.{0..3} \
		--type flr --timeout 1s --json
	is "$(grep -c '"result": "verified"' <<<"$output")" 19 '19 are verified'
	is "$(grep -c '"result": "failed"' <<<"$output")" 1 'one has failed'
	sim_clear
}

method_is_not_remembered() {
	local before

	machine port 00.0
	before=$(<"$devices/$card/reset_method")
	exits 0 'pm alone is allowed once' pcireset reset "$card" --type pm
	is "$(<"$devices/$card/reset_method")" "$before" 'and reset_method is as before'
	exits 0 'the next reset is another one' pcireset reset "$card" --type flr
	sim_clear
}

# The one type for which the module narrows the kernel's own list for a moment: a list that another process writes meanwhile stays.
kernels_quirk_leaves_no_trace() {
	local writer method before

	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 vendor=0x8086 device=0x10ed
	sim_live
	method=$devices/$card/reset_method
	before=$(<"$method")
	exits 0 'device_specific: verified' pcireset reset "$card" --type device_specific
	is "$(<"$method")" "$before" 'and reset_method is as before'
	sim_set 01.0/00.0 ready_flr_us=500000
	# Not pm: the kernel would ask the function, which is in reset.
	tool_start "$card"
	{ sleep_ms $((start_ms + start_ms / 4 + 200)) && echo 'flr bus' >"$method"; } &
	writer=$!
	exits 0 'device_specific, and somebody writes reset_method meanwhile: verified' \
		pcireset reset "$card" --type device_specific
	wait "$writer"
	is "$(<"$method")" 'flr bus' 'and what was written stays'
	sim_clear
}

resets_while_vfs_change() {
	local round status failures=0 changer

	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0
	sim_node 01.0/00.0/vf count=4
	sim_live
	while :; do
		echo 4 >"$devices/$card/sriov_numvfs"
		echo 0 >"$devices/$card/sriov_numvfs"
	done 2>/dev/null &
	changer=$!
	for ((round = 0; round < 20; round++)); do
		pcireset reset "$card" --type flr --yes --quiet 2>errors
		status=$?
		# 1: an error with nothing touched, 3: refused as a lock was taken.
		[[ $status == [013] ]] || { failures=$((failures + 1)) && diag "$status" "$(cat errors)"; }
	done
	kill "$changer"
	wait "$changer" 2>/dev/null
	is "$failures" 0 '20 resets of a PF while its VFs come and go: done or refused, never hung'
	sim_clear
}

# One bus above two functions that are named in one command.
siblings_share_a_reset() {
	machine port 00.0 00.1
	exits 0 'both functions of a card in one command: verified' pcireset reset "$card" "$sibling" --type bus --json
	is "$(grep -c '"result": "verified"' <<<"$output")" 2 'both are told of'
	sim_count 01.0/00.0 bus
	is "$REPLY" 1 'and their link was reset once'
	sim_clear
}

without_rights() {
	machine port 00.0
	exits 0 'without rights: a plan is made' as_nobody pcireset plan "$card" --type flr
	watch_writes
	exits 3 'and the reset is refused' as_nobody pcireset reset "$card" --type flr --json
	like "$output" '"error": "EPERM"' 'with EPERM'
	is "$(writes_of pcireset)" '' 'and nothing was written'
	sim_clear
}

# Not reported by a user yet: show queries one function after the other, and waits for the reader of its output.
bus_goes_while_it_is_printed() {
	local fns first status

	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 "${driverless[@]}" count=40
	sim_live
	fns=("${sim_bus[1]}":0{0..4}.{0..7})
	pcireset show "${fns[@]}" 2>errors | {
		read -r first
		echo 1 >"$devices/${sim_bus[0]}:01.0/remove"
		cat >shown
		echo "$first" >first
	}
	status=${PIPESTATUS[0]}
	is "$(<first)" "${fns[0]} [c0de:0012]" 'a bus goes while it is printed: what was read is shown'
	is "$status" 64 'what is not there any more makes a status of its own'
	is "$(grep -vc "^pcireset: ${sim_bus[1]}:0[0-4].[0-7]: " errors)" 0 'with an error for each such function'
	is "$(($(grep -c '^driver: none' shown) + $(wc -l <errors)))" 40 'and none is forgotten'
	exits 1 'one that is gone is an error' pcireset show "${fns[39]}"
	exits 0 'and the rest of the machine is listed' pcireset list
	sim_clear
}

sim_load
card=${sim_bus[1]}:00.0 sibling=${sim_bus[1]}:00.1
complaint 1 && only_bus_but_flr_allowed
complaint 2 && card_with_audio
complaint 3 && sibling_appears_later
complaint 4 && slot_is_not_emptied
complaint 5 && vanishes
complaint 6 && drops_later
complaint 7 && narrower
complaint 8 && another_device
complaint 9 && complaint 12 && many_vfs
complaint 10 && one_of_twenty_hangs
complaint 11 && resets_while_vfs_change
complaint 13 && siblings_share_a_reset
complaint 14 && method_is_not_remembered && kernels_quirk_leaves_no_trace
complaint 15 && without_rights
bus_goes_while_it_is_printed
is "$(printf '%s\n' "${complaints[@]}" | sort -nu | paste -sd ' ')" "$(seq -s ' ' 15)" 'each of the 15 complaints has its checks'
plan
