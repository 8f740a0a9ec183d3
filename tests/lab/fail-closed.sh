#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Closed descriptors, lost output and unreadable files end in an error or a refusal, never in a reset or a wrong status.
# topology: mixed
# kernels: 6.12
# timeout: 240
. "$(dirname "$0")/lib.sh"

before=$(mktemp)
after=$(mktemp)
bridge=$(port_to 03)

# closed COMMAND...: without standard input, output and error.
closed() {
	"$@" <&- >&- 2>&-
}

# into FILE COMMAND...
into() {
	"${@:2}" >"$1"
}

# unread COMMAND...: the reader of its output is gone.
unread() {
	"$@" | true
	return "${PIPESTATUS[0]}"
}

config_dump "$before" "$bridge"
exits 3 're-enumerate without standard descriptors: refused' closed pcireset re-enumerate -y 03:00.0 --type flr
exits 3 'without the module too' closed pcireset re-enumerate -y 02:00.0 --type flr --no-module
config_dump "$after" "$bridge"
config_is_untouched "$before" "$after" 'no message is written into the config space of the port'

exits 0 'a verified reset whose output is lost stays verified' into /dev/full pcireset reset 0b:00.0 --type flr --force driver,open
like "$output" 'cannot write the output: No space left on device' 'and the loss is reported'
exits 0 'the same as JSON' into /dev/full pcireset reset 0b:00.0 --type flr --force driver,open -J
exits 0 'the same without standard descriptors' closed pcireset reset 0b:00.0 --type flr --force driver,open
exits 0 'the same with a reader that is gone' unread pcireset reset 0b:00.0 --type flr --force driver,open -J
exits 1 'a list that is lost is an error' into /dev/full pcireset list

# without_proc COMMAND...: as in a rescue system's chroot.
without_proc() {
	unshare -m bash -c 'umount -l /proc && "$@"' bash "$@"
}

disk=$(basename /sys/bus/pci/devices/0000:01:00.0/nvme/nvme*/nvme*n1)
modprobe -a crc32c_generic ext4
mke2fs "/dev/$disk" >/dev/null 2>&1
mkdir -p /mnt/data
exits 0 'a disk is mounted' mount -t ext4 "/dev/$disk" /mnt/data
config_dump "$before" 0000:01:00.0
exits 3 'without /proc a mounted disk is not reset' without_proc pcireset reset 01:00.0 --type flr
like "$output" 'in use by unknown: /proc cannot be read' 'and it is said what is not known'
exits 3 'with another use forced neither' without_proc pcireset reset 01:00.0 --type flr --force mount,open,driver
exits 3 'plan says what reset would' without_proc pcireset plan 01:00.0 --type flr
exits 3 're-enumerate neither' without_proc pcireset re-enumerate -y 01:00.0 --type slot
like "$output" unknown 'for the same reason'
config_dump "$after" 0000:01:00.0
config_is_untouched "$before" "$after" 'nothing was touched'
exits 0 'list has it as unknown' without_proc pcireset list -n -r -o USERS 01:00.0
like "$output" '^unknown' 'in place of the mount'
umount /mnt/data
exits 0 'that very doubt can be forced' without_proc pcireset reset 01:00.0 --type flr --force unknown-users
plan
