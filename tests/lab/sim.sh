#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The simulator works as its manual says: effects and counts of each reset, answers and lost writes, slots and links,
# and hierarchies that it refuses. Every other test with pcisim relies on this.
# topology: empty
# kernels: 7.3
# icount: yes
# quick: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

devices=/sys/bus/pci/devices

# get FUNCTION REGISTER: sets REPLY.
get() {
	REPLY=$(setpci -s "$1" "$2")
}

# reads FUNCTION REGISTER WANT DESC
reads() {
	get "$1" "$2"
	is "$REPLY" "$3" "$4"
}

# counted NODE WORD WANT DESC
counted() {
	sim_count "$1" "$2"
	is "$REPLY" "$3" "$4"
}

# mark: the function has a value in Command that a reset takes away.
mark() {
	setpci -s "$card" COMMAND=0006
}

# is_reset WAY COUNT DESC: by WAY, COUNT times so far, and Command is as at power-on.
is_reset() {
	reads "$card" COMMAND 0000 "$3: Command is cleared"
	counted 01.0/00.0 "$1" "$2" "$3: counted"
}

flr() {
	setpci -s "$card" CAP_EXP+8.w=8000:8000
}

# d3 STATE: Power Management Control.
d3() {
	setpci -s "$card" "CAP_PM+4.w=$1:3"
}

bus_reset() {
	setpci -s "$port" BRIDGE_CONTROL=40:40 BRIDGE_CONTROL=0:40
}

# cannot_be WHY NODE [KEY=VALUE...]: with this node as well, the host cannot be live.
cannot_be() {
	local why=$1

	shift
	sim_node "$@"
	exits 1 "cannot be: $why" bash -c "echo 1 >$sim/host/live"
	like "$(dmesg | tail -n 3)" "pcisim: host/.*: $why" 'and the log says why'
	rmdir "$sim/host/$1"
}

resets() {
	mark
	reads "$card" COMMAND 0006 'Command can be written'
	flr
	is_reset flr 1 FLR
	reads "$card" CAP_EXP+8.w "$devctl" 'FLR: Initiate FLR reads as zero'
	mark
	reads "$card" CAP_AF+2.w 0306 'AF: its length, FLR and Transactions Pending'
	setpci -s "$card" CAP_AF+3.b=01 CAP_AF+5.b=01
	reads "$card" COMMAND 0006 'AF: only its control register resets'
	setpci -s "$card" CAP_AF+4.b=01
	is_reset flr 2 'FLR by AF'
	reads "$card" CAP_AF+4.w 0000 'AF: Initiate FLR reads as zero, and nothing is pending'
	mark
	d3 3
	reads "$card" COMMAND 0006 'D3hot keeps Command'
	d3 0
	is_reset pm 1 'D3hot to D0'
	mark
	d3 1
	d3 0
	reads "$card" COMMAND 0006 'D1 to D0 resets nothing'
	bus_reset
	is_reset bus 1 'secondary bus reset'
	mark
	setpci -s "$port" CAP_EXP+10.w=10:10 CAP_EXP+10.w=0:10
	is_reset bus 2 'Link Disable'
	sim_set 01.0/00.0 ignore=flr
	mark
	flr
	reads "$card" COMMAND 0006 'a reset that is ignored clears nothing'
	counted 01.0/00.0 flr 3 'and is counted all the same'
	sim_set 01.0/00.0 ignore=none
	reads "$sibling" CAP_PM+4.w "$pmcsr_keeps" 'No_Soft_Reset is shown'
	setpci -s "$sibling" COMMAND=0006 CAP_PM+4.w=3:3 CAP_PM+4.w=0:3
	reads "$sibling" COMMAND 0006 'D3hot to D0 with No_Soft_Reset resets nothing'
	counted 01.0/00.1 pm 0 'and is not counted'
}

