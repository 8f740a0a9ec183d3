#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Time of "list" and "plan" for 64 to 4,096 functions, compared with lspci
# topology: empty
# icount: yes
# timeout: 1800
set -u
# shellcheck source=bench/guest/lib.sh
. /bench/lib.sh

plan_all() {
	pcireset plan - --type flr <all
}

# took COMMAND...: milliseconds; the second of two times, when all names are in the kernel's cache.
took() {
	local started cell

	"$@" >/dev/null 2>&1
	started=$EPOCHREALTIME
	"$@" >/dev/null 2>&1 || cell=failed
	milliseconds_since "$started"
	printf '  %9s' "${cell:-$REPLY}"
}

# row FUNCTIONS
row() {
	machine "$(($1 < 16 ? 1 : 16))" "$(($1 < 16 ? $1 : $1 / 16))" 0 pm=0
	printf '%s\n' "${fns[@]}" >all
	printf '%9d' "$1"
	took lspci
	took lspci -vv
	took pcireset list
	took pcireset list -o device,types
	took pcireset list -J
	took pcireset plan "${fns[-1]}" --type flr
	took plan_all
	printf '\n'
	sim_clear
}

sim_load
printf 'table tool: List and plan\nkernel %s; %s; milliseconds\n' "$(uname -r)" "$clock"
printf '%9s  %9s  %9s  %9s  %9s  %9s  %9s  %9s\n' functions lspci 'lspci -vv' list 'list types' 'list -J' 'plan one' 'plan all'
counts 64 256 1024 4096
for nr in $REPLY; do
	row "$nr"
done
printf '\n'
