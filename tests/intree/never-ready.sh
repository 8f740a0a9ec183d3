#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A slot reset after which a device does not come back is reported, and nothing is used after it was freed.
# plain: Oops: |KASAN: .*use-after-free
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

sim_load
sim_nodes 01.0 01.0/00.0 01.0/00.1
sim_set 01.0 kind=root-port hotplug=1
sim_live
sim_set 01.0/00.0 ready_bus_us=never
run bash -c "echo 1 >/sys/bus/pci/devices/${sim_bus[0]}:01.0/reset_subordinate"
result=$status
sleep 5
count_log 'Oops: |KASAN: |general protection'
shows 'reset of a slot whose device never comes back' "${output##*: }${output:+, }exit status $result, $REPLY oopses"
is "$REPLY" 0 'the kernel does not oops'
is "$result" 1 'the reset fails'
like "$output" 'Connection timed out' 'with a time-out'
plan_at_once
