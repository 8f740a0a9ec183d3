#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# VFs have their registers back after a reset of their PF: on its bus and on another, by FLR, and by a reset of the bus.
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

# commands: the Command registers of all VFs.
commands() {
	local vf

	for vf in "${vfs[@]}"; do
		setpci -s "$vf" COMMAND
	done | paste -sd ' '
}

# keeps_vfs DESC COMMAND...
keeps_vfs() {
	local vf before after

	for vf in "${vfs[@]}"; do
		setpci -s "$vf" COMMAND=4:4
	done
	before=$(commands)
	exits 0 "$1" "${@:2}"
	after=$(commands)
	shows "$1: Command of two VFs on its bus and two on another" "$before before, $after after"
	is "$after" "$before" "$1: the VFs have their Command registers back"
}

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0
sim_node 01.0/00.0/vf count=4 vf_offset=254
sim_live
device=${sim_bus[1]}:00.0
pf=/sys/bus/pci/devices/$device
enable_vfs "$device" 4
list_vfs "$pf"
is "$(printf '%s\n' "${vfs[@]}" | cut -d : -f 2 | sort -u | wc -l)" 2 'the VFs are on two buses'
echo flr >"$pf/reset_method"
keeps_vfs 'FLR of a PF' bash -c "echo 1 >$pf/reset"
keeps_vfs 'reset of the bus with a PF' bash -c "echo 1 >/sys/bus/pci/devices/${sim_bus[0]}:01.0/reset_subordinate"
plan
