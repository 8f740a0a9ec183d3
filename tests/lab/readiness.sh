#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The module notices that a function is ready within 5 % or 1 ms, and does not access it earlier than allowed. Immediate
# Readiness, Readiness Time Reporting and the firmware's _DSM replace the times of the specification. The module reads
# little of config space.
# topology: empty dsm
# icount: yes
# nightly: 6.1 6.12
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# machine KEY=VALUE...: an endpoint without a driver below a port of 8 GT/s.
machine() {
	sim_node 01.0 kind=root-port link_up_us=15000
	sim_node 01.0/00.0 "${driverless[@]}" "$@"
	sim_live
}

# first_read: how long after the reset it was first read, by the witness; microseconds.
first_read() {
	awk -v at="device=$function " '
	function us(  text) { text = $0; sub(/: pcisim_.*/, "", text); sub(/.* /, "", text); return text * 1000000 }
	/pcisim_reset: / && index($0, at) { reset = us(); next }
	reset && /pcireset-.*pcisim_read: / && index($0, at) { printf "%d\n", us() - reset; exit }' "$tracing/trace"
}

# resets TYPE EARLIEST READY DESC: not read before EARLIEST microseconds, and seen to be ready soon after READY.
resets() {
	local ready_us limit

	echo 0 >"$tracing/tracing_on"
	: >"$tracing/trace"
	echo 1 >"$tracing/events/pcisim/enable"
	echo 1 >"$tracing/tracing_on"
	run pcireset reset "$function" --type "$1" --json --yes
	echo 0 >"$tracing/tracing_on"
	((status == 0)) || { not_ok "$4" "status $status" "$output" && return; }
	ready_us=$(sed -nE 's/.*"ready_ms": ?([0-9]+)\.([0-9]).*/\1\200/p' <<<"$output" | head -n 1)
	expects_the_same "$1" "$4"
	limit=$(($3 * 105 / 100))
	((limit >= $3 + 1000)) || limit=$(($3 + 1000))
	if (($(first_read) >= $2 && ready_us >= $3 - late_us && ready_us <= limit + cost_us)); then
		ok "$4"
	else
		not_ok "$4" "first read after $(first_read) us, at least $2; ready after $ready_us us, $3 to $limit, and $cost_us"
	fi
}

# expects_the_same TYPE DESC: the module and the library, without it, expect a reset to take as long.
expects_the_same() {
	local by_module

	by_module=$(pcireset plan "$function" --type "$1" --json | grep -E '"expected_ms": [0-9]' || echo nothing)
	is "$(pcireset plan "$function" --type "$1" --json --no-module | grep '"expected_ms"')" "$by_module" "$2: expected alike without the module"
}

# accesses_of COMMAND...: sets REPLY to how often config space of the function and its port was accessed meanwhile.
accesses_of() {
	local before

	count_accesses
	before=$REPLY
	"$@"
	count_accesses
	REPLY=$((REPLY - before))
}

count_accesses() {
	REPLY=$(awk '$1 == "reads" || $1 == "writes" { n += $2 } END { print n }' "$sim"/host/*/counts "$sim"/host/*/*/counts)
}

stock_flr() {
	echo flr >"$devices/$function/reset_method"
	echo 1 >"$devices/$function/reset"
}

# The report counts from when the trigger has returned, which takes a kernel with checkers a while, as does the first look; the
# witness does not count that.
late_us=$((100 * (${PCILAB_SLOWNESS:-1} - 1)))

# What the emulated CPU takes from the trigger to the first look when there is nothing to wait for.
cost_us=0
calibrate() {
	machine immediate_readiness=1
	run pcireset reset "$function" --type flr --json
	cost_us=$(sed -nE 's/.*"ready_ms": ?([0-9]+)\.([0-9]).*/\1\200/p' <<<"$output" | head -n 1)
	less "$cost_us" 2000 'Immediate Readiness: nothing is waited for, in us'
	cost_us=$((cost_us + 500))
	sim_clear
}

# ready_in TYPE READY DESC: as resets, of QEMU's hardware, which has no witness, needs no time itself, and which PM does not reset.
ready_in() {
	run pcireset reset "$function" --type "$1" --json --yes --force driver
	local ready_us

	ready_us=$(sed -nE 's/.*"ready_ms": ?([0-9]+)\.([0-9]).*/\1\200/p' <<<"$output" | head -n 1)
	if (((status == 0 || status == 4) && ready_us >= $2 && ready_us <= $2 + $2 / 20 + 1500 + 4 * late_us)); then
		ok "$3"
	else
		not_ok "$3" "status $status, ready after $ready_us us, at least $2" "$output"
	fi
}

