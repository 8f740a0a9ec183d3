#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pcireset qualify finds each planted fault in 10,000 resets, and no fault where none is planted, with three seeds.
# QUALIFY_COUNT is the number of resets in each run.
# topology: empty
# kernels: 7.3-kasan
# icount: yes
# timeout: 7200
# parts: seed-1 seed-2 seed-3 together lanes after sequence random slower register neighbour neighbour-errors errors correctable interrupts ats driver
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

count=${QUALIFY_COUNT:-10000}

# run_all TYPES ARG...: as many resets of all types together; sets line and findings, and keeps the report's size.
run_all() {
	local types=$1 nr began=$SECONDS

	nr=$(tr -cd , <<<"$types" | wc -c)
	pcireset qualify "$device" --type "$types" --count $((count / (nr + 1))) --quiet --yes --save run "${@:2}" >out 2>err
	line=$(head -n 1 out) findings=$(tail -n +2 out)
	printf '# %s\n' "$line" ${findings:+"$findings"} "report: $(stat -c %s run/report.html) bytes, $((SECONDS - began)) s"
	is "$(($(stat -c %s run/report.html) < 500000))" 1 'the report is smaller than 500 kB'
}

# finds TEXT TYPES ARG...: this finding, and no other.
finds() {
	run_all "$2" "${@:3}"
	if [[ $findings == "$device: $1"* && $findings != *$'\n'* ]]; then
		ok "found: $1"
	else
		not_ok "found: $1" "$line" "$findings" "$(cat err)"
	fi
}

# plant NODE TRIGGER
plant() {
	sim_set "$1" "triggers=$2" || not_ok "planted: $2"
	printf '# planted at %s: %s\n' "$1" "$2"
}

# nothing SEED
nothing() {
	run_all flr,pm,bus --seed "$1"
	is "${line%%;*}$findings" qualified "seed $1: nothing is planted, and nothing is found" "$(cat out err)"
}

# Interrupt Line keeps its power-on value of 0 until the next reset, whatever is written. Only after that one can the exercise
# write it again, for the next loss.
register() {
	local write="setpci -s $device INTERRUPT_LINE=2a"

	$write
	plant 01.0/00.0 "on=flr every=$period stuck=0x3c"
	finds "every ${period}th flr: the register at 0x3c has changed (" flr \
		--exercise "[ \$((PCIRESET_ROUND % $period)) != 1 ] || $write"
}

# Beyond the 100 ms that each FLR takes: 200 ms more at the end.
slower() {
	sim_set 01.0/00.0 ready_flr_us=100000
	plant 01.0/00.0 "on=flr ready_us=+$((200000 / count)) from=1"
	finds 'flr: slower with each reset, by ' flr
}

# MSI-X Message Control keeps its power-on value, whatever is written.
interrupts() {
	local at

	setpci -s "$device" CAP_MSIX+2.w=8000:8000
	at=$(setpci -v -s "$device" CAP_MSIX.l | sed -nE 's/.*@([0-9a-f]+)\).*/\1/p')
	plant 01.0/00.0 "on=flr at=$((count / 2)) stuck=0x$at"
	finds 'flr, once: MSI or MSI-X is off (' flr
}

# ATS Control keeps its power-on value.
ats() {
	local at

	setpci -s "$device" ECAP_ATS+6.w=8000:8000
	at=$(setpci -v -s "$device" ECAP_ATS+4.l | sed -nE 's/.*@([0-9a-f]+) =.*/\1/p')
	plant 01.0/00.0 "on=flr at=$((count / 2)) stuck=0x$at"
	finds 'flr, once: ATS is off (' flr
}

# used NODE ATTRIBUTE: the exercise after each 300th reset detects an error, as a use of the device does. The module masks
# errors that a device has while it is reset.
used() {
	printf '# planted after each %dth reset: %s\n' "$period" "$2"
	printf '%s\n' "[ \$((PCIRESET_ROUND % $period)) != 0 ] || { echo 0x1000 >$sim/host/$1/$2 && sleep 0.1; }" >use
}

