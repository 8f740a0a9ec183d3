#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Commands on large machines: four times the input takes about four times the processor time. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export TOOL=$BATS_TEST_DIRNAME/../../build/meson/cli/pcireset
}

# grows KIND COMMAND...: the time of the command grows linearly. LINEAR_NUMBER makes the machines larger.
grows() {
	local many=${LINEAR_NUMBER:-128} machine=$BATS_FILE_TMPDIR/$1

	[[ -e $machine-1 ]] || for i in 1 4; do
		"$BATS_TEST_DIRNAME/make-many" "$1" $((i * many)) "$machine-$i"
	done
	"$BATS_TEST_DIRNAME/grows" 5.5 "$machine-1" "$machine-4" "$TOOL" "${@:2}"
}

@test 'list is linear in processes with one VFIO group each' {
	grows vfio list
}

@test 'list is linear in processes with VFIO device nodes' {
	grows cdev list
}

@test 'list is linear in the functions of one VFIO group' {
	grows group list
}

@test 'list is linear in btrfs mounts' {
	grows btrfs list
}

@test 'list is linear in frame buffers with virtual consoles' {
	grows graphics list
}

@test 'list is linear in VGA text consoles' {
	grows vga list
}

@test 'list is linear in rules' {
	grows rules list
}
