#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # the unit's variables
# pcireset@.service: systemd accepts the unit, and pcireset accepts its command line.

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/machine UNIT=$BATS_TEST_DIRNAME/../../packaging/systemd/pcireset@.service
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
}

# verify: prints the messages of systemd-analyze verify for the unit on standard input, with an existing program.
verify() {
	sed "s|/usr/bin/pcireset|$(command -v true)|" >"$BATS_TEST_TMPDIR/pcireset@.service"
	systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/pcireset@.service" 2>&1
}

@test 'systemd-analyze verify accepts the unit, and reports a wrong key' {
	[[ -z $(verify <"$UNIT") ]]
	[[ $(sed 's/^Assert/Asert/' "$UNIT" | verify) == *Asert* ]]
}

@test 'the unit can be enabled for an address without escaping' {
	mkdir -p "$BATS_TEST_TMPDIR/etc/systemd/system"
	cp "$UNIT" "$BATS_TEST_TMPDIR/etc/systemd/system"
	[[ $(systemd-escape 0000:03:00.0) == 0000:03:00.0 ]]
	systemctl --root="$BATS_TEST_TMPDIR" enable pcireset@0000:03:00.0.service
	[[ -L $BATS_TEST_TMPDIR/etc/systemd/system/sysinit.target.wants/pcireset@0000:03:00.0.service ]]
}

# starts ADDRESS: runs the command of the unit with its variables from the environment. For systemd, ${NAME} is one word and $NAME several.
starts() {
	local line words

	line=$(sed -n 's/^ExecStart=//p' "$UNIT")
	line=${line//%i/$1}
	line=${line//'${PCIRESET_TYPES}'/'"${PCIRESET_TYPES:-}"'}
	eval "words=($line)"
	"$(basename "${words[0]}")" "${words[@]:1}"
}

@test 'the unit fails without PCIRESET_TYPES' {
	PCIRESET_OPTIONS="--sysroot $ROOT" run starts 0000:02:00.0
	echo "$status $output"
	[[ $status -ne 0 && $output == *'no type of reset is given'* ]]
}

@test 'the unit requests only the given types of its own function' {
	PCIRESET_TYPES=flr PCIRESET_OPTIONS="--sysroot $ROOT --json" run starts 0000:01:00.4
	echo "$status $output"
	[[ $status -eq 3 ]]
	jq -e '.resets[0].devices == ["0000:01:00.4"]' <<<"$output"
}
