#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Libraries that pcireset loads when a command needs them. Without one, that command names it, and the others work.

# make_machine sets ROOT, and run sets stderr.
# shellcheck disable=SC2153,SC2154
load lib.bash

setup_file() {
	make_machine
	mkdir "$BATS_FILE_TMPDIR/broken"
}

setup() {
	bats_require_minimum_version 1.5.0
	export LC_ALL=C.UTF-8
}

# without LIBRARY... -- ARGUMENT...: runs pcireset where these files are none.
without() {
	local dir=$BATS_TEST_TMPDIR/broken

	rm -rf "$dir"
	mkdir "$dir"
	while [[ $1 != -- ]]; do
		echo text >"$dir/$1"
		shift
	done
	shift
	run --separate-stderr env LD_LIBRARY_PATH="$dir" pcireset "$@"
}

unistring=(libunistring.so.2 libunistring.so.5)
all=(libpci.so.3 libsmartcols.so.1 libtracefs.so.1 libtraceevent.so.1 libudev.so.1 "${unistring[@]}")

# names LIBRARY PACKAGE: the message does.
names() {
	[[ $status -eq 1 && $stderr == *"$1, which cannot be loaded (${BATS_TEST_TMPDIR}/broken/"*': file too short): install '"$2"* ]] && return
	printf 'status %d\n%s\n%s\n' "$status" "$output" "$stderr"
	return 1
}

@test 'the tool itself needs none of them' {
	local needed

	needed=$(readelf -d "$(command -v pcireset)" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so\..*/\1/p' | sort | tr '\n' ' ')
	[[ $needed =~ ^'libc libjson-c '('libm ')?'libpcireset '$ ]]
}

@test 'without all of them, JSON and plans are the same' {
	local question

	for question in 'list -J -o device,types,users' 'plan 08:00.1 --type pm -J' 'show 08:00.1 -J -o types' 'list -o nothing' --version; do
		# shellcheck disable=SC2086
		run --separate-stderr pcireset $question --sysroot "$ROOT"
		local with=$status$output$stderr
		# shellcheck disable=SC2086
		without "${all[@]}" -- $question --sysroot "$ROOT"
		diff <(echo "$with") <(echo "$status$output$stderr")
	done
}

@test 'with all of them, names and tables are printed' {
	run --separate-stderr pcireset list -o device,name --sysroot "$ROOT"
	[[ $status -eq 0 && ${lines[0]} == 'DEVICE '* && ${#lines[@]} -gt 5 ]]
	run --separate-stderr pcireset list --class network --sysroot "$ROOT"
	[[ $status -eq 0 && ${#lines[@]} -gt 1 ]]
}

@test 'a table needs libsmartcols' {
	without libsmartcols.so.1 -- list -o device --sysroot "$ROOT"
	names libsmartcols.so.1 libsmartcols
	[[ -z $output ]]
}

@test 'names of devices and classes need libpci' {
	without libpci.so.3 -- list --sysroot "$ROOT"
	names libpci.so.3 'libpci (pciutils)'
	[[ -z $output ]]
	without libpci.so.3 -- list --class bridge --sysroot "$ROOT"
	names libpci.so.3 'libpci (pciutils)'
	without libpci.so.3 -- list -o device,types --sysroot "$ROOT"
	[[ $status -eq 0 && $output == *flr* ]]
}

@test 'tracepoints need libtracefs' {
	without libtracefs.so.1 -- watch
	names libtracefs.so.1 'libtracefs and libtraceevent'
	without libtraceevent.so.1 -- watch
	[[ $status -eq 1 && $stderr == *'libtraceevent.so.1: file too short'* ]]
}

@test 'without libunistring, everything but ASCII is escaped, and that is an error' {
	cp -a "$ROOT" "$BATS_TEST_TMPDIR/machine"
	mkdir "$BATS_TEST_TMPDIR/machine/sys/bus/pci/drivers/é"
	ln -sfn ../../../bus/pci/drivers/é "$(readlink -f "$BATS_TEST_TMPDIR/machine/sys/bus/pci/devices/0000:03:00.0")/driver"
	run --separate-stderr pcireset list -J --sysroot "$BATS_TEST_TMPDIR/machine"
	[[ $status -eq 0 && $output == *'"é"'* ]]
	local with=$output
	without "${unistring[@]}" -- list -J --sysroot "$BATS_TEST_TMPDIR/machine"
	names libunistring.so.5 libunistring
	[[ $output == *'"\u00e9"'* && $output != *é* ]]
	[[ $(grep -c 'cannot be loaded' <<<"$stderr") -eq 1 ]]
	diff <(jq . <<<"$with") <(jq . <<<"$output")
}

@test 'a message with other characters is printed without libunistring' {
	without "${unistring[@]}" -- list ünknown --sysroot "$ROOT"
	[[ $status -ne 0 && $stderr == *'"\u00fcnknown" names no PCI function'* && $stderr == *'install libunistring'* ]]
}
