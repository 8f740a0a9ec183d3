#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Which slots can be power-cycled, and by which method. A missing or unreadable file is unknown, never "no".

# make_machine sets ROOT. The expansions are those of eval.
# shellcheck disable=SC2153,SC2016
bats_require_minimum_version 1.5.0
load lib

setup_file() {
	make_machine
}

setup() {
	cp -a "$ROOT" "$BATS_TEST_TMPDIR/machine"
	ROOT=$BATS_TEST_TMPDIR/machine
	port=$ROOT/sys/devices/pci0000:00/0000:00:1c.0
	slot=$ROOT/sys/bus/pci/slots/3
	# The slot is implemented, and has a power controller.
	poke 0x53 '\x01'
	poke 0x64 '\x02'
	echo 1 >"$slot/power"
	echo 1 >"$port/d3cold_allowed"
}

# poke OFFSET BYTES: writes to the port's config space.
poke() {
	printf '%b' "$2" | dd of="$port/config" bs=1 seek="$(($1))" conv=notrunc status=none
}

dead() {
	head -c 4096 /dev/zero | tr '\0' '\377' >"$port/config"
}

# by_firmware: replaces the power controller by a firmware method.
by_firmware() {
	poke 0x64 '\x00'
	mkdir -p "$port/firmware_node/power_resources_D3hot"
}

