#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The runner's judgement: what it must not take for a pass.

setup() {
	. "$BATS_TEST_DIRNAME/../lib/tap.sh"
}

# judge STATUS LINE...
judge() {
	local status=$1

	shift
	printf '%s\n' "$@" | judge_tap "$status" | tr '\t' ' '
}

@test "results that match the plan are counted" {
	run judge 0 'ok 1 - a' '# note' 'ok 2 - b' '1..2'
	[ "$output" = 'passed 2' ]
}

@test "the plan may come first, and lines may end with CR LF" {
	run judge 0 $'1..1\r' $'ok 1 - a\r'
	[ "$output" = 'passed 1' ]
}

@test "a failed result is named" {
	run judge 1 'ok 1 - a' 'not ok 2 - the link is down' '1..2'
	[ "$output" = $'failed the link is down\npassed 1' ]
}

@test "a skip keeps its reason" {
	run judge 0 'ok 1 - a # SKIP no disk' '1..1'
	[ "$output" = 'skipped a - no disk' ]
}

@test "a skipped file keeps its reason" {
	run judge 0 '1..0 # SKIP no IOMMU'
	[ "$output" = 'skipped no IOMMU' ]
}

@test "output without a plan is a failure" {
	run judge 0 'ok 1 - a'
	[[ $output == *'failed it ended without its plan'* ]]
}

@test "fewer results than planned are a failure" {
	run judge 0 'ok 1 - a' '1..2'
	[[ $output == *'failed 2 results were planned, there are 1'* ]]
}

@test "no output is a failure" {
	run judge 0
	[[ $output == failed* ]]
}

@test "an empty plan without a reason is a failure" {
	run judge 0 '1..0'
	[ "$output" = 'failed no results at all' ]
}

@test "a status without a failed result is a failure" {
	run judge 7 'ok 1 - a' '1..1'
	[[ $output == *'failed exit status 7'* ]]
}

@test "two plans, one for each half of a file, are a failure" {
	run judge 0 'ok 1 - a' '1..1' 'ok 2 - b' '1..2'
	[[ $output == *'failed it ended without its plan, or has several'* ]]
}
