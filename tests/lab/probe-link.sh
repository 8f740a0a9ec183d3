#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A driver can reset its link in probe(), where the stock functions give up, and never hangs there.
# nightly: 6.1 6.12 7.3/mixed
# icount: yes
# topology: mixed slots
# modules: tests/lab/kmod
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

parameters=/sys/module/sample_probe_link/parameters

# A card with three functions: in a hotplug slot in one topology, below a port without hotplug in the other.
if [[ -e $devices/0000:02:00.2 ]]; then
	card=0000:02:00 port=$(port_to 02) type=$slot other=$bus why_not_other=$why_hotplug
else
	card=0000:03:00 port=$(port_to 03) type=$bus other=$slot why_not_other=$why_no_slot
fi
all=("$card.0" "$card.1" "$card.2")

# probe TYPES: binds the sample to the card's first function, and sets report to its report.
probe() {
	unbind "$card.0"
	echo $(($1)) >"$parameters/types"
	log_mark
	started=$EPOCHREALTIME
	bind "$card.0" sample_probe_link
	report=$(logged sample_probe_link "$card.0" result=)
}

# refuses DESC TYPES WORD...: the reset is refused, the driver is bound all the same, and nothing was touched.
refuses() {
	local desc=$1

	probe "$2"
	shift 2
	has "$report" "$desc" issued=0x0 "$@"
	config_dump after "${all[@]}" "$port"
	config_is_untouched before after "$desc: nothing was touched"
	is "$(driver_of "$card.0")" sample_probe_link "$desc: the driver is bound"
}

for function in "${all[@]}"; do
	unbind "$function"
done
exits 0 'the sample loads' modprobe sample_probe_link stock=1

log_mark
bind "$card.0" sample_probe_link
has "$(logged sample_probe_link "$card.0" pci_reset_bus=)" 'the stock functions give up in probe()' \
	pci_reset_bus=$eagain pci_try_reset_function=$eagain
config_dump before "${all[@]}" "$port"
identity=$(ls -di "$devices/$card".*)
echo N >"$parameters/stock"

triggers_begin
probe "$link"
has "$report" 'ours resets the link in probe()' result=0 type=$type issued=$type members=3 proof=$proof_shown \
	failed=0x0 why=0
is "$(triggers)" 1 'with one reset'
like "$(logged sample_probe_link "$card.0" command=)" '^command=(.*)->(.*) bar=(.*)->(.*)$' 'the driver looked at its registers'
is "${BASH_REMATCH[1]} ${BASH_REMATCH[3]}" "${BASH_REMATCH[2]} ${BASH_REMATCH[4]}" 'which are as they were'
config_dump after "${all[@]}" "$port"
config_is_same before after 'config space of all members and of the port is as it was'
is "$(driver_of "$card.0")" sample_probe_link 'the driver is bound'
is "$(ls -di "$devices/$card".*)" "$identity" 'no function was removed'
is "$(log_since | grep -c pciehp)" 0 'the hotplug driver saw nothing'
probe "$type"
has "$report" 'the one type that fits, asked for by name' result=0 type=$type members=3 proof=$proof_shown

refuses 'an empty mask' 0 result=$einval
refuses 'a type that is no link reset' "$((flr | type))" result=$einval
refuses 'an unknown type' $unknown result=$eopnotsupp
refuses 'a type that does not fit here' "$other" result=$eopnotsupp why=$why_not_other

# In the way: a sibling's driver that cannot prepare, such as the sample itself.
unbind "$card.0"
echo 0 >"$parameters/types"
bind "$card.1" sample_probe_link
probe "$link"
has "$report" "a sibling's driver that cannot prepare is in the way" result=$ebusy issued=0x0 why=$why_driver \
	who="$card.1"

# Not in the way: one that can.
modprobe sample_owner dyndbg=+p
bind "$card.1" sample_owner
probe "$link"
has "$report" "a sibling's driver that can prepare is not" result=0 type=$type members=3 proof=$proof_shown
is "$(log_since | grep -oE "sample_owner $card.1: .*")" "sample_owner $card.1: stopped
sample_owner $card.1: runs again" 'and was told, once before and once after'
unbind "$card.1"

