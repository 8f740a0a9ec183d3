#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# VFs have their registers back after an FLR of their PF.
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0
sim_node 01.0/00.0/vf count=2
sim_live
pf=/sys/bus/pci/devices/${sim_bus[1]}:00.0
modprobe pci-pf-stub
echo pci-pf-stub >"$pf/driver_override"
echo "${sim_bus[1]}:00.0" >/sys/bus/pci/drivers_probe
echo 2 >"$pf/sriov_numvfs"
vf=$(basename "$(readlink "$pf/virtfn1")")
setpci -s "$vf" COMMAND=4:4
before=$(setpci -s "$vf" COMMAND)
echo flr >"$pf/reset_method"
exits 0 'FLR of the PF succeeds' bash -c "echo 1 >$pf/reset"
is "$(setpci -s "$vf" COMMAND)" "$before" 'a VF has its Command register back'
plan
