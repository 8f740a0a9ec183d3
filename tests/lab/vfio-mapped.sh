#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# No reset clears the memory decode of a device, or takes its link down, while a VFIO user can read its memory. A
# process without privileges maps a BAR and reads it all the time, and no read may fail.
# intree: yes
# topology: vfio
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-vfio.sh"

# A disk with FLR in a slot, and a card of three functions in a slot. Version of NVMe; Device Status of e1000e.
disk=0000:01:00.0 card=0000:02:00

# refused DESC COMMAND...: exit status 3, with the reason.
refused() {
	exits 3 "$1: refused" "${@:2}"
	like "$output" 'has it open' "$1: because the device is open"
}

# watched_for FUNCTION OFFSET: a process without privileges reads its memory from here on.
watched_for() {
	hold_open "$1" "watch:$2" wait watched
}

# all_reads_good DESC: the process ends, and has read nothing odd.
all_reads_good() {
	local line

	echo >&"$holder_in"
	read -r -t 30 line <&"$holder_out"
	like "$line" '^watched: 0 odd' "$1: every read of its user met memory"
	let_go
}

load_vfio
to_driver vfio-pci "$disk" "$card.0" "$card.1" "$card.2"
chmod 0666 /dev/vfio/vfio /dev/vfio/*
triggers_begin

watched_for "$disk" 0x8
for type in flr slot; do
	refused "$type" pcireset reset "$disk" --type "$type" --yes --force driver,vfio
done
refused 'any type' pcireset reset "$disk" --type any --yes --force driver,vfio
run pcireset reset "$disk" --type any --yes
is "$status" 3 'without force: refused'
# Without the module it is the kernel's own files that would do it.
for force in driver,vfio driver; do
	run pcireset reset "$disk" --type flr --yes --no-module --force "$force"
	is "$status" 3 "without the module, force $force: refused"
	like "$output" 'during the reset' "without the module, force $force: says why"
done
all_reads_good 'resets of its own function'

watched_for "$card.0" 0x8
for type in flr slot link; do
	refused "a neighbour, $type" pcireset reset "$card.0" "$card.2" --type slot --yes --force driver,vfio
done
refused 'a neighbour in the same slot' pcireset reset "$card.2" --type slot --yes --force driver,vfio
all_reads_good 'resets of its slot'
is "$(triggers)" 0 'nothing was issued'

# Nobody has it open: then it can be reset without the module too, but not while somebody holds the group.
exits 4 'without the module: closed, is reset' pcireset reset "$disk" --type flr --yes --no-module --force driver,vfio
like "$output" 'flr, unverified' 'without the module: and comes back as it was'
exec {group_fd}<>"/dev/vfio/$(basename "$(readlink -f "$devices/$disk/iommu_group")")"
exits 3 'without the module: the group is held' pcireset reset "$disk" --type flr --yes --no-module --force driver,vfio
exec {group_fd}>&-

# Closed again it can be reset, and a group that is held is still in the way.
exits 0 'closed: may be reset' pcireset reset "$disk" --type flr --yes
hold_open "$disk"
refused 'open without a mapping' pcireset reset "$disk" --type flr --yes --force vfio
let_go
exits 0 'closed again' pcireset reset "$disk" --type flr --yes

# What VFIO itself does for its user is safe: it revokes the mappings first.
for action in reset hot; do
	said=$("$client" "$disk" watch:0x8 "$action" watched 2>&1 | paste -sd ' ')
	like "$said" "^watch: done $action: done watched: 0 odd" "VFIO's own $action: every read of its user met memory"
done
plan