for held in "$card.1" "$card.2" "$port"; do
	unbind "$card.0"
	config_dump before "${all[@]:1}" "$port"
	hold "$held"
	probe "$link"
	took_less 3000 "somebody has the lock of $held: probe() ends"
	has "$report" "and names $held" result=$ebusy issued=0x0 why=$why_lock who="$held"
	is "$(driver_of "$card.0")" sample_probe_link 'the driver is bound'
	release
	config_dump after "${all[@]:1}" "$port"
	config_is_untouched before after 'nothing was touched'
	probe "$link"
	has "$report" 'and works when the lock is free' result=0 type=$type members=3 proof=$proof_shown
done

unbind "$card.0"
hold "$card.2" 400
probe "$link"
has "$report" 'a lock that is held for 400 ms is waited for' result=0 type=$type proof=$proof_shown
release

# A device that has just been found is probed with the rescan/remove lock held, and its siblings are still to come.
if [[ $type == "$slot" ]]; then
	unbind "$card.0"
	rmmod e1000e
	echo 8086 10d3 >"$drivers/sample_probe_link/new_id"
	for function in "${all[@]}"; do
		echo 1 >"$devices/$function/remove"
	done
	log_mark
	echo 1 >/sys/bus/pci/rescan
	has "$(logged sample_probe_link "$card.0" result=)" 'a device that has just been found' result=0 type=$type \
		members=3 proof=$proof_shown
	has "$(logged sample_probe_link "$card.1" result=)" 'its sibling, when the first is bound' result=$ebusy \
		issued=0x0 why=$why_driver who="$card.0"
	is "$(driver_of "$card.0") $(driver_of "$card.1")" 'sample_probe_link sample_probe_link' 'both are bound'
	is "$(log_since | grep -c pciehp)" 0 'the hotplug driver saw nothing'
fi

# A card that comes up at 2.5 GT/s, and runs faster once it was told and its link was down: as hfi1's.
# The kernel finds the function again and gives it its addresses, which went with the link.
link_goes_down() {
	echo 1 >"$devices/$simulated/remove"
	sim_set 01.0 return_speed=1 link=0
	sim_set 01.0 link=1
	echo 1 >/sys/bus/pci/rescan
}

# raises DESC FUNCTION WORD...: the sample wants 8 GT/s.
raises() {
	local desc=$1 function=$2

	shift 2
	echo 3 >"$parameters/speed"
	echo $((link)) >"$parameters/types"
	log_mark
	bind "$function" sample_probe_link
	has "$(logged sample_probe_link "$function" speed=)" "$desc" "$@"
	is "$(driver_of "$function")" sample_probe_link 'the driver is bound'
	unbind "$function"
}

if [[ $type == "$bus" ]]; then
	raises "QEMU's links have one speed: it gives up" 0000:02:00.0 speed=1 tries=3
	sim_load
	sim_node 01.0 kind=root-port speed=4 dllla=1
	sim_node 01.0/00.0 "${driverless[@]}" speed=4
	sim_live
	simulated=${sim_bus[1]}:00.0
	link_goes_down
	read -r REPLY <"$devices/$simulated/current_link_speed"
	like "$REPLY" '^2.5 GT/s' 'the link is slow'
	raises 'a card that stays slow' "$simulated" speed=1 tries=3
	sim_set 01.0 return_speed=0
	raises 'a card that comes up faster after a reset' "$simulated" speed=3 tries=1
	has "$(logged sample_probe_link "$simulated" result=)" 'and has its state back' result=0 issued=$bus members=1 failed=0x0
	like "$(logged sample_probe_link "$simulated" command=)" '^command=(.*)->(.*) bar=(.*)->(.*)$' 'its driver looked at its registers'
	is "${BASH_REMATCH[1]} ${BASH_REMATCH[3]}" "${BASH_REMATCH[2]} ${BASH_REMATCH[4]}" 'which are as they were'
	read -r REPLY <"$devices/$simulated/current_link_speed"
	like "$REPLY" '^8.0 GT/s' 'the link is as fast as it was told'
	raises 'and is left alone when it is fast' "$simulated" speed=3 tries=0
	sim_clear
fi
plan