answers() {
	local writes lost

	sim_count 01.0/00.0 writes && writes=$REPLY
	sim_count 01.0/00.0 lost_writes && lost=$REPLY
	setpci -s "$card" COMMAND=0002
	counted 01.0/00.0 writes $((writes + 1)) 'a write is counted'
	counted 01.0/00.0 lost_writes "$lost" 'and is not a lost one'
	sim_set 01.0/00.0 ready_flr_us=never
	flr
	reads "$card" VENDOR_ID ffff 'it does not answer after an FLR'
	reads "$sibling" VENDOR_ID c0de 'its sibling does'
	watch_writes
	setpci -s "$card" COMMAND=0006
	like "$(writes_of setpci)" "^$card 0x4 1$" 'the witness says that a write to it is lost'
	counted 01.0/00.0 lost_writes $((lost + 1)) 'a lost write is counted'
	counted 01.0/00.0 writes $((writes + 2)) 'and no good one'
	sim_set 01.0/00.0 ready_flr_us=0
	bus_reset
	reads "$card" VENDOR_ID c0de 'a bus reset brings it back'
	sim_set 01.0/00.0 ready_flr_us=20000000
	flr
	reads "$card" VENDOR_ID ffff 'it is not ready at once'
	sleep 25
	reads "$card" VENDOR_ID c0de 'it is after its time'
	sim_set 01.0/00.0 answer=stale
	mark
	flr
	reads "$card" COMMAND 0006 'stale: its registers are as they were'
	setpci -s "$card" COMMAND=0001
	sleep 25
	reads "$card" COMMAND 0000 'and reset when it is ready'
	sim_set 01.0/00.0 answer=ones ready_flr_us=0 drop_us=20000000
	flr
	mark
	sleep 25
	reads "$card" COMMAND 0000 'it loses its configuration once more'
	sim_set 01.0/00.0 drop_us=0 identity=1234:5678
	flr
	reads "$card" VENDOR_ID 1234 'it comes back as another vendor'
	reads "$card" DEVICE_ID 5678 'and device'
	sim_set 01.0/00.0 identity=none
	flr
	reads "$card" DEVICE_ID 0012 'and as itself again'
}

# Impossible bus numbers of a bridge lead nowhere, not even to a function above it.
routes() {
	local number

	get "$port" SECONDARY_BUS
	number=$REPLY
	for REPLY in 00 "${sim_bus[0]##*:}"; do
		setpci -s "$port" "SECONDARY_BUS=$REPLY"
		reads "$card" VENDOR_ID ffff "bus number $REPLY of a bridge leads nowhere"
		reads "$port" VENDOR_ID "$port_vendor" 'and the bridge itself answers'
	done
	setpci -s "$port" "SECONDARY_BUS=$number"
	reads "$card" VENDOR_ID c0de 'with its own number what is below answers'
}

link() {
	reads "$card" CAP_EXP+12.w 0083 'Link Status: speed 3, eight lanes'
	sim_set 01.0 return_speed=1 return_width=2
	bus_reset
	reads "$card" CAP_EXP+12.w 0021 'the link comes back slower and narrower'
	sim_set 01.0 return_speed=0 return_width=0
	setpci -s "$port" CAP_EXP+30.w=2:f
	bus_reset
	reads "$card" CAP_EXP+12.w 0082 'or as fast as Target Link Speed'
	setpci -s "$port" CAP_EXP+30.w=3:f
	get "$port" CAP_EXP+12.w
	is $((0x$REPLY & 0x2000)) 8192 'Data Link Layer Link Active is set'
	setpci -s "$port" CAP_EXP+10.w=10:10
	get "$port" CAP_EXP+12.w
	is $((0x$REPLY & 0x2000)) 0 'and is clear while the link is disabled'
	reads "$card" VENDOR_ID ffff 'what is below does not answer'
	sim_set 01.0 link_up_us=20000000
	setpci -s "$port" CAP_EXP+10.w=0:10
	reads "$card" VENDOR_ID ffff 'nor before the link is up'
	sleep 25
	reads "$card" VENDOR_ID c0de 'it does when the link is up'
	sim_set 01.0 link_up_us=0 lose_control=1
	setpci -s "$port" CAP_EXP+8.w=00a0:00e0
	bus_reset
	reads "$port" CAP_EXP+8.w 2810 'a port that loses its control has it as at power-on'
	sim_set 01.0 lose_control=0
	sim_set 01.0 link=0
	reads "$card" VENDOR_ID ffff 'a link that is taken down cuts off what is below'
	sim_set 01.0 link=1
	reads "$card" VENDOR_ID c0de 'and is put back'
}

# The slot's port has no driver: nobody else clears its events.
slot() {
	local status

	get "$slot_port" CAP_EXP+1a.w
	is $((0x$REPLY & 0x40)) 64 'the slot has a card'
	setpci -s "$slot_port" CAP_EXP+1a.w=ffff
	sim_set 02.0 present=0
	is "$(<"$sim/host/02.0/present")" 0 'the card was taken out'
	get "$slot_port" CAP_EXP+1a.w
	status=$((0x$REPLY))
	is $((status & 0x40)) 0 'Presence Detect State is clear'
	is $((status & 0x108)) $((0x108)) 'both changes are latched'
	setpci -s "$slot_port" CAP_EXP+1a.w=0108
	get "$slot_port" CAP_EXP+1a.w
	is $((0x$REPLY & 0x108)) 0 'and are cleared by a one'
	sim_set 02.0 present=1
	get "$slot_port" CAP_EXP+1a.w
	is $((0x$REPLY & 0x48)) $((0x48)) 'the card is back'
}

