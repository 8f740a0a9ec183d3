#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A link reset requested for a VF lists the PF and the siblings, and restores all of them.
# topology: sriov
# append: iomem=relaxed
# icount: yes
# nightly: 6.1 6.12
# timeout: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sriov.sh"

find_pf

# refuses FUNCTION MASK REASON: exit status 3, and nothing touched.
refuses() {
	plant "$pf" "${vfs[@]}"
	config_dump before "$pf" "${vfs[@]}"
	exits 3 "$2 on a VF is refused: $3" pcireset reset "$1" --type "$2" --yes
	like "$output" "$3" "$2 on a VF is refused: it says why"
	config_dump after "$pf" "${vfs[@]}"
	config_is_untouched before after "$2 on a VF is refused: config space is the same to the last bit"
	is "$(reset_of "$pf" "${vfs[@]}")" '' "$2 on a VF is refused: nothing was reset"
}

# end_slot: takes the hotplug driver off the port, which leaves a plain port with a bus below it.
end_slot() {
	local port

	port=$(basename "$(readlink -f "$devices/$pf/..")")
	echo "$port:pcie004" >/sys/bus/pci_express/drivers/pciehp/unbind
}

enable_vfs 4
refuses "${vfs[0]}" bus hotplug
refuses "${vfs[0]}" pm No_Soft_Reset
resets_pf_and_vfs "${vfs[0]}" slot 'slot on the first VF'
vfs_work 'after slot'
resets_pf_and_vfs "${vfs[3]}" link 'link on the last VF'

exits 0 'the hotplug driver lets the port go' end_slot
refuses "${vfs[0]}" slot slot
resets_pf_and_vfs "${vfs[1]}" bus 'bus on the second VF'
vfs_work 'after bus'
resets_pf_and_vfs "${vfs[3]}" link 'link on the last VF without a slot'

exits 0 'the VFs can be taken away' disable_vfs
exits 0 'and made again' enable_vfs 4
vfs_work 'made again'
plan
