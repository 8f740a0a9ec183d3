#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A function that a TSM has connected is not reset, forced or not, by any type that affects it, and the plan gives this
# reason.
# topology: empty
# kernels: 7.3
# icount: yes
# modules: tests/lab/kmod
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

# The kernel's list of TSMs.
[[ -d /sys/class/tsm ]] || skip_all 'this kernel was built without CONFIG_PCI_TSM'

# A card of two functions; the second is connected.
sim_load
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 count=2 "${driverless[@]}"
exits 0 'the machine is there' sim_live
card=${sim_bus[1]}:00
exits 0 'it is connected' modprobe fake_tsm "function=$card.1"
for type in flr pm bus any; do
	exits 3 "$type: refused" pcireset reset "$card.1" --type "$type" --yes --force driver,vfio,open
	like "$output" 'TSM' "$type: says why"
done
exits 3 'a neighbour that takes it along: refused' pcireset reset "$card.0" --type bus --yes
like "$output" "$card\.1: .*TSM" 'a neighbour that takes it along: names it'
exits 3 'a plan: refused' pcireset plan "$card.1" --type flr --json
like "$output" 'TSM' 'a plan: says why'
sim_count 01.0/00.0 flr
is "$REPLY" 0 'nothing was reset'
exits 0 'a neighbour by itself: reset' pcireset reset "$card.0" --type flr --yes
exits 0 'it is disconnected' rmmod fake_tsm
exits 0 'disconnected: reset' pcireset reset "$card.1" --type flr --yes
exits 0 'disconnected: the bus too' pcireset reset "$card.0" --type bus --yes
sim_clear
plan
