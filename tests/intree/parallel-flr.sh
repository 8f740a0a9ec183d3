#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# FLRs of 64 VFs below the same port run at the same time.
# timeout: 400
# shift: 0
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0
sim_node 01.0/00.0/vf count=64
sim_live
pf=/sys/bus/pci/devices/${sim_bus[1]}:00.0
enable_vfs "${sim_bus[1]}:00.0" 64
vfs=("$pf"/virtfn*)
is ${#vfs[@]} 64 'there are 64 VFs'

# reset_one VF
reset_one() {
	echo 1 >"$1/reset"
}

prepare_start
for vf in "${vfs[@]}"; do
	at_start reset_one "$vf" &
done
start_all 64
once=$REPLY

started=$EPOCHREALTIME
for vf in "${vfs[@]}"; do
	echo 1 >"$vf/reset"
done
milliseconds_since "$started"
row=$REPLY

shows '64 FLRs at once below one port' "$once ms"
shows 'the same in a row' "$row ms"
count_log 'not ready'
is "$REPLY" 0 'all are ready'
# KASAN makes everything slower but the functions.
limit=300
[[ $PCILAB_KERNEL != *-kasan ]] || limit=$((limit * PCILAB_SLOWNESS))
less "$once" "$limit" "all at once takes less than $limit ms of virtual time"
less $((10 * once)) "$row" 'and less than a tenth of one after the other'
plan
