#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pcireset qualify on a terminal. Its progress is one line that fits, with an estimate that is right. SIGTERM, SIGHUP and a terminal
# that goes away leave a run that resumes. So does a device that is pulled, between two resets and during one.
# topology: empty
# kernels: 6.1 7.3
# nightly: 6.1
# icount: yes
# timeout: 400
# parts: progress signals removal
# python: os pty select signal sys
# add: tests/lab/on-terminal.py
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

cd /tmp || exit 1
mkdir -p /dev/pts
mountpoint -q /dev/pts || mount -t devpts devpts /dev/pts
mkfifo keys
erase=$'\x1b[K' # the rest of the line
first='interrupted: waiting for the resets in progress'

# start ARGUMENT...: runs pcireset qualify on a terminal with so many columns, 80 without a number. The file
# screen has its output.
start() {
	# shellcheck disable=SC2016 # for the shell on the terminal
	python3 -S /root/on-terminal.py keys env sh -c 'stty cols "$0"; exec pcireset qualify "$@"' "${columns:-80}" "$@" >screen 2>&1 &
	job=$!
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

appears() {
	grep -q "$1" screen
}

# lines: the progress that was drawn. Each is what comes between a return and an erasure of the rest of the line.
lines() {
	local screen

	screen=$(<screen)
	sed -nE $'s/^.*\r([0-9]+ of [0-9]+ rounds.*)$/\\1/p' <<<"${screen//"$erase"/$'\n'}"
}

# has_seen TYPE NR: the device has seen so many resets.
has_seen() {
	sim_count "$node" "$1" && ((REPLY >= $2))
}

# seconds_of H:MM:SS: sets REPLY.
seconds_of() {
	local h m s

	IFS=: read -r h m s <<<"$1"
	REPLY=$((h * 3600 + 10#$m * 60 + 10#$s))
}

# estimates MS: each round takes so long. The estimates are those of the remaining rounds, give or take a third and two seconds.
estimates() {
	local ms=$1 done_ all left want bad=

	while read -r done_ _ all _ _ _ left _; do
		seconds_of "$left"
		want=$(((all - done_) * ms / 1000))
		((REPLY >= want * 2 / 3 - 2 && REPLY <= want * 4 / 3 + 2)) || bad+="$done_ of $all: $left, and not $want s; "
	done < <(lines | grep left)
	REPLY=$bad
}

# resumes NAME DIRECTORY FLRS COUNT: the run in DIRECTORY is completed. Since the device had seen FLRS, each of its COUNT resets took place
# once, and an interrupted one twice at most.
resumes() {
	local interrupted

	exits 0 "$1: the run resumes, and is qualified" pcireset qualify --quiet --resume "$2"
	like "$output" "^qualified; flr: 0 of $4 failed" "$1: no reset is missing, and none is counted twice"
	is "$(grep -c '^done ' "$2/journal")" "$4" "$1: each round is done once"
	interrupted=$(sed -nE 's/^ *"interrupted": ?([0-9]+),?$/\1/p' "$2/report.json")
	is "$interrupted" "${interrupts:-0}" "$1: resets that were interrupted"
	sim_count "$node" flr
	if ((REPLY - $3 >= $4 && REPLY - $3 <= $4 + interrupted)); then
		ok "$1: the hardware has seen no others"
	else
		not_ok "$1: the hardware has seen no others" "$((REPLY - $3)) instead of $4"
	fi
}

# ---- the line

drawn_in_one_line() {
	start "$device" --type flr --count 80 --save fine
	ends 0 'a terminal'
	lines >drawn
	less 4 "$(wc -l <drawn)" 'the line is drawn again and again'
	# Of 80 rounds in 8 s or more: about once a second.
	less "$(wc -l <drawn)" 40 'but not after each round'
	is "$(grep -c ' of 80 rounds' screen)" 1 'all of them are in one line'
	like "$(<screen)" $'left\x1b\\[K\r\x1b\\[Kqualified;' 'it is erased before the verdict'
	# One second for each drawing.
	estimates $((1000 * $(wc -l <drawn) / $(tail -n 1 drawn | cut -d ' ' -f 1)))
	is "$REPLY" '' 'the estimate is right'
	is "$(grep -vcE '^[0-9]+ of 80 rounds, 0 failed, 0:00:0[0-9] left$' drawn)" 0 'there is nothing else in it'
}

absent() {
	start "$device" --type flr --count 30 --quiet
	ends 0 '--quiet'
	is "$(lines)$(grep -c $'\x1b' screen)" 0 '--quiet: no line'
	exits 0 'no terminal' pcireset qualify "$device" --type flr --count 30
	is "$(grep -c $'rounds,\|\x1b\|\r' <<<"$output")" 0 'no terminal: no line'
}

# fits COLUMNS PATTERN
fits() {
	local columns=$1

	start "$device" --type flr --count 40
	ends 0 "$1 columns"
	like "$(lines | tail -n 1)" "$2" "$1 columns: the line fits"
}

# The module reports a card as late that takes five seconds. Until then, the line is drawn again, and does not promise an end.
one_lasts() {
	sim_set "$node" 'triggers=on=flr at=20 ready_us=8000000'
	start "$device" --type flr --count 40 --timeout 20s
	ends 0 'one reset takes long'
	sim_set "$node" triggers=none
	less 5 "$(lines | grep -c '^19 of 40')" 'one reset takes long: the line is drawn meanwhile'
	is "$(lines | grep '^19 of 40' | grep -c ', 0:00:00 left')" 0 'one reset takes long: the others are still to come'
}

clock_goes_back() {
	# shellcheck disable=SC2016 # for the shell of the exercise
	start "$device" --type flr --count 60 --exercise '[ $PCIRESET_ROUND != 20 ] || date -s "2001-01-01 00:00:00"'
	ends 0 'the clock is set back'
	less 3 "$(lines | cut -d ' ' -f 1 | awk '$1 > 20' | sort -u | wc -l)" 'the clock is set back: the line is still drawn'
	is "$(lines | grep -c ' left$')" "$(lines | grep -c ', 0:00:[0-2][0-9] left$')" 'the clock is set back: the estimate stays right'
}

# An exercise of two seconds counts, and so do the failures of earlier processes, but not their time.
goes_on() {
	# shellcheck disable=SC2016 # for the shell of the exercise
	local exercise='sleep 1; [ $PCIRESET_ROUND != 3 ]'

	start "$device" --type flr --count 24 --save on --exercise "$exercise" --max-failures 1
	ends 4 'a failure ends it'
	start --resume on
	ends 4 'resumed'
	lines >drawn
	exits 0 'resumed: it begins where the other one ended' grep -q '^[34] of 24 rounds, 1 failed' drawn
	is "$(grep -cv ' 1 failed' drawn)" 0 'resumed: the earlier failure is one of the run'
	estimates 1100
	is "$REPLY" '' 'resumed: the estimate has the time of the exercise'
}

progress() {
	drawn_in_one_line
	absent
	fits 80 '^[0-9]+ of 40 rounds, 0 failed, 0:00:0[0-9] left$'
	fits 32 '^[0-9]+ of 40 rounds, 0 failed$'
	fits 20 '^[0-9]+ of 40 rounds$'
	one_lasts
	goes_on
	clock_goes_back
}

# ---- signals

# signalled SIGNAL: after some resets, during one. SIGHUP, if the terminal goes away.
signalled() {
	local flrs

	sim_count "$node" flr
	flrs=$REPLY
	sim_set "$node" ready_flr_us=500000
	start "$device" --type flr --count 12 --save "$1"
	wait_for has_seen flr $((flrs + 6))
	kill -"$1" "$(pidof pcireset)"
	ends 4 "$1"
	says "$first" "$1: it is said"
	says "continue the run: pcireset qualify --resume $1" "$1: and how to go on"
	like "$(<screen)" $'\r\x1b\\[K'"pcireset: $first" "$1: the line is erased before it"
	like "$(tail -n 1 screen)" "^pcireset: continue the run: pcireset qualify --resume $1"$'\r$' "$1: and the last line is a whole one"
	is "$(grep -c '^{' "$1/report.json")" 1 "$1: the report is there"
	sim_set "$node" ready_flr_us=0
	resumes "$1" "$1" "$flrs" 12
}

# The kernel then sends SIGHUP, and nothing can be written to the terminal.
hangs_up() {
	local flrs

	sim_count "$node" flr
	flrs=$REPLY
	sim_set "$node" ready_flr_us=500000
	start "$device" --type flr --count 12 --save gone
	wait_for has_seen flr $((flrs + 6))
	kill -9 "$job"
	exits 1 'the terminal goes away: the run ends' wait_until_not pidof pcireset
	sim_set "$node" ready_flr_us=0
	less "$(grep -c '^done ' gone/journal)" 9 'the terminal goes away: after the reset in progress'
	is "$(grep -c '^{' gone/report.json)" 1 'the terminal goes away: the report is there'
	resumes 'the terminal goes away' gone "$flrs" 12
}

# wait_until_not COMMAND...: and returns the status of its last run.
wait_until_not() {
	wait_for not "$@"
	"$@"
}

not() {
	! "$@"
}

# A process that sends it to pcireset does not send it to the exercise.
during_an_exercise() {
	local flrs

	sim_count "$node" flr
	flrs=$REPLY
	# shellcheck disable=SC2016 # for the shell of the exercise
	start "$device" --type flr --count 6 --save used --exercise 'echo $PCIRESET_ROUND >>used-rounds; [ $PCIRESET_ROUND != 3 -o -e go ] || exec sleep 300'
	wait_for pidof sleep
	started=$EPOCHREALTIME
	kill -TERM "$(pidof pcireset)"
	ends 4 'SIGTERM during an exercise'
	took_less 5000 'SIGTERM during an exercise: it ends at once'
	exits 1 'SIGTERM during an exercise: so does the exercise' pidof sleep
	says "$first" 'SIGTERM during an exercise: it is said'
	: >go
	resumes 'SIGTERM during an exercise' used "$flrs" 6
	is "$(tr '\n' ' ' <used-rounds)" '1 2 3 3 4 5 6 ' 'SIGTERM during an exercise: it is repeated'
}

# The second signal does not wait for the reset. Its outcome is unknown, so it is repeated.
twice() {
	local flrs

	sim_count "$node" flr
	flrs=$REPLY
	sim_set "$node" 'triggers=on=flr at=5 ready_us=20000000'
	start "$device" --type flr --count 8 --save twice --timeout 40s
	wait_for has_seen flr $((flrs + 5))
	kill -TERM "$(pidof pcireset)"
	wait_for appears "$first"
	started=$EPOCHREALTIME
	kill -TERM "$(pidof pcireset)"
	ends 143 'SIGTERM twice'
	took_less 4000 'SIGTERM twice: it ends at once'
	sim_set "$node" triggers=none
	is "$(tail -n 1 twice/journal | cut -d ' ' -f 1)" begin 'SIGTERM twice: the outcome is not stored'
	# The module still waits for the function.
	sleep 25
	interrupts=1 resumes 'SIGTERM twice' twice "$flrs" 8
}

signals() {
	signalled TERM
	signalled HUP
	hangs_up
	during_an_exercise
	twice
}

# ---- a device that is pulled

is_there() {
	[[ -e /sys/bus/pci/devices/$device ]]
}

plug_in() {
	sim_set 01.0 present=1
	wait_for is_there
}

# pulled NAME STATUS: the run that has ended is complete up to the moment, and says why it ended.
pulled() {
	is "$status" 4 "$1: exit status 4" "$output"
	like "$output" "pcireset: $device: is gone" "$1: the message says so"
	like "$output" "continue the run: pcireset qualify --resume $2" "$1: and how to go on"
	exits 4 "$1: the journal is intact" pcireset qualify --report "$2"
	exits 1 "$1: without the device, the run does not resume" pcireset qualify --quiet --resume "$2"
	like "$output" "pcireset: $device: no such device" "$1: and the message says why"
}

between_resets() {
	local flrs

	sim_count "$node" flr
	flrs=$REPLY
	# shellcheck disable=SC2016 # for the shell of the exercise
	run pcireset qualify "$device" --type flr --count 8 --save between \
		--exercise '[ $PCIRESET_ROUND != 3 ] || [ -e back ] || { echo 0 >/sys/kernel/config/pcisim/host/01.0/present; sleep 2; }'
	pulled 'between two resets' between
	: >back
	plug_in
	resumes 'between two resets' between "$flrs" 8
}

# The round is a failure of the device: nobody can tell why it is gone.
during_a_reset() {
	sim_count "$node" flr
	flrs=$REPLY
	sim_set "$node" 'triggers=on=flr at=4 ready_us=2000000'
	pcireset qualify "$device" --type flr --count 8 --save during >out 2>&1 &
	job=$!
	wait_for has_seen flr $((flrs + 4))
	sleep 0.5
	sim_set 01.0 present=0
	wait "$job"
	status=$? output=$(<out)
	sim_set "$node" triggers=none
	pulled 'during a reset' during
	exits 4 'during a reset: it is a failure' pcireset qualify --report during
	like "$output" '^not qualified; flr: 1 of 4 failed' 'during a reset: it is a failure'
	plug_in
	run pcireset qualify --quiet --resume during
	is "$status" 4 'during a reset: the run resumes'
	like "$output" '^not qualified; flr: 1 of 8 failed' 'during a reset: no reset is missing, and none is counted twice'
	is "$(grep -c '^done ' during/journal)" 8 'during a reset: each round is done once'
}

removal() {
	between_resets
	during_a_reset
}

sim_load
node=01.0/00.0
sim_nodes 01.0 "$node"
sim_set 01.0 kind=root-port hotplug=1
sim_set "$node" "${driverless[@]}" serial=1
sim_live
device=${sim_bus[1]}:00.0
wait_for test -e "/sys/bus/pci/devices/$device"
[[ $# -gt 0 ]] || set -- progress signals removal
for part; do
	"$part"
done
plan
