#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An error during a reset, at each of its steps: the port above contains it (DPC), or the kernel recovers from it (AER).
# The reset ends within its bound and reports the result. The kernel's recovery then succeeds, nothing is removed, and
# all configuration is restored. A link that goes down in a reset is not taken for an error.
# topology: empty
# icount: yes
# parts: contained recovered expected
# nightly: 6.1 6.12
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# Bits of Uncorrectable Error Status: a Data Link Protocol Error is fatal unless software says otherwise, a Completion Timeout
# is not.
fatal=0x10 nonfatal=0x4000
timeout_ms=3000
# What the tool needs to start, and when it has surely begun.
start_ms='' begun_ms=''

# machine [KEY=VALUE...]: of the port. A card of two functions, whose driver knows how to recover.
machine() {
	card=("${sim_bus[1]}:00.0" "${sim_bus[1]}:00.1")
	sim_nodes 01.0 01.0/00.0 01.0/00.1 && sim_set 01.0 kind=root-port "$@" || return
	sim_set 01.0/00.0 aer=1 && sim_set 01.0/00.1 aer=1 && machine_up
}

# machine_with_vfs [KEY=VALUE...]: a PF and its VFs instead.
machine_with_vfs() {
	card=("${sim_bus[1]}:00.0" "${sim_bus[1]}:01.0" "${sim_bus[1]}:01.1")
	sim_nodes 01.0 01.0/00.0 01.0/00.0/vf && sim_set 01.0 kind=root-port "$@" || return
	sim_set 01.0/00.0/vf count=2 && machine_up
}

machine_up() {
	sim_live || return
	[[ -n $start_ms ]] || { tool_start "${card[0]}" && begun_ms=$((300 + 3 * start_ms / 2)); }
	[[ ! -d $sim/host/01.0/00.0/vf ]] || echo 2 >"$devices/${card[0]}/sriov_numvfs"
	machine_state && born=$state
	sim_set 01.0/00.0 ready_flr_us=300000 ready_bus_us=250000
	config_dump before "${card[@]}" "$port"
	dmesg -c >/dev/null
}

