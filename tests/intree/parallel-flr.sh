#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# FLRs of functions below the same port run at the same time.
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

uptime_ms() {
	awk '{ print int($1 * 1000) }' /proc/uptime
}

sim_load
nodes=(01.0/00.{0..7})
sim_nodes 01.0 "${nodes[@]}"
sim_set 01.0 kind=root-port
sim_live
functions=(/sys/bus/pci/devices/"${sim_bus[1]}":00.*)
is ${#functions[@]} 8 'there are 8 functions'

start=$(uptime_ms)
for function in "${functions[@]}"; do
	echo 1 >"$function/reset"
done
row=$(($(uptime_ms) - start))

start=$(uptime_ms)
for function in "${functions[@]}"; do
	echo 1 >"$function/reset" &
done
wait
once=$(($(uptime_ms) - start))

diag "in a row: $row ms, at once: $once ms"
less $((once * 2)) "$row" 'at once takes less than half as long as in a row'
plan
