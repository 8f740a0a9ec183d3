#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Ctrl-C on a terminal and SIGTERM, for one device and for many, with and without the module. Before a reset, nothing is
# touched. The first signal prevents further resets and prints a message. The second one ends pcireset at once.
# topology: empty
# kernels: 6.1 7.3
# nightly: 6.1
# icount: yes
# timeout: 400
# python: os pty select signal sys
# add: tests/lab/on-terminal.py
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

first='interrupted: waiting for the resets in progress'
second='interrupted again: pcireset exits'
mkdir -p /dev/pts
mountpoint -q /dev/pts || mount -t devpts devpts /dev/pts
mkfifo keys
exec {keys}<>keys

# start ARGUMENT...: runs pcireset on a terminal. The file screen has its output.
start() {
	python3 -S /root/on-terminal.py keys pcireset "$@" >screen 2>&1 &
	job=$!
}

# await COMMAND...: until it succeeds, for half a minute at the most.
await() {
	local try

	for ((try = 0; try < 600; try++)); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

# has_seen NODE TYPE NR: so many functions below the node have seen such a reset.
has_seen() {
	sim_count "$1" "$2" && ((REPLY >= $3))
}

is_empty() {
	[[ -z $(ls "$1") ]]
}

appears() {
	grep -q "$1" screen
}

ctrl_c() {
	printf '\003' >&"$keys"
}

terminate() {
	kill -TERM "$(pidof pcireset)"
}

# twice COMMAND: the second one once the first was heard.
twice() {
	"$1"
	await appears "$first"
	started=$EPOCHREALTIME
	"$1"
}

# ends STATUS DESC
ends() {
	wait "$job"
	is "$?" "$1" "$2: exit status $1"
}

# says PATTERN DESC
says() {
	like "$(<screen)" "$1" "$2"
}

# one_device DESC SIGNAL NUMBER ARGUMENT...: that is reset once, and takes two seconds.
one_device() {
	local desc=$1 signal=$2 number=$3
	local before

	shift 3
	sim_count 01.0/00.0 flr
	before=$REPLY
	sim_set 01.0/00.0 ready_flr_us=2000000
	start reset "$card" --type flr "$@"
	await has_seen 01.0/00.0 flr $((before + 1))
	"$signal"
	ends 0 "$desc, $signal: what has begun is waited for"
	says "$first" "$desc, $signal: it is said"
	says "$card: flr, (un)?verified" "$desc, $signal: and what came of it"

	sim_set 01.0/00.0 ready_flr_us="${late:-2000000}"
	start reset "$card" --type flr --timeout 60s --settle 20s "$@"
	await has_seen 01.0/00.0 flr $((before + 2))
	twice "$signal"
	ends $((128 + number)) "$desc, $signal twice"
	took_less 4000 "$desc, $signal twice: it ends at once"
	says "$second" "$desc, $signal twice: it is said"
	# Whoever waits for it then brings it back.
	sleep 30
	sim_set 01.0/00.0 ready_flr_us=0
	exits 0 "$desc, $signal twice: the device can be reset later" pcireset reset "$card" --type flr --quiet "$@"
}

# many_devices DESC SIGNAL NUMBER NODE ARGUMENT...: those that are named in fns.
many_devices() {
	local desc=$1 signal=$2 number=$3 node=$4 before

	shift 4
	sim_set "$node" ready_flr_us=1000000
	sim_count "$node" flr
	before=$REPLY
	start reset "${fns[@]}" --type flr,pm --yes "$@"
	await has_seen "$node" flr $((before + 1))
	"$signal"
	ends 64 "$desc, $signal: only some succeeded"
	says "$first" "$desc, $signal: it is said"
	says 'flr, (un)?verified' "$desc, $signal: and what was done"
	says "${fns[-1]}: (refused: )?cancelled before it began" "$desc, $signal: and what was left out"
	says $'\r0 of '"${#fns[@]}"$' done, 0 failed, [0-9.]+ s\x1b\\[K' "$desc, $signal: the progress before it"

	sim_set "$node" ready_flr_us="${late:-1000000}"
	sim_count "$node" flr
	before=$REPLY
	start reset "${fns[@]}" --type flr,pm --yes --timeout 60s --settle 20s "$@"
	await has_seen "$node" flr $((before + 1))
	twice "$signal"
	ends $((128 + number)) "$desc, $signal twice"
	took_less 4000 "$desc, $signal twice: it ends at once"
	says "$second" "$desc, $signal twice: it is said"
	sim_set "$node" ready_flr_us=0
}

sim_load
card=${sim_bus[1]}:00.0

# ---- one device

sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" count=2
sim_live
sim_set 01.0/00.0 only=0
late=20000000 one_device 'one device' ctrl_c 2
late=20000000 one_device 'one device' terminate 15

# Before anything has begun.
sim_count 01.0/00.0 bus
before=$REPLY
start reset "$card" --type bus
await appears 'Continue?'
ctrl_c
ends 130 'Ctrl-C at the question'
says 'interrupted: nothing was touched' 'Ctrl-C at the question: it is said'
start reset "$card" --type bus
await appears 'Continue?'
printf 'n\n' >&"$keys"
ends 3 'the answer is no'
start re-enumerate "$card" --type bus
await appears 'Continue?'
ctrl_c
ends 130 'Ctrl-C at the question of re-enumerate'
says 'interrupted: nothing was touched' 'Ctrl-C at the question of re-enumerate: it is said'
sim_count 01.0/00.0 bus
is "$REPLY" "$before" 'and nothing was reset'

# ---- re-enumerate

port=${sim_bus[0]}:01.0
config_dump port-before "$port"
for signal in ctrl_c terminate; do
	start re-enumerate "$card" --type bus --yes --run 'echo programs; sleep 100'
	await appears programs
	"$signal"
	ends 4 "re-enumerate, $signal while COMMAND runs"
	says 'interrupted before the reset began' "re-enumerate, $signal: it is said"
	exits 1 "re-enumerate, $signal: COMMAND was ended" pidof sleep
done
sim_count 01.0/00.0 bus
is "$REPLY" "$before" 're-enumerate: and nothing was reset'
exits 0 're-enumerate: and then it works' pcireset re-enumerate "$card" --type bus --yes
sim_count 01.0/00.0 bus
before=$REPLY
sim_set 01.0/00.0 ready_bus_us=2000000
start re-enumerate "$card" --type bus --yes
await has_seen 01.0/00.0 bus $((before + 1))
ctrl_c
ends 0 're-enumerate, Ctrl-C after the reset: the rest is waited for'
says "$first" 're-enumerate, Ctrl-C after the reset: it is said'
sim_set 01.0/00.0 ready_bus_us=20000000
sim_count 01.0/00.0 bus
before=$REPLY
start re-enumerate "$card" --type bus --yes --timeout 60s
await has_seen 01.0/00.0 bus $((before + 1))
twice ctrl_c
ends 130 're-enumerate, Ctrl-C twice'
took_less 4000 're-enumerate, Ctrl-C twice: it ends at once'
exits 0 're-enumerate: no note of the port is left soon after' await is_empty /run/pcireset
took_less 6000 're-enumerate: it is put back within the time that the module needs'
config_dump port-after "$port"
config_is_same port-before port-after 're-enumerate: the port is as before'
sleep 30
sim_clear

# ---- many devices

for signal in 'ctrl_c 2' 'terminate 15'; do
	sim_switch
	# shellcheck disable=SC2086
	late=20000000 many_devices 'many devices' $signal 01.0/00.0/00.0/00.0
	sim_clear
done

# ---- without the module, each alone on its bus: a signal never leaves reset_method narrowed

for i in 1 2 3; do
	sim_node "0$i.0" kind=root-port
	sim_node "0$i.0/00.0" "${driverless[@]}"
	printf -v "fns[i - 1]" '%s%02x:00.0' "${sim_bus[0]%??}" $((0x${sim_bus[0]##*:} + i))
done
sim_live
fns=("${fns[@]:0:3}")
card=${fns[0]}
methods() {
	cat "${fns[@]/%//reset_method}"
}
cd "$devices" || exit
methods_before=$(methods)
cd - >/dev/null || exit
for signal in 'ctrl_c 2' 'terminate 15'; do
	# shellcheck disable=SC2086
	one_device 'one device without the module' $signal --no-module
	# shellcheck disable=SC2086
	many_devices 'many devices without the module' $signal 01.0/00.0 --no-module
done
cd "$devices" || exit
is "$(methods)" "$methods_before" 'without the module: reset_method is as before'
is "$(ls /run/pcireset)" '' 'without the module: and nothing is left to repair'
sim_clear
plan
