#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The module's KUnit tests have passed. The kernel ran them when the module was loaded.
# topology: empty
# kernels: uml
# append: kunit.enable=1
# icount: yes
# quick: yes
. "$(dirname "$0")/lib.sh"

results=/sys/kernel/debug/kunit

# suite_results SUITE: its lines in the manner of the kernel, indented by four, as checks of this test.
suite_results() {
	local line

	while IFS= read -r line; do
		case $line in
		'    ok '*' # SKIP '*) line=${line#*ok * } && skip "$1: ${line%% # SKIP *}" "${line#* # SKIP }" ;;
		'    ok '*) ok "$1: ${line#*ok * }" ;;
		'    not ok '*) not_ok "$1: ${line#*not ok * }" ;;
		*) diag "$line" ;;
		esac
	done <"$results/$1/results"
}

for suite in pcireset-plan pcireset-check pcireset-run pcireset-bars pcireset-late pcireset-control pcireset-claim pcireset-type \
	pcireset-link-disable pcireset-speed pcireset-wait pcireset-lock pcireset-cdev pcireset-batch \
	pcireset-outcome pcireset-removal; do
	before=$tests_run
	suite_results "$suite"
	exits 0 "$suite: was run" test "$tests_run" -gt "$before"
done
exits 1 'no function has a name that is no address' grep -q 'not an address' <(dmesg)
plan
