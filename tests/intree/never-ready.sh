#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A slot reset after which a device does not come back is reported, and nothing is used after it was freed.
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

sim_load
sim_nodes 01.0 01.0/00.0 01.0/00.1
sim_set 01.0 kind=root-port hotplug=1
sim_live
sim_set 01.0/00.0 ready_bus_us=never
exits 1 'the reset fails' bash -c "echo 1 >/sys/bus/pci/devices/${sim_bus[0]}:01.0/reset_subordinate"
like "$output" 'Connection timed out' 'with a time-out'
sleep 5
is "$(dmesg | grep -cE 'Oops|use-after-free|general protection')" 0 'the kernel does not oops'
plan
