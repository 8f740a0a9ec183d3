#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Machines from public reports (tests/machines-public): each gives the recorded answer. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export PUBLIC=$BATS_TEST_DIRNAME/../machines-public PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
}

@test 'each public machine gives the recorded answer' {
	local packed name checked=0

	for packed in "$PUBLIC"/*.xz; do
		name=${packed##*/} name=${name%.xz}
		diff "$PUBLIC/$name.answer" <(timeout 20 "$PUBLIC/answer" "$name")
		checked=$((checked + 1))
	done
	[[ $checked -eq 64 ]]
}

@test '#NUMBER selects one of several dumps in a file' {
	local packed=$PUBLIC/45-dead-and-back.dump.xz plain=$TMPDIR/plain

	xz -dc "$packed" >"$plain"
	run -1 --separate-stderr pcireset list -F "$plain"
	[[ ${stderr:-} == *'2 dumps in the file that differ, the second begins in line 25 with 0000:01:00.0; add #1 to the name'* ]]
	run -0 --separate-stderr pcireset list -J -F "$plain#1"
	jq -e '.devices[0].why_not.flr == "it is gone or does not respond"' <<<"$output"
	run -0 --separate-stderr pcireset list -J -F "$plain#2"
	jq -e '.devices[0] | .id == "0x5555" and (.why_not.flr | startswith("no FLR"))' <<<"$output"
	diff <(pcireset list -J -F "$plain#2" | jq .devices) <(pcireset list -J -F "$packed#2" | jq .devices)
	run -1 --separate-stderr pcireset list -F "$plain#3"
	[[ ${stderr:-} == *'there are 2 dumps in the file, and no number 3'* ]]
	for number in 0 -1 1x 9999999 ''; do
		run -1 --separate-stderr pcireset list -F "$plain#$number"
		[[ ${stderr:-} == *'No such file or directory'* ]]
	done
	# A file of that name comes first.
	xz -dc "$PUBLIC/38-hi1822.dump.xz" >"$plain#2"
	run -0 --separate-stderr pcireset list -n -r -o ID -F "$plain#2"
	[[ $output == 0x0200 ]]
}

@test 'circular links do not slow down list' {
	timeout 20 pcireset list --sysroot "$PUBLIC/24-slaves-loop.tar.xz" >"$TMPDIR/list"
	grep -q 0000:08:00.0 "$TMPDIR/list"
}

@test 'a function that is gone is shown with the way out' {
	local switch=$PUBLIC/23-dead-switch.dump.xz

	# The way out names the topmost dead function, not those below it.
	run -0 --separate-stderr pcireset show -J 05:00.0 -F "$switch"
	jq -e '.devices[0].way_out == "pcireset re-enumerate 0000:03:00.0 --type bus"' <<<"$output"
	run -0 --separate-stderr pcireset show 05:00.0 -F "$switch"
	[[ $output == *'re-enumerate 0000:03:00.0 --type bus; or power-cycle it'* ]]
	run -3 --separate-stderr pcireset plan 05:00.0 --type bus -F "$switch"
	[[ $output${stderr:-} == *'re-enumerate 0000:03:00.0 --type bus; or power-cycle it'* ]]
	# Another function of the device that would be reset.
	run -3 --separate-stderr pcireset plan 01:00.0 --type bus -F "$PUBLIC/08-sibling-gone.dump.xz"
	[[ $output${stderr:-} == *'re-enumerate 0000:01:00.1 --type bus'* ]]
	run -0 --separate-stderr pcireset show -J 00:02.0 -F "$switch"
	jq -e '.devices[0] | has("way_out") | not' <<<"$output"
}

@test 'doctor prints the same for an archive and its directory' {
	local root=$TMPDIR/machine

	"$BATS_TEST_DIRNAME/make-sysroot" "$root"
	mkdir -p "$root/sys/module/pcireset"
	echo quiet pcie_ports=compat >"$root/proc/cmdline"
	tar -C "$root" -cJf "$TMPDIR/machine.tar.xz" .
	diff <(pcireset doctor -J --sysroot "$root") <(pcireset doctor -J --sysroot "$TMPDIR/machine.tar.xz")
	[[ $(pcireset doctor --sysroot "$TMPDIR/machine.tar.xz") == *pcie_ports=compat* ]]
}
