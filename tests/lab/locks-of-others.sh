#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A user without privileges cannot block re-enumerate, reset or doctor by a lock on a file that this user may open.
# topology: mixed
# kernels: 6.1
# timeout: 180
# icount: yes
# add: /usr/bin/flock
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# is_locked FILE: in 20 s, as flock may start late on a busy machine.
is_locked() {
	local i

	for ((i = 0; i < 400; i++)); do
		/root/flock --exclusive --nonblock "$1" true || return 0
		sleep 0.05
	done
	return 1
}

# locked_by_nobody FILE: the user holds an exclusive lock on it until release.
locked_by_nobody() {
	as_nobody /root/flock --no-fork --exclusive --nonblock "$1" sleep 1000 2>/dev/null &
	locker=$!
}

release() {
	kill "$locker"
	wait "$locker" 2>/dev/null
}

# killed_after_note FILE: kills the job once it has written all of that file.
killed_after_note() {
	local i

	for ((i = 0; i < 400; i++)); do
		! grep -qs '^end' "$1" || break
		sleep 0.05
	done
	kill -9 "$job"
	wait "$job" 2>/dev/null
}

# cannot_lock FILE DESC: another user may not even open it.
cannot_lock() {
	run as_nobody /root/flock --exclusive --nonblock "$1" true
	if [[ $status -ne 0 && $output == *[Pp]ermission* ]]; then
		ok "$2"
	else
		not_ok "$2" "status $status: $output"
	fi
}

sim_load
card=${sim_bus[1]}:00.0
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
bridge=$(readlink -f "$devices/$card/..")
bridge=${bridge##*/}

chmod 755 /root
locked_by_nobody "$devices/$bridge/config"
exits 0 'a user holds a lock on the config space of the port' is_locked "$devices/$bridge/config"
exits 0 're-enumerate works all the same' pcireset re-enumerate --yes "$card" --type link
release

pcireset re-enumerate --yes "$card" --type link --run 'sleep 60' &
job=$!
note=/run/pcireset/$bridge.held
killed_after_note "$note"
is "$(stat -c %a "$note")" 600 'the note of a killed re-enumerate belongs to root alone'
cannot_lock "$note" 'and another user cannot lock it'
exits 1 'doctor finds it' pcireset doctor
exits 1 'doctor without privileges does not call that fine' as_nobody pcireset doctor
like "$output" "$bridge.*unknown: " 'and says that it cannot know'
exits 0 'doctor repairs it' pcireset doctor --repair

sim_set 01.0/00.0 ready_flr_us=2000000
pcireset reset "$card" --type flr --no-module --quiet 2>/dev/null &
job=$!
journal=/run/pcireset/$card
killed_after_note "$journal"
is "$(stat -c %a "$journal")" 600 'the entry of a killed reset belongs to root alone'
cannot_lock "$journal" 'and another user cannot lock it'
exits 1 'doctor finds that, too' pcireset doctor
exits 1 'doctor without privileges says unknown' as_nobody pcireset doctor
like "$output" "$card.*unknown: " 'for this function'
exits 0 'doctor repairs that, too' pcireset doctor --repair
is "$(ls /run/pcireset)" '' 'and nothing is left'
plan
