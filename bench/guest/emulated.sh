#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Devices of QEMU, for features that the simulator lacks: VFs of an NVMe disk, VFIO, resets by firmware, CXL
# topology: sriov vfio acpi cxl
# icount: yes
# timeout: 300
set -u
# shellcheck source=bench/guest/lib.sh
. /bench/lib.sh
# shellcheck source=tests/lab/lib-vfio.sh
. /tests/lib-vfio.sh

# nobody FUNCTION...: unbinds their drivers.
nobody() {
	local fn

	for fn; do
		[[ ! -e $devices/$fn/driver ]] || echo "$fn" >"$devices/$fn/driver/unbind"
	done
}

# row DEVICE TYPE METHOD LIMIT_MS HOW...
row() {
	at=("$1" "$2" "${#fns[@]}")
	type=$2 method=$3 limit_us=$(($4 * 1000))
	nobody "${fns[@]}"
	for how in "${@:5}"; do
		case $how in
		in_turn) by_file 'in turn' in_turn ;;
		at_once) by_file 'at once' at_once ;;
		subordinate) measure reset_subordinate by_subordinate ;;
		setpci) measure setpci by_setpci ;;
		vfio) by_vfio ;;
		esac
	done
	measure pcireset by_pcireset
}

# by_file HOW COMMAND
by_file() {
	if can_stock "$method"; then
		measure "$@"
	else
		absent "$1" "$REPLY"
	fi
}

# by_vfio: the single call, by a process that already has the functions open.
by_vfio() {
	local line pid

	to_driver vfio-pci "${fns[@]}"
	# Opening and closing them is a reset too, of which the kernel complains.
	stock_begin
	# It stays until the state of the functions was checked.
	coproc CLIENT { exec "$client" "${fns[0]}" wait hot wait 2>&1; }
	# shellcheck disable=SC2153 # of the coprocess
	pid=$CLIENT_PID
	exec {client_out}<&"${CLIENT[0]}" {client_in}>&"${CLIENT[1]}"
	read -r line <&"$client_out"
	if [[ $line == waits ]]; then
		measure 'VFIO hot reset' hot_reset
	else
		absent 'VFIO hot reset' "$line"
	fi
	stock_begin
	echo >&"$client_in"
	exec {client_in}>&- {client_out}<&-
	wait "$pid"
	stock_end
	nobody "${fns[@]}"
}

hot_reset() {
	local line

	echo >&"$client_in"
	read -r line <&"$client_out"
	[[ $line == 'hot: done' ]]
}

# PCIe r6.0, sec 6.6.2: 100 ms.
measure_sriov() {
	local vfs=()

	enable_all_vfs
	for vf in "$devices"/*/virtfn*; do
		vf=$(readlink -f "$vf")
		vfs+=("${vf##*/}")
	done
	for nr in 1 "${#vfs[@]}"; do
		fns=("${vfs[@]:0:nr}")
		row 'NVMe VFs' flr flr 100 in_turn at_once
	done
}

# PCI r3.0, sec 4.3.2: 1 ms of reset; PCIe r6.0, sec 6.6.1: 100 ms from when the link is up.
measure_vfio() {
	load_vfio
	fns=(0000:03:00.0) bridges=(0000:00:02.0)
	row e1000e bus bus 101 in_turn subordinate vfio setpci
	fns=(0000:02:00.0 0000:02:00.1 0000:02:00.2) bridges=(0000:00:03.0)
	row 'slot card' slot bus 101 in_turn subordinate vfio
}

# How long _RST takes is the firmware's affair.
measure_acpi() {
	fns=(0000:01:00.0)
	row e1000e acpi acpi 0 in_turn
}

measure_cxl() {
	local class

	fns=()
	for class in "$devices"/*/class; do
		[[ $(<"$class") != 0x050210 ]] || fns+=("$(basename "${class%/class}")")
	done
	row 'CXL memory' cxl_bus cxl_bus 101 in_turn
}

begin_table emulated 'Devices that QEMU emulates' device type functions
"measure_$PCILAB_TOPOLOGY"
end_table
