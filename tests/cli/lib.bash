# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests of the command line on a machine that consists of files.

# make_machine: sets ROOT, and puts the tool that was built first in PATH. That tool finds its own library.
make_machine() {
	export ROOT=$BATS_FILE_TMPDIR/machine
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
}

# on COMMAND ARG...: runs a command on that machine.
on() {
	pcireset "$@" --sysroot "$ROOT"
}

# exits STATUS ARG...: sets output and stderr.
exits() {
	local want=$1

	shift
	run --separate-stderr on "$@"
	[[ $status -eq $want ]] && return
	printf 'status %d instead of %d\n%s\n%s\n' "$status" "$want" "$output" "${stderr:-}"
	return 1
}
