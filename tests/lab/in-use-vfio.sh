#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A function that a program holds through VFIO is refused and the program is named. An idle function is not refused.
# intree: yes
# nightly: 6.12
# topology: vfio
. "$(dirname "$0")/lib.sh"

# to_vfio FUNCTION...
to_vfio() {
	local function dir

	for function; do
		dir=/sys/bus/pci/devices/$function
		echo vfio-pci >"$dir/driver_override"
		[[ ! -e $dir/driver ]] || echo "$function" >"$dir/driver/unbind"
		echo "$function" >/sys/bus/pci/drivers_probe
	done
}

modprobe vfio-pci
to_vfio 0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:01:00.0
group=$(readlink -f /sys/bus/pci/devices/0000:02:00.0/iommu_group)
exits 0 'the group is there' test -c "/dev/vfio/${group##*/}"

exits 0 'idle: the slot may be reset' pcireset plan 02:00.1 --type slot
exits 0 'idle: and is' pcireset reset 02:00.1 --type slot --yes

exec 9<>"/dev/vfio/${group##*/}"
exits 3 'held: refused' pcireset reset 02:00.2 --type flr
like "$output" "in use by vfio: .*bash, process $$[; ].*.0000:02:00.2." 'the program is named'
like "$output" 'this process' 'and so is the tool, which has inherited it'
exits 3 'held: refused for a neighbour of the same slot' pcireset reset 02:00.0 --type slot
exits 3 'held: another use forced' pcireset reset 02:00.2 --type flr --force driver,net,mount
exits 3 'held: as JSON' pcireset plan 02:00.2 --type flr --json
like "$output" '"vfio"' 'the user is named in JSON'
exits 0 'held: forced' pcireset reset 02:00.2 --type flr --force vfio
exits 0 'another group is not in use' pcireset reset 01:00.0 --type flr
exec 9>&-

exits 0 'idle again' pcireset reset 02:00.2 --type flr
# They share a VFIO device set, whose lock each reset needs. Two of them have no FLR, and PM is not proven in QEMU.
for round in {1..5}; do
	run pcireset reset 02:00.0 02:00.1 02:00.2 --type flr,pm
	is "$(grep -c "1 function restored" <<<"$output")" 3 "idle: all of the slot at once, and no lock is in the way ($round)"
done
plan