vfs() {
	local vf=${sim_bus[3]}:00.2

	echo 2 >"$devices/$pf/sriov_numvfs"
	exits 0 'a VF is there' test -e "$devices/$vf"
	reads "$vf" COMMAND 0000 'and answers'
	setpci -s "$vf" COMMAND=0004
	setpci -s "$pf" ECAP_SRIOV+10.w=0001
	reads "$vf" COMMAND ffff 'a VF beyond NumVFs does not answer'
	reads "${sim_bus[3]}:00.1" COMMAND 0000 'those before do'
	setpci -s "$pf" ECAP_SRIOV+10.w=0002 ECAP_SRIOV+8.w=0:1
	reads "$vf" COMMAND ffff 'nor does one without VF Enable'
	setpci -s "$pf" ECAP_SRIOV+8.w=1:1
	reads "$vf" COMMAND 0000 'one that is enabled is as at power-on'
	echo 0 >"$devices/$pf/sriov_numvfs"
}

# Only insertion brings a function back.
vanishing() {
	sim_set 01.0/00.0 vanish=1
	flr
	sim_set 01.0/00.0 vanish=0
	reads "$card" VENDOR_ID ffff 'it vanishes in a reset'
	bus_reset
	sleep 1.1
	reads "$card" VENDOR_ID ffff 'another reset does not bring it back'
	reads "$sibling" VENDOR_ID c0de 'its neighbour is back'
}

# VFs are a directory of their own, so it is the fourth bus that has them.
hierarchies() {
	cannot_be 'a root port belongs on the root bus' 01.0/00.0 kind=root-port
	cannot_be 'not below an upstream port' 01.0/00.0 kind=downstream
	cannot_be 'not below a port' 00.0 kind=upstream
	cannot_be 'only endpoints and VFs can be several' 03.0 kind=root-port count=2
	cannot_be 'only a port can have a slot' 01.0/00.0 hotplug=1
	cannot_be 'only a port can be a CXL port' 01.0/00.0 cxl=1
	cannot_be 'does not fit on one bus' 1f.7 count=2
}

sim_load || not_ok 'the simulator is loaded'
shopt -s nullglob
before=("$devices"/*)
sim_node 01.0 kind=root-port
hierarchies
sim_nodes 02.0 03.0 01.0/00.0 01.0/00.1 02.0/00.0 03.0/00.0 03.0/00.0/vf
sim_set 02.0 kind=root-port hotplug=1
sim_set 03.0 kind=root-port
sim_set 01.0/00.0 "${driverless[@]}" af=1
sim_set 01.0/00.1 "${driverless[@]}" no_soft_reset=1
sim_set 02.0/00.0 "${driverless[@]}"
sim_set 03.0/00.0/vf "${driverless[@]}" count=4 vf_offset=1
exits 0 'a host is live' sim_live
port=${sim_bus[0]}:01.0 card=${sim_bus[1]}:00.0 sibling=${sim_bus[1]}:00.1
slot_port=${sim_bus[0]}:02.0 pf=${sim_bus[3]}:00.0
now=("$devices"/*)
is $((${#now[@]} - ${#before[@]})) 7 'all of its functions are there'
for service in /sys/bus/pci_express/drivers/pciehp/*:pcie*; do
	echo "${service##*/}" >/sys/bus/pci_express/drivers/pciehp/unbind
done
exits 1 'it cannot be changed then' mkdir "$sim/host/04.0"
exits 1 'nor what a function is' bash -c "echo pci-bridge >$sim/host/01.0/kind"
is "$(<"$sim/host/01.0/kind")" root-port 'its kind is told'
get "$card" CAP_EXP+8.w
devctl=$REPLY
get "$sibling" CAP_PM+4.w
pmcsr_keeps=$REPLY
get "$port" VENDOR_ID
port_vendor=$REPLY
is $((0x$REPLY & 8)) 8 'No_Soft_Reset is set'
resets
answers
routes
link
slot
vfs
vanishing
exits 0 'a host goes' sim_clear
now=("$devices"/*)
is "${now[*]}" "${before[*]}" 'and nothing of it is left'
rmdir "$sim/host"
exits 0 'the simulator can be unloaded' rmmod pcisim
plan
