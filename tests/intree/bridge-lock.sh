#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows that the port is locked when pci_reset_function_locked() resets the bus below it.
# modules: tests/intree/kmod
# plain: unlocked secondary bus reset
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
device=${sim_bus[1]}:00.0
exits 0 'the function is to be reset by bus' bash -c "echo bus >/sys/bus/pci/devices/$device/reset_method"
modprobe reset_in_probe any=1
bind "$device" reset_in_probe
count_log "$device: function reset in probe: 0"
is "$REPLY" 1 'the reset in probe() succeeds'
sim_count 01.0/00.0 bus
is "$REPLY" 1 'it was a bus reset'
count_log 'unlocked secondary bus reset'
shows 'pci_reset_function_locked() by "bus"' "$REPLY warnings of an unlocked bridge"
is "$REPLY" 0 'the port was locked'
diag "$(dmesg | grep 'unlocked secondary')"
plan
