#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Power resources of firmware (_PR3) for simulated ports: a power cycle by D3cold cuts the power of this port and of no
# other. Power that does not go, does not come back, or comes back late, and firmware that fails, are errors; the port and
# its card are repaired.
# topology: sim-power
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# icount: yes
# append: pcie_port_pm=force
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

devices=/sys/bus/pci/devices

# cycle STATUS DESC PATTERN...: cuts the power of the card, and checks status and output.
cycle() {
	local want=$1 desc=$2 pattern

	shift 2
	exits "$want" "$desc" pcireset re-enumerate "$card" --power-cycle
	for pattern; do
		like "$output" "$pattern" "$desc: $pattern"
	done
}

# power_ons NODE: sets REPLY to the number of times that it has lost its power.
power_ons() {
	sim_count "$1" power_on
}

# settings PORT: sets REPLY to what the kernel may do with the power of a port, and to what it does.
settings() {
	local d=$devices/$1

	REPLY="$(<"$d/d3cold_allowed") $(<"$d/power/control") $(<"$d/power/runtime_status")"
}

# repaired DESC: doctor tells that the port is without power, and puts it right. The card may have another bus number.
repaired() {
	exits 1 "$1: doctor" pcireset doctor
	like "$(tr -s ' \n' ' ' <<<"$output")" "$port a power cycle did not end: the device below it may have no power" "$1: doctor tells"
	exits 0 "$1: doctor --repair" pcireset doctor --repair
	like "$(tr -s ' \n' ' ' <<<"$output")" "$port it has power, and the bus below it was rescanned" "$1: doctor --repair tells"
	works "$1"
}

# works DESC: the card answers, the port has its settings and registers, and no note is left.
works() {
	local bus

	for bus in "$devices/$port"/pci_bus/*; do card=${bus##*/}:00.0; done
	is "$(setpci -s "$card" DEVICE_ID)" 0012 "$1: the card is back"
	settings "$port"
	is "$REPLY" "$before" "$1: the settings of the port are as before"
	config_dump after "$port"
	compare_config may-change before after "$1: the registers of the port are as before, except for bus numbers"
	is "$(ls /run/pcireset 2>/dev/null)" '' "$1: no note is left"
}

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}"
sim_node 02.0 kind=root-port hotplug=1 power_controller=0
sim_node 02.0/00.0 "${driverless[@]}"
sim_node 03.0 kind=root-port
sim_node 03.0/00.0 "${driverless[@]}"
sim_node 04.0 kind=root-port
sim_node 04.0/00.0 "${driverless[@]}"
echo 1 >"$sim/host/firmware"
sim_live
card=${sim_bus[1]}:00.0
port=${sim_bus[0]}:01.0
slot_port=${sim_bus[0]}:02.0
other=${sim_bus[0]}:03.0
settings "$port"
before=$REPLY
settings "$other"
other_before=$REPLY

# ---- which ports can

like "$(pcireset show "$card")" "power cycle: D3cold of $port" 'show: the port'
pcireset doctor >said
is "$(grep -cE "power-cycle +${sim_bus[0]}:0[1-4].0 by D3cold" said)" 4 'doctor: the ports'
mkdir "$sim/second" "$sim/second/01.0"
echo root-port >"$sim/second/01.0/kind"
echo 1 >"$sim/second/firmware"
run bash -c "echo 0x10001 >$sim/second/domain && echo 1 >$sim/second/live"
like "$output" 'busy' 'the table describes one host at a time'
rmdir "$sim/second/01.0" "$sim/second"

# ---- it works

config_dump before "$port"
{ cat "$(dirname "$0")/may-change" && printf 'header\t-\t0x19\t2\tbus numbers\n'; } >may-change
cycle 0 'a power cycle' "power of $port: off, state forgotten" '1 function removed, 1 found, all as before'
power_ons 01.0
is "$REPLY" 1 'a power cycle: the simulator has seen it at the port'
power_ons 01.0/00.0
is "$REPLY" 1 'a power cycle: the simulator has seen it at the card'
works 'a power cycle'
exits 0 'JSON' pcireset re-enumerate "$card" --power-cycle --json
like "${output//[$'\n ']/}" '"power":\{"method":"d3cold","port":"'"$port"'","slot":null,"off":true,"absent":null,"link_down":null,"forgot":true\}' 'JSON: the signs'
card=${sim_bus[2]}:00.0
cycle 0 'a slot without a power controller' "power of $slot_port: off, state forgotten" 'all as before'
power_ons 02.0/00.0
is "$REPLY" 1 'a slot without a power controller: the simulator has seen it'
card=${sim_bus[1]}:00.0

# ---- the power does not go

sim_set 01.0 power_stuck=1
cycle 4 'power that does not go' 'the power was not cut, or nothing shows it: it has kept its state; it was found again' 'state kept'
sim_set 01.0 power_stuck=0
works 'power that does not go'

# ---- the power comes back late, so that the kernel restores the registers of the port in vain

sim_set 01.0 power_up_us=2000000
cycle 4 'power that comes back late' "$port has lost its registers, because its power came back late" 'use: pcireset doctor --repair'
sim_set 01.0 power_up_us=0
repaired 'power that comes back late'
cycle 0 'power that comes back late: another one works' 'all as before'

# ---- killed in between

pcireset re-enumerate "$card" --power-cycle >/dev/null 2>&1 &
wait_for grep -q suspended "$devices/$port/power/runtime_status"
kill -9 $!
wait $! 2>/dev/null
repaired 'killed without power'

# ---- the other ports

settings "$other"
is "$REPLY" "$other_before" 'another port: its settings are as before'
power_ons 03.0
is "$REPLY" 0 'another port: it never lost its power'
power_ons 03.0/00.0
is "$REPLY" 0 'another port: its card never lost its power'

# ---- firmware that fails to switch the power off. The kernel never asks it again.

port=$other
card=${sim_bus[3]}:00.0
sim_set 03.0 power_error=off
cycle 4 'firmware that fails to switch it off' 'its power controller or power resources stayed on; it was found again'
power_ons 03.0/00.0
is "$REPLY" 0 'firmware that fails to switch it off: the simulator has seen no loss of power'

# ---- the power does not come back. The kernel never asks firmware again: only a restart of the machine helps.

# stays_off FAULT NODE BUS
stays_off() {
	port=${sim_bus[0]}:$2
	card=$3:00.0
	sim_set "$2" "$1"
	cycle 4 "$1" "$port does not respond after its power was switched on" 'if not, only a restart of the machine helps'
	exits 1 "$1: doctor --repair" pcireset doctor --repair
	like "$(tr -s ' \n' ' ' <<<"$output")" "$port a power cycle did not end" "$1: it does not claim a repair"
	is "$(setpci -s "$port" VENDOR_ID)" ffff "$1: the port does not respond"
	exits 0 "$1: show" pcireset show "$port"
}

for bus in "$devices/${sim_bus[0]}:01.0/pci_bus"/*; do stays_off power_up_us=never 01.0 "${bus##*/}"; done
stays_off power_error=on 02.0 "${sim_bus[2]}"
stays_off power_fails=1 04.0 "${sim_bus[0]%:*}:04"

sim_clear
rmdir "$sim/host"
modprobe -r pcisim && ok 'the module leaves'
plan
