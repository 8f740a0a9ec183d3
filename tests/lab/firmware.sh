#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The type acpi if the firmware's _RST resets, does nothing, fails, or leaves the device unreachable or replaced. An
# unverified reset is never called done, the wait is within the timeout, and everything else is unchanged.
# nightly: 6.1 6.12
# icount: yes
# topology: firmware
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

# The firmware itself writes the bus numbers of these ports.
declare -A ports_of=([unreachable]=$(port_to 03) [replaced]="$(port_to 05) $(port_to 06) 0000:06:00.0")

# others_than DEVICE FAULT: sets others.
others_than() {
	local function

	others=()
	for function in "${functions[@]}"; do
		[[ " $1 ${ports_of[$2]:-} " == *" $function "* ]] || others+=("$function")
	done
}

# ends FAULT DEVICE STATUS OUTCOME: which is its error, the first check that failed, and the result.
ends() {
	local others started

	others_than "$2" "$1"
	# What a reset clears.
	setpci -s "$2" COMMAND=6
	config_dump before "${others[@]}"
	config_dump target-before "$2"
	started=$EPOCHREALTIME
	run pcireset reset "$2" --type acpi --timeout 3s --check link,config --yes --json
	took_less 4000 "$1: it took"
	is "$status" "$3" "$1: exit status"
	read_reports "$output"
	is "${report[$2 error]} ${report[$2 failed_checks]%% *} ${report[$2 result]}" "$4" "$1: what is told"
	is "${report[$2 issued]}" acpi "$1: nothing else was tried"
	config_dump after "${others[@]}"
	config_is_untouched before after "$1: nothing else was touched"
}

# is_as_before FAULT DEVICE
is_as_before() {
	config_dump target-after "$2"
	config_is_untouched target-before target-after "$1: it is as it was"
}

mapfile -t functions < <(pci_functions)

ends working 0000:01:00.0 0 '  verified'
is_as_before working 0000:01:00.0

ends idle 0000:02:00.0 4 ' proof unverified'
is_as_before idle 0000:02:00.0

ends unreachable 0000:03:00.0 4 'ETIMEDOUT ready failed'

ends failing 0000:04:00.0 4 'EIO  failed'
is_as_before failing 0000:04:00.0

config_dump newcomer-before 0000:06:00.0
ends replaced 0000:05:00.0 4 'EIO identity failed'
config_dump newcomer-after 0000:05:00.0
sed -i 's/^0000:05/0000:06/' newcomer-after
config_is_untouched newcomer-before newcomer-after 'replaced: the other device was not written to'
plan
