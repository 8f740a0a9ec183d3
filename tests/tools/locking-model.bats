#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The lock protocol as a model: it holds, SPIN misses each rule that is taken out, and the check can fail.

setup_file() {
	export check=$BATS_TEST_DIRNAME/../../docs/locking/check
}

setup() {
	cd "$BATS_TEST_DIRNAME/../../docs/locking" || return
}

need_spin() {
	command -v spin >/dev/null && return
	[[ ${CI:-} != true ]] || return
	skip 'spin is not installed'
}

# configuration LINE...: to be checked instead of the real ones.
configuration() {
	export CONFIGURATIONS=$BATS_TEST_TMPDIR/configurations
	printf '%s\n' "$@" >"$CONFIGURATIONS"
}

@test "every configuration has the expected result" {
	need_spin
	run "$check"
	printf '%s\n' "$output" | sed 's/^/# /' >&3
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok ' <<<"$output")" -eq "$(grep -c '^[a-z]' configurations)" ]
}

@test "an unexpected deadlock fails, and a missing expected one" {
	need_spin
	configuration 'a | safe | NO_LOCKED_RULE | ours(PF,BUS,PROBE)' 'b | deadlock | | ours(PF,BUS,PROBE)'
	run "$check"
	[ "$status" -eq 1 ]
	[[ $output == *'not ok 1 - a: expected safe, found deadlock'*'not ok 2 - b: expected deadlock, found safe'* ]]
}

@test "an assertion other than the expected one fails" {
	need_spin
	configuration 'a | assertion moved | NEVER_DONE | ours(PF,FUNC,FREE)'
	run "$check"
	[ "$status" -eq 1 ]
	[[ $output == *'expected assertion moved, found assertion '*done* ]]
}

@test "a broken model, an unknown change and an unknown name fail" {
	need_spin
	configuration 'a | safe | | nobody()' 'b | safe | NO_SUCH_CHANGE | ours(PF,FUNC,FREE)'
	run "$check"
	[ "$status" -eq 1 ]
	[ "$(grep -c '^not ok ' <<<"$output")" -eq 2 ]
	[[ $output == *'the model has no NO_SUCH_CHANGE'* ]]
	run "$check" c
	[ "$status" -eq 1 ]
}

@test "without spin the test is skipped, and fails in CI" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$(command -v bash)" "$(command -v dirname)" "$BATS_TEST_TMPDIR/bin"
	CI='' PATH=$BATS_TEST_TMPDIR/bin run "$check"
	[ "$status" -eq 0 ]
	[ "$output" = '1..0 # SKIP spin is not installed' ]
	CI=true PATH=$BATS_TEST_TMPDIR/bin run "$check"
	[ "$status" -eq 1 ]
}

@test "README.md lists the expected result of every configuration" {
	diff <(sed -n 's/^\([a-z][^ |]*\) *| *\([a-z]*\)[^|]*|.*/\1 \2/p' configurations) \
		<(sed -n 's/^| \([a-z][^ |]*\) | \([a-z]*\)[^|]* | [0-9]* |$/\1 \2/p' README.md)
}
