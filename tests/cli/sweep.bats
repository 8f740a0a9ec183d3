#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Each allocation, open and read of a command fails once, and each file is empty once. The result is the same output, an error, or "unknown". Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/machine TOOL=$BATS_TEST_DIRNAME/../../build/meson/cli/pcireset
	mkdir -p "$ROOT/etc/pcireset/rules.d"
	printf '[Match]\nAddress=02:00.*\nSubsystem=1af4:*\n[Reset]\nDeny=slot\nReason=none\n' >"$ROOT/etc/pcireset/rules.d/10-slot.conf"
	xz -dc "$BATS_TEST_DIRNAME/../machines/vfio.tar.xz" | tar -C "$ROOT" -xf -
}

# sweep ARG...: SWEEP_LIMIT extends the run to all calls: see docs/results/reliability.md.
sweep() {
	python3 "$BATS_TEST_DIRNAME/../sweep/sweep.py" "$BATS_TEST_DIRNAME/../../build/meson/tests/sweep/libfail.so" \
		"${SWEEP_LIMIT:-100}" "$TOOL" "$@" --sysroot "$ROOT"
}

@test 'list reports each failed call, as JSON and as text' {
	sweep list -J
	sweep list -o DEVICE,DRIVER,REACH,USERS
}

@test 'show reports each failed call' {
	sweep show 01:00.0 02:00.1 -J
}

@test 'plan reports each failed call, refused or not' {
	sweep plan 02:00.0 --type any
	sweep plan 02:00.0 01:00.0 -J --type any --force net,swap,driver,vfio
}

@test 'record reports each failed call' {
	sweep record -
}

@test 'doctor reports each failed call' {
	sweep doctor
}

@test 'link reports each failed call' {
	sweep link 02:00.0
}

@test 'out of memory is never reported as a damaged archive' {
	local nth calls archive=$BATS_TEST_DIRNAME/../machines/vfio.tar.xz shim=$BATS_TEST_DIRNAME/../../build/meson/tests/sweep/libfail.so

	FAIL_KIND=memory FAIL_NTH=0 FAIL_COUNT=$BATS_TEST_TMPDIR/calls LD_PRELOAD=$shim "$TOOL" list -n --sysroot "$archive" >/dev/null
	calls=$(<"$BATS_TEST_TMPDIR/calls")
	for ((nth = 1; nth <= calls; nth += 3)); do
		# The loader of shared libraries ends with 127 if it has no memory.
		output=$(FAIL_KIND=memory FAIL_NTH="$nth" LD_PRELOAD="$shim" "$TOOL" list -n --sysroot "$archive" 2>&1 >/dev/null) || true
		[[ $output != *'not a tar archive'* && $output != *damaged* ]] || { printf 'call %d: %s\n' "$nth" "$output" && return 1; }
	done
}
