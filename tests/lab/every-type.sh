#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each type on each function: either exactly that type runs and all state is as before, or it is refused and nothing is
# touched.
# nightly: 6.12
# topology: mixed sriov slots acpi gpu empty cxl
# timeout: 400
# shares: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

before=/tmp/before after=/tmp/after may_change=${0%/*}/may-change
complaints=()

complain() {
	complaints+=("$@")
}

# verdict DESC: one result for all checks.
verdict() {
	if [[ ${#complaints[@]} -eq 0 ]]; then
		ok "$1"
	else
		not_ok "$1" "${complaints[@]}"
	fi
	complaints=()
}

# want WHAT GOT WANT
want() {
	[[ $2 == "$3" ]] || complain "$1: got '$2', want '$3'"
}

# want_same_config RULES
want_same_config() {
	local differences

	config_dump "$after"
	differences=$(pciconf compare "$1" "$before" "$after" 2>&1)
	[[ -z $differences ]] || complain "$differences"
}

want_same_machine() {
	local was=$state

	machine_state
	[[ $state == "$was" ]] || complain 'devices or drivers came or went:' "$(diff <(echo "$was") <(echo "$state") | grep '^[+-]')"
}

# does_nothing FUNCTION TYPE: is it one of the resets that the emulated device ignores?
does_nothing() {
	grep -Eq "^(${id[$1]}|\*)[[:space:]]+$2[[:space:]]" "${0%/*}/does-nothing"
}

# refused FUNCTION TYPE: judges one report.
refused() {
	want result "${report[$1 result]:-}" refused
	want error "${report[$1 error]:-}" EOPNOTSUPP
	want issued "${report[$1 issued]:-}" ''
	[[ -n ${report[$1 message]:-} ]] || complain 'no message tells why'
	[[ -n ${why_not[$1 $2]:-} ]] || complain 'why_not is empty'
	verdict "$1 $2: refused, ${why_not[$1 $2]:-for no reason}"
}

# all_refused TYPE: by every function that does not have it; one command, as its status is 3 only if it is so for each.
all_refused() {
	local function lacking=()

	for function in "${functions[@]}"; do
		has_type "$function" "$1" || lacking+=("$function")
	done
	[[ ${#lacking[@]} -gt 0 ]] || return 0
	forget_triggers
	output=$(pcireset reset "${lacking[@]}" --type "$1" --check link,config --yes -J 2>&1)
	want 'exit status' $? 3
	read_reports "$output"
	want_same_config /dev/null
	want_same_machine
	count_triggers
	want triggers "$triggers" 0
	verdict "$1: those that lack it refuse it, and nothing is touched"
	for function in "${lacking[@]}"; do
		refused "$function" "$1"
	done
}

# want_report FUNCTION TYPE RESULT FAILED_CHECKS ERROR
want_report() {
	local member

	want type "${report[$1 type]#af_}" "$2"
	want issued "${report[$1 issued]#af_}" "$2"
	want result "${report[$1 result]}" "$3"
	want 'failed checks' "${report[$1 failed_checks]}" "$4"
	want members "${report[$1 members]}" "${scope[$1 $2]}"
	want error "${report[$1 error]}" "$5"
	for member in ${report[$1 members]}; do
		want "state of $member" "${member_state[$1 $member]}" restored
	done
}

# bring_back MEMBER...: repairs the state that forced members lost without their driver's knowledge.
bring_back() {
	local member

	for member; do
		can_prepare "$member" && continue
		rebind "$member" || complain "$member cannot be bound again"
		works "$member" || complain "$member does not work"
		looked=no
	done
}

# look: at the whole machine as it is now, unless the look after the last reset still holds.
looked=no
look() {
	[[ $looked == no ]] || return 0
	machine_state
	config_dump "$before"
	looked=yes
}

# look_again: the state that was compared is the reference for the next reset.
look_again() {
	want_same_config "$may_change"
	want_same_machine
	set -- "$before"
	before=$after after=$1
}

# firmware_runs FUNCTION: how often _RST has run, which lab/topologies/reset.asl says in place of a revision.
firmware_runs() {
	cat "$devices/$1/firmware_node/hrv"
}

# done_exactly FUNCTION TYPE
done_exactly() {
	local status=0 result=verified failed='' error='' member runs

	! does_nothing "$1" "$2" || status=4 result=unverified failed=proof
	# QEMU's ports ignore Link Disable. That the link stays up is noticed, and all is as before.
	[[ $2 != link_disable ]] || status=4 result=failed error=EIO
	look
	forget_triggers
	[[ $2 != acpi ]] || runs=$(firmware_runs "$1")
	reset "$1" "$2" --check link,config -J
	want 'exit status' $? "$status"
	read_reports "$output"
	want_report "$1" "$2" "$result" "$failed" "$error"
	[[ $2 != acpi ]] || want 'runs of the firmware' "$(firmware_runs "$1")" $((runs + 1))
	count_triggers
	want 'types triggered' "$trigger_types" "${type_bit[$2]}"
	# A driver that could prepare may still be busy setting its device up; it is done when the device works.
	for member in ${scope[$1 $2]}; do
		! can_prepare "$member" || works "$member" || complain "$member does not work"
	done
	look_again
	# shellcheck disable=SC2086 # words
	bring_back ${scope[$1 $2]}
	[[ ${#complaints[@]} -eq 0 ]] || complain "$output"
	verdict "$1 $2: $result, reached ${scope[$1 $2]}"
}

exits 0 'all virtual functions are there' enable_all_vfs
unbind_rngs
mapfile -t functions < <(pci_functions)
look
read_machine show "${functions[@]}" || complain "$output"
want_same_config /dev/null
want_same_machine
verdict 'every function is shown, and nothing is touched by that'
looked=no
for function in "${functions[@]}"; do
	works "$function" || complain "$function does not work"
done
verdict 'every device works at the start'
look
for type in "${all_types[@]}"; do
	all_refused "$type"
done
for function in "${functions[@]}"; do
	for type in ${types[$function]}; do
		done_exactly "$function" "$type"
	done
done
plan
