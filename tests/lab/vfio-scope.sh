#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The scope of a link reset equals the list of VFIO's hot reset, except where VFIO's list is incomplete.
# intree: yes
# nightly: 6.12
# topology: vfio vfio-tree
# modules: tests/lab/kmod
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-vfio.sh"

why_vfio=14

# VFIO takes a PF only while it has none, so such a PF stays with its own driver.
for file in "$devices"/*/sriov_totalvfs; do
	[[ -e $file ]] || continue
	pf=$(basename "${file%/*}")
	echo 0 >"$devices/$pf/sriov_drivers_autoprobe"
	exits 0 'virtual functions are there' cp "$file" "$devices/$pf/sriov_numvfs"
done

# has_group FUNCTION: an SMMU takes one function for each request ID, and refuses the second behind a conventional bridge.
has_group() {
	[[ -e $devices/$1/iommu_group ]] && return
	like "$(dmesg)" "$1: .*([Aa]liasing StreamID|already in tree)" "$1: has no group, as the IOMMU takes one function of its bridge"
	return 1
}

# find_endpoints: sets endpoints to all functions that VFIO takes, but the chipset's.
find_endpoints() {
	local function

	endpoints=()
	for function in $(pci_functions); do
		[[ $function != "${pf:-}" && $function != *:00:1f.* ]] || continue
		[[ $(cat "$devices/$function/class") != 0x060* ]] || continue
		has_group "$function" || continue
		endpoints+=("$function")
	done
}

# link_of FUNCTION: sets REPLY to the members of the type that "link" stands for here.
link_of() {
	REPLY=${scope[$1 slot]:-${scope[$1 bus]:-}}
}

# A device number other than 0 on a PCIe link is an ARI function. In kernels with a hotplug driver that registers only device 0, such a
# function has no slot: they do not lock, save or list it with the slot, and treat its link as a plain bus.
without_ari() {
	tr ' ' '\n' | grep -v ':01:0[1-9a-f]\.' | paste -sd ' '
}

# has_groups FUNCTION...: all of them.
has_groups() {
	local function

	for function; do
		[[ -e $devices/$function/iommu_group ]] || return
	done
}

# agrees FUNCTION: VFIO's list equals ours, except for functions that VFIO is known to omit.
agrees() {
	local want members

	link_of "$1"
	want=$REPLY
	read -ra members <<<"$want"
	user "$1" scope
	if [[ -z $want ]]; then
		is "$said" ENODEV "$1: neither has a link reset"
	elif ! has_groups "${members[@]}"; then
		is "$said" EPERM "$1: VFIO lists no function without a group"
	elif [[ $forgets_ari == yes && $1 == 0000:01:00.* ]]; then
		is "$said" "$(without_ari <<<"$want")" "$1: VFIO lists ours but for the ARI functions"
	else
		is "$said" "$want" "$1: both list the same functions"
	fi
}

load_vfio
modprobe call_api
find_endpoints
# VFIO takes no group in which a driver has something of its own to do, such as the hotplug driver of a conventional bridge.
[[ -z ${pf:-} ]] || unbind 0000:06:00.0
# What the stock kernel warns of when a device is opened and closed is its own.
stock_begin
to_driver vfio-pci "${endpoints[@]}"
read_machine show "${endpoints[@]}"

forgets_ari=no
if [[ -n ${pf:-} ]]; then
	is "$(wc -w <<<"${scope[0000:01:01.2 slot]}")" 11 'ours: a PF and its ten VFs, ARI functions among them'
	is "${scope[0000:01:00.1 slot]}" "${scope[0000:01:01.2 slot]}" 'ours: the same from any of them'
	[[ $PCILAB_KERNEL == 7.3* ]] || forgets_ari=yes
fi
for function in "${endpoints[@]}"; do
	agrees "$function"
done
stock_end

# A user with an open device, in a group that is no one else's; and neighbours on the link.
if [[ -n ${pf:-} ]]; then
	held=0000:01:00.3 other=0000:01:01.1 away=0000:05:00.0
else
	held=0000:02:00.0 other=0000:02:00.1 away=0000:01:00.0
fi
triggers_begin
hold_open "$held"
config_dump open "$held"
exits 3 'held open: FLR is refused' pcireset reset "$held" --type flr,pm
like "$output" "in use by vfio: vfio-client, process $holder .$held." 'held open: the user is named'
exits 3 'held open: the slot is refused, asked for by a neighbour' pcireset reset "$other" --type slot
like "$output" "vfio-client, process $holder .$held." 'held open: the user is named to the neighbour'
exits 3 'held open: --force of anything else does not help' pcireset reset "$held" --type slot --force driver,net,mount
answers 'held open: the module itself refuses a driver that asks' function "$held" $slot result=$ebusy issued=0x0 why=$why_vfio
answers 'held open: and one that asks for a neighbour' bus "$other" $slot result=$ebusy issued=0x0 why=$why_vfio
is "$(triggers)" 0 'held open: nothing was reset'
config_dump after "$held"
config_is_untouched open after 'held open: its configuration is untouched'
exits 0 'held open: what is on another link is not in use' pcireset reset "$away" --type flr
let_go
exits 0 'let go: the slot may be reset' pcireset plan "$other" --type slot --force driver
plan
