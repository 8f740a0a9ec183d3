#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A hot reset by VFIO is exactly of the slot or exactly of the bus, as was checked, even if support for a reset of the slot goes
# meanwhile.
# modules: tests/intree/kmod
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/lab/lib-vfio.sh
. /tests/lib-vfio.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

parameters=/sys/module/fake_slot/parameters
mine_node=01.0/00.0/00.0 yours_node=01.0/00.0/01.0

# bus_resets NODE: sets REPLY to their number.
bus_resets() {
	sim_count "$1" bus
}

# affected FUNCTIONS: those that VFIO names for a hot reset, without the domain, of which VFIO has 16 bits only.
affected() {
	user "$1" scope
	said=$(tr ' ' '\n' <<<"$said" | cut -d : -f 2- | paste -sd ' ')
}

# hot_reset DESC FUNCTIONS: sets said, slot_resets, and yours_resets to those of the other device.
hot_reset() {
	local before slot_before

	bus_resets "$yours_node"
	before=$REPLY slot_before=$(cat "$parameters/resets" 2>/dev/null || echo 0)
	user "$2" hot
	bus_resets "$yours_node"
	yours_resets=$((REPLY - before))
	slot_resets=$(($(cat "$parameters/resets" 2>/dev/null || echo 0) - slot_before))
	diag "$1: $said, $slot_resets resets of the slot, $yours_resets of the other device"
}

# Two devices on a conventional bus, of which one is in a slot.
sim_load
echo functions >"$sim/host/iommu"
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 kind=pci-bridge
sim_node "$mine_node" "${driverless[@]}"
sim_node "$yours_node" "${driverless[@]}"
sim_live
mine=${sim_bus[2]}:00.0 yours=${sim_bus[2]}:01.0
exits 0 'there is a slot' modprobe fake_slot device="$mine"
load_vfio
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
to_driver vfio-pci "$mine"

affected "$mine"
is "$said" "${mine#*:}" 'a hot reset affects the device in the slot alone'
hot_reset 'slot' "$mine"
is "$said" 'done' 'it succeeds'
is "$((slot_resets > 0)) $yours_resets" '1 0' 'it is a reset of the slot'

# Each number of probes after which the slot cannot be reset any more, from the first one of VFIO to the last one of the core.
others=0 failed=0
for ((n = 0; n < 10; n++)); do
	echo "$n" >"$parameters/probes"
	hot_reset "$n probes" "$mine"
	others=$((others + yours_resets))
	[[ $said == 'done' ]] || failed=$((failed + 1))
done
shows '10 hot resets of a slot by vfio-pci, during which support for that goes' "$others resets of a device that is not in the slot"
is "$others" 0 'the other device is never reset'
is "$((failed > 0))" 1 'the hot reset fails instead'
echo -1 >"$parameters/probes"
hot_reset 'slot again' "$mine"
is "$said" 'done' 'it succeeds when the slot can be reset again'

# Without the slot.
to_driver '' "$mine"
exits 0 'the slot goes' rmmod fake_slot
to_driver vfio-pci "$mine" "$yours"
affected "$mine"
is "$said" "${mine#*:} ${yours#*:}" 'a hot reset affects both devices'
hot_reset 'bus, one group' "$mine"
is "$yours_resets" 0 'the owner of one cannot reset the bus'
is "$said" EINVAL 'and is told so'
hot_reset 'bus' "$mine,$yours"
is "$said" 'done' 'the owner of both can'
is "$((yours_resets > 0))" 1 'it is a reset of the bus'
plan
