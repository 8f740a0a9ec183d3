#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The simulator's triggers fire at exactly the named resets: with a period, at one reset, after another reset, with a
# probability and a seed, growing with each reset, and on a neighbour. Wrong triggers are refused.
# topology: empty
# kernels: 6.12
# icount: yes
# quick: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

bus_reset() {
	setpci -s "$port" BRIDGE_CONTROL=40:40 BRIDGE_CONTROL=0:40
}

flr() {
	setpci -s "$card" CAP_EXP+8.w=8000:8000
}

pm_reset() {
	setpci -s "$card" CAP_PM+4.w=3:3 CAP_PM+4.w=0:3
}

# reads FUNCTION REGISTER WANT DESC
reads() {
	is "$(setpci -s "$1" "$2")" "$3" "$4"
}

# trigger NODE TEXT: the only one of this node.
trigger() {
	sim_set "$1" triggers=none triggers="$2"
}

# fired NODE WANT DESC
fired() {
	is "$(paste -sd ' ' "$sim/host/$1/fired")" "$2" "$3"
}

# widths COUNT: the width of the link after each of so many bus resets.
widths() {
	local i status out=''

	for ((i = 0; i < $1; i++)); do
		bus_reset
		status=0x$(setpci -s "$port" CAP_EXP+12.w)
		out+=$((status >> 4 & 63))
	done
	echo "$out"
}

# flrs COUNT: by one process; prints "0" for each that cleared Command and "6" for each that did nothing.
flrs() {
	local i words=()

	for ((i = 0; i < $1; i++)); do
		words+=(COMMAND=6 CAP_EXP+8.w=8000:8000 COMMAND)
	done
	setpci -s "$card" "${words[@]}" | cut -c4 | tr -d '\n'
}

# refused NODE TEXT WHY
refused() {
	exits 1 "refused: $2" bash -c "echo '$2' >$sim/host/$1/triggers"
	like "$(dmesg | tail -n 1)" "pcisim: triggers: $3" 'and the log says why'
}

periods() {
	trigger 01.0 'on=bus every=5 return_width=4'
	is "$(widths 11)" 88884888848 'every 5th bus reset gives fewer lanes'
	fired 01.0 2 'and fired says how often'
	trigger 01.0 'on=bus at=2 return_width=1'
	is "$(widths 5)" 81888 'only the 2nd reset from now on'
	trigger 01.0 'on=bus from=3 return_width=2'
	is "$(widths 5)" 88222 'the 3rd reset and all later ones'
	sim_set 01.0 triggers=none
	is "$(widths 2)" 88 'none removes all triggers'
}

sequences() {
	trigger 01.0/00.0 'on=pm after=flr ready_us=never'
	pm_reset
	reads "$card" VENDOR_ID c0de 'pm works'
	flr
	reads "$card" VENDOR_ID c0de 'flr works'
	pm_reset
	reads "$card" VENDOR_ID ffff 'pm after flr does not'
	bus_reset
	reads "$card" VENDOR_ID c0de 'a bus reset brings it back'
	flr
	bus_reset
	pm_reset
	reads "$card" VENDOR_ID c0de 'pm works with a reset in between'
	trigger 01.0/00.0 'on=bus after=flr,pm ready_us=never'
	is "$(<"$sim/host/01.0/00.0/triggers")" 'on=bus after=flr,pm ready_us=never' 'a sequence is shown as it is written'
	pm_reset
	flr
	bus_reset
	pm_reset
	bus_reset
	reads "$card" VENDOR_ID c0de 'bus works after other sequences'
	flr
	pm_reset
	bus_reset
	reads "$card" VENDOR_ID ffff 'bus after flr, pm does not'
	sim_set 01.0/00.0 triggers=none
	bus_reset
}

grows() {
	trigger 01.0/00.0 'on=flr ready_us=+10000000'
	flr
	reads "$card" VENDOR_ID ffff 'not ready at once'
	sleep 15
	reads "$card" VENDOR_ID c0de 'ready after 10 s'
	flr
	sleep 15
	reads "$card" VENDOR_ID ffff 'slower the second time'
	sleep 10
	reads "$card" VENDOR_ID c0de 'ready after 20 s'
	bus_reset
	reads "$card" VENDOR_ID c0de 'other resets are as fast as before'
	sim_set 01.0/00.0 triggers=none
}

