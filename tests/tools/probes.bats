#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# If nothing compiles against the headers of a kernel, the build of the modules quotes the compiler.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	printf '%s\n' '#!/bin/sh' 'echo "cc: error: unrecognized option -mfrob" >&2' 'exit 1' >"$BATS_TEST_TMPDIR/cc"
	chmod +x "$BATS_TEST_TMPDIR/cc"
}

# probe FILE: as Kbuild includes it.
probe() {
	run make -s -f - "CC=$BATS_TEST_TMPDIR/cc" src=sim <<<"include $1"
}

@test "the message contains the compiler's error" {
	local name

	for name in kmod sim; do
		probe "$name/compat/Kbuild.probes"
		[[ $status -eq 2 ]]
		[[ $output == *'cc: error: unrecognized option -mfrob'*'the compile probes do not work'* ]]
	done
}

@test 'a working compiler gives no message' {
	printf '%s\n' '#!/bin/sh' 'exit 0' >"$BATS_TEST_TMPDIR/cc"
	run make -s -f - "CC=$BATS_TEST_TMPDIR/cc" <<-'END'
		include kmod/compat/Kbuild.probes
		all:; @echo $(pcireset-probes)
	END
	[[ $status -eq 0 && $output == *-DPCIRESET_HAVE_TSM* && $output != *error* ]]
}
