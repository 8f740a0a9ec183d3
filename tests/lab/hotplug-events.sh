#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pciehp handles slot events during a reset as it does without a reset: the card is pulled, or replaced by a twin with
# another serial number or by another device, its power fails, or the attention button is pressed. Each event occurs at
# several moments of a slot reset, and of a bus reset above the slot.
# topology: empty
# icount: yes
# parts: slot bus
# nightly: 6.1 6.12
# timeout: 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

devices=/sys/bus/pci/devices

# machine VARIANT EVENT: a card in a slot of a root port, or in one of a switch; sets port, the node of the slot's port, and target.
machine() {
	local button=0

	[[ $2 != button ]] || button=1
	case $1 in
	slot)
		port=01.0
		sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port hotplug=1 button="$button" || return
		target=${sim_bus[1]}:00.0 slot_port=${sim_bus[0]}:01.0
		;;
	bus)
		port=01.0/00.0/01.0
		sim_nodes 01.0 01.0/00.0 01.0/00.0/01.0 01.0/00.0/01.0/00.0 && sim_set 01.0 kind=root-port || return
		sim_set 01.0/00.0 kind=upstream && sim_set "$port" kind=downstream hotplug=1 button="$button" || return
		target=${sim_bus[3]}:00.0 slot_port=${sim_bus[2]}:01.0
		;;
	esac
	sim_set "$port/00.0" "${driverless[@]}" serial=1 && sim_live || return
	sleep 1
}

# state: the card in the slot and the slot's power, as the kernel has them and as the hardware has them. Slot Control has the indicators
# and the enabled interrupts.
state() {
	local slot power control

	for slot in /sys/bus/pci/slots/*; do
		[[ ! -e $slot/power ]] || read -r power <"$slot/power"
	done
	control=$(setpci -s "$slot_port" CAP_EXP+18.w)
	if [[ -e $devices/$target ]]; then
		printf '%s %s power %s bar %s slot %s\n' "$(cat "$devices/$target/device")" "$(setpci -s "$target" ECAP03+4.l)" "$power" \
			"$((0x$(setpci -s "$target" BASE_ADDRESS_0.l) != 0))" "$control"
	else
		echo "none power $power slot $control"
	fi
}

# event EVENT: happens to the card.
event() {
	case $1 in
	pulled) sim_set "$port" present=0 ;;
	twin) sim_set "$port/00.0" return_serial=2 && sim_set "$port" present=0 && sleep 0.02 && sim_set "$port" present=1 ;;
	button | power_fault) sim_set "$port" slot_event="$1" ;;
	other) sim_set "$port/00.0" identity=1234:5678 && sim_set "$port" present=0 && sleep 0.02 && sim_set "$port" present=1 ;;
	esac
}

# settled: waits until nothing changes any more, and prints the state.
settled() {
	local last now try

	# pciehp waits 5 s after the button.
	for ((try = 0; try < 15; try++)); do
		sleep 1
		now=$(state)
		[[ $now != "$last" || $try -lt 7 ]] || break
		last=$now
	done
	echo "$now"
}

# without_reset VARIANT EVENT [nothing]: with nothing, the event does not happen.
without_reset() {
	machine "$1" "$2" && { [[ ${3:-} == nothing ]] || event "$2"; } && settled
	sim_clear
}

# may_be_lost VARIANT EVENT: a bus reset above the slot resets the slot's own port. In the 2 ms for which the reset is asserted
# no port latches a button. The moments are further apart than that, so it is one press of ten at most.
may_be_lost() {
	[[ $1 == bus && $2 == button && $lost -eq 0 && $got == "$nothing" ]]
}

# during EVENT MS FUNCTION OPTION...: the event comes so long after the reset of FUNCTION was asked for.
during() {
	local resetter

	pcireset reset "${@:3}" --timeout 2s --yes >/dev/null 2>&1 &
	resetter=$!
	sleep_ms "$2"
	event "$1"
	wait "$resetter"
	settled
}

# with_reset VARIANT EVENT FUNCTION MS
with_reset() {
	machine "$1" "$2" && sim_set "$port/00.0" ready_bus_us=300000 && during "$2" "$4" "$3" --type "$1"
	sim_clear
}

# with_two_resets MS: a bus reset without effect, and then a reset by Link Disable. pciehp writes to Slot Control between the two.
with_two_resets() {
	machine bus button && sim_set 01.0/00.0 ignore=bus &&
		during button "$1" "${sim_bus[1]}:00.0" --type bus,link_disable --escalate --check proof
	sim_clear
}

sim_load
[[ $# -gt 0 ]] || set -- slot bus
for variant; do
	for event in pulled twin other power_fault button; do
		want=$(without_reset "$variant" "$event")
		like "$want" '^(none|0x)' "$variant, $event: $want without a reset"
		[[ $variant-$event != bus-button ]] || nothing=$(without_reset "$variant" "$event" nothing)
		lost=0
		for ms in 0 30 60 90 120 150 200 250 350 450; do
			got=$(with_reset "$variant" "$event" "${sim_bus[1]}:00.0" "$ms")
			if may_be_lost "$variant" "$event"; then
				lost=1
				ok "$variant, $event $ms ms after a reset was asked for: while the port was held in reset"
			else
				is "$got" "$want" "$variant, $event $ms ms after a reset was asked for"
			fi
		done
	done
	[[ $variant == bus ]] || continue
	for ms in 60 80 100; do
		is "$(with_two_resets "$ms")" "$want" "two resets, button $ms ms after they were asked for"
	done
done
plan
