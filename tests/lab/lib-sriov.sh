# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests of virtual functions: creating VFs, a mark in each function that only a reset removes, the disk.
#
# The mark is a word in the last entry of the MSI-X table. The table is in a BAR, so config space does not show it. A
# reset of the function clears it, and neither driver nor kernel writes an unused entry. So the mark shows a fact that a
# comparison of config space cannot: the function was reset and restored. It needs iomem=relaxed, because the kernel
# otherwise denies access by /dev/mem to BARs that a driver has claimed.

devices=/sys/bus/pci/devices

# find_pf: sets pf to the one function that can have virtual ones.
find_pf() {
	local file

	for file in "$devices"/*/sriov_totalvfs; do
		[[ $(cat "$file") -gt 0 ]] || continue
		pf=$(basename "${file%/*}")
		return
	done
	skip_all 'there is no function with SR-IOV'
}

# enable_vfs N: without drivers, but awake as a driver would have them; sets vfs to their addresses.
enable_vfs() {
	echo 0 >"$devices/$pf/sriov_drivers_autoprobe"
	echo "$1" >"$devices/$pf/sriov_numvfs" || return
	list_vfs
	wake "${vfs[@]}"
	[[ ${#vfs[@]} -eq $1 ]]
}

# wake FUNCTION...: sets Memory Space and Bus Master Enable. QEMU needs both for access to a VF's BAR.
wake() {
	local function

	for function; do
		setpci -s "$function" COMMAND=6:6
	done
}

disable_vfs() {
	echo 0 >"$devices/$pf/sriov_numvfs"
}

list_vfs() {
	local link

	vfs=()
	for link in "$devices/$pf"/virtfn*; do
		[[ -e $link ]] || continue
		vfs+=("$(basename "$(readlink "$link")")")
	done
}

# pf_registers: Command, the lower half of BAR 0, SR-IOV Control and NumVFs of the PF.
pf_registers() {
	setpci -s "$pf" COMMAND BASE_ADDRESS_0 ECAP_SRIOV+8.w ECAP_SRIOV+10.w | paste -sd ' '
}

# witness_address FUNCTION: of the lower address word in the last entry of its MSI-X table.
witness_address() {
	local bar table count

	read -r bar _ <"$devices/$1/resource"
	table=$((0x$(setpci -s "$1" CAP_MSIX+4.l)))
	count=$((0x$(setpci -s "$1" CAP_MSIX+2.w) & 0x7ff))
	printf '0x%x\n' $((bar + (table & ~7) + 16 * count))
}

# plant FUNCTION...: sets each one's witness.
plant() {
	local function

	for function; do
		devmem "$(witness_address "$function")" 32 0x0e5e7000
	done
}

# reset_of FUNCTION...: prints the functions without a mark, because they were reset.
reset_of() {
	local function

	for function; do
		[[ $(devmem "$(witness_address "$function")" 32) == 0x0E5E7000 ]] || printf '%s\n' "$function"
	done | paste -sd ' '
}

# planned FUNCTION MASK: the functions that the plan says are reset.
planned() {
	pcireset plan "$1" --type "$2" | sed -n 's/^\([0-9a-f:.]*\) .*reset.*/\1/p' | paste -sd ' '
}

# restored FILE: the functions of which the report in JSON says that they were reset and are back.
restored() {
	tr -d ' \n' <"$1" | grep -o '{"device":"[^"]*","reset":true,"state":"restored"' | cut -d '"' -f 4 | paste -sd ' '
}

# answering FUNCTION...: prints the functions with a Command other than all-ones.
answering() {
	local function

	for function; do
		[[ $(setpci -s "$function" COMMAND) == ffff ]] || printf '%s\n' "$function"
	done | paste -sd ' '
}

# resets_pf_and_vfs FUNCTION MASK WHAT [OPTION...]: a reset of FUNCTION hits the PF and all its VFs, and brings them back.
resets_pf_and_vfs() {
	local function=$1 mask=$2 what=$3 all=("$pf" "${vfs[@]}") registers

	shift 3
	is "$(planned "$function" "$mask")" "${all[*]}" "$what: the plan names the PF and all its VFs"
	plant "${all[@]}"
	registers=$(pf_registers)
	config_dump before
	exits 0 "$what: succeeds" pcireset reset "$function" --type "$mask" --check proof,link,config --yes --json "$@"
	# shellcheck disable=SC2154 # set by exits
	printf '%s\n' "$output" >report
	is "$(restored report)" "${all[*]}" "$what: the report says of PF and VFs that they are restored"
	config_dump after
	config_is_same before after "$what: config space of all functions is as before"
	is "$(pf_registers)" "$registers" "$what: Command, BAR, VF Enable and NumVFs of the PF are as before"
	is "$(answering "${all[@]}")" "${all[*]}" "$what: PF and VFs answer"
	is "$(reset_of "${all[@]}")" "${all[*]}" "$what: PF and VFs were reset indeed"
	exits 0 "$what: the PF's disk can be read" wait_for reads "$pf"
}

# vfs_work WHAT: FLR of each, as verified by the module and shown by the witness.
vfs_work() {
	local vf

	for vf in "${vfs[@]}"; do
		plant "$vf"
		exits 0 "$1: FLR of $vf is verified" pcireset reset "$vf" --type flr --check proof,config
		is "$(reset_of "$vf")" "$vf" "$1: FLR of $vf took place"
	done
}

# disk_of FUNCTION: the disk behind an NVMe controller.
disk_of() {
	local path

	for path in "$devices/$1"/nvme/nvme*; do
		[[ ! -b /dev/${path##*/}n1 ]] || printf '/dev/%sn1\n' "${path##*/}"
	done
}

# reads FUNCTION: one block, past all caches.
reads() {
	dd if="$(disk_of "$1")" of=/dev/null bs=4096 count=1 iflag=direct status=none
}

# starts FUNCTION: how often the kernel has made this NVMe controller work, from the kernel log.
starts() {
	dmesg | grep -c "nvme $(basename "$devices/$1"/nvme/nvme*): .* default/read/poll queues"
}
