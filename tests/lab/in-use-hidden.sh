#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A disk with a removed node, a disk mounted outside of a chroot and an interface in another network namespace are in use.
# topology: mixed
# kernels: 6.12
. "$(dirname "$0")/lib.sh"

# The kernel keeps the name of the removed node, and nothing else.
disk=$(basename /sys/bus/pci/devices/0000:06:00.0/nvme/nvme*/nvme*n1)
mkswap "/dev/$disk" >/dev/null
mknod /dev/odd b "$((0x$(stat -c %t "/dev/$disk")))" "$((0x$(stat -c %T "/dev/$disk")))"
exits 0 'a disk is swapped to' swapon /dev/odd
rm /dev/odd
use_is_refused 'unknown: /dev/odd .deleted. is in use and cannot be found' 'a disk with a removed node' 0000:06:00.0 --type flr --force mount,swap
swapoff "/dev/$disk"

# Without the chroot, the disk is not in use.
exits 0 'the disk is free' pcireset plan 0000:06:00.0 --type flr --force driver
mkdir -p /run/root
mount --rbind / /run/root
exits 3 'uses are unknown in a chroot' chroot /run/root pcireset plan 0000:06:00.0 --type flr --force driver
like "$output" 'unknown: mounts outside of the root directory are hidden' 'the reason is named'

net=$(basename /sys/bus/pci/devices/0000:03:00.0/net/*)
unshare -n sleep 1000 &
owner=$!
until [[ $(readlink "/proc/$owner/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.1; done
exits 0 'an interface goes to another network namespace' ip link set "$net" netns "$owner"
use_is_refused 'net:.: an interface in another network namespace .0000:03:00.0' 'an interface in another network namespace' 0000:03:00.0 \
	--type pm --force driver
kill "$owner"
plan
