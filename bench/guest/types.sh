#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each type of reset, on simulated functions below one bridge each or below one for all
# topology: empty
# icount: yes
# timeout: 1800
set -u
# shellcheck source=bench/guest/lib.sh
. /bench/lib.sh

# try HOW COMMAND...: runs on a fresh machine, described in "shape".
try() {
	machine "${shape[@]}"
	if [[ $2 != in_turn && $2 != at_once ]] || can_stock "$method"; then
		measure "$@"
		# A removal and its consequences take some time.
		((shape[2] == 0)) || sleep 3
	else
		absent "$1" "$REPLY"
	fi
	sim_clear
}

# row LABEL TYPE METHOD BRIDGES LIMIT_MS HOTPLUG KEY=VALUE...: METHOD is the stock kernel's name for it.
row() {
	type=$2 method=$3 limit_us=$(($5 * 1000))
	shape=("$4" $((nr / $4)) "$6" "${@:7}")
	at=("$1" "$nr" "$4")
	try 'in turn' in_turn
	try 'at once' at_once
	if [[ $type == bus || $type == slot ]]; then
		try reset_subordinate by_subordinate
		try setpci by_setpci
		absent 'VFIO hot reset' 'no simulated function has an IOMMU group, see the table emulated'
	fi
	try pcireset by_pcireset
}

sim_load
learn_access_time
begin_table types 'Every type' type functions bridges
counts 64
for nr in $REPLY; do
	# PCIe r6.0, sec 6.6.2, and the Advanced Capabilities ECN for PCI: 100 ms.
	row flr flr flr "$nr" 100 0
	row 'flr (AF)' flr af_flr "$nr" 100 0 flr=0 af=1
	# The kernel's own way for this device, which is an FLR.
	row specific device_specific device_specific "$nr" 100 0 vendor=0x8086 device=0x10ed
	# PCIe r6.0, sec 5.9: 10 ms into D3hot and 10 ms out of it.
	row pm pm pm "$nr" 20 0 flr=0
	# PCI r3.0, sec 4.3.2: 1 ms of reset; PCIe r6.0, sec 6.6.1: 100 ms from when the link is up.
	row slot slot bus "$nr" 101 1
	row bus bus bus "$nr" 101 0
	((nr == 1)) || row bus bus bus 1 101 0
done
end_table
