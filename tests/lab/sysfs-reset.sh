#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Without the module, exactly the one allowed type runs or nothing, reset_method is as before, and the result claims no
# more than was observed.
# topology: mixed acpi sriov
# nightly: 6.1 6.12 7.3/sriov
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

journal=/run/pcireset

# kernel_takes FUNCTION: does the kernel accept its own reset_method? Not if the topology changed since it made the list.
kernel_takes() {
	local list

	read -r list <"$devices/$1/reset_method"
	echo "$list" >"$devices/$1/reset_method" 2>/dev/null
}

# without_module FUNCTION TYPE: sets status and output. Users and drivers of the function are forced.
without_module() {
	force_for "$1" "$2"
	run pcireset reset "$1" --type "$2" --yes --json --no-module --force "driver${force[1]:+,${force[1]}}"
}

# try FUNCTION TYPE: the type works, and its plan was right.
try() {
	local want

	without_module "$1" "$2"
	read_reports "$output"
	case $status in
	0) want=verified ;;
	4) want=unverified ;;
	*) want="status 0 or 4, not $status: $output" ;;
	esac
	is "${report[$1 result]}" "$want" "$1: $2"
	is "${report[$1 type]#af_} ${report[$1 issued]#af_} ${report[$1 members]}" "$2 $2 $1" "$1: $2 and nothing else ran, on it alone"
	results+=" $want"
}

# refuse FUNCTION TYPE
refuse() {
	without_module "$1" "$2"
	is "$status" 3 "$1: $2 is refused"
	like "$output" 'modprobe pcireset' "$1: $2: it is said what the module would add"
}

enable_all_vfs
unbind_rngs
read_machine list || not_ok 'every function is listed' "$output"
all_methods
methods=$REPLY
results=''
config_dump before
for function in "${functions[@]}"; do
	for type in ${types[$function]}; do
		case $type in
		slot | bus | cxl_bus | link_disable)
			refuse "$function" "$type"
			;;
		*)
			if [[ ${scope[$function $type]} != "$function" ]] || ! kernel_takes "$function"; then
				refuse "$function" "$type"
				continue
			fi
			;;
		esac
	done
done
config_dump after
config_is_untouched before after 'after all refusals nothing was touched'
all_methods
is "$REPLY" "$methods" 'nor any reset_method'

for function in "${functions[@]}"; do
	for type in ${types[$function]}; do
		[[ " slot bus cxl_bus link_disable " != *" $type "* && ${scope[$function $type]} == "$function" ]] || continue
		kernel_takes "$function" || continue
		try "$function" "$type"
	done
done
all_methods
is "$REPLY" "$methods" 'every reset_method reads as before'
config_dump after
config_is_same before after 'and so does config space'
is "$(ls "$journal")" '' 'no journal is left'
like "$results" 'verified' 'something was reset'
like "$results" 'unverified' 'something was not shown to be reset'
plan
