#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows that pcireset qualify finds each planted fault in 10,000 resets, and nothing where none is planted, with three seeds.
# QUALIFY_COUNT is the number of resets in each run.
# topology: empty
# kernels: 6.12-kasan
# icount: yes
# timeout: 7200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

count=${QUALIFY_COUNT:-10000}

# run_all TYPES ARG...: as many resets of all types together; sets line and findings.
run_all() {
	local types=$1 nr

	nr=$(tr -cd , <<<"$types" | wc -c)
	pcireset qualify "$device" --type "$types" --count $((count / (nr + 1))) --quiet --yes "${@:2}" >out 2>err
	line=$(head -n 1 out) findings=$(tail -n +2 out)
}

# finds TEXT NODE TRIGGER TYPES: this finding, and no other.
finds() {
	sim_set "$2" "triggers=$3" || not_ok "planted: $3"
	run_all "$4"
	sim_set "$2" triggers=none
	if [[ $findings == "$device: $1"* && $findings != *$'\n'* ]]; then
		ok "$3: found: $1"
	else
		not_ok "$3: found: $1" "$line" "$findings" "$(cat err)"
	fi
}

cd /tmp || exit 1
sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" width=8
sim_node 02.0 kind=root-port
sim_node 02.0/00.0 "${driverless[@]}"
sim_live
device=${sim_bus[1]}:00.0 neighbour=${sim_bus[2]}:00.0

for seed in 1 2 3; do
	run_all flr,pm,bus --seed "$seed"
	is "${line%%;*}$findings" qualified "seed $seed: nothing is planted, and nothing is found" "$(cat out err)"
done
# Three periods at least: with fewer resets, a shorter one.
period=$((count >= 1200 ? 300 : count / 8))
finds "every ${period}th bus: fewer lanes (" 01.0 "on=bus every=$period return_width=1" bus
finds 'pm after flr: the reset had no effect (' 01.0/00.0 'on=pm after=flr ignore=1' flr,pm,bus
# Beyond the 100 ms that each FLR takes: 200 ms more at the end.
sim_set 01.0/00.0 ready_flr_us=100000
finds 'flr: slower with each reset, by ' 01.0/00.0 "on=flr ready_us=+$((200000 / count)) from=1" flr
sim_set 01.0/00.0 ready_flr_us=0
finds 'flr, without a pattern: the reset had no effect (' 01.0/00.0 'on=flr chance=0.02 seed=7 ignore=1' flr
finds "flr, once: $neighbour, which is not affected, has changed at 0x1" 01.0/00.0 \
	"on=flr at=$((count / 2)) lose=0x10 victim=02.0/00.0" flr
plan
