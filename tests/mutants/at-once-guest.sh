#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# at-once-guest.sh LIST: runs all KUnit tests of the module with each fault of a list. Ends after a fault that breaks the kernel,
# or after which the tests fail without it, too.
kunit=/sys/kernel/debug/kunit
parameter=/sys/module/pcireset/parameters/fault

# failed_cases: of all suites.
failed_cases() {
	local suite

	for suite in "$kunit"/pcireset-*; do
		echo 1 >"$suite/run"
		sed -nE 's/^ {4}not ok [0-9]+ ([a-z_0-9]+).*/\1/p' "$suite/results"
	done | head -n 3 | paste -sd ' '
}

# new_splats: in the log since the mark.
new_splats() {
	dmesg | tac | sed '/at-once: mark/q' | grep -oE 'BUG: [a-zA-Z: -]*|WARNING:|KASAN|not an address' | head -n 2 | paste -sd ' '
}

while read -r number; do
	echo "try $number"
	echo 'at-once: mark' >/dev/kmsg
	echo "$number" >"$parameter"
	failed=$(failed_cases)
	splats=$(new_splats)
	echo 0 >"$parameter"
	if [[ -z $failed$splats ]]; then
		echo "survived $number "
		continue
	fi
	echo "noticed $number $failed $splats"
	[[ -z $splats && -z $(failed_cases) ]] || exit 1
done <"$1"
