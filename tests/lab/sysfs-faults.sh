#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A reset without the module never falls back on another type and never reports a fault as success. reset_method is
# restored after hardware faults, signals, writes of other processes, and concurrent resets.
# nightly: 6.1 6.12
# topology: empty
# icount: yes
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

# fn NR, node NR: the function below the NRth port, alone on its bus.
fn() {
	printf '%s%02x:00.0' "${sim_bus[0]%??}" $((0x${sim_bus[0]##*:} + $1))
}

node() {
	printf '%02x.0/00.0' "$1"
}

method_of() {
	read -r method <"$devices/$1/reset_method"
}

# counts_of NR: sets counts to how many resets of each kind its hardware has seen.
counts_of() {
	local kind

	counts=''
	for kind in flr pm bus; do
		sim_count "$(node "$1")" "$kind" && counts+="$kind $REPLY "
	done
}

# without_module NR OPTION...: sets status, output and the results of read_reports.
without_module() {
	run pcireset reset "$(fn "$1")" --type flr --no-module --json "${@:2}"
	read_reports "$output"
	outcome="$status ${report[$(fn "$1") error]:-} ${report[$(fn "$1") failed_checks]:-}"
}

# unchanged NR DESC: reset_method is as it was, and no journal is there.
unchanged() {
	method_of "$(fn "$1")"
	is "$method" 'flr pm bus' "$2: reset_method reads as before"
	is "$(ls /run/pcireset)" '' "$2: no journal is left"
}

# fault NR DESC OUTCOME OPTION...: an FLR, and nothing else, was tried once.
fault() {
	without_module "$1" --timeout 2s "${@:4}"
	is "$outcome" "$3" "$2"
	counts_of "$1"
	is "$counts" 'flr 1 pm 0 bus 0 ' "$2: one FLR and nothing else"
	unchanged "$1" "$2"
}

# late_back NR: after the kernel has given up, which it does after 65 s. The kernel takes no word of a function that does not answer, so its list stays narrowed, and that is said.
late_back() {
	sim_set "$(node "$1")" ready_flr_us=100000000
	without_module "$1" --timeout 2s
	is "$outcome" '4 ETIMEDOUT ready proof' 'late'
	counts_of "$1"
	is "$counts" 'flr 1 pm 0 bus 0 ' 'late: one FLR and nothing else'
	like "$output" 'doctor --repair' 'late: it is said what is left'
	method_of "$(fn "$1")"
	is "$method $(ls /run/pcireset)" "flr $(fn "$1")" 'late: what was there is in the journal'
	sleep 60
	exits 3 'late: no reset before that is put back' pcireset reset "$(fn "$1")" --type flr --no-module
	like "$output" 'doctor --repair' 'late: and it is said why'
	exits 0 'late: once it answers, doctor puts that back' pcireset doctor --repair
	unchanged "$1" 'late'
}

# The same fault with the kernel alone, which shows the benefit of narrowing.
stock_falls_back() {
	stock_begin
	echo 1 >"$devices/$(fn "$1")/reset"
	stock_end
	counts_of "$1"
	like "$counts" 'flr 1 pm [01] bus 1' 'the kernel alone goes on to a bus reset'
}

# begin_reset ARGUMENT...: of its own process group, or the shell has it ignore SIGINT.
begin_reset() {
	set -m
	pcireset reset "$@" --type flr --no-module >/tmp/slow 2>&1 &
	job=$!
	set +m
}

# end_reset: sets status and output to those of the running reset.
end_reset() {
	wait "$job"
	status=$?
	output=$(</tmp/slow)
}

# slowly NR MILLISECONDS COMMAND...: so long after the tool has started a reset that takes 2.3 s, and watches for 3 s more.
slowly() {
	begin_reset "$(fn "$1")" --settle 3s
	sleep_ms $((start_ms + $2))
	"${@:3}"
	end_reset
}

# The kernel lets nobody look at a function during its reset, but the first one watches on for a while.
second_one() {
	exits 3 'the second of two at once is refused' pcireset reset "$(fn "$1")" --type flr --no-module
	like "$output" 'process [0-9]+ \(pcireset\) is resetting it' 'and it is said who is at it'
}

# A bus reset is the one that the kernel takes without asking the function.
somebody_writes() {
	echo bus >"$devices/$(fn "$1")/reset_method"
}

signal() {
	kill "-$1" "$job"
}

# One after the other, as two that are pending at a time are one.
signal_twice() {
	signal "$1"
	sleep 0.5
	signal "$1"
}

# signalled NR SIGNAL NUMBER
signalled() {
	slowly "$1" 600 signal "$2"
	is "$status" 0 "SIG$2 waits for what has begun"
	like "$output" 'interrupted: waiting for the resets in progress' "SIG$2: it is said"
	unchanged "$1" "SIG$2"
	slowly "$1" 600 signal_twice "$2"
	is "$status" $((128 + $3)) "SIG$2 twice ends it"
	unchanged "$1" "SIG$2 twice"
}

# A signal prevents further resets, and the running one is completed.
interrupted() {
	slowly_all "$@"
	is "$status" 64 'interrupted: some succeeded'
	like "$output" "$(fn "$1"): flr, verified" 'interrupted: the one that had begun is done'
	like "$output" "$(fn "$2"): (refused: )?cancelled before it began" 'interrupted: the other one was not begun'
	counts_of "$2"
	is "$counts" "$before_counts" 'interrupted: nor has its hardware seen a reset'
	unchanged "$1" 'interrupted'
	unchanged "$2" 'interrupted'
}

# slowly_all NR NR: both in one call, with Ctrl-C during the first: as soon as its hardware has seen a reset.
slowly_all() {
	local before try

	counts_of "$1"
	before=$counts
	counts_of "$2"
	before_counts=$counts
	begin_reset "$(fn "$1")" "$(fn "$2")"
	for ((try = 0; try < 200; try++)); do
		sleep 0.05
		counts_of "$1"
		[[ $counts == "$before" ]] || break
	done
	kill -INT "$job"
	end_reset
}

# locked_down NR: config space may not be written, so that nothing can be proven. Nothing undoes that; the last thing that is done.
locked_down() {
	local file=/sys/kernel/security/lockdown

	[[ -e $file ]] || mount -t securityfs none /sys/kernel/security
	if ! echo integrity >"$file"; then
		skip 'lockdown' 'this kernel has none'
		return
	fi
	without_module "$1"
	is "$outcome ${report[$(fn "$1") result]}" '4  proof unverified' 'under lockdown a reset is not proven'
	unchanged "$1" 'lockdown'
	exits 0 'under lockdown: doctor' pcireset doctor
	like "$output" 'lockdown +integrity' 'tells of it'
}

sim_load
for i in 1 2 3 4 5 6 7; do
	sim_node "0$i.0" kind=root-port
	sim_node "$(node "$i")" "${driverless[@]}"
done
sim_live
tool_start "$(fn 1)"

method_of "$(fn 1)"
is "$method" 'flr pm bus' 'there is something to fall back on'
config_dump before "$(fn 1)"
sim_set "$(node 1)" ready_flr_us=300000
fault 1 'slow' '0  '
config_dump after "$(fn 1)"
config_is_same before after 'slow: it has its configuration back'
sim_set "$(node 3)" identity=1234:5678
fault 3 'another device' '4 EIO identity proof'
sim_set "$(node 4)" ignore=flr
config_dump before "$(fn 4)"
fault 4 'nothing' '4  proof'
is "${report[$(fn 4) result]}" unverified 'nothing: it is not called done'
config_dump after "$(fn 4)"
config_is_untouched before after 'nothing: not even the bit that was to prove it is left'
without_module 4 --check proof
is "$outcome" '4 EIO proof' 'nothing: with a proof asked for it has failed'
sim_set "$(node 5)" drop_us=500000
fault 5 'lost again' '4 EIO config' --settle 2s
sim_set "$(node 6)" ready_flr_us=never
stock_falls_back 6

sim_set "$(node 7)" ready_flr_us=1500000
slowly 7 3400 second_one 7
is "$status" 0 'and the first one succeeds'
unchanged 7 'two at once'
signalled 7 INT 2
signalled 7 TERM 15
signalled 7 HUP 1
slowly 7 600 somebody_writes 7
is "$status" 4 'when somebody else writes reset_method, the reset has failed'
like "$output" 'the type that ran is unknown' 'and it is said that nobody knows what ran'
method_of "$(fn 7)"
is "$method" bus 'what somebody else wrote stays'
exits 3 'what the kernel was told not to do is not done' pcireset reset "$(fn 7)" --type flr --no-module
echo default >"$devices/$(fn 7)/reset_method"
unchanged 7 'somebody else'
late_back 2
interrupted 7 1
locked_down 1
sim_clear
plan
