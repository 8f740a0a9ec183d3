#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A power cycle cuts the power of the slot, shows that it was cut, and brings the device back. Each power fault is an
# error, and an unfinished power cycle is repaired.
# topology: empty
# icount: yes
# nightly: 6.1 6.12
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

devices=/sys/bus/pci/devices

# cycle STATUS DESC PATTERN...: cuts the power of the card, and checks status and output.
cycle() {
	local want=$1 desc=$2 pattern

	shift 2
	exits "$want" "$desc" pcireset re-enumerate "$card" --power-cycle --yes
	for pattern; do
		like "$output" "$pattern" "$desc: $pattern"
	done
}

# power_ons: sets REPLY to the number of times that the card lost its power.
power_ons() {
	sim_count 01.0/00.0 power_on
}

slot_power() {
	REPLY=$(<"/sys/bus/pci/slots/$slot/power")
}

sim_load
sim_node 01.0 kind=root-port hotplug=1 surprise_down=1
sim_node 01.0/00.0 "${driverless[@]}"
sim_node 01.0/00.1 kind=endpoint
sim_node 02.0 kind=root-port hotplug=1 power_controller=0
sim_node 02.0/00.0 "${driverless[@]}"
sim_node 03.0 kind=root-port
sim_node 03.0/00.0 "${driverless[@]}"
sim_live
card=${sim_bus[1]}:00.0
port=${sim_bus[0]}:01.0
audio=${card%0}1
for slot in /sys/bus/pci/slots/*; do
	[[ $(<"$slot/address") != "${sim_bus[1]}"* ]] || break
done
slot=${slot##*/}

# ---- which slots can

like "$(pcireset show "$card")" "power cycle: slot $slot \($port\)" 'show: the slot'
like "$(pcireset show "${sim_bus[2]}:00.0")" 'power cycle: no: slot [0-9]+ \(.*\) has no power controller, and no _PR3' 'show: a slot without a power controller'
like "$(pcireset show "${sim_bus[3]}:00.0")" 'power cycle: no: .* has no slot of pciehp, and no _PR3' 'show: a port without a slot'
exits 3 'a slot without a power controller is refused' pcireset re-enumerate "${sim_bus[2]}:00.0" --power-cycle
like "$output" 'has no power controller' 'a slot without a power controller is refused: and why'
exits 3 'other functions in the slot need --yes' pcireset re-enumerate "$card" --power-cycle
like "$output" "not named: $audio; use --yes" 'other functions in the slot need --yes: they are named'
power_ons
is "$REPLY" 0 'nothing was touched'

# ---- it works

config_dump port-before "$port"
cycle 0 'a power cycle' "power of slot $slot: off, link down, state forgotten" 'power cycle, 2 functions removed, 2 found, all as before'
power_ons
is "$REPLY" 1 'a power cycle: the simulator has seen it'
config_dump port-after "$port"
config_is_same port-before port-after 'a power cycle: the port is as before'
[[ -e $devices/$audio/driver ]] && ok 'a power cycle: the driver is bound again'
exits 0 'JSON' pcireset re-enumerate "$card" --power-cycle --yes --json
like "${output//[$'\n ']/}" '"type":null.*"power":\{"method":"slot","port":"'"$port"'","slot":"'"$slot"'","off":true,"absent":(true|false),"link_down":true,"forgot":true\}' 'JSON: the signs'
exits 0 'without the module' pcireset re-enumerate "$card" --power-cycle --yes --no-module
sim_set 01.0/00.0 ready_bus_us=never ready_flr_us=never
power_ons
before=$REPLY
exits 4 'a reset that kills the card' pcireset reset "$card" --type slot --yes --timeout 1
run pcireset reset "$card" --type any --escalate --yes --timeout 1
power_ons
is "$REPLY" "$before" 'no reset cuts the power'
exits 2 'reset has no such option' pcireset reset "$card" --power-cycle
sleep 62
cycle 0 'a card that does not answer any more' 'power of slot .*: off, link down' '2 found'

# ---- the power is not cut

