#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Fails each allocation of a query, a plan and a reset of every type, one after the other. The call fails with ENOMEM or
# works without the memory, nothing is touched or everything is restored, no lock stays, and the next reset is verified.
# topology: empty
# kernels: 6.12-kasan 7.3-kasan
# modules: tests/lab/kmod
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

fail_nth=/usr/libexec/pcireset/tests/fail-nth
failslab=/sys/kernel/debug/failslab

# limit_to_module MODULE: only allocations with a function of the module in their call stack count and fail. Those of exec(), of a test
# and of the checkers do not, nor do the pages behind them, whose number varies.
limit_to_module() {
	local range cache

	range=$(sed -nE "s/^([0-9a-f]+) [tT] .*\[$1\]\$/\1/p" /proc/kallsyms | sort)
	for cache in /sys/kernel/slab/*; do
		[[ $cache == */kmemleak_* || $cache == */debug_objects_cache ]] || echo 1 >"$cache/failslab"
	done 2>not-limited
	echo Y >"$failslab/cache-filter"
	echo 0 >"$failslab/verbose"
	echo N >"$failslab/ignore-gfp-wait"
	echo 32 >"$failslab/stacktrace-depth"
	printf '0x%x' $((0x$(head -n 1 <<<"$range"))) >"$failslab/require-start"
	printf '0x%x' $(((0x$(tail -n 1 <<<"$range") | 0xfff) + 1)) >"$failslab/require-end" || return
	echo 1 >/sys/kernel/debug/fail_page_alloc/require-start
	echo 0 >/sys/kernel/debug/fail_page_alloc/stacktrace-depth
}

# make_machine: a card of two functions, a slot, a PF with VFs, a conventional function, and one that has a quirk.
make_machine() {
	sim_nodes 01.0 01.0/00.0 01.0/00.1 02.0 02.0/00.0 03.0 03.0/00.0 03.0/00.0/vf 04.0 04.0/00.0 04.0/00.0/05.0 05.0 05.0/00.0 &&
		sim_set 01.0 kind=root-port &&
		sim_set 01.0/00.0 "${driverless[@]}" &&
		sim_set 01.0/00.1 "${driverless[@]}" &&
		sim_set 02.0 kind=root-port hotplug=1 &&
		sim_set 02.0/00.0 "${driverless[@]}" &&
		sim_set 03.0 kind=root-port &&
		sim_set 03.0/00.0/vf count=2 &&
		sim_set 04.0 kind=root-port &&
		sim_set 04.0/00.0 kind=pci-bridge &&
		sim_set 04.0/00.0/05.0 "${driverless[@]}" af=1 &&
		sim_set 05.0 kind=root-port &&
		sim_set 05.0/00.0 vendor=0x8086 device=0x10ed &&
		sim_live
}

# find NODE: sets REPLY to the first function below that port.
find() {
	local port=$devices/${sim_bus[0]}:$1

	REPLY=$(cd "$port" && printf '%s\n' ????*:??:??.? | head -n 1)
}

# call_failing N NAME FUNCTION[,FUNCTION...] TYPES: as call does, with the Nth allocation failed; left is 0 if it came to that.
call_failing() {
	local file

	exec {file}<>/sys/kernel/debug/call_api
	answer=''
	left=$(
		echo "$1" >/proc/self/fail-nth
		{ printf '%s\n' "${*:2}" >&"$file"; } 2>/dev/null || echo failed >call
		read -r left </proc/self/fail-nth
		echo "$left"
	)
	if [[ -e call ]]; then
		rm call
		answer='result=-12 issued=0x0'
	else
		IFS= read -r -d '' answer <&"$file"
	fi
	exec {file}>&-
}

# results: those in answer, each once, in one word.
results() {
	grep -oE 'result=-?[0-9]+' <<<"$answer" | sort -u | paste -sd ' '
}

# saved_states FUNCTION[,FUNCTION...]: the state that the core has saved of each, in one word.
saved_states() {
	call state_saved "$1" 0
	printf '%s' "${answer//[!01]/}"
}

# check_after N FUNCTION[,FUNCTION...]: checks that hold after each failure.
check_after() {
	config_dump after "${machine[@]}"
	pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after >differences 2>&1 ||
		wrong+=("allocation $1: $(cat differences)")
	answer=$(saved_states "$2")
	[[ $answer == "$states" ]] || wrong+=("allocation $1: the core has a saved state of $answer, not $states")
}

# check_answer N: refused for want of memory, with nothing touched; or done, where it could be done without.
check_answer() {
	case $(results) in
	result=0) spared=$((spared + 1)) ;;
	result=-12)
		refused=$((refused + 1))
		[[ $answer == *'issued=0x0'* ]] || wrong+=("allocation $1: refused after a reset: $answer")
		;;
	*) wrong+=("allocation $1: $answer") ;;
	esac
}