# recoveries: sets REPLY to how many the kernel says that it has carried out, and notes those that failed.
recoveries() {
	local log rest failed='device recovery failed|can.t recover' success='device recovery successful'

	log=$(dmesg)
	[[ ! $log =~ $failed ]] || wrong+=("$at: $(grep -E "$failed" <<<"$log")")
	rest=${log//"$success"/}
	REPLY=$(((${#log} - ${#rest}) / ${#success}))
}

# wait_for_recovery N: within 10 s. It polls seldom: processes are the cost of this test, and sleep is free.
wait_for_recovery() {
	local try

	for ((try = 0; try < 20; try++)); do
		sleep 0.5
		recoveries
		((REPLY < $1)) || return 0
	done
	wrong+=("$at: $REPLY recoveries instead of $1")
}

# traced: the order of things: "struck", "up" for the link, "checked FAILED", a line each.
traced() {
	echo 0 >"$tracing/tracing_on"
	sed -nE -e 's/^.* pcisim_error: .*$/struck/p' \
		-e 's/^.* pcisim_link: .* up=1$/up/p' -e 's/^.* pcireset_check: .* failed=([^ ]*).*$/checked \1/p' "$tracing/trace"
}

watch_order() {
	echo 0 >"$tracing/tracing_on"
	: >"$tracing/trace"
	echo 1 >"$tracing/events/pcisim/pcisim_error/enable"
	echo 1 >"$tracing/events/pcisim/pcisim_link/enable"
	echo 1 >"$tracing/events/pcireset/pcireset_check/enable"
	echo 1 >"$tracing/tracing_on"
}

# check_order: nothing was found to be well while it was cut off, and nothing failed without an error. It is cut off by an
# error where ports contain it.
check_order() {
	local line cut=0 struck=0

	while read -r line; do
		case $line in
		struck) cut=$contain struck=1 ;;
		up) cut=0 ;;
		'checked 0x0') ((!cut)) || wrong+=("$at: verified while it was cut off") ;;
		checked*) ((struck)) || wrong+=("$at: failed without an error: $line") ;;
		esac
	done < <(traced)
}

# strike MS TYPE NODE ERROR: sets status, took_ms (since the error) and errors, how many somebody was told of.
strike() {
	local job struck already

	printf -v at '%s, %s at %s after %d ms' "$2" "$4" "$3" "$1"
	sim_count "$3" errors && already=$REPLY
	dmesg -c >/dev/null
	watch_order
	pcireset reset "${card[0]}" --type "$2" --timeout "${timeout_ms}ms" --json --yes >report 2>&1 &
	job=$!
	sleep_ms "$1"
	struck=$EPOCHREALTIME
	sim_set "$3" "error=$4"
	wait "$job"
	status=$?
	milliseconds_since "$struck"
	took_ms=$REPLY
	sim_count "$3" errors && errors=$((REPLY - already))
	statuses+=" $status"
}

# judge WANT...: the exit status is one of these, and the report agrees with it.
judge() {
	local output word

	output=$(<report)
	read_reports "$output"
	word="$status ${report[${card[0]} error]:-} ${report[${card[0]} issued]:-}"
	[[ " $* " == *" $status "* ]] || wrong+=("$at: status $status" "$output")
	case $status in
	1) [[ $word == '1 ENODEV ' ]] || wrong+=("$at: $word") ;;
	4)
		# It is not another device, has no other configuration, and nobody denies that it was reset.
		[[ $output == *'DPC containment'* && $word == '4 ETIMEDOUT '* && ${report[${card[0]} failed_checks]} == ready ]] ||
			wrong+=("$at: $output")
		;;
	esac
	# At once, and not when its timeout is over; the tool may still have had to start.
	((took_ms < 1300 + 2 * start_ms)) || wrong+=("$at: ended $took_ms ms after the error")
	check_order
}

# all_is_well: the kernel has recovered from each error, and nothing is lost.
all_is_well() {
	wait_for_recovery "$errors"
	machine_state
	[[ $state == "$born" ]] || wrong+=("$at: functions or drivers came or went")
	config_dump after "${card[@]}" "$port"
	pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after >differences 2>&1 ||
		wrong+=("$at: $(cat differences)")
}

