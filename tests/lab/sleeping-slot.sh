#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The port of an empty slot sleeps, on arm64 always. A card that is put in wakes it up and can be reset. A slot whose power
# fails is not taken for repaired while the port wakes up and pciehp tries to switch it on.
# topology: empty
# append: pcie_port_pm=force
# nightly: 6.1 6.12
# icount: yes
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

is_there() {
	[[ -d $devices/$1 ]]
}

# holds DESC COMMAND...: at some time.
holds() {
	if wait_for "${@:2}"; then
		ok "$1"
	else
		not_ok "$1" "not so: ${*:2}"
	fi
}

sim_load
sim_node 01.0 kind=root-port hotplug=1
sim_node 01.0/00.0 "${driverless[@]}"
sim_node 02.0 kind=root-port
sim_node 02.0/00.0 kind=upstream
sim_node 02.0/00.0/00.0 kind=downstream hotplug=1
sim_node 02.0/00.0/00.0/00.0 "${driverless[@]}"
sim_node 02.0/00.0/01.0 kind=downstream hotplug=1
sim_node 02.0/00.0/01.0/00.0 "${driverless[@]}"
sim_live
port=${sim_bus[0]}:01.0 card=${sim_bus[1]}:00.0
switch=${sim_bus[3]}
declare -A cards=([01.0]=$card)
for node in 00.0 01.0; do
	bus=$(<"$devices/$switch:$node/secondary_bus_number")
	printf -v "cards[02.0/00.0/$node]" '%s:%02x:00.0' "${card%%:*}" "$bus"
done
declare -A ports=([01.0]=$port [02.0/00.0/00.0]=$switch:00.0 [02.0/00.0/01.0]=$switch:01.0)

# ---- an event of each, and of two at once

for nodes in 01.0 02.0/00.0/00.0 '02.0/00.0/00.0 02.0/00.0/01.0'; do
	for node in $nodes; do
		sim_set "$node" present=0
		holds "$nodes: the port of $node sleeps when the card is gone" sleeps "${ports[$node]}"
	done
	for node in $nodes; do
		sim_set "$node" present=1
	done
	for node in $nodes; do
		holds "$nodes: the card in $node is found" is_there "${cards[$node]}"
	done
	sleep 2
	for node in $nodes; do
		exits 0 "$nodes: the card in $node can be reset" pcireset reset "${cards[$node]}" --type slot
	done
done

# ---- a slot whose power fails

sim_set 01.0 power_fails=1
exits 4 'a power fault' pcireset re-enumerate "$card" --power-cycle
holds 'a power fault: the port sleeps' sleeps "$port"
exits 1 'a power fault: as long as it lasts, the repair fails' pcireset doctor --repair
holds 'a power fault: the port sleeps again' sleeps "$port"
sim_set 01.0 power_fails=0
exits 0 'a power fault: then it does not' pcireset doctor --repair
holds 'a power fault: the card is back' is_there "$card"
is "$(ls /run/pcireset 2>/dev/null)" '' 'a power fault: no note is left'
sim_clear
plan