neighbours() {
	setpci -s "$other" COMMAND=0006
	trigger 01.0/00.0 'on=flr at=2 lose=4 victim=02.0/00.0:0'
	flr
	reads "$other" COMMAND 0006 'the first reset leaves the neighbour alone'
	flr
	reads "$other" COMMAND 0000 'the neighbour loses a register at the second'
	reads "$second" COMMAND 0004 'and the function beside it does not'
	trigger 01.0/00.0 'on=flr error=0x4000 victim=02.0/00.0:0'
	flr
	reads "$other" ECAP_AER+4.l 00004000 'the neighbour detects an error'
	reads "$card" ECAP_AER+4.l 00000000 'the function itself does not'
	setpci -s "$other" ECAP_AER+4.l=4000
	# Masked, so that the kernel does not clear it.
	setpci -s "$other" ECAP_AER+14.l=f1c1
	trigger 01.0/00.0 'on=flr correctable=0x1000 victim=02.0/00.0:0'
	is "$(<"$sim/host/01.0/00.0/triggers")" 'on=flr correctable=0x1000 victim=02.0/00.0:0' 'it reads as it was written'
	flr
	reads "$other" ECAP_AER+10.l 00001000 'the neighbour detects a correctable error'
	reads "$card" ECAP_AER+10.l 00000000 'the function itself does not'
	setpci -s "$other" ECAP_AER+10.l=1000
	sim_set 02.0/00.0 correctable=0x1
	reads "$other" ECAP_AER+10.l 00000001 'a correctable error at once'
	reads "$other" ECAP_AER+4.l 00000000 'is no uncorrectable one'
	setpci -s "$other" ECAP_AER+10.l=1
}

chances() {
	local first again different ignored

	trigger 01.0/00.0 'on=flr chance=0.25 seed=7 ignore=1'
	first=$(flrs 200)
	ignored=${first//0/}
	fired 01.0/00.0 "${#ignored}" 'fired counts the resets that were ignored'
	is "$((${#ignored} > 25 && ${#ignored} < 75))" 1 "a quarter of 200: ${#ignored}"
	trigger 01.0/00.0 'on=flr chance=0.25 seed=7 ignore=1'
	again=$(flrs 200)
	is "$again" "$first" 'the same seed chooses the same resets'
	trigger 01.0/00.0 'on=flr chance=0.25 seed=8 ignore=1'
	different=$(flrs 200)
	is "$([[ $different != "$first" ]] && echo differs)" differs 'another seed chooses others'
	trigger 01.0/00.0 'on=flr chance=1 ignore=1'
	is "$(flrs 5)" 66666 '1 is certain'
	bus_reset
}

refusals() {
	local i

	trigger 01.0/00.0 'on=flr every=3 ready_us=never'
	is "$(<"$sim/host/01.0/00.0/triggers")" 'on=flr every=3 ready_us=never' 'a trigger reads as it can be written'
	refused 01.0/00.0 'on=flr' 'nothing to set'
	refused 01.0/00.0 'on=flt ignore=1' 'on: invalid'
	refused 01.0/00.0 'every=0 ignore=1' 'every: out of range'
	refused 01.0/00.0 'ignore' 'ignore: invalid'
	refused 01.0/00.0 'ignore=+1' 'ignore: invalid'
	refused 01.0/00.0 'chance=1.5 ignore=1' 'chance: out of range'
	refused 01.0/00.0 'chance=half ignore=1' 'chance: invalid'
	refused 01.0/00.0 'return_width=4' 'return_width: not for a function of this kind'
	refused 01.0 'return_width=64' 'return_width: out of range'
	refused 01.0 'lose=5' 'lose: invalid'
	refused 01.0/00.0 'lose=4 victim=03.0/00.0' 'victim: no such directory'
	refused 01.0/00.0 'lose=4 victim=02.0/00.0:2' 'victim: out of range'
	refused 01.0/00.0 'moon=full ignore=1' 'moon: invalid'
	is "$(<"$sim/host/01.0/00.0/triggers")" 'on=flr every=3 ready_us=never' 'nothing of these was taken'
	for ((i = 1; i < 8; i++)); do
		sim_set 01.0/00.0 triggers=ignore=1
	done
	exits 1 'refused: a ninth' bash -c "echo ignore=1 >$sim/host/01.0/00.0/triggers"
	fired 01.0/00.0 '0 0 0 0 0 0 0 0' 'none has fired'
}

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" aer=1
sim_node 02.0 kind=root-port
sim_node 02.0/00.0 "${driverless[@]}" aer=1 count=2
sim_live
port=${sim_bus[0]}:01.0
card=${sim_bus[1]}:00.0
other=${sim_bus[2]}:00.0
second=${sim_bus[2]}:00.1
setpci -s "$second" COMMAND=0004

periods
sequences
grows
neighbours
chances
refusals
trigger 01.0/00.0 'on=flr lose=4 victim=02.0/00.0'
echo 0 >"$sim/host/live"
rmdir "$sim/host/02.0/00.0"
is "$(<"$sim/host/01.0/00.0/triggers")" '' 'a trigger goes with its victim'
sim_clear && rmdir "$sim/host"
plan
