#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A VF does not offer a bus reset, and its PF only while it has no VFs.
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

sim_load
sim_node 01.0 kind=root-port hotplug=1
sim_node 01.0/00.0
sim_node 01.0/00.0/vf count=4
sim_live
pf=/sys/bus/pci/devices/${sim_bus[1]}:00.0
modprobe pci-pf-stub
echo pci-pf-stub >"$pf/driver_override"
echo "${sim_bus[1]}:00.0" >/sys/bus/pci/drivers_probe
like "$(cat "$pf/reset_method")" 'bus' 'a PF without VFs offers a bus reset'

echo 4 >"$pf/sriov_numvfs"
for vf in "$pf"/virtfn*; do
	is "$(cat "$vf/reset_method")" flr "${vf##*/} offers flr only"
done
exits 1 'bus on a VF is refused' bash -c "echo bus 2>/dev/null >$pf/virtfn0/reset_method"
exits 1 'bus on a PF with VFs is refused' bash -c "(echo bus >$pf/reset_method && echo 1 >$pf/reset) 2>/dev/null"
sim_count 01.0/00.0 bus
is "$REPLY" 0 'no bus reset has happened'

echo 0 >"$pf/sriov_numvfs"
exits 0 'bus on a PF works again when the VFs are gone' bash -c "echo bus >$pf/reset_method && echo 1 >$pf/reset"
plan
