#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The comparison of config space, which every guest test trusts.

setup_file() {
	gcc -Wall -Wextra -Werror -o "$BATS_FILE_TMPDIR/pciconf" "$BATS_TEST_DIRNAME/../../lab/pciconf.c"
	export PATH=$BATS_FILE_TMPDIR:$PATH
}

setup() {
	. "$BATS_TEST_DIRNAME/../lab/lib.sh"
	before=$BATS_TEST_TMPDIR/before after=$BATS_TEST_TMPDIR/after
	# 256 bytes, a capability list (PM at 0x40, PCI Express at 0x50), and an extended one: AER at 0x100 in 4096 bytes.
	mapfile -t bytes < <(for _ in $(seq 4096); do echo 00; done)
	set_bytes 0x34 40
	set_bytes 0x40 01 50
	set_bytes 0x50 10 00
	set_bytes 0x100 01 00 02 00
	dump >"$before"
}

# set_bytes OFFSET BYTE...
set_bytes() {
	local offset=$(($1)) byte

	shift
	for byte; do
		bytes[offset++]=$byte
	done
}

dump() {
	printf '0000:01:00.0  %s\n' "${bytes[*]}"
}

@test "equal dumps are equal" {
	cp "$before" "$after"
	run config_is_untouched "$before" "$after" same
	[ "$output" = 'ok 1 - same' ]
}

@test "a volatile register may change, unless no change is allowed" {
	set_bytes 0x5a ff
	set_bytes 0x104 ff
	dump >"$after"
	run config_is_same "$before" "$after" same
	[ "$output" = 'ok 1 - same' ]
	run config_is_untouched "$before" "$after" same
	[[ $output == *'0000:01:00.0 0x05a (cap 10+0x0a): 00 -> ff'* ]]
	[[ $output == *'0000:01:00.0 0x104 (ecap 0001+0x04): 00 -> ff'* ]]
}

@test "the register after a volatile one may not change" {
	set_bytes 0x58 ff
	dump >"$after"
	run config_is_same "$before" "$after" same
	[[ $output == 'not ok 1'*'0x058 (cap 10+0x08): 00 -> ff'* ]]
}

@test "the same offset in another capability may not change" {
	set_bytes 0x4a ff
	dump >"$after"
	run config_is_same "$before" "$after" same
	[[ $output == 'not ok 1'*'0x04a (cap 01+0x0a): 00 -> ff'* ]]
}

@test "a change of the last byte is found" {
	set_bytes 0xfff 01
	dump >"$after"
	run config_is_same "$before" "$after" same
	[[ $output == 'not ok 1'*'0xfff'*'00 -> 01'* ]]
}

@test "an added or removed function is a difference" {
	{ dump && dump | sed s/01:00/02:00/; } >"$after"
	run config_is_same "$before" "$after" same
	[[ $output == 'not ok 1'*'0000:02:00.0: came'* ]]
	run config_is_same "$after" "$before" same
	[[ $output == 'not ok 1'*'0000:02:00.0: gone'* ]]
}

@test "two empty dumps are an error" {
	: >"$before"
	run config_is_same "$before" "$before" same
	[[ $output == 'not ok 1'*'nothing was compared'* ]]
}

@test "a circular capability list is handled" {
	set_bytes 0x50 10 40
	dump >"$before"
	run timeout 300 bash -c ". '$BATS_TEST_DIRNAME/../lab/lib.sh'; config_is_same '$before' '$before' same"
	[ "$output" = 'ok 1 - same' ]
}
