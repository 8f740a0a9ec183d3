#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vfio-pci binds to 64 simulated VFs on two bus numbers, and each one is opened and reset alone.
# intree: yes
# topology: empty
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"
. "$(dirname "$0")/lib-sriov.sh"
. "$(dirname "$0")/lib-vfio.sh"

sim_load
echo functions >"$sim/host/iommu"
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 kind=endpoint
sim_node 01.0/00.0/vf count=64 vf_offset=250
sim_live
pf=${sim_bus[1]}:00.0
enable_vfs 64
is $? 0 '64 VFs are enabled'
is "$(printf '%s\n' "${vfs[@]}" | cut -d : -f 2 | sort -u | wc -l)" 2 'they are on two bus numbers'
load_vfio
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
to_driver vfio-pci "${vfs[@]}"
is "$(find -L /sys/bus/pci/drivers/vfio-pci -maxdepth 1 -name '*:*' | wc -l)" 64 'vfio-pci binds to all'
resets=0
for vf in "${vfs[@]}"; do
	user "$vf" reset
	[[ $said != 'done' ]] || resets=$((resets + 1))
done
is "$resets" 64 'each is reset through VFIO'
sim_count 01.0/00.0 flr
is "$REPLY" 0 'the PF is not reset'
hold_open "${vfs[63]}"
exits 3 'the last one is held open: refused' pcireset reset "${vfs[63]}" --type flr
exits 3 'and so is a reset of the PF' pcireset reset "$pf" --type flr --yes
exits 0 'another one may be reset' pcireset reset "${vfs[0]}" --type flr
let_go
to_driver '' "${vfs[@]}"
disable_vfs
sim_clear && rmdir "$sim/host"
plan
