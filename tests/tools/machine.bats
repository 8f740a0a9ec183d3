#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The time limit of a guest: it passes while the guest runs or sleeps, and not while it waits for a CPU.

setup() {
	. "$BATS_TEST_DIRNAME/../../lab/lib/machine.sh"
	tmp=$BATS_TEST_TMPDIR holds=() started=()
	# Enough of them on one CPU that who shares it gets next to nothing.
	cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
	exec {watchdog}<>"$tmp/watchdog"
}

teardown() {
	kill "${started[@]}" 2>/dev/null || true
}

# What uses all of a CPU, and ends with the process that started it.
# shellcheck disable=SC2016 # for another shell
loop='while [[ -d /proc/$PPID ]]; do :; done'

# start COMMAND...: beside the test.
start() {
	"$@" >/dev/null 2>&1 3>&- &
	started+=($!)
}

busy_cpu() {
	local _

	for _ in 1 2 3 4 5 6 7 8; do
		start taskset -c "$cpu" bash -c "$loop"
	done
}

# limit SECONDS PID: as pcilab does it.
limit() {
	stop_after "$1" "$2" >/dev/null 2>&1 3>&- &
	started+=($!)
}

@test "a sleeping process is limited by the clock" {
	start sleep 1000
	machine=$!
	uptime_ms
	began=$REPLY
	limit 4 "$machine"
	wait "$machine" || true
	uptime_ms
	[[ -e $tmp/timed-out && $((REPLY - began)) -ge 4000 ]]
	[[ $(head -n 1 "$tmp/watchdog") == watchdog ]]
}

@test "a process that waits for a CPU gets more time, within a limit" {
	busy_cpu
	start taskset -c "$cpu" bash -c "$loop"
	machine=$!
	uptime_ms
	began=$REPLY
	limit 2 "$machine"
	wait "$machine" || true
	uptime_ms
	# By a clock it would be over after two seconds.
	[[ -e $tmp/timed-out && $((REPLY - began)) -ge 8000 ]]
}

@test "waits of threads and child processes count" {
	busy_cpu
	start bash -c "taskset -c $cpu bash -c '$loop'; :"
	machine=$!
	uptime_ms
	began=$REPLY
	sleep 3
	cpu_delay_ms "$machine"
	delayed=$REPLY
	uptime_ms
	[[ $((2 * delayed)) -gt $((REPLY - began)) ]]
}
