#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A port that loses its own control registers in a reset of its link gets them back. A configuration that cannot be
# restored does not lead to a wider reset.
# nightly: 6.1 6.12
# topology: empty
# icount: yes
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

sim_load
port=${sim_bus[0]}:01.0 target=${sim_bus[1]}:00.0
for hotplug in 0 1; do
	[[ $hotplug == 0 ]] && type=bus || type=slot
	sim_nodes 01.0 01.0/00.0
	sim_set 01.0 kind=root-port hotplug=$hotplug
	sim_set 01.0/00.0 "${driverless[@]}"
	exits 0 "$type: the machine is there" sim_live
	sleep 1
	# Max Payload Size of 512 bytes, Read Completion Boundary, and a completion timeout.
	setpci -s "$port" CAP_EXP+8.w=0x2850 CAP_EXP+10.w=0x0008:0x0008 CAP_EXP+28.w=0x0005:0x000f
	sim_set 01.0 lose_control=1
	config_dump before "$port"
	exits 0 "$type: verified" pcireset reset "$target" --type "$type" --yes
	is "$(setpci -s "$port" CAP_EXP+8.w)" 2850 "$type: the port has its Max Payload Size back"
	config_dump after "$port"
	config_is_same before after "$type: and all else"
	sim_clear
done

sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 'a function by itself' sim_live
sim_set 01.0/00.0 drop_us=500000
exits 4 'a configuration that is lost again' pcireset reset "$target" --type flr,bus --escalate --settle 1s --yes
sim_count 01.0/00.0 bus
is "$REPLY" 0 'is no reason for a wider reset'
plan
