#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# FLR of 1 to 4,096 simulated functions, and of 64 below one bridge or many
# topology: empty
# icount: yes
# timeout: 3000
set -u
# shellcheck source=bench/guest/lib.sh
. /bench/lib.sh

# row FUNCTIONS BRIDGES
row() {
	at=("$1" "$2")
	machine "$2" $(($1 / $2)) 0 pm=0
	measure 'in turn' in_turn
	measure 'at once' at_once
	measure pcireset by_pcireset
	sim_clear
}

# PCIe r6.0, sec 6.6.2: an FLR takes up to 100 ms, and software waits that long.
limit_us=100000
sim_load
learn_access_time

begin_table many 'FLR of many functions' functions bridges
counts 1 4 64 256 1024 4096
for nr in $REPLY; do
	# A bus has 256.
	row "$nr" $((nr > 256 ? nr / 256 : 1))
done
end_table

begin_table bridges 'FLR of 64 functions below one bridge or many' functions bridges
counts 64
for nr in $REPLY; do
	for ports in 1 4 16 64; do
		((nr % ports || nr / ports > 256)) || row "$nr" "$ports"
	done
done
end_table
