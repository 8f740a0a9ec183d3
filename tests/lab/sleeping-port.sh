#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A port sleeps when everything below it sleeps, and forwards nothing until it is awake. No command takes that for a function
# that does not answer, or its registers for all-ones, and each lets the port sleep again.
# topology: empty
# append: pcie_port_pm=force
# nightly: 6.1 6.12
# icount: yes
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

all_sleep() {
	local fn

	for fn in "${machine[@]}"; do
		sleeps "$fn" || return
	done
}

# set_power auto|on
set_power() {
	local fn

	for fn in "${machine[@]}"; do
		echo "$1" >"$devices/$fn/power/control"
	done
}

# asleep COMMAND...: runs the command with the machine asleep; leaves status and output behind; fails if it does not sleep again.
asleep() {
	status='does not sleep' output=
	wait_for all_sleep || return
	run "$@"
	wait_for all_sleep
}

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 kind=upstream
sim_node 01.0/00.0/00.0 kind=downstream
sim_node 01.0/00.0/00.0/00.0 "${driverless[@]}"
sim_node 01.0/00.0/00.0/00.1 "${driverless[@]}"
sim_node 02.0 kind=root-port hotplug=1
sim_node 02.0/00.0 "${driverless[@]}"
exits 0 'a host is live' sim_live
sleep 1
machine=() fns=()
for fn in "$devices/${sim_bus[0]%:*}:"*; do
	fn=${fn##*/}
	machine+=("$fn")
	[[ $(<"$devices/$fn/class") == 0x0604* ]] || fns+=("$fn")
done
is ${#machine[@]} 7 'its functions'
is ${#fns[@]} 3 'three of them are no ports'
set_power on
config_dump before "${machine[@]}"
for command in "list --json" "show ${fns[*]} --json" "plan ${fns[0]} --type any --json" "plan ${fns[2]} --type any --json" \
	"doctor --json" "link ${fns[0]}" "link ${fns[2]}"; do
	name=${command//[^a-z0-9:. ]/}
	read -ra words <<<"$command"
	pcireset "${words[@]}" >/tmp/awake 2>&1
	awake=$?
	set_power auto
	asleep pcireset "${words[@]}"
	slept=$?
	is "$status" "$awake" "asleep: $name: the same status"
	printf '%s\n' "$output" | diff - /tmp/awake >/tmp/diff
	is "$(</tmp/diff)" '' "asleep: $name: the same answer"
	is "$slept" 0 "asleep: $name: everything sleeps again"
	set_power on
done
set_power auto
for type in flr pm bus link_disable; do
	asleep pcireset reset "${fns[0]}" --type "$type" --yes --quiet
	is "$?:$status:$output" 0:0: "asleep: $type"
done
asleep pcireset reset "${fns[2]}" --type slot --yes --quiet
is "$?:$status:$output" 0:0: 'asleep: slot'
asleep pcireset reset "${fns[@]}" --type flr --yes --quiet
is "$?:$status:$output" 0:0: 'asleep: several'
asleep pcireset link "${fns[0]}" --retrain --yes
is "$?:$status" 0:0 'asleep: link --retrain'
asleep pcireset qualify "${fns[2]}" --type slot --count 2 --yes --quiet
is "$?:$status" 0:0 'asleep: qualify'
# A function that is found again does not sleep.
asleep pcireset re-enumerate "${fns[2]}" --type slot --yes --quiet
is "$status:$output" 0: 'asleep: re-enumerate'
set_power on
config_dump after "${machine[@]}"
config_is_same before after 'everything is as before'
plan
