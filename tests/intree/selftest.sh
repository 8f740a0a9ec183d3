#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The selftest of the series passes.
# shift: 0
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

sim_load
sim_nodes 01.0 01.0/00.{0..5}
sim_set 01.0 kind=root-port
sim_node 02.0 kind=root-port hotplug=1
sim_node 02.0/00.0
sim_node 02.0/00.0/vf count=2
sim_live
for pf in /sys/bus/pci/devices/*/sriov_numvfs; do
	enable_vfs "$(basename "${pf%/*}")" 2
done
export PCI_RESET_DEVICES
PCI_RESET_DEVICES=$(cd /sys/bus/pci/devices && echo "${sim_bus[1]}":00.*)
diag "PCI_RESET_DEVICES=$PCI_RESET_DEVICES"
run sh /selftests/pci_reset/reset_method.sh
diag "$output"
is "$status" 0 'the selftest passes'
is "$(grep -c '^ok' <<<"$output") $(grep -c SKIP <<<"$output")" '3 0' 'all of its tests run'
plan
