#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Resets of every type leave reset_method of every function unchanged, even while another process rewrites it.
# topology: mixed sriov acpi
# nightly: 6.1 6.12 7.3/sriov
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

# No emulated device has a device_specific reset, the one type for which the module narrows the kernel's list for a
# moment. It is tried with all the others, and runs where a topology has it.
rounds=3

# reset_all TYPE: every function that has it; their statuses are the business of other tests.
reset_all() {
	local function

	for function in "${functions[@]}"; do
		has_type "$function" "$1" || continue
		reset "$function" "$1"
		[[ $? =~ ^[04]$ ]] && count=$((count + 1))
	done
}

# rewrite FUNCTION LIST...: one after the other for as long as it is let; says how often when it is told to stop.
rewrite() {
	local file=$devices/$1/reset_method list written=0 stop=no

	shift
	trap 'stop=yes' TERM
	while [[ $stop == no ]]; do
		for list; do
			echo "$list" >"$file" && written=$((written + 1))
		done
	done
	echo "$written" >/tmp/written
}

# is_one_of WORDS LIST...
is_one_of() {
	local word=$1 list

	shift
	for list; do
		[[ $word != "$list" ]] || return 0
	done
	return 1
}

# read_list FUNCTION WRITER: sets list. The writer stands still meanwhile, as the kernel takes no lock: a list that is read
# while it is written may be half the old and half the new.
read_list() {
	local stat=''

	kill -STOP "$2"
	until [[ $stat == *') T '* ]]; do
		read -r stat <"/proc/$2/stat" || return
	done
	read -r list <"$devices/$1/reset_method"
	kill -CONT "$2"
}

# under_fire FUNCTION LIST...: the rewriter ends with the last LIST. No LIST is a single type that a reset uses here, so a list that a
# reset has narrowed is visible.
under_fire() {
	local function=$1 type round count=0 last=${!#} strange='' list writer

	rewrite "$@" &
	writer=$!
	for ((round = 0; round < rounds; round++)); do
		for type in ${types[$function]}; do
			reset "$function" "$type"
			[[ $? =~ ^[04]$ ]] && count=$((count + 1))
			read_list "$function" "$writer"
			is_one_of "$list" "${@:2}" || strange+="$list, "
		done
	done
	kill -TERM "$writer"
	wait "$writer"
	is "$strange" '' "$function: only what the rewriter wrote was ever read, in $count resets"
	like "$(cat /tmp/written)" '^[1-9][0-9]+$' "$function: and it wrote all the while"
	read -r list <"$devices/$function/reset_method"
	is "$list" "$last" "$function: its last word stayed"
	for type in ${types[$function]}; do
		reset "$function" "$type"
		read -r list <"$devices/$function/reset_method"
		is "$list" "$last" "$function: and stays after $type"
	done
}

enable_all_vfs
unbind_rngs
mapfile -t functions < <(pci_functions)
read_machine show "${functions[@]}" || not_ok 'every function is shown' "$output"

all_methods
before=$REPLY
for type in "${all_types[@]}"; do
	count=0
	reset_all "$type"
	all_methods
	is "$REPLY" "$before" "$type: every reset_method reads as before, after $count resets"
done

# A list other than the default, and an empty one: each choice stays.
for function in "${functions[@]}"; do
	[[ -n ${types[$function]} && -e $devices/$function/reset_method ]] || continue
	read -r list <"$devices/$function/reset_method"
	chosen=${list##* }
	echo "$chosen" >"$devices/$function/reset_method" 2>/dev/null || chosen=$list
done
all_methods
before=$REPLY
count=0
for type in flr pm slot bus; do
	reset_all "$type"
done
all_methods
is "$REPLY" "$before" "a narrowed list reads as before, after $count resets"

case $PCILAB_TOPOLOGY in
mixed)
	under_fire 0000:06:00.0 'flr bus' 'bus flr'
	under_fire 0000:0b:00.0 'pm flr' 'flr pm bus' '' 'bus pm'
	;;
sriov) under_fire 0000:03:00.0 'flr bus' 'pm bus' 'bus flr pm' ;;
acpi) under_fire 0000:01:00.0 'acpi bus' 'pm acpi' 'bus acpi' ;;
esac
plan
