#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A run that is killed at 20 moments and resumed neither loses a reset nor counts one twice.
# topology: empty
# kernels: 7.3
# icount: yes
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

kills=20 count=60

# begin_or_resume: in the background; sets job.
begin_or_resume() {
	if [[ -e run/journal ]]; then
		pcireset qualify --quiet --resume run >>log 2>&1 &
	else
		pcireset qualify "$device" --type flr,bus --count "$count" --quiet --yes --save run >>log 2>&1 &
	fi
	job=$!
}

# kill_later NUMBER: one run lasts a few seconds from its first to its last reset. The moments differ by 13 ms within a round of
# about 100 ms, so that most are during the reset.
kill_later() {
	begin_or_resume
	in_seconds $((400 + 113 * $1 % 390))
	sleep "$REPLY"
	kill -9 "$job" 2>/dev/null && killed=$((killed + 1))
	wait "$job" 2>/dev/null
}

# kill_storing NUMBER: a start has 7 moments in which a file is written, and a round has 10, of which the last 5 are those of the
# outcome. Each of them twice.
kill_storing() {
	local -x FAIL_KIND=store FAIL_NTH=$((7 + 6 + $1 / 2)) LD_PRELOAD=/usr/libexec/pcireset/tests/libfail.so

	begin_or_resume
	wait "$job" 2>/dev/null
	[[ $? != 137 ]] || killed=$((killed + 1))
	case $(tail -n 1 run/journal) in
	begin*) begun=$((begun + 1)) ;;
	done*) done=$((done + 1)) ;;
	*) part=$((part + 1)) ;;
	esac
}

# of_series KEY: the sum over both types.
of_series() {
	sed -nE "s/^ *\"$1\": ?([0-9]+),?\$/\1/p" run/report.json | awk '{ n += $1 } END { print n + 0 }'
}

# resets_seen: by the hardware.
resets_seen() {
	local flr

	sim_count 01.0/00.0 flr
	flr=$REPLY
	sim_count 01.0/00.0 bus
	REPLY=$((REPLY + flr))
}

cd /tmp || exit 1
sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}"
sim_live
device=${sim_bus[1]}:00.0 killed=0 begun=0 part=0 done=0
for ((i = 0; i < kills / 2; i++)); do
	kill_later "$i"
	kill_storing "$i"
done
is "$killed" "$kills" "killed $kills times" "$(cat log)"
is "$begun $part $done" '2 2 6' 'while an outcome was stored: before it, in the middle of it, and after it'
# A reset that was killed may still be on its way.
sleep 5
exits 0 'the run is completed' pcireset qualify --quiet --resume run
interrupted=$(of_series interrupted)
is "$(of_series resets)" $((2 * count)) 'no reset is missing, and none is counted twice'
is "$(grep -c '^done ' run/journal)" $((2 * count)) 'each round is done once'
is "$((interrupted > 0 && interrupted <= kills))" 1 'some resets were interrupted' "$interrupted"
resets_seen
printf '# %d resets counted, %d interrupted, %d seen by the hardware\n' $((2 * count)) "$interrupted" "$REPLY"
is "$((REPLY >= 2 * count && REPLY <= 2 * count + interrupted))" 1 'the hardware has seen no others' "$REPLY"
plan
