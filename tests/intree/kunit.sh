#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The KUnit tests of the series pass.
# append: kunit.enable=1 kunit.autorun=1
# timeout: 300
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh

# suite_results SUITE: its lines in debugfs as results of this test.
suite_results() {
	local line

	while IFS= read -r line; do
		case $line in
		'    ok '*) ok "$1: ${line#*ok * }" ;;
		'    not ok '*) not_ok "$1: ${line#*not ok * }" ;;
		*) diag "$line" ;;
		esac
	done <"/sys/kernel/debug/kunit/$1/results"
}

exits 0 'the KUnit tests load' modprobe reset_kunit
for suite in pci_reset pci_reset_multifunction; do
	before=$tests_run
	suite_results "$suite"
	exits 0 "$suite has run" test "$tests_run" -gt "$before"
done
plan
