#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The type link_disable resets the functions below a port with a broken Secondary Bus Reset, and is the last choice.
# Link Disable never stays set: not if the link does not go down or come up, the card is missing, or the caller is
# killed.
# topology: empty
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# icount: yes
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# machine NODE-SETTING... [-- PORT-SETTING...]: one function below a port.
machine() {
	local of_port=() of_card=("${driverless[@]}")

	while (($#)) && [[ $1 != -- ]]; do
		of_card+=("$1") && shift
	done
	shift
	of_port=("$@")
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port "${of_port[@]}" && sim_set 01.0/00.0 "${of_card[@]}" && sim_live
}

# is_enabled DESC: bit 4 of Link Control.
is_enabled() {
	is $((0x$(setpci -s "$port" CAP_EXP+10.w) & 0x10)) 0 "$1: the link is not left disabled"
}

# gives STATUS PATTERN DESC OPTION...: a reset of the card.
gives() {
	exits "$1" "$3" pcireset reset "$card" --yes --timeout 3s "${@:4}"
	like "$output" "$2" "$3: says so"
	is_enabled "$3"
}

# Ports whose Secondary Bus Reset the kernel knows to be broken, and a card that does not survive any reset of its link.
broken_port=(vendor=0x177d device=0xa100)
broken_card=(vendor=0x168c device=0x0030)

chooses() {
	machine -- && config_dump before "$port" "$card"
	gives 0 'link_disable, verified' 'a plain port' --type link_disable
	sim_count 01.0/00.0 bus
	is "$REPLY" 1 'the hardware saw one reset'
	config_dump after "$port" "$card"
	config_is_same before after 'all is restored'
	gives 0 'bus, verified' 'bus comes first' --type link
	exits 3 'without the module there is none' pcireset reset "$card" --no-module --yes --type link_disable
	like "$output" 'only the module supports this type' 'and the tool says so'
	sim_clear
	machine -- "${broken_port[@]}"
	gives 3 'known broken' 'a port with a broken bus reset: bus' --type bus
	gives 0 'link_disable, verified' 'a port with a broken bus reset: link' --type link
	gives 0 'link_disable, verified' 'a port with a broken bus reset: escalation' --type bus,link_disable --escalate
	sim_clear
	machine "${broken_card[@]}" --
	gives 3 'known broken' 'a card that loses its link' --type link_disable
	sim_clear
	machine -- hotplug=1
	gives 3 'look like a removal' 'a hotplug slot' --type link_disable
	sim_clear
	machine -- dllla=0
	gives 3 'no PCI Express link that reports its state' 'a port that does not report its link' --type link_disable
	sim_clear
	machine -- cxl=1
	gives 3 'ignores it; allow cxl_bus' 'a CXL port that ignores the bit' --type link_disable
	setpci -s "$port" ECAP23+0xc.w=2:2
	gives 0 'link_disable, verified' 'a CXL port that heeds it' --type link_disable
	sim_clear
}

fails() {
	machine --
	sim_set 01.0 link_events=0
	config_dump before "$port" "$card"
	gives 4 'could not be triggered' 'a link that never goes down' --type link_disable
	config_dump after "$port" "$card"
	config_is_same before after 'a link that never goes down: all is as before'
	sim_set 01.0 link_events=1
	setpci -s "$port" CAP_EXP+10.w=10:10
	exits 1 'a link that others disabled' pcireset reset "$card" --yes --type link_disable
	is $((0x$(setpci -s "$port" CAP_EXP+10.w) & 0x10)) 16 'a link that others disabled: stays so'
	sim_clear
	machine --
	sim_set 01.0 link_up_us=never
	gives 4 'did not come back' 'a link that never comes up' --type link_disable
	sim_clear
	machine --
	sim_set 01.0/00.0 vanish=1
	gives 4 'did not come back' 'a card that is gone' --type link_disable
	sim_clear
}

# Killed every 20 ms, from before the module is called until after the link is up again.
killed() {
	local at job wrong=()

	machine --
	sim_set 01.0 link_up_us=200000
	config_dump before "$port" "$card"
	for ((at = 0; at < 600; at += 20)); do
		pcireset reset "$card" --type link_disable --yes --quiet 2>/dev/null &
		job=$!
		in_seconds "$at"
		sleep "$REPLY"
		kill -9 "$job" 2>/dev/null
		wait "$job" 2>/dev/null
		(((0x$(setpci -s "$port" CAP_EXP+10.w) & 0x10) == 0)) || wrong+=("$at ms: the link is disabled")
		config_dump after "$port" "$card"
		pciconf compare "${BASH_SOURCE[0]%/*}/may-change" before after >differences 2>&1 ||
			wrong+=("$at ms: $(<differences)")
	done
	is "${wrong[*]}" '' 'killed at 30 moments: the link is enabled, and all is restored'
	gives 0 'link_disable, verified' 'after that' --type link_disable
	sim_clear
}

sim_load
port=${sim_bus[0]}:01.0 card=${sim_bus[1]}:00.0
chooses
fails
killed
plan
