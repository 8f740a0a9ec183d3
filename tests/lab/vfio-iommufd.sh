#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An iommufd shows the same ownership as VFIO's groups: to the module, in VFIO's own hot reset, and through the library.
# intree: yes
# topology: vfio vfio-tree
# kernels: 6.12-kasan 7.3-kasan
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sriov.sh"
. "$(dirname "$0")/lib-vfio.sh"

forget() {
	: >"$tracing/trace"
}

# found_anew FUNCTION: another device takes its address.
found_anew() {
	echo 1 >"$devices/$1/remove"
	echo 1 >/sys/bus/pci/rescan
	to_driver vfio-pci "$1"
}

# ---- one iommufd of a process without privileges, and three functions of one group in a slot

card=0000:02:00 disk=0000:01:00.0 nic=0000:03:00.0

by_descriptor() {
	local none="not $card.0 not $card.1 not $card.2"

	start_monitor -i "$card.2"
	forget
	config_dump before "$card.0" "$card.1" "$card.2"
	asks flr "not $card.2 EBUSY" 'no FLR of its own device while it is open, and closed it is not shown to be its own'
	asks flr-unproved "not $card.2 EBUSY" 'not while a VFIO user holds it who does not say that it is that user'
	asks slot-unproved "$none EPERM" 'not the slot, without a proof that all in it is its own'
	asks slot-by-stranger "$none EPERM" 'nor by an iommufd that has nothing'
	asks slot-by-device EINVAL 'and a device is no proof'
	asks any EPERM 'not whatever there is'
	asks widen EPERM 'what was narrowed cannot be had back'
	unbind "$card.1"
	asks slot "hits $card.0 not $card.1 not $card.2 EPERM" 'not the slot, while a function in it has no driver of VFIO'
	to_driver vfio-pci "$card.1"
	asks slot "hits $card.0 hits $card.1 not $card.2 EBUSY" 'not the slot, while it has a function in it open'
	is "$(triggers)" 0 'none of these was issued'
	config_dump after "$card.0" "$card.1" "$card.2"
	config_is_untouched before after 'and nothing was touched'

	# VFIO's own asks the iommufd itself.
	stock_begin
	asks hot 'done' 'stock VFIO resets as much, of which nobody is shown anything'
	unbind "$card.1"
	asks hot EINVAL 'and refuses as well where a function has no driver of VFIO, with EINVAL and no name'
	to_driver vfio-pci "$card.1"
	stock_end

	asks close 'done' 'the monitor gives the device back, and keeps the iommufd'
	forget
	asks slot "$none EPERM" 'which is no proof any more'
	hold_open -i "$card.2"
	asks flr "not $card.2 EBUSY" "and does not make another user's device its own"
	is "$(triggers)" 0 'neither was issued'
	let_go
	end_monitor

	start_monitor -i "$nic"
	forget
	asks slot EOPNOTSUPP 'no slot: it is in none'
	asks bus "not $nic EBUSY" 'nor the bus of a port without a slot, while it has the function there open'
	is "$(triggers)" 0 'neither was issued'
	asks close 'done' 'the monitor gives the device back'
	found_anew "$nic"
	asks bus ENODEV 'the descriptor is lost with the device, whatever takes its address'
	end_monitor
}

# ---- the library, without the module

example=/usr/libexec/pcireset/tests/vfio-reset

# A register of the network cards, and one of the disk, that a reset clears and nobody restores.
register=0x2800 mark=0x5a5a5a50
setup=0x14 setup_mark=0x460000

