#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An FLR by a guest never becomes a reset of the link.
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/lab/lib-vfio.sh
. /tests/lib-vfio.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

# bus_resets_of NODE ACTION...: sets REPLY to how many there are while a user opens the device of NODE and does this.
bus_resets_of() {
	local node=$1 before

	shift
	sim_count "$node" bus
	before=$REPLY
	hold_open "$@"
	sim_count "$node" bus
	REPLY=$((REPLY - before))
	let_go
}

sim_load
echo functions >"$sim/host/iommu"
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
card=${sim_bus[1]}:00.0
load_vfio
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
to_driver vfio-pci "$card"

exits 0 'the function is to be reset by bus' tee "$devices/$card/reset_method" <<<bus
bus_resets_of 01.0/00.0 "$card"
opened=$REPLY
bus_resets_of 01.0/00.0 "$card" flr
shows 'FLR by a guest, with "bus" in reset_method' "$((REPLY - opened)) bus resets"
is "$REPLY" "$opened" 'an FLR by the guest does not reset the bus'
exits 0 'all methods are permitted' tee "$devices/$card/reset_method" <<<default
sim_count 01.0/00.0 flr
before=$REPLY
user "$card" flr
sim_count 01.0/00.0 flr
is "$said $((REPLY > before + 1))" 'done 1' 'with "flr" in reset_method it is one'
plan
