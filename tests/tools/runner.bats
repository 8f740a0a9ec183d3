#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The runner's choice of guests.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	. tests/lib/guests.sh
	only=() kernels=() nightly=false
	script=$BATS_TEST_TMPDIR/long.sh
	printf '%s\n' '# nightly: 6.12 7.3' '. lib.sh' >"$script"
}

@test 'a long test leaves the kernels of its header to the night' {
	is_left_to_the_night "$script" 6.12
	is_left_to_the_night "$script" 7.3
	run ! is_left_to_the_night "$script" 6.1
}

@test 'a test without the header runs on each kernel' {
	echo '. lib.sh' >"$script"
	run ! is_left_to_the_night "$script" 6.12
}

@test '--nightly, --only and --kernel leave nothing to the night' {
	nightly=true
	run ! is_left_to_the_night "$script" 6.12
	nightly=false only=(long)
	run ! is_left_to_the_night "$script" 6.12
	only=() kernels=(6.12)
	run ! is_left_to_the_night "$script" 6.12
}

@test 'no test of the lab leaves all of its kernels to the night' {
	local file kernel left

	for file in tests/lab/*.sh; do
		left=0
		for kernel in $(script_header "$file" kernels '6.1 6.12 7.3'); do
			is_left_to_the_night "$file" "$kernel" || left=$((left + 1))
		done
		[[ $left -gt 0 ]] || { echo "$file" && return 1; }
	done
}
