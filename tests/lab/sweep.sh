#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Fails some allocations, opens and reads of reset and re-enumerate, one in each run. The result is the same output or
# an error, and the device works.
# topology: empty
# kernels: 7.3
# icount: yes
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

programs=/usr/libexec/pcireset/tests
# Runs for each kind of call and each command, evenly spread.
limit=${SWEEP_LIMIT:-4}
# Kinds of calls, and the command: for a part of all runs.
kinds=${SWEEP_KINDS:-memory open read}
only=${SWEEP_ONLY:-}

# run_failing KIND N COMMAND...: sets status, output and errors. N=0: no call fails, and calls gets their number.
run_failing() {
	FAIL_KIND=$1 FAIL_NTH=$2 FAIL_COUNT=$PWD/calls LD_PRELOAD=$programs/libfail.so "${@:3}" >out 2>err
	status=$?
	output=$(<out)
	errors=$(<err)
	[[ $2 != 0 ]] || calls=$(<calls)
}

# plain TEXT: sets REPLY to the text without times.
plain() {
	REPLY=$(sed -E 's/("[a-z_]*(ns|ms|seconds|serial|generation)": )[0-9.]+/\1N/' <<<"$1")
}

# resets: sets REPLY to the number of resets that the card has seen.
resets() {
	local flr bus

	sim_count 01.0/00.0 flr && flr=$REPLY
	sim_count 01.0/00.0 bus && bus=$REPLY
	REPLY="$flr $bus"
}

# is_json: of no output or a whole object.
is_json() {
	[[ -z $output ]] || { tr -d '\n' <out && echo; } | "$programs/json-lines" >/dev/null 2>&1
}

# state: sets REPLY to the state that a reset must not change. An empty file in /run/pcireset is a lock, not a note.
state() {
	REPLY="driver=$(readlink "$devices/$card/driver") method=$(<"$devices/$card/reset_method")"
	REPLY+=" power=$(<"$devices/$port/power/control") left=$(find /run/pcireset -type f -size +0 2>/dev/null)"
}

# wrong: sets REPLY to the fault of the answer, or to nothing.
wrong() {
	local was=$1

	plain "$output"
	if ((status >= 128)); then
		REPLY="signal $((status - 128))"
	elif ! is_json; then
		REPLY='broken JSON'
	elif ((status == 0)) && [[ $REPLY != "$want" && $output$errors != 'pcireset: out of memory' ]]; then
		# The status is that of the reset: docs/exit-status.md.
		REPLY='another answer with status 0'
	elif ((status != 0)) && [[ -z $errors && -z $output ]]; then
		REPLY='no message'
	elif resets && [[ $status =~ ^(1|2|3|5)$ && $REPLY != "$was" ]]; then
		REPLY="the status says untouched, and the resets were $was and are $REPLY"
	else
		REPLY=
	fi
}

# damage: sets REPLY to the differences from before the sweep, or to nothing. After a reset whose changes in the kernel cannot be read
# back, "doctor --repair" undoes them.
damage() {
	((status != 4)) || pcireset doctor --repair >/dev/null 2>&1
	state
	if [[ $REPLY != "$before" ]]; then
		REPLY="was $before and is $REPLY"
		return
	fi
	config_dump after "$port" "$card"
	REPLY=$(pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after 2>&1)
}

# sweep_kind KIND COMMAND...
sweep_kind() {
	local nth step was bad=()

	run_failing "$1" 0 "${@:2}"
	plain "$output" && want=$REPLY
	is "$status" 0 "$1: ${*:2}: without a failure"
	step=$(((calls + limit - 1) / limit))
	for ((nth = step > 1 ? 1 + step / 2 : 1; nth <= calls; nth += step)); do
		resets && was=$REPLY
		run_failing "$1" "$nth" "${@:2}"
		wrong "$was"
		[[ -z $REPLY ]] || bad+=("$1 $nth: status $status: $REPLY: $errors $output")
		damage
		[[ -z $REPLY ]] || { bad+=("$1 $nth: status $status, left behind: $REPLY: $errors") && repair; }
	done
	diag "$1: $calls calls, step $step: ${*:2}"
	is "${bad[*]}" '' "$1: ${*:2}: the same answer or an error, and the device is as before"
}

# repair: after a finding, for the next run.
repair() {
	pcireset doctor --repair >/dev/null 2>&1
	[[ -e $devices/$card ]] || echo 1 >/sys/bus/pci/rescan
	[[ -e $devices/$card/driver ]] || echo "$card" >/sys/bus/pci/drivers_probe
}

sweep() {
	local kind

	[[ -z $only || $only == "$1" ]] || return 0
	for kind in $kinds; do
		sweep_kind "$kind" pcireset "$@"
	done
}

sim_load
card=${sim_bus[1]}:00.0
port=${sim_bus[0]}:01.0
sim_node 01.0 kind=root-port hotplug=1 dllla=1 aer=1 dpc=1 surprise_down=1
sim_node 01.0/00.0 "${driverless[@]}" aer=1
sim_live
pcireset reset "$card" --type flr >/dev/null
pcireset re-enumerate "$card" --type link >/dev/null
state && before=$REPLY
config_dump before "$port" "$card"
sweep reset "$card" --type flr --json
sweep reset "$card" --type flr --json --no-module
sweep re-enumerate "$card" --type link --json
plan
