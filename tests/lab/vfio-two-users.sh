#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Two users with devices behind one port never reset each other's device: by the VFIO sample, by descriptors, and by the
# library. With vfio-pci, they do.
# intree: yes
# nightly: 6.12
# topology: vfio-tree
# append: iomem=relaxed
# icount: yes
# timeout: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sriov.sh"
. "$(dirname "$0")/lib-vfio.sh"

find_pf
enable_vfs 10
mine=${vfs[0]} yours=${vfs[1]}
example=/usr/libexec/pcireset/tests/vfio-reset

# untouched DESC: neither the other user's device was reset, nor the PF that both live on.
untouched() {
	is "$(reset_of "$pf" "$yours")" '' "$1: nothing but the user's own is hit"
}

# allow TYPES
allow() {
	echo $(($1)) >/sys/module/vfio_typed_pci/parameters/types
	log_mark
}

load_vfio
modprobe vfio_typed_pci
to_driver vfio_typed_pci "$mine" "$yours"
hold_open "$yours"

# Even where all types are allowed.
allow $any
plant "$pf" "$yours"
user "$mine" reset flr
is "$said" 'done done' 'any: the user resets its own device'
untouched any
user "$mine" hot
is "$said" EPERM 'any: no hot reset'
like "$(log_since)" "vfio_typed_pci $mine: not reset: $pf would be affected and is not its user's" 'any: the first that is not its own is named'
untouched 'hot reset'
allow $slot
user "$mine" reset hot
is "$said" 'EPERM EPERM' 'slot: not by VFIO_DEVICE_RESET either'
untouched slot

# The administrator can, if it is said that the users do not matter.
exits 3 'the slot is refused to the administrator too' pcireset reset "$mine" --type slot --force driver --yes
like "$output" "vfio-client, process $holder" 'and the user named'
untouched 'refused'
exits 3 'also if forced, while it is open' pcireset reset "$mine" --type slot --force driver,vfio --yes
like "$output" 'has it open' 'and that is the reason'
untouched 'forced while open'
let_go

# By a descriptor of /dev/pcireset, with the stock driver: each user resets its own function, and the slot only if it holds all of it.
to_driver vfio-pci "$mine" "$yours"
hold_open "$yours"
start_monitor "$mine"
plant "$pf" "$yours"
asks flr "hits $mine done" 'a descriptor: the user resets its own device'
asks slot "not $pf hits $mine $(printf 'not %s ' "${vfs[@]:1}")EPERM" 'and not the slot, in which nine others and the PF are not its own'
untouched 'a descriptor'
asks close 'done' 'the user ends'
end_monitor
let_go

# Two groups in one proof, and both are taken.
to_driver vfio-pci "${vfs[@]:0:2}"
start_monitor "$mine" "$yours"
# VFIO itself resets a function at open and close.
plant "$pf" "$yours"
asks slot "not $pf hits $mine hits $yours $(printf 'not %s ' "${vfs[@]:2}")EPERM" 'two groups of twelve: not the slot'
asks close 'done' 'the user ends'
end_monitor
untouched 'two groups'

# All groups in the slot: a user that has the PF and makes two virtual functions of it. VFIO resets a function at open, unless it has no
# type; virtual functions do not survive that.
disable_vfs
echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
to_driver vfio-pci "$pf"
echo >"$devices/$pf/reset_method"
enable_vfs 2
to_driver vfio-pci "${vfs[@]}"
start_monitor "$pf" "${vfs[@]}"
woken_reset_of() {
	# Those that nobody has opened sleep, and a reset leaves them asleep.
	wake "$pf" "${vfs[@]}"
	reset_of "$pf" "${vfs[@]}"
}
woken_reset_of >/dev/null
plant "$pf" "${vfs[@]}"
stock_begin
asks hot EINVAL 'three groups: not the slot by VFIO, to which virtual functions are no part of it'
stock_end
is "$(woken_reset_of)" '' 'three groups: which touched nothing'
asks slot "hits $pf hits ${vfs[0]} hits ${vfs[1]} done" 'three groups, which are all in the slot: the slot'
is "$(woken_reset_of)" "$pf ${vfs[*]}" 'three groups: all were reset'
plant "$pf" "${vfs[@]}"
asks give-back 'done' 'one is given back'
asks slot "hits $pf hits ${vfs[0]} not ${vfs[1]} EPERM" 'two groups of three: not the slot'
is "$(woken_reset_of)" '' 'two groups of three: nothing was touched'
asks close 'done' 'the user ends'
end_monitor
disable_vfs
echo default >"$devices/$pf/reset_method"
to_driver nvme "$pf"
enable_vfs 10

# offers_bus FUNCTION: by "bus" of a virtual function, Linux up to 7.3 means the slot that it shares with all others. A kernel with the
# series in in-tree/ does not offer it.
offers_bus() {
	grep -qw bus "$devices/$1/reset_method"
}

# stock_defect: VFIO_DEVICE_RESET of one user hits the other's device, and the library refuses it for that.
stock_defect() {
	stock_begin
	exits 3 'vfio-pci: the library refuses what VFIO would do' "$example" func "$mine"
	like "$output" "refused: EOPNOTSUPP: $mine: " 'and says why'
	exits 0 'vfio-pci: the kernel offers "bus" for it' tee "$devices/$mine/reset_method" <<<bus
	hold_open "$yours"
	plant "$pf" "$yours"
	user "$mine" reset
	is "$(reset_of "$pf" "$yours")" "$pf $yours" "vfio-pci: VFIO_DEVICE_RESET of one user hits the other's device and the PF ($said)"
	stock_end
}

# defect_mended: with the series nothing but the function is left for VFIO_DEVICE_RESET.
defect_mended() {
	exits 0 'vfio-pci without "bus": the library lets VFIO reset the function' "$example" func "$mine"
	like "$output" "would be flr of $mine"$'\n' 'and it alone'
	exits 1 'vfio-pci: the kernel refuses "bus" for it' tee "$devices/$mine/reset_method" <<<bus
	hold_open "$yours"
	plant "$pf" "$yours"
	user "$mine" reset
	is "$said" 'done' 'vfio-pci: the user resets its own device'
	untouched 'vfio-pci'
}

# The same with the stock driver. Last, as the PF is not put back.
to_driver vfio-pci "$mine" "$yours"
plant "$pf" "$yours"
exits 3 'vfio-pci: a reset of the slot, of which VFIO holds only some' "$example" slot "$mine"
like "$output" "refused: EPERM: $mine: $pf: it would be affected" 'names the first'
untouched 'library'
if offers_bus "$mine"; then
	stock_defect
else
	defect_mended
fi
plan
