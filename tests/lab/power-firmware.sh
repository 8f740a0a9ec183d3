#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# QEMU's power: without a slot, the power resources of firmware cut it: the port goes to D3cold and back, and is as before.
# With a slot, QEMU's power controller does. It ejects the card, which is reported, and repaired when the card is back.
# Other ports are refused.
# topology: power
# kernels: 6.1 6.12 7.3
# nightly: 6.12 7.3
# icount: yes
# append: pcie_port_pm=force
. "$(dirname "$0")/lib.sh"

port=$(port_to 03)
card=0000:03:00.0
files=/sys/bus/pci/devices/$port

like "$(pcireset show "$card")" "power cycle: D3cold of $port" 'show: the port'
like "$(pcireset doctor)" "power-cycle +$port by D3cold" 'doctor: the port'
exits 3 'a port without power resources is refused' pcireset re-enumerate 04:00.0 --power-cycle
like "$output" "$(port_to 04) has no slot of pciehp, and no _PR3" 'a port without power resources is refused: and why'
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

# ---- firmware that fails. The kernel does not ask it again whether the power is off, and the witness does.

line=$(setpci -s "$port" INTERRUPT_LINE)
setpci -s "$port" INTERRUPT_LINE=f1
exits 4 'power that does not go' pcireset re-enumerate "$card" --power-cycle
like "$output" 'the power was not cut, or nothing shows it: .*; it was found again' 'power that does not go: it says so'
like "$output" "power of $port: .*, state kept" 'power that does not go: the witness shows it'
is "$(setpci -s "$card" CACHE_LINE_SIZE)" 00 'power that does not go: the register of the witness is as before'
setpci -s "$port" INTERRUPT_LINE="$line"

# ---- the power controller of a slot

slot_port=$(port_to 02)
slot_card=0000:02:00.0
tty=$(find /sys/bus/pci/devices/0000:00:06.0/ -name 'ttyS*')

# Without echo, which would send the prompts of QEMU's monitor back as commands.
exec 8<>"/dev/${tty##*/}"
stty raw -echo <&8

# monitor COMMAND: of QEMU
monitor() {
	printf '\n%s\n' "$1" >&8
}

like "$(pcireset show "$slot_card")" "power cycle: slot 103 \($slot_port\)" 'show: the slot'
like "$(pcireset doctor)" "power-cycle +$slot_port slot 103: by its power controller" 'doctor: the slot'
exits 3 'a slot without a power controller is refused' pcireset re-enumerate 01:00.0 --power-cycle
like "$output" "slot 104 \($(port_to 01)\) has no power controller" 'a slot without a power controller is refused: and why'
config_dump slot-before "$slot_port"
exits 4 'a card that is ejected' pcireset re-enumerate "$slot_card" --power-cycle --json
output=${output//[$'\n ']/}
like "$output" '"power":\{"method":"slot","port":"'"$slot_port"'","slot":"103","off":true,"absent":true,"link_down":true,"forgot":null\}' \
	'a card that is ejected: the signs'
like "$output" 'slot103stayswithoutpower' 'a card that is ejected: and why'
is "$(</sys/bus/pci/slots/103/power) $(</sys/bus/pci/slots/103/adapter)" '0 0' 'a card that is ejected: the slot is off and empty'
exits 1 'a card that is ejected: doctor' pcireset doctor
like "$output" "$slot_port .*a power cycle did not end" 'a card that is ejected: doctor tells'
exits 1 'a card that is ejected: no repair without the card' pcireset doctor --repair
monitor 'device_add edu,id=again,bus=rp3'
for try in {1..100}; do
	[[ $(</sys/bus/pci/slots/103/adapter) == 0 ]] || break
	sleep 0.1
done
exits 0 "a card that is back: doctor --repair ($try)" pcireset doctor --repair
is "$(</sys/bus/pci/slots/103/power)" 1 'a card that is back: the slot is on'
is "$(cat "/sys/bus/pci/devices/$slot_card/device")" 0x11e8 'a card that is back: it was found'
is "$(ls /run/pcireset 2>/dev/null)" '' 'a card that is back: no note is left'
config_dump slot-after "$slot_port"
config_is_same slot-before slot-after 'a card that is back: the port is as before'
plan
