#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a guest: a table of FLRs of many simulated functions. The limit is what the specification or the device itself
# demands, however many there are; CPU and config accesses are those of all that happened meanwhile.
set -u
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-machine.sh
. /tests/lib-machine.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

limit_ms=100
fns=()

# machine PORTS FUNCTIONS KEY=VALUE...: that many ports, with that many functions below each.
machine() {
	local port node bus fn i

	fns=()
	for ((port = 1; port <= $1; port++)); do
		printf -v node '%02x.0' "$port"
		sim_node "$node" kind=root-port
		sim_node "$node/00.0" "${driverless[@]}" "count=$2" pm=0 "${@:3}"
	done
	sim_live
	for ((port = 1; port <= $1; port++)); do
		printf -v bus '%s:%02x' "${sim_bus[0]%:*}" $((16#${sim_bus[0]#*:} + port))
		for ((i = 0; i < $2; i++)); do
			printf -v fn '%s:%02x.%d' "$bus" $((i / 8)) $((i % 8))
			fns+=("$fn")
		done
	done
}

# accesses: sets REPLY to all reads and writes of config space.
accesses() {
	REPLY=$(awk '$1 == "reads" || $1 == "writes" { n += $2 } END { print n }' "$sim"/host/*/counts "$sim"/host/*/*/counts)
}

# busy_ms: sets REPLY to the CPU time of the whole guest.
busy_ms() {
	local ticks

	# user, nice, system, idle, iowait, irq, softirq; a tick is 10 ms.
	read -ra ticks </proc/stat
	REPLY=$(((ticks[1] + ticks[2] + ticks[3] + ticks[6] + ticks[7]) * 10))
}

in_turn() {
	local fn

	for fn in "${fns[@]}"; do
		echo 1 >"$devices/$fn/reset" || return
	done
}

# A process each, as many as there are functions.
all_at_once() {
	printf '%s\n' "${fns[@]}" | xargs -P "${#fns[@]}" -I{} sh -c "echo 1 >$devices/{}/reset"
}

by_pcireset() {
	printf '%s\n' "${fns[@]}" | pcireset reset - --type flr --quiet
}

# measure HOW: prints seconds, the ratio to the limit, config accesses and CPU time a function.
measure() {
	local started before busy status ms nr=${#fns[@]}

	accesses && before=$REPLY
	busy_ms && busy=$REPLY
	started=$EPOCHREALTIME
	# So many wait for one lock that the kernel reports them as hung.
	[[ $1 == by_pcireset ]] || stock_begin
	"$1" >/dev/null 2>&1
	status=$?
	[[ $1 == by_pcireset ]] || stock_end
	milliseconds_since "$started"
	ms=$REPLY
	busy_ms && busy=$((REPLY - busy))
	accesses
	((status == 0)) || printf '%-12s failed (%d)\n' "$1" "$status"
	printf '  %-12s %9.2f %8.1f %10.1f %8.1f\n' "$1" "$(quotient "$ms" 1000)" "$(quotient "$ms" "$limit_ms")" \
		"$(quotient "$((REPLY - before))" "$nr")" "$(quotient "$busy" "$nr")"
}

# quotient A B: A / B with three places.
quotient() {
	printf '%d.%03d' $(($1 / $2)) $(($1 * 1000 / $2 % 1000))
}

# compare DESC PORTS FUNCTIONS LIMIT_MS KEY=VALUE...: what is set before, then after the machine is live (from "live" on).
compare() {
	local fixed=() live=() seen=0 word port

	for word in "${@:5}"; do
		if [[ $word == live ]]; then
			seen=1
		elif ((seen)); then
			live+=("$word")
		else
			fixed+=("$word")
		fi
	done
	limit_ms=$4
	machine "$2" "$3" "${fixed[@]}"
	for ((port = 1; port <= $2 && seen; port++)); do
		sim_set "$(printf '%02x.0/00.0' "$port")" "${live[@]}"
	done
	printf '%s\n' "$1"
	measure in_turn
	measure all_at_once
	measure by_pcireset
	sim_clear
}

sim_load
printf 'kernel %s; FLR; virtual time\n' "$(uname -r)"
printf '  %-12s %9s %8s %10s %8s\n' '' 'seconds' 'x limit' 'accesses/f' 'cpu ms/f'
for nr in 1 4 64 256; do
	compare "$nr below one port" 1 "$nr" 100
done
compare '1024 below four ports' 4 256 100
compare '64, ready after 700 ms' 1 64 700 live ready_flr_us=700000
compare '64, ready after 4.1 s' 1 64 4100 live ready_flr_us=4100000
compare '64 that report 10 ms (RTR)' 1 64 10 rtr_flr_us=10000 rtr_reset_us=10000 rtr_d3_us=1000
