#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# pcireset doctor on machines that are only files.

bats_require_minimum_version 1.5.0

setup() {
	export ROOT=$BATS_TEST_TMPDIR/machine
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	mkdir -p "$ROOT/run/pcireset" "$ROOT/proc/sys/kernel/random"
	echo this-boot >"$ROOT/proc/sys/kernel/random/boot_id"
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
}

# exits STATUS ARG...: doctor on that machine.
exits() {
	local want=$1

	shift
	run --separate-stderr pcireset doctor "$@" --sysroot "$ROOT"
	[[ $status -eq $want ]] && return
	printf 'status %d instead of %d\n%s\n%s\n' "$status" "$want" "$output" "${stderr:-}"
	return 1
}

# finding CHECK [DEVICE]: sets result, found and todo.
finding() {
	local line

	line=$(jq -r --arg check "$1" --arg device "${2:-}" '.checks[] | select(.check == $check and (.device // "") == $device) |
		"\(.result)|\(.finding)|\(.todo // "")"' <<<"$output")
	IFS='|' read -r result found todo <<<"$line"
	[[ -n $result ]]
}

# leftover ADDRESS WROTE WAS [BOOT [INODE]]: the journal of a reset that was killed.
leftover() {
	printf 'process 77 (pcireset)\nboot %s\ninode %s\nmsix 0\nwrote %s\nwas %s\nend\n' "${4:-this-boot}" \
		"${5:-$(stat -Lc %i "$ROOT/sys/bus/pci/devices/$1")}" "$2" "$3" >"$ROOT/run/pcireset/$1"
}

@test 'no reset was killed' {
	exits 0 -J
	[[ $(jq .pcireset <<<"$output") == 1 ]]
	finding leftovers && [[ $result == ok ]]
	rmdir "$ROOT/run/pcireset"
	exits 0 -J
	finding leftovers && [[ $result == ok ]]
}

@test 'what a killed reset has left is to be repaired' {
	echo flr >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus'
	exits 1 -J
	finding leftovers 0000:04:00.0
	[[ $result == todo && $todo == 'pcireset doctor --repair' && $found == *'"flr" and was "flr bus"'* ]]
	exits 1
	[[ $output == *todo*leftovers*0000:04:00.0* && -z $(awk 'length > 80' <<<"$output") ]]
}

@test 'what does not speak of this function, this boot or anything at all is void' {
	echo flr >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus' another-boot
	leftover 0000:08:00.0 bus 'flr bus' this-boot 1
	leftover 0000:02:00.0 flr flr
	printf 'process 77 (pcireset)\nwrote flr\n' >"$ROOT/run/pcireset/0000:01:00.0"
	: >"$ROOT/run/pcireset/0000:01:00.4"
	leftover 0000:77:00.0 flr 'flr bus' this-boot 1
	echo nothing >"$ROOT/run/pcireset/no-address"
	exits 0 -J
	for device in 0000:04:00.0 0000:08:00.0 0000:02:00.0 0000:01:00.0 0000:01:00.4 0000:77:00.0; do
		finding leftovers "$device" && [[ $result == note && $found == *'nothing to put back' ]]
	done
	run ! finding leftovers no-address
}

@test 'what somebody else has written since stays' {
	echo bus >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus'
	exits 0 -J
	finding leftovers 0000:04:00.0 && [[ $result == note && $found == *'somebody else'* ]]
}

@test 'a reset that is under way is none that was killed' {
	leftover 0000:04:00.0 flr 'flr bus'
	exec 9<"$ROOT/run/pcireset/0000:04:00.0"
	flock 9
	exits 0 -J
	finding leftovers 0000:04:00.0 && [[ $result == ok && $found == 'process 77 (pcireset) is resetting it' ]]
}

@test 'nothing is repaired on a machine that is only files' {
	echo flr >"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method"
	leftover 0000:04:00.0 flr 'flr bus'
	exits 3 --repair
	[[ $stderr == 'pcireset: '* && $(wc -l <<<"$stderr") -eq 1 ]]
	[[ $(<"$ROOT/sys/bus/pci/devices/0000:04:00.0/reset_method") == flr ]]
}

@test 'doctor takes no device and no type' {
	run -2 pcireset doctor 01:00.0 --sysroot "$ROOT"
	run -2 pcireset doctor --type flr --sysroot "$ROOT"
}