# judge DESC: judges the results of the loop.
judge() {
	if ((n > 1 && n < 1000 && ${#wrong[@]} == 0)); then
		ok "$1: $((n - 1)) allocations failed, $refused times refused, $spared times done without"
	else
		not_ok "$1: $((n - 1)) allocations failed" "${wrong[@]}"
	fi
	failed=$((failed + n - 1))
}

# calls_fail NAME FUNCTION[,FUNCTION...] TYPES: with its 1st, 2nd, ... allocation failed, until there is none more; the same call
# succeeds after each.
calls_fail() {
	local n spared=0 refused=0 wrong=() left

	call "$@"
	config_dump before "${machine[@]}"
	states=$(saved_states "$2")
	for ((n = 1; n < 1000; n++)); do
		call_failing "$n" "$@"
		((left == 0)) || break
		check_answer "$n"
		check_after "$n" "$2"
		call "$@"
		[[ $(results) == result=0 ]] || wrong+=("after allocation $n the next: $answer")
	done
	is "$(results)" result=0 "$*: succeeds once nothing fails any more"
	judge "$*"
}

# resets_fail TYPES NODE: once more with nothing saved by the core, which the raw function leaves.
resets_fail() {
	find "$2"
	call raw_function_locked "$REPLY" 0x2
	calls_fail function "$REPLY" "$1"
}

# tool_fails COMMAND...: the same for the tool, thus for /dev/pcireset: its status is 1, and it says why.
tool_fails() {
	local n spared=0 refused=0 wrong=()

	config_dump before "${machine[@]}"
	for ((n = 1; n < 1000; n++)); do
		run "$fail_nth" "$n" left "$@"
		(($(<left) == 0)) || break
		if ((status == 0)); then
			spared=$((spared + 1))
		elif ((status == 1)) && [[ $output == *'Cannot allocate memory'* ]]; then
			refused=$((refused + 1))
		else
			wrong+=("allocation $n: status $status: $output")
		fi
	done
	is "$status" 0 "$1 $2: succeeds once nothing fails any more"
	judge "$1 $2"
	config_dump after "${machine[@]}"
	config_is_same before after "$1 $2: everything has its configuration"
}

# fail_nth_of_all N: fails the Nth allocation from now on, in any task. Kernel threads have no count of their own; but the
# kernel counts all that a filter lets pass, from the day it was started, and fails the multiples of the interval: with that as
# far away from 0 as the Nth is, this is the first of them.
fail_nth_of_all() {
	echo $((counted + $1)) >"$failslab/interval"
	echo 1 >"$failslab/times"
}

# come_to_that N: whether it came to that.
come_to_that() {
	(($(<"$failslab/times") == 0)) || return
	# The kernel does not count with an interval of 1.
	((counted + $1 == 1)) || counted=$((counted + $1))
}

# check_batch N: each function was reset, or refused for want of memory with nothing issued for it; or the batch was.
check_batch() {
	local line

	if [[ $answer == *'Cannot allocate memory'* ]]; then
		refused=$((refused + 1))
		return
	fi
	case $(results) in
	result=0) spared=$((spared + 1)) ;;
	result=-12 | 'result=-12 result=0') refused=$((refused + 1)) ;;
	*) wrong+=("allocation $1: $answer") ;;
	esac
	while IFS= read -r line; do
		[[ $line != *result=-12* || $line == *issued=0x0* ]] || wrong+=("allocation $1: refused after a reset: $line")
	done <<<"$answer"
}

# workers_fail FUNCTION[,FUNCTION...] TYPES: the same for a batch, which works in kernel threads.
workers_fail() {
	local n spared=0 refused=0 wrong=()

	config_dump before "${machine[@]}"
	states=$(saved_states "$1")
	echo 100 >"$failslab/probability"
	for ((n = 1; n < 1000; n++)); do
		fail_nth_of_all "$n"
		call run_batch "$1" "$2"
		come_to_that "$n" || break
		check_batch "$n"
		check_after "$n" "$1"
		call run_batch "$1" "$2"
		[[ $(results) == result=0 ]] || wrong+=("after allocation $n the next: $answer")
	done
	counted=$((counted + n - 1))
	echo 0 >"$failslab/probability"
	is "$(results)" result=0 "a batch of $1: succeeds once nothing fails any more"
	judge "a batch of $1, in its threads"
}

[[ -d $failslab ]] || skip_all 'this kernel cannot make allocations fail'
sim_load
modprobe call_api
exits 0 'the simulated machine is there' make_machine
find 03.0
echo 2 >"$devices/$REPLY/sriov_numvfs"
mapfile -t machine < <(cd "$devices" && printf '%s\n' "${sim_bus[0]%%:*}":*)
exits 0 'only allocations of pcireset fail' limit_to_module pcireset
failed=0 counted=0
for conventional in "${machine[@]}"; do
	[[ $conventional != *:05.0 || $conventional == "${sim_bus[0]}"* ]] || break
done

# Each node has something that the others lack.
resets_fail $flr 01.0
resets_fail $pm 01.0
resets_fail $bus 01.0
resets_fail $slot 02.0
resets_fail $flr 03.0
resets_fail 0x1 05.0
calls_fail function "$conventional" $flr
find 01.0
card=$REPLY
find 02.0
slot_card=$REPLY
calls_fail run_batch "$card,$slot_card" $link
workers_fail "$card" $link
workers_fail "$card,$slot_card" $link
tool_fails pcireset show "$card"
tool_fails pcireset reset "$card" --type bus --yes
diag "$failed allocations failed"
sim_clear && rmdir "$sim/host"
exits 0 'no reference is left: the simulator can be unloaded' rmmod call_api pcisim
exits 0 'nor one to the module' rmmod pcireset
plan
