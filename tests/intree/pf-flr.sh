#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# VFs have their registers back after a reset of their PF: on its bus and on another, by FLR, and by a reset of the bus. A VF that
# another task uses does not hold the PF up, and a driver of the PF that prepares for a reset has the VFs for itself.
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

# set_commands: Bus Master Enable in all VFs.
set_commands() {
	local vf

	for vf in "${vfs[@]}"; do
		setpci -s "$vf" COMMAND=4:4
	done
}

# keeps_vfs DESC COMMAND...
keeps_vfs() {
	local before after

	set_commands
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

# busy_vf MS: the driver of the first VF takes so long to prepare for a reset, with the VF locked. The others have no driver.
busy_vf() {
	local vf

	for vf in "${vfs[@]}"; do
		echo "$vf" >"/sys/bus/pci/devices/$vf/driver/unbind"
	done
	bind "${vfs[0]}" pcisim
	set_commands
	echo "$1" >/sys/module/pcisim/parameters/prepare_ms
	dmesg -c >/dev/null
	echo 1 >"/sys/bus/pci/devices/${vfs[0]}/reset" &
	sleep 0.2
}

busy_vf $((3000 * PCILAB_SLOWNESS))
SECONDS=0
exits 0 'FLR of a PF with a VF in use' bash -c "echo 1 >$pf/reset"
is "$((SECONDS < 2 * PCILAB_SLOWNESS))" 1 'it does not wait for the VF'
count_log "${vfs[0]}: in use; not restored after the reset of its PF"
is "$REPLY" 1 'the kernel log names that VF'
is "$(commands | cut -d ' ' -f 2-)" '0004 0004 0004' 'the other VFs have their registers back'
wait
echo 0 >/sys/module/pcisim/parameters/prepare_ms

echo 0 >"$pf/sriov_numvfs"
bind "$device" pcisim
echo 0 >"$pf/sriov_drivers_autoprobe"
echo 4 >"$pf/sriov_numvfs"
list_vfs "$pf"
set_commands
exits 0 'FLR of a PF whose driver prepares for it' bash -c "echo 1 >$pf/reset"
is "$(commands)" '0000 0000 0000 0000' 'the VFs are left to that driver'
plan
