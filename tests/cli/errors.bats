#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What cannot be read, written or allocated is an error or "unknown", and never an answer. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/machine
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
}

# with_closed DESCRIPTORS ARG...: pcireset, started without these standard descriptors.
with_closed() {
	local closed=$1

	shift
	(
		[[ $closed != *0* ]] || exec <&-
		[[ $closed != *1* ]] || exec >&-
		[[ $closed != *2* ]] || exec 2>&-
		exec pcireset "$@"
	)
}

@test 'a standard descriptor that is closed is no file that is opened later' {
	local archive=$BATS_TEST_TMPDIR/archive closed

	pcireset record "$BATS_TEST_TMPDIR/whole" --sysroot "$ROOT"
	for closed in 0 1 2 01 02 12 012; do
		run with_closed "$closed" record "$archive" --sysroot "$ROOT"
		[[ $status -eq 0 ]]
		cmp "$archive" "$BATS_TEST_TMPDIR/whole"
		rm "$archive"
		run with_closed "$closed" plan 08:00.0 --type flr --svg "$BATS_TEST_TMPDIR/none/x" --sysroot "$ROOT"
		[[ $status -eq 1 ]]
	done
	run -1 --separate-stderr with_closed 1 list --sysroot "$ROOT"
	[[ ${stderr:-} == *'could not be written: Bad file descriptor' ]]
}

@test 'names that cannot be read are an error, and nothing is done with those before' {
	from() {
		pcireset plan 08:00.0 - --type flr --sysroot "$ROOT" <"$1"
	}
	run -1 --separate-stderr from /
	[[ -z $output && ${stderr:-} == 'pcireset: standard input: Is a directory' ]]
	run -1 --separate-stderr with_closed 0 plan 08:00.0 - --type flr --sysroot "$ROOT"
	[[ -z $output && ${stderr:-} == 'pcireset: standard input: Bad file descriptor' ]]
	printf '01:00.4\n02:00.0\0x\n' >"$BATS_TEST_TMPDIR/names"
	run -2 --separate-stderr from "$BATS_TEST_TMPDIR/names"
	[[ -z $output && ${stderr:-} == *'NUL byte'* ]]
}

# json-c ends at 2 GiB. A machine whose answer is as large takes minutes, so its limit on memory stands in for it.
@test 'without memory for the answer there is none, and no half of one' {
	local kib

	for kib in 16000 20000 24000 28000; do
		run --separate-stderr bash -c "ulimit -v $kib; pcireset list -J --sysroot '$ROOT'"
		[[ $status -eq 0 || $status -eq 1 || $status -eq 127 ]]
		[[ $status -ne 0 ]] || jq -e .devices >/dev/null <<<"$output"
		[[ $status -ne 1 || -z $output ]]
	done
}
