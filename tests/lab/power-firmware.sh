#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Without a slot, the power resources of firmware cut the power: the port goes to D3cold and back, and is as before. Others are refused.
# topology: power
# kernels: 6.1
# icount: yes
# append: pcie_port_pm=force
. "$(dirname "$0")/lib.sh"

port=0000:00:03.0
card=0000:01:00.0
files=/sys/bus/pci/devices/$port

like "$(pcireset show "$card")" "power cycle: D3cold of $port" 'show: the port'
like "$(pcireset doctor)" "power-cycle +$port by D3cold" 'doctor: the port'
exits 3 'a port without power resources is refused' pcireset re-enumerate 02:00.0 --power-cycle
like "$output" '0000:00:02.0 has no slot of pciehp, and no _PR3' 'a port without power resources is refused: and why'
before=$(<"$files/d3cold_allowed")$(<"$files/power/control")
config_dump port-before "$port"
exits 0 'a power cycle' pcireset re-enumerate "$card" --power-cycle
like "$output" "power of $port: off, state forgotten" 'a power cycle: the power was cut'
is "$(<"$files/d3cold_allowed")$(<"$files/power/control")" "$before" 'a power cycle: the settings of the port are as before'
config_dump port-after "$port"
config_is_same port-before port-after 'a power cycle: the registers of the port are as before'

pcireset re-enumerate "$card" --power-cycle >/dev/null 2>&1 &
until [[ $(<"$files/power/runtime_status") == suspended ]]; do sleep 0.05; done
kill -9 $!
wait $! 2>/dev/null
exits 1 'killed in between: doctor' pcireset doctor
exits 0 'killed in between: doctor --repair' pcireset doctor --repair
[[ -e /sys/bus/pci/devices/$card ]] && ok 'killed in between: the device is back'
is "$(<"$files/d3cold_allowed")$(<"$files/power/control")" "$before" 'killed in between: the settings of the port are as before'
plan