sim_set 01.0 power_stuck=1
cycle 4 'power that does not go' 'off, link up, state kept' 'the power was not cut, or nothing shows it: its link stayed up; it was found again'
[[ -e $devices/$audio/driver ]] && ok 'power that does not go: the driver is bound again'
is "$(setpci -s "$card" CACHE_LINE_SIZE)" 00 'power that does not go: the register of the witness is as before'
sim_set 01.0 power_stuck=0
sim_set 01.0/00.0 ignore=power_on
cycle 4 'a card that keeps its state' 'off, link down, state kept' 'it has kept its state'
sim_set 01.0/00.0 ignore=none

# ---- the power does not come back

sim_set 01.0 power_fails=1
cycle 4 'a power fault' "slot $slot stays without power" 'use: pcireset doctor --repair'
slot_power
is "$REPLY" 0 'a power fault: the slot is off'
exits 1 'a power fault: doctor' pcireset doctor
like "$output" "$port .*a power cycle did not end" 'a power fault: doctor tells'
exits 1 'a power fault: as long as it lasts, the repair fails' pcireset doctor --repair
sim_set 01.0 power_fails=0
exits 0 'a power fault: then it does not' pcireset doctor --repair
[[ -e $devices/$audio/driver ]] && ok 'a power fault: the card is back after the repair'
is "$(ls /run/pcireset 2>/dev/null)" '' 'a power fault: no note is left'
sim_set 01.0 link_up_us=never
cycle 4 'a link that does not come up' 'stays without power'
sim_set 01.0 link_up_us=0
exits 0 'a link that does not come up: repaired' pcireset doctor --repair

# ---- killed in between

pcireset re-enumerate "$card" --power-cycle --yes >/dev/null 2>&1 &
until [[ ! -e $devices/$card ]]; do sleep 0.05; done
sleep 0.3
kill -9 $!
wait $! 2>/dev/null
for try in {1..100}; do
	slot_power
	[[ $REPLY == 1 ]] || break
	sleep 0.1
done
is "$REPLY" 0 'killed in between: the slot is off'
exits 1 'killed in between: doctor' pcireset doctor
exits 0 'killed in between: doctor --repair' pcireset doctor --repair
like "$(tr -s ' \n' ' ' <<<"$output")" "$port the slot below it has power, and the bus was rescanned" 'killed in between: it says so'
slot_power
is "$REPLY" 1 'killed in between: the slot is on again'
config_dump port-after "$port"
config_is_same port-before port-after 'killed in between: the port is as before'
[[ -e $devices/$card ]] && ok "killed in between: the card is back ($try)"
cycle 0 'killed in between: another one works' '2 found'

# ---- killed before the power is cut: another process makes the kernel's removal wait

blocker=${sim_bus[3]}:00.0
echo 1 >"$devices/$blocker/remove"
sim_set 03.0/00.0 ready_bus_us=20000000 answer=rrs
setpci -s "${sim_bus[0]}:03.0" BRIDGE_CONTROL=40:40
setpci -s "${sim_bus[0]}:03.0" BRIDGE_CONTROL=0:40
echo 1 >"$devices/${sim_bus[0]}:03.0/rescan" &
rescan=$!
sleep 0.2
pcireset re-enumerate "$card" --power-cycle --yes >/dev/null 2>&1 &
for try in {1..100}; do
	[[ $(setpci -s "$card" CACHE_LINE_SIZE) == 00 ]] || break
	sleep 0.05
done
kill -9 $!
wait $! 2>/dev/null
wait "$rescan"
((try < 100)) && ok "killed before the cut: the witness had its value ($try)"
power_ons
before=$REPLY
exits 1 'killed before the cut: doctor' pcireset doctor
exits 0 'killed before the cut: doctor --repair' pcireset doctor --repair
power_ons
is "$REPLY" "$before" 'killed before the cut: the power was not cut'
is "$(setpci -s "$card" CACHE_LINE_SIZE)$(setpci -s "$audio" CACHE_LINE_SIZE)" 0000 'killed before the cut: the registers of the witnesses are as before'
sim_clear
plan
