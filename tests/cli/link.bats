#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# pcireset link on recorded machines: output and refusals. Trains no link.

bats_require_minimum_version 1.5.0

setup_file() {
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH MACHINE=$BATS_FILE_TMPDIR/machine
	xz -dc "$BATS_TEST_DIRNAME/../machines/sim.tar.xz" >"$MACHINE"
	xz -dc "$BATS_TEST_DIRNAME/../machines/sim.dump.xz" >"$MACHINE.dump"
}

@test 'link shows the link above a function, in text and as JSON' {
	run -0 pcireset link 10000:01:00.0 --sysroot "$MACHINE"
	[[ $output == *$'port          10000:00:01.0\nfunctions     10000:01:00.0 10000:01:00.1\nstate         up'* ]]
	[[ $output == *$'speed         8 GT/s\nwidth         x8'*$'target speed  8 GT/s'* ]]
	run -0 pcireset link 10000:01:00.0 --sysroot "$MACHINE" --json
	jq -e '.links[0] | .speed_gts == 8 and .width == 8 and .max_speed_gts == 8 and .up and
		.functions == ["10000:01:00.0", "10000:01:00.1"] and .equalization == "none" and has("result") == false' \
		<<<"$output"
	run -0 pcireset link 10000:01:00.0 --file "$MACHINE.dump" --json
	jq -e '.links[0] | .port == "10000:00:01.0" and .width == 8' <<<"$output"
}

# shellcheck disable=SC2016 # for the other shell
@test 'a state that cannot be written is an error' {
	for json in '' --json; do
		run -1 bash -c 'pcireset link "$@" >/dev/full' bash 10000:01:00.0 --sysroot "$MACHINE" ${json:+--json}
		[[ $output == *'cannot write the output'* ]]
	done
}

@test 'link of a port is its own link, and of a switch the one above' {
	run -0 pcireset link 10000:00:01.0 --sysroot "$MACHINE" --json
	jq -e '.links[0].port == "10000:00:01.0"' <<<"$output"
	run -0 pcireset link 10000:06:00.0 --sysroot "$MACHINE" --json
	jq -e '.links[0] | .port == "10000:00:04.0" and (.functions | length) == 5' <<<"$output"
}

# An integrated endpoint has no link, and is tested below.
@test 'link of a virtual function is that of its physical function' {
	run -0 pcireset link 10000:03:00.0 --sysroot "$MACHINE" --json
	jq -e '.links[0] | .port == "10000:00:02.0" and (.functions | index("10000:02:00.0"))' <<<"$output"
}

@test 'a refusal and an unknown speed in JSON' {
	"$BATS_TEST_DIRNAME/make-sysroot" "$BATS_TEST_TMPDIR/small"
	run -3 --separate-stderr pcireset link 10000:01:00.0 --retrain --yes --sysroot "$MACHINE" --json
	jq -e '.links[0] | .result == "refused" and .error == "EOPNOTSUPP" and .was_speed_gts == null' <<<"$output"
	# Its registers are zero.
	run -0 --separate-stderr pcireset link 03:00.0 --sysroot "$BATS_TEST_TMPDIR/small" --json
	jq -e '.links[0] | .up and .speed_gts == null and .target_speed_gts == null and .width == 0' <<<"$output"
}

# Each row: status, part of the message, arguments.
@test 'each refusal of link names its reason' {
	local status text arguments

	while IFS='|' read -r status text arguments; do
		# shellcheck disable=SC2086 # words
		run "-$status" pcireset link ${arguments//MACHINE/$MACHINE}
		[[ $output == *"$text"* ]] || { echo "$arguments: $output" && return 1; }
	done <<'END'
3|0000:00:1f.2: is on a root bus, without a link above|0000:00:1f.2 --sysroot MACHINE
3|10000:04:00.0: is not a root port or downstream port of PCI Express|10000:05:04.0 --sysroot MACHINE
3|a recorded machine has no link to train|10000:01:00.0 --retrain --yes --sysroot MACHINE
3|a recorded machine has no link to train|10000:01:00.0 --retrain --speed 8 --yes --sysroot MACHINE
3|a recorded machine has no link to train|10000:01:00.0 --retrain --yes --file MACHINE.dump
2|--speed is only for --retrain|10000:01:00.0 --speed 8 --sysroot MACHINE
2|invalid speed '3x'|10000:01:00.0 --retrain --speed 3x
2|invalid speed '-8'|10000:01:00.0 --retrain --speed=-8
2|invalid speed ''|10000:01:00.0 --retrain --speed=
2|invalid speed '8e9'|10000:01:00.0 --retrain --speed 8e9
2|--speed requires an argument, SPEED|10000:01:00.0 --retrain --speed
2|--retrain takes no argument|10000:01:00.0 --retrain=8
2|takes one device, and 2 are named|10000:01:00.0 10000:01:00.1 --sysroot MACHINE
2|no device given|
1|10000:55:00.0|10000:55:00.0 --sysroot MACHINE
END
}

# Each row: status, part of the message, arguments.
@test 'the speed of a link after a reset: what is refused, and why' {
	local status text arguments

	while IFS='|' read -r status text arguments; do
		# shellcheck disable=SC2086 # words
		run "-$status" pcireset reset ${arguments//MACHINE/$MACHINE}
		[[ $output == *"$text"* ]] || { echo "$arguments: $output" && return 1; }
	done <<'END'
2|invalid speed 'fast'; use GT/s|10000:01:00.0 --type bus --link-speed fast
2|7 GT/s is not a speed of PCI Express|10000:01:00.0 --type bus --link-speed 7 --dry-run --sysroot MACHINE
2|only for types that reset it, and flr would not|10000:01:00.0 --type flr,bus --link-speed 8 --dry-run --sysroot MACHINE
3|only a current module can set the speed|10000:01:00.0 --type bus --link-speed 8 --dry-run --sysroot MACHINE
2|did you mean '--link-speed'?|10000:01:00.0 --type bus --link-sped 8
END
}
