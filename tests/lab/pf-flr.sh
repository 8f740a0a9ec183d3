#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# FLR of a PF lists its VFs and leaves them usable. After an FLR by the stock kernel they are dead.
# topology: sriov
# append: iomem=relaxed
# icount: yes
# nightly: 6.1 6.12
# timeout: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sriov.sh"

find_pf

driver_of() {
	basename "$(readlink "$devices/$1/driver")"
}

# bind FUNCTION DRIVER
bind() {
	modprobe "$2"
	echo "$2" >"$devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	[[ $(driver_of "$1") == "$2" ]]
}

unbind() {
	echo "$1" >"$devices/$1/driver/unbind"
	echo >"$devices/$1/driver_override"
}

# pci-stub has nothing to lose.
with_idle_driver() {
	exits 0 'pci-stub takes a VF' bind "${vfs[1]}" pci-stub
	resets_pf_and_vfs "$pf" flr 'with a bound VF'
	is "$(driver_of "${vfs[1]}")" pci-stub 'with a bound VF: it is still bound'
	unbind "${vfs[1]}"
	vfs_work 'with a bound VF'
}

# pci-pf-stub is a driver without reset_prepare.
with_helpless_driver() {
	local vf=${vfs[2]}

	exits 0 'pci-pf-stub takes a VF' bind "$vf" pci-pf-stub
	plant "$pf" "${vfs[@]}"
	config_dump before "$pf" "${vfs[@]}"
	exits 3 'with a driver in the way: refused' pcireset reset "$pf" --type flr --yes
	like "$output" "${vf#0000:}" 'with a driver in the way: names the VF'
	like "$output" 'driver' 'with a driver in the way: names what of it'
	config_dump after "$pf" "${vfs[@]}"
	config_is_untouched before after 'with a driver in the way: nothing is touched'
	is "$(reset_of "$pf" "${vfs[@]}")" '' 'with a driver in the way: nothing is reset'
	resets_pf_and_vfs "$pf" flr 'with a driver forced' --force driver
	is "$(driver_of "$vf")" pci-pf-stub 'with a driver forced: it is still bound'
	unbind "$vf"
}

# stock_kills_vfs: the stock kernel's FLR of the PF succeeds, and no VF answers from then on.
stock_kills_vfs() {
	echo flr >"$devices/$pf/reset_method"
	exits 0 'stock: FLR of the PF succeeds' stock_reset "$pf"
	wait_for reads "$pf"
	echo default >"$devices/$pf/reset_method"
	list_vfs
	is "${#vfs[@]}" 4 'stock: Linux goes on listing the VFs'
	is "$(answering "${vfs[@]}")" '' 'stock: none of them answers'
	diag "stock: PF $(pf_registers)"
}

stock_reset() {
	echo 1 >"$devices/$1/reset"
}

# refuses_dead: pcireset reports that the VFs are dead, and refuses a reset that would not help them.
refuses_dead() {
	config_dump before "$pf"
	run pcireset reset "${vfs[0]}" --type any --yes
	like "$status" '^[13]$' 'dead VFs: a reset of one is an error'
	like "$output" 'gone' 'dead VFs: it is said to be gone'
	exits 3 'dead VFs: FLR of the PF is refused' pcireset reset "$pf" --type flr --yes
	like "$output" "${vfs[0]#0000:}" 'dead VFs: FLR of the PF names the first of them'
	config_dump after "$pf"
	config_is_untouched before after 'dead VFs: the PF is not touched'
}

enable_vfs 4
resets_pf_and_vfs "$pf" flr 'four VFs'
vfs_work 'four VFs'
resets_pf_and_vfs "$pf" flr 'four VFs, again'
with_idle_driver
with_helpless_driver

stock_begin
stock_kills_vfs
stock_end
refuses_dead
exits 0 'the dead VFs can be taken away' disable_vfs
exits 0 'and one made instead' enable_vfs 1
list_vfs
vfs_work 'one VF'
resets_pf_and_vfs "$pf" flr 'one VF'
exits 0 'it can be taken away' disable_vfs
vfs=()
resets_pf_and_vfs "$pf" flr 'no VFs'
plan
