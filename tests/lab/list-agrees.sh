#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The types of "pcireset list" equal the kernel's reset_method, except for documented differences. With sysfs alone, the
# library finds the same types and scopes as the module finds in the hardware.
# nightly: 6.12
# topology: mixed sriov slots acpi gpu empty cxl
# timeout: 240
# shares: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

# The kernel probes a device once, when it is added, and keeps that list. So there are three answers: ours, the kernel's list, and
# the kernel's list after a new probe, by writing "default". If they differ, one of the reasons in list-differences must apply. Each
# is tested here by a function reason_NAME FUNCTION WORD, which reads these:
#   ours, listed, asked   "yes" or "no", the three answers
words=("${all_types[@]}")
table=${0%/*}/list-differences
declare -A seen=() kernel_lists=() kernel_says=()

is_alone() {
	local bus=${1%:*} others

	others=("$devices/$bus":*)
	[[ ${#others[@]} -eq 1 ]]
}

is_vf() {
	[[ -e $devices/$1/physfn ]]
}

is_bridge() {
	[[ -e $devices/$1/pci_bus ]]
}

# answers OURS LISTED ASKED
answers() {
	[[ "$ours $listed $asked" == "$*" ]]
}

reason_stale() {
	[[ $2 == bus && $listed == yes && $asked == no ]] && { is_bridge "$1" || ! is_alone "$1"; }
}

reason_slot-is-called-bus() {
	[[ $2 == slot ]] && answers yes no no
}

reason_bus-by-slot() {
	[[ $2 == bus ]] && answers no yes yes && ! is_vf "$1" && has_type "$1" slot
}

reason_vf-takes-all() {
	[[ $2 == bus ]] && answers no yes yes && is_vf "$1" && has_type "$1" slot
}

reason_siblings() {
	[[ $2 == bus ]] && answers yes no no && ! is_alone "$1"
}

reason_ports-have-no-flr() {
	[[ $2 == flr ]] && answers no yes yes && is_bridge "$1"
}

reason_cxl-masks-bus() {
	[[ $2 == bus ]] && answers no yes yes && has_type "$1" cxl_bus
}

reason_link-disable-is-ours() {
	[[ $2 == link_disable ]] && answers yes no no
}

reason_cxl-is-news() {
	[[ $2 == cxl_bus ]] && answers yes no no
}

# yes_if WORD WORDS
yes_if() {
	REPLY=no
	[[ " $2 " != *" $1 "* ]] || REPLY=yes
}

# ask_kernel FUNCTION
ask_kernel() {
	local file=$devices/$1/reset_method

	kernel_lists[$1]='' kernel_says[$1]=''
	[[ -e $file ]] || return 0
	read -r "kernel_lists[$1]" <"$file"
	echo default >"$file"
	read -r "kernel_says[$1]" <"$file"
	# For us FLR by the AF capability is the type flr too.
	kernel_lists[$1]=${kernel_lists[$1]//af_flr/flr} kernel_says[$1]=${kernel_says[$1]//af_flr/flr}
}

# explain FUNCTION WORD: sets REPLY to the first reason that applies.
explain() {
	local name

	while read -r name _; do
		[[ $name != \#* && -n $name ]] || continue
		"reason_$name" "$1" "$2" || continue
		REPLY=$name
		return
	done <"$table"
	return 1
}

# compare FUNCTION
compare() {
	local word ours listed asked unexplained=() reasons=''

	for word in "${words[@]}"; do
		yes_if "$word" "${types[$1]}" && ours=$REPLY
		yes_if "$word" "${kernel_lists[$1]}" && listed=$REPLY
		yes_if "$word" "${kernel_says[$1]}" && asked=$REPLY
		[[ $ours$listed$asked != yesyesyes && $ours$listed$asked != nonono ]] || continue
		if explain "$1" "$word"; then
			seen[$REPLY]=yes
			reasons+=", $word: $REPLY"
		else
			unexplained+=("$word: pcireset says $ours, the kernel lists $listed and says $asked when asked again")
		fi
	done
	is "$(printf '%s\n' "${unexplained[@]}")" '' "$1: ${types[$1]:-nothing}$reasons"
}

# Each reason must have been needed where its row says so, so that none outlives its difference.
check_reasons() {
	local name kernels topologies

	while read -r name kernels topologies _; do
		[[ $name != \#* && -n $name ]] || continue
		[[ $kernels == all || ,$kernels, == *",${PCILAB_KERNEL%-arm64},"* ]] || continue
		[[ ,$topologies, == *",$PCILAB_TOPOLOGY,"* ]] || continue
		is "${seen[$name]:-no}" yes "the reason $name is needed here"
	done <"$table"
}

# found [OPTION...]: types and scopes of every function. Why not is left out, sysfs knows less of that, and so are drivers as users.
found() {
	pcireset list --json "$@" | sed -e '/"backend"/d' -e '/"why_not": {/,/}/d' -e '/"users": \[/,/\]/d'
}

# Before the kernel probes again: sysfs has its list.
backends_agree() {
	local by_module by_sysfs

	by_module=$(found)
	by_sysfs=$(found --no-module)
	like "$by_module" '"device": "0000:00:00.0"' 'the module lists functions'
	if [[ $by_sysfs == "$by_module" ]]; then
		ok 'by sysfs and by the module the same is found'
	else
		not_ok 'by sysfs and by the module the same is found' "$(diff -U 8 <(echo "$by_module") <(echo "$by_sysfs"))"
	fi
}

exits 0 'all virtual functions are there' enable_all_vfs
backends_agree
read_machine list
is "${functions[*]}" "$(pci_functions | paste -sd ' ')" 'every function is listed'
for function in "${functions[@]}"; do
	ask_kernel "$function"
	compare "$function"
done
check_reasons
# Only show reports how the power can be cut.
without_power() {
	sed -e '/"power_cycle": *{$/,/}/d' -e 's/,$//'
}
listed=$(pcireset list -J | without_power)
is "$(pcireset show "${functions[@]}" -J | without_power)" "$listed" 'what siblings share in a list is what each says alone'
diag "reasons seen on $PCILAB_KERNEL in $PCILAB_TOPOLOGY: ${!seen[*]}"
plan