# says WORDS: show prints this for the graphics card in the slot.
says() {
	exits 0 show 03:00.0
	# show wraps the line.
	[[ ${output//$'\n'/ } == *" power cycle: $1 "* ]] && return
	grep -A 1 -e '^power cycle' <<<"$output"
	return 1
}

@test 'show reports each state of slot power and firmware' {
	local none='no: slot 3 (0000:00:1c.0) has no power controller, and'
	says 'slot 3 (0000:00:1c.0)'
	echo 0000:03 >"$slot/address"
	says 'slot 3 (0000:00:1c.0)'
	poke 0x64 '\x00'
	says "$none no _PR3"
	by_firmware
	says 'D3cold of 0000:00:1c.0'
}

@test 'unreadable facts make the power cycle unknown' {
	local state
	for state in \
		'rm "$slot/power"|it is unknown which slot belongs to 0000:00:1c.0' \
		'echo 0000:04:00 >"$slot/address"|it is unknown which slot belongs to 0000:00:1c.0' \
		'echo 0000:03:01 >"$slot/address"|it is unknown which slot belongs to 0000:00:1c.0' \
		'truncate -s 64 "$port/config"|0000:00:1c.0 cannot be read: Permission denied' \
		'dead|0000:00:1c.0 does not respond' \
		'poke 0x64 "\\x00" && ln -s firmware_node "$port/firmware_node"|0000:00:1c.0 cannot be read: Too many levels of symbolic links' \
		'poke 0x64 "\\x00" && rm "$port/d3cold_allowed"|it is not recorded whether firmware has power resources for 0000:00:1c.0' \
		'by_firmware && rm "$port/d3cold_allowed"|0000:00:1c.0 cannot be read: No such file or directory'; do
		cp -a "$ROOT" "$ROOT.before"
		eval "${state%%|*}"
		says "unknown: ${state#*|}"
		exits 0 show 03:00.0 --json
		jq -e '.devices[0].power_cycle | .possible == null and .method == null and .message != null' <<<"$output"
		rm -r "$ROOT" && mv "$ROOT.before" "$ROOT"
	done
}

@test 'devices on a root bus and below a switch have the right answer' {
	says 'slot 3 (0000:00:1c.0)'
	exits 0 show 00:14.0
	[[ $output == *'power cycle: no: it is on a root bus'* ]]
	exits 0 show 01:00.4
	[[ $output == *'power cycle: no: a virtual function has no power of its own'* ]]
	exits 0 show 03:00.1 --json
	jq -e '.devices[0].power_cycle == {possible: true, method: "slot", port: "0000:00:1c.0", slot: "3", message: null}' <<<"$output"
}

# Nothing above can cut the power: the reason is that of the nearest port.
@test 'the nearest port gives the reason' {
	local name
	for name in 0000:06:01.0 0000:05:00.0 0000:00:1d.0; do
		echo 1 >"$ROOT/sys/bus/pci/devices/$name/d3cold_allowed"
	done
	exits 0 show 08:00.1
	[[ ${output//$'\n'/ } == *'power cycle: no: 0000:06:01.0 has no slot of pciehp, and no _PR3'* ]]
}

# power_lines: what doctor says, without the ports that it knows nothing about.
power_lines() {
	on doctor --json | jq -r '.checks[] | select(.check == "power-cycle") | "\(.device) \(.result) \(.finding)"'
}

@test 'doctor has a line for each port that can cut the power' {
	local device
	run power_lines
	[[ $output == *'0000:00:1c.0 ok slot 3: by its power controller'* ]]
	by_firmware
	# It feeds both buses below the switch.
	mkdir -p "$ROOT/sys/bus/pci/devices/0000:00:1d.0/firmware_node/power_resources_D3hot"
	for device in 0000:00:1d.0 0000:06:00.0 0000:06:01.0 0000:05:00.0; do
		echo 1 >"$ROOT/sys/bus/pci/devices/$device/d3cold_allowed"
	done
	run power_lines
	[[ $(grep -c 'by D3cold, with power resources of firmware' <<<"$output") -eq 2 ]]
	[[ $(grep -c '^0000:00:1d.0 ok by D3cold' <<<"$output") -eq 1 ]]
	rm "$port/d3cold_allowed"
	run power_lines
	[[ $output == *'0000:00:1c.0 note unknown: 0000:00:1c.0 cannot be read'* ]]
}

@test 'doctor says that no power can be cut, or names a port once' {
	local device
	for device in "$ROOT"/sys/bus/pci/devices/*; do
		echo 1 >"$device/d3cold_allowed"
	done
	poke 0x64 '\x00'
	run power_lines
	[[ $output == 'null ok the power of no slot can be cut' ]]
	mkdir -p "$ROOT/sys/bus/pci/devices/0000:00:1d.0/firmware_node/power_resources_D3hot"
	run power_lines
	[[ $output == '0000:00:1d.0 ok by D3cold, with power resources of firmware' ]]
}

@test 'doctor counts the ports that a recording does not tell about' {
	local unknown
	unknown=$(on doctor --json | jq -r '.checks[] | select(.check == "power-cycle" and (.finding | startswith("unknown"))) | .finding')
	[[ $(wc -l <<<"$unknown") -eq 1 ]]
	[[ $unknown =~ ^'unknown: it is not recorded whether firmware has power resources for '[0-9]+' ports'$ ]]
}

@test 'a recording gives the same answer as its machine' {
	pcireset record "$BATS_TEST_TMPDIR/slot.tar" --sysroot "$ROOT"
	by_firmware
	pcireset record "$BATS_TEST_TMPDIR/firmware.tar" --sysroot "$ROOT"
	ROOT=$BATS_TEST_TMPDIR/slot.tar says 'slot 3 (0000:00:1c.0)'
	ROOT=$BATS_TEST_TMPDIR/firmware.tar says 'D3cold of 0000:00:1c.0'
}

@test 'a recording does not take an unreadable _PR3 for an absent one' {
	poke 0x64 '\x00'
	ln -s firmware_node "$port/firmware_node"
	run --separate-stderr pcireset record "$BATS_TEST_TMPDIR/loop.tar" --sysroot "$ROOT"
	[[ $status -ne 0 && ${stderr:-} == *'firmware_node/power_resources_D3hot'*'symbolic links'* ]]
}

@test '--power-cycle excludes other options' {
	exits 2 re-enumerate 03:00.0
	run --separate-stderr pcireset re-enumerate 03:00.0 --power-cycle --type bus
	[[ $status -eq 2 && ${stderr:-} == *'re-enumerate: --power-cycle and --type cannot be combined'* ]]
	run --separate-stderr pcireset re-enumerate 03:00.0
	[[ $status -eq 2 && ${stderr:-} == *'--type is required'* ]]
	run --separate-stderr pcireset reset 03:00.0 --power-cycle
	[[ $status -eq 2 && ${stderr:-} == *"unknown option '--power-cycle' (only for: re-enumerate)"* ]]
}
