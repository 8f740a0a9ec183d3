#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Unloads the module, and drivers that call it, at every step of a reset. The unload is refused while the module is
# needed and clean otherwise, and every operation in progress ends.
# nightly: 6.12
# topology: empty
# icount: yes
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

# So many moments, from before a reset to a while after it. A module is dear to load where others need it too.
moments=22
# Hardware is as slow as the kernel, or there were hardly a moment at which it is waited for.
slowness=${PCILAB_SLOWNESS:-1}

# disown_card: no driver is bound, and none will be.
disown_card() {
	local function

	for function in "${card[@]}"; do
		unbind "$function"
		echo >"$devices/$function/driver_override"
	done
}

# unload MODULE MS COMMAND...: unloads it while COMMAND runs. Sets unloaded, refused, status, output and took_ms, of the unloading.
unload() {
	local job asked

	"${@:3}" >said 2>&1 &
	job=$!
	sleep_ms "$2"
	asked=$EPOCHREALTIME
	refused=$(rmmod "$1" 2>&1)
	unloaded=$?
	milliseconds_since "$asked"
	took_ms=$REPLY
	wait "$job"
	status=$?
	output=$(<said)
	disown_card
	at="after $2 ms (unloaded $unloaded, status $status)"
	[[ $unloaded -ne 0 ]] || modprobe "$1" || wrong+=("$at: it does not load again")
}

# undisturbed MODULE COMMAND...: sets whole_ms, the time of COMMAND, and quiet_ms, the time to unload after it.
undisturbed() {
	local started

	# The first program of a guest may wait for random numbers.
	"${@:2}" >said 2>&1
	disown_card
	started=$EPOCHREALTIME
	"${@:2}" >said 2>&1
	milliseconds_since "$started"
	whole_ms=$REPLY
	started=$EPOCHREALTIME
	rmmod "$1"
	milliseconds_since "$started"
	quiet_ms=$REPLY
	disown_card
	modprobe "$1"
}

# nothing_is_lost: config space is as it was, and no lock is left.
nothing_is_lost() {
	config_dump after "${card[@]}" "$port"
	pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after >differences 2>&1 || wrong+=("$at: $(cat differences)")
	pcireset reset "${card[0]}" --type flr --quiet 2>errors || wrong+=("$at: the next reset: $(cat errors)")
}

# Without the module, the tool has only the kernel's own reset of a function.
judge_module() {
	if [[ $unloaded -ne 0 ]]; then
		[[ $refused == *'temporarily unavailable'* || $refused == *'in use'* ]] || wrong+=("$at: $refused")
		[[ $status -eq 0 && $output == *'"module"'* ]] || wrong+=("$at: $output")
		refusals=$((refusals + 1))
	elif [[ $output == *'"module"'* ]]; then
		[[ $status -eq 0 ]] || wrong+=("$at: $output")
	else
		[[ $status == [134] || $status -eq 0 ]] || wrong+=("$at: $output")
	fi
}

# The reset goes on in a probe() or a file of the driver, which cannot leave before that has ended.
judge_driver() {
	[[ $unloaded -eq 0 ]] || wrong+=("$at: $refused")
	((took_ms < quiet_ms + whole_ms + 1000)) || wrong+=("$at: unloading took $took_ms ms")
	((took_ms < quiet_ms + 50 * slowness)) || refusals=$((refusals + 1))
}

# unload_everywhere DESC MODULE JUDGE COMMAND...: some moments at which it had to be refused, or to wait, and some others.
unload_everywhere() {
	local i wrong=() refusals=0

	undisturbed "$2" "${@:4}"
	for ((i = 0; i < moments; i++)); do
		unload "$2" $((i * whole_ms * 5 / 4 / moments)) "${@:4}"
		"$3"
		nothing_is_lost
	done
	diag "$1: $moments moments in $((whole_ms * 5 / 4)) ms, $refusals of them refused or waited for"
	((refusals > 3 && refusals < moments)) || wrong+=("refused or waited for at $refusals moments of $moments")
	if ((${#wrong[@]} == 0)); then
		ok "$1: unloaded at every moment"
	else
		not_ok "$1: unloaded at every moment" "${wrong[@]}"
	fi
}

# resets_in_probe, resets_by_file: as the samples do it.
resets_in_probe() {
	bind "${card[0]}" sample_probe_link
}

resets_by_file() {
	bind "${card[0]}" sample_owner && bind "${card[1]}" sample_owner &&
		printf '%s bus\n' "${card[0]}" >"$drivers/sample_owner/reset"
}

# once COMMAND...: runs it once before, so that leftovers of a driver do not count.
once() {
	"$@" && disown_card
	config_dump before "${card[@]}" "$port"
}

descriptors() {
	local file

	exec {file}<>/dev/pcireset
	exits 1 'refused while its node is open' rmmod pcireset
	exec {file}>&-
	exits 0 'not any more once it is closed' rmmod pcireset
	exits 0 'and it loads again' modprobe pcireset
}

sim_load
port=${sim_bus[0]}:01.0 card=("${sim_bus[1]}:00.0" "${sim_bus[1]}:00.1")
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" && sim_node 01.0/00.1 "${driverless[@]}"
sim_live
sim_set 01.0/00.0 ready_flr_us=$((180000 * slowness)) ready_bus_us=$((80000 * slowness))
config_dump before "${card[@]}" "$port"
descriptors
for type in flr bus; do
	unload_everywhere "$type" pcireset judge_module pcireset reset "${card[0]}" --type "$type" --yes --json
done
sim_set 01.0/00.0 ready_bus_us=$((250000 * slowness))
modprobe sample_probe_link && modprobe sample_owner
once resets_in_probe
moments=11
unload_everywhere 'a driver in its probe()' sample_probe_link judge_driver resets_in_probe
once resets_by_file
unload_everywhere 'a driver asked by a file of its own' sample_owner judge_driver resets_by_file
exits 1 'refused while there are drivers that call it' rmmod pcireset
exits 0 'not any more without them' rmmod sample_probe_link sample_owner pcireset
sim_clear
exits 0 'and nobody holds the simulator' rmdir "$sim/host"
plan