# strikes DESC TYPE NODE ERROR WANT...: before the device is opened, and then 100 ms apart until after the end.
strikes() {
	local ms wrong=() statuses='' total=0 desc=$1

	for ((ms = 0; ms < 600; ms += 100)); do
		strike "$((ms ? start_ms + ms : 0))" "$2" "$3" "$4"
		judge "${@:5}"
		all_is_well
		total=$((total + errors))
	done
	((total > 0)) || wrong+=('no error was reported')
	diag "$desc:$statuses, $total errors"
	if ((${#wrong[@]} == 0)); then
		ok "$desc: at 6 moments"
	else
		not_ok "$desc: at 6 moments" "${wrong[@]}"
	fi
}

# Before anything is saved: nothing is issued then, and no all-ones are kept to be restored.
contained_while_drivers_prepare() {
	local wrong=() statuses=''

	machine dpc=1
	echo $((begun_ms + 100)) >/sys/module/pcisim/parameters/prepare_ms
	strike "$begun_ms" flr 01.0 "$fatal"
	echo 0 >/sys/module/pcisim/parameters/prepare_ms
	judge 1
	all_is_well
	is "${wrong[*]}" '' 'contained while drivers prepare: nothing is touched'
	sim_clear
}

contained() {
	contain=1
	machine dpc=1
	strikes 'contained in an FLR' flr 01.0 "$fatal" 0 1 4
	strikes "contained in an FLR, a sibling's error" flr 01.0/00.1 "$fatal" 0 1 4
	strikes 'contained in a bus reset' bus 01.0 "$fatal" 0 1 4
	sim_clear
	machine dpc=1 hotplug=1
	strikes 'contained in an FLR, in a slot' flr 01.0 "$fatal" 0 1 4
	strikes 'contained in a slot reset' slot 01.0 "$fatal" 0 1 4
	sim_clear
	machine_with_vfs dpc=1
	strikes 'contained in an FLR of a PF' flr 01.0 "$fatal" 0 1 4
	sim_clear
	contained_while_drivers_prepare
}

recovered() {
	contain=0
	machine
	strikes "AER in an FLR, a sibling's error" flr 01.0/00.1 "$fatal" 0 1
	strikes "AER in an FLR, a sibling's error that is not fatal" flr 01.0/00.1 "$nonfatal" 0 1
	strikes 'AER in a bus reset' bus 01.0 "$fatal" 0 1
	sim_clear
	machine hotplug=1
	strikes 'AER in a slot reset' slot 01.0 "$fatal" 0 1
	sim_clear
}

# expect_link_down TYPE [KEY=VALUE...]: hardware that takes its own reset of the link for a Surprise Down Error.
expect_link_down() {
	machine "${@:2}" surprise_down=1
	exits 0 "$*: a port that reports its own reset as an error: verified" pcireset reset "${card[0]}" --type "$1" --yes
	sleep 1
	sim_count 01.0 errors
	is "$REPLY" 0 "$*: nobody was told"
	is "$(dmesg | grep -E 'AER|DPC')" '' "$*: and the kernel has nothing to recover from"
	config_dump after "${card[@]}" "$port"
	config_is_same before after "$*: the mask is as before"
	sim_clear
}

expected() {
	expect_link_down bus
	expect_link_down bus dpc=1
	expect_link_down slot hotplug=1
	expect_link_down slot hotplug=1 dpc=1
	stock_link_down
	stock_flr_waits
}

# stock_link_down: the same without us.
stock_link_down() {
	machine dpc=1 surprise_down=1
	stock_begin
	echo 1 >"$devices/$port/reset_subordinate"
	status=$?
	sleep 2
	stock_end
	sim_count 01.0 contained
	diag "the kernel's own bus reset, of a port that reports it as an error: status $status, contained $REPLY times"
	like "$REPLY" '^[1-9]' 'a mask is needed: the kernel takes its own reset for an error'
	sim_clear
}

# contained_flr COMMAND...: is struck when it waits for a function that is not ready soon. Sets status, took_ms, and lost: what came or went.
contained_flr() {
	local job struck

	machine hotplug=1 dpc=1
	sim_set 01.0/00.0 ready_flr_us=$((1000 * (begun_ms + 100)))
	"$@" >/dev/null 2>&1 &
	job=$!
	sleep_ms "$begun_ms"
	struck=$EPOCHREALTIME
	sim_set 01.0 error="$fatal"
	wait "$job"
	status=$?
	milliseconds_since "$struck"
	took_ms=$REPLY
	sleep 5
	machine_state
	lost=$([[ $state == "$born" ]] || echo ', and the card was taken out and found again')
	sim_clear
}

stock_flr() {
	echo flr >"$devices/${card[0]}/reset_method" && echo 1 >"$devices/${card[0]}/reset"
}

# stock_flr_waits: the kernel waits for a function that cannot come back before it has given up waiting.
stock_flr_waits() {
	local ours

	contained_flr pcireset reset "${card[0]}" --type flr
	ours=$took_ms
	is "$status$lost" 4 'contained in an FLR in a slot: failed, and the card stays'
	stock_begin
	contained_flr stock_flr
	stock_end
	diag "contained in an FLR in a slot: $ours ms; by the kernel's own reset: status $status, $took_ms ms$lost"
	less "$((ours * 5))" "$took_ms" 'it ends in less than a fifth of the time'
}

sim_load
port=${sim_bus[0]}:01.0
[[ $# -gt 0 ]] || set -- contained recovered expected
for part; do
	"$part"
done
plan
