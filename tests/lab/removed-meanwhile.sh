#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A function is removed while a reset waits without locks. The last event of a removed device is its removal.
# topology: empty
# icount: yes
# nightly: 6.12
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

# say_much: events of another device, as many as uevent(8) keeps before it writes.
say_much() {
	local i

	for ((i = 0; i < 100; i++)); do
		echo change >/sys/class/mem/null/uevent
	done
}

# watched COMMAND...: runs it while the kernel's events are recorded, and leaves those of the function behind.
watched() {
	local try watcher

	uevent >/tmp/uevents 2>&1 &
	watcher=$!
	for ((try = 0; try < 100; try++)); do
		say_much
		sleep 0.1
		[[ ! -s /tmp/uevents ]] || break
	done
	"$@"
	say_much
	sleep 1
	kill "$watcher"
	events=$(grep -E "^[a-z]+@.*/$fn\$" /tmp/uevents)
}

reset_and_settle() {
	pcireset reset "$fn" --type flr --settle 2s --yes &>/dev/null
	status=$?
}

reset_and_remove() {
	reset_and_settle &
	sleep 1
	echo 1 >"/sys/bus/pci/devices/$fn/remove"
	wait $!
}

sim_load
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 'a function below a port' sim_live
fn=${sim_bus[1]}:00.0
watched reset_and_settle
is "$status" 0 'it is reset'
like "$events" '^change@/devices/[^@]*'"/$fn"'$' 'and one event tells that'
watched reset_and_remove
like "$events" '^remove@/devices/[^@]*'"/$fn"'$' 'it is removed during the next reset, and no event follows'
plan