# Somebody unbinds the driver at one of the resets.
driver() {
	local halfway=$((count / 2))

	plant 01.0/00.0 "on=flr at=$halfway ready_us=1"
	(
		until [[ $(<"$sim/host/01.0/00.0/fired") == 1 ]]; do sleep 0.02; done
		echo "$device" >/sys/bus/pci/drivers/pcisim/unbind
	) &
	finds 'flr, once: another driver, or none (' flr
	wait
}

# Many faults in one run: each is found and named, and nothing else.
together() {
	local text number=0 each=$((count / 3)) every

	every=$((each >= 900 ? 300 : each / 8))
	plant 01.0 "on=bus every=$every return_width=1"
	plant 01.0/00.0 'on=pm after=flr ignore=1'
	plant 01.0/00.0 'on=bus after=flr,pm ignore=1'
	plant 01.0/00.0 "on=flr at=$((each / 2 + 1)) lose=0x10 victim=02.0/00.0"
	plant 01.0/00.0 "on=pm every=$every error=0x4000 victim=02.0/00.0"
	sim_set 01.0/00.0 ready_flr_us=100000
	plant 01.0/00.0 "on=flr ready_us=+$((200000 / each)) from=1"
	run_all flr,pm,bus
	for text in "every ${every}th bus: fewer lanes (" 'pm after flr: the reset had no effect (' \
		'bus after flr, pm: the reset had no effect (' \
		"flr, once: $neighbour, which is not affected, has changed at 0x1" \
		"every ${every}th pm: $neighbour, which is not affected, has uncorrectable errors (" \
		'flr: slower with each reset, by '; do
		number=$((number + 1))
		is "$(grep -cF "$device: $text" <<<"$findings")" 1 "found among others: $text"
	done
	is "$(wc -l <<<"$findings")" "$number" 'and nothing else' "$findings"
}

cd /tmp || exit 1
[[ $1 == driver ]] && id=() || id=(device=0x0012)
sim_load
sim_node 01.0 kind=root-port aer=1
sim_node 01.0/00.0 kind=endpoint "${id[@]}" width=8 aer=1 ats=1
sim_node 02.0 kind=root-port aer=1
sim_node 02.0/00.0 "${driverless[@]}" aer=1
sim_live
device=${sim_bus[1]}:00.0 neighbour=${sim_bus[2]}:00.0
# Three periods at least: with fewer resets, a shorter one.
period=$((count >= 1200 ? 300 : count / 8))

case $1 in
seed-*) nothing "${1#seed-}" ;;
lanes)
	plant 01.0 "on=bus every=$period return_width=1"
	finds "every ${period}th bus: fewer lanes (" bus
	;;
after)
	plant 01.0/00.0 'on=pm after=flr ignore=1'
	finds 'pm after flr: the reset had no effect (' flr,pm,bus
	;;
together) together ;;
sequence)
	plant 01.0/00.0 'on=bus after=flr,pm ignore=1'
	finds 'bus after flr, pm: the reset had no effect (' flr,pm,bus
	;;
random)
	plant 01.0/00.0 'on=flr chance=0.02 seed=7 ignore=1'
	finds 'flr, without a pattern: the reset had no effect (' flr
	;;
slower) slower ;;
register) register ;;
neighbour)
	plant 01.0/00.0 "on=flr at=$((count / 2)) lose=0x10 victim=02.0/00.0"
	finds "flr, once: $neighbour, which is not affected, has changed at 0x1" flr
	;;
neighbour-errors)
	plant 01.0/00.0 "on=flr every=$period error=0x4000 victim=02.0/00.0"
	finds "every ${period}th flr: $neighbour, which is not affected, has uncorrectable errors (" flr
	;;
errors)
	used 01.0/00.0 error
	finds "every ${period}th flr: uncorrectable errors (" flr --exercise "$(<use)"
	;;
correctable)
	used 01.0/00.0 correctable
	finds "every ${period}th flr: correctable errors (" flr --exercise "$(<use)"
	is "${line%%;*}" qualified 'and they are no failure'
	;;
interrupts) interrupts ;;
ats) ats ;;
driver) driver ;;
esac
plan
