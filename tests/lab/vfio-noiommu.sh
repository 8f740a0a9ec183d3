#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A function that a program has open through VFIO without an IOMMU, as DPDK does, is in use: for the tool, forced or
# not, for the kernel API, and without the module.
# intree: yes
# topology: empty
# kernels: 6.12-kasan 7.3-kasan
# modules: tests/lab/kmod
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-vfio.sh"

sim_load
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 'the machine is there' sim_live
function=${sim_bus[1]}:00.0
modprobe vfio enable_unsafe_noiommu_mode=1
modprobe vfio-pci
modprobe call_api
to_driver vfio-pci "$function"
group=$(readlink -f "$devices/$function/iommu_group")
exits 0 'its group has no IOMMU' test -c "/dev/vfio/noiommu-${group##*/}"

exits 0 'nobody has it open: reset' pcireset reset "$function" --type flr --yes
exits 4 'nobody has it open: reset without the module' pcireset reset "$function" --type flr --yes --no-module --force driver
like "$output" 'flr, unverified' 'nobody has it open: and it comes back as it was'

# VFIO itself resets it when it is opened.
hold_open "$function"
sim_count 01.0/00.0 flr
before=$REPLY
for force in driver driver,vfio; do
	for type in flr bus; do
		exits 3 "$type, force $force: refused" pcireset reset "$function" --type "$type" --yes --force "$force"
		like "$output" 'has it open|in use by vfio: vfio-client' "$type, force $force: says why"
	done
	exits 3 "without the module, force $force: refused" pcireset reset "$function" --type flr --yes --no-module --force "$force"
done
run pcireset list -J "$function"
like "$output" '"vfio"' 'the user is listed'
answers 'the kernel API' function "$function" $flr result=$ebusy
sim_count 01.0/00.0 flr
is "$REPLY" "$before" 'nothing was reset'
let_go
exits 0 'closed again: reset' pcireset reset "$function" --type flr --yes
to_driver '' "$function"
sim_clear
plan
