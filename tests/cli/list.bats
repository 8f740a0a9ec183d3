#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# pcireset list on a machine that is only files: width, columns, filters, tree and colours.

bats_require_minimum_version 1.5.0

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/machine ARCHIVE=$BATS_FILE_TMPDIR/machine.tar
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	pcireset record "$ARCHIVE" --sysroot "$ROOT"
	unset COLUMNS NO_COLOR
	export TERM=xterm LC_ALL=C.UTF-8
}

# on COMMAND ARG...: a command on that machine.
on() {
	pcireset "$@" --sysroot "$ROOT"
}

# exits STATUS ARG...: the output is in $output and the errors are in $stderr.
exits() {
	local want=$1

	shift
	run --separate-stderr on "$@"
	[[ $status -eq $want ]] && return
	printf 'status %d instead of %d\n%s\n%s\n' "$status" "$want" "$output" "${stderr:-}"
	return 1
}

# says TEXT: one error, once, with the name of the program.
says() {
	[[ $(wc -l <<<"${stderr:-}") -eq 1 && $stderr == 'pcireset: '* && $stderr == *"$1"* ]] && return
	printf 'said: %s\n' "$stderr"
	return 1
}

# on_terminal COLUMNS COMMAND...: what the command writes to a terminal of that width.
on_terminal() {
	script -qec "stty cols $1; $(printf '%q ' "${@:2}")" /dev/null </dev/null | tr -d '\r'
}

# longest: characters of the longest line of standard input.
longest() {
	awk 'length > longest { longest = length } END { print longest }'
}

@test 'in a pipe nothing is cut, and each function has one line' {
	local functions

	functions=$(find "$ROOT/sys/bus/pci/devices" -type l | wc -l)
	exits 0 list
	[[ $(wc -l <<<"$output") -eq $((functions + 1)) ]]
	grep -q '^0000:08:00.0 .* device_specific:1 acpi:1 af_flr:1 bus:2 ' <<<"$output"
	grep -q '^0000:04:00.0 .* mount:/data disk swap:/dev/nvme0n1p2 ' <<<"$output"
	[[ $(grep -cFf <(on list -nr -o NAME | sed 's/\\x20/ /g') <<<"$output") -eq $functions ]]
}

@test 'show cuts neither names nor users in a pipe' {
	local machine=$BATS_TEST_TMPDIR/machine long

	long=$(printf 'long%.0s' {1..50})
	cp -a "$ROOT" "$machine"
	sed -i "s,/data.040disk,/$long," "$machine/proc/self/mountinfo"
	mv "$machine/sys/bus/pci/drivers/nvme" "$machine/sys/bus/pci/drivers/$long"
	ln -sfn "../../../../bus/pci/drivers/$long" "$machine/sys/devices/pci0000:00/0000:00:1c.4/0000:04:00.0/driver"
	for command in 'show 04:00.0' 'plan 04:00.0 --type flr' list; do
		# shellcheck disable=SC2086
		run --separate-stderr pcireset $command --sysroot "$machine"
		[[ $(grep -c "mount:/$long" <<<"$output") -ge 1 && $(grep -c "\(^\| \)$long " <<<"$output") -ge 1 ]]
	done
}

@test 'the width is the terminal, or COLUMNS' {
	for width in 60 100 200; do
		[[ $(on_terminal "$width" pcireset list --sysroot "$ROOT" | longest) -le $width ]]
		[[ $(COLUMNS=$width on_terminal 80 pcireset list --sysroot "$ROOT" | longest) -le $width ]]
		[[ $(COLUMNS=$width on list | longest) -le $width ]]
	done
	[[ $(COLUMNS=200 on_terminal 80 pcireset list --sysroot "$ROOT" | longest) -gt 80 ]]
	[[ $(on_terminal 0 pcireset list --sysroot "$ROOT" | longest) -le 80 ]]
	COLUMNS=200 exits 0 show 03:00.0
	grep -q ' No_Soft_Reset is set: going to D3hot and back would reset nothing *$' <<<"$output"
	COLUMNS=50 exits 0 show 03:00.0
	[[ $(longest <<<"$output") -le 80 ]]
	for columns in '' 0 -5 80x 999999999999; do
		diff <(COLUMNS=$columns on list) <(on list)
	done
}

@test 'a reader that goes is no error' {
	local command

	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	for command in list 'list -J' 'show 01:00.0 03:00.0 08:00.0' 'plan 01:00.0 --type flr -J' doctor 'record -'; do
		for sysroot in "$ROOT" "$ARCHIVE"; do
			# The reader has gone before the first line is written.
			# shellcheck disable=SC2086
			run bash -c '{ sleep 0.1; pcireset "${@:2}" --sysroot "$1"; echo "status $?" >&3; } 3>&2 | true' - "$sysroot" $command
			[[ $output =~ ^status\ [0-9]+$ && $output != 'status 2' ]]
		done
	done
	run bash -c 'set -o pipefail; pcireset list --sysroot "$1" | head -n 1' - "$ROOT"
	[[ $status -eq 0 && $output == DEVICE* ]]
	[[ -z $(ls "$TMPDIR") ]]
}
