#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a guest: a table of what the tool and lspci take for a machine of many simulated functions, below 16 ports.
set -u
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

ports=16

# machine FUNCTIONS: sets last to the address of one of them.
machine() {
	local port node

	for ((port = 1; port <= ports; port++)); do
		printf -v node '%02x.0' "$port"
		sim_node "$node" kind=root-port
		sim_node "$node/00.0" "${driverless[@]}" "count=$(($1 / ports))" pm=0
	done
	sim_live
	printf -v last '%s:%02x:00.0' "${sim_bus[0]%:*}" $((16#${sim_bus[0]#*:} + ports))
}

all_functions() {
	local path

	for path in "/sys/bus/pci/devices/${sim_bus[0]%:*}:"*; do
		[[ $path == *.0 && -e $path/pci_bus ]] || printf '%s\n' "${path##*/}"
	done
}

plan_all() {
	pcireset plan - --type flr <all
}

# took COMMAND...: milliseconds; the second of two times, when all names are in the kernel's cache.
took() {
	local started

	"$@" >/dev/null 2>&1
	started=$EPOCHREALTIME
	"$@" >/dev/null 2>&1 || printf '(failed) '
	milliseconds_since "$started"
	printf ' %9d' "$REPLY"
}

# row FUNCTIONS
row() {
	machine "$1"
	all_functions >all
	printf '%9d' "$1"
	took lspci
	took lspci -vv
	took pcireset list
	took pcireset list -o device,types
	took pcireset list -J
	took pcireset plan "$last" --type flr
	took plan_all
	printf '\n'
	sim_clear
}

sim_load
printf 'kernel %s; milliseconds of virtual time\n' "$(uname -r)"
printf '%9s %9s %9s %9s %9s %9s %9s %9s\n' functions lspci 'lspci -vv' list '-o types' 'list -J' 'plan one' 'plan all'
for nr in 64 256 1024 4096; do
	row "$nr"
done
