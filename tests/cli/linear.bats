#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Commands on large machines: four times the input takes about four times the processor time. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export TOOL=$BATS_TEST_DIRNAME/../../build/meson/cli/pcireset
}

# grows KIND COMMAND...: LINEAR_NUMBER makes the machines larger.
grows() {
	local many=${LINEAR_NUMBER:-128} machine=$BATS_FILE_TMPDIR/$1

	[[ -e $machine-1 ]] || for i in 1 4; do
		"$BATS_TEST_DIRNAME/make-many" "$1" $((i * many)) "$machine-$i"
	done
	"$BATS_TEST_DIRNAME/grows" 5.5 "$machine-1" "$machine-4" "$TOOL" "${@:2}"
}

@test 'processes with VFIO functions in groups of their own' {
	grows vfio list
}

@test 'processes with VFIO functions by their own nodes' {
	grows cdev list
}

@test 'processes with one VFIO group of many functions' {
	grows group list
}

@test 'mounts of many btrfs file systems' {
	grows btrfs list
}

@test 'virtual consoles on frame buffers' {
	grows graphics list
}

@test 'virtual consoles on VGA text' {
	grows vga list
}

@test 'rules' {
	grows rules list
}
