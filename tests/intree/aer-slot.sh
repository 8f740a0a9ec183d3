#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Recovery from an error at a hotplug port that is bringing up its card does not deadlock.
# timeout: 300
# plain: task irq/.*-pciehp.* blocked for more than
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

sim_load
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port hotplug=1
sim_live
sim_set 01.0 present=0
sleep 3
sim_set 01.0 present=1
sleep 0.1
sim_set 01.0 error=0x10
sleep 250
count_log 'blocked for more than'
hung=$REPLY
count_log 'device recovery successful'
shows 'an error at a port while its card is brought up' "$hung tasks hang, $REPLY recovered"
is "$hung" 0 'no task hangs'
is "$REPLY" 1 'recovery succeeds'
exits 0 'the card is there' test -e "/sys/bus/pci/devices/${sim_bus[1]}:00.0"
plan_at_once
