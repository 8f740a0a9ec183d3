#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes each allocation of a query, a plan and a reset of every type fail, one after the other: what needed it is refused with
# ENOMEM or does without, nothing is touched or all is brought back, nothing stays locked, and the next reset is verified.
# topology: empty
# kernels: 6.12-kasan 7.3-kasan
# modules: tests/lab/kmod
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

fail_nth=/usr/libexec/pcireset/tests/fail-nth
injectors=(/sys/kernel/debug/failslab /sys/kernel/debug/fail_page_alloc)

# limit_to_module MODULE: only allocations below a function of it, whoever makes them, count and fail: neither those of exec(), nor
# of a test.
limit_to_module() {
	local range injector

	range=$(sed -nE "s/^([0-9a-f]+) [tT] .*\[$1\]\$/\1/p" /proc/kallsyms | sort)
	for injector in "${injectors[@]}"; do
		echo 0 >"$injector/verbose"
		echo N >"$injector/ignore-gfp-wait"
		echo 32 >"$injector/stacktrace-depth"
		printf '0x%x' $((0x$(head -n 1 <<<"$range"))) >"$injector/require-start"
		printf '0x%x' $(((0x$(tail -n 1 <<<"$range") | 0xfff) + 1)) >"$injector/require-end" || return
	done
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
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

# saved_states: of all functions of the simulated machine, in one word.
saved_states() {
	local fn

	for fn in "${machine[@]}"; do
		call state_saved "$fn" 0
		printf '%s' "${answer#*=}"
	done
}

# check_after N: what must be so whatever was failed.
check_after() {
	config_dump after "${machine[@]}"
	pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after >differences 2>&1 ||
		wrong+=("allocation $1: $(cat differences)")
	[[ $(saved_states) == "$states" ]] || wrong+=("allocation $1: what the core has saved is not as before: $(saved_states)")
}

# check_outcome N: refused for want of memory, with nothing touched; or done, where it could be done without.
check_outcome() {
	if ((status == 0)); then
		spared=$((spared + 1))
	elif ((status == 1)) && [[ $output == *'Cannot allocate memory'* || $output == *ENOMEM* ]]; then
		refused=$((refused + 1))
	else
		wrong+=("allocation $1: status $status: $output")
	fi
}

# fails_everywhere DESC COMMAND...: with its 1st, 2nd, ... allocation failed, until there is none more. "next" is run after each, if set.
fails_everywhere() {
	local desc=$1 n spared=0 refused=0 wrong=()

	shift
	"$@" >warm-up 2>&1
	config_dump before "${machine[@]}"
	states=$(saved_states)
	for ((n = 1; n < 1000; n++)); do
		run "$fail_nth" "$n" injected "$@"
		(($(<injected))) || break
		check_outcome "$n"
		check_after "$n"
		((${#next[@]} == 0)) && continue
		run "${next[@]}"
		((status == 0)) || wrong+=("after allocation $n, status $status from: ${next[*]}: $output")
	done
	is "$status" 0 "$desc: succeeds once nothing fails any more"
	if ((n > 1 && n < 1000 && ${#wrong[@]} == 0)); then
		ok "$desc: $((n - 1)) allocations failed, $refused times refused, $spared times done without"
	else
		not_ok "$desc: $((n - 1)) allocations failed" "${wrong[@]}"
	fi
	failed=$((failed + n - 1))
}

# resets_fail TYPE NODE
resets_fail() {
	local next

	find "$2"
	next=(pcireset reset "$REPLY" --type "$1" --yes --quiet)
	fails_everywhere "reset $1 below $2" pcireset reset "$REPLY" --type "$1" --yes -J
}

# batches_fail FUNCTION[,FUNCTION...] TYPES: a batch works in kernel threads, which have no count of their own: every Nth allocation
# below the module fails once, whoever makes it. N does not begin anew with each batch, so that this is a sample.
batches_fail() {
	local n hits=0 wrong=() words

	config_dump before "${machine[@]}"
	states=$(saved_states)
	echo 100 >"${injectors[0]}/probability"
	for n in {1..40}; do
		echo "$n" >"${injectors[0]}/interval"
		echo 1 >"${injectors[0]}/times"
		call run_batch "$1" "$2"
		(($(<"${injectors[0]}/times") == 0)) && hits=$((hits + 1))
		echo 0 >"${injectors[0]}/times"
		words=$(grep -oE 'result=-?[0-9]+' <<<"$answer" | sort -u | paste -sd ' ')
		[[ $words =~ ^(result=0|result=-12|result=-12 result=0)$ || $answer == *'Cannot allocate memory'* ]] ||
			wrong+=("interval $n: $answer")
		check_after "$n"
	done
	echo 0 >"${injectors[0]}/probability"
	call run_batch "$1" "$2"
	is "$(grep -oE 'result=-?[0-9]+' <<<"$answer" | sort -u)" result=0 'a batch: all succeed once nothing fails any more'
	less 20 "$hits" 'a batch: how many of 40 had a failed allocation in a kernel thread or the caller'
	if ((${#wrong[@]} == 0)); then
		ok 'a batch: each function was reset, or refused for want of memory'
	else
		not_ok 'a batch: each function was reset, or refused for want of memory' "${wrong[@]}"
	fi
	failed=$((failed + hits))
}

[[ -d ${injectors[0]} ]] || skip_all 'this kernel cannot make allocations fail'
sim_load
modprobe call_api
exits 0 'the simulated machine is there' make_machine
find 03.0
echo 2 >"$devices/$REPLY/sriov_numvfs"
mapfile -t machine < <(cd "$devices" && printf '%s\n' "${sim_bus[0]%%:*}":*)
exits 0 'only allocations of pcireset fail' limit_to_module pcireset
failed=0 next=()

find 01.0
fails_everywhere show pcireset show "$REPLY"
fails_everywhere plan pcireset plan "$REPLY" --type bus
resets_fail flr 01.0
resets_fail pm 01.0
resets_fail bus 01.0
resets_fail slot 02.0
resets_fail flr 03.0
resets_fail flr 04.0/00.0
resets_fail device_specific 05.0
find 01.0
card=$REPLY
find 02.0
batches_fail "$card,$REPLY" 0x58
diag "$failed allocations failed"
sim_clear
exits 0 'no reference is left: the simulator can be unloaded' rmmod call_api pcisim
exits 0 'nor one to the module' rmmod pcireset
plan
