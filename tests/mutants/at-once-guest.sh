#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# at-once-guest.sh LIST: runs the KUnit tests of the module with each fault of a list, until a suite fails. Ends after a fault
# that breaks the kernel, or after which that suite fails without it, too.
kunit=/sys/kernel/debug/kunit
parameter=/sys/module/pcireset/parameters/fault

# failed_cases SUITE: the first three.
failed_cases() {
	echo 1 >"$kunit/$1/run"
	sed -nE 's/^ {4}not ok [0-9]+ ([a-z_0-9]+).*/\1/p' "$kunit/$1/results" | head -n 3 | paste -sd ' '
}

# new_splats: in the log since the mark.
new_splats() {
	dmesg | tac | sed '/at-once: mark/q' | grep -oE 'BUG: [a-zA-Z: -]*|WARNING:|KASAN|not an address' | head -n 2 | paste -sd ' '
}

# run_suites: sets failed and splats to those of the first suite that has any, and suite to its name.
run_suites() {
	for suite in "$kunit"/pcireset-*; do
		suite=${suite##*/}
		failed=$(failed_cases "$suite") splats=$(new_splats)
		[[ -z $failed$splats ]] || return 0
	done
	return 0
}

# try_fault NUMBER: a lock that is kept may hold up the tests for ever.
try_fault() {
	local i

	echo "$1" >"$parameter"
	{ run_suites && printf '%s\n' "$suite" "$failed" "$splats" >result; } &
	for ((i = 0; i < 300; i++)); do
		kill -0 $! 2>/dev/null || break
		sleep 1
	done
	[[ -e result ]] || { echo "noticed $1 the tests do not end" && exit 1; }
	{ read -r suite && read -r failed && read -r splats; } <result
	rm result
	echo 0 >"$parameter"
}

while read -r number; do
	echo "try $number"
	echo 'at-once: mark' >/dev/kmsg
	try_fault "$number"
	if [[ -z $failed$splats ]]; then
		echo "survived $number "
		continue
	fi
	echo "noticed $number $failed $splats"
	[[ -z $splats && -z $(failed_cases "$suite") ]] || exit 1
done <"$1"
