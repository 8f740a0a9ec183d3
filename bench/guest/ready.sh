#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# FLR of slow functions, and of functions that report their own times
# topology: empty
# icount: yes
# timeout: 1800
set -u
# shellcheck source=bench/guest/lib.sh
. /bench/lib.sh

# row MS KEY=VALUE...: ready after so many milliseconds.
row() {
	machine 1 "$nr" 0 pm=0 "${@:2}"
	behave ready_flr_us=$(($1 * 1000))
	at=("$1" "$nr")
	measure 'in turn' in_turn
	measure 'at once' at_once
	seen_ready
	measure pcireset by_pcireset
	sim_clear
}

sim_load
learn_access_time
counts 1 64
numbers=$REPLY

# PCIe r6.0, sec 6.6.2: 100 ms; a function may take longer, and answers no sooner than it is ready.
begin_table ready 'FLR of functions that are ready later' 'ready ms' functions
for nr in $numbers; do
	for ms in 0 10 100 700 4100; do
		limit_us=$((ms > 100 ? ms * 1000 : 100000))
		row "$ms"
	done
done
end_table

# Sec 7.9.16: software waits no longer than Readiness Time Reporting says.
begin_table reported 'FLR of functions that report when they are ready (RTR)' 'ready ms' functions
for nr in $numbers; do
	for ms in 10 50; do
		limit_us=$((ms * 1000))
		row "$ms" rtr_flr_us="$limit_us" rtr_reset_us="$limit_us" rtr_d3_us=1000
	done
done
end_table
