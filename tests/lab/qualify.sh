#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pcireset qualify finds each planted fault and no other, survives Ctrl-C and a kill, resets nothing outside its plan, and costs
# little more than the resets themselves for 64 VFs.
# topology: empty
# kernels: 6.1
# icount: yes
# shift: 0
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"
. "$(dirname "$0")/lib-sriov.sh"

# qualify_exits STATUS ARG...: sets line to the verdict, and findings to the rest of the output.
qualify_exits() {
	local want=$1

	shift
	pcireset qualify --quiet --yes "$@" >out 2>err
	is $? "$want" "qualify $*: the status" "$(cat out err)"
	line=$(head -n 1 out) findings=$(tail -n +2 out)
}

# finds TEXT NODE TRIGGER TYPES: one finding that begins with the text.
finds() {
	sim_set "$2" "triggers=$3"
	qualify_exits 4 "$device" --type "$4" --count 40
	if [[ $findings == "$device: $1"* && $findings != *$'\n'* ]]; then
		ok "found: $1"
	else
		not_ok "found: $1" "$findings" "$(cat err)"
	fi
	sim_set "$2" triggers=none
}

# Of a run in the directory of the systemd unit, also while it goes on, and of a copy with a damaged file.
metrics() {
	local runs=/var/lib/pcireset/qualify

	mkdir -p "$runs"
	is "$(pcireset metrics | grep -c pcireset_qualify)" 0 'metrics: nothing without a run'
	# shellcheck disable=SC2016 # for the shell of the exercise
	qualify_exits 0 "$device" --type flr --count 4 --save "$runs/weekend" \
		--exercise '[ $PCIRESET_ROUND != 3 ] || pcireset metrics >during'
	exits 0 'metrics: a run that goes on' grep -qxF 'pcireset_qualify_rounds_done{run="weekend"} 1' during
	is "$(grep -c verdict during)" 0 'metrics: it has no verdict'
	cp -r "$runs/weekend" "$runs/copy"
	printf '%s\n' damaged 'pcireset_qualify_rounds{run="a"} x' 'pcireset_qualify_rounds{run="a' >>"$runs/copy/metrics.prom"
	mkdir "$runs/begun"
	pcireset metrics >all
	exits 0 'metrics: the format' awk -f /tests/prometheus.awk all
	is "$(grep -c '^pcireset_qualify_rounds_done{run="[cw][a-z]*"} 4$' all)" 2 'metrics: both runs'
	exits 0 'metrics: the verdict' grep -qxF 'pcireset_qualify_verdict{run="copy",verdict="qualified"} 1' all
	rm -r "$runs"
}

# many_vfs COUNT: an FLR takes 100 ms (PCIe r6.0, sec 6.6.2), for all VFs together.
many_vfs() {
	local count=$1 started

	sim_clear
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 kind=endpoint
	sim_node 01.0/00.0/vf count=64 vf_offset=250
	sim_live
	pf=$device
	enable_vfs 64
	started=$EPOCHREALTIME
	qualify_exits 0 "${vfs[@]}" --type flr --count "$count"
	milliseconds_since "$started"
	printf '# %d rounds of 64 VFs: %d ms\n' "$count" "$REPLY"
	is $((REPLY <= count * 130)) 1 '64 VFs: at most 1.3 times as long as the specification requires' "$REPLY ms"
	disable_vfs
}

cd /tmp || exit 1
sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" width=8
sim_node 01.0/00.1 "${driverless[@]}"
sim_node 02.0 kind=root-port
sim_node 02.0/00.0 "${driverless[@]}"
sim_live
device=${sim_bus[1]}:00.0 other=${sim_bus[1]}:00.1 neighbour=${sim_bus[2]}:00.0

qualify_exits 0 "$device" --type flr,pm,bus --count 20 --save fine
is "${line%%;*}" qualified 'nothing is planted: qualified'
is "$findings" '' 'nothing is planted: nothing is found'
exits 0 'the page is written' grep -q '<p id="findings">None.' fine/report.html
exits 0 'the neighbour is observed' grep -q "$neighbour" fine/certificate.txt

finds 'every 5th bus: fewer lanes (8 of 40' 01.0 'on=bus every=5 return_width=1' bus
finds 'pm after flr: the reset had no effect' 01.0/00.0 'on=pm after=flr ignore=1' flr,pm
finds 'bus after flr, pm: the reset had no effect' 01.0/00.0 'on=bus after=flr,pm ignore=1' flr,pm,bus
finds "flr, once: $neighbour, which is not affected, has changed at 0x1" 01.0/00.0 \
	'on=flr at=8 lose=0x10 victim=02.0/00.0' flr
finds 'flr: slower with each reset, by ' 01.0/00.0 'on=flr ready_us=+10000 from=1' flr

# A kill between two rounds and Ctrl-C: both resume.
sim_count 01.0/00.0 flr
before=$REPLY
printf '%s\n' "echo \$PCIRESET_ROUND >>used" "[ \$PCIRESET_ROUND != 5 ] || kill -9 \$PPID" >use
qualify_exits 137 "$device" --type flr --count 20 --save killed --exercise 'sh use'
printf '%s\n' "echo \$PCIRESET_ROUND >>used" "[ \$PCIRESET_ROUND != 9 ] || kill -INT \$PPID" >use
qualify_exits 4 --resume killed
is "${line%%;*}" incomplete 'Ctrl-C: incomplete'
printf '%s\n' "echo \$PCIRESET_ROUND >>used" >use
qualify_exits 0 --resume killed
is "$(tr '\n' ' ' <used)" '1 2 3 4 5 5 6 7 8 9 9 10 11 12 13 14 15 16 17 18 19 20 ' 'an exercise that was interrupted is repeated'
is "$line" 'qualified; flr: 0 of 20 failed, below 14 % (at 95 %); 0 findings' 'resumed: qualified'
sim_count 01.0/00.0 flr
is $((REPLY - before)) 20 'resumed: each reset took place once'

qualify_exits 4 "$device" --type bus --count 3 --max-failures 1 --exercise false
is "${line%%;*}" 'not qualified' 'the first failure ends the run'
exits 0 'and no further reset takes place' grep -q 'bus: 1 of 1 failed' out

metrics

# A function that appears in the scope was not shown: it is never reset.
echo 1 >"/sys/bus/pci/devices/$other/remove"
sim_count 01.0/00.1 bus
before=$REPLY
qualify_exits 4 "$device" --type bus --count 5 --exercise 'echo 1 >/sys/bus/pci/rescan'
exits 0 'a wider plan stops the run' grep -q 'bus affects other functions than when the run began' err
sim_count 01.0/00.1 bus
is $((REPLY - before)) 1 'and the function that appeared is not reset'
exits 0 'it is there' test -e "/sys/bus/pci/devices/$other"

many_vfs 40
plan
