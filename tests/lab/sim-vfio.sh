#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows that VFIO takes simulated functions: each has an IOMMU group, is opened, maps memory, is reset, and is in use for pcireset.
# topology: empty
# shares: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"
. "$(dirname "$0")/lib-vfio.sh"

# group_of FUNCTION: its IOMMU group, or "none".
group_of() {
	local link=$devices/$1/iommu_group

	[[ -e $link ]] && basename "$(readlink -f "$link")" || echo none
}

# host_iommu WORD: with the same functions.
host_iommu() {
	echo 0 >"$sim/host/live"
	echo "$1" >"$sim/host/iommu"
	echo 1 >"$sim/host/live"
}

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" count=2
card=${sim_bus[1]}:00.0
second=${sim_bus[1]}:00.1
exits 1 'an unknown word is refused' bash -c "echo moon >$sim/host/iommu"
exits 0 'each function is a group' host_iommu functions
exits 1 'it is fixed while the host is live' bash -c "echo none >$sim/host/iommu"
is "$([[ $(group_of "$card") != "$(group_of "$second")" ]] && echo differ)" differ 'two functions, two groups'

load_vfio
# Only an IOMMU with interrupt remapping is safe for VFIO, and a simulated one cannot have that.
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
to_driver vfio-pci "$card"
hold_open "$card"
exits 3 'held open: refused' pcireset reset "$card" --type flr
like "$output" 'in use by vfio: vfio-client' 'and the program is named'
let_go
sim_count 01.0/00.0 flr
before=$REPLY
user "$card" reset dma
is "$said" 'done done' 'it is reset through VFIO, and memory is mapped and unmapped'
sim_count 01.0/00.0 flr
is "$((REPLY > before))" 1 'the simulated function was reset'
exits 0 'closed: pcireset may reset it' pcireset reset "$card" --type flr
to_driver '' "$card"

exits 0 'groups by the rules of PCI' host_iommu pci
is "$(group_of "$card")" "$(group_of "$second")" 'two functions without ACS, one group'
exits 0 'no groups' host_iommu none
is "$(group_of "$card")" none 'none'
is "$(ls /sys/class/iommu)" '' 'and no IOMMU'

# A kernel that still called the module would not survive this.
sim_clear && rmdir "$sim/host"
exits 0 'the module can be unloaded' rmmod pcisim
sim_load
sim_node 01.0 kind=root-port
exits 0 'and functions appear after that' sim_live
sim_clear && rmdir "$sim/host"
plan
