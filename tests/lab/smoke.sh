#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows in one small guest that the module works with a kernel: it loads, resets an emulated device and a simulated card by each of
# some types, refuses a type, reports a card that stays away, and unloads. tests/support-matrix asks it of every kernel. Beside
# tests of whole promises it shows nothing new, so that only arm64 has it among them: there it is the test with ACPI.
# topology: acpi
# kernels: 6.1-arm64 6.12-arm64 7.3-arm64
# icount: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

# resets DESC FUNCTION TYPE: is done and verified.
resets() {
	exits 0 "$1: $3" pcireset reset "$2" --type "$3" --force driver --yes
}

like "$(uname -r)" '^[1-9]' "$(uname -rm)"
exits 0 'the node is there' test -c /dev/pcireset
exits 0 'list' pcireset list
if [[ $PCILAB_TOPOLOGY == acpi ]]; then
	resets emulated 0000:01:00.0 bus
	exits 4 'emulated: a reset by firmware that only counts is unverified' pcireset reset 01:00.0 --type acpi --force driver --yes
	is "$(cat /sys/bus/pci/devices/0000:01:00.0/firmware_node/hrv)" 1 'emulated: the firmware has counted it'
fi

sim_load
is $? 0 'the simulator loads'
card=${sim_bus[1]}:00.0
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port hotplug=1
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 'the simulated machine is there' sim_live
for type in flr pm slot; do
	resets simulated "$card" "$type"
done
like "$(cat /proc/interrupts)" 'pciehp' 'the slot has an interrupt'
exits 3 'a type that the card does not have is refused' pcireset reset "$card" --type cxl_bus --yes
sim_set 01.0/00.0 ready_flr_us=never
exits 4 'a card that stays away is told' pcireset reset "$card" --type flr --timeout 2s --yes
sim_clear
rmdir "$sim/host"
exits 0 'the simulator unloads' rmmod pcisim
exits 0 'the module unloads' rmmod pcireset
plan