# resets STATUS DESC TYPES FUNCTIONS [REGISTER=VALUE]: as a user without any privilege; leaves output behind.
resets() {
	exits "$1" "$2" su -s /bin/bash nobody -c "exec $example -i ${*:3}"
	output=${output//$'\n'/; }
}

by_library() {
	exits 0 'without our module' rmmod pcireset
	chmod 0666 /dev/iommu /dev/vfio/devices/*
	echo flr >"$devices/$disk/reset_method"
	resets 0 'flr: FLR' flr "$disk" "$setup=$setup_mark"
	is "$output" "would be flr of $disk; unverified: flr of $disk; register: 0" 'flr: shown before, done, and not called more than that'
	resets 3 'flr: anything else is refused' pm,acpi,device_specific "$disk" "$setup=$setup_mark"
	like "$output" "register: $setup_mark" 'flr: anything else was not reset'
	resets 3 'a port with hotplug: no bus' bus "$disk" "$setup=$setup_mark"
	like "$output" "register: $setup_mark" 'no bus: nothing was reset'
	resets 0 'a port with hotplug: slot' link "$disk" "$setup=$setup_mark"
	is "$output" "would be slot of $disk; unverified: slot of $disk; register: 0" 'slot: shown before, and done'
	resets 3 'a port without hotplug: no slot' slot "$nic" "$register=$mark"
	like "$output" "register: $mark" 'no slot: nothing was reset'
	resets 0 'a port without hotplug: bus' link "$nic" "$register=$mark"
	is "$output" "would be bus of $nic; unverified: bus of $nic; register: 0" 'bus: shown before, and done'

	# Neighbours, of which only one is open.
	user -i "$card.0" "write:$register=$mark"
	resets 0 'slot: all of the card' slot "$card.2"
	is "$output" "would be slot of $card.0 $card.1 $card.2; unverified: slot of $card.0 $card.1 $card.2" 'slot: with its neighbours, which were shown before'
	user -i "$card.0" "read:$register" "write:$register=$mark"
	is "$said" '0 done' 'slot: they were reset'
	unbind "$card.1"
	resets 3 'slot: not with a neighbour that VFIO does not have' slot "$card.2"
	like "$output" "would be slot of $card.0 $card.1 $card.2" 'slot: what it would affect is shown all the same'
	like "$output" "refused: EPERM: $card.2: $card.1: it would be affected" 'slot: the neighbour is named'
	user -i "$card.0" "read:$register"
	is "$said" "$mark" 'slot: nothing was reset'
	to_driver vfio-pci "$card.1"

	# The kernel puts a function that it finds again into a group of its own.
	found_anew "$card.2"
	chmod 0666 /dev/vfio/devices/*
	if [[ $(readlink "$devices/$card.2/iommu_group") == "$(readlink "$devices/$card.0/iommu_group")" ]]; then
		skip 'slot: two groups' 'the card has one group'
		return
	fi
	resets 3 'slot: not with a neighbour in a group of which nothing is bound to the iommufd' slot "$card.2"
	like "$output" "refused: EPERM: $card.2: $card.0: it would be affected" 'slot: that one is named'
	resets 0 'slot: two groups, of which one function each is bound' slot "$card.2,$card.0"
	is "$output" "would be slot of $card.0 $card.1 $card.2; unverified: slot of $card.0 $card.1 $card.2" 'slot: all three, which were shown before'
}

# ---- a slot with three groups in it: a function and its two virtual ones

# owns FUNCTIONS ACTION...: sets said to the results.
owns() {
	said=$("$owner" "$@" 2>&1 | results)
}

by_several() {
	owner=/usr/libexec/pcireset/tests/iommufd-owner
	find_pf
	echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
	to_driver vfio-pci "$pf"
	enable_vfs 2
	local a=${vfs[0]} b=${vfs[1]}

	to_driver vfio-pci "$a" "$b"
	# VFIO resets a function at open and close; virtual functions do not survive the reset of their PF.
	for function in "$pf" "$a" "$b"; do
		echo >"$devices/$function/reset_method"
	done

	forget
	config_dump before "$pf"
	owns "$pf,$a,$b" slot:0
	is "$said" "not $pf's owner: EPERM" 'a caller that shows no iommufd owns nothing'
	# Each group has one function, so its owner has that open. Only VFIO revokes the mappings of an open device.
	owns "$pf,$a" slot:1
	is "$said" EBUSY 'not the slot, while the owner of some groups has them open'
	owns "$pf,$a/$b" slot:1 slot:2
	is "$said" 'EBUSY EBUSY' 'nor by one or both of two iommufds that have all groups'
	owns "$pf,$a,$b" slot:1 close close close slot:1
	is "$said" "EBUSY done done done not $pf's owner: EPERM" 'nor by one that has all, which owns nothing when it has closed them'
	is "$(triggers)" 0 'none of these was issued'
	# VFIO itself enables the memory of the virtual functions.
	config_dump after "$pf"
	config_is_untouched before after 'and nothing was touched in the physical function'
}

load_vfio
modprobe iommufd
exits 0 'there is an iommufd' test -c /dev/iommu
triggers_begin
case $PCILAB_TOPOLOGY in
vfio)
	echo 'nobody:x:65534:65534:nobody:/:/bin/bash' >>/etc/passwd
	chmod 0666 /dev/iommu
	to_driver vfio-pci "$disk" "$card.0" "$card.1" "$card.2" "$nic"
	by_descriptor
	by_library
	;;
vfio-tree)
	by_several
	;;
esac
plan
