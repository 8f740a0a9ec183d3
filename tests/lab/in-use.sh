#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A function in use is refused and not touched. It is reset if that use is forced.
# nightly: 6.1 6.12
# topology: mixed
. "$(dirname "$0")/lib.sh"

# child FUNCTION CLASS: the name of its block device or interface.
child() {
	local path

	for path in /sys/class/"$2"/*; do
		[[ $(readlink -f "$path") == */"$1"/* ]] && basename "$path" && return
	done
}

# open_by_another_name: a node that a process in a container has open is found by its number.
open_by_another_name() {
	local result holder major minor

	IFS=: read -r major minor <"/sys/class/block/$disk/dev"
	mknod /dev/other b "$major" "$minor"
	hold_node /dev/other
	pcireset plan 0000:01:00.0 --type flr --force open >/dev/null || return
	pcireset plan 0000:01:00.0 --type flr
	result=$?
	kill "$holder"
	wait "$holder" 2>/dev/null
	rm /dev/other
	return "$result"
}

disk=$(child 0000:01:00.0 block)
modprobe -a crc32c_generic ext4
mke2fs "/dev/$disk" >/dev/null 2>&1
mkdir -p /mnt/data
exits 0 'a disk is mounted' mount -t ext4 "/dev/$disk" /mnt/data
echo survives >/mnt/data/file
sync
use_is_refused 'mount:/mnt/data' 'a mounted disk' 0000:01:00.0 --type flr
use_is_refused 'mount:/mnt/data' 'a mounted disk, another use forced' 0000:01:00.0 --type flr --force net,swap
exits 0 'a mounted disk, mount forced' pcireset reset 0000:01:00.0 --type flr --force mount
echo 3 >/proc/sys/vm/drop_caches
is "$(cat /mnt/data/file)" survives 'the file is still there'
umount /mnt/data
exits 0 'the disk is not mounted any more' pcireset reset "/dev/$disk" --type flr

# A child of the test shell holds it, not the shell: the shell is the tool's parent, and parents do not count as users.
hold_node "/dev/$disk"
use_is_refused "open:/dev/$disk: sleep, process $holder .0000:01:00.0" 'a disk that a process has open' 0000:01:00.0 --type flr --force mount
exits 3 'as JSON' pcireset plan 0000:01:00.0 --type flr --json
like "$output" "\"open:/dev/$disk\": \"sleep, process $holder\"" 'the process is named in JSON'
exits 0 'a disk that a process has open, open forced' pcireset reset 0000:01:00.0 --type flr --force open
exits 3 'a new name in /dev is the same disk' open_by_another_name
like "$output" 'open:/dev/other: sleep, process [0-9]+' 'and is told as the process knows it'
kill "$holder"
wait "$holder" 2>/dev/null
exits 0 'nobody has the disk open any more' pcireset reset 0000:01:00.0 --type flr

disk=$(child 0000:06:00.0 block)
if [[ -e /proc/swaps ]]; then
	mkswap "/dev/$disk" >/dev/null
	exits 0 'a disk is swapped to' swapon "/dev/$disk"
	use_is_refused "swap:/dev/$disk" 'a disk that is swapped to' 0000:06:00.0 --type flr --force mount
	exits 0 'a disk that is swapped to, swap forced' pcireset reset 0000:06:00.0 --type flr --force swap
	swapoff "/dev/$disk"
else
	skip 'a disk that is swapped to' 'this kernel is built without swap'
fi

net=$(child 0000:07:00.0 net)
ip link set "$net" up
use_is_refused "net:$net" 'an interface that is up' 0000:07:00.0 --type flr --force driver
exits 3 'by name it is the same' pcireset plan "$net" --type flr --force driver
ip link set "$net" down
exits 0 'an interface that is not up any more' pcireset reset 0000:07:00.0 --type flr --force driver

# e1000e is the one that has no reset_prepare on any of the kernels.
use_is_refused 'driver:e1000e' 'a driver that cannot be told' 0000:02:00.0 --type bus
use_is_refused 'driver:e1000e' 'a driver that cannot be told, another use forced' 0000:02:00.0 --type bus --force net
exits 0 'a driver that cannot be told, forced' pcireset reset 0000:02:00.0 --type bus --force driver

# The users of everything that is hit count.
net=$(child 0000:03:00.0 net)
ip link set "$net" up
use_is_refused "net:$net .0000:03:00.0" 'a neighbour in use' 0000:03:00.1 --type bus --force driver
exits 3 'force does not widen the mask' pcireset reset 0000:03:00.1 --type flr --force driver,net,mount,swap,vfio,console

# Without a terminal there is no question.
unnamed='functions that were not named: 0000:03:00.0 0000:03:00.2; name them or use --yes'
use_is_refused "$unnamed" 'neighbours that were not named' 0000:03:00.1 --type bus --force driver,net
use_is_refused 'not named: 0000:03:00.2;' 'one neighbour that was not named' 0000:03:00.1 0000:03:00.0 --type bus --force driver,net
use_is_refused 'not started: another of these resets' 'next to that, a device that hits no other' 0000:03:00.1 0000:01:00.0 --type flr,bus --force driver,net
exits 3 'as JSON' pcireset reset 0000:03:00.1 --type bus --force driver,net --json </dev/null
like "$output" '"error": "EPERM"' 'with EPERM'
exits 0 'all are named' pcireset reset 0000:03:00.{0,1,2} --type bus --force driver,net
exits 0 'a neighbour in use, forced' pcireset reset 0000:03:00.1 --type bus --force driver,net --yes
plan
