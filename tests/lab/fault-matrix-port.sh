#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each training of a link and each power cycle with each hardware fault that fits: the documented outcome in bounded time,
# no write outside of the port and the card, no difference elsewhere, and no note left. What pcireset shows is what the
# simulated hardware has. docs/results/reliability.md has the table.
# topology: empty
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# icount: yes
# parts: retrain power
# timeout: 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# A training writes Link Control and Link Status, and Link Control 2. The PCI Express capability is at 0x58.
training_may=' 0x68 0x6a 0x88 '
# A power cycle writes Bridge Control, Device Control, Slot Control, Slot Status and AER's mask. The rescan of the kernel
# assigns the windows of a bridge with nothing below it.
cycle_may=' 0x1c 0x20 0x24 0x28 0x2c 0x30 0x3e 0x60 0x70 0x72 0x108 '

codes=(none 2.5 5.0 8.0 16.0)

# machine: a port with a card of two functions, and a neighbour. The power controller is that of the slot.
machine() {
	local card_settings=("${driverless[@]}" serial=1 speed=4 width=8)

	port=${sim_bus[0]}:01.0 card=${sim_bus[1]}:00.0 node=01.0
	sim_nodes 01.0 01.0/00.0 01.0/00.1 02.0 02.0/00.0 &&
		sim_set 01.0 kind=root-port hotplug=1 speed=4 width=8 bandwidth=1 &&
		sim_set 01.0/00.0 "${card_settings[@]}" && sim_set 01.0/00.1 "${driverless[@]}" speed=4 width=8 &&
		sim_set 02.0 kind=root-port && sim_set 02.0/00.0 "${driverless[@]}" && sim_live
}

# switch_machine: the port is that of a switch, whose own link can go down.
switch_machine() {
	port=${sim_bus[2]}:00.0 card=${sim_bus[3]}:00.0 node=01.0/00.0/00.0
	sim_nodes 01.0 01.0/00.0 01.0/00.0/00.0 01.0/00.0/00.0/00.0 && sim_set 01.0 kind=root-port hotplug=1 &&
		sim_set 01.0/00.0 kind=upstream && sim_set "$node" kind=downstream speed=4 width=8 bandwidth=1 &&
		sim_set "$node/00.0" "${driverless[@]}" speed=4 width=8 && sim_live
}

# set_fault FAULT
set_fault() {
	case $1 in
	none | gone | pulled) ;;
	slow) sim_set 01.0 train_us=400000 && sim_set 01.0/00.0 ready_power_on_us=300000 ;;
	rrs) sim_set 01.0/00.0 ready_power_on_us=300000 answer=rrs ;;
	late) sim_set 01.0 link_up_us=400000 ;;
	overdue) sim_set 01.0 train_us=1500000 ;;
	never) sim_set 01.0 train_us=never && sim_set 01.0/00.0 ready_power_on_us=never ;;
	slower) sim_set 01.0 train_speed=1 return_speed=1 ;;
	narrow) sim_set 01.0 return_width=1 ;;
	uneven) sim_set 01.0 equalization=failed ;;
	again) sim_set 01.0 equalization=requested ;;
	deaf) sim_set 01.0 stuck=0x68 ;;
	fixed) sim_set 01.0 stuck=0x88 ;;
	down) sim_set 01.0 link_up_us=never ;;
	other) sim_set 01.0/00.0 identity=1234:5678 ;;
	twin) sim_set 01.0/00.0 return_serial=2 ;;
	stuck) sim_set 01.0 power_stuck=1 ;;
	fault) sim_set 01.0 power_fails=1 ;;
	keeps) sim_set 01.0/00.0 ignore=power_on ;;
	esac
}

