#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# VFIO accepts simulated functions: each has an IOMMU group, is opened, maps memory, is reset, and is in use for
# pcireset.
# intree: yes
# topology: empty
# shares: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"
. "$(dirname "$0")/lib-vfio.sh"

# group_of FUNCTION: its IOMMU group, or "none".
group_of() {
	local link=$devices/$1/iommu_group

	[[ -e $link ]] && basename "$(readlink -f "$link")" || echo none
}

# host_iommu WORD: with the same functions.
host_iommu() {
	echo 0 >"$sim/host/live"
	echo "$1" >"$sim/host/iommu"
	echo 1 >"$sim/host/live"
}

# is_late NUMBER: so many functions are, within 60 s.
is_late() {
	local i

	for ((i = 0; i < 600; i++)); do
		[[ $(pcireset metrics | sed -n 's/^pcireset_late{type="flr"} //p') != "$1" ]] || return 0
		sleep 0.1
	done
	return 1
}

# come_back: the function that does not answer after its FLR does after a reset of its link. VFIO's own restore of all-ones, when
# it is closed, begins another FLR.
come_back() {
	sim_set 01.0/00.0 ready_flr_us=0
	setpci -s "${sim_bus[0]}:01.0" BRIDGE_CONTROL=40:40 BRIDGE_CONTROL=0:40
}

# A late function is opened before it is back. Its saved state belongs to the user before.
late_and_opened() {
	config_dump before "$card"
	sim_set 01.0/00.0 ready_flr_us=never
	exits 4 'late' pcireset reset "$card" --type flr --timeout 100ms
	# VFIO would wait for its own reset.
	echo >"$devices/$card/reset_method"
	watch_writes
	hold_open "$card"
	come_back
	sleep 1
	is "$(writes_of 'kworker[^ ]*' | grep -c "^$card ")" 0 'late and opened: nothing is restored'
	let_go
	exits 0 'late: restored when nobody has it open' is_late 0
	echo default >"$devices/$card/reset_method"
	config_dump after "$card"
	config_is_same before after 'late: and it is as before'
}

# beside_a_busy_neighbour: two functions of its device set are opened and closed all the time. VFIO has its lock for that, too.
beside_a_busy_neighbour() {
	local neighbour busy=()

	to_driver vfio-pci "$second" "$third"
	sim_set 01.0/00.0 ready_flr_us=never
	exits 4 'late' pcireset reset "$card" --type flr --timeout 100ms
	sim_set 01.0/00.0 ready_flr_us=0
	for neighbour in "$second" "$third"; do
		"$client" "$neighbour" reopen:100000 >/dev/null &
		busy+=($!)
	done
	come_back
	exits 0 'late: not late for ever beside busy neighbours' is_late 0
	like "$(dmesg | grep -F "$card: " | grep -F ' after its reset' | tail -n 1)" 'and restored' 'and restored, not lost'
	kill "${busy[@]}"
	wait "${busy[@]}"
	to_driver '' "$second" "$third"
}

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" count=3
card=${sim_bus[1]}:00.0
second=${sim_bus[1]}:00.1
third=${sim_bus[1]}:00.2
exits 1 'an unknown word is refused' bash -c "echo moon >$sim/host/iommu"
exits 0 'each function is a group' host_iommu functions
exits 1 'it is fixed while the host is live' bash -c "echo none >$sim/host/iommu"
is "$([[ $(group_of "$card") != "$(group_of "$second")" ]] && echo differ)" differ 'two functions, two groups'

load_vfio
# Only an IOMMU with interrupt remapping is safe for VFIO, and a simulated one cannot have that.
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
to_driver vfio-pci "$card"
hold_open "$card"
exits 3 'held open: refused' pcireset reset "$card" --type flr
like "$output" 'in use by vfio: vfio-client' 'and the program is named'
let_go
sim_count 01.0/00.0 flr
before=$REPLY
user "$card" reset dma
is "$said" 'done done' 'it is reset through VFIO, and memory is mapped and unmapped'
sim_count 01.0/00.0 flr
is "$((REPLY > before))" 1 'the simulated function was reset'
exits 0 'closed: pcireset may reset it' pcireset reset "$card" --type flr
late_and_opened
beside_a_busy_neighbour
to_driver '' "$card"

exits 0 'groups by the rules of PCI' host_iommu pci
is "$(group_of "$card")" "$(group_of "$second")" 'two functions without ACS, one group'
exits 0 'no groups' host_iommu none
is "$(group_of "$card")" none 'none'
is "$(ls /sys/class/iommu)" '' 'and no IOMMU'

# A kernel that still called the module would not survive this.
sim_clear && rmdir "$sim/host"
exits 0 'the module can be unloaded' rmmod pcisim
sim_load
sim_node 01.0 kind=root-port
exits 0 'and functions appear after that' sim_live
sim_clear && rmdir "$sim/host"
plan
