#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pcireset link shows the state of the simulated hardware, and judges a training at the port. After a failure, the
# target speed and the bit for autonomous changes are as before.
# topology: empty
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# icount: yes
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# Link Control 2 and Link Status, as the registers have them.
control_2() {
	setpci -s "$port" CAP_EXP+30.w
}

# has SPEED WIDTH DESC: the simulator's own values, codes and lanes.
has() {
	local status

	status=0x$(setpci -s "$port" CAP_EXP+12.w)
	is "$((status & 0xf)) $((status >> 4 & 0x3f))" "$1 $2" "$3: the hardware has it"
}

# shows SPEED WIDTH DESC: in GT/s.
shows() {
	run pcireset link "$card" --json
	output=$(tr -d ' \n' <<<"$output")
	like "$output" "\"speed_gts\":$1,\"width\":$2," "$3: shown"
}

# trains STATUS PATTERN DESC OPTION...
trains() {
	exits "$1" "$3" pcireset link "$card" --retrain "${@:4}"
	like "$output" "$2" "$3: says so"
}

machine() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port speed=4 width=8 "${reporting[@]}" &&
		sim_set 01.0/00.0 "${driverless[@]}" speed=4 width=8 "$@" && sim_live
}

reporting=()
sim_load
port=${sim_bus[0]}:01.0 card=${sim_bus[1]}:00.0

machine
before=$(control_2)
config_dump config "$card"
has 4 8 'a new link'
shows 16.0 8 'a new link'
trains 0 'was 16 GT/s x8, is 16 GT/s x8' 'a link that is well'
is "$(control_2)" "$before" 'and its target speed is as before'
trains 0 'was 16 GT/s x8, is 8 GT/s x8' 'a lower speed' --speed 8
has 3 8 'a lower speed'
shows 8.0 8 'a lower speed'
is $((0x$(control_2) & 0x2f)) 3 'it is the target, and autonomous changes are allowed'
trains 0 'is 2.5 GT/s' 'the lowest speed' --speed 2.5GT/s
trains 0 'was 2.5 GT/s x8, is 16 GT/s x8' 'back to the highest speed' --speed 16
config_dump config-after "$card"
config_is_same config config-after 'the card was not reset'

before=$(control_2)
trains 3 'does not support 64 GT/s' 'a speed that the port lacks' --speed 64
trains 2 'is not a speed of PCI Express' 'no speed at all' --speed 7
is "$(control_2)" "$before" 'refusals touch nothing'
sim_set 01.0 return_speed=1
exits 4 'a reset after which the link is slow' pcireset reset "$card" --type bus --yes
sim_set 01.0 return_speed=0
shows 2.5 8 'a slow link'
trains 0 'was 2.5 GT/s x8, is 16 GT/s x8' 'a slow link'
has 4 8 'a slow link that was trained'
setpci -s "$port" CAP_EXP+10.w=10:10
trains 3 'the link is disabled' 'a disabled link'
exits 0 'a disabled link is shown' pcireset link "$card"
like "$output" 'state *disabled' 'as disabled'
setpci -s "$port" CAP_EXP+10.w=0:10
sim_clear

machine speed=2
before=$(control_2)
trains 4 '16 GT/s instead of 5' 'a speed that the card does not support'
is "$(control_2)" "$before" 'after that Link Control 2 is as before'
trains 3 'supports at most 5 GT/s' 'a speed that the card lacks' --speed 8
sim_clear

# ---- a port that reports trainings, and each outcome of one

# failed STATUS PATTERN SPEED DESC OPTION...: after that the target speed is as before, and the link has the speed.
failed() {
	local speed=$3

	trains "$1" "$2" "${@:4}"
	is "$(control_2)" "$before" "$4: Link Control 2 is as before"
	has "$speed" 8 "$4"
}

reporting=(bandwidth=1)
machine
before=$(control_2)
sim_set 01.0 train_us=300000
trains 0 'is 16 GT/s x8' 'a training of 0.3 s'
sim_set 01.0 train_us=2000000
failed 4 'did not come up again within 1 s' 4 'a training of 2 s'
sleep 2
sim_set 01.0 train_us=never
failed 4 'did not come up again within 1 s' 4 'a training that does not end' --speed 8
trains 3 'the link is training' 'a link that trains for ever'
exits 0 'a link that trains for ever is reset' pcireset reset "$card" --type bus --yes
sim_set 01.0 train_us=0 train_speed=1
failed 4 '2.5 GT/s instead of 16' 1 'a speed that falls'
failed 4 '2.5 GT/s instead of 8' 1 'a speed that falls to less than asked for' --speed 8
sim_set 01.0 train_speed=0
trains 0 'was 2.5 GT/s x8, is 16 GT/s' 'a speed that no longer falls'
sim_set 01.0 equalization=failed
failed 4 'its equalization failed' 4 'equalization that fails' --speed 8
sim_set 01.0 equalization=requested
failed 4 'its equalization is not complete' 4 'equalization that is asked for again' --speed 8
sim_set 01.0 equalization=complete
trains 0 'is 8 GT/s' 'equalization that is complete' --speed 8
before=$(control_2)
sim_set 01.0 stuck=0x68
failed 4 'does not show that it has trained' 3 'a port that ignores Retrain Link'
sim_set 01.0 stuck=0
sim_clear
reporting=()

machine count=2
trains 3 "functions that were not named: ${card%.0}.1; use --yes" 'a function that was not named'
trains 0 'is 16 GT/s' 'a function that was not named, with --yes' --yes
exits 3 'without privileges' as_nobody pcireset link "$card"
like "$output" 'only root' 'and says so'
exits 3 'a port, without privileges' as_nobody pcireset link "$port"
like "$output" 'only root' 'and says so as well'
sim_clear
plan
