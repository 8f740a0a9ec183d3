#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Recorded machines on a big-endian processor (s390x, by qemu-user): they say what they say on this one. tests/run --tier endian
# builds the tool for it.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export MACHINES=$PWD/tests/machines BIG=$BATS_FILE_TMPDIR/big LITTLE=$PWD/build/meson/cli ROOT=$BATS_FILE_TMPDIR/machine
	local sysroot

	sysroot=$(lab/sysroot --run s390x)
	mkdir "$BIG"
	printf '#!/bin/sh\nexec "%s/emulator/s390x/qemu" -L "%s/root" "%s/build/meson-s390x/cli/pcireset" "$@"\n' \
		"${XDG_CACHE_HOME:-$HOME/.cache}/pcireset" "$sysroot" "$PWD" >"$BIG/pcireset"
	chmod +x "$BIG/pcireset"
	tests/cli/make-sysroot "$ROOT"
}

setup() {
	# shellcheck source=tests/machines/questions
	. "$MACHINES/questions"
}

# on_big COMMAND ARG... and on_little: with the tool of that byte order in PATH.
on_big() {
	PATH=$BIG:$PATH "$@"
}

on_little() {
	PATH=$LITTLE:$PATH "$@"
}

# same ARG...: both byte orders say the same, and end in the same way.
same() {
	local big little status_big=0 status_little=0

	big=$(on_big pcireset "$@" 2>&1) || status_big=$?
	little=$(on_little pcireset "$@" 2>&1) || status_little=$?
	diff <(printf '%s\n' "$little") <(printf '%s\n' "$big")
	[[ -n $big && $status_big -eq $status_little ]]
}

@test 'the tool is built for a big-endian processor' {
	[[ $(od -An -j 5 -N 1 -t u1 "$BATS_TEST_DIRNAME/../../build/meson-s390x/cli/pcireset") -eq 2 ]]
}

@test 'a machine recorded on little-endian gives the same answers on big-endian' {
	local packed checked=0

	for packed in "$MACHINES"/*.tar.xz; do
		xz -dc "$packed" >"$BATS_TEST_TMPDIR/archive"
		diff "${packed%.tar.xz}.answers" <(on_big questions --sysroot "$BATS_TEST_TMPDIR/archive")
		checked=$((checked + 1))
	done
	[[ $checked -eq 7 ]]
}

@test 'an archive recorded on big-endian is identical, and replays on little-endian' {
	on_big pcireset record "$BATS_TEST_TMPDIR/big" --sysroot "$ROOT"
	on_little pcireset record "$BATS_TEST_TMPDIR/little" --sysroot "$ROOT"
	cmp "$BATS_TEST_TMPDIR/big" "$BATS_TEST_TMPDIR/little"
	diff <(on_big questions --sysroot "$ROOT") <(on_little questions --sysroot "$BATS_TEST_TMPDIR/big")
}

@test 'JSON, metrics and doctor are equal on both' {
	local command

	for command in 'list -J' 'plan 04:00.0 07:00.0 --type any -J' doctor metrics; do
		# shellcheck disable=SC2086 # words
		same $command --sysroot "$ROOT"
	done
}

@test 'the dump of each machine gives the same functions on both' {
	local packed

	for packed in "$MACHINES"/*.dump.xz; do
		xz -dc "$packed" >"$BATS_TEST_TMPDIR/dump"
		same list -n -J --file "$BATS_TEST_TMPDIR/dump"
	done
}