# lab/topologies/dsm.asl says 20 ms, 30 ms for an FLR and 2 ms from D3hot.
if [[ $PCILAB_TOPOLOGY == dsm ]]; then
	function=0000:01:00.0
	ready_in flr 30000 'flr, told by _DSM: 30 ms'
	ready_in pm 2000 'pm, told by _DSM: 2 ms'
	ready_in bus 20000 'bus, told by _DSM: 20 ms'
	function=0000:02:00.0
	ready_in flr 100000 'flr, no _DSM: 100 ms'
	ready_in pm 10000 'pm, no _DSM: 10 ms'
	ready_in bus 100000 'bus, no _DSM: 100 ms'
	plan
	exit
fi

sim_load
function=${sim_bus[1]}:00.0
calibrate

# The checks read less than the kernel itself does, even with the tool's reads before the reset.
machine
accesses_of stock_flr
stock=$REPLY
accesses_of run pcireset reset "$function" --type flr --check link
less "$REPLY" $((stock * 2)) "flr, config not compared: config accesses; the kernel's own reset makes $stock"
accesses_of run pcireset reset "$function" --type flr
less "$REPLY" $((stock * 3)) 'flr, config compared: config accesses'
sim_clear

machine
resets flr 100000 100000 'flr: 100 ms'
for ms in 110 300 700 4100; do
	sim_set 01.0/00.0 ready_flr_us=$((ms * 1000)) answer=rrs
	resets flr 100000 $((ms * 1000)) "flr: ready after $ms ms"
done
resets pm 10000 10000 'pm: 10 ms'
# And 10 ms in D3hot before.
total_us=$(sed -nE 's/.*"total_ms": ?([0-9]+)\.([0-9]).*/\1\200/p' <<<"$output" | head -n 1)
less_time "$total_us" $((22000 + 2 * cost_us)) 'pm: as long in D3hot, and hardly longer, in us'
sim_set 01.0/00.0 ready_pm_us=150000
resets pm 10000 150000 'pm: ready after 150 ms'
# A bus reset is held for 2 ms, and then the link needs its 15 ms.
resets bus 117000 115000 'bus: 100 ms from link up'
sim_set 01.0/00.0 ready_bus_us=700000
resets bus 117000 715000 'bus: ready 700 ms after link up'
sim_clear

# The kernel knows no time of a function without the PM capability, and waits for none.
sim_node 01.0 kind=root-port link_up_us=15000
sim_node 01.0/00.0 "${driverless[@]}" pm=0
sim_live
resets bus 117000 115000 'bus, no PM capability: 100 ms from link up all the same'
sim_clear

# PCIe r6.0, sec 6.6.1: from the end of the reset where the link is no faster than 5 GT/s, or nobody tells when it is up.
for key in speed=2 dllla=0; do
	sim_node 01.0 kind=root-port link_up_us=15000 "$key"
	sim_node 01.0/00.0 "${driverless[@]}"
	sim_live
	resets bus 102000 100000 "bus, $key: 100 ms from the end of the reset"
	sim_clear
done

# PCI r3.0, sec 4.3.2: 2^25 clocks.
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 kind=pci-bridge
sim_node 01.0/00.0/00.0 "${driverless[@]}"
sim_live
function=${sim_bus[2]}:00.0
resets bus 1017000 1017000 'bus of conventional PCI: its recovery time'
function=${sim_bus[1]}:00.0
sim_clear

machine immediate_readiness=1
resets bus 17000 15000 'bus, Immediate Readiness: from link up'
resets pm 0 0 'pm, Immediate Readiness'
sim_clear

machine rtr_reset_us=20000 rtr_flr_us=5000 rtr_d3_us=2000
sim_set 01.0/00.0 ready_flr_us=5000 ready_pm_us=2000 ready_bus_us=20000
resets flr 5000 5000 'flr, reported: 5 ms'
resets pm 2000 2000 'pm, reported: 2 ms'
resets bus 37000 35000 'bus, reported: 20 ms from link up'
sim_clear

machine rtr_flr_us=250000
sim_set 01.0/00.0 ready_flr_us=250000
resets flr 249000 249000 'flr, reported: longer than 100 ms, and not accessed before'
sim_clear

machine rtr_flr_us=15000000 rtr_reset_us=15000000 rtr_d3_us=20000
resets flr 100000 100000 'flr, reported: longer than permitted, and ignored'
resets pm 10000 10000 'pm, reported: longer than permitted, and ignored'
resets bus 117000 115000 'bus, reported: longer than permitted, and ignored'
sim_clear
plan