# check_writes MAY: words that are offsets of the port. The card may be written to anywhere, its neighbour nowhere.
check_writes() {
	local words what i

	writes_of pcireset >writes
	# shellcheck disable=SC2207
	words=($(<writes))
	((${#words[@]} > 0)) || wrong+=('no write was seen')
	for ((i = 0; i < ${#words[@]}; i += 3)); do
		what="wrote to ${words[i]} at ${words[i + 1]}"
		[[ ${words[i]} == "${card%.*}".* || ${words[i]} == "$port" && $1 == *" ${words[i + 1]} "* ]] || wrong+=("$what")
	done
}

# check_result STATUS PATTERN LIMIT_MS STARTED: of the output without blanks.
check_result() {
	milliseconds_since "$4"
	((REPLY <= $3)) || wrong+=("took $REPLY ms")
	output=${output//[$'\n ']/}
	[[ $status == "$1" ]] || wrong+=("status $status instead of $1")
	[[ $output =~ $2 ]] || wrong+=("no $2")
}

# check_same FILE FUNCTION...: config space is as FILE says.
check_same() {
	local file=$1

	shift
	config_dump now "$@"
	pciconf compare "${BASH_SOURCE[0]%/*}/may-change" "$file" now >differences 2>&1 || wrong+=("$(<differences)")
}

# verdict DESC
verdict() {
	if [[ ${#wrong[@]} -eq 0 ]]; then
		ok "$1"
	else
		not_ok "$1" "${wrong[@]}" "$output"
	fi
}

# check_speed: the speed that pcireset prints at last is the code in the simulated Link Status, and so is the width.
check_speed() {
	local speed=none width=none register

	register=$((0x$(setpci -s "$port" CAP_EXP+12.w)))
	[[ $output =~ .*\"speed_gts\":([0-9.]+),\"width\":([0-9]+) ]] && speed=${BASH_REMATCH[1]} width=${BASH_REMATCH[2]}
	[[ $speed == "${codes[register & 15]}" && $width == $((register >> 4 & 63)) ]] ||
		wrong+=("shows $speed GT/s x$width, and the hardware has ${codes[register & 15]} x$((register >> 4 & 63))")
}

# ---- trainings

# retrain_row FAULT STATUS PATTERN [OPTION...]
retrain_row() {
	local wrong=() target started

	machine || { not_ok "$1: the machine is there" && return; }
	config_dump port-before "$port"
	config_dump before "$card" "${card%0}1" "${sim_bus[2]}:00.0"
	target=$(setpci -s "$port" CAP_EXP+30.w)
	set_fault "$1"
	watch_writes
	started=$EPOCHREALTIME
	run pcireset link "$card" --retrain --yes --json "${@:4}"
	check_result "$2" "$3" 5000 "$started"
	check_writes "$training_may"
	# Until it ends, a training has neither.
	[[ $1 == never || $1 == overdue ]] || check_speed
	sim_count 01.0/00.0 bus
	[[ $REPLY == 0 ]] || wrong+=('the card was reset')
	check_same before "$card" "${card%0}1" "${sim_bus[2]}:00.0"
	if [[ $2 != 0 ]]; then
		[[ $(setpci -s "$port" CAP_EXP+30.w) == "$target" ]] || wrong+=('Link Control 2 is not as before')
		check_same port-before "$port"
	fi
	[[ -z $(ls /run/pcireset 2>/dev/null) ]] || wrong+=('a note is left')
	sim_clear || wrong+=('the machine cannot be taken down')
	verdict "retrain, $1${4:+, to $5 GT/s}: $2"
}

# gone_row: the port is cut off while its link trains. All-ones are no success, and the note stays until the port is back.
gone_row() {
	local wrong=() job started

	switch_machine || { not_ok 'gone: the machine is there' && return; }
	sim_set "$node" train_us=never
	started=$EPOCHREALTIME
	pcireset link "$card" --retrain --yes --json --speed 8 >out 2>&1 &
	job=$!
	until (($(setpci -s "$port" CAP_EXP+12.w | sed 's/^/0x/') & 0x800)); do sleep 0.02; done
	sim_set 01.0 link=0
	wait "$job"
	status=$? output=$(<out)
	check_result 4 'ENODEV' 5000 "$started"
	sim_set "$node" train_us=0
	sim_set 01.0 link=1
	sleep 1
	pcireset doctor --repair >/dev/null 2>&1
	[[ -z $(ls /run/pcireset 2>/dev/null) ]] || wrong+=('a note is left')
	sim_clear || wrong+=('the machine cannot be taken down')
	verdict 'retrain, gone, to 8 GT/s: 4'
}

retrain_rows() {
	local speed is='"result":"done"' slow='did not come up again within 1 s'

	slow=${slow// /}
	for speed in '' '--speed 8' '--speed 16'; do
		# shellcheck disable=SC2086 # none or two words
		{
			retrain_row none 0 "$is" $speed
			retrain_row slow 0 "$is" $speed
			retrain_row overdue 4 "$slow" $speed
			retrain_row never 4 "$slow" $speed
			retrain_row slower 4 '2.5GT/sinsteadof' $speed
			retrain_row deaf 4 'doesnotshowthatithastrained|insteadof' $speed
		}
	done
	retrain_row uneven 4 'itsequalizationfailed' --speed 8
	retrain_row again 4 'itsequalizationisnotcomplete' --speed 8
	# The port keeps its target speed, so nothing is trained.
	retrain_row fixed 3 'LinkControl2oftheportcannotbewritten' --speed 8
	gone_row
}

# ---- power cycles

# check_losses FAULT: the signs are those of the hardware. pciehp switches a slot off again if its card does not come up.
check_losses() {
	local losses want=1

	sim_count 01.0/00.1 power_on && losses=$REPLY
	case $1 in
	stuck) want=0 ;;
	never | down) want=2 ;;
	esac
	[[ $losses == "$want" ]] || wrong+=("$losses losses of power")
	[[ $output != *'"forgot":true'* ]] || ((losses > 0)) || wrong+=('shown as forgotten, with its power')
	[[ $output != *'"link_down":false'* ]] || ((losses == 0)) || wrong+=('shown as a link that stayed up, without power')
	sim_count 02.0/00.0 bus
	[[ $REPLY == 0 ]] || wrong+=('the neighbour was reset')
}

# check_slot FAULT: the kernel's file for the slot says what pcireset says.
check_slot() {
	local slot on=1

	[[ $output != *'stayswithoutpower'* ]] || on=0
	[[ $output =~ \"slot\":\"([^\"]+)\" ]] && slot=${BASH_REMATCH[1]}
	[[ $(<"/sys/bus/pci/slots/$slot/power") == "$on" ]] || wrong+=("the file of the slot does not say $on")
}

# repair FAULT: when the fault is over, doctor switches the power on, and all is as before.
repair() {
	sim_set 01.0 power_fails=0 power_stuck=0 link_up_us=0 present=1
	sim_set 01.0/00.0 ready_power_on_us=0
	pcireset doctor --repair >/dev/null 2>&1 || wrong+=('doctor --repair fails')
	[[ -z $(ls /run/pcireset 2>/dev/null) ]] || wrong+=('a note is left')
	case $1 in
	# Another card, and a link that is not as before.
	other | twin | slower | narrow) ;;
	*) check_same before "$port" "$card" "${card%0}1" ;;
	esac
}

# pull: while the slot is off
pull() {
	until [[ $(cat /sys/bus/pci/slots/*/power) == 0 ]]; do sleep 0.05; done
	sim_set 01.0 present=0
}

# power_row FAULT STATUS PATTERN
power_row() {
	local wrong=() started job=

	machine || { not_ok "$1: the machine is there" && return; }
	config_dump before "$port" "$card" "${card%0}1"
	config_dump others "${sim_bus[0]}:02.0" "${sim_bus[2]}:00.0"
	set_fault "$1"
	[[ $1 != pulled ]] || { pull & job=$!; }
	watch_writes
	started=$EPOCHREALTIME
	run pcireset re-enumerate "$card" --power-cycle --yes --json
	check_result "$2" "$3" 25000 "$started"
	[[ -z $job ]] || wait "$job"
	check_writes "$cycle_may"
	check_losses "$1"
	check_slot
	check_same others "${sim_bus[0]}:02.0" "${sim_bus[2]}:00.0"
	repair "$1"
	sim_clear || wrong+=('the machine cannot be taken down')
	verdict "power cycle, $1: $2"
}

power_rows() {
	local cut='"off":true,"absent":(true|false),"link_down":true,"forgot":true'

	power_row none 0 "$cut.*\"changes\":\[\]"
	power_row slow 0 "$cut"
	power_row rrs 0 "$cut"
	power_row late 0 "$cut"
	power_row never 4 'stayswithoutpower'
	power_row slower 4 '"linkspeed".*2.5GT/s'
	power_row narrow 4 '"linkwidth".*"1"'
	power_row down 4 'stayswithoutpower'
	power_row other 0 '"id".*1234'
	power_row twin 0 "$cut"
	power_row pulled 4 'stayswithoutpower'
	power_row stuck 4 'itslinkstayedup'
	power_row fault 4 'stayswithoutpower'
	power_row keeps 4 'ithaskeptitsstate'
}

sim_load
[[ $# -gt 0 ]] || set -- retrain power
for part; do
	"${part}_rows"
done
plan
